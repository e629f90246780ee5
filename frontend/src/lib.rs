//! The entry point of the page in the browser.

// Views are nested types; the compiler counts their depth.
#![recursion_limit = "512"]

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server rendered.
#[wasm_bindgen]
pub fn hydrate() {
    app::components::panic::install(console_error_panic_hook::hook);
    app::take_over();
}

//! Coming to another screen: what was pressed goes with the screen before, and the focus would be
//! nowhere. It goes to the new screen's content instead. A document that was just loaded keeps the
//! browser's own beginning.

#[cfg(feature = "hydrate")]
pub use browser::{CameBy, focus_in_place, follow_arrivals};

/// Follows the path, not the query: what changes that stays on its screen.
#[cfg(not(feature = "hydrate"))]
pub fn follow_arrivals() {}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos_router::hooks::use_location;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    /// What had the focus when this screen was come to from another one of the page; nothing
    /// before anybody went anywhere.
    #[derive(Clone, Copy)]
    pub struct CameBy(StoredValue<Option<Element>, LocalStorage>);

    impl CameBy {
        /// What had the focus, which may be out of the document by now.
        pub fn get(self) -> Option<Element> {
            self.0.try_get_value().flatten()
        }
    }

    /// Follows the path, not the query: what changes that stays on its screen.
    pub fn follow_arrivals() {
        let came_by = CameBy(StoredValue::new_local(None));
        provide_context(came_by);
        let path = use_location().pathname;
        Effect::new(move |before: Option<()>| {
            path.track();
            if before.is_some() {
                came_by.0.set_value(document().active_element());
                // A dialog that led here is closed by then.
                request_animation_frame(enter);
            }
        });
    }

    /// Puts the focus on the content of the screen. A line of a log takes it itself.
    fn enter() {
        let hash = window().location().hash().unwrap_or_default();
        if let Some(main) = document().get_element_by_id("main")
            && !hash.starts_with("#L")
        {
            focus_in_place(main.unchecked_ref());
        }
    }

    /// Puts the focus on something and leaves the page scrolled as it is.
    pub fn focus_in_place(element: &HtmlElement) {
        let options = js_sys::Object::new();
        let _ = js_sys::Reflect::set(&options, &"preventScroll".into(), &true.into());
        if let Ok(focus) = js_sys::Reflect::get(element, &"focus".into())
            && let Some(focus) = focus.dyn_ref::<js_sys::Function>()
        {
            let _ = focus.call1(element, &options);
        }
    }
}

//! The way back out of the dialog that has an address of its own: to where it was opened, with the
//! focus on what opened it.

#[cfg(feature = "hydrate")]
pub use browser::use_way_back;

/// Goes back if another screen of the page led here, and tells whether one did.
#[cfg(not(feature = "hydrate"))]
pub fn use_way_back() -> impl Fn() -> bool + Send + Sync + 'static {
    || false
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::components::arrival::CameBy;
    use crate::components::guard::go_back;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    /// For so many frames the control is looked for: its screen is read anew.
    const FRAMES: u32 = 300;

    /// Goes back if another screen of the page led here, and tells whether one did.
    pub fn use_way_back() -> impl Fn() -> bool + Send + Sync + 'static {
        let came_by = use_context::<CameBy>();
        move || {
            let Some(opener) = came_by.and_then(CameBy::get) else {
                return false;
            };
            go_back();
            let here = path();
            find_again(opener, here, FRAMES);
            true
        }
    }

    fn path() -> String {
        window().location().pathname().unwrap_or_default()
    }

    /// Puts the focus on the control that looks like `opener`, as soon as its screen is there and
    /// unless somebody goes elsewhere meanwhile.
    fn find_again(opener: Element, dialog: String, frames: u32) {
        request_animation_frame(move || {
            let active = document().active_element();
            let idle = active.is_none_or(|at| at.tag_name() == "BODY" || at.id() == "main");
            let there = path() != dialog;
            if frames == 0 || (there && (!idle || take_up(&opener))) {
                return;
            }
            find_again(opener, dialog, frames - 1);
        });
    }

    fn take_up(opener: &Element) -> bool {
        let Ok(all) = document().query_selector_all(&opener.tag_name()) else {
            return false;
        };
        (0..all.length())
            .filter_map(|at| all.item(at)?.dyn_into::<HtmlElement>().ok())
            .filter(|found| looks_like(found, opener))
            .any(|found| {
                let _ = found.focus();
                document().active_element().as_ref() == Some(&found)
            })
    }

    fn looks_like(found: &Element, opener: &Element) -> bool {
        let same = |name| found.get_attribute(name) == opener.get_attribute(name);
        same("href") && same("aria-label") && found.text_content() == opener.text_content()
    }
}

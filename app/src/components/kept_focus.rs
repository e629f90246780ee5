//! The focus stays near where it was when the control that has it goes: a row that is removed, a
//! finding that is fixed, a message that was answered, a view that gives way to another one.

use leptos::prelude::*;

/// Remembers where the focus is, for the screen that made it and everything in it.
#[derive(Clone, Copy)]
pub struct KeptFocus {
    #[cfg(feature = "hydrate")]
    memory: StoredValue<browser::Memory, LocalStorage>,
}

impl KeptFocus {
    /// Begins to remember.
    pub fn start() -> Self {
        let this = Self {
            #[cfg(feature = "hydrate")]
            memory: StoredValue::new_local(browser::Memory::default()),
        };
        Effect::new(move |_| this.listen());
        this
    }

    /// Looks after the focus whenever something changes that `track` reads.
    pub fn follow(self, track: impl Fn() + Send + Sync + 'static) {
        Effect::new(move |before: Option<()>| {
            track();
            if before.is_some() {
                // What changed is drawn by the second frame, and so is what closes with it.
                request_animation_frame(move || request_animation_frame(move || self.look()));
            }
        });
    }
}

#[cfg(not(feature = "hydrate"))]
impl KeptFocus {
    fn listen(self) {}
    fn look(self) {}
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::KeptFocus;
    use crate::components::arrival::focus_in_place;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    /// What must not come to the focus by itself: the next key would destroy something.
    const DESTROYS: &str = ".danger, .danger-quiet";
    /// Where a control stands for what can be done now. What stands there afterwards does
    /// something else.
    const ACTIONS: &str = "page-actions";

    /// What can have the focus.
    const CONTROLS: &str = "a[href], button, input, select, textarea, summary, [tabindex]";

    /// Where the focus was.
    #[derive(Default)]
    pub struct Memory {
        /// Anywhere but in a dialog, which gives the focus back itself.
        last: Option<Spot>,
        /// In the content: a message stands outside of it, and what it did shows inside.
        in_main: Option<Spot>,
    }

    /// A control, and the places of everything around it.
    #[derive(Clone)]
    struct Spot {
        control: Element,
        /// From the inside out.
        around: Vec<Around>,
    }

    #[derive(Clone)]
    struct Around {
        child: Element,
        parent: Element,
        index: usize,
    }

    impl KeptFocus {
        pub(super) fn listen(self) {
            let handle = window_event_listener(leptos::ev::focusin, move |event| {
                let element = event.target().and_then(|t| t.dyn_into::<Element>().ok());
                if let Some(control) = element
                    && matches!(control.closest("dialog"), Ok(None))
                {
                    let spot = Spot::of(control);
                    self.memory.try_update_value(|memory| {
                        if matches!(spot.control.closest("#main *"), Ok(Some(_))) {
                            memory.in_main = Some(spot.clone());
                        }
                        memory.last = Some(spot);
                    });
                }
            });
            on_cleanup(move || handle.remove());
        }

        /// Brings the focus to a neighbour if its control is gone. Where somebody left a control
        /// that is still there, nothing is lost.
        pub(super) fn look(self) {
            let spots = self.memory.try_with_value(|memory| {
                let gone = memory.last.clone().filter(|s| !s.control.is_connected())?;
                Some([Some(gone), memory.in_main.clone()])
            });
            let Some(spots) = spots.flatten() else {
                return;
            };
            if !is_nowhere() {
                return;
            }
            let found = spots.iter().flatten().any(Spot::take_up);
            if !found && let Some(main) = document().get_element_by_id("main") {
                focus_in_place(main.unchecked_ref());
            }
        }
    }

    fn is_nowhere() -> bool {
        let active = document().active_element();
        active.is_none_or(|active| active.tag_name() == "BODY")
            && !matches!(document().query_selector("dialog:modal"), Ok(Some(_)))
    }

    impl Spot {
        fn of(control: Element) -> Self {
            let mut around = Vec::new();
            let mut child = control.clone();
            while let Some(parent) = child.parent_element() {
                // Where a whole view gave way to another one, nothing of that is a neighbour.
                if parent.id() == "main" || parent.tag_name() == "BODY" {
                    break;
                }
                let before = std::iter::successors(
                    child.previous_element_sibling(),
                    Element::previous_element_sibling,
                );
                around.push(Around {
                    child,
                    parent: parent.clone(),
                    index: before.count(),
                });
                child = parent;
            }
            Self { control, around }
        }

        /// The control itself, or the nearest one to where it was.
        fn take_up(&self) -> bool {
            if self.control.is_connected() {
                return try_focus(&self.control);
            }
            let of_actions = |at: &Around| at.parent.class_list().contains(ACTIONS);
            if self.around.iter().any(of_actions) {
                return false;
            }
            let mut around = self.around.iter();
            around.any(|at| at.parent.is_connected() && at.take_up(&self.control))
        }
    }

    impl Around {
        /// The same control of what stands in its place now, or of what stands before that.
        fn take_up(&self, control: &Element) -> bool {
            let first = self.parent.first_element_child();
            let children: Vec<_> =
                std::iter::successors(first, Element::next_element_sibling).collect();
            let (before, after) = children.split_at(self.index.min(children.len()));
            // What was taken out of the document still is what it was.
            let place = controls(&self.child).iter().position(|c| c == control);
            let mut heirs = after.first().into_iter().chain(before.last());
            heirs.any(|heir| {
                let controls = controls(heir);
                let (before, after) = controls.split_at(place.unwrap_or(0).min(controls.len()));
                after.iter().chain(before.iter().rev()).any(try_focus)
            })
        }
    }

    fn controls(within: &Element) -> Vec<Element> {
        let mut found: Vec<Element> = Vec::new();
        if within.matches(CONTROLS).unwrap_or(false) {
            found.push(within.clone());
        }
        if let Ok(list) = within.query_selector_all(CONTROLS) {
            found.extend((0..list.length()).filter_map(|at| list.item(at)?.dyn_into().ok()));
        }
        found
    }

    /// Whether it took the focus: what is hidden or disabled does not.
    fn try_focus(element: &Element) -> bool {
        if element.matches(DESTROYS).unwrap_or(false) {
            return false;
        }
        let _ = element.unchecked_ref::<HtmlElement>().focus();
        document().active_element().as_ref() == Some(element)
    }
}

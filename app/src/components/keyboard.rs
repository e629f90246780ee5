//! The keys of the page. Single keys do nothing inside a field, and can be turned off.

#[cfg(feature = "hydrate")]
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

/// A key, or two in a row ("g a"), and what it does.
#[derive(Clone)]
pub struct Shortcut {
    id: u64,
    keys: &'static str,
    words: String,
    run: Callback<()>,
}

/// The keys of this page.
#[derive(Clone, Copy)]
pub struct Keyboard {
    shortcuts: RwSignal<Vec<Shortcut>>,
    next: StoredValue<u64>,
    single_keys: RwSignal<bool>,
    /// Whether the list of keys is open.
    pub help: RwSignal<bool>,
    /// Whether the command palette is open.
    pub palette: RwSignal<bool>,
    /// Whether the palette will be wanted soon: the first half of its keys is down.
    pub near: RwSignal<bool>,
}

impl Keyboard {
    /// All keys that work now, the page's own first.
    pub fn list(self) -> Vec<(&'static str, String)> {
        self.shortcuts.with(|list| {
            list.iter()
                .map(|shortcut| (shortcut.keys, shortcut.words.clone()))
                .collect()
        })
    }

    /// Whether single keys work.
    pub fn single_keys(self) -> bool {
        self.single_keys.get()
    }

    /// Turns single keys on or off, and remembers it.
    pub fn set_single_keys(self, on: bool) {
        self.single_keys.set(on);
        #[cfg(feature = "hydrate")]
        if let Ok(Some(storage)) = window().local_storage() {
            let _ = storage.set_item("slipway.keys", if on { "on" } else { "off" });
        }
    }

    #[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
    fn find(self, keys: &str) -> Option<Callback<()>> {
        self.shortcuts.with_untracked(|list| {
            list.iter()
                .rev()
                .find(|shortcut| shortcut.keys == keys)
                .map(|shortcut| shortcut.run)
        })
    }
}

/// The keys of this page.
pub fn use_keyboard() -> Keyboard {
    expect_context()
}

/// A key of the screen that calls this, for as long as it is shown. `keys` is a key as the
/// browser names it (`c`, `/`, `[`, `ArrowDown`), or two of them with a space between (`g a`).
/// `words` is what the list of keys says.
pub fn use_shortcut(
    keys: &'static str,
    words: impl Into<String>,
    run: impl Fn() + Send + Sync + 'static,
) {
    let keyboard = use_keyboard();
    let id = keyboard.next.get_value();
    keyboard.next.set_value(id + 1);
    let shortcut = Shortcut {
        id,
        keys,
        words: words.into(),
        run: Callback::new(move |()| run()),
    };
    keyboard.shortcuts.update(|list| list.push(shortcut));
    on_cleanup(move || {
        let _ = keyboard
            .shortcuts
            .try_update(|list| list.retain(|shortcut| shortcut.id != id));
    });
}

/// Listens to the keyboard.
pub fn provide_keyboard() {
    let keyboard = Keyboard {
        shortcuts: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
        single_keys: RwSignal::new(true),
        help: RwSignal::new(false),
        palette: RwSignal::new(false),
        near: RwSignal::new(false),
    };
    provide_context(keyboard);
    Effect::new(move |_| {
        listen(keyboard);
    });
}

#[cfg(feature = "hydrate")]
fn listen(keyboard: Keyboard) {
    if let Ok(Some(storage)) = window().local_storage() {
        if let Ok(Some(value)) = storage.get_item("slipway.keys") {
            keyboard.single_keys.set(value != "off");
        }
    }
    let first = StoredValue::new(None::<(String, f64)>);
    let handle = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        // Some browsers send events without a key while they fill in a form.
        let key = event.key();
        if matches!(key.as_str(), "Control" | "Meta") {
            if !keyboard.near.get_untracked() {
                keyboard.near.set(true);
            }
            return;
        }
        if (event.ctrl_key() || event.meta_key()) && key.eq_ignore_ascii_case("k") {
            event.prevent_default();
            keyboard.palette.update(|open| *open = !*open);
            return;
        }
        if event.default_prevented()
            || event.ctrl_key()
            || event.meta_key()
            || event.alt_key()
            || !keyboard.single_keys.get_untracked()
            || is_elsewhere(&event, &key)
        {
            return;
        }
        let now = js_sys::Date::now();
        let before = first.get_value();
        first.set_value(None);
        if let Some((before, at)) = before {
            if now - at < 1_500.0 {
                if let Some(run) = keyboard.find(&format!("{before} {key}")) {
                    event.prevent_default();
                    run.try_run(());
                    return;
                }
            }
        }
        if key == "g" {
            first.set_value(Some((key, now)));
        } else if let Some(run) = keyboard.find(&key) {
            event.prevent_default();
            run.try_run(());
        }
    });
    let anchors = window_event_listener(leptos::ev::click, |event| follow_anchor(&event));
    on_cleanup(move || {
        handle.remove();
        anchors.remove();
    });
}

/// Takes the focus to where a link within the page leads: the router scrolls there and no more.
/// Lines of the log have a cursor of their own.
#[cfg(feature = "hydrate")]
fn follow_anchor(event: &web_sys::MouseEvent) {
    use wasm_bindgen::JsCast;
    let id = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|target| {
            let link = target.closest("a[href^='#']:not([href^='#L'])");
            link.ok().flatten()?.get_attribute("href")
        });
    let Some(target) = id
        .and_then(|id| document().get_element_by_id(&id[1..]))
        .and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok())
    else {
        return;
    };
    // What is no control can have the focus, too, but not by the Tab key.
    if target.tab_index() < 0 {
        target.set_tab_index(-1);
    }
    let _ = target.focus();
}

#[cfg(not(feature = "hydrate"))]
fn listen(_keyboard: Keyboard) {}

/// Whether the key belongs to something else than the page: to a field, to an open dialog or
/// menu, or to the control that has the focus and that Enter or Space presses.
#[cfg(feature = "hydrate")]
fn is_elsewhere(event: &KeyboardEvent, key: &str) -> bool {
    use wasm_bindgen::JsCast;
    // The focus may be nowhere while a dialog is open.
    if matches!(document().query_selector("dialog:modal"), Ok(Some(_))) {
        return true;
    }
    let Some(element) = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
    else {
        return false;
    };
    let is_in = |selector: &str| matches!(element.closest(selector), Ok(Some(_)));
    is_in(FIELDS) || (matches!(key, "Enter" | " ") && is_in(PRESSED))
}

/// What takes every key.
#[cfg(feature = "hydrate")]
const FIELDS: &str = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], dialog, [role=menu]";

/// What Enter or Space presses.
#[cfg(feature = "hydrate")]
const PRESSED: &str = "a[href], button, summary, input, [role=tab], [role=menuitem]";

/// Puts the focus into the search field of the page.
pub fn focus_search() {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        if let Some(field) = document()
            .query_selector("[data-page-search]")
            .ok()
            .flatten()
            .and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok())
        {
            let _ = field.focus();
            field.select();
        }
    }
}

/// What stands on the keys of a shortcut.
fn caps(keys: &'static str) -> Vec<String> {
    keys.split(' ')
        .flat_map(|key| match key {
            "ArrowDown" => vec!["↓".to_owned()],
            "ArrowUp" => vec!["↑".to_owned()],
            "ArrowLeft" => vec!["←".to_owned()],
            "ArrowRight" => vec!["→".to_owned()],
            "Enter" => vec!["↵".to_owned()],
            "Escape" => vec!["Esc".to_owned()],
            key if key.len() == 1 && key.chars().all(|c| c.is_ascii_uppercase()) => {
                vec!["Shift".to_owned(), key.to_owned()]
            }
            key if key.len() == 1 => vec![key.to_ascii_uppercase()],
            key => vec![key.to_owned()],
        })
        .collect()
}

/// The list of keys.
#[component]
pub fn KeyHelp() -> impl IntoView {
    use super::button::Button;
    use super::controls::Switch;
    use super::dialog::Dialog;
    let keyboard = use_keyboard();
    view! {
        <Dialog
            open=keyboard.help
            on_close=Callback::new(move |()| keyboard.help.set(false))
            title="Keyboard keys"
            lead="Single keys do nothing inside a field."
            id="key-help"
        >
            <div class="body">
                <dl class="kv keys">
                    <dt>
                        <kbd>"Ctrl"</kbd>
                        <kbd>"K"</kbd>
                    </dt>
                    <dd>"Find or run"</dd>
                    {move || {
                        keyboard
                            .list()
                            .into_iter()
                            .map(|(keys, words)| {
                                view! {
                                    <dt>
                                        {caps(keys)
                                            .into_iter()
                                            .map(|cap| view! { <kbd>{cap}</kbd> })
                                            .collect_view()}
                                    </dt>
                                    <dd>{words}</dd>
                                }
                            })
                            .collect_view()
                    }}
                </dl>
                <Switch
                    label="Single keys work"
                    on=Signal::derive(move || keyboard.single_keys())
                    on_change=Callback::new(move |on| keyboard.set_single_keys(on))
                />
            </div>
            <footer>
                <Button label="Close" on_press=Callback::new(move |()| keyboard.help.set(false))/>
            </footer>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::caps;

    #[test]
    fn keys_are_shown_as_they_are_labelled() {
        assert_eq!(caps("j"), ["J"]);
        assert_eq!(caps("J"), ["Shift", "J"]);
        assert_eq!(caps("g a"), ["G", "A"]);
        assert_eq!(caps("ArrowDown"), ["↓"]);
        assert_eq!(caps("Ctrl s"), ["Ctrl", "S"]);
        assert_eq!(caps("["), ["["]);
    }
}

//! Find or run: one field for applications, plans, environments and what can be done. Actions that
//! are not allowed are listed too, with the reason.

mod entries;

use super::guard::use_go;
use super::icon::{Glyph, Icon};
use super::keyboard::use_keyboard;
use crate::api::catalog::find;
use crate::session::use_session;
use domain::view::Found;
use entries::{Entry, Go, Picture, actions, from_hit, marked, more_of, narrowed};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use std::time::Duration;

/// How long typing must pause before the server is asked.
const PAUSE: Duration = Duration::from_millis(120);

/// The command palette; opens with Ctrl+K. Its content exists only while it is open.
#[component]
pub fn Palette() -> impl IntoView {
    let keyboard = use_keyboard();
    let open = keyboard.palette;
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() {
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
        } else if dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog
            node_ref=node
            class="palette"
            aria-label="Find or run"
            on:cancel=move |event: leptos::ev::Event| {
                event.prevent_default();
                open.set(false);
            }
            on:click=move |event| {
                // The dialog itself is only hit beside its content.
                if event.target() == event.current_target() {
                    open.set(false);
                }
            }
        >
            {move || open.get().then(|| view! { <Content/> })}
        </dialog>
    }
}

#[component]
fn Content() -> impl IntoView {
    let keyboard = use_keyboard();
    let session = use_session();
    let go = StoredValue::new(use_go());
    let text = RwSignal::new(String::new());
    let cursor = RwSignal::new(0_usize);
    let hits = RwSignal::new(Found::default());
    let asked = StoredValue::new(0_u64);
    let ask = Action::new(|(number, text): &(u64, String)| {
        let (number, text) = (*number, text.clone());
        async move { (number, find(text).await) }
    });
    Effect::new(move |_| {
        if let Some((number, answer)) = ask.value().get() {
            // An answer to what was typed before is of no use any more.
            if asked.try_get_value() == Some(number) {
                hits.set(answer.unwrap_or_default());
            }
        }
    });
    let typed = move |value: String| {
        text.set(value.clone());
        cursor.set(0);
        let number = asked.get_value() + 1;
        asked.set_value(number);
        let (kind, rest) = narrowed(&value);
        if rest.is_empty() || kind == Some('>') {
            hits.set(Found::default());
            return;
        }
        let rest = rest.to_owned();
        set_timeout(
            move || {
                if asked.try_get_value() == Some(number) {
                    ask.dispatch((number, rest));
                }
            },
            PAUSE,
        );
    };
    let entries = Memo::new(move |_| {
        let typed = text.get();
        let (kind, rest) = narrowed(&typed);
        let mut list = Vec::new();
        if matches!(kind, None | Some('>')) {
            list.extend(actions(session, rest));
        }
        list.extend(hits.with(|found| {
            found
                .hits
                .iter()
                .map(from_hit)
                .chain(more_of(found, rest))
                .filter(|entry| match kind {
                    Some('#') => entry.group == "Plans",
                    Some(':') => entry.group == "Environments",
                    _ => true,
                })
                .collect::<Vec<_>>()
        }));
        list.sort_by_key(|entry| entry.rank);
        list
    });
    let choose = move |entry: &Entry, new_tab: bool| {
        if entry.refusal.is_some() {
            return;
        }
        keyboard.palette.set(false);
        match &entry.go {
            Go::To(path) if new_tab => {
                let _ = window().open_with_url_and_target(path, "_blank");
            }
            Go::To(path) => {
                go.with_value(|go| go(path));
            }
            Go::Run(run) => run(keyboard),
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let count = entries.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => cursor.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => cursor.update(|at| *at = (*at + count - 1) % count),
            "Enter" => {
                let entry =
                    entries.with_untracked(|list| list.get(cursor.get_untracked()).cloned());
                if let Some(entry) = entry {
                    choose(&entry, event.ctrl_key() || event.meta_key());
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let found = move || super::status::counted(entries.with(Vec::len) as u64, "result", "results");
    view! {
        <div class="p-in">
            <Icon name="search"/>
            <input
                type="text"
                role="combobox"
                aria-label="Find or run"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-autocomplete="list"
                aria-activedescendant=move || format!("palette-{}", cursor.get())
                autofocus=true
                autocomplete="off"
                spellcheck="false"
                maxlength="100"
                prop:value=move || text.get()
                on:input=move |event| typed(event_target_value(&event))
                on:keydown=on_key
            />
            <span class="dim" role="status">
                {found}
            </span>
            <kbd>"esc"</kbd>
        </div>
        <div class="p-list" role="listbox" id="palette-list" aria-label="Results">
            {move || {
                let typed = text.get();
                let needle = narrowed(&typed).1.to_owned();
                let mut group = "";
                entries
                    .get()
                    .into_iter()
                    .enumerate()
                    .map(|(index, entry)| {
                        let head = (entry.group != group).then_some(entry.group);
                        group = entry.group;
                        option(index, entry, head, &needle, cursor, choose)
                    })
                    .collect_view()
            }}
        </div>
        <div class="p-foot">
            <span>
                <kbd>"↑"</kbd>
                <kbd>"↓"</kbd>
                "choose"
            </span>
            <span>
                <kbd>"↵"</kbd>
                "run"
            </span>
            <span>
                <kbd>"Ctrl"</kbd>
                <kbd>"↵"</kbd>
                "new tab"
            </span>
            <span>
                "Narrow:"
                <kbd>">"</kbd>
                "actions"
                <kbd>"#"</kbd>
                "plans"
                <kbd>":"</kbd>
                "environments"
            </span>
        </div>
    }
}

/// A line of the list, with the head of its group if it is the first of it.
fn option(
    index: usize,
    entry: Entry,
    head: Option<&'static str>,
    needle: &str,
    cursor: RwSignal<usize>,
    choose: impl Fn(&Entry, bool) + Copy + 'static,
) -> AnyView {
    let (before, hit, after) = marked(&entry.label, needle);
    let picture = match entry.picture {
        Picture::Icon(name) => view! { <Icon name/> }.into_any(),
        Picture::Glyph(name, tone) => view! { <Glyph name tone/> }.into_any(),
    };
    let meta = entry.refusal.clone().unwrap_or_else(|| entry.meta.clone());
    let off = entry.refusal.is_some();
    let selected = move || cursor.get() == index;
    view! {
        {head.map(|head| view! { <p class="p-group" role="presentation">{head}</p> })}
        <div
            role="option"
            id=format!("palette-{index}")
            aria-selected=move || selected().to_string()
            aria-disabled=off.then_some("true")
            on:mousemove=move |_| {
                if cursor.get_untracked() != index {
                    cursor.set(index);
                }
            }
            on:click=move |event| choose(&entry, event.ctrl_key() || event.meta_key())
        >
            {picture}
            <span>
                {before}
                <mark>{hit}</mark>
                {after}
            </span>
            <span class="p-meta">
                <span>{meta}</span>
            </span>
        </div>
    }
    .into_any()
}

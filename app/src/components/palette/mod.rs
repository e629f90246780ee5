//! Find or run: one field for applications, plans, environments and what can be done. Actions that
//! are not allowed are listed too, with the reason.

mod entries;

use super::guard::use_go;
use super::icon::{Glyph, Icon};
use super::keyboard::use_keyboard;
use super::me::MeDialogs;
use super::skeleton::Skeleton;
use super::toast::{Toasts, use_toasts};
use crate::api::catalog::{find, find_moves};
use crate::api::environments::synchronize_environment;
use crate::derived::derived;
use crate::error::ApiError;
use crate::live::use_live;
use crate::session::use_session;
use domain::EnvironmentId;
use entries::{Answer, Entry, Go, Kind, Picture, Wanted, marked};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// How long typing must pause before the server is asked.
const PAUSE: Duration = Duration::from_millis(120);

/// What was typed so far; the field is there before what finds something for it.
#[derive(Clone, Copy)]
pub struct Typed {
    text: RwSignal<String>,
    /// Enter was pressed, too.
    entered: RwSignal<bool>,
}

/// The command palette; opens with Ctrl+K. Its content exists only while it is open.
#[component]
pub fn Palette(
    /// The [`Content`], or what stands for it until its code is here.
    content: ViewFn,
) -> impl IntoView {
    let keyboard = use_keyboard();
    let open = keyboard.palette;
    let typed = Typed {
        text: RwSignal::new(String::new()),
        entered: RwSignal::new(false),
    };
    provide_context(typed);
    Effect::new(move |_| {
        if !open.get() {
            typed.text.set(String::new());
            typed.entered.set(false);
        }
    });
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
            {move || open.get().then(|| content.run())}
        </dialog>
    }
}

/// The field alone, until the rest is here.
#[component]
pub fn Waiting() -> impl IntoView {
    let typed = expect_context::<Typed>();
    view! {
        <div class="p-in">
            <Icon name="search"/>
            <input
                type="text"
                aria-label="Find or run"
                autofocus=true
                autocomplete="off"
                spellcheck="false"
                maxlength="100"
                on:input=move |event| typed.text.set(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "Enter" {
                        typed.entered.set(true);
                    }
                }
            />
            <kbd>"esc"</kbd>
        </div>
        <Skeleton lines=4/>
    }
}

/// What the server is asked for, or why it did not answer.
type Asked = Result<Answer, ApiError>;

/// Asks the server for what is wanted.
async fn answer(deploy: bool, text: String) -> Asked {
    if deploy {
        find_moves(text).await.map(Answer::Moves)
    } else {
        find(text).await.map(Answer::Found)
    }
}

/// The field, and the list of what was found.
#[component]
pub fn Content() -> impl IntoView {
    let keyboard = use_keyboard();
    let me = expect_context::<MeDialogs>();
    let toasts = use_toasts();
    let live = use_live();
    let session = use_session();
    let go = StoredValue::new(use_go());
    let Typed { text, entered } = expect_context();
    let cursor = RwSignal::new(0_usize);
    let found = RwSignal::new(Asked::Ok(Answer::default()));
    let asked = StoredValue::new(0_u64);
    // Whether the answer to what stands there is on its way.
    let coming = RwSignal::new(false);
    let ask = Action::new(|(number, deploy, text): &(u64, bool, String)| {
        let (number, deploy, text) = (*number, *deploy, text.clone());
        async move { (number, answer(deploy, text).await) }
    });
    Effect::new(move |_| {
        if let Some((number, answered)) = ask.value().get() {
            // An answer to what was typed before is of no use any more.
            if asked.try_get_value() == Some(number) {
                found.set(answered);
                coming.set(false);
            }
        }
    });
    let search = move |value: &str| {
        cursor.set(0);
        let number = asked.get_value() + 1;
        asked.set_value(number);
        let wanted = Wanted::read(value);
        let Some(rest) = wanted.asks_for() else {
            found.set(Ok(Answer::default()));
            coming.set(false);
            return;
        };
        coming.set(true);
        let (deploy, rest) = (wanted.kind == Kind::Deploy, rest.to_owned());
        set_timeout(
            move || {
                if asked.try_get_value() == Some(number) {
                    ask.dispatch((number, deploy, rest));
                }
            },
            PAUSE,
        );
    };
    let entries = derived(move |_| {
        let typed = text.get();
        let wanted = Wanted::read(&typed);
        found.with(|found| wanted.entries(session, live.refusal(), found.as_ref().ok()))
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
            Go::Run(run) => run(keyboard, me),
            Go::Synchronize(id, name) => synchronize(toasts, *id, name.clone()),
        }
    };
    let choose_at = move |at: usize, new_tab: bool| {
        if let Some(entry) = entries.with_untracked(|list| list.get(at).cloned()) {
            choose(&entry, new_tab);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let count = entries.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => cursor.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => cursor.update(|at| *at = (*at + count - 1) % count),
            "Enter" => choose_at(cursor.get_untracked(), event.ctrl_key() || event.meta_key()),
            _ => return,
        }
        event.prevent_default();
    };
    // What was typed while this was on its way counts.
    let node = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        let Some(node) = node.get() else { return };
        let _ = node.focus();
        let typed = text.get_untracked();
        search(&typed);
        if entered.get_untracked() {
            choose_at(0, false);
        }
    });
    Effect::new(move |_| show_option(cursor.get()));
    let count = move || super::status::counted(entries.with(Vec::len) as u64, "result", "results");
    let failure = move || {
        found.with(|found| {
            let error = found.as_ref().err()?;
            Some(view! {
                <p class="p-error" role="alert">
                    <Glyph name="offline" tone="bad"/>
                    {format!("Nothing could be searched. {error}")}
                </p>
            })
        })
    };
    view! {
        <div class="p-in">
            <Icon name="search"/>
            <input
                node_ref=node
                type="text"
                role="combobox"
                aria-label="Find or run"
                aria-expanded="true"
                aria-controls="palette-list"
                aria-autocomplete="list"
                aria-activedescendant=move || {
                    entries
                        .with(|list| !list.is_empty())
                        .then(|| format!("palette-{}", cursor.get()))
                }
                autofocus=true
                autocomplete="off"
                spellcheck="false"
                maxlength="100"
                prop:value=move || text.get()
                on:input=move |event| {
                    let value = event_target_value(&event);
                    search(&value);
                    text.set(value);
                }
                on:keydown=on_key
            />
            <span class="dim" role="status">
                {count}
            </span>
            <kbd>"esc"</kbd>
        </div>
        {failure}
        <div class="p-list" role="listbox" id="palette-list" aria-label="Results">
            {move || {
                let typed = text.get();
                let wanted = Wanted::read(&typed);
                // The verb is part of what is offered.
                let needle = if wanted.kind == Kind::Deploy { typed.trim() } else { wanted.rest };
                let needle = needle.to_owned();
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
        {move || {
            let none = entries.with(Vec::is_empty) && found.with(Result::is_ok) && !coming.get();
            none.then(|| {
                view! { <p class="p-none dim">{text.with(|text| Wanted::read(text).nothing())}</p> }
            })
        }}
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

/// Asks an environment's agent for its inventory.
fn synchronize(toasts: Toasts, id: EnvironmentId, name: String) {
    spawn_local(async move {
        match synchronize_environment(id).await {
            Ok(()) => toasts.done(format!("{name} is being synchronized"), ""),
            Err(error) => toasts.fail(format!("{name} was not synchronized"), &error),
        }
    });
}

/// Scrolls the chosen option into view.
fn show_option(index: usize) {
    if let Some(option) = document().get_element_by_id(&format!("palette-{index}")) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        option.scroll_into_view_with_scroll_into_view_options(&options);
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

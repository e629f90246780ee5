//! The panel of a run's log: search, levels, the lines, and the way to the last error.

use super::address::Level;
use super::hits::{Hits, Search};
use super::log::RunLog;
use super::window::Window;
use crate::components::button::{Button, IconButton, Size};
use crate::components::delay::Delay;
use crate::components::icon::Icon;
use crate::components::keyboard::use_shortcut;
use crate::components::log::{LogPosition, LogView};
use crate::components::status::{counted, thousands};
use leptos::prelude::*;

/// The panel with search, levels and the lines.
#[component]
pub fn LogPanel(
    /// The log.
    log: RunLog,
    /// What leads to the line that says why it did not go on; none if it did.
    #[prop(into)]
    reason: Signal<Option<&'static str>>,
) -> impl IntoView {
    use_shortcut("f", "Follow the log on or off", move || log.toggle_follow());
    use_shortcut("[", "Previous hit in the log", move || log.step_hit(-1));
    use_shortcut("]", "Next hit in the log", move || log.step_hit(1));
    let before = Signal::derive(move || {
        let first = log.window.with(Window::first)?;
        Some(if log.level.get() == Level::All {
            format!(
                "Read earlier lines, {} in all",
                thousands(first.saturating_sub(1))
            )
        } else {
            "Read earlier lines".to_owned()
        })
    });
    let empty = Signal::derive(move || {
        if log.level.get() == Level::All {
            "Nothing was logged yet.".to_owned()
        } else {
            "No line of this kind.".to_owned()
        }
    });
    let on_move = Callback::new(move |position: LogPosition| match position {
        LogPosition::Bottom if log.window.with_untracked(|w| w.later) => log.read_on(),
        LogPosition::Bottom => {}
        LogPosition::Left => log.following.set(false),
        LogPosition::Top => {
            log.following.set(false);
            log.prepend();
        }
    });
    view! {
        <section class="panel logp" aria-labelledby="h-log">
            <header class="log-tools">
                <h2 id="h-log">"Log"</h2>
                <span class="panel-sub">{move || counted(log.window.with(|w| w.last), "line", "lines")}</span>
                <LogSearch log/>
                <div class="seg" role="group" aria-label="Lines to show">
                    {Level::ALL
                        .into_iter()
                        .map(|level| {
                            view! {
                                <button
                                    type="button"
                                    aria-pressed=move || (log.level.get() == level).to_string()
                                    on:click=move |_| log.show_level(level)
                                >
                                    {level.word()}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
                <span class="push"></span>
                <Show when=move || reason.with(Option::is_some)>
                    <Button
                        label=Signal::derive(move || reason.get().unwrap_or_default().to_owned())
                        size=Size::Small
                        busy=log.looking
                        on_press=Callback::new(move |()| log.read_last_error())
                    />
                </Show>
                <span class="vh" role="status">
                    {move || log.no_error.get().then_some("No error was logged.")}
                </span>
                <Button
                    label="First line"
                    size=Size::Small
                    on_press=Callback::new(move |()| log.go_to_first())
                />
                <Show when=move || log.complete.get()>
                    <Button
                        label="Last line"
                        size=Size::Small
                        on_press=Callback::new(move |()| log.go_to_last())
                    />
                </Show>
                <Show when=move || !log.complete.get()>
                    <button
                        type="button"
                        class="btn sm follow"
                        aria-pressed=move || log.following.get().to_string()
                        aria-keyshortcuts="f"
                        on:click=move |_| log.toggle_follow()
                    >
                        <Icon name="down"/>
                        <span>{move || if log.following.get() { "Following" } else { "Follow" }}</span>
                    </button>
                </Show>
            </header>
            <LogView
                lines=Signal::derive(move || log.window.with(|w| w.lines.clone()))
                query=log.query
                target=log.target
                before
                on_before=Callback::new(move |()| log.prepend())
                empty
                node=log.node
                on_move
                on_line=Callback::new(move |line| log.go_to(line))
            />
        </section>
    }
}

#[component]
fn LogSearch(log: RunLog) -> impl IntoView {
    let delay = Delay::new(250);
    let has_query = move || log.query.with(|q| !q.trim().is_empty());
    view! {
        <div class="with-icon logq">
            <Icon name="search"/>
            <input
                id="log-search"
                class="input sm"
                type="search"
                data-page-search=""
                aria-label="Search the log"
                placeholder="Search the log"
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
                prop:value=move || log.typed.get()
                on:input=move |event| {
                    let value = event_target_value(&event);
                    log.typed.set(value.clone());
                    delay.run(move || log.search(value));
                }
                on:keydown=move |event| {
                    if event.key() == "Enter" {
                        log.step_hit(if event.shift_key() { -1 } else { 1 });
                    }
                }
            />
            <Show when=has_query>
                <span class="end">
                    <span class="dim hits" role="status">
                        {move || log.hits.with(Hits::words)}
                    </span>
                    <Show when=move || {
                        log.hits.with(|hits| matches!(hits.search, Search::Failed(_)))
                    }>
                        <IconButton
                            label="Search again"
                            icon="retry"
                            size=Size::Small
                            on_press=Callback::new(move |()| log.search_again())
                        />
                    </Show>
                    <IconButton
                        label="Previous hit"
                        icon="up"
                        size=Size::Small
                        on_press=Callback::new(move |()| log.step_hit(-1))
                    />
                    <IconButton
                        label="Next hit"
                        icon="down"
                        size=Size::Small
                        on_press=Callback::new(move |()| log.step_hit(1))
                    />
                </span>
            </Show>
        </div>
    }
}

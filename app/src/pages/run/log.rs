//! Which part of a run's log is on screen: its end while it is followed, the surroundings of a
//! line that somebody asked for, or the lines of one kind.

use super::LOG_WINDOW;
use super::window::Window;
use crate::api::executions::read_log;
use crate::components::button::{IconButton, Size};
use crate::components::delay::Delay;
use crate::components::icon::Icon;
use crate::components::keyboard::use_shortcut;
use crate::components::log::{LogPosition, LogView};
use crate::components::status::{counted, thousands};
use crate::components::toast::{Toasts, use_toasts};
use domain::execution::LogKind;
use domain::view::{LogFilter, LogPage};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Lines of one answer of the server.
const PIECE: u64 = 500;

/// Which lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    All,
    Steps,
    Warnings,
}

impl Level {
    const ALL: [Self; 3] = [Self::All, Self::Steps, Self::Warnings];

    const fn word(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Steps => "Steps",
            Self::Warnings => "Warnings",
        }
    }

    fn kinds(self) -> Vec<LogKind> {
        match self {
            Self::All => Vec::new(),
            Self::Steps => vec![
                LogKind::Start,
                LogKind::Step,
                LogKind::StepSub,
                LogKind::PublishStop,
                LogKind::StageAborted,
                LogKind::End,
            ],
            Self::Warnings => vec![
                LogKind::Warning,
                LogKind::Error,
                LogKind::AcceptableError,
                LogKind::PublishStop,
                LogKind::StageAborted,
            ],
        }
    }
}

/// The lines with a hit of the search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Hits {
    /// Their numbers: the last ones in the log, or all.
    numbers: Vec<u64>,
    /// Which of them is the current one.
    at: usize,
    /// Whether there are more before them.
    more: bool,
}

impl Hits {
    /// How many there are and which is the current one.
    fn words(&self) -> String {
        match (self.numbers.len(), self.more) {
            (0, _) => "no hit".to_owned(),
            (n, false) => format!("{} of {n}", self.at + 1),
            // Counted from the end, as long as nobody has read up to the first one.
            (n, true) => format!("{} from the end, of {n} or more", n - self.at),
        }
    }
}

/// The log of a run.
#[derive(Clone, Copy)]
pub struct RunLog {
    number: u64,
    window: RwSignal<Window>,
    complete: RwSignal<bool>,
    following: RwSignal<bool>,
    target: RwSignal<Option<u64>>,
    level: RwSignal<Level>,
    typed: RwSignal<String>,
    query: RwSignal<String>,
    hits: RwSignal<Hits>,
    /// A request for more lines is under way.
    reading: RwSignal<bool>,
    /// More came while a request was under way.
    missed: StoredValue<bool>,
    /// Goes up whenever the window is replaced, so that late answers are dropped.
    generation: StoredValue<u64>,
    node: NodeRef<html::Div>,
    toasts: Toasts,
}

impl RunLog {
    /// The log whose last lines are `page`.
    pub fn new(number: u64, page: LogPage) -> Self {
        let (complete, more) = (page.complete, page.more);
        let after = page.lines.first().map_or(0, |l| l.number.saturating_sub(1));
        let this = Self {
            number,
            window: RwSignal::new(Window::after(page, after)),
            complete: RwSignal::new(complete && !more),
            following: RwSignal::new(!complete),
            target: RwSignal::new(None),
            level: RwSignal::new(Level::All),
            typed: RwSignal::new(String::new()),
            query: RwSignal::new(String::new()),
            hits: RwSignal::new(Hits::default()),
            reading: RwSignal::new(false),
            missed: StoredValue::new(false),
            generation: StoredValue::new(0),
            node: NodeRef::new(),
            toasts: use_toasts(),
        };
        // The end stays in view while it is followed.
        Effect::new(move |_| {
            this.window.track();
            if this.following.get() {
                this.scroll_to_end();
            }
        });
        Effect::new(move |_| {
            if !this.read_address() {
                this.scroll_to_end();
            }
        });
        this
    }

    fn filter(self, after: u64, before: Option<u64>, limit: u64) -> LogFilter {
        LogFilter {
            after,
            before,
            text: String::new(),
            kinds: self.level.get_untracked().kinds(),
            limit: limit as u32,
        }
    }

    /// Reads what came since, if the window reached the end of the log before.
    pub fn append(self) {
        if !self.window.with_untracked(|w| w.later) {
            self.read_on();
        }
    }

    /// Reads what is after the last line of the window.
    fn read_on(self) {
        if self.reading.get_untracked() {
            self.missed.set_value(true);
            return;
        }
        self.reading.set(true);
        let generation = self.generation.get_value();
        let filter = self.filter(self.window.with_untracked(Window::read_to), None, PIECE);
        spawn_local(async move {
            let answer = read_log(self.number, filter).await;
            if self.generation.try_get_value() != Some(generation) {
                return;
            }
            if self.reading.try_set(false).is_some() {
                return;
            }
            if let Ok(page) = answer {
                if page.complete && !page.more {
                    self.complete.set(true);
                }
                // Nothing new leaves everything as it is drawn.
                let same = |w: &Window| page.lines.is_empty() && page.last == w.last && !w.later;
                if !self.window.with_untracked(same) {
                    self.window.update(|window| window.append(page));
                }
                // Somebody who reads in the middle gets the rest piece by piece.
                if self.window.with_untracked(|w| w.later) && self.following.get_untracked() {
                    self.read_on();
                } else {
                    self.catch_up();
                }
            }
        });
    }

    /// Reads what was told of while a request was under way.
    fn catch_up(self) {
        let missed = self
            .missed
            .try_update_value(std::mem::take)
            .unwrap_or(false);
        if missed {
            self.append();
        }
    }

    /// Reads what is before the first line of the window, and keeps the place of the reader.
    fn prepend(self) {
        let Some(first) = self.window.with_untracked(Window::first) else {
            return;
        };
        if self.reading.get_untracked() {
            return;
        }
        self.reading.set(true);
        let generation = self.generation.get_value();
        let filter = self.filter(0, Some(first), LOG_WINDOW);
        spawn_local(async move {
            let answer = read_log(self.number, filter).await;
            if self.generation.try_get_value() != Some(generation)
                || self.reading.try_set(false).is_some()
            {
                return;
            }
            match answer {
                Ok(page) => {
                    let height = self.height();
                    let cut = self.window.try_update(|window| window.prepend(page));
                    if cut == Some(true) {
                        self.following.set(false);
                    }
                    self.keep_place(height);
                    self.catch_up();
                }
                Err(error) => self.toasts.fail("Earlier lines could not be read", &error),
            }
        });
    }

    /// Replaces the window by `limit` lines after a line, or by the last ones.
    fn load(self, after: Option<u64>, limit: u64, then: impl FnOnce() + 'static) {
        let generation = self.generation.get_value() + 1;
        self.generation.set_value(generation);
        self.reading.set(true);
        let filter = match after {
            Some(after) => self.filter(after, None, limit),
            None => self.filter(0, Some(u64::MAX), limit),
        };
        spawn_local(async move {
            let answer = read_log(self.number, filter).await;
            if self.generation.try_get_value() != Some(generation) {
                return;
            }
            self.reading.set(false);
            match answer {
                Ok(page) => {
                    self.window.set(match after {
                        Some(after) => Window::after(page, after),
                        None => Window::end(page),
                    });
                    then();
                    self.catch_up();
                }
                Err(error) => self.toasts.fail("The log could not be read", &error),
            }
        });
    }

    /// Leads to a line and makes it part of the address.
    pub fn go_to(self, line: u64) {
        self.following.set(false);
        self.target.set(Some(line));
        write_address(line);
        let here = self
            .window
            .with_untracked(|w| w.lines.binary_search_by_key(&line, |l| l.number).is_ok());
        if here {
            scroll_to(line);
            return;
        }
        self.level.set(Level::All);
        let after = line.saturating_sub(LOG_WINDOW / 2);
        self.load(Some(after), LOG_WINDOW, move || scroll_to(line));
    }

    fn show_level(self, level: Level) {
        if self.level.get_untracked() == level {
            return;
        }
        self.level.set(level);
        match level {
            Level::All => self.load_end(),
            Level::Steps | Level::Warnings => {
                self.following.set(false);
                self.load(Some(0), PIECE, || {});
            }
        }
    }

    /// Goes to the end and stays there.
    fn follow(self) {
        if self
            .window
            .with_untracked(|w| !w.later && !w.lines.is_empty())
        {
            self.target.set(None);
            self.following.set(!self.complete.get_untracked());
            self.scroll_to_end();
        } else {
            self.load_end();
        }
    }

    fn load_end(self) {
        self.target.set(None);
        self.following.set(!self.complete.get_untracked());
        self.load(None, PIECE, move || self.scroll_to_end());
    }

    fn toggle_follow(self) {
        if self.following.get_untracked() {
            self.following.set(false);
        } else {
            self.follow();
        }
    }

    fn search(self, text: String) {
        self.query.set(text.clone());
        self.hits.set(Hits::default());
        if !text.trim().is_empty() {
            self.find_hits(text, u64::MAX);
        }
    }

    /// Finds the last hits before a line and goes to the last of them.
    fn find_hits(self, text: String, before: u64) {
        let filter = LogFilter {
            text: text.trim().to_owned(),
            before: Some(before),
            limit: PIECE as u32,
            ..LogFilter::default()
        };
        spawn_local(async move {
            let Ok(page) = read_log(self.number, filter).await else {
                return;
            };
            if self.query.try_get_untracked() != Some(text) {
                return;
            }
            let mut hits = Hits {
                numbers: page.lines.iter().map(|l| l.number).collect(),
                at: page.lines.len().saturating_sub(1),
                more: page.more,
            };
            self.hits.update(|known| {
                // Two presses may have asked for the same lines.
                hits.numbers
                    .extend(known.numbers.iter().copied().filter(|n| *n >= before));
                *known = hits;
            });
            let line = self.hits.with_untracked(|h| h.numbers.get(h.at).copied());
            if let Some(line) = line {
                self.go_to(line);
            }
        });
    }

    fn step_hit(self, by: isize) {
        let Hits { numbers, at, more } = self.hits.get_untracked();
        let Some(first) = numbers.first() else {
            return;
        };
        if at == 0 && by < 0 && more {
            self.find_hits(self.query.get_untracked(), *first);
            return;
        }
        let next = (at as isize + by).rem_euclid(numbers.len() as isize) as usize;
        self.hits.update(|hits| hits.at = next);
        self.go_to(numbers[next]);
    }
}

#[cfg(feature = "hydrate")]
impl RunLog {
    fn scroll_to_end(self) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_height());
            }
        });
    }

    fn height(self) -> i32 {
        self.node.get_untracked().map_or(0, |n| n.scroll_height())
    }

    fn keep_place(self, before: i32) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_top() + node.scroll_height() - before);
            }
        });
    }

    /// Goes to the line that the address names. Tells whether it names one.
    fn read_address(self) -> bool {
        let hash = window().location().hash().unwrap_or_default();
        let line = hash.strip_prefix("#L").and_then(|n| n.parse().ok());
        if let Some(line) = line {
            self.go_to(line);
        }
        line.is_some()
    }
}

#[cfg(not(feature = "hydrate"))]
#[allow(clippy::unused_self)] // the browser's part needs it
impl RunLog {
    fn scroll_to_end(self) {}
    fn height(self) -> i32 {
        0
    }
    fn keep_place(self, _before: i32) {}
    fn read_address(self) -> bool {
        false
    }
}

#[cfg(feature = "hydrate")]
fn write_address(line: u64) {
    if let Ok(history) = window().history() {
        let state = history.state().unwrap_or(wasm_bindgen::JsValue::NULL);
        let _ = history.replace_state_with_url(&state, "", Some(&format!("#L{line}")));
    }
}

#[cfg(feature = "hydrate")]
fn scroll_to(line: u64) {
    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(&format!("L{line}")) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Center);
            element.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn write_address(_line: u64) {}
#[cfg(not(feature = "hydrate"))]
fn scroll_to(_line: u64) {}

/// The panel with search, levels and the lines.
#[component]
pub fn LogPanel(log: RunLog) -> impl IntoView {
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

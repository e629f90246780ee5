//! Which part of a run's log is on screen: its end while it is followed, the surroundings of a
//! line that somebody asked for, or the lines of one kind.

mod scroll;
mod search;

use super::LOG_WINDOW;
use super::address::{Address, Level, scroll_to, write_line, write_query};
use super::hits::Hits;
use super::window::Window;
use crate::api::executions::read_log;
use crate::components::toast::{Toasts, use_toasts};
use crate::error::ApiError;
use domain::view::{LogFilter, LogPage};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Lines of one answer of the server.
const PIECE: u64 = 500;

/// The log of a run.
#[derive(Clone, Copy)]
pub struct RunLog {
    number: u64,
    pub(super) window: RwSignal<Window>,
    pub(super) complete: RwSignal<bool>,
    pub(super) following: RwSignal<bool>,
    pub(super) target: RwSignal<Option<u64>>,
    pub(super) level: RwSignal<Level>,
    pub(super) typed: RwSignal<String>,
    pub(super) query: RwSignal<String>,
    pub(super) hits: RwSignal<Hits>,
    /// The last error is being looked for.
    pub(super) looking: RwSignal<bool>,
    /// There is no error to be read.
    pub(super) no_error: RwSignal<bool>,
    /// Why what came since could not be read.
    pub(super) failed: RwSignal<Option<ApiError>>,
    /// A request for more lines is under way.
    reading: RwSignal<bool>,
    /// More came while a request was under way.
    missed: StoredValue<bool>,
    /// Goes up whenever the window is replaced, so that late answers are dropped.
    generation: StoredValue<u64>,
    pub(super) node: NodeRef<html::Div>,
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
            looking: RwSignal::new(false),
            no_error: RwSignal::new(false),
            failed: RwSignal::new(None),
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
        // What is shown can be shown to others.
        Effect::new(move |before: Option<(Level, String)>| {
            let now = (this.level.get(), this.query.get());
            if before.is_some_and(|before| before != now) {
                write_query(now.0, &now.1);
            }
            now
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

    /// Shows the level, searches and goes to the line that the address names. Tells whether it
    /// names anything.
    fn read_address(self) -> bool {
        let Address { level, text, line } = Address::read();
        if level != Level::All {
            self.show_level(level);
        }
        let searches = !text.trim().is_empty();
        if searches {
            self.typed.set(text.clone());
            self.search_at(text, line);
        }
        if let Some(line) = line {
            self.go_to(line);
        }
        line.is_some() || level != Level::All || searches
    }

    /// Reads what came since, if the window reached the end of the log before.
    pub fn append(self) {
        if !self.window.with_untracked(|w| w.later) {
            self.read_on();
        }
    }

    /// Reads what could not be read, or what came since.
    pub fn retry(self) {
        if self.failed.with_untracked(Option::is_some) {
            self.read_on();
        } else {
            self.append();
        }
    }

    /// Reads what is after the last line of the window.
    pub(super) fn read_on(self) {
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
            let failed = answer.as_ref().err().cloned();
            if self.failed.with_untracked(|before| *before != failed) {
                self.failed.set(failed);
            }
            if let Ok(page) = answer {
                if page.complete && !page.more {
                    self.complete.set(true);
                }
                // Nothing new leaves everything as it is drawn.
                let same = |w: &Window| page.lines.is_empty() && page.last == w.last && !w.later;
                if !self.window.with_untracked(same) {
                    let last = self
                        .window
                        .with_untracked(|w| w.lines.last().map(|l| l.number));
                    let place = self.place_of(last);
                    self.window.update(|window| window.append(page));
                    // Lines that leave at the front take nothing away from whoever reads.
                    if !self.following.get_untracked() {
                        self.keep_place(place);
                    }
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
    pub(super) fn prepend(self) {
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
                    let place = self.place_of(Some(first));
                    let cut = self.window.try_update(|window| window.prepend(page));
                    if cut == Some(true) {
                        self.following.set(false);
                    }
                    self.keep_place(place);
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
        self.lead_to(line, false);
    }

    /// The same; `focus` also puts the focus there, so that the line is read out.
    fn lead_to(self, line: u64, focus: bool) {
        self.following.set(false);
        self.target.set(Some(line));
        write_line(line);
        let here = self
            .window
            .with_untracked(|w| w.lines.binary_search_by_key(&line, |l| l.number).is_ok());
        if here {
            scroll_to(line, focus);
            return;
        }
        self.level.set(Level::All);
        let after = line.saturating_sub(LOG_WINDOW / 2);
        self.load(Some(after), LOG_WINDOW, move || scroll_to(line, focus));
    }

    /// Shows the lines of a level.
    pub(super) fn show_level(self, level: Level) {
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

    /// Goes to the first line of what is shown, and stays there.
    pub(super) fn go_to_first(self) {
        self.target.set(None);
        self.following.set(false);
        self.load(Some(0), LOG_WINDOW, move || self.scroll_to_start());
    }

    /// Goes to the last line of what is shown.
    pub(super) fn go_to_last(self) {
        self.follow();
    }

    fn load_end(self) {
        self.target.set(None);
        self.following.set(!self.complete.get_untracked());
        self.load(None, PIECE, move || self.scroll_to_end());
    }

    /// Follows the end of the log, or stays where the reader is.
    pub(super) fn toggle_follow(self) {
        if self.following.get_untracked() {
            self.following.set(false);
        } else {
            self.follow();
        }
    }
}

//! Searching a run's log, and going from hit to hit.

use super::super::hits::{Hits, Search};
use super::{PIECE, RunLog};
use crate::api::executions::read_log;
use domain::execution::LogKind;
use domain::view::LogFilter;
use leptos::prelude::*;
use leptos::task::spawn_local;

impl RunLog {
    /// Searches, and goes to the last hit.
    pub(in crate::pages::run) fn search(self, text: String) {
        self.search_at(text, None);
    }

    /// Searches once more for the same.
    pub(in crate::pages::run) fn search_again(self) {
        self.search(self.query.get_untracked());
    }

    /// Searches; who is at a line already stays there.
    pub(super) fn search_at(self, text: String, here: Option<u64>) {
        self.query.set(text.clone());
        if text.trim().is_empty() {
            self.hits.set(Hits::default());
        } else {
            self.hits.set(Hits::pending());
            self.find_hits(text, u64::MAX, here);
        }
    }

    /// Finds the last hits before a line and goes to the last of them.
    fn find_hits(self, text: String, before: u64, here: Option<u64>) {
        let filter = LogFilter {
            text: text.trim().to_owned(),
            before: Some(before),
            limit: PIECE as u32,
            ..LogFilter::default()
        };
        spawn_local(async move {
            let answer = read_log(self.number, filter).await;
            if self.query.try_get_untracked() != Some(text) {
                return;
            }
            match answer {
                Ok(page) => self.hits.update(|hits| {
                    let lines = page.lines.iter().map(|l| l.number).collect();
                    hits.found(before, lines, page.more, here);
                }),
                // What was found before can still be gone through.
                Err(error) if before != u64::MAX => {
                    self.toasts
                        .fail("Earlier hits could not be searched", &error);
                    return;
                }
                Err(error) => {
                    self.hits.update(|hits| hits.search = Search::Failed(error));
                    return;
                }
            }
            let line = self.hits.with_untracked(|h| h.numbers.get(h.at).copied());
            if let Some(line) = line.filter(|_| here.is_none()) {
                self.go_to(line);
            }
        });
    }

    /// Leads to the last error of the run and puts the focus on it.
    pub(in crate::pages::run) fn read_last_error(self) {
        if self.looking.get_untracked() {
            return;
        }
        self.looking.set(true);
        self.no_error.set(false);
        let filter = LogFilter {
            before: Some(u64::MAX),
            kinds: vec![LogKind::Error, LogKind::PublishStop, LogKind::StageAborted],
            limit: 1,
            ..LogFilter::default()
        };
        spawn_local(async move {
            let answer = read_log(self.number, filter).await;
            if self.looking.try_set(false).is_some() {
                return;
            }
            match answer.map(|page| page.lines.last().map(|l| l.number)) {
                Ok(Some(line)) => self.lead_to(line, true),
                Ok(None) => {
                    self.no_error.set(true);
                    self.toasts.done("No error was logged", "");
                }
                Err(error) => self.toasts.fail("The last error could not be read", &error),
            }
        });
    }

    /// Goes from hit to hit.
    pub(in crate::pages::run) fn step_hit(self, by: isize) {
        let Hits {
            numbers,
            at,
            more,
            search,
        } = self.hits.get_untracked();
        if matches!(search, Search::Failed(_)) {
            self.search_again();
            return;
        }
        let Some(first) = numbers.first() else {
            return;
        };
        if at == 0 && by < 0 && more {
            self.find_hits(self.query.get_untracked(), *first, None);
            return;
        }
        let next = (at as isize + by).rem_euclid(numbers.len() as isize) as usize;
        self.hits.update(|hits| hits.at = next);
        self.go_to(numbers[next]);
    }
}

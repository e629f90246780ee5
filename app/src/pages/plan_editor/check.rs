//! The check in the browser: the same code as on the server, run at every change on the slice of
//! the landscape that the server gave. The server's own report wins where it was asked for.

use super::state::Editor;
use crate::api::plans::{check_plan, read_slice, validate_plan};
use crate::components::time::{Clock, use_clock};
use crate::components::toast::{Toasts, use_toasts};
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::use_topic;
use domain::impact::{CheckOptions, Index, Report, Severity, check_behind};
use domain::landscape::Slice;
use domain::plan::PlanContent;
use domain::queue::Waiting;
use domain::{AppError, ApplicationId, EnvironmentId, Timestamp};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;

/// The running check of a plan.
#[derive(Clone, Copy)]
pub struct Checker {
    /// The report that counts now; none while the first one is being made.
    pub report: Memo<Option<Arc<Report>>>,
    /// That report is about the plan as it was a moment ago: what the plan is about now is on its
    /// way.
    pub pending: Memo<bool>,
    /// When it was made.
    pub checked: RwSignal<Option<Timestamp>>,
    /// Why no slice could be had.
    pub failure: RwSignal<Option<ApiError>>,
    /// Why the server checks instead of the browser.
    pub by_server: RwSignal<Option<String>>,
    /// The server found something else than the browser.
    pub differs: RwSignal<bool>,
    /// The server is being asked.
    pub asking: RwSignal<bool>,
    /// The server's report, until the next change.
    server: RwSignal<Option<Arc<Report>>>,
    editor: Editor,
    again: RwSignal<u64>,
    clock: Clock,
    toasts: Toasts,
}

/// What the server gave to check against: the part of the landscape, laid out, and who waits in
/// line for the target.
#[derive(Debug)]
struct World {
    index: Index,
    line: Vec<Waiting>,
    asked: SliceKey,
}

impl World {
    /// Whether it has all that a plan is about. Without an application's states in the source each
    /// version of it would seem to be none that can be deployed.
    fn covers(&self, content: &PlanContent) -> bool {
        let has = |id| self.asked.applications.binary_search(id).is_ok();
        (content.source, content.target) == (self.asked.source, self.asked.target)
            && content.operations.iter().all(|o| has(&o.application))
    }
}

/// How many findings of a weight, about the plan.
pub fn count(report: &Report, severity: Severity) -> usize {
    report.count_of_plan(severity)
}

/// What a slice depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SliceKey {
    source: EnvironmentId,
    target: EnvironmentId,
    applications: Vec<ApplicationId>,
    again: u64,
}

impl Checker {
    /// Begins to check. `first` is the server's report of the first frame; `limit` is how many
    /// plans the target allows.
    pub fn start(editor: Editor, first: Option<Report>, limit: Signal<Option<u32>>) -> Self {
        let clock = use_clock();
        let first = first.map(Arc::new);
        let slice = RwSignal::new(None::<Arc<World>>);
        let server = RwSignal::new(None::<Arc<Report>>);
        let checked = RwSignal::new(first.as_ref().map(|_| clock.now_untracked()));
        let failure = RwSignal::new(None);
        let by_server = RwSignal::new(None);
        let again = RwSignal::new(0);
        // What runs, other plans that begin or end, and the lines are told under these two.
        let topics = [use_topic("applications"), use_topic("environments")];
        let key = derived(move |_| {
            let moved: u64 = topics.iter().map(|t| t.get()).sum();
            editor.content.with(|content| {
                let mut applications: Vec<ApplicationId> =
                    content.operations.iter().map(|o| o.application).collect();
                applications.sort_unstable();
                SliceKey {
                    source: content.source,
                    target: content.target,
                    applications,
                    again: moved + again.get(),
                }
            })
        });
        // The first report is about what was loaded.
        let loaded = editor.content.with_untracked(PlanContent::clone);
        let pending = Memo::new(move |_| {
            if server.with(Option::is_some) || by_server.with(Option::is_some) {
                return false;
            }
            slice.with(|slice| {
                editor.content.with(|content| match slice.as_deref() {
                    Some(world) => !world.covers(content),
                    None => *content != loaded,
                })
            })
        });
        // Kept on the server too: none of this is on the way while the page is drawn.
        let report = Memo::new(move |before: Option<&Option<Arc<Report>>>| {
            if let Some(report) = server.get() {
                return Some(report);
            }
            let options = CheckOptions {
                parallel_limit: limit.get(),
            };
            slice.with(|slice| match slice.as_deref() {
                Some(world) => editor.content.with(|content| {
                    if !world.covers(content) {
                        return before.cloned().flatten();
                    }
                    let World { index, line, .. } = world;
                    Some(Arc::new(check_behind(index, content, options, line)))
                }),
                // The first report is about what was loaded; where this page cannot check, the
                // server's next word is waited for.
                None if by_server.with(Option::is_some) => None,
                None => first.clone(),
            })
        });
        let this = Self {
            report,
            pending,
            checked,
            failure,
            by_server,
            differs: RwSignal::new(false),
            asking: RwSignal::new(false),
            server,
            editor,
            again,
            clock,
            toasts: use_toasts(),
        };
        // A change makes the server's word old.
        Effect::new(move |before: Option<()>| {
            editor.content.track();
            if before.is_some() {
                this.forget_server();
            }
        });
        Effect::new(move |_| {
            report.track();
            checked.set(Some(clock.now_untracked()));
        });
        Effect::new(move |_| this.fetch(key.get(), key, slice));
        // Where the browser may not check, the server does, after every change it has taken.
        Effect::new(move |_| {
            editor.content.track();
            if by_server.with(Option::is_some) && editor.is_settled() {
                this.ask(false);
            }
        });
        this
    }

    fn fetch(self, wanted: SliceKey, key: Derived<SliceKey>, slice: RwSignal<Option<Arc<World>>>) {
        spawn_local(async move {
            let SliceKey {
                source,
                target,
                applications,
                ..
            } = wanted.clone();
            let answer = read_slice(source, target, applications).await;
            // Another change may have overtaken this answer.
            if key.try_get_untracked().as_ref() != Some(&wanted) {
                return;
            }
            match answer {
                Ok(Slice {
                    landscape,
                    mut line,
                }) => {
                    // In line itself by now, it is not in its own way, nor is who came after it.
                    let own = line
                        .iter()
                        .position(|w| w.holds.number == self.editor.number);
                    line.truncate(own.unwrap_or(line.len()));
                    match Index::new(Arc::new(landscape), source, target) {
                        Ok(index) => {
                            self.failure.set(None);
                            self.by_server.set(None);
                            let asked = wanted;
                            slice.set(Some(Arc::new(World { index, line, asked })));
                            // Its word is about how the world was.
                            self.forget_server();
                        }
                        Err(error) => {
                            slice.set(None);
                            self.by_server
                                .set(Some(format!("This page cannot check the plan: {error}.")));
                        }
                    }
                }
                Err(ApiError::App(AppError::Conflict { message, .. })) => {
                    slice.set(None);
                    self.by_server.set(Some(message));
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
    }

    /// What is checked is another one than the server's word is about.
    fn forget_server(self) {
        if self.server.try_with_untracked(Option::is_some) == Some(true) {
            self.server.set(None);
            self.differs.set(false);
        }
    }

    /// Tries to get the slice once more.
    pub fn retry(self) {
        self.again.update(|again| *again += 1);
    }

    /// Checks on what is true now: something that kept the plan from running was settled.
    pub fn check_again(self) {
        self.server.set(None);
        self.differs.set(false);
        self.retry();
        if self.by_server.with_untracked(Option::is_some) {
            self.ask(false);
        }
    }

    /// Asks the server for its own check; `aloud` tells the person what came of it.
    pub fn ask(self, aloud: bool) {
        if self.asking.get_untracked() {
            return;
        }
        self.editor.when_settled(move || {
            if self.asking.get_untracked() {
                return;
            }
            self.asking.set(true);
            let asked = self.editor.revision();
            spawn_local(async move {
                let answer = if aloud {
                    validate_plan(self.editor.number).await.map(Some)
                } else {
                    check_plan(self.editor.number).await
                };
                if self.asking.try_set(false).is_some() {
                    return;
                }
                // The answer is about a plan that has changed since: ask about the one there is.
                if self.editor.revision() != asked || !untrack(|| self.editor.is_settled()) {
                    self.ask(aloud);
                    return;
                }
                match answer {
                    Ok(Some(report)) => {
                        let mine = self.report.get_untracked();
                        let same = mine.is_some_and(|mine| mine.findings == report.findings);
                        let verdict = in_words(&report);
                        self.checked.set(Some(self.clock.now_untracked()));
                        self.differs
                            .set(!same && self.by_server.with_untracked(Option::is_none));
                        self.server.set(Some(Arc::new(report)));
                        if aloud {
                            say(self.toasts, same, verdict);
                        }
                    }
                    Ok(None) => self.editor.lost(),
                    Err(error) => self
                        .toasts
                        .fail("The server could not check the plan", &error),
                }
            });
        });
    }

    /// Shows a report that the server gave when it refused a start.
    pub fn show(self, report: Report) {
        self.differs.set(false);
        self.server.set(Some(Arc::new(report)));
    }
}

/// What a report comes to, and whether that is good.
fn in_words(report: &Report) -> (String, bool) {
    let words = match count(report, Severity::Error) {
        0 if report.is_for_others() => {
            "No errors. Somebody who may deploy can run the plan.".to_owned()
        }
        0 => "No errors. The plan can run.".to_owned(),
        1 => "1 error blocks the run.".to_owned(),
        n => format!("{n} errors block the run."),
    };
    (words, count(report, Severity::Error) == 0)
}

fn say(toasts: Toasts, same: bool, (verdict, good): (String, bool)) {
    if same && good {
        toasts.done("Validated by the server", verdict);
    } else if same {
        toasts.warn("Validated by the server", verdict);
    } else {
        toasts.warn(
            "The server found something else",
            format!("What you see now is the server's report. {verdict}"),
        );
    }
}

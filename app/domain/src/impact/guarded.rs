//! Rows that would overwrite a hotfix in the target, or bring back what a rollback took out of it.

use super::describe::Describe;
use super::evaluate::{Raw, Scratch};
use super::index::Index;
use super::{Finding, FindingCode, Severity};
use crate::hotfix::contains;
use crate::landscape::{HoldFacts, HotfixFacts};
use crate::time::{Day, Timestamp};
use crate::version::VersionNumber;

/// What a row brings, as far as hotfixes and holds are concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bringing {
    /// The tag itself, or the one that a new tag is based on.
    pub from: Option<u32>,
    /// Whether `from` is what is brought, not only its base.
    pub tagged: bool,
    pub number: Option<VersionNumber>,
}

impl Bringing {
    pub const fn version(version: u32, number: Option<VersionNumber>) -> Self {
        Self {
            from: Some(version),
            tagged: true,
            number,
        }
    }
}

impl Index {
    /// Whether the target has a hotfix of the application, or a hold on one of its versions.
    pub(crate) fn is_guarded(&self, application: u32) -> bool {
        self.hotfixes(application).next().is_some() || self.holds(application).next().is_some()
    }

    /// The hotfixes of the application that the target has, by position.
    fn hotfixes(&self, application: u32) -> impl Iterator<Item = (u32, &HotfixFacts)> {
        let all = &self.landscape.hotfixes;
        let first = all.partition_point(|h| h.application < application);
        let running = self.running_in_target(application);
        (0_u32..)
            .zip(all)
            .skip(first)
            .take_while(move |(_, h)| h.application == application)
            .filter(move |(_, h)| {
                running.is_some_and(|running| {
                    if h.descendants.is_empty() {
                        // Not tagged: it runs nowhere but where it was made.
                        h.environment == self.target
                    } else {
                        running
                            .base
                            .is_some_and(|base| h.descendants.binary_search(&base).is_ok())
                    }
                })
            })
    }

    /// The holds on versions of the application in the target, by position.
    fn holds(&self, application: u32) -> impl Iterator<Item = (u32, &HoldFacts)> {
        let all = &self.landscape.holds;
        let key = (application, self.target);
        let first = all.partition_point(|h| (h.application, h.environment) < key);
        (0_u32..)
            .zip(all)
            .skip(first)
            .take_while(move |(_, h)| (h.application, h.environment) == key)
    }

    /// The hotfixes in the target that `brings` would overwrite, by position.
    fn overwritten(&self, application: u32, brings: Bringing) -> impl Iterator<Item = u32> {
        self.hotfixes(application)
            .filter(move |(_, hotfix)| {
                let from = |version| hotfix.descendants.binary_search(&version).is_ok();
                !contains(
                    brings.from.is_some_and(from),
                    brings.number,
                    hotfix.solved_by,
                )
            })
            .map(|(at, _)| at)
    }

    /// Whether deploying a tagged version would overwrite a hotfix in the target.
    pub(crate) fn overwrites(&self, application: u32, version: u32) -> bool {
        let brings = Bringing::version(version, self.number_of(version));
        self.overwritten(application, brings).next().is_some()
    }
}

impl Scratch {
    pub(super) fn check_guarded(&mut self, index: &Index, application: u32, brings: Bringing) {
        for at in index.overwritten(application, brings) {
            let code = FindingCode::HotfixOverwritten;
            self.raw.push(Raw {
                extra: at,
                ..Raw::row(Severity::Error, code, application)
            });
        }
        let held = brings.from.filter(|_| brings.tagged);
        for (at, hold) in index.holds(application) {
            if Some(hold.version) == held {
                let code = FindingCode::VersionHeld;
                self.raw.push(Raw {
                    extra: at,
                    ..Raw::row(Severity::Warning, code, application)
                });
            }
        }
    }
}

impl Describe<'_> {
    /// Which hotfix, where and when it was made; the version that is known to contain it.
    pub(super) fn hotfix(self, at: u32, finding: &mut Finding) {
        let facts = &self.index.landscape;
        let Some(hotfix) = facts.hotfixes.get(at as usize) else {
            return;
        };
        let place = &facts.environments[hotfix.environment as usize].name;
        let day = day(hotfix.since);
        finding.versions.needed = hotfix.solved_by;
        finding.detail = Some(match hotfix.number {
            Some(number) => format!("{number}, made in {place} on {day}"),
            None => format!("not tagged yet, made in {place} on {day}"),
        });
    }

    /// Which plan took it out, and when.
    pub(super) fn hold(self, at: u32, finding: &mut Finding) {
        if let Some(hold) = self.index.landscape.holds.get(at as usize) {
            finding.detail = Some(format!("#{} on {}", hold.plan, day(hold.since)));
        }
    }
}

/// 20 Nov 2026, in UTC.
fn day(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (year, month, day) = Day::of(at).parts();
    let month = MONTHS.get(month.saturating_sub(1) as usize).unwrap_or(&"");
    format!("{day} {month} {year}")
}

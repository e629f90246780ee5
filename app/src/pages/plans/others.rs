//! Plans of the list that others keep from starting: what was found here is told in the row, and
//! looked at again whenever something may have become free.

use crate::api::plans::check_plan;
use crate::components::delay::Delay;
use crate::components::findings::{plan_number, slot_holders};
use crate::components::icon::Glyph;
use crate::components::status::counted;
use crate::derived::Derived;
use crate::live::use_topic;
use crate::routes;
use domain::impact::{Finding, FindingCode, Report};
use domain::plan::PlanStatus;
use domain::view::PlanPage;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;

/// What other plans keep a plan from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFree {
    /// The others that can be opened, the first in the way first.
    plans: Vec<u64>,
    /// Whether the first one waits in line itself.
    in_line: bool,
    /// How many findings say so.
    findings: u64,
}

impl NotFree {
    /// What a report says of other plans; none if nothing.
    pub fn of(report: &Report) -> Option<Self> {
        let others = |f: &&Finding| f.code.is_about_other_plans();
        let found: Vec<&Finding> = report.findings.iter().filter(others).collect();
        let first = found.first()?;
        let mut plans: Vec<u64> = Vec::new();
        for number in found.iter().flat_map(|finding| named(finding)) {
            if !plans.contains(&number) {
                plans.push(number);
            }
        }
        Some(Self {
            plans,
            in_line: first.code == FindingCode::AheadInLine,
            findings: found.len() as u64,
        })
    }
}

/// The plans that a finding names.
fn named(finding: &Finding) -> Vec<u64> {
    if finding.code == FindingCode::ParallelLimit {
        let holders = slot_holders(finding).into_iter();
        return holders.filter_map(plan_number).collect();
    }
    let named = finding.detail.as_deref().and_then(plan_number);
    named.into_iter().collect()
}

/// Whether a row tells what its last check found as if that held now.
fn says_ready(page: &PlanPage) -> bool {
    page.rows.iter().any(|row| {
        row.status == PlanStatus::Saved && row.findings.is_some() && row.outdated_check.is_none()
    })
}

/// What is known of the plans of the list, by number. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Others(RwSignal<BTreeMap<u64, NotFree>>);

impl Others {
    /// Begins to follow them for what the list shows; `refresh` reads that again.
    pub fn follow(page: Derived<PlanPage>, refresh: Callback<()>) -> Self {
        let this = Self(RwSignal::new(BTreeMap::new()));
        // What runs, other plans that begin or end, and the lines are told under these two.
        let topics = [use_topic("applications"), use_topic("environments")];
        let delay = Delay::new(250);
        Effect::new(move |before: Option<u64>| {
            let now: u64 = topics.iter().map(|topic| topic.get()).sum();
            if before.is_some_and(|before| before != now) {
                delay.run(move || {
                    this.look_again(page);
                    // What rows say of their last check holds until now; then they say when it was.
                    if page.try_with_untracked(says_ready) == Some(true) {
                        refresh.run(());
                    }
                });
            }
            now
        });
        this
    }

    /// What is known of a plan.
    pub fn of(self, number: u64) -> Option<NotFree> {
        self.0.with(|all| all.get(&number).cloned())
    }

    /// Takes what a check found.
    pub fn note(self, number: u64, report: &Report) {
        let _ = self.0.try_update(|all| match NotFree::of(report) {
            Some(found) => all.insert(number, found),
            None => all.remove(&number),
        });
    }

    fn look_again(self, page: Derived<PlanPage>) {
        let known = self
            .0
            .try_with_untracked(|all| all.keys().copied().collect());
        let known: Vec<u64> = known.unwrap_or_default();
        for number in known {
            let is_saved = page.try_with_untracked(|page| {
                let mut rows = page.rows.iter();
                rows.any(|row| row.number == number && row.status == PlanStatus::Saved)
            });
            if is_saved != Some(true) {
                let _ = self.0.try_update(|all| all.remove(&number));
                continue;
            }
            spawn_local(async move {
                match check_plan(number).await {
                    Ok(Some(report)) => self.note(number, &report),
                    Ok(None) => {
                        let _ = self.0.try_update(|all| all.remove(&number));
                    }
                    // What was found stays until something else is known.
                    Err(_) => {}
                }
            });
        }
    }
}

/// Below the status of such a plan.
#[component]
pub fn NotFreeLine(found: NotFree) -> impl IntoView {
    let NotFree {
        plans,
        in_line,
        findings,
    } = found;
    let said = counted(findings, "finding", "findings");
    let more = plans.len().saturating_sub(1);
    view! {
        <div class="sub not-free">
            <span class="st warn plain" title=format!("{said} about other plans")>
                <Glyph name="queued"/>
                <span>"Not free to start"</span>
            </span>
        </div>
        <div class="sub">
            {match plans.first() {
                Some(number) => {
                    view! {
                        {if in_line { "behind " } else { "while " }}
                        <a class="link" href=routes::plan(*number)>
                            {format!("#{number}")}
                        </a>
                        {if in_line { " in line" } else { " is not over" }}
                        {(more > 0).then(|| format!(", and {more} more"))}
                    }
                        .into_any()
                }
                None => format!("{said} about others").into_any(),
            }}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::findings::tests::bare;
    use domain::impact::Severity;

    fn found(code: FindingCode, detail: &str) -> Finding {
        Finding {
            severity: Severity::Error,
            detail: Some(detail.to_owned()),
            ..bare(code)
        }
    }

    #[test]
    fn a_row_tells_behind_whom_its_plan_is_and_how_much_was_found() {
        let report = |findings| Report {
            findings,
            ..Report::default()
        };
        let own = found(FindingCode::EmptyPlan, "");
        assert_eq!(NotFree::of(&report(vec![own])), None);
        let ahead = found(FindingCode::AheadInLine, "#12 Claims to Quality");
        let not_free = NotFree {
            plans: vec![12],
            in_line: true,
            findings: 1,
        };
        assert_eq!(NotFree::of(&report(vec![ahead.clone()])), Some(not_free));
        let slots = found(FindingCode::ParallelLimit, "2\n#11 One\n#12 Two");
        let not_free = NotFree {
            plans: vec![11, 12],
            in_line: false,
            findings: 2,
        };
        assert_eq!(NotFree::of(&report(vec![slots, ahead])), Some(not_free));
        let publication = found(FindingCode::ParallelSameModule, "Claims 2");
        let not_free = NotFree::of(&report(vec![publication])).map(|found| found.plans);
        assert_eq!(not_free, Some(Vec::new()));
    }
}

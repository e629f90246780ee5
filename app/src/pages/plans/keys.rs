//! `d` and `r`: what the row under the cursor offers as its button, by key. A key asks first, where a
//! button would not: it is pressed by accident more easily.

use super::wishes::Asking;
use crate::components::keyboard::use_shortcut;
use crate::components::production::Going;
use crate::components::toast::use_toasts;
use crate::derived::Derived;
use domain::PlanId;
use domain::plan::{Origin, PlanStatus};
use domain::view::{PlanPage, PlanRow};
use leptos::prelude::*;

/// Why a saved plan is not deployed from the list, if it is not; none for a plan that is not saved.
/// `refused` is why this person runs none.
fn deploys(row: &PlanRow, refused: Option<String>) -> Option<Result<(), String>> {
    if row.status != PlanStatus::Saved {
        return None;
    }
    let refused = refused.or_else(|| row.stay.maintenance.clone());
    let errors = row.findings.is_some_and(|(errors, _)| errors > 0);
    Some(match refused {
        Some(why) => Err(format!("{}.", why.trim_end_matches('.'))),
        None if errors => {
            Err("It was not free to run when it was checked last. Open it to see why.".to_owned())
        }
        None if row.unsaved => {
            Err("It was changed since it was saved. Open it to see what it is now.".to_owned())
        }
        None => Ok(()),
    })
}

/// Why a plan that is over is not taken up again, if it is not; none for one that is not over.
fn takes_up(row: &PlanRow, refused: Option<String>) -> Option<Result<(), String>> {
    Origin::offered(row.status)?;
    let refused = refused.or_else(|| row.stay.maintenance.clone());
    Some(refused.map_or(Ok(()), |why| Err(format!("{}.", why.trim_end_matches('.')))))
}

/// The keys of the row under the cursor.
pub fn use_row_keys(
    page: Derived<PlanPage>,
    cursor: RwSignal<Option<PlanId>>,
    asking: Asking,
    edit_refusal: Signal<Option<String>>,
    deploy_refusal: Signal<Option<String>>,
) {
    let toasts = use_toasts();
    let under = move || {
        let id = cursor.get_untracked()?;
        page.with_untracked(|p| p.rows.iter().find(|row| row.id == id).cloned())
    };
    use_shortcut("d", "Deploy the plan", move || {
        let Some(row) = under() else {
            return;
        };
        match deploys(&row, deploy_refusal.get_untracked()) {
            Some(Ok(())) => asking.deploying.set(Some((row, Going::Start))),
            Some(Err(why)) => toasts.warn(format!("Plan #{} is not deployed", row.number), &why),
            None => {}
        }
    });
    use_shortcut("r", "Reuse or retry the plan", move || {
        let Some(row) = under() else {
            return;
        };
        match takes_up(&row, edit_refusal.get_untracked()) {
            Some(Ok(())) => asking.reusing.set(Some(row.number)),
            Some(Err(why)) => {
                toasts.warn(format!("Plan #{} is not taken up again", row.number), &why);
            }
            None => {}
        }
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use domain::plan::PlanKind;
    use domain::view::{PersonRef, PlanStamps, PlanStay, Stamp};

    fn row(status: PlanStatus) -> PlanRow {
        PlanRow {
            id: "019b76da-a800-7000-8000-000000000001".parse().unwrap(),
            number: 7,
            name: "Claims 2.14 to Quality".to_owned(),
            kind: PlanKind::Ordinary,
            status,
            intervention: None,
            source: "Development".to_owned(),
            target: "Quality".to_owned(),
            lanes: (0, 1),
            applications: Vec::new(),
            application_total: 0,
            unsaved: false,
            findings: Some((0, 0)),
            outdated_check: None,
            progress: (0, 0),
            phase: None,
            stamps: PlanStamps {
                created: Stamp {
                    by: PersonRef {
                        name: "Ada".to_owned(),
                        login: "ada".to_owned(),
                    },
                    at: Timestamp(0),
                },
                saved: None,
                queued: None,
                started: None,
                continued: None,
                paused: None,
                waited: 0,
                aborted: None,
                finished: None,
                synchronized: None,
            },
            stay: PlanStay::default(),
            outcome: None,
            notes: String::new(),
        }
    }

    #[test]
    fn a_key_deploys_what_the_rows_button_would() {
        let saved = row(PlanStatus::Saved);
        assert_eq!(deploys(&saved, None), Some(Ok(())));
        let refused = |row: &PlanRow, why: Option<&str>| {
            let answer = deploys(row, why.map(str::to_owned));
            answer.and_then(Result::err).unwrap_or_default()
        };
        assert_eq!(refused(&saved, Some("You may not")), "You may not.");
        let with = |change: fn(&mut PlanRow)| {
            let mut row = row(PlanStatus::Saved);
            change(&mut row);
            refused(&row, None)
        };
        assert!(with(|row| row.findings = Some((1, 0))).contains("not free to run"));
        assert!(with(|row| row.unsaved = true).contains("changed since it was saved"));
        let out = with(|row| row.stay.maintenance = Some("Quality is in maintenance".to_owned()));
        assert_eq!(out, "Quality is in maintenance.");
        for other in PlanStatus::ALL
            .into_iter()
            .filter(|s| *s != PlanStatus::Saved)
        {
            assert_eq!(deploys(&row(other), None), None, "{other:?}");
        }
    }

    #[test]
    fn a_key_takes_up_again_what_is_over() {
        for status in PlanStatus::ALL {
            let offered = Origin::offered(status).is_some();
            let answer = takes_up(&row(status), None);
            assert_eq!(answer, offered.then_some(Ok(())), "{status:?}");
        }
        let mut over = row(PlanStatus::Aborted);
        over.stay.maintenance = Some("Quality is in maintenance".to_owned());
        assert!(takes_up(&over, None).is_some_and(|answer| answer.is_err()));
    }
}

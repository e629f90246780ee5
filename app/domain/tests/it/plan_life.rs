//! The life of a plan: every state with every event against a committed table, and the rules that
//! hold over all of them.

use domain::plan::{
    Guards, Intervention, PlanEvent, PlanState, PlanStatus, TransitionError, follow, transition,
};
use pretty_assertions::assert_eq;
use std::collections::BTreeSet;
use std::fmt::Write;

/// What each state does with each event when all guards are open. `SLIPWAY_UPDATE=1` writes it
/// anew; a change of it is a change of domain.md 3.3.
const TABLE: &str = include_str!("plan_life.txt");

/// Nothing is in the way of anything.
const OPEN: Guards = Guards {
    permitted: true,
    passed: true,
    reachable: true,
    unhindered: true,
    in_service: true,
};

fn table() -> String {
    let mut text = String::new();
    for state in PlanState::ALL {
        for event in PlanEvent::ALL {
            let answer = match transition(state, event, OPEN) {
                Ok(next) => format!("{next:?}"),
                Err(TransitionError::NotFrom(_)) => continue,
                Err(error) => format!("refused: {error}"),
            };
            let _ = writeln!(text, "{state:?} + {event:?} -> {answer}");
        }
    }
    text
}

#[test]
fn every_state_with_every_event_is_as_the_table_says() {
    let now = table();
    if std::env::var_os("SLIPWAY_UPDATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/plan_life.txt");
        std::fs::write(path, &now).unwrap();
        return;
    }
    assert_eq!(now, TABLE);
}

#[test]
fn every_state_but_the_ends_has_a_way_to_an_end() {
    for state in PlanState::ALL {
        let mut reached = BTreeSet::from([state]);
        loop {
            let next: BTreeSet<PlanState> = reached
                .iter()
                .flat_map(|state| {
                    PlanEvent::ALL
                        .into_iter()
                        .filter_map(|event| transition(*state, event, OPEN).ok())
                })
                .chain(reached.iter().copied())
                .collect();
            if next == reached {
                break;
            }
            reached = next;
        }
        let ends = reached.iter().any(|state| {
            *state == PlanState::Gone || state.status().is_some_and(PlanStatus::is_terminal)
        });
        assert!(ends, "{state:?} has no way out");
    }
}

#[test]
fn what_is_over_stays_over() {
    for state in PlanState::ALL {
        if state.status().is_none_or(PlanStatus::is_terminal) {
            for event in PlanEvent::ALL {
                assert!(transition(state, event, OPEN).is_err());
            }
        }
    }
}

#[test]
fn whatever_runs_can_be_stopped_and_stopping_ends() {
    for state in PlanState::ALL {
        if matches!(state, PlanState::Running | PlanState::Paused(_)) {
            let stopping = transition(state, PlanEvent::Abort, OPEN).unwrap();
            assert_eq!(stopping, PlanState::Aborting);
            let end = transition(stopping, PlanEvent::Stopped, OPEN).unwrap();
            assert_eq!(end, PlanState::Aborted);
        }
    }
}

#[test]
fn each_guard_is_asked_by_the_events_it_guards() {
    let closed = |close: fn(&mut Guards)| {
        let mut guards = OPEN;
        close(&mut guards);
        guards
    };
    let start = |guards| transition(PlanState::Saved, PlanEvent::Start, guards).unwrap_err();
    assert_eq!(
        start(closed(|g| g.permitted = false)),
        TransitionError::NotPermitted
    );
    assert_eq!(
        start(closed(|g| g.in_service = false)),
        TransitionError::InMaintenance
    );
    assert_eq!(
        start(closed(|g| g.reachable = false)),
        TransitionError::Unreachable
    );
    assert_eq!(
        start(closed(|g| g.passed = false)),
        TransitionError::NotPassed
    );
    assert_eq!(
        start(closed(|g| g.unhindered = false)),
        TransitionError::Hindered
    );
    // What was suspended goes on when its agent is back; any other pause ends without it.
    for why in Intervention::ALL {
        let away = closed(|g| g.reachable = false);
        let answer = transition(PlanState::Paused(why), PlanEvent::Continue, away);
        let suspended = why == Intervention::DeploymentSuspended;
        assert_eq!(answer == Err(TransitionError::Unreachable), suspended);
        assert!(transition(PlanState::Paused(why), PlanEvent::Abort, away).is_ok());
    }
    // A person who may not deploy cannot stop or continue.
    let nobody = closed(|g| g.permitted = false);
    assert!(transition(PlanState::Running, PlanEvent::Abort, nobody).is_err());
}

#[test]
fn what_a_person_asks_for_needs_an_open_guard_and_what_slipway_reports_needs_none() {
    for state in PlanState::ALL {
        for event in PlanEvent::ALL {
            let Ok(next) = follow(state, event) else {
                continue;
            };
            assert_eq!(transition(state, event, OPEN), Ok(next));
            let reported = matches!(
                event,
                PlanEvent::Pause(_) | PlanEvent::Fatal | PlanEvent::Stopped | PlanEvent::Finish(_)
            );
            let with_closed = transition(state, event, Guards::CLOSED);
            assert_eq!(with_closed.is_ok(), reported, "{event:?}");
        }
    }
}

#[test]
fn status_and_state_name_each_other() {
    for state in PlanState::ALL {
        if let Some(status) = state.status() {
            assert_eq!(PlanState::from_status(status, state.intervention()), state);
            assert_eq!(PlanStatus::parse(status.as_str()), Some(status));
        }
    }
}

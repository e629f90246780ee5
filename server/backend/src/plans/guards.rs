//! What the guards of a plan's life look at (domain.md 3.3), as it is: who asks, what the check has
//! found, whether the target's agent is there. What is not known counts as a closed guard.

use super::Plan;
use crate::actor::{Actor, action_code};
use crate::engine::state_of;
use domain::AppError;
use domain::access::Action;
use domain::environment::{LinkState, NoAgent};
use domain::execution::Phase;
use domain::impact::{FindingCode, Report, Severity};
use domain::plan::{Guards, PlanEvent, PlanState, TransitionError, follow, transition};

/// What a person needs to be permitted an event.
pub(super) const fn needed(event: PlanEvent) -> Action {
    match event {
        PlanEvent::Save | PlanEvent::Edit | PlanEvent::Discard => Action::EditPlan,
        // It will start with the rights of who put it in line; to take it out there keeps it from it.
        PlanEvent::Queue
        | PlanEvent::LeaveQueue
        | PlanEvent::Start
        | PlanEvent::Continue
        | PlanEvent::Abort
        | PlanEvent::Pause(_)
        | PlanEvent::Fatal
        | PlanEvent::Stopped
        | PlanEvent::Finish(_) => Action::DeployApplications,
    }
}

/// What guards everything but a start, which also needs a check, and what needs an agent.
fn of_person(actor: &Actor, event: PlanEvent, in_service: bool) -> Guards {
    Guards {
        permitted: actor.access.can(needed(event)),
        in_service,
        ..Guards::CLOSED
    }
}

/// What guards a start: the report of a check on the landscape that is still the newest, whether
/// the person gave a reason to go on with errors, and whether the target's agent is there now.
pub(super) fn of_start(
    actor: &Actor,
    report: &Report,
    with_reason: bool,
    target: LinkState,
) -> Guards {
    let mut guards = Guards {
        passed: true,
        reachable: target == LinkState::Online,
        unhindered: true,
        // The check has found it, if one of its environments is not.
        ..of_person(actor, PlanEvent::Start, true)
    };
    let errors = report.findings.iter();
    for error in errors.filter(|finding| finding.severity == Severity::Error) {
        match error.code {
            FindingCode::TargetUnreachable => guards.reachable = false,
            FindingCode::NoRightToDeploy => guards.permitted = false,
            FindingCode::EnvironmentInMaintenance => guards.in_service = false,
            code if code.is_about_other_plans() => guards.unhindered = false,
            code => guards.passed &= with_reason && code.is_overridable(),
        }
    }
    guards
}

/// Whether the plan's status knows this event; guards are asked by who decides.
pub(crate) fn may(plan: &Plan, event: PlanEvent) -> Result<(), AppError> {
    follow(state_of(&plan.row), event)
        .map(drop)
        .map_err(|error| refusal(None, plan, event, error, None))
}

/// Where the plan stands after what a person asks for, which is neither a start nor to let it go
/// on.
pub(crate) fn pass(actor: &Actor, plan: &Plan, event: PlanEvent) -> Result<PlanState, AppError> {
    let in_service = plan.maintenance.is_none();
    pass_with(
        actor,
        plan,
        event,
        of_person(actor, event, in_service),
        None,
    )
}

/// Where the plan stands after a person lets it go on; with what is the matter with its target's
/// agent, if that takes no work.
pub(crate) fn pass_on(
    actor: &Actor,
    plan: &Plan,
    no_agent: Option<&NoAgent>,
) -> Result<PlanState, AppError> {
    let event = PlanEvent::Continue;
    let guards = Guards {
        reachable: no_agent.is_none(),
        ..of_person(actor, event, plan.maintenance.is_none())
    };
    pass_with(actor, plan, event, guards, no_agent)
}

/// Where the plan stands after an event that these facts guard.
pub(super) fn pass_with(
    actor: &Actor,
    plan: &Plan,
    event: PlanEvent,
    guards: Guards,
    no_agent: Option<&NoAgent>,
) -> Result<PlanState, AppError> {
    transition(state_of(&plan.row), event, guards)
        .map_err(|error| refusal(Some(actor), plan, event, error, no_agent))
}

/// Why a suspended plan cannot go on yet.
pub(crate) fn not_yet(plan: &Plan, no_agent: &NoAgent) -> String {
    let NoAgent { what, remedy } = no_agent;
    let title = plan.title();
    if plan.row.phase.as_deref() == Some(Phase::Finish.as_str()) {
        return format!(
            "{what}, so {title} cannot go on yet. To let it go on, {remedy}: then it does so by itself."
        );
    }
    format!(
        "{what}, so {title} cannot go on yet. Nothing has changed there; {remedy}, then continue it."
    )
}

/// Why a plan was not started.
fn not_started(title: &str, no_agent: Option<&NoAgent>) -> String {
    match no_agent {
        Some(NoAgent { what, remedy }) => format!(
            "{what}, so {title} was not started. To start it, {remedy}, then press Deploy now again."
        ),
        // It was so by the check, and is over.
        None => format!(
            "The agent of the target was not there when {title} was checked, so it was not started. Press Deploy now again."
        ),
    }
}

/// Why an event cannot happen, for who asked.
fn refusal(
    actor: Option<&Actor>,
    plan: &Plan,
    event: PlanEvent,
    error: TransitionError,
    no_agent: Option<&NoAgent>,
) -> AppError {
    let title = plan.title();
    let not_now = |code: &str, because: &str| {
        AppError::conflict(code, format!("{title} cannot go on: {because}"))
    };
    match error {
        TransitionError::AlreadyStopping => AppError::conflict(
            "already_stopping",
            format!("{title} is already being stopped."),
        ),
        TransitionError::NotFrom(state) => AppError::conflict(
            match event {
                PlanEvent::Continue => "not_paused",
                PlanEvent::Abort => "not_running",
                _ => "plan_started",
            },
            format!(
                "{title} is {}, so this cannot be done any more. Load the page again to see where it stands.",
                state.words(),
            ),
        ),
        TransitionError::NotPermitted => AppError::Forbidden {
            action: action_code(needed(event)),
            reason: actor
                .and_then(|actor| actor.access.refusal(needed(event)))
                .unwrap_or_else(|| "You may not deploy every application of this plan.".to_owned()),
        },
        TransitionError::Unreachable => match no_agent {
            Some(no_agent) if event == PlanEvent::Continue => {
                AppError::conflict("agent_away", not_yet(plan, no_agent))
            }
            _ => AppError::Unavailable {
                message: not_started(&title, no_agent),
                retry_seconds: 5,
            },
        },
        TransitionError::NotPassed => not_now(
            "not_passed",
            "the check found errors. Validate the plan to see them.",
        ),
        TransitionError::Hindered => not_now(
            "hindered",
            "another running plan is in the way. Try again when that is over.",
        ),
        TransitionError::InMaintenance => {
            let because = plan.maintenance_words().unwrap_or_else(|| {
                "One of its environments is in maintenance. Try again when that is over".to_owned()
            });
            AppError::conflict(
                "in_maintenance",
                format!("{because}. {title} stays as it is."),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use domain::access::{Access, Standing};
    use domain::impact::{Finding, Versions};

    fn actor(standing: Standing) -> Actor {
        Actor {
            user: UserId(uuid::Uuid::nil()),
            login: "ada".to_owned(),
            name: "Ada".to_owned(),
            access: Access { standing },
            token: None,
        }
    }

    fn found(severity: Severity, code: FindingCode) -> Report {
        Report {
            findings: vec![Finding {
                severity,
                code,
                application: None,
                consumer: None,
                producer: None,
                elements: Vec::new(),
                element_count: 0,
                versions: Versions::default(),
                path: Vec::new(),
                detail: None,
                started: None,
            }],
            ..Report::default()
        }
    }

    /// Why a saved plan with this report cannot be started by an operator.
    fn start(report: &Report, with_reason: bool) -> Result<PlanState, TransitionError> {
        let operator = actor(Standing::Operator);
        let guards = of_start(&operator, report, with_reason, LinkState::Online);
        transition(PlanState::Saved, PlanEvent::Start, guards)
    }

    #[test]
    fn plans_are_prepared_without_a_right_to_deploy_and_run_only_with_it() {
        for event in PlanEvent::ALL {
            let prepares = matches!(
                event,
                PlanEvent::Save | PlanEvent::Edit | PlanEvent::Discard
            );
            let least = if prepares {
                Standing::Viewer
            } else {
                Standing::Operator
            };
            for standing in Standing::ALL {
                let permitted = of_person(&actor(standing), event, true).permitted;
                assert_eq!(permitted, standing >= least, "{event:?}");
            }
        }
    }

    #[test]
    fn a_start_is_never_guarded_by_the_person_alone() {
        let guards = of_person(&actor(Standing::Administrator), PlanEvent::Start, true);
        assert_eq!(
            transition(PlanState::Saved, PlanEvent::Start, guards),
            Err(TransitionError::Unreachable)
        );
    }

    #[test]
    fn a_start_needs_an_agent_that_is_there_by_the_check_and_now() {
        let nothing = Report::default();
        assert_eq!(start(&nothing, false), Ok(PlanState::Running));
        let seen = found(Severity::Error, FindingCode::TargetUnreachable);
        assert_eq!(start(&seen, true), Err(TransitionError::Unreachable));
        for away in [
            LinkState::Offline,
            LinkState::NeverJoined,
            LinkState::Incompatible,
        ] {
            let guards = of_start(&actor(Standing::Operator), &nothing, false, away);
            assert_eq!(
                transition(PlanState::Saved, PlanEvent::Start, guards),
                Err(TransitionError::Unreachable)
            );
        }
    }

    #[test]
    fn a_start_needs_environments_that_are_in_service_by_the_check() {
        let report = found(Severity::Error, FindingCode::EnvironmentInMaintenance);
        assert_eq!(start(&report, true), Err(TransitionError::InMaintenance));
    }

    #[test]
    fn a_start_needs_the_right_to_deploy_each_application() {
        let report = found(Severity::Error, FindingCode::NoRightToDeploy);
        assert_eq!(start(&report, true), Err(TransitionError::NotPermitted));
        let guards = of_start(
            &actor(Standing::Viewer),
            &Report::default(),
            false,
            LinkState::Online,
        );
        assert!(!guards.permitted);
    }

    #[test]
    fn a_start_is_hindered_by_other_plans_and_by_the_limit_whatever_the_reason() {
        for code in [
            FindingCode::ParallelSameModule,
            FindingCode::ParallelRelatedModule,
            FindingCode::ParallelLimit,
            FindingCode::ParallelSwitchedOff,
            FindingCode::AheadInLine,
        ] {
            let report = found(Severity::Error, code);
            assert_eq!(start(&report, true), Err(TransitionError::Hindered));
        }
    }

    #[test]
    fn a_reason_opens_the_guard_of_the_check_only_for_what_it_overrides() {
        for code in FindingCode::ALL {
            let report = found(Severity::Error, code);
            assert!(start(&report, false).is_err(), "{code:?}");
            assert_eq!(start(&report, true).is_ok(), code.is_overridable());
            // The guards and the answer that the page gets agree.
            assert_eq!(start(&report, true).is_ok(), report.may_run(true));
            let warned = found(Severity::Warning, code);
            assert_eq!(start(&warned, false), Ok(PlanState::Running), "{code:?}");
        }
    }
}

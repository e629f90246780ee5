//! Which errors a reason overrides: one list for the page, which offers it, and for the server,
//! which does it.

use domain::impact::{Finding, FindingCode, Report, Severity, Versions};
use domain::name::{MAX_REASON, ParseReasonError, parse_reason};

/// The rule once more, code by code: a new code has to be decided here too.
const fn expected(code: FindingCode) -> bool {
    match code {
        FindingCode::ProducerModuleMissing
        | FindingCode::ProducerElementMissing
        | FindingCode::ProducerElementIncompatible
        | FindingCode::ConsumerElementMissing
        | FindingCode::ConsumerElementIncompatible
        | FindingCode::ConsumerOutdated
        | FindingCode::ModuleMoved
        | FindingCode::TargetBroken
        | FindingCode::ChangedOutside => true,
        FindingCode::NewerProducerAvailable
        | FindingCode::LinkedContentDiffers
        | FindingCode::IncompatiblePlatform
        | FindingCode::NameCollision
        | FindingCode::PathCollision
        | FindingCode::ApplicationBlocked
        | FindingCode::VersionDowngrade
        | FindingCode::NoRightToDeploy
        | FindingCode::NoRightToTag
        | FindingCode::VersionNotAvailable
        | FindingCode::TagNumberUnusable
        | FindingCode::ModulesRemoved
        | FindingCode::NothingToDo
        | FindingCode::EmptyPlan
        | FindingCode::SameEnvironment
        | FindingCode::TargetUnreachable
        | FindingCode::ParallelSameModule
        | FindingCode::ParallelRelatedModule
        | FindingCode::ParallelLimit
        | FindingCode::ParallelSwitchedOff
        | FindingCode::AheadInLine
        | FindingCode::HotfixOverwritten
        | FindingCode::VersionHeld
        | FindingCode::EnvironmentInMaintenance => false,
        // Whoever goes on has what starts find nothing there.
        FindingCode::SettingMissing | FindingCode::SettingInvalid => true,
    }
}

fn finding(code: FindingCode, severity: Severity) -> Finding {
    Finding {
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
    }
}

fn report(findings: impl IntoIterator<Item = Finding>) -> Report {
    Report {
        findings: findings.into_iter().collect(),
        ..Report::default()
    }
}

#[test]
fn every_code_is_decided() {
    for (at, code) in FindingCode::ALL.into_iter().enumerate() {
        assert_eq!(code as usize, at, "{code:?} is out of order in ALL");
        assert_eq!(code.is_overridable(), expected(code), "{code:?}");
        let alone = report([finding(code, Severity::Error)]);
        assert!(!alone.may_run(false), "{code:?}");
        assert_eq!(alone.may_run(true), expected(code), "{code:?}");
        // Beside one that can be overridden, one that cannot still stands in the way.
        let beside = report([
            finding(FindingCode::TargetBroken, Severity::Error),
            finding(code, Severity::Error),
        ]);
        assert_eq!(beside.may_run(true), expected(code), "{code:?}");
        // What is no error never stands in the way.
        for severity in [Severity::Warning, Severity::Information] {
            assert!(report([finding(code, severity)]).may_run(false), "{code:?}");
        }
    }
}

#[test]
fn a_reason_has_a_limit_that_counts_characters() {
    let longest = "ü".repeat(MAX_REASON as usize);
    assert_eq!(parse_reason(&format!("  {longest} ")), Ok(longest.clone()));
    assert_eq!(
        parse_reason(&format!("{longest}x")),
        Err(ParseReasonError::TooLong)
    );
    assert_eq!(parse_reason(" \n "), Err(ParseReasonError::Empty));
    assert!(ParseReasonError::TooLong.to_string().contains("1,000"));
}

//! Every code has words, with the names and versions it was given; and remedies that lead on.

mod others;

use super::{Remedy, Setting, name_list, plan_number, remedies, sentence, severity_look};
use domain::environment::{LinkState, NoAgent};
use domain::impact::{
    ElementSubject, Finding, FindingCode, MissingProducer, ModuleSubject, Report, Severity,
    Versions,
};
use domain::plan::{Choice, Operation, PlanContent, PlanKind};
use domain::reference::ElementKind;
use std::str::FromStr;

fn id<T: FromStr>(n: u8) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("0000000{n}-0000-7000-8000-000000000000")
        .parse()
        .expect("an id")
}

fn module(n: u8, name: &str, application: &str) -> ModuleSubject {
    ModuleSubject {
        module: id(n),
        name: name.into(),
        application: id(n),
        application_name: application.into(),
    }
}

fn setting() -> Setting {
    Setting {
        source: "Development".to_owned(),
        target: "Quality".to_owned(),
        application: Some("Rating Engine".to_owned()),
        consumer_version: "6.20".parse().ok(),
        who_can: None,
    }
}

fn finding(code: FindingCode) -> Finding {
    Finding {
        severity: Severity::Error,
        code,
        application: Some(id(1)),
        consumer: Some(module(1, "RatingEngine_Core", "Rating Engine")),
        producer: Some(module(2, "DocumentVault_API", "Document Vault")),
        elements: vec![ElementSubject {
            kind: ElementKind::ServiceAction,
            name: "GetTariffFile".into(),
        }],
        element_count: 1,
        versions: Versions {
            in_target: "4.1".parse().ok(),
            planned: None,
            needed: "4.2".parse().ok(),
        },
        path: vec!["RatingEngine_Core".into(), "DocumentVault_API".into()],
        detail: None,
        started: None,
    }
}

/// A finding that says nothing but its code.
pub fn bare(code: FindingCode) -> Finding {
    Finding {
        severity: Severity::Warning,
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

fn content() -> PlanContent {
    PlanContent {
        kind: PlanKind::Ordinary,
        source: id(8),
        target: id(9),
        operations: vec![Operation {
            application: id(1),
            choice: Choice::Deploy { version: id(3) },
        }],
        republish: Vec::new(),
        notes: String::new(),
        settings: Vec::new(),
        settings_after: false,
    }
}

#[test]
fn an_agent_that_takes_no_work_is_told_with_what_to_do() {
    let mut found = bare(FindingCode::TargetUnreachable);
    let no_agent = LinkState::NeverJoined.no_agent("Quality");
    found.detail = no_agent.as_ref().map(NoAgent::lines);
    let words = sentence(&found, &setting());
    assert_eq!(words.title, "No agent has joined Quality yet");
    assert!(words.facts.contains("join code"), "{}", words.facts);
    // A report that was stored before agents were told apart.
    found.detail = Some("Quality".to_owned());
    let words = sentence(&found, &setting());
    assert_eq!(words.title, "Quality cannot be reached");
}

#[test]
fn who_may_not_deploy_is_told_who_can() {
    let words = |who: Option<&str>| {
        let setting = Setting {
            who_can: who.map(str::to_owned),
            ..setting()
        };
        // Of one application, and of the plan for who prepares it.
        let code = FindingCode::NoRightToDeploy;
        [finding(code), bare(code)].map(|found| sentence(&found, &setting))
    };
    let [one, all] = words(None);
    assert!(
        one.facts.contains("somebody run it who may"),
        "{}",
        one.facts
    );
    assert_eq!(all.title, "You may not deploy to Quality");
    assert_eq!(all.facts, "Save the plan for somebody to run who may.");
    let [one, all] = words(Some("Luca Moretti and 2 others"));
    let who = "Luca Moretti and 2 others can.";
    assert_eq!(
        one.facts,
        format!("{who} Let one of them run it, or leave it out.")
    );
    assert_eq!(all.facts, format!("{who} Save the plan for them to run."));
}

/// domain.md 4.6: a warning was drawn with an error's icon.
#[test]
fn a_warning_does_not_look_like_an_error() {
    let looks = [Severity::Error, Severity::Warning, Severity::Information].map(severity_look);
    for (at, look) in looks.iter().enumerate() {
        for other in &looks[at + 1..] {
            assert!(look.0 != other.0 && look.1 != other.1 && look.2 != other.2);
        }
    }
    assert_eq!((looks[0].1, looks[1].1), ("fail", "warn"));
}

#[test]
fn every_code_has_clean_words_however_little_is_known() {
    for code in FindingCode::ALL {
        for finding in [finding(code), bare(code)] {
            for setting in [
                setting(),
                Setting {
                    application: None,
                    consumer_version: None,
                    ..setting()
                },
            ] {
                let words = sentence(&finding, &setting);
                for text in [&words.title, &words.facts] {
                    assert!(
                        !text.contains("  ") && !text.contains(".."),
                        "{code:?}: {text}"
                    );
                    assert_eq!(text.trim(), text, "{code:?}");
                    assert!(
                        text.chars().next().is_none_or(|c| !c.is_lowercase()),
                        "{code:?}: {text}"
                    );
                }
                assert!(
                    !words.title.is_empty() && !words.title.ends_with('.'),
                    "{code:?}"
                );
                assert!(
                    words.facts.is_empty() || words.facts.ends_with('.'),
                    "{code:?}: {}",
                    words.facts
                );
            }
        }
    }
}

#[test]
fn no_two_codes_say_the_same() {
    let mut titles: Vec<String> = FindingCode::ALL
        .iter()
        .map(|code| {
            let words = sentence(&finding(*code), &setting());
            format!("{}|{}", words.title, words.facts)
        })
        .collect();
    titles.sort();
    let count = titles.len();
    titles.dedup();
    assert_eq!(titles.len(), count);
}

#[test]
fn a_missing_element_names_who_needs_what_and_what_is_there() {
    let words = sentence(&finding(FindingCode::ProducerElementMissing), &setting());
    assert_eq!(words.title, "Rating Engine 6.20 needs Document Vault 4.2");
    assert_eq!(
        words.facts,
        "Quality has 4.1, and this plan does not change it. RatingEngine_Core uses GetTariffFile, which DocumentVault_API does not offer there."
    );
}

#[test]
fn a_downgrade_names_both_versions() {
    let mut found = finding(FindingCode::VersionDowngrade);
    found.versions.planned = "6.18".parse().ok();
    found.versions.in_target = "6.19".parse().ok();
    let words = sentence(&found, &setting());
    assert_eq!(words.title, "Rating Engine 6.18 is below what Quality runs");
    assert!(words.facts.contains("6.19"));
}

#[test]
fn content_that_only_gets_another_number_is_told_as_that() {
    let found = |there: Option<&str>, planned: &str| Finding {
        versions: Versions {
            in_target: there.and_then(|number| number.parse().ok()),
            planned: planned.parse().ok(),
            needed: None,
        },
        ..finding(FindingCode::NothingToDo)
    };
    let words = sentence(&found(Some("4.2"), "2026.11.30.10"), &setting());
    assert_eq!(
        (words.title.as_str(), words.facts.as_str()),
        (
            "Quality runs the content of Rating Engine 2026.11.30.10 already, as 4.2",
            "The content is the same; the plan makes it 2026.11.30.10."
        )
    );
    let same = sentence(&found(Some("4.2"), "4.2"), &setting());
    assert_eq!(same.title, "Quality runs Rating Engine 4.2 already");
    let untagged = sentence(&found(None, "4.2"), &setting());
    assert_eq!(
        untagged.title,
        "Quality runs the content of Rating Engine 4.2 already"
    );
}

#[test]
fn what_runs_there_already_can_be_dropped_with_one_press() {
    let found = Finding {
        severity: Severity::Information,
        consumer: None,
        producer: None,
        ..finding(FindingCode::NothingToDo)
    };
    let offers = remedies(&found, &Report::default(), &content());
    let row = found.application.expect("the row");
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].remedy, Remedy::LeaveOut(row));
}

#[test]
fn a_missing_producer_is_added_with_the_lowest_version_that_does() {
    let report = Report {
        missing_producers: vec![MissingProducer {
            application: id(2),
            name: "Document Vault".to_owned(),
            in_target: "4.1".parse().ok(),
            lowest: Some((id(5), "4.2".parse().expect("a number"))),
            newest: Some((id(6), "4.3".parse().expect("a number"))),
            tag: None,
            moved_by: None,
            because: Vec::new(),
        }],
        ..Report::default()
    };
    let found = finding(FindingCode::ProducerElementMissing);
    let offers = remedies(&found, &report, &content());
    assert_eq!(offers[0].label, "Add Document Vault 4.2");
    assert_eq!(
        offers[0].remedy,
        Remedy::Add {
            application: id(2),
            version: Some(id(5))
        }
    );
    assert_eq!(offers[1].label, "Leave it out");
    assert_eq!(
        offers[1].name.as_deref(),
        Some("Leave it out: Rating Engine")
    );
}

#[test]
fn there_are_at_most_two_ways_and_none_for_what_the_plan_does_not_do() {
    for code in FindingCode::ALL {
        assert!(remedies(&finding(code), &Report::default(), &content()).len() <= 2);
    }
    let empty = PlanContent {
        operations: Vec::new(),
        ..content()
    };
    let offers = remedies(
        &finding(FindingCode::NoRightToDeploy),
        &Report::default(),
        &empty,
    );
    assert!(offers.is_empty());
}

#[test]
fn lists_are_cut_in_words() {
    assert_eq!(name_list(&["A"], 1, "elements"), "A");
    assert_eq!(name_list(&["A", "B"], 2, "elements"), "A and B");
    assert_eq!(name_list(&["A", "B", "C"], 3, "elements"), "A, B and C");
    assert_eq!(
        name_list(&["A", "B", "C", "D"], 9, "elements"),
        "A, B and 7 more"
    );
    assert_eq!(name_list(&[], 0, "elements"), "elements");
    assert_eq!(name_list(&[], 4, "elements"), "4 elements");
}

#[test]
fn plan_numbers_are_read_from_details() {
    assert_eq!(plan_number("#12 Claims 2.14"), Some(12));
    assert_eq!(plan_number("Plan #12 (running)"), Some(12));
    assert_eq!(plan_number("12"), Some(12));
    assert_eq!(plan_number("Claims"), None);
    assert_eq!(plan_number("# x"), None);
}

#[test]
fn a_hotfix_is_named_with_where_it_was_made_and_settled_in_place() {
    let mut found = finding(FindingCode::HotfixOverwritten);
    found.detail = Some("6.19.1, made in Production on 20 Nov 2026".to_owned());
    found.versions = Versions {
        in_target: "6.19.1".parse().ok(),
        planned: "6.20".parse().ok(),
        needed: None,
    };
    let words = sentence(&found, &setting());
    assert_eq!(
        words.title,
        "Rating Engine 6.20 would overwrite a hotfix in Quality"
    );
    assert!(
        words
            .facts
            .contains("(6.19.1, made in Production on 20 Nov 2026)")
    );
    let offers = remedies(&found, &Report::default(), &content());
    assert_eq!(offers[0].remedy, Remedy::Settle(id(1)));
    assert_eq!(offers[1].remedy, Remedy::LeaveOut(id(1)));
    // Once it is known what contains it, another version is the way.
    found.versions.needed = "6.21".parse().ok();
    assert!(
        sentence(&found, &setting())
            .facts
            .contains("6.21 and newer")
    );
    let offers = remedies(&found, &Report::default(), &content());
    assert_eq!(offers[0].remedy, Remedy::ShowRow(id(1)));

    let mut held = finding(FindingCode::VersionHeld);
    held.detail = Some("#9 on 20 Nov 2026".to_owned());
    assert!(
        sentence(&held, &setting())
            .facts
            .starts_with("Rolled back by plan #9 on")
    );
    let offers = remedies(&held, &Report::default(), &content());
    assert_eq!(offers[0].remedy, Remedy::Settle(id(1)));
}

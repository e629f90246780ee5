//! What the popup of *Roll back* says of an application.

use crate::render::render;
use app::pages::rollback::{Foreseen, goes_in_words, returns_in_words};
use domain::access::Standing;
use domain::application::ModuleKind;
use domain::plan::{Ran, Returns};
use domain::view::{Goes, RollbackOutlook, RollbackRow};
use domain::{VersionId, VersionNumber};
use leptos::prelude::*;

const ID: &str = "019b76da-a800-7000-8000-000000000001";

fn version() -> VersionId {
    ID.parse().unwrap()
}

fn number(text: &str) -> VersionNumber {
    text.parse().unwrap()
}

/// The words beside the glyph, and the sentence below them.
fn said(returns: Returns) -> (String, String) {
    let row = RollbackRow {
        application: ID.parse().unwrap(),
        name: "Claims".to_owned(),
        kind: ModuleKind::Static,
        goes: Goes::Modules,
        returns,
    };
    let (look, why) = returns_in_words(&row, "Quality");
    (look.word, why)
}

#[test]
fn what_was_never_tagged_is_named_with_a_plus_and_its_tag_is_announced() {
    let tag = "It was never tagged. The tag is made with the plan, and stays.";
    let (base, to) = (number("2.13"), number("2.13.1"));
    let cases = [
        (
            Returns::BackTagged {
                base: Some(base),
                number: to,
            },
            "2.13 + comes back, tagged 2.13.1",
            tag,
        ),
        (
            Returns::BackTagged {
                base: None,
                number: number("0.1"),
            },
            "Comes back, tagged 0.1",
            tag,
        ),
        (
            Returns::Back {
                version: version(),
                number: to,
            },
            "2.13.1 comes back",
            "",
        ),
        (
            Returns::AlreadyBack {
                ran: Ran::Untagged(Some(base)),
            },
            "Nothing to bring back",
            "Quality runs 2.13 +, as before this plan.",
        ),
        (
            Returns::NoRightToTag { base: Some(base) },
            "Has to be tagged",
            "2.13 with changes that were never tagged ran before. Somebody who may tag versions can bring it back.",
        ),
        (
            Returns::NotKept {
                ran: Ran::Untagged(None),
            },
            "Not kept",
            "What ran before was never tagged, and not all of its files are kept any more.",
        ),
        (
            Returns::NotKept {
                ran: Ran::Tag(version(), to),
            },
            "Not kept",
            "2.13.1 cannot be deployed to Quality any more.",
        ),
    ];
    for (returns, word, why) in cases {
        let expected = (word.to_owned(), why.to_owned());
        assert_eq!(said(returns.clone()), expected, "{returns:?}");
    }
}

#[test]
fn a_mix_that_an_ending_with_errors_left_is_named() {
    let version = number("2.14");
    let cases = [
        (Goes::Version(version), "2.14"),
        (Goes::Modules, "single modules"),
        (Goes::Mix(Some(version)), "a mix with 2.14"),
        (Goes::Mix(None), "a mix"),
    ];
    for (goes, said) in cases {
        assert_eq!(goes_in_words(goes), said);
    }
}

#[test]
fn the_popup_says_beforehand_that_the_target_is_in_maintenance() {
    let foreseen = |maintenance: Option<&str>| {
        let foreseen = RollbackOutlook {
            number: 7,
            name: "Claims 2.14 to Quality".to_owned(),
            over: None,
            target: "Quality".to_owned(),
            maintenance: maintenance.map(str::to_owned),
            rows: Vec::new(),
        };
        render("/plans/7", Standing::Operator, move || {
            view! { <Foreseen foreseen left_out=RwSignal::default()/> }
        })
    };
    let words = "Quality is in maintenance (\"New disks\"): no plan is made";
    assert!(foreseen(Some(words)).contains("Quality is in maintenance"));
    assert!(!foreseen(None).contains("maintenance"));
}

//! What a plan will change, with everything that there is to tell, as the server renders it.

use crate::render::{NOW, render, text};
use crate::sample::{HOSTILE, id};
use app::pages::comparison::Differences;
use domain::access::Standing;
use domain::application::ModuleKind;
use domain::difference::{
    Change, ElementDifference, MemberDifference, ModuleDetails, PropertyDifference, Release,
    Totals, UseDifference,
};
use domain::reference::{ElementKind, MemberRole};
use domain::view::{
    ApplicationDifference, ComparedSide, Comparison, ModuleDifference, Page, PersonRef,
    ReleaseNote, SameApplication, Stamp,
};
use domain::{Timestamp, VersionNumber};
use leptos::prelude::*;

/// What would stand here if somebody sent the value of a secret along.
const SECRET: &str = "s3cret-that-nobody-may-see";

fn number(text: &str) -> VersionNumber {
    text.parse().unwrap()
}

fn release(text: &str, modified: bool) -> Release {
    Release {
        number: Some(number(text)),
        modified,
    }
}

fn side(title: &str) -> ComparedSide {
    ComparedSide {
        title: title.to_owned(),
        environment: Some("Quality".to_owned()),
        lane: Some((1, 3)),
        plan: Some(12),
        at: None,
        unrecorded: false,
    }
}

fn element(name: &str, change: Change, members: Vec<MemberDifference>) -> ElementDifference {
    ElementDifference {
        kind: ElementKind::ServerAction,
        name: name.to_owned(),
        change,
        members,
    }
}

fn member(name: &str, before: Option<&str>, after: Option<&str>) -> MemberDifference {
    MemberDifference {
        role: MemberRole::Input,
        name: name.to_owned(),
        change: change_of(before, after),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    }
}

fn change_of(before: Option<&str>, after: Option<&str>) -> Change {
    match (before, after) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Changed,
    }
}

fn used(name: &str, change: Change) -> UseDifference {
    UseDifference {
        producer: id(70),
        producer_name: "Pricing".to_owned(),
        kind: ElementKind::Entity,
        name: name.to_owned(),
        change,
    }
}

fn property(
    name: &str,
    change: Change,
    before: Option<&str>,
    after: Option<&str>,
) -> PropertyDifference {
    PropertyDifference {
        name: name.to_owned(),
        change,
        secret: false,
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    }
}

fn secret(name: &str, change: Change) -> PropertyDifference {
    PropertyDifference {
        secret: true,
        ..property(name, change, Some(SECRET), Some(SECRET))
    }
}

fn module(name: &str, change: Change, details: ModuleDetails) -> ModuleDifference {
    ModuleDifference {
        module: id(50),
        name: name.to_owned(),
        kind: ModuleKind::Service,
        change,
        from: None,
        to: None,
        republished: false,
        details,
    }
}

/// A module of which everything is another.
fn core() -> ModuleDifference {
    let members = vec![
        member("amount", Some("integer"), Some("integer!")),
        member("currency", None, Some("text")),
        member("old", Some("text"), None),
    ];
    let details = ModuleDetails {
        renamed_from: Some("ClaimsBase".to_owned()),
        url_path: Some((String::new(), "/claims".to_owned())),
        content: true,
        elements: vec![
            element("Assess", Change::Added, Vec::new()),
            element("Quote", Change::Changed, members),
            element("Render", Change::Changed, Vec::new()),
            element("Withdraw", Change::Removed, Vec::new()),
        ],
        uses: vec![
            used("Rate", Change::Added),
            used("Rebate", Change::Changed),
            used("Tariff", Change::Removed),
        ],
        properties: vec![
            property("Currency", Change::Changed, Some("EUR"), Some(HOSTILE)),
            property("Limit", Change::Changed, Some("5"), Some("5")),
            property("New", Change::Added, None, Some("")),
            property("Old", Change::Removed, None, None),
            secret("ApiKey", Change::Changed),
        ],
        same_secrets: vec!["MailPassword".to_owned()],
    };
    module("ClaimsCore", Change::Changed, details)
}

fn modules() -> Vec<ModuleDifference> {
    let nothing = ModuleDetails::default;
    vec![
        core(),
        ModuleDifference {
            from: Some("Policy Centre".to_owned()),
            ..module("ClaimsHere", Change::Added, nothing())
        },
        module("ClaimsNew", Change::Added, nothing()),
        module("ClaimsOld", Change::Removed, nothing()),
        ModuleDifference {
            to: Some("Policy Centre".to_owned()),
            ..module("ClaimsThere", Change::Removed, nothing())
        },
        ModuleDifference {
            republished: true,
            ..module("ClaimsUI", Change::Changed, nothing())
        },
    ]
}

fn application(
    number: u32,
    name: &str,
    before: Option<Release>,
    after: Option<Release>,
) -> ApplicationDifference {
    ApplicationDifference {
        application: id(number),
        name: name.to_owned(),
        change: match (before, after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Changed,
        },
        before,
        after,
        modules: Vec::new(),
        notes: Vec::new(),
        more_notes: 0,
    }
}

fn note(version: &str, text: &str, made: bool) -> ReleaseNote {
    let stamp = Stamp {
        by: PersonRef {
            name: "Ana Ribeiro".to_owned(),
            login: "ana".to_owned(),
        },
        at: Timestamp(NOW - 3_600_000),
    };
    ReleaseNote {
        number: number(version),
        text: text.to_owned(),
        made: made.then_some(stamp),
    }
}

fn comparison() -> Comparison {
    let claims = ApplicationDifference {
        modules: modules(),
        notes: vec![
            note("2.15", "Rounds **again**", false),
            note("2.14.1", HOSTILE, true),
        ],
        more_notes: 3,
        ..application(
            20,
            "Claims",
            Some(release("2.13", true)),
            Some(release("2.15", false)),
        )
    };
    let rows = vec![
        claims,
        application(21, "Ledger", Some(release("1.0", false)), None),
        application(22, "Portal", None, Some(release("4.2", false))),
        application(
            23,
            "Rating",
            Some(release("6.1", false)),
            Some(release("6.2", false)),
        ),
    ];
    Comparison {
        from: side("Quality"),
        to: side("Quality with plan #12"),
        totals: Totals {
            applications_added: 1,
            applications_removed: 1,
            applications_changed: 2,
            applications_same: 9,
            modules_added: 1,
            modules_removed: 1,
            modules_changed: 3,
            modules_republished: 1,
        },
        notes: format!("Tell *the desk*. {HOSTILE}"),
        rows: Page {
            total: rows.len() as u64,
            offset: 0,
            unfiltered: 13,
            rows,
        },
    }
}

fn html_of(comparison: Comparison, same: Option<Vec<SameApplication>>) -> String {
    let html = render("/plans/12/changes", Standing::Viewer, move || {
        view! {
            <Differences
                comparison
                same
                on_page=Callback::new(|_| ())
                on_same=Callback::new(|_| ())
            />
        }
    });
    assert!(!html.contains("<script>alert"), "a script of somebody's");
    assert!(!html.contains(SECRET), "a secret is shown");
    html
}

/// What somebody reads in each part of some HTML that begins with `mark`.
fn parts(html: &str, mark: &str) -> Vec<String> {
    let parts = html.split(mark).skip(1);
    // The tags that were cut are no text.
    let whole = parts.filter_map(|part| Some(part.split_once('>')?.1.rsplit_once('<')?.0));
    whole.map(text).collect()
}

#[test]
fn one_page_tells_of_everything_that_a_plan_will_change() {
    let html = html_of(comparison(), None);
    let head = &parts(&html, "class=\"panel cmp-head\"")[0];
    for words in [
        "Quality \u{2192} to Quality with plan #12",
        "1 application new, 2 changed, 1 removed; 1 module new, 3 changed, 1 removed, 1 of them \
         published again. 9 applications the same.",
        "Read from Quality to Quality with plan #12.",
        "Deployment notes Tell the desk .",
        "List the 9 that are the same",
    ] {
        assert!(head.contains(words), "{words}: {head}");
    }
    // Versions: each application with what it is on both sides.
    let applications = parts(&html, "class=\"panel cmp-app\"");
    let beginnings: Vec<String> = applications
        .iter()
        .map(|said| said.split_inclusive("#12").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        beginnings,
        [
            "Claims Changed Quality 2.13 + \u{2192} Quality with plan #12",
            "Ledger Removed Quality 1.0 \u{2192} Quality with plan #12",
            "Portal New Quality not there \u{2192} Quality with plan #12",
            "Rating Changed Quality 6.1 \u{2192} Quality with plan #12",
        ]
    );
    for (said, after) in applications
        .iter()
        .zip([" 2.15 ", " not there", " 4.2", " 6.2 "])
    {
        let said = said.split_once("with plan #12").unwrap().1;
        assert!(said.starts_with(after), "{after}: {said}");
    }
    assert!(
        applications[3].contains("Its modules are the same; only the tag is another."),
        "{}",
        applications[3]
    );
    // The words of the versions in between.
    let notes = applications[0]
        .split_once("What was said of the versions")
        .unwrap()
        .1;
    for words in [
        "2.15 Rounds again tagged as the plan starts 2.14.1 ",
        "Ana Ribeiro, 1 h ago",
        "And 3 older versions.",
    ] {
        assert!(notes.contains(words), "{words}: {notes}");
    }
}

#[test]
fn a_module_tells_of_its_elements_references_and_site_properties() {
    let html = html_of(comparison(), None);
    let told = parts(&html, "class=\"cmp-module\"");
    let core = &told[0];
    assert_eq!(
        core.split_once(" Elements ").unwrap().0,
        "Service ClaimsCore Changed 4 elements, 3 references, 5 site properties, files, address, \
         name In Quality it is called ClaimsBase . Its address: none becomes /claims. Its own \
         files differ."
    );
    let (elements, rest) = core
        .split_once(" Elements ")
        .and_then(|(_, rest)| rest.split_once(" References "))
        .unwrap();
    assert_eq!(
        elements,
        "New server action Assess Changed server action Quote amount integer becomes integer, \
         mandatory currency new: text old removed: text Changed server action Render same \
         interface, other content Removed server action Withdraw"
    );
    let (references, properties) = rest.split_once(" Site properties ").unwrap();
    assert_eq!(
        references,
        "New entity Pricing.Rate Changed entity Pricing.Rebate Removed entity Pricing.Tariff"
    );
    assert_eq!(
        properties,
        format!(
            "Changed Currency EUR becomes {HOSTILE} Changed Limit another type New New an empty \
             text Removed Old no value Changed ApiKey a secret; its value is never shown \
             Unchanged MailPassword a secret; its value is never shown"
        )
    );
    // Modules that come, go, move, and consumers that are published again.
    assert_eq!(
        told[1..5],
        [
            "Service ClaimsHere Moved here from Policy Centre",
            "Service ClaimsNew New",
            "Service ClaimsOld Removed",
            "Service ClaimsThere Moved to Policy Centre",
        ]
    );
    let again = "Service ClaimsUI Published again links other states of its producers";
    assert!(told[5].starts_with(again), "{}", told[5]);
    assert_eq!(told.len(), 6);
}

#[test]
fn between_two_places_the_same_page_calls_nothing_new_and_no_secret_unchanged() {
    let mut comparison = comparison();
    comparison.from.plan = None;
    comparison.to = ComparedSide {
        title: "Production".to_owned(),
        environment: Some("Production".to_owned()),
        plan: None,
        ..comparison.to
    };
    comparison.notes = String::new();
    let same = vec![SameApplication {
        application: id(24),
        name: "Vault".to_owned(),
        release: Some(release("7.1", false)),
    }];
    let said = text(&html_of(comparison, Some(same)));
    for words in [
        "Only in Production server action Assess",
        "Only in Quality server action Withdraw",
        "Differs ApiKey a secret; its value is never shown",
        "The same MailPassword a secret; its value is never shown",
        "In Quality a part of Policy Centre",
        "Leave out what is the same",
        "The same on both sides 9 applications Vault 7.1",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(
        !said.contains("Unchanged") && !said.contains("Deployment notes"),
        "{said}"
    );
}

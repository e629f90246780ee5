//! What the popup of *Reuse Plan* says of the plan that it would open.

use crate::sample::{environments, id};
use app::pages::plans::reuse::{adjust, opens, overwrites, values_left, way_on};
use domain::VersionNumber;
use domain::application::ModuleKind;
use domain::plan::{Becomes, CannotReuse, Origin};
use domain::view::{BetterSources, LeftValues, OverwrittenHotfix, ReuseOutlook, ReuseRow};

fn number(text: &str) -> VersionNumber {
    text.parse().unwrap()
}

fn row(becomes: Becomes) -> ReuseRow {
    ReuseRow {
        application: id(1),
        name: "Claims".to_owned(),
        kind: ModuleKind::Service,
        was: Some(number("2.14")),
        becomes,
        overwrites: None,
    }
}

fn deployed() -> ReuseRow {
    row(Becomes::Deploy {
        version: id(2),
        number: number("2.14"),
    })
}

fn there() -> ReuseRow {
    row(Becomes::AlreadyThere {
        number: number("2.14"),
    })
}

fn outlook(rows: Vec<ReuseRow>) -> ReuseOutlook {
    ReuseOutlook {
        number: 12,
        name: "Claims to Quality".to_owned(),
        over: None,
        how: Origin::Reuse { keep_tags: true },
        source: id(3),
        target: id(3),
        rows,
        refusal: None,
        better_sources: BetterSources::default(),
        left: LeftValues::default(),
    }
}

#[test]
fn what_is_there_already_is_not_counted_as_deployed() {
    let words = |rows| opens(&outlook(rows));
    assert_eq!(
        words(vec![deployed(), deployed()]),
        "Opens an unsaved plan with 2 applications"
    );
    assert_eq!(
        words(vec![deployed(), there(), row(Becomes::Nothing)]),
        "Opens an unsaved plan with 3 applications: 1 deployed, 2 stay as they are"
    );
    // What is left out is not in it at all.
    assert_eq!(
        words(vec![there(), row(Becomes::LeftOut)]),
        "Opens an unsaved plan with 1 application, which stays as it is"
    );
    let refused = ReuseOutlook {
        refusal: Some(CannotReuse::NoneInSource),
        ..outlook(vec![row(Becomes::LeftOut)])
    };
    assert_eq!(opens(&refused), "The original stays as it is.");
}

#[test]
fn a_hotfix_that_would_be_overwritten_is_named_with_the_way_on() {
    assert_eq!(overwrites(&deployed(), "Production"), None);
    let over = |number, solved_by| {
        let row = ReuseRow {
            overwrites: Some(OverwrittenHotfix { number, solved_by }),
            ..deployed()
        };
        overwrites(&row, "Production")
    };
    assert_eq!(
        over(None, None).as_deref(),
        Some(
            "Production runs a hotfix that is not tagged yet, and Claims 2.14 does not contain it. \
             Mark it as solved, or waive it."
        )
    );
    assert_eq!(
        over(Some(number("2.13.1")), Some(number("2.15"))).as_deref(),
        Some(
            "Production runs hotfix 2.13.1, and Claims 2.14 does not contain it. 2.15 and newer \
             contain it."
        )
    );
}

#[test]
fn values_that_stay_behind_are_named_with_what_to_do() {
    let left = |of: Option<&str>, plain, secrets: &[&str]| {
        let left = LeftValues {
            of: of.map(str::to_owned),
            plain,
            secrets: secrets.iter().map(|name| (*name).to_owned()).collect(),
        };
        values_left(&left, "Production").map(|(title, text)| format!("{title} {text}"))
    };
    assert_eq!(left(None, 0, &[]), None);
    assert_eq!(
        left(Some("Quality"), 2, &["ApiKey"]).as_deref(),
        Some(
            "3 site property values are not taken over. They were set for Quality, 1 of them secret, \
             and values are an environment's own. Enter what Production needs in the step Settings."
        )
    );
    assert_eq!(
        left(None, 0, &["ApiKey"]).as_deref(),
        Some(
            "1 secret value is not taken over. Without it Production keeps what it has. Enter anew \
             in the step Settings: ApiKey."
        )
    );
    let many = left(None, 0, &["A", "B", "C", "D", "E", "F", "G"]).unwrap();
    assert!(
        many.ends_with("Settings: A, B, C, D, E and 2 more."),
        "{many}"
    );
}

#[test]
fn ru1_rt2_where_there_is_nothing_to_take_the_way_on_can_be_followed() {
    let environments = environments();
    let words = |how, places: &[usize], have_all| {
        let chosen = places.iter().map(|at| environments[*at].id);
        let better = BetterSources {
            environments: chosen.collect(),
            have_all,
        };
        way_on(how, &better, &environments)
    };
    let reuse = Origin::Reuse { keep_tags: true };
    assert_eq!(
        words(reuse, &[0], true),
        "Choose Development, which has all of them."
    );
    assert_eq!(
        words(reuse, &[0, 1, 2], true),
        "Choose Development, Quality or Production, which have all of them."
    );
    assert_eq!(
        words(reuse, &[1], false),
        "Choose Quality, which has some of them."
    );
    assert_eq!(
        words(reuse, &[0, 2], false),
        "Choose Development or Production, which have some of them."
    );
    assert_eq!(words(reuse, &[], false), "No other source has any of them.");
    // A retry has nothing to choose.
    assert_eq!(
        words(Origin::Retry, &[], false),
        "A retry has no other source. It can go on when they are there again."
    );
}

#[test]
fn ru10_what_is_blocked_has_no_other_version_to_choose() {
    let blocked = || {
        row(Becomes::Blocked {
            reason: "Not audited yet.".to_owned(),
        })
    };
    let missing = || {
        row(Becomes::TagMissing {
            number: number("2.14"),
        })
    };
    assert_eq!(adjust(&[missing()]), "Choose another version below.");
    assert_eq!(
        adjust(&[blocked(), blocked()]),
        "Unblock it below, or leave it at Do nothing."
    );
    assert_eq!(
        adjust(&[missing(), blocked()]),
        "Choose another version below, and unblock what is blocked before you choose one."
    );
}

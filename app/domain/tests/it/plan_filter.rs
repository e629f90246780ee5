//! The filter of the list of plans comes back from an address as it went into it.

use domain::plan::{Intervention, PlanKind, PlanStatus};
use domain::view::{
    Days, PlanFilter, PlanOrder, STATUS_GROUPS, WAITS, decode, encode, status_word, statuses_of,
};
use domain::{Day, Timestamp, VersionNumber};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn text() -> impl Strategy<Value = String> {
    // Whatever people type, blanks around it aside.
    prop_oneof![
        "\\PC{0,12}".prop_map(|text| text.trim().to_owned()),
        "[a-z&=+%#?/ \"']{0,12}".prop_map(|text| text.trim().to_owned()),
    ]
}

fn day() -> impl Strategy<Value = Option<Day>> {
    proptest::option::of(
        (-62_135_596_800_000_i64..253_402_300_800_000).prop_map(|at| Day::of(Timestamp(at))),
    )
}

fn days() -> impl Strategy<Value = Days> {
    (day(), day()).prop_map(|(from, to)| Days { from, to })
}

fn waits() -> impl Strategy<Value = BTreeSet<Intervention>> {
    let known = WAITS.map(|known| known.2).to_vec();
    proptest::sample::subsequence(known, 0..=3).prop_map(|some| some.into_iter().collect())
}

fn statuses() -> impl Strategy<Value = BTreeSet<PlanStatus>> {
    let listed: Vec<PlanStatus> = PlanStatus::ALL[1..].to_vec();
    proptest::sample::subsequence(listed, 0..=9).prop_map(|some| some.into_iter().collect())
}

prop_compose! {
    fn filter()(
        texts in (text(), text(), text(), text(), text()),
        statuses in statuses(),
        waits in waits(),
        version in proptest::option::of(proptest::collection::vec(0_u32..=999_999, 1..=4)),
        spans in (days(), days(), days()),
        warnings in proptest::option::of(any::<bool>()),
        kind in proptest::option::of(proptest::sample::select(PlanKind::ALL.to_vec())),
        order in proptest::sample::select(PlanOrder::ALL.to_vec()),
    ) -> PlanFilter {
        PlanFilter {
            text: texts.0,
            statuses,
            waits,
            source: texts.1,
            target: texts.2,
            application: texts.3,
            version: version.and_then(|parts| VersionNumber::from_parts(&parts)),
            person: texts.4,
            created: spans.0,
            started: spans.1,
            finished: spans.2,
            warnings,
            kind,
            order,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::soaked(1_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filters_come_back_from_an_address(filter in filter()) {
        let query = filter.query();
        prop_assert!(query.bytes().all(|byte| byte.is_ascii_graphic()), "{query}");
        prop_assert_eq!(&PlanFilter::parse(&query), &filter, "{}", query);
        // Whoever decodes the pairs first, as a router does, reads the same.
        let pairs = filter.pairs();
        let read = PlanFilter::read(|key| pairs.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()));
        prop_assert_eq!(read, filter);
    }

    #[test]
    fn any_query_is_read(query in "\\PC{0,60}") {
        let filter = PlanFilter::parse(&query);
        prop_assert_eq!(PlanFilter::parse(&filter.query()), filter);
    }

    #[test]
    fn values_come_back(value in "\\PC{0,40}") {
        prop_assert_eq!(decode(&encode(&value)), value);
    }
}

#[test]
fn addresses_read_as_words() {
    let filter = PlanFilter::parse(
        "status=errors&search=claims+%26%20co&target=Pre%20production&started-from=2026-11-13&by=ada&sort=oldest&unknown=1",
    );
    assert_eq!(filter.text, "claims & co");
    assert_eq!(
        filter.statuses,
        BTreeSet::from([PlanStatus::FinishedWithErrors])
    );
    assert_eq!(
        filter.query(),
        "status=errors&search=claims%20%26%20co&target=Pre%20production&by=ada&started-from=2026-11-13&sort=oldest"
    );
    assert!(filter.narrows());
    assert!(!PlanFilter::parse("sort=oldest").narrows());
    assert_eq!(PlanFilter::default().query(), "");
}

#[test]
fn what_cannot_be_read_does_not_narrow() {
    let filter = PlanFilter::parse(
        "status=draft,nothing&version=x&created-from=2026-02-30&warnings=maybe&kind=strange&sort=up",
    );
    assert_eq!(filter, PlanFilter::default());
}

#[test]
fn groups_have_words_and_other_sets_a_list() {
    for group in STATUS_GROUPS {
        let set: BTreeSet<_> = group.statuses.iter().copied().collect();
        assert_eq!(status_word(&set), group.word);
        assert_eq!(statuses_of(group.word), set);
    }
    let two = BTreeSet::from([PlanStatus::Saved, PlanStatus::Aborted]);
    assert_eq!(status_word(&two), "saved,aborted");
    assert_eq!(statuses_of("aborted,saved"), two);
}

#[test]
fn what_is_waited_for_is_told_beside_the_statuses() {
    let filter = PlanFilter::parse("status=suspended,prepared");
    assert_eq!(filter.statuses, BTreeSet::new());
    let waits = [Intervention::Prepared, Intervention::DeploymentSuspended];
    assert_eq!(filter.waits, BTreeSet::from(waits));
    assert!(filter.narrows());
    assert_eq!(filter.query(), "status=prepared%2Csuspended");
    let mut mixed = PlanFilter::parse("status=finished,needs-value,unheard-of");
    assert_eq!(mixed.statuses, statuses_of("finished"));
    assert_eq!(mixed.status(), "finished,needs-value");
    mixed.set_status("saved");
    assert_eq!(mixed, PlanFilter::parse("status=saved"));
}

#[test]
fn days_out_of_order_and_endless_texts_are_told() {
    let filter = PlanFilter::parse("started-from=2026-11-20&started-to=2026-11-13");
    let problems = filter.problems();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].field, "started");
    assert_eq!(
        problems[0].message,
        "The first day, 2026-11-20, is after the last one, 2026-11-13. Choose them the other way round."
    );
    let long = PlanFilter {
        text: "x".repeat(10_000_000),
        ..PlanFilter::default()
    };
    assert_eq!(long.problems()[0].field, "search");
    let wordy = PlanFilter {
        text: "a ".repeat(13),
        ..PlanFilter::default()
    };
    assert_eq!(wordy.problems()[0].field, "search");
    let named = PlanFilter {
        source: "x".repeat(201),
        person: "y".repeat(201),
        ..PlanFilter::default()
    };
    let fields: Vec<String> = named.problems().into_iter().map(|p| p.field).collect();
    assert_eq!(fields, ["source", "by"]);
    assert!(
        PlanFilter::parse("created-from=2026-11-13&created-to=2026-11-13")
            .problems()
            .is_empty()
    );
}

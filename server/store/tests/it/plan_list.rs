//! The list of plans: every filter and combination against a plain filter over the same rows, the
//! texts that the search finds, and PostgreSQL without its extension.

use crate::plans::{a_plan, operation, put_application};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sea_orm::{ConnectionTrait, Database, Statement};
use std::collections::BTreeMap;
use store::entity::people::user;
use store::entity::plans::{plan, plan_operation};
use store::plans::{self, Cut, PlanQuery, Reach, Sort, SortKey, Span};
use store::testing::{on_both, rows};
use store::{Set, Store, environments, people};
use uuid::Uuid;

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const PLACES: [(Uuid, &str); 3] = [(id(7), "Development"), (id(8), "Quality"), (id(9), "Live")];
const PEOPLE: [(u128, &str, &str); 3] = [
    (31, "Ada Lovelace", "ada"),
    (32, "Bo Xu", "bo"),
    (33, "Çelik", "c_100%"),
];
const APPLICATIONS: [(u128, &str); 4] = [
    (100, "Policy"),
    (200, "Claims & co"),
    (300, "Rating_X"),
    (400, "Ünder"),
];
const NUMBERS: [&str; 3] = ["1.2", "1.2.0", "2.0"];
const STATUSES: [&str; 9] = [
    "saved",
    "queued",
    "running",
    "needs_intervention",
    "aborting",
    "aborted",
    "finished_successful",
    "finished_with_warnings",
    "finished_with_errors",
];
const KINDS: [&str; 3] = ["ordinary", "rollback", "replicate"];
const NOTES: [&str; 6] = [
    "",
    "Night shift\nwith \"quotes\" and 100% of C:\\temp",
    "a*b OR c AND NOT near(d)",
    "under_score",
    "ÄRGER mit Größe",
    "qa",
];
const TEXTS: [&str; 24] = [
    "policy",
    "POL",
    "li",
    "l",
    "#1",
    "#12",
    "12",
    "1",
    "%",
    "_",
    "\\",
    "\"",
    "\"quotes\"",
    "100%",
    "a*b",
    "or",
    "under_score",
    "ärger",
    "größe",
    "ada xu",
    "claims &",
    "qa",
    "temp night",
    "zzz",
];

async fn put_world(store: &Store) {
    let connection = store.testing_writer();
    for (position, (id, name)) in (0..).zip(PLACES) {
        let row = rows::environment(id, name, position);
        environments::insert(connection, row).await.unwrap();
    }
    for (number, name, login) in PEOPLE {
        let row = user::ActiveModel {
            name: Set(name.to_owned()),
            ..rows::user(id(number), login)
        };
        people::insert_user(connection, row).await.unwrap();
    }
    for (number, name) in APPLICATIONS {
        put_application(store, number, name).await;
    }
}

const NAMES: [&str; 4] = ["Temp night", "billing", "Ärger", "Policy 5.3 to Quality"];

const KEYS: [SortKey; 4] = [
    SortKey::Name,
    SortKey::Started,
    SortKey::Finished,
    SortKey::Took,
];

/// A plan of the model: the row and what it brings.
type Planned = (plan::Model, Vec<plan_operation::Model>);

fn pick<T: Copy + std::fmt::Debug + 'static>(from: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(from)
}

fn maybe_person() -> impl Strategy<Value = Option<Uuid>> {
    proptest::option::of(pick(&PEOPLE).prop_map(|person| id(person.0)))
}

fn time() -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(0_i64..50)
}

prop_compose! {
    fn planned(number: i64)(
        status in prop_oneof![1 => Just("draft"), 9 => pick(&STATUSES)],
        kind in pick(&KINDS),
        ends in (pick(&PLACES), pick(&PLACES)),
        by in proptest::collection::vec(maybe_person(), 6),
        times in (0_i64..50, time(), time()),
        waited in prop_oneof![2 => Just(0_i64), 1 => 0_i64..20],
        warnings in prop_oneof![3 => Just(0_i64), 1 => Just(2_i64)],
        notes in pick(&NOTES),
        brings in proptest::sample::subsequence(APPLICATIONS.to_vec(), 0..=3),
        versions in proptest::collection::vec(proptest::option::of(pick(&NUMBERS)), 3),
    ) -> Planned {
        let row = plan::Model {
            kind: kind.to_owned(),
            source_id: ends.0.0,
            target_id: ends.1.0,
            created_by: by[0],
            saved_by: by[1],
            queued_by: by[2],
            started_by: by[3],
            continued_by: by[4],
            aborted_by: by[5],
            waited,
            created: times.0,
            started: times.1,
            finished: times.2,
            warnings,
            notes: notes.to_owned(),
            name: NAMES[usize::try_from(number).unwrap() % NAMES.len()].to_owned(),
            ..a_plan(number, status)
        };
        let operations = (0..)
            .zip(brings.iter().zip(versions))
            .map(|(position, (application, version))| plan_operation::Model {
                number: version.map(str::to_owned),
                ..operation(&row, application.0, position)
            })
            .collect();
        (row, operations)
    }
}

fn span() -> impl Strategy<Value = Span> {
    (time(), time()).prop_map(|(from, until)| Span { from, until })
}

/// Most filters are not set, as in life.
fn rarely<S: Strategy>(of: S, otherwise: S::Value) -> impl Strategy<Value = S::Value>
where
    S::Value: Clone,
{
    prop_oneof![3 => Just(otherwise), 1 => of]
}

prop_compose! {
    fn query()(
        text in rarely(pick(&TEXTS), ""),
        statuses in rarely(proptest::sample::subsequence(STATUSES.to_vec(), 0..=3), Vec::new()),
        ends in (
            rarely(pick(&PLACES).prop_map(|place| Some(place.0)), None),
            rarely(pick(&PLACES).prop_map(|place| Some(place.0)), None),
        ),
        application in rarely(pick(&APPLICATIONS).prop_map(|a| Some(id(a.0))), None),
        numbers in rarely(
            prop_oneof![Just(vec!["1.2".to_owned(), "1.2.0".to_owned()]), Just(vec!["2.0".to_owned()])],
            Vec::new(),
        ),
        person in rarely(maybe_person(), None),
        spans in (
            rarely(span(), Span::default()),
            rarely(span(), Span::default()),
            rarely(span(), Span::default()),
        ),
        warnings in rarely(proptest::option::of(any::<bool>()), None),
        kind in rarely(pick(&KINDS).prop_map(Some), None),
        order in (
            any::<bool>(),
            rarely((pick(&KEYS), any::<bool>()).prop_map(|(key, descending)| {
                Some(Sort { key, descending })
            }), None),
        ),
        reach in prop_oneof![
            Just(Reach::default()),
            (1_u64..20, 1_u64..20).prop_map(|(compared, window)| Reach { compared, window }),
        ],
    ) -> PlanQuery {
        PlanQuery {
            text: text.to_owned(),
            statuses,
            source: ends.0,
            target: ends.1,
            application,
            numbers,
            person,
            created: spans.0,
            started: spans.1,
            finished: spans.2,
            warnings,
            kind,
            oldest_first: order.0,
            sort: order.1,
            reach,
            way: None,
        }
    }
}

fn within(span: Span, at: Option<i64>) -> bool {
    let open = span.from.is_none() && span.until.is_none();
    open || at.is_some_and(|at| {
        span.from.is_none_or(|from| at >= from) && span.until.is_none_or(|until| at < until)
    })
}

/// Whether a word is in a text, as the list promises it.
fn holds(text: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    text.to_lowercase().split_whitespace().any(|part| {
        let number = word.strip_prefix('#').and_then(|n| n.parse::<u64>().ok());
        match (number, word.chars().count()) {
            (Some(_), _) => part == word,
            (None, 0..3) => part.starts_with(&word),
            _ => part.contains(&word),
        }
    })
}

fn matches((row, operations): &Planned, query: &PlanQuery) -> bool {
    let mut text = format!("#{0} {0} {1} {2}", row.number, row.name, row.notes);
    for operation in operations {
        let application = APPLICATIONS
            .iter()
            .find(|a| id(a.0) == operation.application_id);
        text += &format!(
            " {} {}",
            application.unwrap().1,
            operation.number.as_deref().unwrap_or("")
        );
    }
    let people = [
        row.created_by,
        row.saved_by,
        row.queued_by,
        row.started_by,
        row.continued_by,
        row.aborted_by,
    ];
    for (number, name, login) in PEOPLE {
        if people.contains(&Some(id(number))) {
            text += &format!(" {name} {login}");
        }
    }
    let with = operations.iter().any(|operation| {
        query
            .application
            .is_none_or(|a| a == operation.application_id)
            && (query.numbers.is_empty()
                || operation
                    .number
                    .as_ref()
                    .is_some_and(|n| query.numbers.contains(n)))
    });
    let warned = row.warnings > 0 || row.status == "finished_with_warnings";
    row.status != "draft"
        && query.text.split_whitespace().all(|word| holds(&text, word))
        && (query.statuses.is_empty() || query.statuses.contains(&row.status.as_str()))
        && query.source.is_none_or(|source| source == row.source_id)
        && query.target.is_none_or(|target| target == row.target_id)
        && ((query.application.is_none() && query.numbers.is_empty()) || with)
        && query
            .person
            .is_none_or(|person| people.contains(&Some(person)))
        && within(query.created, Some(row.created))
        && within(query.started, row.started)
        && within(query.finished, row.finished)
        && query.warnings.is_none_or(|warnings| warnings == warned)
        && query.kind.is_none_or(|kind| kind == row.kind)
}

/// How the list sorts two plans.
fn by_key(sort: Sort, a: &plan::Model, b: &plan::Model) -> std::cmp::Ordering {
    let time = |row: &plan::Model| match sort.key {
        SortKey::Started => row.started,
        SortKey::Finished => row.finished,
        _ => row
            .finished
            .zip(row.started)
            .map(|(end, begin)| end - begin - row.waited),
    };
    let order = match (sort.key, time(a), time(b)) {
        (SortKey::Name, ..) => a
            .name
            .to_ascii_lowercase()
            .cmp(&b.name.to_ascii_lowercase()),
        (_, Some(a), Some(b)) => a.cmp(&b),
        // Without one it comes last, whichever the direction.
        (_, a, b) => return b.is_some().cmp(&a.is_some()),
    };
    if sort.descending {
        order.reverse()
    } else {
        order
    }
}

async fn put(store: &Store, planned: &Planned) {
    let connection = store.testing_writer();
    plans::insert(connection, planned.0.clone()).await.unwrap();
    plans::replace_content(connection, planned.0.id, &planned.1, &[])
        .await
        .unwrap();
    plans::refresh_search(connection, planned.0.id)
        .await
        .unwrap();
}

/// Walks the list in pages to its end, or back from there.
async fn walk(store: &Store, query: &PlanQuery, page: u64, back: bool) -> Vec<i64> {
    let connection = store.read();
    let mut pages: Vec<Vec<i64>> = Vec::new();
    let mut cut = if back && query.sort.is_some() {
        // There is no number behind all others: back from the last one.
        let all = plans::list_plan_numbers(connection, query, Cut::Start, 1_000).await;
        let Some(last) = all.unwrap().pop() else {
            return Vec::new();
        };
        pages.push(vec![last]);
        Cut::Before(last)
    } else if back {
        Cut::Before(if query.oldest_first {
            i64::MAX
        } else {
            i64::MIN
        })
    } else {
        Cut::Start
    };
    loop {
        let part = plans::list_plan_numbers(connection, query, cut, page)
            .await
            .unwrap();
        let Some(edge) = (if back { part.first() } else { part.last() }).copied() else {
            break;
        };
        cut = if back {
            Cut::Before(edge)
        } else {
            Cut::After(edge)
        };
        pages.push(part);
    }
    if back {
        pages.reverse();
    }
    pages.concat()
}

on_both! {
    async fn every_filter_finds_what_a_plain_filter_finds(store: Store) {
        put_world(store).await;
        let mut runner = TestRunner::default();
        let mut model: BTreeMap<i64, Planned> = BTreeMap::new();
        for number in 1..=120 {
            let planned = planned(number).new_tree(&mut runner).unwrap().current();
            put(store, &planned).await;
            model.insert(number, planned);
        }
        let mut seen = 0;
        for round in 0..400_u64 {
            let mut query = query().new_tree(&mut runner).unwrap().current();
            if round % 2 == 0 {
                query.way = Some(plans::find_way(store.read(), &query).await.unwrap());
            }
            let mut expected: Vec<i64> = model
                .iter()
                .filter(|(_, planned)| matches(planned, &query))
                .map(|(number, _)| *number)
                .collect();
            if !query.oldest_first || query.sort.is_some() {
                expected.reverse();
            }
            if let Some(sort) = query.sort {
                // Stable: what is alike stays from the highest number down.
                expected.sort_by(|a, b| by_key(sort, &model[a].0, &model[b].0));
            }
            seen += expected.len();
            let found = walk(store, &query, 1 + round % 50, round % 3 == 0).await;
            assert_eq!(found, expected, "{query:?}");
            let cap = 1 + round % 60;
            let count = plans::count_plans(store.read(), &query, cap).await.unwrap();
            assert_eq!(count, cap.min(expected.len() as u64), "{query:?}");
            let limit = 1 + round % 7;
            let first = plans::list_first_plans(store.read(), &query, limit, cap).await.unwrap();
            let numbers: Vec<i64> = first.0.iter().map(|row| row.number).collect();
            expected.truncate(usize::try_from(limit).unwrap());
            assert_eq!((numbers, first.1), (expected, count), "{query:?}");
        }
        assert!(seen > 1_000, "the queries find something: {seen}");
    }

    async fn what_changes_is_found_as_it_is_now(store: Store) {
        put_world(store).await;
        let connection = store.testing_writer();
        let draft = a_plan(1, "draft");
        let brings = vec![operation(&draft, 100, 0)];
        put(store, &(draft.clone(), brings)).await;
        let finds = async |text: &str| {
            let query = PlanQuery { text: text.to_owned(), ..PlanQuery::default() };
            plans::count_plans(store.read(), &query, 10).await.unwrap()
        };
        assert_eq!(finds("policy").await, 0, "drafts are their creator's own");
        let change = plan::ActiveModel {
            status: Set("saved".to_owned()),
            name: Set("Nightly".to_owned()),
            notes: Set("Mind the gap".to_owned()),
            saved_by: Set(Some(id(31))),
            ..Default::default()
        };
        plans::update(connection, draft.id, change).await.unwrap();
        plans::refresh_search(connection, draft.id).await.unwrap();
        for text in ["nightly", "gap", "lovelace", "policy 1.2", "#1"] {
            assert_eq!(finds(text).await, 1, "{text}");
        }
        // An application that is published under another name.
        let mut row = store::catalog::find_application(connection, id(100)).await.unwrap().unwrap();
        row.name = "Coverage".to_owned();
        row.name_folded = "coverage".to_owned();
        store::catalog::put_application(connection, row).await.unwrap();
        assert_eq!((finds("coverage").await, finds("policy").await), (1, 0));
        let change = plan::ActiveModel { notes: Set(String::new()), ..Default::default() };
        plans::update(connection, draft.id, change).await.unwrap();
        plans::refresh_search(connection, draft.id).await.unwrap();
        assert_eq!(finds("gap").await, 0);
        let row = plans::find(connection, draft.id).await.unwrap().unwrap();
        plans::delete_seen(connection, &row).await.unwrap();
        assert_eq!(finds("coverage").await, 0);
    }

    async fn people_of_listed_plans_can_be_asked_for(store: Store) {
        put_world(store).await;
        for (number, status, by) in [(1, "draft", 31), (2, "saved", 32), (3, "aborted", 32)] {
            let row = plan::Model { started_by: Some(id(by)), ..a_plan(number, status) };
            put(store, &(row, Vec::new())).await;
        }
        let people = plans::list_plan_people(store.read()).await.unwrap();
        assert_eq!(people, [("Bo Xu".to_owned(), "bo".to_owned())]);
    }
}

/// A role that may make tables and no extension, in a database without it.
#[tokio::test]
async fn postgres_without_its_extension_finds_the_same() {
    let url = store::testing::postgres_url().await;
    let admin = Database::connect(&url).await.unwrap();
    let name = url.split('/').nth(3).unwrap().split('?').next().unwrap();
    let role = format!("plain_{name}");
    admin
        .execute_unprepared(&format!(
            "CREATE ROLE {role} LOGIN; GRANT ALL ON SCHEMA public TO {role}"
        ))
        .await
        .unwrap();
    let store = Store::open(&url.replace("slipway@", &format!("{role}@")))
        .await
        .unwrap();
    let indexed = async |store: &Store| {
        let known = Statement::from_string(
            sea_orm::DbBackend::Postgres,
            "SELECT count(*) AS found FROM pg_indexes WHERE indexname = 'plans_search_index'",
        );
        let row = store.read().query_one_raw(known).await.unwrap().unwrap();
        row.try_get::<i64>("", "found").unwrap()
    };
    assert_eq!(indexed(&store).await, 0);
    put_world(&store).await;
    put(&store, &(a_plan(1, "saved"), Vec::new())).await;
    put(&store, &(a_plan(12, "saved"), Vec::new())).await;
    for (text, found) in [
        ("policy", 2),
        ("#1", 1),
        ("1", 2),
        ("olic", 2),
        ("_", 0),
        ("zzz", 0),
    ] {
        let query = PlanQuery {
            text: text.to_owned(),
            ..PlanQuery::default()
        };
        assert_eq!(
            plans::count_plans(store.read(), &query, 10).await.unwrap(),
            found,
            "{text}"
        );
    }
    store.close().await.unwrap();
    // As soon as somebody who may starts a console, the index is there.
    admin
        .execute_unprepared(&format!(
            "GRANT {role} TO slipway; CREATE EXTENSION pg_trgm"
        ))
        .await
        .unwrap();
    let store = Store::open(&url.replace("slipway@", &format!("{role}@")))
        .await
        .unwrap();
    assert_eq!(indexed(&store).await, 1);
}

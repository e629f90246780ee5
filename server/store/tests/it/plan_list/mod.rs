//! The list of plans: every filter and combination against a plain filter over the same rows, the
//! texts that the search finds, and PostgreSQL without its extension.

mod model;

use crate::plans::{a_plan, operation, put_application};
use model::{APPLICATIONS, PEOPLE, PLACES, Planned, by_key, id, matches, planned, query};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sea_orm::{ConnectionTrait, Database, Statement};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use store::entity::people::user;
use store::entity::plans::plan;
use store::plans::{self, Cut, PlanQuery, Shelves, Sort, SortKey};
use store::testing::{on_both, rows};
use store::{Set, Store, environments, people};

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
    let mut cut = if back && (query.sort.is_some() || query.shelves.is_some()) {
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

    async fn as_they_stand_plans_come_in_three_parts_from_either_end(store: Store) {
        put_world(store).await;
        let mut runner = TestRunner::default();
        let mut model: Vec<plan::Model> = Vec::new();
        for number in 1..=120 {
            let planned = planned(number).new_tree(&mut runner).unwrap().current();
            put(store, &planned).await;
            model.push(planned.0);
        }
        let now = ["needs_intervention", "running", "aborting", "queued"];
        let query = PlanQuery {
            shelves: Some(Shelves { now: now.to_vec(), saved: "saved" }),
            ..PlanQuery::default()
        };
        let over = Sort { key: SortKey::Finished, descending: true };
        model.retain(|row| row.status != "draft");
        model.reverse();
        let part = |row: &plan::Model| match row.status.as_str() {
            "saved" => now.len(),
            status => now.iter().position(|now| *now == status).unwrap_or(now.len() + 1),
        };
        model.sort_by(|a, b| {
            let order = part(a).cmp(&part(b));
            order.then_with(|| if part(a) > now.len() { by_key(over, a, b) } else { Ordering::Equal })
        });
        let expected: Vec<i64> = model.iter().map(|row| row.number).collect();
        let parts: BTreeSet<usize> = model.iter().map(part).collect();
        assert_eq!(parts.len(), now.len() + 2, "each part has plans");
        for page in [1, 2, 3, 7, 50, 200] {
            for back in [false, true] {
                assert_eq!(walk(store, &query, page, back).await, expected, "{page} {back}");
            }
        }
        // Who goes on from what is gone begins anew.
        let gone = Cut::After(5_000);
        let first = plans::list_plan_numbers(store.read(), &query, gone, 3).await.unwrap();
        assert_eq!(first, expected[..3]);
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

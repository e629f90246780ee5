//! Plans: numbers, optimistic writes, content, reports, drafts, the list, recorded versions.

use crate::executions::{put_environment, put_modules};
use store::entity::catalog::{application, version};
use store::entity::plans::{plan, plan_operation, plan_report};
use store::plans;
use store::testing::on_both;
use store::{Set, Store, StoreError, catalog, running};
use uuid::Uuid;

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const PLACE: Uuid = id(7);

pub(crate) fn a_plan(number: i64, status: &str) -> plan::Model {
    plan::Model {
        status: status.to_owned(),
        name: format!("Policy {number} to Quality"),
        ..plans::fresh(
            id(1_000 + u128::from(number.unsigned_abs())),
            number,
            (PLACE, PLACE),
            number,
        )
    }
}

pub(crate) fn operation(
    plan: &plan::Model,
    application: u128,
    position: i64,
) -> plan_operation::Model {
    plan_operation::Model {
        plan_id: plan.id,
        application_id: id(application),
        plan_number: plan.number,
        position,
        choice: "deploy".to_owned(),
        version_id: Some(id(application + 1)),
        number: Some("1.2".to_owned()),
        description: String::new(),
        from_number: None,
        modules: None,
    }
}

/// An application with one tag.
pub(crate) async fn put_application(store: &Store, number: u128, name: &str) {
    let connection = store.testing_writer();
    let row = application::Model {
        id: id(number),
        name: name.to_owned(),
        name_folded: name.to_ascii_lowercase(),
        description: String::new(),
        kind: "static".to_owned(),
        modules: 0,
        created: 1,
        changed: 1,
    };
    catalog::put_application(connection, row).await.unwrap();
    let row = version::Model {
        id: id(number + 1),
        application_id: id(number),
        number: "1.2".to_owned(),
        sort_key: "0001.0002".to_owned(),
        name: name.to_owned(),
        description: String::new(),
        created: 1,
        created_by: None,
        environment_id: PLACE,
        base_id: None,
        hotfix: false,
    };
    catalog::insert_version(connection, row, &[]).await.unwrap();
}

on_both! {
    async fn who_saw_an_older_state_cannot_write(store: Store) {
        let connection = store.testing_writer();
        put_environment(connection).await;
        plans::insert(connection, a_plan(1, "saved")).await.unwrap();
        let seen = plans::find_by_number(connection, 1).await.unwrap().unwrap();
        let change = || plan::ActiveModel {
            revision: Set(2),
            notes: Set("by the first".to_owned()),
            ..Default::default()
        };
        plans::update_seen(connection, &seen, change()).await.unwrap();
        let late = plans::update_seen(connection, &seen, change()).await;
        assert!(matches!(late, Err(StoreError::Stale)), "{late:?}");
        assert!(matches!(plans::delete_seen(connection, &seen).await, Err(StoreError::Stale)));
        // The same revision in another status is another state, too.
        let fresh = plans::find_by_number(connection, 1).await.unwrap().unwrap();
        let started = plan::ActiveModel { status: Set("running".to_owned()), ..Default::default() };
        plans::update(connection, fresh.id, started).await.unwrap();
        assert!(matches!(
            plans::update_seen(connection, &fresh, change()).await,
            Err(StoreError::Stale)
        ));
        assert_eq!(plans::find_number(connection, fresh.id).await.unwrap(), Some(1));
    }

    async fn two_plans_never_have_one_number(store: Store) {
        let connection = store.testing_writer();
        put_environment(connection).await;
        plans::insert(connection, a_plan(1, "saved")).await.unwrap();
        let twin = plan::Model { id: id(5), ..a_plan(1, "saved") };
        assert!(matches!(plans::insert(connection, twin).await, Err(StoreError::Duplicate(_))));
    }

    async fn content_is_replaced_whole(store: Store) {
        let connection = store.testing_writer();
        put_environment(connection).await;
        put_modules(connection).await;
        put_application(store, 100, "Home").await;
        put_application(store, 200, "Claims").await;
        let row = a_plan(1, "saved");
        plans::insert(connection, row.clone()).await.unwrap();
        let both = [operation(&row, 200, 1), operation(&row, 100, 2)];
        plans::replace_content(connection, row.id, &both, &[id(21), id(20)]).await.unwrap();
        assert_eq!(plans::list_operations(connection, row.id).await.unwrap(), both);
        assert_eq!(plans::list_republish(connection, row.id).await.unwrap(), [id(20), id(21)]);
        let one = [operation(&row, 100, 1)];
        plans::replace_content(connection, row.id, &one, &[]).await.unwrap();
        assert_eq!(plans::list_operations(connection, row.id).await.unwrap(), one);
        assert!(plans::list_republish(connection, row.id).await.unwrap().is_empty());
        plans::delete_seen(connection, &row).await.unwrap();
        assert!(plans::list_operations(connection, row.id).await.unwrap().is_empty());
    }

    async fn a_report_replaces_the_one_before_it(store: Store) {
        let connection = store.testing_writer();
        put_environment(connection).await;
        let row = a_plan(1, "saved");
        plans::insert(connection, row.clone()).await.unwrap();
        for revision in 1..=2 {
            let report = plan_report::Model {
                plan_id: row.id,
                kind: "check".to_owned(),
                at: revision,
                revision,
                landscape: 1,
                report: format!("[{revision}]"),
            };
            plans::save_report(connection, report).await.unwrap();
        }
        let found = plans::find_report(connection, row.id, "check").await.unwrap().unwrap();
        assert_eq!((found.revision, found.report.as_str()), (2, "[2]"));
        assert!(plans::find_report(connection, row.id, "start").await.unwrap().is_none());
    }

    async fn old_drafts_go_and_nothing_else(store: Store) {
        let connection = store.testing_writer();
        put_environment(connection).await;
        for (number, status) in [(1, "draft"), (2, "saved"), (3, "draft")] {
            plans::insert(connection, a_plan(number, status)).await.unwrap();
        }
        plans::delete_drafts(connection, 2, 0).await.unwrap();
        let left = async |number| plans::find_by_number(connection, number).await.unwrap().is_some();
        assert_eq!([left(1).await, left(2).await, left(3).await], [false, true, true]);
    }

    async fn recording_versions_twice_changes_nothing(store: Store) {
        let connection = store.testing_writer();
        put_environment(connection).await;
        put_application(store, 100, "Policy").await;
        let row = a_plan(1, "running");
        plans::insert(connection, row.clone()).await.unwrap();
        plans::replace_content(connection, row.id, &[operation(&row, 100, 1)], &[])
            .await
            .unwrap();
        for _ in 0..2 {
            store::executions::record_versions(connection, row.id, PLACE, None, &std::collections::BTreeSet::new(), 50).await.unwrap();
        }
        let here = running::find(connection, PLACE, id(100)).await.unwrap().unwrap();
        assert_eq!((here.base_id, here.present, here.modified), (Some(id(101)), true, false));
        assert_eq!(here.changed, Some(50));
    }
}

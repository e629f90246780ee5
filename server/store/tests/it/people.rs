//! Accounts, sessions, failures, the set-up token; agents and their commands; the audit.

use futures::TryStreamExt;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use store::agents::{self, NewCommand};
use store::audit::{NewEntry, append, find_break};
use store::entity::audit::audit_entry;
use store::entity::environments::{agent, join_code};
use store::entity::people::session;
use store::testing::{on_both, rows};
use store::{ConnectionTrait, Set, StoreError, counters, environments, people};
use uuid::Uuid;

const ENTRY: NewEntry<'static> = NewEntry {
    at: 1,
    actor: None,
    actor_name: "Slipway",
    action: "plan_started",
    object_kind: "plan",
    object: None,
    object_name: "Policy",
    environment: None,
    reason: None,
    before: None,
    after: None,
};

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn put_user(connection: &impl ConnectionTrait) {
    let row = rows::user(id(1), "Ada");
    people::insert_user(connection, row).await.unwrap();
}

async fn put_environment(connection: &impl ConnectionTrait) {
    let row = rows::environment(id(7), "Quality", 0);
    environments::insert(connection, row).await.unwrap();
}

fn agent_row(number: u128) -> agent::ActiveModel {
    agent::ActiveModel {
        id: Set(id(number)),
        environment_id: Set(id(7)),
        secret_hash: Set(String::new()),
        version: Set("1".to_owned()),
        protocol: Set(1),
        platform: Set(1),
        address: Set("http://a".to_owned()),
        joined: Set(1),
        last_seen: Set(None),
        connected: Set(true),
        clock_skew_ms: Set(None),
        inventory_counter: Set(0),
        wants_inventory: Set(true),
        next_command: Set(1),
        last_command: Set(0),
        last_event: Set(0),
        signs_life: Set(false),
    }
}

fn command(attempt: u128) -> NewCommand {
    NewCommand {
        agent: id(10),
        attempt: id(attempt),
        run: id(500),
        epoch: 1,
        time_limit_ms: 1_000,
        body: "{}".to_owned(),
        created: 1,
    }
}

on_both! {
    async fn sessions_are_found_touched_and_ended(store: Store) {
        store
            .write(async |tx| -> Result<(), StoreError> {
                put_user(tx).await;
                for (hash, seen) in [("a", 10), ("b", 1_000)] {
                    let row = session::ActiveModel {
                        token_hash: Set(hash.to_owned()),
                        user_id: Set(id(1)),
                        created: Set(1),
                        last_seen: Set(seen),
                        expires: Set(5_000),
                        address: Set(String::new()),
                        user_agent: Set(String::new()),
                    };
                    people::insert_session(tx, row).await?;
                }
                Ok(())
            })
            .await
            .unwrap();
        let (_, user) = people::find_session(store.read(), "a").await.unwrap().unwrap();
        assert_eq!(user.login, "Ada");
        assert!(people::find_session(store.read(), "x").await.unwrap().is_none());
        let gone = store
            .write(async |tx| people::delete_ended_sessions(tx, 2_000, 500).await)
            .await
            .unwrap();
        assert_eq!(gone, 1);
        let gone = store
            .write(async |tx| people::delete_ended_sessions(tx, 5_000, 500).await)
            .await
            .unwrap();
        assert_eq!(gone, 1);
    }

    async fn failures_are_counted_by_login_and_by_address(store: Store) {
        store
            .write(async |tx| -> Result<(), StoreError> {
                for (number, login, address, at) in
                    [(1, "Ada", "x", 10), (2, "aDA", "x", 20), (3, "bob", "x", 30), (4, "ada", "y", 40)]
                {
                    people::insert_failure(tx, id(number), login, address, at, 0).await?;
                }
                let (user, address) = people::failures(tx, "ada", "x", 0).await?;
                assert_eq!((user.count, user.last), (2, 20));
                assert_eq!((address.count, address.last), (3, 30));
                let (user, address) = people::failures(tx, "ada", "x", 10).await?;
                assert_eq!((user.count, address.count), (1, 2));
                people::clear_failures(tx, "ADA", "x").await?;
                let (user, address) = people::failures(tx, "ada", "x", 0).await?;
                assert_eq!((user.count, address.count), (0, 1));
                Ok(())
            })
            .await
            .unwrap();
    }

    async fn the_setup_token_is_used_once_by_one_of_two(store: Store) {
        store
            .write(async |tx| -> Result<(), StoreError> {
                people::insert_installation(tx, id(1), 1).await?;
                people::set_setup_hash(tx, "h").await
            })
            .await
            .unwrap();
        let take = || store.write(async |tx| people::use_setup_hash(tx, "h", 5).await);
        let (first, second) = futures::future::join(take(), take()).await;
        assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1);
        let lost = first.err().or(second.err()).unwrap();
        assert!(matches!(lost, StoreError::Missing));
        assert!(!people::has_users(store.read()).await.unwrap());
    }

    async fn commands_are_numbered_once_and_wait_until_they_are_done(store: Store) {
        store
            .write(async |tx| -> Result<(), StoreError> {
                put_environment(tx).await;
                agents::replace(tx, id(7), agent_row(10)).await
            })
            .await
            .unwrap();
        let send = |attempt| store.write(async move |tx| agents::append_command(tx, command(attempt)).await);
        let (one, two) = futures::future::join(send(100), send(101)).await;
        let mut numbers = [one.unwrap(), two.unwrap()];
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2]);
        let again = send(100).await.unwrap();
        assert!(again <= 2);
        assert_eq!(agents::commands_after(store.read(), id(10), 0, 9).await.unwrap().len(), 2);
        assert_eq!(agents::commands_after(store.read(), id(10), 1, 9).await.unwrap().len(), 1);
        store
            .write(async |tx| agents::finish_commands(tx, id(10), &[id(100)], 50).await)
            .await
            .unwrap();
        assert_eq!(agents::commands_after(store.read(), id(10), 0, 9).await.unwrap().len(), 1);
        let removed = store
            .write(async |tx| agents::remove_finished(tx, 51).await)
            .await
            .unwrap();
        assert_eq!(removed, 1);
        // A new agent in its place knows nothing of them.
        store
            .write(async |tx| agents::replace(tx, id(7), agent_row(11)).await)
            .await
            .unwrap();
        assert!(agents::find(store.read(), id(10)).await.unwrap().is_none());
        store.write(async |tx| agents::disconnect_all(tx).await).await.unwrap();
        let found = agents::find_of_environment(store.read(), id(7)).await.unwrap().unwrap();
        assert!(found.id == id(11) && !found.connected);
    }

    async fn a_join_code_is_used_by_one_of_two(store: Store) {
        store
            .write(async |tx| -> Result<(), StoreError> {
                put_environment(tx).await;
                let code = join_code::ActiveModel {
                    code_hash: Set("c".to_owned()),
                    environment_id: Set(id(7)),
                    created: Set(1),
                    created_by: Set(None),
                    expires: Set(100),
                    used: Set(None),
                };
                agents::insert_join_code(tx, code).await
            })
            .await
            .unwrap();
        let take = || store.write(async |tx| agents::use_join_code(tx, "c", 5).await);
        let (first, second) = futures::future::join(take(), take()).await;
        assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1);
        assert!(matches!(first.err().or(second.err()), Some(StoreError::Stale)));
        let stale = store
            .write(async |tx| environments::set_position(tx, id(7), 9, 3).await)
            .await;
        assert!(matches!(stale, Err(StoreError::Stale)));
    }

    async fn the_audit_grows_in_order(store: Store) {
        let entry = |action: &'static str| NewEntry {
            at: 1,
            actor: None,
            actor_name: "Slipway",
            action,
            object_kind: "plan",
            object: None,
            object_name: "",
            environment: None,
            reason: None,
            before: None,
            after: None,
        };
        for action in ["a", "b"] {
            store
                .write(async |tx| -> Result<(), StoreError> {
                    append(tx, entry(action)).await?;
                    append(tx, entry("c")).await
                })
                .await
                .unwrap();
        }
        // What is rolled back was never said.
        let failed = store
            .write(async |tx| -> Result<(), StoreError> {
                append(tx, entry("never")).await?;
                Err(StoreError::Stale)
            })
            .await;
        assert!(failed.is_err());
        let rows = audit_entry::Entity::find()
            .order_by_asc(audit_entry::Column::Sequence)
            .all(store.read())
            .await
            .unwrap();
        let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["a", "c", "b", "c"]);
        assert_eq!(rows[0].previous_hash, None);
        for pair in rows.windows(2) {
            assert_eq!(pair[1].previous_hash, pair[0].hash);
        }
        assert_eq!(find_break(store.read()).await.unwrap(), None);
        let missing = store
            .write(async |tx| {
                people::insert_session(
                    tx,
                    session::ActiveModel {
                        token_hash: Set("a".to_owned()),
                        user_id: Set(id(404)),
                        created: Set(1),
                        last_seen: Set(1),
                        expires: Set(1),
                        address: Set(String::new()),
                        user_agent: Set(String::new()),
                    },
                )
                .await
            })
            .await;
        assert!(matches!(missing, Err(StoreError::Missing)));
    }

    async fn a_changed_audit_is_seen(store: Store) {
        for at in 1..=5 {
            store
                .write(async |tx| append(tx, NewEntry { at, ..ENTRY }).await)
                .await
                .unwrap();
        }
        let rows = audit_entry::Entity::find()
            .order_by_asc(audit_entry::Column::Sequence)
            .all(store.read())
            .await
            .unwrap();
        let third = rows[2].sequence;
        store
            .write(async |tx| -> Result<(), StoreError> {
                audit_entry::Entity::update_many()
                    .col_expr(audit_entry::Column::ObjectName, Expr::value("another"))
                    .filter(audit_entry::Column::Sequence.eq(third))
                    .exec(tx)
                    .await?;
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(find_break(store.read()).await.unwrap(), Some(third));
        store
            .write(async |tx| -> Result<(), StoreError> {
                audit_entry::Entity::delete_by_id(third).exec(tx).await?;
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(
            find_break(store.read()).await.unwrap(),
            Some(rows[3].sequence)
        );
    }

    async fn the_audit_of_many_at_once_is_one_chain(store: Store) {
        let writes = (0..20).map(|at| {
            store.write(async move |tx| -> Result<(), StoreError> {
                // What everything raises, before and after the entry: they must not wait for
                // each other in a circle.
                if at % 2 == 0 {
                    counters::raise(tx, counters::LANDSCAPE).await?;
                }
                append(tx, NewEntry { at, ..ENTRY }).await?;
                if at % 2 == 1 {
                    counters::raise(tx, counters::LANDSCAPE).await?;
                }
                Ok(())
            })
        });
        for written in futures::future::join_all(writes).await {
            written.unwrap();
        }
        assert_eq!(
            audit_entry::Entity::find()
                .all(store.read())
                .await
                .unwrap()
                .len(),
            20
        );
        assert_eq!(find_break(store.read()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn bundles_appear_whole_and_are_found_again() {
    let store = store::testing::TestStore::sqlite().await;
    let blobs = store.blobs();
    let digest = "ab".repeat(32);
    assert_eq!(blobs.size(&digest).await.unwrap(), None);
    assert!(matches!(
        blobs.open(&digest).await,
        Err(StoreError::Missing)
    ));
    std::fs::write(blobs.incoming("one"), "abc").unwrap();
    blobs.adopt("one", &digest).await.unwrap();
    assert!(!blobs.incoming("one").exists());
    assert_eq!(blobs.size(&digest).await.unwrap(), Some(3));
    let (size, pieces) = blobs.open(&digest).await.unwrap();
    let whole: Vec<bytes::Bytes> = pieces.try_collect().await.unwrap();
    assert_eq!((size, whole.concat().as_slice()), (3, &b"abc"[..]));
    std::fs::write(blobs.incoming("two"), "cut").unwrap();
    let mut strays = blobs.list_before(i64::MAX).await.unwrap();
    strays.sort();
    assert_eq!(
        strays,
        [
            store::Kept::Blob(digest.clone()),
            store::Kept::Incoming("two".to_owned())
        ]
    );
    assert!(blobs.list_before(0).await.unwrap().is_empty());
    blobs.remove_incoming("two").await.unwrap();
    blobs.remove(&digest).await.unwrap();
    blobs.remove(&digest).await.unwrap();
    assert_eq!(blobs.size(&digest).await.unwrap(), None);
}

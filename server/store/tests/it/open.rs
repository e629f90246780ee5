//! Opening, transactions and error classes.

use sea_orm::{ActiveModelTrait, EntityTrait};
use store::entity::people::user;
use store::testing::on_both;
use store::{Set, Store, StoreError, counters};
use uuid::Uuid;

fn user(number: u128, login: &str) -> user::ActiveModel {
    user::ActiveModel {
        id: Set(Uuid::from_u128(number)),
        login: Set(login.to_owned()),
        login_folded: Set(login.to_ascii_lowercase()),
        name: Set("A Person".to_owned()),
        email: Set(String::new()),
        standing: Set("viewer".to_owned()),
        password_hash: Set(String::new()),
        active: Set(true),
        created: Set(1),
        revision: Set(1),
    }
}

on_both! {
    async fn a_broken_constraint_is_named_alike(store: Store) {
        store
            .write(async |tx| -> Result<(), StoreError> {
                user(1, "Ada").insert(tx).await?;
                Ok(())
            })
            .await
            .unwrap();
        let error = store
            .write(async |tx| -> Result<(), StoreError> {
                user(2, "aDA").insert(tx).await?;
                Ok(())
            })
            .await
            .unwrap_err();
        assert!(
            matches!(&error, StoreError::Duplicate(name) if name == "users_login_folded_key"),
            "{error:?}"
        );
    }

    async fn a_failed_transaction_leaves_nothing(store: Store) {
        let error = store
            .write(async |tx| -> Result<(), StoreError> {
                user(1, "Ada").insert(tx).await?;
                Err(StoreError::Stale)
            })
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Stale));
        assert!(user::Entity::find().all(store.read()).await.unwrap().is_empty());
    }

    async fn two_writers_never_see_the_same_number(store: Store) {
        let raise = async || {
            store
                .write(async |tx| counters::raise(tx, counters::PLAN_NUMBER).await)
                .await
                .unwrap()
        };
        let mut numbers: Vec<i64> =
            futures::future::join_all((0..20).map(|_| raise())).await;
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
        assert_eq!(counters::value(store.read(), counters::PLAN_NUMBER).await.unwrap(), 20);
    }

    async fn the_database_says_its_version_and_time(store: Store) {
        assert!(store.describe().await.unwrap().contains("QL"));
        assert!(store.now(store.read()).await.unwrap() > 1_600_000_000_000);
    }
}

#[tokio::test]
async fn a_second_process_cannot_take_the_same_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite:{}/slipway.db", folder.path().display());
    let first = Store::open(&url).await.unwrap();
    assert!(matches!(Store::open(&url).await, Err(StoreError::Busy)));
    first.close().await.unwrap();
    Store::open(&url).await.unwrap();
}

#[tokio::test]
async fn a_path_that_cannot_be_written_is_said_so() {
    assert!(matches!(
        Store::open("sqlite:/proc/nothing/slipway.db").await,
        Err(StoreError::Gone(_))
    ));
    assert!(matches!(
        Store::open("postgres://nobody@127.0.0.1:1/none").await,
        Err(StoreError::Gone(_))
    ));
}

/// A write can be awaited from a spawned task: its future may move between threads.
#[tokio::test]
async fn writes_may_be_spawned() {
    let (store, _folder) = store::testing::TestStore::sqlite().await.into_parts();
    let store = std::sync::Arc::new(store);
    let words = String::from("ada");
    let task = tokio::spawn(async move {
        let login = &words;
        store
            .write(async |tx| -> Result<(), StoreError> {
                user(1, login).insert(tx).await?;
                Ok(())
            })
            .await
    });
    task.await.unwrap().unwrap();
}

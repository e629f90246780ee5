//! Opening, transactions and error classes.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, Statement};
use std::io::Write as _;
use store::entity::people::user;
use store::testing::{TestStore, WriteLock, on_both, rows};
use store::{Set, Store, StoreError, counters};
use uuid::Uuid;

fn user(number: u128, login: &str) -> user::ActiveModel {
    rows::user(Uuid::from_u128(number), login)
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
async fn sqlite_is_written_ahead() {
    let store = TestStore::sqlite().await;
    let asked = Statement::from_string(DbBackend::Sqlite, "PRAGMA journal_mode");
    let row = store.read().query_one_raw(asked).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<String>(0).unwrap(), "wal");
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

async fn put(store: &Store, number: u128) -> Result<(), StoreError> {
    store
        .write(async |tx| -> Result<(), StoreError> {
            user(number, &format!("user{number}")).insert(tx).await?;
            Ok(())
        })
        .await
}

async fn count(store: &Store) -> usize {
    user::Entity::find().all(store.read()).await.unwrap().len()
}

#[tokio::test]
async fn a_locked_database_is_busy_and_then_goes_on() {
    let store = TestStore::sqlite().await;
    put(&store, 1).await.unwrap();
    let lock = WriteLock::take(store.url()).await;
    let error = put(&store, 2).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy), "{error:?}");
    let words = domain::AppError::from(error);
    assert_eq!((words.code(), words.status()), ("unavailable", 503));
    assert!(words.to_string().contains("Nothing was changed"), "{words}");
    // Readers do not mind.
    assert_eq!(count(&store).await, 1);
    lock.release().await;
    put(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_locked_table_on_postgres_is_busy_and_then_goes_on() {
    let store = TestStore::postgres().await;
    put(&store, 1).await.unwrap();
    let lock = WriteLock::take(store.url()).await;
    let error = put(&store, 2).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy), "{error:?}");
    let words = domain::AppError::from(error);
    assert_eq!((words.code(), words.status()), ("unavailable", 503));
    lock.release().await;
    put(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_statement_on_postgres_that_takes_too_long_is_busy() {
    let store = TestStore::postgres().await;
    let error = store
        .write(async |tx| -> Result<(), StoreError> {
            tx.execute_unprepared("SET LOCAL statement_timeout = 20")
                .await?;
            tx.execute_unprepared("SELECT pg_sleep(20)").await?;
            Ok(())
        })
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Busy), "{error:?}");
    // The limit that holds when nobody sets another.
    let limit = store
        .read()
        .query_one(
            Query::select().expr_as(Expr::cust("current_setting('statement_timeout')"), "limit"),
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(limit.try_get::<String>("", "limit").unwrap(), "30s");
}

#[tokio::test]
async fn consoles_that_start_together_on_postgres_make_one_schema() {
    let url = store::testing::postgres_url().await;
    let opened = futures::future::join_all((0..4).map(|_| Store::open(&url))).await;
    for store in opened {
        store.unwrap().ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_on_sqlite_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/slipway.db", folder.path().display());
    let store = Store::open(&url).await.unwrap();
    let row = store
        .write(async |tx| -> Result<_, StoreError> {
            let mut query = Query::select();
            query.column("synchronous").from_function(
                sea_orm::sea_query::Func::cust("pragma_synchronous"),
                "setting",
            );
            Ok(tx.query_one(&query).await?.unwrap())
        })
        .await
        .unwrap();
    // 2 is FULL.
    assert_eq!(row.try_get::<i32>("", "synchronous").unwrap(), 2);
}

#[tokio::test]
async fn a_postgres_that_is_gone_is_said_so_and_found_again() {
    let url = store::testing::postgres_url().await;
    let store = Store::open(&url).await.unwrap();
    put(&store, 1).await.unwrap();
    store::testing::take_away(&url).await;
    for _ in 0..2 {
        let error = put(&store, 2).await.unwrap_err();
        let words = domain::AppError::from(error);
        assert_eq!(
            (words.code(), words.status()),
            ("unavailable", 503),
            "{words}"
        );
        assert!(words.to_string().contains("Nothing was changed"), "{words}");
    }
    assert!(store.ping().await.is_err());
    store::testing::give_back(&url).await;
    put(&store, 2).await.unwrap();
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn a_full_disk_keeps_what_was_written_and_passes_with_room() {
    let folder = tempfile::tempdir().unwrap();
    let mount = |options: &str| {
        std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !mount("size=2m") {
        // Not with `println!`, which is kept back of tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: a full disk (a small file system cannot be mounted here: root is needed)"
        );
        return;
    }
    let _unmount = Unmount(folder.path().to_owned());
    let store = Store::open(&format!("sqlite:{}/slipway.db", folder.path().display()))
        .await
        .unwrap();
    let long = "x".repeat(50_000);
    let put_long = async |number: u128| {
        let row = user::ActiveModel {
            name: Set(long.clone()),
            ..user(number, &format!("user{number}"))
        };
        store
            .write(async |tx| -> Result<(), StoreError> {
                row.insert(tx).await?;
                Ok(())
            })
            .await
    };
    let mut written = 0;
    let error = loop {
        match put_long(written + 1).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1_000, "the disk never gets full");
    };
    assert!(matches!(error, StoreError::Full), "{error:?}");
    let words = domain::AppError::from(error);
    assert!(words.to_string().contains("disk is full"), "{words}");
    assert_eq!(count(&store).await as u128, written);
    // Nothing is acknowledged that is not stored, however often it is tried, nor after somebody
    // has changed their mind.
    for _ in 0..4 {
        let error = put_long(written + 1).await.unwrap_err();
        assert!(matches!(error, StoreError::Full), "{error:?}");
        let changed = store
            .write(async |_| -> Result<(), StoreError> { Err(StoreError::Stale) })
            .await;
        assert!(matches!(changed, Err(StoreError::Stale)), "{changed:?}");
    }
    assert!(mount("remount,size=16m"));
    for more in 0..3 {
        put(&store, 5_000 + more).await.unwrap();
        assert_eq!(count(&store).await as u128, written + more + 1);
    }
    let url = store.url().to_owned();
    store.close().await.unwrap();
    let store = Store::open(&url).await.unwrap();
    assert_eq!(count(&store).await as u128, written + 3);
    store.close().await.unwrap();
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

//! Fills a console's SQLite database, to see how very much of it feels. The console must not run.
//!
//! * `fill sqlite:PATH applications NUMBER`: applications that run in every environment;
//! * `fill sqlite:PATH log PLAN NUMBER`: so many lines more in the log of a plan that ran.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use domain::VersionNumber;
use domain::name::fold;
use store::entity::catalog::{application, running, version};
use store::testing::log::fill_log;
use store::{Store, StoreError, catalog, counters, environments};
use uuid::Uuid;

const WORDS: [&str; 8] = [
    "Motor",
    "Claims",
    "Policy Portal",
    "Fraud",
    "Rating",
    "Customers",
    "Documents",
    "Payments",
];
/// Applications of one transaction.
const AT_ONCE: u32 = 500;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("the database's address");
    let what = arguments.next().expect("what to fill");
    let mut number = || -> u32 { arguments.next().expect("a number").parse().unwrap() };
    let store = Store::open(&url).await.expect("the database opens");
    match what.as_str() {
        "applications" => fill_applications(&store, number()).await,
        "log" => fill_log(&store, number().into(), number()).await,
        other => panic!("{other}: applications or log"),
    }
    store.close().await.unwrap();
}

async fn fill_applications(store: &Store, count: u32) {
    let places = environments::all(store.read()).await.unwrap();
    for begin in (0..count).step_by(AT_ONCE as usize) {
        let done: Result<(), StoreError> = store
            .write(async |tx| {
                for number in begin..count.min(begin + AT_ONCE) {
                    let name = format!("{} {number:05}", WORDS[number as usize % WORDS.len()]);
                    let id = Uuid::from_u128(
                        0x0197_b000_0000_7000_8000_0000_0000_0000 + u128::from(number),
                    );
                    put(tx, id, name, number, &places).await?;
                }
                counters::raise(tx, counters::LANDSCAPE).await?;
                Ok(())
            })
            .await;
        done.unwrap();
    }
}

async fn put(
    tx: &store::DatabaseTransaction,
    id: Uuid,
    name: String,
    number: u32,
    places: &[store::entity::environments::environment::Model],
) -> Result<(), StoreError> {
    let row = application::Model {
        id,
        name_folded: fold(&name),
        name: name.clone(),
        description: String::new(),
        kind: "service".to_owned(),
        modules: i64::from(number % 20 + 1),
        created: 1,
        changed: 1,
    };
    catalog::put_application(tx, row).await?;
    let tag = Uuid::from_u128(id.as_u128() + (1 << 64));
    let tagged = VersionNumber::from_parts(&[1, number % 40]).expect("a number");
    let row = version::Model {
        id: tag,
        application_id: id,
        number: tagged.to_string(),
        sort_key: tagged.sort_key(),
        name,
        description: String::new(),
        created: 1,
        created_by: None,
        environment_id: places[0].id,
        base_id: None,
        hotfix: false,
    };
    catalog::insert_version(tx, row, &[]).await?;
    for (position, place) in places.iter().enumerate() {
        // Every third is only where it was made.
        let present = position == 0 || !number.is_multiple_of(3);
        let row = running::Model {
            environment_id: place.id,
            application_id: id,
            present,
            base_id: present.then_some(tag),
            base_sort_key: present.then(|| tagged.sort_key()),
            modified: number.is_multiple_of(7),
            hotfix: false,
            changed_outside: false,
            blocked: false,
            block_reason: None,
            broken: 0,
            outdated: 0,
            can_move: position == 0 && number.is_multiple_of(3),
            changed: Some(1),
            changed_by: None,
            revision: 1,
        };
        store::running::put(tx, row, 1).await?;
    }
    Ok(())
}

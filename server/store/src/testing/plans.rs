//! Many plans, as years of work leave them: for measuring, and for tests of what is large.

use super::rows;
use crate::entity::catalog::application;
use crate::entity::people::user;
use crate::entity::plans::{plan, plan_operation};
use crate::{Set, Store, StoreError, catalog, counters, environments, people, plans};
use uuid::Uuid;

/// The environments, by name; the plans go from one to the next.
pub const PLACES: [&str; 4] = ["Development", "Quality", "Acceptance", "Production"];
/// How many applications there are: each is named by [`application_name`].
pub const APPLICATIONS: u32 = 400;
/// How many people there are, with the logins `person0` and so on.
pub const PEOPLE: u32 = 40;
/// When the first plan was made; each later one follows after [`APART`].
pub const BEGIN: i64 = 1_600_000_000_000;
/// Milliseconds from one plan to the next.
pub const APART: i64 = 1_800_000;

const WORDS: [&str; 8] = [
    "Motor",
    "Claims",
    "Policy",
    "Fraud",
    "Rating",
    "Customers",
    "Documents",
    "Payments",
];
const NOTES: [&str; 5] = [
    "",
    "Asked for by the claims desk; nobody needs to be told.",
    "Release of the month, see the list of changes for what is in it and who tested it.",
    "Brings the correction of the rounding of premiums.",
    "At night.",
];
/// What the plans that wait for a person wait for, in turn.
const WAITS: [&str; 3] = [
    "prepared",
    "needs_configuration_or_confirmation",
    "deployment_suspended",
];
/// Plans of one transaction.
const AT_ONCE: u32 = 500;

/// The name of an application.
pub fn application_name(number: u32) -> String {
    format!("{} Desk {number:03}", WORDS[number as usize % WORDS.len()])
}

fn id(kind: u128, number: u32) -> Uuid {
    Uuid::from_u128(0x0197_c000_0000_7000_8000_0000_0000_0000 + (kind << 32) + u128::from(number))
}

/// Makes the environments, people and applications, and the plans from number `from` up to `to`.
pub async fn fill_plans(store: &Store, from: u32, to: u32) {
    if from <= 1 {
        let made: Result<(), StoreError> = store.write(async |tx| world(tx).await).await;
        made.expect("the database takes it");
    }
    for begin in (from..=to).step_by(AT_ONCE as usize) {
        let made: Result<(), StoreError> = store
            .write(async |tx| {
                for number in begin..=to.min(begin + AT_ONCE - 1) {
                    put(tx, number).await?;
                    counters::raise(tx, counters::PLAN_NUMBER).await?;
                }
                Ok(())
            })
            .await;
        made.expect("the database takes it");
    }
}

async fn world(tx: &crate::DatabaseTransaction) -> Result<(), StoreError> {
    for (number, name) in (0..).zip(PLACES) {
        let row = rows::environment(id(1, number), name, i64::from(number));
        environments::insert(tx, row).await?;
    }
    for number in 0..PEOPLE {
        let row = user::ActiveModel {
            name: Set(format!("Person Number{number:02}")),
            standing: Set("operator".to_owned()),
            ..rows::user(id(2, number), &format!("person{number}"))
        };
        people::insert_user(tx, row).await?;
    }
    for number in 0..APPLICATIONS {
        let name = application_name(number);
        let row = application::Model {
            id: id(3, number),
            name_folded: domain::name::fold(&name),
            name,
            description: String::new(),
            kind: "service".to_owned(),
            modules: 1,
            created: 1,
            changed: 1,
        };
        catalog::put_application(tx, row).await?;
    }
    Ok(())
}

async fn put(tx: &crate::DatabaseTransaction, number: u32) -> Result<(), StoreError> {
    let row = row(number);
    let operations: Vec<plan_operation::Model> = (0..=number % 3)
        .map(|position| plan_operation::Model {
            plan_id: row.id,
            application_id: id(3, (number.wrapping_mul(7) + position) % APPLICATIONS),
            plan_number: row.number,
            position: i64::from(position),
            choice: "deploy".to_owned(),
            version_id: None,
            number: Some(format!("{}.{}", number / 5_000 + 1, number / 50 % 100)),
            description: String::new(),
            from_number: None,
            modules: None,
        })
        .collect();
    let plan = row.id;
    plans::insert(tx, row).await?;
    plans::replace_content(tx, plan, &operations, &[]).await?;
    plans::refresh_search(tx, plan).await
}

/// Most plans went well; some did not, few wait.
fn row(number: u32) -> plan::Model {
    let status = match number % 1_000 {
        0 => "draft",
        1..=4 => "saved",
        5 => "needs_intervention",
        6..=85 => "aborted",
        86..=125 => "finished_with_warnings",
        126..=140 => "finished_with_errors",
        _ => "finished_successful",
    };
    let began = !matches!(status, "draft" | "saved");
    let ended = status.starts_with("finished");
    let created = BEGIN + i64::from(number) * APART;
    let person = |turn: u32| Some(id(2, (number / 3 + turn) % PEOPLE));
    let from = number % 3;
    plan::Model {
        status: status.to_owned(),
        intervention: (status == "needs_intervention").then(|| {
            let turn = number as usize / 1_000 % WAITS.len();
            WAITS[turn].to_owned()
        }),
        kind: if number.is_multiple_of(97) {
            "rollback"
        } else {
            "ordinary"
        }
        .to_owned(),
        name: format!(
            "{} to {}",
            application_name(number.wrapping_mul(7) % APPLICATIONS),
            PLACES[from as usize + 1]
        ),
        saved_revision: Some(1),
        created_by: person(0),
        saved: Some(created + 60_000),
        saved_by: person(0),
        started: began.then_some(created + 120_000),
        started_by: person(1).filter(|_| began),
        aborted: (status == "aborted").then_some(created + 180_000),
        aborted_by: person(2).filter(|_| status == "aborted"),
        finished: ended.then_some(created + 600_000),
        synchronized: ended.then_some(created + 601_000),
        warnings: i64::from(number.is_multiple_of(60)),
        notes: NOTES[number as usize % NOTES.len()].to_owned(),
        ..plans::fresh(
            id(4, number),
            i64::from(number),
            (id(1, from), id(1, from + 1)),
            created,
        )
    }
}

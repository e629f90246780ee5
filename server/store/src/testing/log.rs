//! A run with a very long log, for measuring.

use crate::entity::plans::{plan, run};
use crate::executions::{NewLine, append_log};
use crate::{Store, StoreError};
use sea_orm::{EntityTrait, IntoActiveModel};
use uuid::Uuid;

/// Lines of one transaction.
const AT_ONCE: u32 = 10_000;

/// What the line with this number says; `needle` stands in the first and the last one only.
fn text(number: u32, lines: u32) -> String {
    let needle = if number == 1 || number == lines {
        ", needle"
    } else {
        ""
    };
    format!("Module Orders{number:07} was staged and verified in 12 ms, 4 files, 41 kB{needle}")
}

/// Gives a finished plan so many lines of log, and a run if it has none.
pub async fn fill_log(store: &Store, plan_number: u64, lines: u32) {
    let plan = crate::plans::find_by_number(store.read(), plan_number).await;
    let plan = plan
        .expect("the database answers")
        .expect("there is such a plan");
    let begin = plan.started.unwrap_or(plan.created);
    let known = crate::executions::find_plan_run(store.read(), plan.id).await;
    let id = match known.expect("the database answers") {
        Some(run) => run.id,
        None => put_run(store, &plan, begin).await,
    };
    for first in (1..=lines).step_by(AT_ONCE as usize) {
        let part = (first..=lines.min(first + AT_ONCE - 1))
            .map(|number| NewLine {
                at: begin + i64::from(number),
                kind: if number % 1_000 == 0 {
                    "warning"
                } else {
                    "info"
                },
                module: Some(format!("Orders{number:07}")),
                text: text(number, lines),
            })
            .collect();
        let made: Result<i64, StoreError> =
            store.write(async |tx| append_log(tx, id, part).await).await;
        made.expect("the database takes it");
    }
}

async fn put_run(store: &Store, plan: &plan::Model, begin: i64) -> Uuid {
    let id = Uuid::from_u128(plan.id.as_u128() ^ (1 << 64));
    let row = run::Model {
        id,
        kind: "plan".to_owned(),
        plan_id: Some(plan.id),
        environment_id: plan.target_id,
        name: plan.name.clone(),
        stage: "successful".to_owned(),
        two_stage: false,
        continued: false,
        overridden: false,
        stop_requested: None,
        stop_by: None,
        stop_reason: None,
        continue_requested: None,
        actor_id: None,
        actor_name: "Ada Quill".to_owned(),
        created: begin,
        ended: plan.finished.or(Some(begin + 1)),
        last_log: 0,
        outcome: None,
        edges: "[]".to_owned(),
        publishes: None,
    };
    let made: Result<(), StoreError> = store
        .write(async |tx| {
            run::Entity::insert(row.into_active_model())
                .exec_without_returning(tx)
                .await?;
            Ok(())
        })
        .await;
    made.expect("the database takes it");
    id
}

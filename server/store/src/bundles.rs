//! Which bundles the blob store holds, and which of them are needed.

use crate::entity::catalog::{
    bundle, module_version, running_module, running_module_change, version_module,
};
use crate::entity::plans::{plan, run, run_module};
use crate::error::StoreResult;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use std::collections::BTreeSet;

/// The most values bound in one statement.
const CHUNK: usize = 400;

/// Notes a bundle that is there and will be needed. Noting it again is no error: it counts as
/// needed anew.
pub async fn insert(
    connection: &impl ConnectionTrait,
    digest: &str,
    size: i64,
    now: i64,
) -> StoreResult<()> {
    let row = bundle::ActiveModel {
        digest: Set(digest.to_owned()),
        size: Set(size),
        created: Set(now),
        unneeded_since: Set(None),
    };
    bundle::Entity::insert(row)
        .on_conflict(
            OnConflict::column(bundle::Column::Digest)
                .update_column(bundle::Column::UnneededSince)
                .to_owned(),
        )
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// A bundle, if it is known.
pub async fn find(
    connection: &impl ConnectionTrait,
    digest: &str,
) -> StoreResult<Option<bundle::Model>> {
    Ok(bundle::Entity::find_by_id(digest.to_owned())
        .one(connection)
        .await?)
}

/// Which of these bundles are there.
pub async fn list_there(
    connection: &impl ConnectionTrait,
    digests: &BTreeSet<String>,
) -> StoreResult<BTreeSet<String>> {
    let digests: Vec<&String> = digests.iter().collect();
    let mut there = BTreeSet::new();
    for chunk in digests.chunks(CHUNK) {
        let found: Vec<String> = bundle::Entity::find()
            .select_only()
            .column(bundle::Column::Digest)
            .filter(bundle::Column::Digest.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        there.extend(found);
    }
    Ok(there)
}

/// Says that these bundles are needed from now on, in the transaction that makes use of them:
/// what removes bundles waits for it, and lets them be. How many of them are there.
pub async fn keep(connection: &impl ConnectionTrait, digests: &[String]) -> StoreResult<u64> {
    let mut there = 0;
    for chunk in digests.chunks(CHUNK) {
        there += bundle::Entity::update_many()
            .col_expr(
                bundle::Column::UnneededSince,
                Expr::value(Option::<i64>::None),
            )
            .filter(bundle::Column::Digest.is_in(chunk.iter().cloned()))
            .exec(connection)
            .await?
            .rows_affected;
    }
    Ok(there)
}

/// The published states whose bundles must be there, with what is linked into them (JSON): what is
/// tagged, what runs anywhere, and what a run that is not over brings.
pub async fn list_needed(connection: &impl ConnectionTrait) -> StoreResult<Vec<(String, String)>> {
    let tagged = Query::select()
        .column(version_module::Column::ModuleVersionId)
        .from(version_module::Entity)
        .take();
    let running = Query::select()
        .column(running_module::Column::ModuleVersionId)
        .from(running_module::Entity)
        .take();
    let id = module_version::Column::Id;
    let any = Condition::any()
        .add(id.in_subquery(tagged))
        .add(id.in_subquery(running))
        .add(id.in_subquery(brought()));
    list_states(connection, any).await
}

/// The published states that plans replaced in their targets which finished at `since` or later or
/// are not over, as [`list_needed`] gives them.
pub async fn list_replaced(
    connection: &impl ConnectionTrait,
    since: i64,
) -> StoreResult<Vec<(String, String)>> {
    let of = Condition::all().add(module_version::Column::Id.in_subquery(replaced(since)));
    list_states(connection, of).await
}

async fn list_states(
    connection: &impl ConnectionTrait,
    which: Condition,
) -> StoreResult<Vec<(String, String)>> {
    Ok(module_version::Entity::find()
        .select_only()
        .column(module_version::Column::Digest)
        .column(module_version::Column::Links)
        .filter(which)
        .distinct()
        .into_tuple()
        .all(connection)
        .await?)
}

/// The states that open runs bring.
fn brought() -> SelectStatement {
    let open = Query::select()
        .column(run::Column::Id)
        .from(run::Entity)
        .and_where(run::Column::Ended.is_null())
        .take();
    Query::select()
        .column(run_module::Column::ModuleVersionId)
        .from(run_module::Entity)
        .and_where(run_module::Column::RunId.in_subquery(open))
        .and_where(run_module::Column::ModuleVersionId.is_not_null())
        .take()
}

/// The states that plans replaced or removed which finished at `since` or later, whichever way, or
/// are not over and may put them back: of each module of their runs what their target had of it right
/// before.
fn replaced(since: i64) -> SelectStatement {
    use running_module_change::Column;
    let former = |column: Column| Expr::col(("former", column));
    let before = Query::select()
        .column(("former", Column::ModuleVersionId))
        .from_as(running_module_change::Entity, "former")
        .and_where(former(Column::EnvironmentId).equals((run::Entity, run::Column::EnvironmentId)))
        .and_where(
            former(Column::ModuleId).equals((run_module::Entity, run_module::Column::ModuleId)),
        )
        .and_where(former(Column::At).lt(Expr::col((plan::Entity, plan::Column::Started))))
        .order_by(("former", Column::Sequence), Order::Desc)
        .limit(1)
        .take();
    Query::select()
        .expr(Expr::SubQuery(None, Box::new(before.into())))
        .from(plan::Entity)
        .inner_join(
            run::Entity,
            Expr::col((run::Entity, run::Column::PlanId)).equals((plan::Entity, plan::Column::Id)),
        )
        .inner_join(
            run_module::Entity,
            Expr::col((run_module::Entity, run_module::Column::RunId))
                .equals((run::Entity, run::Column::Id)),
        )
        .cond_where(
            Condition::any()
                .add(Expr::col((run::Entity, run::Column::Ended)).is_null())
                .add(
                    Condition::all()
                        .add(Expr::col((plan::Entity, plan::Column::Finished)).gte(since))
                        .add(Expr::col((plan::Entity, plan::Column::Status)).is_in([
                            "finished_successful",
                            "finished_with_warnings",
                            "finished_with_errors",
                        ])),
                ),
        )
        .take()
}

/// All bundles that are noted, with the time since when they are known to be unneeded.
pub async fn list(connection: &impl ConnectionTrait) -> StoreResult<Vec<(String, Option<i64>)>> {
    Ok(bundle::Entity::find()
        .select_only()
        .column(bundle::Column::Digest)
        .column(bundle::Column::UnneededSince)
        .order_by_asc(bundle::Column::Digest)
        .into_tuple()
        .all(connection)
        .await?)
}

/// Notes that nothing needs these bundles.
pub async fn set_unneeded(
    connection: &impl ConnectionTrait,
    digests: &[String],
    now: i64,
) -> StoreResult<()> {
    for chunk in digests.chunks(CHUNK) {
        bundle::Entity::update_many()
            .col_expr(bundle::Column::UnneededSince, Expr::value(now))
            .filter(bundle::Column::Digest.is_in(chunk.iter().cloned()))
            .filter(bundle::Column::UnneededSince.is_null())
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// Forgets a bundle if it was unneeded before `before` and still is; whether it was.
pub async fn forget(
    connection: &impl ConnectionTrait,
    digest: &str,
    before: i64,
) -> StoreResult<bool> {
    let done = bundle::Entity::delete_many()
        .filter(bundle::Column::Digest.eq(digest))
        .filter(bundle::Column::UnneededSince.lt(before))
        .exec(connection)
        .await?;
    Ok(done.rows_affected == 1)
}

//! Leases: which process walks a run. Measured by the database's clock, so that clocks apart do
//! no harm; the epoch grows with each change of hands and is checked at each write.

use crate::entity::plans::{lease, run};
use crate::{Store, StoreResult};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use uuid::Uuid;

/// A run that is ours from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub run: Uuid,
    /// The epoch of this hold.
    pub epoch: i64,
}

/// Takes the runs that nobody holds: never held, or the lease is over. With `all`, also those that
/// somebody else holds (SQLite: there is one process, so whoever held them is dead). Runs that
/// `owner` holds already are not among the answer.
pub async fn claim(
    store: &Store,
    connection: &impl ConnectionTrait,
    owner: &str,
    milliseconds: i64,
    all: bool,
) -> StoreResult<Vec<Claim>> {
    let now = store.now(connection).await?;
    let mut free = Condition::any()
        .add(lease::Column::RunId.is_null())
        .add(lease::Column::Expires.lt(now));
    if all {
        free = free.add(lease::Column::Owner.ne(owner));
    }
    let rows: Vec<(Uuid, Option<i64>)> = run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .column(lease::Column::Epoch)
        .join(
            JoinType::LeftJoin,
            run::Entity::belongs_to(lease::Entity)
                .from(run::Column::Id)
                .to(lease::Column::RunId)
                .into(),
        )
        .filter(run::Column::Ended.is_null())
        .filter(free)
        .order_by_asc(run::Column::Created)
        .into_tuple()
        .all(connection)
        .await?;
    let mut claims = Vec::new();
    for (run, epoch) in rows {
        let next = epoch.unwrap_or(0) + 1;
        let taken = match epoch {
            // The row says which epoch we saw: of two who take it, one finds it changed.
            Some(seen) => {
                lease::Entity::update_many()
                    .col_expr(lease::Column::Owner, Expr::value(owner))
                    .col_expr(lease::Column::Epoch, Expr::value(next))
                    .col_expr(lease::Column::Expires, Expr::value(now + milliseconds))
                    .filter(lease::Column::RunId.eq(run))
                    .filter(lease::Column::Epoch.eq(seen))
                    .exec(connection)
                    .await?
                    .rows_affected
            }
            None => {
                lease::Entity::insert(lease::ActiveModel {
                    run_id: Set(run),
                    owner: Set(owner.to_owned()),
                    epoch: Set(next),
                    expires: Set(now + milliseconds),
                })
                .on_conflict(
                    OnConflict::column(lease::Column::RunId)
                        .do_nothing()
                        .to_owned(),
                )
                .exec_without_returning(connection)
                .await?
            }
        };
        if taken == 1 {
            claims.push(Claim { run, epoch: next });
        }
    }
    Ok(claims)
}

/// Makes sure that the run is still ours and holds it on; `false` when somebody else took it, and
/// then nothing may be written. In a transaction this also keeps others from taking it meanwhile.
pub async fn hold(
    store: &Store,
    connection: &impl ConnectionTrait,
    claim: Claim,
    milliseconds: i64,
) -> StoreResult<bool> {
    let now = store.now(connection).await?;
    let held = lease::Entity::update_many()
        .col_expr(lease::Column::Expires, Expr::value(now + milliseconds))
        .filter(lease::Column::RunId.eq(claim.run))
        .filter(lease::Column::Epoch.eq(claim.epoch))
        .exec(connection)
        .await?;
    Ok(held.rows_affected == 1)
}

/// Gives a run back, so that another process need not wait.
pub async fn release(connection: &impl ConnectionTrait, claim: Claim) -> StoreResult<()> {
    lease::Entity::update_many()
        .col_expr(lease::Column::Expires, Expr::value(0_i64))
        .filter(lease::Column::RunId.eq(claim.run))
        .filter(lease::Column::Epoch.eq(claim.epoch))
        .exec(connection)
        .await?;
    Ok(())
}

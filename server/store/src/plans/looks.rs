//! What was looked at for a plan, and what has changed since. Places in the order of
//! `running_module_history` and not times say what came later: they do not hang on clocks.

use super::CHUNK;
use crate::StoreResult;
use crate::entity::catalog::{application, running, running_module_change, version};
use crate::entity::plans::plan_look;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    JoinType, Order, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// When something was looked at: the last change of what runs by then, and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The last row of the history of modules.
    pub sequence: i64,
    /// In milliseconds since 1970.
    pub at: i64,
}

/// The last change of what any environment runs; 0 before the first.
pub async fn newest_change(connection: &impl ConnectionTrait) -> StoreResult<i64> {
    Ok(running_module_change::Entity::find()
        .select_only()
        .expr(running_module_change::Column::Sequence.max())
        .into_tuple::<Option<i64>>()
        .one(connection)
        .await?
        .flatten()
        .unwrap_or(0))
}

/// Keeps that these subjects were looked at for a plan.
pub async fn put_looks(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    subjects: &[Uuid],
    look: Look,
) -> StoreResult<()> {
    for chunk in subjects.chunks(CHUNK) {
        let rows = chunk.iter().map(|subject| {
            plan_look::Model {
                plan_id: plan,
                subject_id: *subject,
                sequence: look.sequence,
                at: look.at,
            }
            .into_active_model()
        });
        plan_look::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([plan_look::Column::PlanId, plan_look::Column::SubjectId])
                    .update_columns([plan_look::Column::Sequence, plan_look::Column::At])
                    .to_owned(),
            )
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Forgets what was looked at for a plan.
pub async fn drop_looks(connection: &impl ConnectionTrait, plan: Uuid) -> StoreResult<()> {
    plan_look::Entity::delete_many()
        .filter(plan_look::Column::PlanId.eq(plan))
        .exec(connection)
        .await?;
    Ok(())
}

/// What was looked at for a plan, by subject.
pub async fn list_looks(
    connection: &impl ConnectionTrait,
    plan: Uuid,
) -> StoreResult<BTreeMap<Uuid, Look>> {
    let rows = plan_look::Entity::find()
        .filter(plan_look::Column::PlanId.eq(plan))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let look = Look {
                sequence: row.sequence,
                at: row.at,
            };
            (row.subject_id, look)
        })
        .collect())
}

/// An application that runs otherwise than when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct ChangedApplication {
    /// Which.
    pub application_id: Uuid,
    /// Its name.
    pub name: String,
    /// How many of its modules were published, moved or removed.
    pub modules: i64,
    /// The last of these changes.
    pub at: i64,
    /// Who changed the application last, if that was a person.
    pub changed_by: Option<Uuid>,
}

/// What an environment runs otherwise than by `since`, the last change first: at most `limit`
/// applications. `only` names the applications that count, each with what was seen of it; without
/// it all count. A module that moves from one application to another changes both.
pub async fn changed_applications(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    since: i64,
    only: Option<&BTreeMap<Uuid, i64>>,
    limit: u64,
) -> StoreResult<Vec<ChangedApplication>> {
    const PLACES: &str = "places";
    let of = |column: &'static str| Expr::col((PLACES, column));
    let mut later = Condition::any();
    let mut least = since;
    match only {
        None => later = later.add(of("sequence").gt(since)),
        Some(seen) => {
            // Most were looked at together.
            let mut together: BTreeMap<i64, Vec<Uuid>> = BTreeMap::new();
            for (application, sequence) in seen {
                together.entry(*sequence).or_default().push(*application);
            }
            let Some((first, _)) = together.first_key_value() else {
                return Ok(Vec::new());
            };
            least = *first;
            for (sequence, applications) in together {
                later = later.add(
                    Condition::all()
                        .add(of("sequence").gt(sequence))
                        .add(of("application_id").is_in(applications)),
                );
            }
        }
    }
    let mut places = whose(environment, least, Whose::Now);
    places.union(UnionType::All, whose(environment, least, Whose::Before));
    let mut query = Query::select();
    query
        .expr_as(of("application_id"), "application_id")
        .column((application::Entity, application::Column::Name))
        .column((running::Entity, running::Column::ChangedBy))
        .expr_as(of("module_id").count_distinct(), "modules")
        .expr_as(of("at").max(), "at")
        .from_subquery(places, PLACES)
        .join(
            JoinType::InnerJoin,
            application::Entity,
            Expr::col((application::Entity, application::Column::Id))
                .equals((PLACES, "application_id")),
        )
        .join(
            JoinType::LeftJoin,
            running::Entity,
            Condition::all()
                .add(
                    Expr::col((running::Entity, running::Column::ApplicationId))
                        .equals((PLACES, "application_id")),
                )
                .add(Expr::col((running::Entity, running::Column::EnvironmentId)).eq(environment)),
        )
        .cond_where(later)
        .add_group_by([
            of("application_id"),
            Expr::col((application::Entity, application::Column::Name)),
            Expr::col((running::Entity, running::Column::ChangedBy)),
        ])
        .order_by_expr(of("sequence").max(), Order::Desc)
        .limit(limit);
    let rows = connection.query_all(&query).await?;
    let rows: Result<_, _> = rows
        .iter()
        .map(|row| ChangedApplication::from_query_result(row, ""))
        .collect();
    Ok(rows?)
}

/// Which application of a changed module is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// That which has it since then.
    Now,
    /// That which had it until then.
    Before,
}

/// The changes of what an environment runs after the one with the number `least`, each with the
/// application of its module, if it has (or had) one.
fn whose(environment: Uuid, least: i64, whose: Whose) -> SelectStatement {
    use running_module_change::{Column, Entity};
    let of = |column: Column| Expr::col(("change", column));
    let application = match whose {
        Whose::Now => of(Column::ApplicationId),
        Whose::Before => {
            let last = |column: Column| Expr::col(("last", column));
            let mut before = Query::select();
            before
                .column(("last", Column::ApplicationId))
                .from_as(Entity, "last")
                .and_where(last(Column::EnvironmentId).eq(environment))
                .and_where(last(Column::ModuleId).equals(("change", Column::ModuleId)))
                .and_where(last(Column::Sequence).lt(of(Column::Sequence)))
                .order_by(("last", Column::Sequence), Order::Desc)
                .limit(1);
            Expr::SubQuery(None, Box::new(before.into()))
        }
    };
    let mut changes = Query::select();
    changes
        .columns([Column::ModuleId, Column::Sequence, Column::At].map(|column| ("change", column)))
        .expr_as(application, "application_id")
        .from_as(Entity, "change")
        .and_where(of(Column::EnvironmentId).eq(environment))
        .and_where(of(Column::Sequence).gt(least));
    changes
}

/// A tag that was made after its application was looked at.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct NewTag {
    /// Its application.
    pub application_id: Uuid,
    /// The application's name.
    pub name: String,
    /// Its number.
    pub number: String,
    /// When it was made.
    pub created: i64,
}

/// The tags of these applications made in one of the environments after `since`, the newest first:
/// at most `limit`.
pub async fn tags_since(
    connection: &impl ConnectionTrait,
    environments: &[Uuid],
    applications: &[Uuid],
    since: i64,
    limit: u64,
) -> StoreResult<Vec<NewTag>> {
    Ok(version::Entity::find()
        .select_only()
        .columns([
            version::Column::ApplicationId,
            version::Column::Number,
            version::Column::Created,
        ])
        .column(application::Column::Name)
        .join(
            JoinType::InnerJoin,
            version::Entity::belongs_to(application::Entity)
                .from(version::Column::ApplicationId)
                .to(application::Column::Id)
                .into(),
        )
        .filter(version::Column::ApplicationId.is_in(applications.iter().copied()))
        .filter(version::Column::EnvironmentId.is_in(environments.iter().copied()))
        .filter(version::Column::Created.gt(since))
        .order_by_desc(version::Column::Created)
        .limit(limit)
        .into_model::<NewTag>()
        .all(connection)
        .await?)
}

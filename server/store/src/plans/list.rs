//! The list of plans: filtered, sorted and cut by the database; a page is a fixed number of
//! queries, however many rows it has.

use crate::StoreResult;
use crate::entity::catalog::application;
use crate::entity::plans::{plan, plan_operation};
use crate::executions::pattern;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

/// Which plans. Drafts are never in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanQuery {
    /// Text in the plan's search column, folded; every word must be there.
    pub text: String,
    /// Only these statuses; empty means all.
    pub statuses: Vec<&'static str>,
    /// Only this source.
    pub source: Option<Uuid>,
    /// Only this target.
    pub target: Option<Uuid>,
    /// Only plans with this application.
    pub application: Option<Uuid>,
}

fn select(query: &PlanQuery) -> Select<plan::Entity> {
    let mut all = Condition::all().add(plan::Column::Status.ne("draft"));
    if !query.statuses.is_empty() {
        all = all.add(plan::Column::Status.is_in(query.statuses.iter().copied()));
    }
    if let Some(source) = query.source {
        all = all.add(plan::Column::SourceId.eq(source));
    }
    if let Some(target) = query.target {
        all = all.add(plan::Column::TargetId.eq(target));
    }
    for word in query.text.split_whitespace() {
        // `#1853` and `1853` find the plan with that number.
        let number = word.trim_start_matches('#').parse::<i64>().ok();
        let mut any = Condition::any().add(
            Expr::col((plan::Entity, plan::Column::Search))
                .like(LikeExpr::new(pattern(word)).escape('\\')),
        );
        if let Some(number) = number {
            any = any.add(plan::Column::Number.eq(number));
        }
        all = all.add(any);
    }
    if let Some(application) = query.application {
        let with = Query::select()
            .column(plan_operation::Column::PlanId)
            .from(plan_operation::Entity)
            .and_where(Expr::col(plan_operation::Column::ApplicationId).eq(application))
            .take();
        all = all.add(plan::Column::Id.in_subquery(with));
    }
    plan::Entity::find().filter(all)
}

/// A part of the list, newest first.
pub async fn list_plans(
    connection: &impl ConnectionTrait,
    query: &PlanQuery,
    offset: u64,
    limit: u64,
) -> StoreResult<Vec<plan::Model>> {
    Ok(select(query)
        .order_by_desc(plan::Column::Number)
        .offset(offset)
        .limit(limit)
        .all(connection)
        .await?)
}

/// How many plans match, counted up to `cap`.
pub async fn count_plans(
    connection: &impl ConnectionTrait,
    query: &PlanQuery,
    cap: u64,
) -> StoreResult<u64> {
    Ok(select(query)
        .select_only()
        .column(plan::Column::Id)
        .limit(cap)
        .count(connection)
        .await?)
}

/// An operation with its application's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    /// The plan.
    pub plan: Uuid,
    /// The application's name.
    pub application: String,
    /// `nothing`, `deploy` or `tag_and_deploy`.
    pub choice: String,
    /// The number it gets.
    pub number: Option<String>,
}

/// The operations of several plans, by plan and position.
pub async fn list_operation_rows(
    connection: &impl ConnectionTrait,
    plans: &[Uuid],
) -> StoreResult<Vec<OperationRow>> {
    let rows: Vec<(Uuid, String, String, Option<String>)> = plan_operation::Entity::find()
        .select_only()
        .column(plan_operation::Column::PlanId)
        .column(application::Column::Name)
        .column(plan_operation::Column::Choice)
        .column(plan_operation::Column::Number)
        .join(
            JoinType::InnerJoin,
            plan_operation::Entity::belongs_to(application::Entity)
                .from(plan_operation::Column::ApplicationId)
                .to(application::Column::Id)
                .into(),
        )
        .filter(plan_operation::Column::PlanId.is_in(plans.iter().copied()))
        .order_by_asc(plan_operation::Column::PlanId)
        .order_by_asc(plan_operation::Column::Position)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(plan, application, choice, number)| OperationRow {
            plan,
            application,
            choice,
            number,
        })
        .collect())
}

//! The list of plans: filtered, sorted and cut by the database; a page is a bounded number of
//! queries, however many rows it has.

use super::roads::Road;
use super::shelves::Shelves;
use super::sorted::{Ordered, Sort};
use super::walk::Walk;
use crate::StoreResult;
use crate::entity::catalog::application;
use crate::entity::people::user;
use crate::entity::plans::{plan, plan_operation};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Which plans, in which order. Drafts are never in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanQuery {
    /// Words that must all be in the plan's text.
    pub text: String,
    /// Only these statuses; empty, with `waits`, means all.
    pub statuses: Vec<&'static str>,
    /// Besides, plans that need intervention for one of these reasons.
    pub waits: Vec<&'static str>,
    /// Only this source.
    pub source: Option<Uuid>,
    /// Only this target.
    pub target: Option<Uuid>,
    /// Only plans with this application.
    pub application: Option<Uuid>,
    /// Only plans that bring (the application in) one of these version numbers; empty means any.
    pub numbers: Vec<String>,
    /// Only plans that this person created, saved, queued, started, continued or aborted.
    pub person: Option<Uuid>,
    /// When it was created.
    pub created: Span,
    /// When it was started.
    pub started: Span,
    /// When it was finished.
    pub finished: Span,
    /// Only plans with, or without, warnings.
    pub warnings: Option<bool>,
    /// Only this kind.
    pub kind: Option<&'static str>,
    /// The lowest number first.
    pub oldest_first: bool,
    /// Another order than that of numbers.
    pub sort: Option<Sort>,
    /// As they stand. Of the whole list only: nothing else is asked then.
    pub shelves: Option<Shelves>,
    /// How far ways are tried; tests take it smaller.
    pub reach: Reach,
    /// The way that was found with [`find_way`]; without it each part looks for one.
    pub way: Option<Way>,
}

/// The filter whose index leads to the plans of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way(pub(super) Option<Road>);

/// The way to the plans of a query, for all that is read of it.
pub async fn find_way(connection: &impl ConnectionTrait, query: &PlanQuery) -> StoreResult<Way> {
    let walk = Walk {
        query,
        down: true,
        beyond: None,
    };
    Ok(Way(walk.choose(connection).await?))
}

/// How far the ways to a page are tried before one is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Filters are compared by so many of the newest plans that each leaves.
    pub compared: u64,
    /// So many of the next plans are looked at before a span of time is read as a whole.
    pub window: u64,
    /// So many of the next plans of another order are looked at before all that the filters leave
    /// is put in order; fewer are put in order at once.
    pub ordered: u64,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            compared: 500,
            window: 1_000,
            ordered: 2_500,
        }
    }
}

/// From the first moment on and before the second; open where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first moment.
    pub from: Option<i64>,
    /// The moment after the last one.
    pub until: Option<i64>,
}

impl Span {
    /// Whether it holds every moment.
    pub(super) fn is_open(self) -> bool {
        self == Self::default()
    }
}

/// Where a part of the list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// At the beginning.
    Start,
    /// With what follows this number in the list's order.
    After(i64),
    /// With what comes right before it.
    Before(i64),
}

/// The numbers of a part of the list, in its order.
pub async fn list_plan_numbers(
    connection: &impl ConnectionTrait,
    query: &PlanQuery,
    cut: Cut,
    limit: u64,
) -> StoreResult<Vec<i64>> {
    if let Some(shelves) = &query.shelves {
        return shelves.numbers(connection, cut, limit).await;
    }
    if let Some(sort) = query.sort {
        let ordered = Ordered {
            query,
            sort,
            besides: Condition::all(),
        };
        return ordered.numbers(connection, cut, limit).await;
    }
    let backwards = matches!(cut, Cut::Before(_));
    let walk = Walk {
        query,
        down: query.oldest_first == backwards,
        beyond: match cut {
            Cut::Start => None,
            Cut::After(number) | Cut::Before(number) => Some(number),
        },
    };
    let mut numbers = walk.numbers(connection, limit).await?;
    if backwards {
        numbers.reverse();
    }
    Ok(numbers)
}

/// A part of the list.
pub async fn list_plans(
    connection: &impl ConnectionTrait,
    query: &PlanQuery,
    cut: Cut,
    limit: u64,
) -> StoreResult<Vec<plan::Model>> {
    let numbers = list_plan_numbers(connection, query, cut, limit).await?;
    rows_of(connection, &numbers).await
}

/// The plans with these numbers, in their order.
async fn rows_of(
    connection: &impl ConnectionTrait,
    numbers: &[i64],
) -> StoreResult<Vec<plan::Model>> {
    let mut rows: BTreeMap<i64, plan::Model> = plan::Entity::find()
        .filter(plan::Column::Number.is_in(numbers.iter().copied()))
        .all(connection)
        .await?
        .into_iter()
        .map(|row| (row.number, row))
        .collect();
    Ok(numbers
        .iter()
        .filter_map(|number| rows.remove(number))
        .collect())
}

/// The first `limit` plans of the list, and how many match, counted up to `cap`.
pub async fn list_first_plans(
    connection: &impl ConnectionTrait,
    query: &PlanQuery,
    limit: u64,
    cap: u64,
) -> StoreResult<(Vec<plan::Model>, u64)> {
    let is_one_walk = query.sort.is_none()
        && match query.way {
            // A span of time is not in the order of numbers: few are found much sooner than many.
            // A person's plans are on several stretches: of each the first few do for a page, and
            // often one of them to count.
            Some(Way(Some(road))) => road != Road::Person && road.span(query).is_none(),
            _ => false,
        };
    if !is_one_walk {
        // Both at once: who has a page full of them waits for the longer of the two only.
        let (rows, found) = futures::future::try_join(
            list_plans(connection, query, Cut::Start, limit),
            count_plans(connection, query, cap),
        )
        .await?;
        return Ok((rows, Ord::min(found, cap)));
    }
    let numbers = list_plan_numbers(connection, query, Cut::Start, Ord::max(limit, cap)).await?;
    let found = numbers.len() as u64;
    let first = Ord::min(numbers.len(), usize::try_from(limit).unwrap_or(usize::MAX));
    let rows = rows_of(connection, &numbers[..first]).await?;
    Ok((rows, Ord::min(found, cap)))
}

/// How many plans match, counted up to `cap`.
pub async fn count_plans(
    connection: &impl ConnectionTrait,
    query: &PlanQuery,
    cap: u64,
) -> StoreResult<u64> {
    let walk = Walk {
        query,
        down: true,
        beyond: None,
    };
    walk.count(connection, cap).await
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

/// Everybody who did something to a plan in the list: name and login, by name.
pub async fn list_plan_people(
    connection: &impl ConnectionTrait,
) -> StoreResult<Vec<(String, String)>> {
    let did = |column: plan::Column| {
        let mut any = Query::select();
        any.expr(Expr::value(1))
            .from(plan::Entity)
            .and_where(Expr::cust(super::roads::LISTED))
            .and_where(Expr::col((plan::Entity, column)).equals((user::Entity, user::Column::Id)));
        Expr::exists(any)
    };
    let any = Road::PEOPLE
        .into_iter()
        .fold(Condition::any(), |any, column| any.add(did(column)));
    let rows: BTreeSet<(String, String)> = user::Entity::find()
        .select_only()
        .column(user::Column::Name)
        .column(user::Column::Login)
        .filter(any)
        .into_tuple::<(String, String)>()
        .all(connection)
        .await?
        .into_iter()
        .collect();
    Ok(rows.into_iter().collect())
}

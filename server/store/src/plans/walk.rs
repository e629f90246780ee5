//! A walk along the list of plans, by the way that leads to the fewest of them.

use super::list::PlanQuery;
use super::roads::{Branch, LISTED, Road, Through, UNLISTED};
use super::search::TABLE;
use crate::StoreResult;
use crate::entity::plans::{plan, plan_operation};
use crate::open::{DatabaseKind, kind_of};
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ConnectionTrait, JoinType};
use std::collections::BTreeSet;

/// No limit at all; with one a subquery keeps its order.
const EVERY: u64 = i64::MAX.cast_unsigned();

/// A walk along the list.
pub(super) struct Walk<'a> {
    pub(super) query: &'a PlanQuery,
    /// From high numbers to low ones.
    pub(super) down: bool,
    /// The number that it begins behind.
    pub(super) beyond: Option<i64>,
}

impl Walk<'_> {
    /// The next numbers, in the order of the walk.
    pub(super) async fn numbers(
        &self,
        connection: &impl ConnectionTrait,
        limit: u64,
    ) -> StoreResult<Vec<i64>> {
        let kind = kind_of(connection);
        let Some(road) = self.choose(connection).await? else {
            let select = self.select(kind, None, &everything(), limit, true);
            return read(connection, &select).await;
        };
        if road.span(self.query).is_some() {
            if let Some(near) = self.near(connection, limit).await? {
                return Ok(near);
            }
        }
        let branches = road.branches(self.query, kind);
        let mut numbers = Vec::new();
        for branch in &branches {
            let select = self.select(kind, Some(road), branch, limit, true);
            numbers.extend(read(connection, &select).await?);
        }
        if branches.len() > 1 {
            numbers.sort_unstable();
            numbers.dedup();
            if self.down {
                numbers.reverse();
            }
            numbers.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(numbers)
    }

    /// All numbers on a stretch, in no order.
    pub(super) fn every(&self, kind: DatabaseKind, road: Road, branch: &Branch) -> SelectStatement {
        self.select(kind, Some(road), branch, EVERY, false)
    }

    /// How many there are, up to `cap`.
    pub(super) async fn count(
        &self,
        connection: &impl ConnectionTrait,
        cap: u64,
    ) -> StoreResult<u64> {
        let kind = kind_of(connection);
        let Some(road) = self.choose(connection).await? else {
            return count(
                connection,
                self.select(kind, None, &everything(), cap, false),
            )
            .await;
        };
        let branches = road.branches(self.query, kind);
        if road == Road::Person {
            // One plan may be on several stretches. Who made many plans has enough on the first one.
            let mut found = BTreeSet::new();
            for branch in &branches {
                if found.len() as u64 >= cap {
                    break;
                }
                let select = self.select(kind, Some(road), branch, cap, false);
                found.extend(read(connection, &select).await?);
            }
            return Ok(Ord::min(cap, found.len() as u64));
        }
        let mut found = 0;
        for branch in &branches {
            let left = cap - found;
            if left == 0 {
                break;
            }
            let select = self.select(kind, Some(road), branch, left, false);
            found += count(connection, select).await?;
        }
        Ok(found)
    }

    /// The filter that leads: the one that leaves the fewest plans, as far as a look at the newest
    /// of each can tell.
    pub(super) async fn choose(
        &self,
        connection: &impl ConnectionTrait,
    ) -> StoreResult<Option<Road>> {
        if let Some(way) = self.query.way {
            return Ok(way.0);
        }
        let set: Vec<Road> = Road::ALL
            .into_iter()
            .filter(|road| road.is_set(self.query))
            .collect();
        if set.len() < 2 {
            return Ok(set.first().copied());
        }
        let highest = highest(connection).await?;
        let (mut least, mut best) = (f64::INFINITY, None);
        for road in set {
            let size = self.guess(connection, road, highest).await?;
            // A text comes first and is the dearest to ask, so it gives way to its equals.
            if size <= least {
                (least, best) = (size, Some(road));
            }
            if least == 0.0 {
                break;
            }
        }
        Ok(best)
    }

    /// Whether a filter leaves more plans than this, as far as a look at its newest can tell.
    pub(super) async fn leaves_more(
        &self,
        connection: &impl ConnectionTrait,
        road: Road,
        than: u64,
    ) -> StoreResult<bool> {
        let highest = highest(connection).await?;
        let size = self.guess(connection, road, highest).await?;
        #[allow(clippy::cast_precision_loss, reason = "a guess")]
        let than = than as f64;
        Ok(size > than)
    }

    /// How many plans a filter leaves: exactly, if they are few; else by how far back its newest
    /// ones reach. Infinitely many if they do not come in the order of numbers.
    #[allow(clippy::cast_precision_loss, reason = "a guess")]
    async fn guess(
        &self,
        connection: &impl ConnectionTrait,
        road: Road,
        highest: i64,
    ) -> StoreResult<f64> {
        let kind = kind_of(connection);
        let most = self.query.reach.compared;
        let is_sorted = road.is_sorted(self.query, kind);
        let mut size = 0.0;
        for branch in road.branches(self.query, kind) {
            let number = branch.through.number();
            let mut newest = Query::select();
            from(&mut newest, branch.through);
            newest
                .expr_as(number.clone(), "number")
                .cond_where(branch.own)
                .limit(most);
            if is_sorted {
                newest.order_by_expr(number, Order::Desc);
            }
            let (found, lowest) = reach(connection, newest).await?;
            size += if found < most {
                found as f64
            } else if is_sorted {
                let passed = Ord::max(highest - lowest, 1) as f64;
                found as f64 * (highest as f64 / passed).max(1.0)
            } else {
                f64::INFINITY
            };
        }
        Ok(size)
    }

    /// The next numbers if they all lie within the next few plans, or there are no more plans than
    /// those. Spans of time have no index in the order of numbers.
    async fn near(
        &self,
        connection: &impl ConnectionTrait,
        limit: u64,
    ) -> StoreResult<Option<Vec<i64>>> {
        let kind = kind_of(connection);
        let nothing = PlanQuery::default();
        let plain = Walk {
            query: &nothing,
            ..*self
        };
        let mut far = plain.select(kind, None, &everything(), 1, true);
        far.offset(self.query.reach.window);
        let far = read(connection, &far).await?.pop();
        let mut select = self.select(kind, None, &everything(), limit, true);
        if let Some(far) = far {
            let number = Through::Plans.number();
            select.and_where(if self.down {
                number.gt(far)
            } else {
                number.lt(far)
            });
        }
        let numbers = read(connection, &select).await?;
        let is_all = far.is_none() || numbers.len() as u64 == limit;
        Ok(is_all.then_some(numbers))
    }

    /// The numbers of the plans on a stretch that fulfil every filter.
    fn select(
        &self,
        kind: DatabaseKind,
        road: Option<Road>,
        branch: &Branch,
        limit: u64,
        sorted: bool,
    ) -> SelectStatement {
        let mut select = Query::select();
        from(&mut select, branch.through);
        let number = || branch.through.number();
        select
            .expr_as(number(), "number")
            .cond_where(branch.own.clone())
            .limit(limit);
        let mut others: Vec<Road> = Road::ALL
            .into_iter()
            .filter(|other| Some(*other) != road && other.is_set(self.query))
            .collect();
        // SQLite asks in this order, and a text or another table is the dearest to ask.
        others.sort_by_key(|other| matches!(other, Road::Text | Road::Operation));
        match branch.through {
            Through::Plans => {}
            // Few are not in the list, and their numbers are at hand.
            Through::Operations if others.is_empty() => {
                let mut unlisted = Query::select();
                unlisted
                    .expr(Through::Plans.number())
                    .from(plan::Entity)
                    .and_where(Expr::cust(UNLISTED));
                select
                    .distinct()
                    .and_where(number().in_subquery(unlisted).not());
            }
            Through::Operations => {
                select
                    .distinct()
                    .join(
                        JoinType::InnerJoin,
                        plan::Entity,
                        Through::Plans.number().eq(number()),
                    )
                    .and_where(Expr::cust(LISTED));
            }
            // Only plans of the list are in SQLite's table of texts.
            Through::Search if others.is_empty() => {}
            // In this order, whatever SQLite thinks of it: the texts that are found come sorted.
            Through::Search => {
                select
                    .cross_join(plan::Entity)
                    .and_where(Through::Plans.number().eq(number()));
            }
        }
        for other in others {
            select.cond_where(other.condition(self.query, kind == DatabaseKind::Sqlite));
        }
        if let Some(beyond) = self.beyond {
            select.and_where(if self.down {
                number().lt(beyond)
            } else {
                number().gt(beyond)
            });
        }
        if !sorted {
            return select;
        }
        let order = if self.down { Order::Desc } else { Order::Asc };
        let Some((time, _)) = road.and_then(|road| road.span(self.query)) else {
            select.order_by_expr(number(), order);
            return select;
        };
        // A span is read as a whole. Times rise with numbers more or less, so that, read from the
        // right end, what sorts it has its rows soon and passes over the rest.
        select
            .order_by((plan::Entity, time), order.clone())
            .limit(EVERY);
        let mut sorted = Query::select();
        sorted
            .column("number")
            .from_subquery(select, "span")
            .order_by("number", order)
            .limit(limit);
        sorted
    }
}

/// The numbers that any of these leads to, each once.
pub(super) fn either(selects: impl Iterator<Item = SelectStatement>) -> Option<SelectStatement> {
    // A part of a union has no limit of its own.
    let whole = |select| {
        let mut whole = Query::select();
        whole.column("number").from_subquery(select, "stretch");
        whole
    };
    let mut parts = selects.map(whole);
    let mut all = parts.next()?;
    for part in parts {
        all.union(UnionType::Distinct, part);
    }
    Some(all)
}

/// The whole list.
fn everything() -> Branch {
    Branch {
        through: Through::Plans,
        own: Condition::all().add(Expr::cust(LISTED)),
    }
}

fn from(select: &mut SelectStatement, through: Through) {
    match through {
        Through::Plans => select.from(plan::Entity),
        Through::Operations => select.from(plan_operation::Entity),
        Through::Search => select.from(TABLE),
    };
}

pub(super) async fn read(
    connection: &impl ConnectionTrait,
    select: &SelectStatement,
) -> StoreResult<Vec<i64>> {
    let rows = connection.query_all(select).await?;
    let numbers: Result<Vec<i64>, _> = rows.iter().map(|row| row.try_get("", "number")).collect();
    Ok(numbers?)
}

async fn count(connection: &impl ConnectionTrait, select: SelectStatement) -> StoreResult<u64> {
    Ok(reach(connection, select).await?.0)
}

/// How many numbers there are, and the lowest of them (0 if there is none).
async fn reach(
    connection: &impl ConnectionTrait,
    select: SelectStatement,
) -> StoreResult<(u64, i64)> {
    let mut all = Query::select();
    all.expr_as(SimpleExpr::from(Expr::cust("COUNT(*)")), "found")
        .expr_as(Expr::cust("MIN(number)"), "lowest")
        .from_subquery(select, "matching");
    let Some(row) = connection.query_one(&all).await? else {
        return Ok((0, 0));
    };
    let found: i64 = row.try_get("", "found")?;
    let lowest: Option<i64> = row.try_get("", "lowest")?;
    Ok((u64::try_from(found).unwrap_or(0), lowest.unwrap_or(0)))
}

/// The highest number that a plan has (0 if there is none).
async fn highest(connection: &impl ConnectionTrait) -> StoreResult<i64> {
    let mut select = Query::select();
    select
        .expr_as(Through::Plans.number().max(), "number")
        .from(plan::Entity);
    match connection.query_one(&select).await? {
        Some(row) => Ok(row.try_get::<Option<i64>>("", "number")?.unwrap_or(0)),
        None => Ok(0),
    }
}

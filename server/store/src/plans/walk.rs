//! A walk along the list of plans, by the way that leads to the fewest of them.

use super::list::PlanQuery;
use super::roads::{Branch, LISTED, Road, Through, UNLISTED};
use super::search::TABLE;
use crate::StoreResult;
use crate::entity::plans::{plan, plan_operation};
use crate::open::{DatabaseKind, kind_of};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait, JoinType, QueryResult};

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
        let mut parts = branches
            .iter()
            .map(|branch| self.select(kind, Some(road), branch, limit, true));
        if branches.len() < 2 {
            return match parts.next() {
                Some(select) => read(connection, &select).await,
                None => Ok(Vec::new()),
            };
        }
        // Each stretch is read as far as a page goes, and one plan may be on several.
        let Some(mut all) = either(parts) else {
            return Ok(Vec::new());
        };
        let order = if self.down { Order::Desc } else { Order::Asc };
        all.order_by("number", order).limit(limit);
        read(connection, &all).await
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
        let mut found = 0;
        for (at, branch) in branches.iter().enumerate() {
            let left = cap - found;
            if left == 0 {
                break;
            }
            let mut select = self.select(kind, Some(road), branch, left, false);
            // A plan that is on several stretches counts on the first of them.
            select.cond_where(road.not_before(self.query, at, kind == DatabaseKind::Sqlite));
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
        let sizes = self.guess(connection, &set).await?;
        let (mut least, mut best) = (f64::INFINITY, None);
        for (road, size) in set.into_iter().zip(sizes) {
            // A text comes first and is the dearest to ask, so it gives way to its equals.
            if size <= least {
                (least, best) = (size, Some(road));
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
        let sizes = self.guess(connection, &[road]).await?;
        #[allow(clippy::cast_precision_loss, reason = "a guess")]
        let than = than as f64;
        Ok(sizes.iter().sum::<f64>() > than)
    }

    /// How many plans each of these filters leaves, asked at once: exactly, if they are few; else by
    /// how far back its newest ones reach. Infinitely many if they do not come in the order of
    /// numbers.
    #[allow(clippy::cast_precision_loss, reason = "a guess")]
    async fn guess(
        &self,
        connection: &impl ConnectionTrait,
        roads: &[Road],
    ) -> StoreResult<Vec<f64>> {
        let kind = kind_of(connection);
        let most = self.query.reach.compared;
        let mut all = Query::select();
        all.expr_as(Expr::value(0_i64), "place")
            .expr_as(Expr::value(0_i64), "found")
            .expr_as(Through::Plans.number().max(), "lowest")
            .from(plan::Entity);
        for (place, road) in (1_i64..).zip(roads) {
            for branch in road.branches(self.query, kind) {
                let number = branch.through.number();
                let mut newest = Query::select();
                from(&mut newest, branch.through);
                newest
                    .expr_as(number.clone(), "number")
                    .cond_where(branch.own)
                    .limit(most);
                if road.is_sorted(self.query, kind) {
                    newest.order_by_expr(number, Order::Desc);
                }
                all.union(UnionType::All, reach(place, newest));
            }
        }
        let mut sizes = vec![0.0; roads.len()];
        let mut highest = 0;
        let mut rows = connection.query_all(&all).await?;
        rows.sort_by_key(|row| row.try_get::<i64>("", "place").unwrap_or(0));
        for row in rows {
            let place: i64 = row.try_get("", "place")?;
            let (found, lowest) = reached(&row)?;
            let place = usize::try_from(place).unwrap_or(0);
            let Some(at) = place.checked_sub(1) else {
                highest = lowest;
                continue;
            };
            let Some((size, road)) = sizes.get_mut(at).zip(roads.get(at)) else {
                continue;
            };
            *size += if found < most {
                found as f64
            } else if road.is_sorted(self.query, kind) {
                let passed = Ord::max(highest - lowest, 1) as f64;
                found as f64 * (highest as f64 / passed).max(1.0)
            } else {
                f64::INFINITY
            };
        }
        Ok(sizes)
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
    match connection.query_one(&reach(0, select)).await? {
        Some(row) => Ok(reached(&row)?.0),
        None => Ok(0),
    }
}

/// Asks how many numbers there are, and for the lowest of them; read with [`reached`]. `place` tells
/// several such questions apart.
fn reach(place: i64, select: SelectStatement) -> SelectStatement {
    let mut all = Query::select();
    all.expr_as(Expr::value(place), "place")
        .expr_as(Expr::cust("COUNT(*)"), "found")
        .expr_as(Expr::cust("MIN(number)"), "lowest")
        .from_subquery(select, "matching");
    all
}

/// How many numbers there are, and the lowest of them (0 if there is none).
fn reached(row: &QueryResult) -> StoreResult<(u64, i64)> {
    let found: i64 = row.try_get("", "found")?;
    let lowest: Option<i64> = row.try_get("", "lowest")?;
    Ok((u64::try_from(found).unwrap_or(0), lowest.unwrap_or(0)))
}

//! The list of plans in another order than that of their numbers.

use super::list::{Cut, PlanQuery};
use super::roads::{LISTED, Road, Through};
use super::walk::{Walk, either, read};
use crate::StoreResult;
use crate::entity::plans::plan;
use crate::open::{DatabaseKind, kind_of};
use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement, Value,
};
use sea_orm::{ConnectionTrait, QueryResult};

/// What plans are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// Their name, letters of ASCII in one case.
    Name,
    /// When they were started.
    Started,
    /// When they were over.
    Finished,
    /// How long they took, without the time for which they waited for people.
    Took,
}

/// An order of the list. Plans without a key come last, and plans with equal keys from the highest
/// number down, in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// The greatest first.
    pub descending: bool,
}

impl Sort {
    /// The key as its index has it, word for word.
    fn key(self, kind: DatabaseKind) -> Expr {
        let column = |column| Expr::col((plan::Entity, column));
        match (self.key, kind) {
            (SortKey::Name, DatabaseKind::Sqlite) => Func::lower(column(plan::Column::Name)).into(),
            // Not by the rules of a language, which differ from machine to machine.
            (SortKey::Name, DatabaseKind::Postgres) => {
                Expr::cust("lower(\"plans\".\"name\" COLLATE \"C\")")
            }
            (SortKey::Started, _) => column(plan::Column::Started),
            (SortKey::Finished, _) => column(plan::Column::Finished),
            (SortKey::Took, _) => column(plan::Column::Finished)
                .sub(column(plan::Column::Started))
                .sub(column(plan::Column::Waited)),
        }
    }

    /// The key of a row that was asked for it.
    fn read_key(self, row: &QueryResult) -> StoreResult<Option<Value>> {
        Ok(match self.key {
            SortKey::Name => row.try_get::<Option<String>>("", KEY)?.map(Value::from),
            SortKey::Started | SortKey::Finished | SortKey::Took => {
                row.try_get::<Option<i64>>("", KEY)?.map(Value::from)
            }
        })
    }

    /// The key of the plan with this number, if there is such a plan.
    async fn key_of(
        self,
        connection: &impl ConnectionTrait,
        number: i64,
    ) -> StoreResult<Option<Option<Value>>> {
        let mut select = Query::select();
        select
            .expr_as(self.key(kind_of(connection)), KEY)
            .from(plan::Entity)
            .and_where(Through::Plans.number().eq(number));
        let row = connection.query_one(&select).await?;
        row.map(|row| self.read_key(&row)).transpose()
    }
}

/// The name of the key in what is read.
const KEY: &str = "key";

/// A walk along such an order.
pub(super) struct Ordered<'a> {
    pub(super) query: &'a PlanQuery,
    pub(super) sort: Sort,
    /// What the plans fulfil besides.
    pub(super) besides: Condition,
}

/// A stretch of the order, from either end: plans with a key come first, those without one last.
/// Each is read from an index of its own, from the place on where it begins.
#[derive(Clone)]
enum Stretch {
    Keyed { beyond: Option<(Value, i64)> },
    Keyless { beyond: Option<i64> },
}

impl Ordered<'_> {
    /// The numbers of a part of the list, in this order.
    pub(super) async fn numbers(
        &self,
        connection: &impl ConnectionTrait,
        cut: Cut,
        limit: u64,
    ) -> StoreResult<Vec<i64>> {
        let back = matches!(cut, Cut::Before(_));
        let place = match cut {
            Cut::Start => None,
            Cut::After(number) | Cut::Before(number) => {
                let key = self.sort.key_of(connection, number).await?;
                key.map(|key| (key, number))
            }
        };
        let keyless = |beyond| Stretch::Keyless { beyond };
        let keyed = |beyond| Stretch::Keyed { beyond };
        let stretches = match (place, back) {
            // A plan that is gone leaves no place to go on from: the list begins anew.
            (None, true) => Vec::new(),
            (None, false) => vec![keyed(None), keyless(None)],
            (Some((Some(key), number)), false) => vec![keyed(Some((key, number))), keyless(None)],
            (Some((Some(key), number)), true) => vec![keyed(Some((key, number)))],
            (Some((None, number)), false) => vec![keyless(Some(number))],
            (Some((None, number)), true) => vec![keyless(Some(number)), keyed(None)],
        };
        let walk = Walk {
            query: self.query,
            down: true,
            beyond: None,
        };
        let road = walk.choose(connection).await?;
        let is_many = match road {
            Some(road) => {
                walk.leaves_more(connection, road, self.query.reach.ordered)
                    .await?
            }
            None => false,
        };
        let mut found = Vec::new();
        for stretch in stretches {
            let left = limit - found.len() as u64;
            if left == 0 {
                break;
            }
            let reading = Reading {
                kind: kind_of(connection),
                stretch,
                back,
                limit: left,
            };
            let near = if is_many {
                self.near(connection, &reading).await?
            } else {
                None
            };
            found.extend(match (near, road) {
                (Some(near), _) => near,
                (None, Some(road)) => {
                    read(connection, &self.gathered(&walk, road, &reading)).await?
                }
                (None, None) => read(connection, &self.every(&reading)).await?,
            });
        }
        if back {
            found.reverse();
        }
        Ok(found)
    }

    /// The next numbers if they all lie within the next few plans of this order, or there are no
    /// more plans than those. There is no index for each filter in each order.
    async fn near(
        &self,
        connection: &impl ConnectionTrait,
        reading: &Reading,
    ) -> StoreResult<Option<Vec<i64>>> {
        let mut far = self.every(reading);
        far.expr_as(self.sort.key(reading.kind), KEY)
            .limit(1)
            .offset(self.query.reach.ordered);
        let far = connection.query_one(&far).await?;
        let mut select = self.every(reading);
        for road in Road::ALL {
            if road.is_set(self.query) {
                let is_aside = reading.kind == DatabaseKind::Sqlite;
                select.cond_where(road.condition(self.query, is_aside));
            }
        }
        if let Some(far) = &far {
            // What has the same key as the last one is near as well.
            select.and_where(match self.sort.read_key(far)? {
                Some(key) if reading.rises(self.sort) => {
                    self.sort.key(reading.kind).lte(Expr::value(key))
                }
                Some(key) => self.sort.key(reading.kind).gte(Expr::value(key)),
                None if reading.back => Through::Plans
                    .number()
                    .lte(far.try_get::<i64>("", "number")?),
                None => Through::Plans
                    .number()
                    .gte(far.try_get::<i64>("", "number")?),
            });
        }
        let numbers = read(connection, &select).await?;
        let is_all = far.is_none() || numbers.len() as u64 == reading.limit;
        Ok(is_all.then_some(numbers))
    }

    /// The first plans of a stretch, whatever the filters say.
    fn every(&self, reading: &Reading) -> SelectStatement {
        let mut select = Query::select();
        select
            .expr_as(Through::Plans.number(), "number")
            .from(plan::Entity);
        self.along(&mut select, reading, false);
        select
    }

    /// The first plans of a stretch, of all that the filters leave.
    fn gathered(&self, walk: &Walk<'_>, road: Road, reading: &Reading) -> SelectStatement {
        let branches = road.branches(self.query, reading.kind);
        let mut all = branches
            .iter()
            .map(|branch| walk.every(reading.kind, road, branch));
        if let [only] = branches.as_slice()
            && only.through == Through::Plans
            && let Some(mut select) = all.next()
        {
            self.along(&mut select, reading, true);
            return select;
        }
        let mut select = Query::select();
        select.expr_as(Through::Plans.number(), "number");
        match either(all) {
            Some(all) => {
                // In this order, whatever SQLite thinks of it.
                let matching = Alias::new("matching");
                select
                    .from_subquery(all, matching.clone())
                    .cross_join(plan::Entity)
                    .and_where(Through::Plans.number().equals((matching, "number")));
            }
            None => {
                select.from(plan::Entity).and_where(Expr::value(false));
            }
        }
        self.along(&mut select, reading, false);
        select
    }

    /// Only the plans of a stretch, from where it begins, in its order. `aside` keeps SQLite from
    /// taking that order's index: another way was chosen.
    fn along(&self, select: &mut SelectStatement, reading: &Reading, aside: bool) {
        let is_aside = aside && reading.kind == DatabaseKind::Sqlite;
        let key = || match self.sort.key(reading.kind) {
            key if is_aside => Expr::cust_with_expr("+?", key),
            key => key,
        };
        let number = || Through::Plans.number();
        let beyond_number = |than: i64| {
            if reading.back {
                number().gt(than)
            } else {
                number().lt(than)
            }
        };
        let by_number = if reading.back {
            Order::Asc
        } else {
            Order::Desc
        };
        select
            .and_where(Expr::cust(LISTED))
            .cond_where(self.besides.clone())
            .limit(reading.limit);
        match &reading.stretch {
            Stretch::Keyless { beyond } => {
                select.and_where(key().is_null());
                if let Some(than) = beyond {
                    select.and_where(beyond_number(*than));
                }
            }
            Stretch::Keyed { beyond } => {
                let rises = reading.rises(self.sort);
                select.and_where(key().is_not_null());
                if let Some((than, number)) = beyond {
                    let than = || Expr::value(than.clone());
                    // The first of the two is what an index begins with.
                    let (from, farther) = if rises {
                        (key().gte(than()), key().gt(than()))
                    } else {
                        (key().lte(than()), key().lt(than()))
                    };
                    select
                        .and_where(from)
                        .and_where(farther.or(beyond_number(*number)));
                }
                let order = if rises { Order::Asc } else { Order::Desc };
                select.order_by_expr(key(), order);
            }
        }
        select.order_by_expr(number(), by_number);
    }
}

/// A stretch, and how it is read.
struct Reading {
    kind: DatabaseKind,
    stretch: Stretch,
    /// From its end.
    back: bool,
    limit: u64,
}

impl Reading {
    /// Whether keys rise on the way.
    fn rises(&self, sort: Sort) -> bool {
        sort.descending == self.back
    }
}

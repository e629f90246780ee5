//! The list of plans in another order than that of their numbers.

use super::list::{Cut, PlanQuery};
use super::roads::{LISTED, Through};
use super::walk::{Walk, either, read};
use crate::StoreResult;
use crate::entity::plans::plan;
use crate::open::{DatabaseKind, kind_of};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, Func, NullOrdering, Order, Query, SelectStatement, Value,
};

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

    /// The key of the plan with this number, if there is such a plan.
    async fn key_of(
        self,
        connection: &impl ConnectionTrait,
        number: i64,
    ) -> StoreResult<Option<Option<Value>>> {
        let mut select = Query::select();
        select
            .expr_as(self.key(kind_of(connection)), "key")
            .from(plan::Entity)
            .and_where(Through::Plans.number().eq(number));
        let Some(row) = connection.query_one(&select).await? else {
            return Ok(None);
        };
        Ok(Some(match self.key {
            SortKey::Name => row.try_get::<Option<String>>("", "key")?.map(Value::from),
            SortKey::Started | SortKey::Finished | SortKey::Took => {
                row.try_get::<Option<i64>>("", "key")?.map(Value::from)
            }
        }))
    }

    /// What follows a plan with this key and number; going back, what comes before it.
    fn beyond(
        self,
        kind: DatabaseKind,
        (key, number): (Option<Value>, i64),
        back: bool,
    ) -> Condition {
        let own = || self.key(kind);
        let alike = |number_of: Expr| {
            if back {
                number_of.gt(number)
            } else {
                number_of.lt(number)
            }
        };
        let Some(key) = key else {
            let without = Condition::all()
                .add(own().is_null())
                .add(alike(Through::Plans.number()));
            let any = Condition::any().add(without);
            return if back {
                any.add(own().is_not_null())
            } else {
                any
            };
        };
        let farther = if self.descending == back {
            own().gt(Expr::value(key.clone()))
        } else {
            own().lt(Expr::value(key.clone()))
        };
        let same = Condition::all()
            .add(own().eq(Expr::value(key)))
            .add(alike(Through::Plans.number()));
        let any = Condition::any().add(farther).add(same);
        if back { any } else { any.add(own().is_null()) }
    }
}

/// The numbers of a part of the list, in this order.
pub(super) async fn numbers(
    connection: &impl ConnectionTrait,
    query: &PlanQuery,
    sort: Sort,
    cut: Cut,
    limit: u64,
) -> StoreResult<Vec<i64>> {
    let kind = kind_of(connection);
    let select = matching(connection, query, kind).await?;
    sorted(connection, select, sort, cut, limit).await
}

/// The numbers of a part of these plans, in this order.
pub(super) async fn sorted(
    connection: &impl ConnectionTrait,
    mut select: SelectStatement,
    sort: Sort,
    cut: Cut,
    limit: u64,
) -> StoreResult<Vec<i64>> {
    let kind = kind_of(connection);
    let back = matches!(cut, Cut::Before(_));
    if let Cut::After(number) | Cut::Before(number) = cut {
        // A plan that is gone leaves no place to go on from: the list begins anew.
        if let Some(key) = sort.key_of(connection, number).await? {
            select.cond_where(sort.beyond(kind, (key, number), back));
        } else if back {
            return Ok(Vec::new());
        }
    }
    let (order, nulls, numbers) = if back {
        (!sort.descending, NullOrdering::First, Order::Asc)
    } else {
        (sort.descending, NullOrdering::Last, Order::Desc)
    };
    let order = if order { Order::Desc } else { Order::Asc };
    select
        .order_by_expr_with_nulls(sort.key(kind), order, nulls)
        .order_by_expr(Through::Plans.number(), numbers)
        .limit(limit);
    let mut found = read(connection, &select).await?;
    if back {
        found.reverse();
    }
    Ok(found)
}

/// The plans of the query, in no order.
pub(super) async fn matching(
    connection: &impl ConnectionTrait,
    query: &PlanQuery,
    kind: DatabaseKind,
) -> StoreResult<SelectStatement> {
    let walk = Walk {
        query,
        down: true,
        beyond: None,
    };
    let mut select = Query::select();
    select
        .expr_as(Through::Plans.number(), "number")
        .from(plan::Entity)
        .and_where(Expr::cust(LISTED));
    if let Some(road) = walk.choose(connection).await? {
        let branches = road.branches(query, kind);
        let stretches = branches.iter().map(|branch| walk.every(kind, road, branch));
        match either(stretches) {
            Some(all) => select.and_where(Through::Plans.number().in_subquery(all)),
            None => select.and_where(Expr::value(false)),
        };
    }
    Ok(select)
}

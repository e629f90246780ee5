//! The list of plans as they stand: what is under way, what is saved, and what is over.

use super::list::{Cut, PlanQuery};
use super::roads::LISTED;
use super::sorted::{Ordered, Sort, SortKey};
use super::walk::Walk;
use crate::StoreResult;
use crate::entity::plans::plan;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Which statuses stand where. A plan of any other status is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelves {
    /// Under way, what comes first of them first; of equals that with the highest number. Each of
    /// them holds a place or stands in line, so they are few and are read as a whole.
    pub now: Vec<&'static str>,
    /// Saved: the highest number first.
    pub saved: &'static str,
}

/// What is over: what was over last first.
const OVER: Sort = Sort {
    key: SortKey::Finished,
    descending: true,
};

/// A place between the plans: which of the three it is in, and beside which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Now(i64),
    Saved(i64),
    Over(i64),
}

impl Shelves {
    /// The numbers of a part of the list, in its order. A plan that is gone leaves no place to go
    /// on from: the list begins anew.
    pub(super) async fn numbers(
        &self,
        connection: &impl ConnectionTrait,
        cut: Cut,
        limit: u64,
    ) -> StoreResult<Vec<i64>> {
        match cut {
            Cut::Start => self.after(connection, None, limit).await,
            Cut::After(number) => {
                let place = self.place(connection, number).await?;
                self.after(connection, place, limit).await
            }
            Cut::Before(number) => match self.place(connection, number).await? {
                Some(place) => self.before(connection, place, limit).await,
                None => Ok(Vec::new()),
            },
        }
    }

    async fn place(
        &self,
        connection: &impl ConnectionTrait,
        number: i64,
    ) -> StoreResult<Option<Place>> {
        let status: Option<String> = plan::Entity::find()
            .select_only()
            .column(plan::Column::Status)
            .filter(plan::Column::Number.eq(number))
            .into_tuple()
            .one(connection)
            .await?;
        Ok(status.map(|status| match status.as_str() {
            now if self.now.contains(&now) => Place::Now(number),
            saved if saved == self.saved => Place::Saved(number),
            _ => Place::Over(number),
        }))
    }

    async fn after(
        &self,
        connection: &impl ConnectionTrait,
        place: Option<Place>,
        limit: u64,
    ) -> StoreResult<Vec<i64>> {
        let mut found = match place {
            None => self.under_way(connection).await?,
            Some(Place::Now(number)) => {
                let all = self.under_way(connection).await?;
                let at = all.iter().position(|one| *one == number);
                all.into_iter().skip(at.map_or(0, |at| at + 1)).collect()
            }
            Some(Place::Saved(_) | Place::Over(_)) => Vec::new(),
        };
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        if !matches!(place, Some(Place::Over(_))) {
            let beyond = match place {
                Some(Place::Saved(number)) => Some(number),
                _ => None,
            };
            let left = limit - found.len() as u64;
            found.extend(self.saved(connection, true, beyond, left).await?);
        }
        let cut = match place {
            Some(Place::Over(number)) => Cut::After(number),
            _ => Cut::Start,
        };
        let left = limit - found.len() as u64;
        found.extend(self.over(connection, cut, left).await?);
        Ok(found)
    }

    async fn before(
        &self,
        connection: &impl ConnectionTrait,
        place: Place,
        limit: u64,
    ) -> StoreResult<Vec<i64>> {
        let left = |parts: &[Vec<i64>]| {
            let found = parts.iter().map(Vec::len).sum::<usize>() as u64;
            limit.saturating_sub(found)
        };
        // The last part first.
        let mut parts = Vec::new();
        if let Place::Over(number) = place {
            let cut = Cut::Before(number);
            parts.push(self.over(connection, cut, limit).await?);
        }
        if !matches!(place, Place::Now(_)) {
            let beyond = match place {
                Place::Saved(number) => Some(number),
                _ => None,
            };
            let mut saved = self.saved(connection, false, beyond, left(&parts)).await?;
            saved.reverse();
            parts.push(saved);
        }
        if left(&parts) > 0 {
            let mut all = self.under_way(connection).await?;
            if let Place::Now(number) = place {
                let at = all.iter().position(|one| *one == number);
                all.truncate(at.unwrap_or(0));
            }
            let left = usize::try_from(left(&parts)).unwrap_or(usize::MAX);
            parts.push(all.split_off(all.len().saturating_sub(left)));
        }
        parts.reverse();
        Ok(parts.concat())
    }

    async fn under_way(&self, connection: &impl ConnectionTrait) -> StoreResult<Vec<i64>> {
        let mut rows: Vec<(i64, String)> = plan::Entity::find()
            .select_only()
            .columns([plan::Column::Number, plan::Column::Status])
            .filter(Expr::cust(LISTED))
            .filter(plan::Column::Status.is_in(self.now.iter().copied()))
            .order_by_desc(plan::Column::Number)
            .into_tuple()
            .all(connection)
            .await?;
        rows.sort_by_key(|(_, status)| self.now.iter().position(|now| now == status));
        Ok(rows.into_iter().map(|(number, _)| number).collect())
    }

    async fn saved(
        &self,
        connection: &impl ConnectionTrait,
        down: bool,
        beyond: Option<i64>,
        limit: u64,
    ) -> StoreResult<Vec<i64>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = PlanQuery {
            statuses: vec![self.saved],
            ..PlanQuery::default()
        };
        let walk = Walk {
            query: &query,
            down,
            beyond,
        };
        walk.numbers(connection, limit).await
    }

    async fn over(
        &self,
        connection: &impl ConnectionTrait,
        cut: Cut,
        limit: u64,
    ) -> StoreResult<Vec<i64>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        // What is not over has no such time and comes last; it was told before.
        let others = self.now.iter().copied().chain([self.saved]);
        let status = Expr::col((plan::Entity, plan::Column::Status));
        let over = Ordered {
            query: &PlanQuery::default(),
            sort: OVER,
            besides: Condition::all().add(status.is_not_in(others)),
        };
        over.numbers(connection, cut, limit).await
    }
}

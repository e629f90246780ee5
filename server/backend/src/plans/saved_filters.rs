//! Filters of the list that people keep for themselves. Nobody else sees or changes them.

use super::asked::resolve;
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::people::sentence;
use domain::access::Action;
use domain::name::{fold, parse_name};
use domain::view::{PlanFilter, SavedFilter};
use domain::{AppError, SavedFilterId};
use serde_json::json;
use store::DatabaseTransaction;
use store::entity::plans::plan_filter;

/// The most filters that one account keeps.
const MOST: usize = 50;

fn kept(row: plan_filter::Model) -> SavedFilter {
    SavedFilter {
        id: SavedFilterId(row.id),
        name: row.name,
        filter: PlanFilter::parse(&row.query),
        revision: row.revision,
    }
}

fn object(row: &plan_filter::Model) -> Object<'_> {
    Object {
        kind: "plan_filter",
        id: Some(row.id),
        name: &row.name,
    }
}

fn taken() -> AppError {
    AppError::invalid(
        "name",
        "You have a filter with this name already. Choose another name, or change that filter.",
    )
}

/// The name and the words of a filter that may be kept.
fn checked(name: &str, filter: &PlanFilter) -> Result<(String, String), AppError> {
    let name = parse_name(name)
        .map_err(|error| AppError::invalid("name", sentence(&error.to_string())))?;
    if *filter == PlanFilter::default() {
        return Err(AppError::invalid(
            "filter",
            "There is nothing to keep: no filter is set. Set one first.",
        ));
    }
    Ok((name, filter.query()))
}

impl Backend {
    /// One's own filters, by name.
    pub async fn list_saved_filters(&self, actor: &Actor) -> Result<Vec<SavedFilter>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let rows = store::plans::list_filters(self.store.read(), actor.user.0).await?;
        Ok(rows.into_iter().map(kept).collect())
    }

    /// Keeps a filter under a name. Doing it twice is doing it once.
    pub async fn save_filter(
        &self,
        actor: &Actor,
        name: &str,
        filter: &PlanFilter,
    ) -> Result<SavedFilter, AppError> {
        actor.require(Action::SeeLandscape)?;
        let (name, query) = checked(name, filter)?;
        resolve(self.store.read(), filter).await?;
        self.store
            .write(async |tx| {
                let owner = store::people::find_user(tx, actor.user.0).await?;
                store::or_missing(owner, "Your account")?;
                let others = store::plans::list_filters(tx, actor.user.0).await?;
                let folded = fold(&name);
                if let Some(known) = others.iter().find(|other| other.name_folded == folded) {
                    return if known.query == query {
                        Ok(kept(known.clone()))
                    } else {
                        Err(taken())
                    };
                }
                if others.len() >= MOST {
                    return Err(AppError::conflict(
                        "too_many_filters",
                        format!("An account keeps at most {MOST} filters. Delete those that are not used any more, then save this one."),
                    ));
                }
                let row = plan_filter::Model {
                    id: self.new_id(),
                    user_id: actor.user.0,
                    name_folded: folded,
                    name,
                    query,
                    created: self.now(),
                    revision: 1,
                };
                store::plans::insert_filter(tx, row.clone()).await?;
                let entry = Entry::new().after(&row.query);
                self.record(tx, Some(actor), "plan_filter_saved", object(&row), entry)
                    .await?;
                Ok(kept(row))
            })
            .await
    }

    /// Gives one of one's filters this name and content.
    pub async fn change_filter(
        &self,
        actor: &Actor,
        id: SavedFilterId,
        revision: i64,
        name: &str,
        filter: &PlanFilter,
    ) -> Result<SavedFilter, AppError> {
        actor.require(Action::SeeLandscape)?;
        let (name, query) = checked(name, filter)?;
        resolve(self.store.read(), filter).await?;
        self.store
            .write(async |tx| {
                let row = own(tx, actor, id).await?;
                if row.name == name && row.query == query {
                    return Ok(kept(row));
                }
                let what = || format!("The filter “{}”", row.name);
                if row.revision != revision {
                    return Err(AppError::Stale { what: what() });
                }
                let other = store::plans::find_filter_named(tx, actor.user.0, &name).await?;
                if other.is_some_and(|other| other.id != row.id) {
                    return Err(taken());
                }
                store::plans::update_filter(tx, &row, &name, &query)
                    .await
                    .map_err(|error| error.about(what()))?;
                let entry = Entry::new()
                    .before(&json!({ "name": row.name, "query": row.query }))
                    .after(&json!({ "name": name, "query": query }));
                self.record(tx, Some(actor), "plan_filter_changed", object(&row), entry)
                    .await?;
                Ok(kept(own(tx, actor, id).await?))
            })
            .await
    }

    /// Removes one of one's filters; one that is gone already is no error.
    pub async fn delete_filter(&self, actor: &Actor, id: SavedFilterId) -> Result<(), AppError> {
        actor.require(Action::SeeLandscape)?;
        self.store
            .write(async |tx| {
                let Some(row) = store::plans::find_filter(tx, actor.user.0, id.0).await? else {
                    return Ok(());
                };
                store::plans::delete_filter(tx, row.id).await?;
                let entry = Entry::new().before(&row.query);
                self.record(tx, Some(actor), "plan_filter_deleted", object(&row), entry)
                    .await
            })
            .await
    }
}

async fn own(
    tx: &DatabaseTransaction,
    actor: &Actor,
    id: SavedFilterId,
) -> Result<plan_filter::Model, AppError> {
    let row = store::plans::find_filter(tx, actor.user.0, id.0).await?;
    store::or_missing(row, "This filter")
}

//! The matrix: filtered, sorted, cut and counted in the database.

use crate::entity::catalog::{application, module, module_reference, running, running_module};
use crate::entity::plans::{plan, plan_operation};
use crate::error::StoreResult;
use domain::application::ModuleKind;
use domain::view::{ApplicationFilter, ApplicationSort, ApplicationTab, COUNT_CAP, MAX_PAGE};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

/// The stored word of a kind.
pub fn kind_word(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Static => "static",
        ModuleKind::Service => "service",
        ModuleKind::Library => "library",
    }
}

/// A stored kind; an unknown one has no runtime of its own.
pub fn kind_from(word: &str) -> ModuleKind {
    match word {
        "static" => ModuleKind::Static,
        "service" => ModuleKind::Service,
        _ => ModuleKind::Library,
    }
}

/// A pattern that finds `text` anywhere; what the person typed has no special meaning in it.
pub(crate) fn contains(text: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for c in domain::name::fold(text.trim()).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}

/// Applications that run a module of `consumers` which uses a module of `producers`: the ids of
/// one side, given the other.
fn neighbours(of: Uuid, consumers: bool) -> SelectStatement {
    let mut query = Query::select();
    query
        .distinct()
        .from(running_module::Entity)
        .inner_join(
            module_reference::Entity,
            Expr::col((
                module_reference::Entity,
                module_reference::Column::ModuleVersionId,
            ))
            .equals((
                running_module::Entity,
                running_module::Column::ModuleVersionId,
            )),
        )
        .inner_join(
            module::Entity,
            Expr::col((module::Entity, module::Column::Id)).equals((
                module_reference::Entity,
                module_reference::Column::ProducerId,
            )),
        );
    let consumer = (
        running_module::Entity,
        running_module::Column::ApplicationId,
    );
    let producer = (module::Entity, module::Column::ApplicationId);
    if consumers {
        query.column(consumer).and_where(Expr::col(producer).eq(of));
    } else {
        query.column(producer).and_where(Expr::col(consumer).eq(of));
    }
    query
}

/// The condition of a tab on the marks of any environment.
fn tab_condition(tab: ApplicationTab) -> Option<Condition> {
    let marked = match tab {
        ApplicationTab::All => return None,
        ApplicationTab::CanMove => running::Column::CanMove.eq(true),
        ApplicationTab::Modified => running::Column::Modified.eq(true),
        ApplicationTab::Hotfix => running::Column::Hotfix.eq(true),
        ApplicationTab::Broken => running::Column::Broken.gt(0),
        ApplicationTab::ChangedOutside => running::Column::ChangedOutside.eq(true),
        ApplicationTab::Blocked => running::Column::Blocked.eq(true),
    };
    let marks = running::Entity::find()
        .select_only()
        .column(running::Column::ApplicationId)
        .filter(marked);
    Some(Condition::all().add(application::Column::Id.in_subquery(marks.into_query())))
}

/// What the filter says, but for the tab.
fn base_condition(filter: &ApplicationFilter) -> Condition {
    let mut all = Condition::all();
    if !filter.text.trim().is_empty() {
        let named = module::Entity::find()
            .select_only()
            .column(module::Column::ApplicationId)
            .filter(
                Expr::col((module::Entity, module::Column::NameFolded))
                    .like(contains(&filter.text)),
            );
        all = all.add(
            Condition::any()
                .add(
                    Expr::col((application::Entity, application::Column::NameFolded))
                        .like(contains(&filter.text)),
                )
                .add(application::Column::Id.in_subquery(named.into_query())),
        );
    }
    if let Some(kind) = filter.kind {
        let of_kind = module::Entity::find()
            .select_only()
            .column(module::Column::ApplicationId)
            .filter(module::Column::Kind.eq(kind_word(kind)));
        all = all.add(application::Column::Id.in_subquery(of_kind.into_query()));
    }
    if let Some(producer) = filter.consumer_of {
        all = all
            .add(application::Column::Id.in_subquery(neighbours(producer.0, true)))
            .add(application::Column::Id.ne(producer.0));
    }
    if let Some(consumer) = filter.producer_of {
        all = all
            .add(application::Column::Id.in_subquery(neighbours(consumer.0, false)))
            .add(application::Column::Id.ne(consumer.0));
    }
    all
}

/// Rows of a query, counted up to [`COUNT_CAP`].
pub(crate) async fn count_capped(
    connection: &impl ConnectionTrait,
    mut rows: SelectStatement,
) -> StoreResult<u64> {
    rows.clear_selects();
    rows.expr(Expr::value(1_i32)).limit(COUNT_CAP);
    let mut count = Query::select();
    count
        .expr_as(
            Func::count(Expr::col(sea_orm::sea_query::Asterisk)),
            "count",
        )
        .from_subquery(rows, "rows");
    let row = connection.query_one(&count).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get("", "count"))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A page of applications, with the number that the filter matches and the number of all.
pub async fn list_applications(
    connection: &impl ConnectionTrait,
    filter: &ApplicationFilter,
) -> StoreResult<(Vec<application::Model>, u64, u64)> {
    let mut query = application::Entity::find().filter(base_condition(filter));
    if let Some(tab) = tab_condition(filter.tab) {
        query = query.filter(tab);
    }
    let total = count_capped(connection, query.clone().into_query()).await?;
    let unfiltered = count_capped(connection, application::Entity::find().into_query()).await?;
    query = match filter.sort {
        ApplicationSort::Name => query,
        ApplicationSort::LastChange => query.order_by_desc(application::Column::Changed),
    };
    let rows = query
        .order_by_asc(application::Column::NameFolded)
        .offset(Ord::min(filter.offset, crate::LAST_ROW))
        .limit(u64::from(filter.limit.clamp(1, MAX_PAGE)))
        .all(connection)
        .await?;
    Ok((rows, total, unfiltered))
}

/// How many applications each tab of [`ApplicationTab::ALL`] holds.
pub async fn count_tabs(
    connection: &impl ConnectionTrait,
    filter: &ApplicationFilter,
) -> StoreResult<Vec<u64>> {
    let mut counts = Vec::with_capacity(ApplicationTab::ALL.len());
    for tab in ApplicationTab::ALL {
        let mut query = application::Entity::find().filter(base_condition(filter));
        if let Some(tab) = tab_condition(tab) {
            query = query.filter(tab);
        }
        counts.push(count_capped(connection, query.into_query()).await?);
    }
    Ok(counts)
}

/// How many of the applications that a filter leaves, whatever its tab, can move from one
/// environment into the next: not over a hotfix there, not what is blocked there, and not what an
/// active plan brings there already.
pub async fn count_movable(
    connection: &impl ConnectionTrait,
    filter: &ApplicationFilter,
    from: Uuid,
    into: Uuid,
) -> StoreResult<u64> {
    let refused = running::Entity::find()
        .select_only()
        .column(running::Column::ApplicationId)
        .filter(running::Column::EnvironmentId.eq(into))
        .filter(
            Condition::any()
                .add(running::Column::Blocked.eq(true))
                .add(running::Column::Hotfix.eq(true)),
        );
    let plans = plan::Entity::find()
        .select_only()
        .column(plan::Column::Id)
        .filter(plan::Column::TargetId.eq(into))
        .filter(crate::plans_active::is_active());
    let brought = plan_operation::Entity::find()
        .select_only()
        .column(plan_operation::Column::ApplicationId)
        .filter(plan_operation::Column::Choice.ne("nothing"))
        .filter(plan_operation::Column::PlanId.in_subquery(plans.into_query()));
    let matching = application::Entity::find()
        .select_only()
        .column(application::Column::Id)
        .filter(base_condition(filter));
    let of = || running::Column::ApplicationId;
    let movable = running::Entity::find()
        .filter(running::Column::EnvironmentId.eq(from))
        .filter(running::Column::CanMove.eq(true))
        .filter(of().in_subquery(matching.into_query()))
        .filter(of().not_in_subquery(refused.into_query()))
        .filter(of().not_in_subquery(brought.into_query()));
    count_capped(connection, movable.into_query()).await
}

/// How many applications have a name that contains `text`, counted up to [`COUNT_CAP`].
pub async fn count_found(connection: &impl ConnectionTrait, text: &str) -> StoreResult<u64> {
    let found = application::Entity::find().filter(
        Expr::col((application::Entity, application::Column::NameFolded)).like(contains(text)),
    );
    count_capped(connection, found.into_query()).await
}

/// Applications whose name contains `text`, the shortest names first.
pub async fn find_applications(
    connection: &impl ConnectionTrait,
    text: &str,
    limit: u64,
) -> StoreResult<Vec<application::Model>> {
    Ok(application::Entity::find()
        .filter(
            Expr::col((application::Entity, application::Column::NameFolded)).like(contains(text)),
        )
        .order_by_asc(Expr::expr(Func::char_length(Expr::col(
            application::Column::NameFolded,
        ))))
        .order_by_asc(application::Column::NameFolded)
        .limit(limit)
        .all(connection)
        .await?)
}

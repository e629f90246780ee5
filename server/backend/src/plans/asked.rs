//! What a filter of the list of plans asks of the store.

use domain::plan::PlanKind;
use domain::view::{Days, PlanFilter, PlanOrder};
use domain::{AppError, VersionNumber};
use store::ConnectionTrait;
use store::plans::{PlanQuery, Sort, SortKey, Span};

/// What is asked for, with the way to it; none if the filter names something that is not there.
pub(super) async fn find_query(
    connection: &impl ConnectionTrait,
    filter: &PlanFilter,
) -> Result<Option<PlanQuery>, AppError> {
    let Some(mut query) = resolve(connection, filter).await? else {
        return Ok(None);
    };
    query.way = Some(store::plans::find_way(connection, &query).await?);
    Ok(Some(query))
}

/// The filter with ids in place of names; none if it names something that is not there.
pub(super) async fn resolve(
    connection: &impl ConnectionTrait,
    filter: &PlanFilter,
) -> Result<Option<PlanQuery>, AppError> {
    let problems = filter.problems();
    if !problems.is_empty() {
        return Err(AppError::Invalid { fields: problems });
    }
    // Nothing has a name like that, and not every database takes it.
    let names = [
        &filter.source,
        &filter.target,
        &filter.application,
        &filter.person,
    ];
    if names.iter().any(|name| name.chars().any(char::is_control)) {
        return Ok(None);
    }
    let mut query = PlanQuery {
        text: filter.text.clone(),
        statuses: filter
            .statuses
            .iter()
            .map(|status| status.as_str())
            .collect(),
        waits: filter.waits.iter().map(|why| why.as_str()).collect(),
        numbers: filter.version.map(ways_to_write).unwrap_or_default(),
        created: span(filter.created),
        started: span(filter.started),
        finished: span(filter.finished),
        warnings: filter.warnings,
        kind: filter.kind.map(PlanKind::as_str),
        oldest_first: filter.order == PlanOrder::Oldest,
        sort: sort_of(filter.order),
        ..PlanQuery::default()
    };
    for (name, place) in [
        (&filter.source, &mut query.source),
        (&filter.target, &mut query.target),
    ] {
        if !name.is_empty() {
            let found = store::environments::find_by_name(connection, name).await?;
            let Some(found) = found else {
                return Ok(None);
            };
            *place = Some(found.id);
        }
    }
    if !filter.application.is_empty() {
        let found =
            store::catalog::find_application_by_name(connection, &filter.application).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        query.application = Some(found.id);
    }
    if !filter.person.is_empty() {
        let found = store::people::find_user_by_login(connection, &filter.person).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        query.person = Some(found.id);
    }
    Ok(Some(query))
}

fn sort_of(order: PlanOrder) -> Option<Sort> {
    let (key, descending) = match order {
        PlanOrder::ByState | PlanOrder::Newest | PlanOrder::Oldest => return None,
        PlanOrder::Name => (SortKey::Name, false),
        PlanOrder::NameFromEnd => (SortKey::Name, true),
        PlanOrder::StartedLast => (SortKey::Started, true),
        PlanOrder::StartedFirst => (SortKey::Started, false),
        PlanOrder::FinishedLast => (SortKey::Finished, true),
        PlanOrder::FinishedFirst => (SortKey::Finished, false),
        PlanOrder::Longest => (SortKey::Took, true),
        PlanOrder::Shortest => (SortKey::Took, false),
    };
    Some(Sort { key, descending })
}

fn span(days: Days) -> Span {
    Span {
        from: days.from.map(|day| day.begin().0),
        until: days.to.map(|day| day.end().0),
    }
}

/// The texts that stand for a number: 2.1, 2.1.0 and 2.1.0.0 are the same.
fn ways_to_write(number: VersionNumber) -> Vec<String> {
    let mut parts = number.parts().to_vec();
    while parts.len() > 1 && parts.last() == Some(&0) {
        parts.pop();
    }
    let mut ways = Vec::new();
    while let Some(number) = VersionNumber::from_parts(&parts) {
        ways.push(number.to_string());
        parts.push(0);
    }
    ways
}

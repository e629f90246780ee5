//! What a plan in line brings and sets, for its page: it cannot be edited while it waits, but it can
//! be read.

use super::super::{People, Plan};
use domain::AppError;
use domain::name::fold;
use domain::plan::Choice;
use domain::view::{LineApplication, LineSetting, MOST_IN_LINE};
use std::collections::BTreeMap;
use store::ConnectionTrait;
use uuid::Uuid;

/// What it brings, in its order.
pub(super) async fn brings(
    connection: &impl ConnectionTrait,
    plan: &Plan,
) -> Result<Vec<LineApplication>, AppError> {
    let operations = plan.content.operations.iter().zip(&plan.operations);
    let moving: Vec<_> = operations
        .filter(|(operation, _)| operation.choice != Choice::DoNothing)
        .take(MOST_IN_LINE)
        .collect();
    let ids: Vec<Uuid> = moving.iter().map(|(one, _)| one.application.0).collect();
    let names = store::plans::list_application_names(connection, &ids).await?;
    let named = moving.into_iter().filter_map(|(operation, row)| {
        Some(LineApplication {
            application: operation.application,
            name: names.get(&operation.application.0)?.clone(),
            number: row.number.as_ref().and_then(|number| number.parse().ok()),
        })
    });
    Ok(named.collect())
}

/// The values that it sets; those of secrets nobody reads.
pub(super) async fn settings(
    connection: &impl ConnectionTrait,
    plan: &Plan,
) -> Result<Vec<LineSetting>, AppError> {
    if plan.content.settings.is_empty() {
        return Ok(Vec::new());
    }
    let rows = store::plans::settings::list(connection, plan.row.id).await?;
    let people = People::of(connection, rows.iter().map(|row| row.changed_by)).await?;
    let entered: BTreeMap<(Uuid, &str), _> = rows
        .iter()
        .map(|row| {
            let stamp = people.stamp(row.changed_by, Some(row.changed));
            ((row.module_id, row.name_folded.as_str()), stamp)
        })
        .collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.module_id).collect();
    let modules = store::catalog::modules(connection, &ids).await?;
    let names: BTreeMap<Uuid, String> = modules
        .into_iter()
        .map(|module| (module.id, module.name))
        .collect();
    let mut settings: Vec<LineSetting> = plan
        .content
        .settings
        .iter()
        .filter_map(|setting| {
            let folded = fold(&setting.name);
            Some(LineSetting {
                module: names.get(&setting.module.0).cloned().unwrap_or_default(),
                name: setting.name.clone(),
                value: setting.value.clone(),
                by: entered.get(&(setting.module.0, folded.as_str()))?.clone()?,
            })
        })
        .collect();
    settings.sort_by(|a, b| (&a.module, &a.name).cmp(&(&b.module, &b.name)));
    Ok(settings)
}

//! The values of a plan while it is edited, and when another plan is made from it.

use super::super::Plan;
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::settings::{HIDDEN, property_of};
use crate::vault::{Owner, Place};
use domain::access::Action;
use domain::name::fold;
use domain::plan::{Origin, PlanContent, PlanStatus};
use domain::settings::{EnteredSetting, Fits, SettingEdit};
use domain::view::LeftValues;
use domain::{AppError, EnvironmentId, ModuleId};
use store::entity::plans::plan_setting;
use store::{ConnectionTrait, DatabaseTransaction, counters};
use uuid::Uuid;
use zeroize::Zeroizing;

impl Backend {
    /// What an edit of a value says of the property is the page's word: this is the console's.
    ///
    /// # Errors
    /// If the person may not, or if there is no such property to be set.
    pub(in crate::plans) async fn checked_setting(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        edit: SettingEdit,
    ) -> Result<SettingEdit, AppError> {
        actor.require(Action::DeployApplications)?;
        if edit.value.is_none() {
            return Ok(edit);
        }
        let brought = self.brought(tx, &plan.content).await?;
        let module = brought
            .iter()
            .find(|brought| brought.state.module == edit.module.0);
        let known = module.and_then(|module| {
            let mut all = module.state.settings.iter();
            all.find(|setting| fold(&setting.name) == fold(&edit.name))
        });
        let (Some(module), Some(known)) = (module, known) else {
            return Err(AppError::invalid(
                "value",
                format!(
                    "What this plan brings has no site property {} (any more). Load the plan again.",
                    edit.name
                ),
            ));
        };
        if !module.changes {
            return Err(AppError::invalid(
                "value",
                format!(
                    "This plan does not change the application of {}, so its site properties cannot be set here. Use `slipway setting`.",
                    module.state.name
                ),
            ));
        }
        if let Some(problem) = edit.value.as_deref().and_then(|value| known.problem(value)) {
            return Err(AppError::invalid(
                "value",
                format!("{} cannot have this value: {problem}.", known.name),
            ));
        }
        Ok(SettingEdit {
            name: known.name.clone(),
            property: property_of(known),
            ..edit
        })
    }

    /// Stores the value of an edit that was checked, or removes it.
    pub(in crate::plans) async fn store_setting(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        edit: &SettingEdit,
    ) -> Result<(), AppError> {
        let folded = fold(&edit.name);
        let Some(value) = &edit.value else {
            let gone =
                store::plans::settings::remove(tx, plan.row.id, edit.module.0, &folded).await;
            return Ok(gone?);
        };
        let place = Place {
            owner: Owner::Plan(plan.row.id),
            module: edit.module.0,
            name: &folded,
        };
        let kept = self.keep_value(tx, place, edit.property, value).await?;
        let row = plan_setting::Model {
            plan_id: plan.row.id,
            module_id: edit.module.0,
            name_folded: folded,
            name: edit.name.clone(),
            value: kept.value,
            key_id: kept.key_id,
            fits: kept.fits,
            changed: self.now(),
            changed_by: self.stored_person(tx, actor).await?,
        };
        Ok(store::plans::settings::put(tx, row).await?)
    }

    /// Copies to a new draft what the plan that it is made from sets, if it is for the same target:
    /// values are an environment's own. Who entered them is kept. Secrets come along only when an
    /// aborted plan is tried again, and then are sealed anew for the new plan; after one that
    /// finished the target has them.
    pub(in crate::plans) async fn copy_settings(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        from: &Plan,
        how: Origin,
        (to, target): (Uuid, EnvironmentId),
    ) -> Result<(), AppError> {
        if from.content.settings.is_empty() || from.content.target != target {
            return Ok(());
        }
        if from.content.settings.iter().any(|setting| setting.secret) {
            // From here on no key is taken away.
            counters::raise(tx, counters::SECRETS).await?;
        }
        for row in store::plans::settings::list(tx, from.row.id).await? {
            let row = match self.opened_for(actor, how, &row) {
                _ if row.key_id.is_none() => plan_setting::Model { plan_id: to, ..row },
                Some(value) => {
                    let place = Place {
                        owner: Owner::Plan(to),
                        module: row.module_id,
                        name: &row.name_folded,
                    };
                    let sealed = self.seal(tx, place, &value).await?;
                    plan_setting::Model {
                        plan_id: to,
                        value: sealed.value,
                        key_id: Some(sealed.key_id),
                        ..row
                    }
                }
                // It is named in the popup and in the plan.
                None => continue,
            };
            store::plans::settings::put(tx, row).await?;
        }
        Ok(())
    }

    /// A secret that a plan holds, for a plan that is made from it; none if that does not get it.
    fn opened_for(
        &self,
        actor: &Actor,
        how: Origin,
        row: &plan_setting::Model,
    ) -> Option<Zeroizing<String>> {
        let key = row.key_id.as_deref()?;
        if how != Origin::Retry || !actor.access.can(Action::DeployApplications) {
            return None;
        }
        let place = Place {
            owner: Owner::Plan(row.plan_id),
            module: row.module_id,
            name: &row.name_folded,
        };
        // Why it cannot be opened is in the log.
        self.unseal(place, key, &row.value).ok()
    }

    /// What of the values of `from` a plan for `target` will not have that is made from it.
    pub(in crate::plans) async fn foresee_left(
        &self,
        connection: &impl ConnectionTrait,
        actor: &Actor,
        from: &Plan,
        how: Origin,
        target: EnvironmentId,
    ) -> Result<LeftValues, AppError> {
        let elsewhere = from.content.target != target;
        left_of(connection, from, target, |row| {
            elsewhere || (row.key_id.is_some() && self.opened_for(actor, how, row).is_none())
        })
        .await
    }
}

/// What of the values of `from` the plan that was made from it does not have, and is not known to
/// the target either.
pub(in crate::plans) async fn left(
    connection: &impl ConnectionTrait,
    from: &Plan,
    to: &PlanContent,
) -> Result<LeftValues, AppError> {
    let has = |row: &plan_setting::Model| {
        let mut all = to.settings.iter();
        all.any(|entered| {
            entered.module.0 == row.module_id && fold(&entered.name) == row.name_folded
        })
    };
    left_of(connection, from, to.target, |row| {
        !has(row) && (row.key_id.is_some() || from.content.target != to.target)
    })
    .await
}

async fn left_of(
    connection: &impl ConnectionTrait,
    from: &Plan,
    target: EnvironmentId,
    is_left: impl Fn(&plan_setting::Model) -> bool,
) -> Result<LeftValues, AppError> {
    let elsewhere = from.content.target != target;
    let known_there = matches!(
        PlanStatus::parse(&from.row.status),
        Some(PlanStatus::FinishedSuccessful | PlanStatus::FinishedWithWarnings)
    );
    let mut left = LeftValues::default();
    if from.content.settings.is_empty() || (known_there && !elsewhere) {
        return Ok(left);
    }
    for row in store::plans::settings::list(connection, from.row.id).await? {
        if !is_left(&row) {
            continue;
        }
        if row.key_id.is_some() {
            left.secrets.push(row.name);
        } else {
            left.plain += 1;
        }
    }
    if elsewhere && left != LeftValues::default() {
        let of = store::environments::find(connection, from.content.target.0).await?;
        left.of = of.map(|environment| environment.name);
    }
    Ok(left)
}

/// What a plan sets, as its content says it.
pub(in crate::plans) async fn entered(
    connection: &impl ConnectionTrait,
    plan: Uuid,
) -> Result<Vec<EnteredSetting>, store::StoreError> {
    let rows = store::plans::settings::list(connection, plan).await?;
    let mut entered: Vec<EnteredSetting> = rows
        .into_iter()
        .map(|row| EnteredSetting {
            module: ModuleId(row.module_id),
            name: row.name,
            secret: row.key_id.is_some(),
            value: row.key_id.is_none().then_some(row.value),
            fits: Fits::from_bits(u8::try_from(row.fits).unwrap_or(0)),
        })
        .collect();
    // Whatever the database takes for an order of ids.
    entered.sort_by_cached_key(EnteredSetting::key);
    Ok(entered)
}

/// What the audit says of an edit: never a secret.
pub(in crate::plans) fn audited(edit: &SettingEdit, before: Option<&EnteredSetting>) -> Entry {
    let said = |secret: bool, value: Option<&str>| {
        let value = if secret { Some(HIDDEN) } else { value };
        serde_json::json!({
            "module": edit.module,
            "site_property": edit.name,
            "value": value,
        })
    };
    let was = before.map(|entered| said(entered.secret, entered.value.as_deref()));
    let is = edit
        .value
        .as_deref()
        .map(|value| said(edit.property.secret, Some(value)));
    Entry::new().before(&was).after(&is)
}

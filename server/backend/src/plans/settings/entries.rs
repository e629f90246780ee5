//! The values of a plan while it is edited, and when another plan is made from it.

use super::super::Plan;
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::settings::{HIDDEN, property_of};
use crate::vault::{Owner, Place};
use domain::access::Action;
use domain::name::fold;
use domain::plan::PlanContent;
use domain::settings::{EnteredSetting, Fits, SettingEdit};
use domain::{AppError, EnvironmentId, ModuleId};
use store::entity::plans::plan_setting;
use store::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

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

    /// Copies to a new draft what the plan that it is made from sets, if it is for the same target.
    /// Secrets stay where they are (they are entered anew); who entered the rest is kept.
    pub(in crate::plans) async fn copy_settings(
        &self,
        tx: &DatabaseTransaction,
        from: &Plan,
        to: Uuid,
        settings: &[EnteredSetting],
    ) -> Result<(), AppError> {
        if settings.is_empty() {
            return Ok(());
        }
        for row in store::plans::settings::list(tx, from.row.id).await? {
            if row.key_id.is_none() {
                let row = plan_setting::Model { plan_id: to, ..row };
                store::plans::settings::put(tx, row).await?;
            }
        }
        Ok(())
    }
}

/// What of a plan's values can be taken over by a draft that is made from it: those that everybody
/// may see, and only for the same target, because values are an environment's own.
pub(in crate::plans) fn copied(
    content: &PlanContent,
    target: EnvironmentId,
) -> Vec<EnteredSetting> {
    if content.target != target {
        return Vec::new();
    }
    let all = content.settings.iter();
    all.filter(|setting| !setting.secret).cloned().collect()
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

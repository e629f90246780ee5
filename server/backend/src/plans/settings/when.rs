//! When the values of a plan take effect: at the switch, or after everything was switched (C6).

use crate::contract::ModuleState;
use crate::plans::Plan;
use crate::settings::SettingsOf;
use domain::AppError;
use std::collections::{BTreeMap, BTreeSet};
use store::ConnectionTrait;
use uuid::Uuid;

/// What the modules of a starting plan find as their site properties, and when.
pub(in crate::plans) struct PlanValues {
    /// What starts at the switch finds.
    pub(in crate::plans) at_the_switch: SettingsOf,
    /// What holds afterwards, if that is something else, and the modules that the plan sets
    /// secrets of: of those nobody can tell whether they change.
    after: Option<(SettingsOf, BTreeSet<Uuid>)>,
}

impl PlanValues {
    /// Those of these modules.
    pub(in crate::plans) async fn read(
        connection: &impl ConnectionTrait,
        plan: &Plan,
        modules: &[Uuid],
    ) -> Result<Self, AppError> {
        let target = plan.content.target;
        let entered = store::plans::settings::list(connection, plan.row.id).await?;
        let mut at_the_switch = SettingsOf::read(connection, target, modules).await?;
        if !plan.content.settings_after || entered.is_empty() {
            at_the_switch.lay_over(entered);
            return Ok(Self {
                at_the_switch,
                after: None,
            });
        }
        let secrets = entered
            .iter()
            .filter(|row| row.key_id.is_some())
            .map(|row| row.module_id)
            .collect();
        let mut after = SettingsOf::read(connection, target, modules).await?;
        after.lay_over(entered);
        Ok(Self {
            at_the_switch,
            after: Some((after, secrets)),
        })
    }

    /// What a module gets after the switch, without the secrets; none if nothing changes for it.
    pub(in crate::plans) fn after_it(
        &self,
        state: &ModuleState,
    ) -> Option<BTreeMap<String, String>> {
        let (after, secrets) = self.after.as_ref()?;
        let values = after.place(state, "").settings;
        let same = values == self.at_the_switch.place(state, "").settings;
        (!same || secrets.contains(&state.module)).then_some(values)
    }
}

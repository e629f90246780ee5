//! Tagging what a plan's target ran before it, so that it can be brought back: the way back by a tag
//! (domain.md V7), with the states that history names.

use super::tags::store_tag;
use super::undone::{Former, Undoing};
use super::{Plan, draft};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use domain::access::Action;
use domain::plan::{Ran, Returns};
use domain::{AppError, ApplicationId, EnvironmentId, VersionId, VersionNumber};
use std::collections::BTreeSet;
use store::entity::catalog::version;
use store::entity::environments::environment;
use store::{DatabaseTransaction, bundles, catalog, running};
use uuid::Uuid;

impl Backend {
    /// Tags what ran before the plan of the wanted applications and was never tagged, unless a tag
    /// holds just that by now; in `undoing` each is a tag from then on. Which those are.
    pub(super) async fn tag_formers(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        undoing: &mut Undoing,
        wanted: &BTreeSet<ApplicationId>,
    ) -> Result<Vec<ApplicationId>, AppError> {
        let (_, target) = draft::ends(tx, plan.content.source, plan.content.target).await?;
        let mut tagged = Vec::new();
        for row in &mut undoing.rows {
            let application = row.application;
            let former = undoing.formers.get(&application);
            let Some(former) = former.filter(|_| wanted.contains(&application)) else {
                continue;
            };
            match row.returns() {
                // It ran there, only that nobody knew it by this name.
                Returns::Back { version, .. } => {
                    catalog::make_eligible(tx, &[version.0], target.id).await?;
                }
                Returns::BackTagged { number, .. } => {
                    let version = self
                        .tag_former(tx, actor, (plan, &target), application, former, number)
                        .await?;
                    row.before = Ran::Tag(version, number);
                }
                _ => continue,
            }
            tagged.push(application);
        }
        let ids: Vec<Uuid> = tagged.iter().map(|application| application.0).collect();
        running::refresh_can_move(tx, Some(&ids)).await?;
        Ok(tagged)
    }

    async fn tag_former(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        (plan, target): (&Plan, &environment::Model),
        application: ApplicationId,
        former: &Former,
        number: VersionNumber,
    ) -> Result<VersionId, AppError> {
        actor.require(Action::TagVersion)?;
        let found = catalog::find_application(tx, application.0).await?;
        let found = store::or_missing(found, "This application")?;
        // Said here, so that what removes bundles lets them be from now on.
        let needed: Vec<String> = former.bundles.iter().cloned().collect();
        if bundles::keep(tx, &needed).await? != needed.len() as u64 {
            return Err(AppError::conflict(
                "cannot_roll_back",
                format!(
                    "Files of what {} ran of {} were removed meanwhile. Nothing was made; look again at what can be brought back.",
                    target.name, found.name
                ),
            ));
        }
        let (hotfix, known) = self
            .former_hotfix(tx, target, application.0, &former.content)
            .await?;
        let description = format!("What {} ran before plan #{}", target.name, plan.row.number);
        let row = version::Model {
            id: self.new_id(),
            application_id: application.0,
            number: number.to_string(),
            sort_key: number.sort_key(),
            name: found.name.clone(),
            description: description.clone(),
            created: self.now(),
            created_by: self.stored_person(tx, actor).await?,
            environment_id: target.id,
            base_id: former.base.map(|(base, _)| base.0),
            hotfix,
        };
        store_tag(tx, row.clone(), number, &former.states).await?;
        self.note_former_tag(tx, actor, target, &row, known).await?;
        let object = Object {
            kind: "application",
            id: Some(application.0),
            name: &found.name,
        };
        let entry = Entry::new()
            .at(EnvironmentId(target.id))
            .because(format!("Rollback of plan #{}.", plan.row.number))
            .after(&serde_json::json!({
                "version": number,
                "description": description,
                "from": former.base.map(|(_, number)| number),
            }));
        self.record(tx, Some(actor), "version_tagged", object, entry)
            .await?;
        Ok(VersionId(row.id))
    }
}

//! What a publication says about its application and modules counts once it has succeeded.

use crate::Backend;
use crate::audit::{Entry, Object};
use domain::execution::Outcome;
use domain::name::fold;
use domain::{AppError, EnvironmentId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::entity::catalog::{application, module};
use store::entity::plans::run;
use store::{DatabaseTransaction, Set, catalog, counters, executions};
use uuid::Uuid;

/// The application as its manifest names it; kept with the run.
#[derive(Debug, Serialize, Deserialize)]
struct Publishes {
    id: Uuid,
    name: String,
    description: String,
}

impl Backend {
    /// Keeps with the run what it says about its application.
    pub(super) async fn note_publication(
        &self,
        tx: &DatabaseTransaction,
        run: Uuid,
        application: &application::Model,
    ) -> Result<(), AppError> {
        let publishes = Publishes {
            id: application.id,
            name: application.name.clone(),
            description: application.description.clone(),
        };
        executions::update_run(
            tx,
            run,
            run::ActiveModel {
                publishes: Set(serde_json::to_string(&publishes).ok()),
                ..Default::default()
            },
        )
        .await?;
        Ok(())
    }

    /// What follows when a publication is over: it holds no modules any more, its application is
    /// named as it was published if that succeeded, and the audit knows how it ended.
    pub(crate) async fn end_publication(
        &self,
        tx: &DatabaseTransaction,
        run: &run::Model,
        outcome: Outcome,
        text: &str,
    ) -> Result<(), AppError> {
        counters::raise(tx, counters::LANDSCAPE).await?;
        let publishes: Option<Publishes> = run
            .publishes
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let succeeded = matches!(outcome, Outcome::Successful | Outcome::WithWarnings);
        if let (true, Some(publishes)) = (succeeded, &publishes) {
            self.take_names(tx, run.id, publishes).await?;
        }
        let object = Object {
            kind: "application",
            id: publishes.as_ref().map(|publishes| publishes.id),
            name: publishes
                .as_ref()
                .map_or(&run.name, |publishes| &publishes.name),
        };
        let action = if succeeded {
            "application_published"
        } else {
            "publication_failed"
        };
        let entry = Entry::new()
            .at(EnvironmentId(run.environment_id))
            .after(&serde_json::json!({ "run": run.id, "outcome": text }));
        self.record(tx, None, action, object, entry).await
    }

    async fn take_names(
        &self,
        tx: &DatabaseTransaction,
        run: Uuid,
        publishes: &Publishes,
    ) -> Result<(), AppError> {
        let now = self.now();
        if let Some(mut row) = catalog::find_application(tx, publishes.id).await? {
            let other = catalog::find_application_by_name(tx, &publishes.name).await?;
            if other.is_some_and(|other| other.id != row.id) {
                // Somebody else took the name while this ran; names are told apart everywhere.
                tracing::warn!(
                    application = %row.id,
                    name = publishes.name,
                    "the application keeps its former name: the new one was taken meanwhile"
                );
            } else {
                row.name.clone_from(&publishes.name);
                row.name_folded = fold(&publishes.name);
            }
            row.description.clone_from(&publishes.description);
            catalog::put_application(tx, row).await?;
        }
        let states: BTreeSet<Uuid> = executions::list_run_modules(tx, run)
            .await?
            .into_iter()
            .filter_map(|row| row.module_version_id)
            .collect();
        for state in catalog::module_versions(tx, &states).await? {
            let known = catalog::modules(tx, &[state.module_id]).await?.pop();
            let row = module::Model {
                id: state.module_id,
                application_id: state.application_id,
                name_folded: fold(&state.name),
                name: state.name,
                kind: state.kind,
                created: known.map_or(now, |known| known.created),
            };
            catalog::put_module(tx, row).await?;
        }
        catalog::refresh_application(tx, publishes.id, now).await?;
        Ok(())
    }
}

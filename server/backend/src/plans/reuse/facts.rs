//! What is true of a plan's applications between the environments of the plan that is made from it.

use super::super::rows::kind_from;
use super::super::{Plan, custom};
use super::applications_of;
use domain::plan::{Origin, OriginalRow, Outlook, PlanKind, Standing};
use domain::view::ReuseRow;
use domain::{AppError, ApplicationId, EnvironmentId, VersionId, VersionNumber};
use std::collections::BTreeMap;
use store::ConnectionTrait;
use store::entity::catalog::application;
use uuid::Uuid;

/// What the outlook is made from: a fixed number of queries for any number of applications.
pub(super) struct Facts {
    pub(super) original: Vec<OriginalRow>,
    standings: BTreeMap<ApplicationId, Standing>,
    applications: BTreeMap<Uuid, application::Model>,
    /// What of them source and target run, and the tag that it is derived from.
    pub(super) bases: BTreeMap<(Uuid, Uuid), Option<(VersionId, VersionNumber)>>,
}

impl Facts {
    pub(super) async fn read(
        connection: &impl ConnectionTrait,
        plan: &Plan,
        source: EnvironmentId,
        target: EnvironmentId,
    ) -> Result<Self, AppError> {
        let ids = applications_of(plan);
        let ends = [source.0, target.0];
        let mut standings: BTreeMap<ApplicationId, Standing> = BTreeMap::new();
        let mut bases = BTreeMap::new();
        for row in store::plans::list_running(connection, &ends, &ids).await? {
            let number = row.number.as_deref().and_then(|n| n.parse().ok());
            if row.present {
                let base = row.base_id.map(VersionId).zip(number);
                bases.insert((row.environment_id, row.application_id), base);
            }
            let standing = standings
                .entry(ApplicationId(row.application_id))
                .or_default();
            if row.environment_id == source.0 && row.present {
                standing.in_source = true;
            }
            if row.environment_id == target.0 {
                if row.present {
                    standing.in_target = number;
                    standing.modified_in_target = row.modified;
                }
                standing.blocked = row.blocked.then(|| {
                    row.block_reason
                        .unwrap_or_else(|| "No reason was given.".to_owned())
                });
            }
        }
        for row in store::plans::list_eligible(connection, source.0, &ids).await? {
            if let (Some(standing), Ok(number)) = (
                standings.get_mut(&ApplicationId(row.application_id)),
                row.number.parse(),
            ) {
                standing.tags.push((VersionId(row.id), number));
            }
        }
        let original: Vec<OriginalRow> = plan
            .operations
            .iter()
            .map(|row| OriginalRow {
                application: ApplicationId(row.application_id),
                tag: row
                    .version_id
                    .filter(|_| row.choice != "nothing")
                    .zip(row.number.as_deref().and_then(|number| number.parse().ok()))
                    .map(|(id, number)| (VersionId(id), number)),
                modules: custom::modules_from(row.modules.as_deref()),
            })
            .collect();
        for (application, modules) in custom::in_source_of(connection, &original, source).await? {
            if let Some(standing) = standings.get_mut(&application) {
                standing.source_modules = modules;
            }
        }
        let applications = store::plans::list_applications(connection, &ids).await?;
        Ok(Self {
            original,
            standings,
            applications: applications.into_iter().map(|row| (row.id, row)).collect(),
            bases,
        })
    }

    /// The same for a plan of this kind: only ordinary ones cannot bring less than is there.
    pub(super) fn of_kind(mut self, kind: PlanKind) -> Self {
        for standing in self.standings.values_mut() {
            standing.may_go_lower = kind != PlanKind::Ordinary;
        }
        self
    }

    pub(super) fn foresee(&self, how: Origin) -> Outlook {
        Outlook::foresee(how, &self.original, |application| {
            self.standings.get(&application).cloned()
        })
    }

    pub(super) fn rows(&self, outlook: Outlook) -> Vec<ReuseRow> {
        self.original
            .iter()
            .zip(outlook.rows)
            .filter_map(|(original, (application, becomes))| {
                let facts = self.applications.get(&application.0)?;
                Some(ReuseRow {
                    application,
                    name: facts.name.clone(),
                    kind: kind_from(&facts.kind),
                    was: original.tag.map(|(_, number)| number),
                    becomes,
                    overwrites: None,
                })
            })
            .collect()
    }
}

//! What the environments have of applications, as cells of the matrix.

use crate::Backend;
use crate::environments::{Names, small};
use domain::application::Marks;
use domain::plan::{Intervention, PlanStatus};
use domain::view::{IncomingPlan, MatrixCell, Stamp};
use domain::{AppError, EnvironmentId};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::catalog::{running, version};
use store::entity::plans::plan;
use store::{catalog, environments, plans_active};
use uuid::Uuid;

/// Plans on their way, by (target, application).
type Incoming = BTreeMap<(Uuid, Uuid), IncomingPlan>;

impl Backend {
    /// The cells of these applications, one per environment in promotion order.
    pub(super) async fn cells(
        &self,
        applications: &[Uuid],
    ) -> Result<BTreeMap<Uuid, Vec<MatrixCell>>, AppError> {
        let read = self.store.read();
        let environments = environments::all(read).await?;
        let rows: BTreeMap<(Uuid, Uuid), running::Model> =
            store::running::list_of_applications(read, applications)
                .await?
                .into_iter()
                .map(|row| ((row.application_id, row.environment_id), row))
                .collect();
        let bases: Vec<Uuid> = rows.values().filter_map(|row| row.base_id).collect();
        let versions: BTreeMap<Uuid, version::Model> = catalog::versions(read, &bases)
            .await?
            .into_iter()
            .map(|version| (version.id, version))
            .collect();
        let names = self
            .names(rows.values().map(|row| row.changed_by).collect())
            .await?;
        let incoming = self.incoming().await?;
        let held: BTreeSet<(Uuid, Uuid)> = store::holds::list_open_of(read, applications)
            .await?
            .into_iter()
            .map(|hold| (hold.environment_id, hold.version_id))
            .collect();
        Ok(applications
            .iter()
            .map(|application| {
                let cells = environments
                    .iter()
                    .enumerate()
                    .map(|(at, environment)| {
                        let mut cell = rows.get(&(*application, environment.id)).map_or_else(
                            || empty_cell(environment.id),
                            |row| cell_from(row, &versions, &names),
                        );
                        let before = at.checked_sub(1).and_then(|at| environments.get(at));
                        let before = before.and_then(|before| rows.get(&(*application, before.id)));
                        cell.held = before.is_some_and(|before| {
                            let tag = before
                                .base_id
                                .filter(|_| before.present && !before.modified);
                            tag.is_some_and(|tag| held.contains(&(environment.id, tag)))
                        });
                        cell.incoming = incoming.get(&(environment.id, *application)).copied();
                        cell
                    })
                    .collect();
                (*application, cells)
            })
            .collect())
    }

    /// What active plans are moving where. Few plans are active, each is one query.
    async fn incoming(&self) -> Result<Incoming, AppError> {
        let read = self.store.read();
        let mut incoming = Incoming::new();
        for plan in plans_active::list(read).await? {
            let number = u64::try_from(plan.number).unwrap_or(0);
            for operation in store::plans::list_operations(read, plan.id).await? {
                if operation.choice == "nothing" {
                    continue;
                }
                let plan_of = (plan.target_id, operation.application_id);
                let this = IncomingPlan {
                    number,
                    brings: operation.number.and_then(|number| number.parse().ok()),
                    waits: waits(&plan),
                };
                incoming.insert(plan_of, this);
            }
        }
        Ok(incoming)
    }
}

/// What a plan waits for, if it waits for a person.
fn waits(plan: &plan::Model) -> Option<Intervention> {
    let known = plan.intervention.as_deref().and_then(Intervention::parse);
    (plan.status == PlanStatus::NeedsIntervention.as_str())
        .then(|| known.unwrap_or(Intervention::BusinessProcessImpact))
}

fn empty_cell(environment: Uuid) -> MatrixCell {
    MatrixCell {
        environment: EnvironmentId(environment),
        present: false,
        version: None,
        marks: Marks::default(),
        block_reason: None,
        changed: None,
        can_move: false,
        held: false,
        incoming: None,
    }
}

fn cell_from(
    row: &running::Model,
    versions: &BTreeMap<Uuid, version::Model>,
    names: &Names,
) -> MatrixCell {
    let base = row.base_id.and_then(|id| versions.get(&id));
    MatrixCell {
        environment: EnvironmentId(row.environment_id),
        present: row.present,
        version: base.and_then(|version| version.number.parse().ok()),
        marks: Marks {
            modified: row.modified,
            hotfix: row.hotfix,
            changed_outside: row.changed_outside,
            blocked: row.blocked,
            broken_references: small(row.broken),
            outdated_references: small(row.outdated),
        },
        block_reason: row.block_reason.clone().filter(|_| row.blocked),
        changed: row.changed.map(|at| changed(row, names, at)),
        can_move: row.can_move,
        held: false,
        incoming: None,
    }
}

/// Who changed it last, and when. What was changed without Slipway nobody knows whose work it is;
/// it was not Slipway's.
fn changed(row: &running::Model, names: &Names, at: i64) -> Stamp {
    let mut stamp = names.stamp(row.changed_by, at);
    if row.changed_by.is_none() && row.changed_outside {
        "somebody outside".clone_into(&mut stamp.by.name);
    }
    stamp
}

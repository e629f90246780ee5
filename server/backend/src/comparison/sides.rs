//! The sides of a comparison, read from the database.

use super::brought::add_plan;
use crate::Backend;
use crate::actor::Actor;
use crate::plans::{Plan, find_plan, replaces_since};
use domain::difference::{Placed, Release, Side};
use domain::name::fold;
use domain::plan::{Choice, PlanStatus};
use domain::view::{Compared, ComparedSide};
use domain::{
    AppError, ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, Timestamp, VersionNumber,
};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use store::entity::environments::environment;
use store::{DatabaseTransaction, catalog, environments, history, running};
use uuid::Uuid;

/// A side with what the page says of it.
pub(super) struct Seen {
    pub(super) side: Side,
    pub(super) shown: ComparedSide,
    /// Where it is; none for a version.
    pub(super) environment: Option<EnvironmentId>,
    /// The application, if the side is one version of it.
    pub(super) version_of: Option<ApplicationId>,
    /// Modules that a plan publishes again.
    pub(super) republished: BTreeSet<ModuleId>,
    /// The deployment notes of the plan.
    pub(super) notes: String,
    /// What the tags will say that the plan makes as it starts.
    pub(super) tagging: BTreeMap<ApplicationId, (VersionNumber, String)>,
    /// The plan whose values hold on this side.
    pub(super) sets: Option<Uuid>,
    /// When the environment's values held, if not now.
    pub(super) values_at: Option<Timestamp>,
    /// When the run of that plan was over: what it set holds as it held then.
    pub(super) values_after: Option<Timestamp>,
}

/// The plans that both sides speak of, with what their target had, read once.
#[derive(Default)]
pub(super) struct Plans(BTreeMap<u64, (Plan, Lane, Side, Option<Timestamp>)>);

impl Backend {
    pub(super) async fn side(
        &self,
        snapshot: &DatabaseTransaction,
        actor: &Actor,
        plans: &mut Plans,
        compared: &Compared,
    ) -> Result<Seen, AppError> {
        match compared {
            Compared::Now(name) => {
                let place = Lane::named(snapshot, name).await?;
                let side = running_now(snapshot, place.row.id).await?;
                Ok(in_place(&place, side, place.row.name.clone(), None))
            }
            Compared::Then(at, name) => {
                let place = Lane::named(snapshot, name).await?;
                if at.0 > self.now() {
                    return Err(AppError::invalid(
                        "at",
                        format!(
                            "What {} runs at a moment that is still to come is not known. Choose one that has been.",
                            place.row.name
                        ),
                    ));
                }
                let side = running_then(snapshot, place.row.id, at.0).await?;
                let mut seen = in_place(&place, side, place.row.name.clone(), Some(*at));
                seen.values_at = Some(*at);
                Ok(seen)
            }
            Compared::Version(id) => one_version(snapshot, id.0).await,
            Compared::BeforePlan(number) => {
                let (_, place, side, at) = self.plan(snapshot, actor, plans, *number).await?;
                let at = *at;
                let title = match at {
                    Some(_) => format!("{} before plan #{number}", place.row.name),
                    None => place.row.name.clone(),
                };
                let mut seen = in_place(place, side.clone(), title, at);
                seen.shown.plan = Some(*number);
                seen.values_at = at.map(right_before);
                Ok(seen)
            }
            Compared::Plan(number) => {
                let (plan, place, side, at) = self.plan(snapshot, actor, plans, *number).await?;
                let at = *at;
                let title = format!("{} with plan #{number}", place.row.name);
                let mut seen = in_place(place, side.clone(), title, at);
                seen.shown.plan = Some(*number);
                seen.notes.clone_from(&plan.content.notes);
                seen.tagging = tagging(plan);
                seen.sets = Some(plan.row.id);
                seen.values_at = at.map(right_before);
                seen.republished = add_plan(snapshot, plan, &mut seen.side).await?;
                if let Some(end) = ended(plan) {
                    let truth = running_then(snapshot, place.row.id, end.0).await?;
                    settle(plan, side, &truth, &mut seen);
                    seen.values_after = Some(end);
                }
                Ok(seen)
            }
        }
    }

    /// A plan, its target, what that had right before the plan switched anything, or has now, and
    /// when that was, if not now.
    async fn plan<'p>(
        &self,
        snapshot: &DatabaseTransaction,
        actor: &Actor,
        plans: &'p mut Plans,
        number: u64,
    ) -> Result<&'p (Plan, Lane, Side, Option<Timestamp>), AppError> {
        if let Entry::Vacant(entry) = plans.0.entry(number) {
            let plan = find_plan(snapshot, actor, number, self.now()).await?;
            let id = plan.row.target_id;
            let target = Lane::find(snapshot, "The target environment", |row| row.id == id).await?;
            let at = replaces_since(snapshot, &plan.row).await?.map(Timestamp);
            let side = match at {
                Some(at) => running_then(snapshot, target.row.id, right_before(at).0).await?,
                None => running_now(snapshot, target.row.id).await?,
            };
            entry.insert((plan, target, side, at));
        }
        let found = plans.0.get(&number);
        found.ok_or_else(|| AppError::not_found(format!("Plan #{number}")))
    }
}

/// What held right before a plan began to switch: a change of that very moment is taken for the
/// plan's own.
const fn right_before(switched: Timestamp) -> Timestamp {
    Timestamp(switched.0 - 1)
}

/// When a plan's run was over: what its target told after the last step counts, too.
fn ended(plan: &Plan) -> Option<Timestamp> {
    let status = PlanStatus::parse(&plan.row.status)?;
    let end = plan.row.finished.filter(|_| status.is_terminal())?;
    Some(Timestamp(end.max(plan.row.synchronized.unwrap_or(end))))
}

/// What a plan's run has really made of what it was about: an aborted one nothing, one that could
/// not go back a mix. Everything else is as it was before, whatever others did meanwhile.
fn settle(plan: &Plan, before: &Side, truth: &Side, seen: &mut Seen) {
    let brought = plan.content.operations.iter();
    let brought = brought.filter(|operation| operation.choice != Choice::DoNothing);
    let mut applications: BTreeSet<ApplicationId> =
        brought.map(|operation| operation.application).collect();
    for module in &seen.republished {
        let placed = [before, truth]
            .into_iter()
            .find_map(|s| s.modules.get(module));
        applications.extend(placed.map(|placed| placed.application));
    }
    let is_of = |placed: &Placed| applications.contains(&placed.application);
    let modules: BTreeSet<ModuleId> = [before, &seen.side, truth]
        .into_iter()
        .flat_map(|side| side.modules.iter())
        .filter(|(_, placed)| is_of(placed))
        .map(|(module, _)| *module)
        .collect();
    for module in modules {
        match truth.modules.get(&module) {
            Some(placed) => seen.side.modules.insert(module, *placed),
            None => seen.side.modules.remove(&module),
        };
    }
    for application in applications {
        match truth.releases.get(&application) {
            Some(release) => seen.side.releases.insert(application, *release),
            None => seen.side.releases.remove(&application),
        };
    }
    if plan.row.status != PlanStatus::FinishedSuccessful.as_str() {
        let other = |module: &ModuleId| before.modules.get(module) != truth.modules.get(module);
        seen.republished.retain(other);
    }
}

/// An environment with its place in the promotion order.
struct Lane {
    row: environment::Model,
    place: (u32, u32),
}

impl Lane {
    async fn find(
        snapshot: &DatabaseTransaction,
        what: &str,
        is_it: impl Fn(&environment::Model) -> bool,
    ) -> Result<Self, AppError> {
        let all = environments::all(snapshot).await?;
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let total = small(all.len());
        let found = (0..).zip(all).find(|(_, row)| is_it(row));
        let (position, row) = store::or_missing(found, what)?;
        Ok(Self {
            row,
            place: (position, total),
        })
    }

    async fn named(snapshot: &DatabaseTransaction, name: &str) -> Result<Self, AppError> {
        let what = format!("The environment \"{name}\"");
        let folded = fold(name);
        Self::find(snapshot, &what, |row| row.name_folded == folded).await
    }
}

/// The tags that a plan which has not started will make, with what they will say.
fn tagging(plan: &Plan) -> BTreeMap<ApplicationId, (VersionNumber, String)> {
    let operations = plan.content.operations.iter();
    operations
        .filter(|_| plan.row.started.is_none())
        .filter_map(|operation| match &operation.choice {
            Choice::TagAndDeploy {
                number,
                description,
            } if !description.trim().is_empty() => {
                Some((operation.application, (*number, description.clone())))
            }
            _ => None,
        })
        .collect()
}

fn in_place(place: &Lane, side: Side, title: String, at: Option<Timestamp>) -> Seen {
    Seen {
        shown: ComparedSide {
            title,
            environment: Some(place.row.name.clone()),
            lane: Some(place.place),
            plan: None,
            unrecorded: at.is_some() && side.modules.is_empty(),
            at,
        },
        environment: Some(EnvironmentId(place.row.id)),
        side,
        version_of: None,
        republished: BTreeSet::new(),
        notes: String::new(),
        tagging: BTreeMap::new(),
        sets: None,
        values_at: None,
        values_after: None,
    }
}

/// What an environment has now.
pub(super) async fn running_now(
    snapshot: &DatabaseTransaction,
    place: Uuid,
) -> Result<Side, AppError> {
    let rows = running::list(snapshot, Some(place)).await?;
    let rows = rows.iter().filter(|row| row.present);
    let releases = releases(
        snapshot,
        rows.map(|row| (row.application_id, row.base_id, row.modified))
            .collect(),
    )
    .await?;
    let modules = running::list_modules(snapshot, place).await?;
    Ok(Side {
        releases,
        modules: modules
            .into_iter()
            .map(|row| placed(row.module_id, row.application_id, row.module_version_id))
            .collect(),
    })
}

/// What an environment had at a time.
async fn running_then(
    snapshot: &DatabaseTransaction,
    place: Uuid,
    at: i64,
) -> Result<Side, AppError> {
    let rows = history::releases_at(snapshot, place, at).await?;
    let releases = releases(
        snapshot,
        rows.iter()
            .map(|row| (row.application_id, row.base_id, row.modified))
            .collect(),
    )
    .await?;
    let modules = history::modules_at(snapshot, place, at).await?;
    Ok(Side {
        releases,
        modules: modules
            .into_iter()
            .filter_map(|row| {
                let (application, version) = row.application_id.zip(row.module_version_id)?;
                Some(placed(row.module_id, application, version))
            })
            .collect(),
    })
}

pub(super) fn placed(module: Uuid, application: Uuid, version: Uuid) -> (ModuleId, Placed) {
    let placed = Placed {
        application: ApplicationId(application),
        version: ModuleVersionId(version),
    };
    (ModuleId(module), placed)
}

/// Releases by application, from (application, tag, modified).
async fn releases(
    snapshot: &DatabaseTransaction,
    rows: Vec<(Uuid, Option<Uuid>, bool)>,
) -> Result<BTreeMap<ApplicationId, Release>, AppError> {
    let tags: Vec<Uuid> = rows.iter().filter_map(|(_, tag, _)| *tag).collect();
    let numbers: BTreeMap<Uuid, _> = catalog::versions(snapshot, &tags)
        .await?
        .into_iter()
        .filter_map(|row| Some((row.id, row.number.parse().ok()?)))
        .collect();
    Ok(rows
        .into_iter()
        .map(|(application, tag, modified)| {
            let release = Release {
                number: tag.and_then(|tag| numbers.get(&tag).copied()),
                modified,
            };
            (ApplicationId(application), release)
        })
        .collect())
}

/// One tagged version.
async fn one_version(snapshot: &DatabaseTransaction, id: Uuid) -> Result<Seen, AppError> {
    let tag = store::or_missing(catalog::find_version(snapshot, id).await?, "This version")?;
    let application = ApplicationId(tag.application_id);
    let mut side = Side::default();
    let release = Release {
        number: tag.number.parse().ok(),
        modified: false,
    };
    side.bring(
        application,
        release,
        made_of(snapshot, &[id])
            .await?
            .remove(&id)
            .unwrap_or_default(),
    );
    Ok(Seen {
        side,
        shown: ComparedSide {
            title: format!("{} {}", tag.name, tag.number),
            environment: None,
            lane: None,
            plan: None,
            at: None,
            unrecorded: false,
        },
        environment: None,
        version_of: Some(application),
        republished: BTreeSet::new(),
        notes: String::new(),
        tagging: BTreeMap::new(),
        sets: None,
        values_at: None,
        values_after: None,
    })
}

/// The module states that tags are made of.
pub(super) async fn made_of(
    snapshot: &DatabaseTransaction,
    tags: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<(ModuleId, ModuleVersionId)>>, AppError> {
    let rows = catalog::version_modules(snapshot, tags).await?;
    let states: BTreeSet<Uuid> = rows.iter().map(|row| row.module_version_id).collect();
    let modules: BTreeMap<Uuid, Uuid> = catalog::module_versions(snapshot, &states)
        .await?
        .into_iter()
        .map(|row| (row.id, row.module_id))
        .collect();
    let mut found: BTreeMap<Uuid, Vec<(ModuleId, ModuleVersionId)>> = BTreeMap::new();
    for row in rows {
        if let Some(module) = modules.get(&row.module_version_id) {
            let state = ModuleVersionId(row.module_version_id);
            let of = found.entry(row.version_id).or_default();
            of.push((ModuleId(*module), state));
        }
    }
    Ok(found)
}

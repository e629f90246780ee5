//! `PLAN.json`: a plan as a person or a pipeline writes it, with names and numbers or with ids.

use domain::id::{ApplicationId, EnvironmentId, ModuleId, PlanId, VersionId};
use domain::landscape::{ActivePlan, Ix, Landscape};
use domain::name::fold;
use domain::plan::{Choice, Operation, PlanContent, PlanKind};
use domain::version::VersionNumber;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A plan. Environments, applications and modules are given by name (case does not matter) or by
/// id, versions by number or by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// Where versions come from.
    pub source: String,
    /// Where they go.
    pub target: String,
    /// Ordinary plans only go up; the others may bring lower versions.
    #[serde(default)]
    pub kind: Kind,
    /// What happens, one entry per application.
    pub operations: Vec<PlannedOperation>,
    /// Modules in the target that are linked anew although they do not change.
    #[serde(default)]
    pub republish: Vec<String>,
}

/// Which kind of plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Brings versions forward.
    #[default]
    Ordinary,
    /// Brings back what ran before.
    Rollback,
    /// Brings another environment's exact versions.
    Replicate,
}

/// What happens to an application: `deploy`, `tag_and_deploy`, `deploy_custom`, or nothing if none
/// of them is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedOperation {
    /// Which.
    pub application: String,
    /// Deploy this tagged version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy: Option<String>,
    /// Tag what the source runs with this number, and deploy that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_and_deploy: Option<String>,
    /// Deploy these modules as the source runs them; the application's others stay as the target
    /// has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy_custom: Option<Vec<String>>,
}

/// Something that the landscape does not have, or that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No such thing.
    #[error("{what} \"{name}\" is not in the landscape; it has {known}")]
    NotThere {
        /// What was looked for: "environment", …
        what: &'static str,
        /// The name, number or id.
        name: String,
        /// Some names that it has.
        known: String,
    },
    /// An application stands in the plan twice.
    #[error("\"{0}\" stands in the plan twice; one entry says all that happens to it")]
    Twice(String),
    /// More than one of `deploy`, `tag_and_deploy` and `deploy_custom`.
    #[error("\"{0}\" has more than one of deploy, tag_and_deploy and deploy_custom; choose one")]
    Several(String),
    /// `deploy_custom` without modules.
    #[error("deploy_custom of \"{0}\" names no module; name one, or leave it out")]
    NoModules(String),
    /// Not a version number.
    #[error("\"{text}\" for \"{application}\": {reason}")]
    Number {
        /// The application.
        application: String,
        /// What was written.
        text: String,
        /// Why it is none.
        reason: String,
    },
}

impl PlanFile {
    /// A plan that brings what the first environment runs to the second: the newest tag of each
    /// application that can be deployed from there.
    pub fn all_of(landscape: &Landscape) -> Self {
        let name = |position: usize| {
            landscape
                .environments
                .get(position)
                .map(|e| e.name.clone())
                .unwrap_or_default()
        };
        let newest = |application: usize| {
            landscape
                .versions
                .iter()
                .filter(|v| v.application as usize == application && v.eligible.contains(&0))
                .max_by_key(|v| v.number)
        };
        let operations = landscape
            .applications
            .iter()
            .enumerate()
            .filter_map(|(position, a)| {
                Some(PlannedOperation {
                    application: a.id.to_string(),
                    deploy: Some(newest(position)?.number.to_string()),
                    tag_and_deploy: None,
                    deploy_custom: None,
                })
            });
        Self {
            source: name(0),
            target: name(1),
            kind: Kind::Ordinary,
            operations: operations.collect(),
            republish: Vec::new(),
        }
    }

    /// The plan in the landscape's ids.
    pub fn content(&self, landscape: &Landscape) -> Result<PlanContent, Unknown> {
        let mut seen = BTreeSet::new();
        let mut operations = Vec::with_capacity(self.operations.len());
        for operation in &self.operations {
            let (position, application) = find_application(landscape, &operation.application)?;
            if !seen.insert(application) {
                return Err(Unknown::Twice(operation.application.clone()));
            }
            operations.push(Operation {
                application,
                choice: operation.choice(landscape, position)?,
            });
        }
        let republish = self
            .republish
            .iter()
            .map(|module| find_module(landscape, module))
            .collect::<Result<_, _>>()?;
        Ok(PlanContent {
            kind: match self.kind {
                Kind::Ordinary => PlanKind::Ordinary,
                Kind::Rollback => PlanKind::Rollback,
                Kind::Replicate => PlanKind::Replicate,
            },
            source: find_environment(landscape, &self.source)?.1,
            target: find_environment(landscape, &self.target)?.1,
            operations,
            republish,
            notes: String::new(),
            settings: Vec::new(),
            settings_after: false,
        })
    }

    /// The plan as one that runs already: what it holds of its target.
    pub fn as_active(&self, landscape: &Landscape, position: usize) -> Result<ActivePlan, Unknown> {
        let content = self.content(landscape)?;
        let (source, _) = find_environment(landscape, &self.source)?;
        let (target, _) = find_environment(landscape, &self.target)?;
        let mut brings: BTreeSet<Ix> = BTreeSet::new();
        for operation in &content.operations {
            match &operation.choice {
                Choice::DoNothing => {}
                Choice::Deploy { version } => {
                    let version = landscape.versions.iter().find(|v| v.id == *version);
                    brings.extend(version.iter().flat_map(|v| &v.modules));
                }
                Choice::TagAndDeploy { .. } => {
                    brings.extend(running_of(landscape, source, operation.application));
                }
                Choice::DeployCustom { modules } => {
                    let running = running_of(landscape, source, operation.application);
                    brings.extend(running.iter().filter(|state| {
                        let module = landscape.module_versions[**state as usize].module;
                        modules.contains(&landscape.modules[module as usize].id)
                    }));
                }
            }
        }
        let mut modules: BTreeSet<Ix> = brings
            .iter()
            .filter_map(|v| landscape.module_versions.get(*v as usize))
            .map(|v| v.module)
            .collect();
        modules.extend(content.republish.iter().filter_map(|id| {
            let position = landscape.modules.iter().position(|m| m.id == *id)?;
            Ix::try_from(position).ok()
        }));
        let number = landscape
            .active_plans
            .iter()
            .map(|p| p.number)
            .max()
            .unwrap_or(0)
            + 1;
        Ok(ActivePlan {
            id: PlanId(Uuid::from_u128(position as u128)),
            number,
            name: format!("{} to {}", self.source, self.target),
            target,
            modules: modules.into_iter().collect(),
            brings: brings.into_iter().collect(),
            started: None,
        })
    }
}

/// The module states that an environment runs of an application.
fn running_of(landscape: &Landscape, environment: Ix, application: ApplicationId) -> &[Ix] {
    let position = landscape
        .applications
        .iter()
        .position(|a| a.id == application);
    let mut rows = landscape.running.iter();
    rows.find(|r| r.environment == environment && Some(r.application as usize) == position)
        .map_or(&[][..], |r| &r.modules)
}

impl PlannedOperation {
    fn choice(&self, landscape: &Landscape, application: Ix) -> Result<Choice, Unknown> {
        match (&self.deploy, &self.tag_and_deploy, &self.deploy_custom) {
            (Some(version), None, None) => Ok(Choice::Deploy {
                version: self.version(landscape, application, version)?,
            }),
            (None, Some(number), None) => Ok(Choice::TagAndDeploy {
                number: self.number(number)?,
                description: String::new(),
            }),
            (None, None, Some(modules)) => self.custom(landscape, modules),
            (None, None, None) => Ok(Choice::DoNothing),
            _ => Err(Unknown::Several(self.application.clone())),
        }
    }

    fn custom(&self, landscape: &Landscape, modules: &[String]) -> Result<Choice, Unknown> {
        let mut chosen = modules
            .iter()
            .map(|module| find_module(landscape, module))
            .collect::<Result<Vec<_>, _>>()?;
        chosen.sort_unstable();
        chosen.dedup();
        if chosen.is_empty() {
            return Err(Unknown::NoModules(self.application.clone()));
        }
        Ok(Choice::DeployCustom { modules: chosen })
    }

    fn number(&self, text: &str) -> Result<VersionNumber, Unknown> {
        text.parse().map_err(
            |error: domain::version::ParseVersionError| Unknown::Number {
                application: self.application.clone(),
                text: text.to_owned(),
                reason: error.to_string(),
            },
        )
    }

    fn version(
        &self,
        landscape: &Landscape,
        application: Ix,
        text: &str,
    ) -> Result<VersionId, Unknown> {
        let own = || {
            landscape
                .versions
                .iter()
                .filter(|v| v.application == application)
        };
        let found = match text.parse::<VersionId>() {
            Ok(id) => own().find(|v| v.id == id),
            Err(_) => {
                let number = self.number(text)?;
                own().find(|v| v.number == number)
            }
        };
        found.map(|v| v.id).ok_or_else(|| Unknown::NotThere {
            what: "version",
            name: format!("{} {text}", self.application),
            known: some(own().map(|v| v.number.to_string())),
        })
    }
}

fn find_environment(landscape: &Landscape, text: &str) -> Result<(Ix, EnvironmentId), Unknown> {
    find(
        "environment",
        text,
        landscape
            .environments
            .iter()
            .map(|e| (e.id.0, e.name.as_str())),
    )
    .map(|(position, id)| (position, EnvironmentId(id)))
}

fn find_application(landscape: &Landscape, text: &str) -> Result<(Ix, ApplicationId), Unknown> {
    find(
        "application",
        text,
        landscape
            .applications
            .iter()
            .map(|a| (a.id.0, a.name.as_str())),
    )
    .map(|(position, id)| (position, ApplicationId(id)))
}

fn find_module(landscape: &Landscape, text: &str) -> Result<ModuleId, Unknown> {
    find(
        "module",
        text,
        landscape.modules.iter().map(|m| (m.id.0, m.name.as_str())),
    )
    .map(|(_, id)| ModuleId(id))
}

/// Position and id of the one with this name or id.
fn find<'a>(
    what: &'static str,
    text: &str,
    all: impl Iterator<Item = (Uuid, &'a str)> + Clone,
) -> Result<(Ix, Uuid), Unknown> {
    let id = Uuid::try_parse(text).ok();
    let folded = fold(text);
    all.clone()
        .enumerate()
        .find(|(_, (other, name))| Some(*other) == id || fold(name) == folded)
        .and_then(|(position, (id, _))| Some((Ix::try_from(position).ok()?, id)))
        .ok_or_else(|| Unknown::NotThere {
            what,
            name: text.to_owned(),
            known: some(all.map(|(_, name)| name.to_owned())),
        })
}

/// The first few, for a message.
fn some(names: impl Iterator<Item = String>) -> String {
    const FEW: usize = 8;
    let mut all: Vec<String> = names.take(FEW + 1).collect();
    if all.is_empty() {
        return "none".to_owned();
    }
    if all.len() > FEW {
        all.truncate(FEW);
        all.push("…".to_owned());
    }
    all.join(", ")
}

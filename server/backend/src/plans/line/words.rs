//! Why a plan went back from its line, in words.

use domain::impact::{Finding, FindingCode, Index, ModuleSubject};
use domain::plan::PlanContent;

/// Elements that are named.
const NAMED: usize = 3;

/// What was found although the plan was fine when it was put in line; none if nothing was.
pub(super) fn found(errors: &[Finding], index: &Index, content: &PlanContent) -> Option<String> {
    let first = errors.first()?;
    let landscape = index.landscape();
    let place = |id| {
        let found = landscape.environments.iter().find(|facts| facts.id == id);
        found.map_or("the environment", |facts| facts.name.as_str())
    };
    let application = first.application.and_then(|id| {
        let found = landscape.applications.iter().find(|facts| facts.id == id);
        found.map(|facts| facts.name.as_str())
    });
    let said = Said {
        finding: first,
        source: place(content.source),
        target: place(content.target),
        application,
    };
    let said = said.sentence();
    let way = "Open the plan, mend that and put it in line again.";
    Some(match errors.len() {
        1 => format!("When it was its turn, the check found an error: {said}. {way}"),
        n => format!(
            "When it was its turn, the check found {n} errors. The first: {said}. Open the plan to see all of them."
        ),
    })
}

struct Said<'a> {
    finding: &'a Finding,
    source: &'a str,
    target: &'a str,
    application: Option<&'a str>,
}

impl Said<'_> {
    fn module(module: Option<&ModuleSubject>) -> String {
        module.map_or_else(
            || "a module".to_owned(),
            |module| format!("{} of {}", module.name, module.application_name),
        )
    }

    fn consumer(&self) -> String {
        Self::module(self.finding.consumer.as_ref())
    }

    fn producer(&self) -> String {
        Self::module(self.finding.producer.as_ref())
    }

    /// The module that it is about, whichever side names it; else the application.
    fn subject(&self) -> String {
        let finding = self.finding;
        match finding.consumer.as_ref().or(finding.producer.as_ref()) {
            None => self.application(),
            module => Self::module(module),
        }
    }

    fn application(&self) -> String {
        let finding = self.finding;
        let module = finding.consumer.as_ref().or(finding.producer.as_ref());
        self.application
            .or(module.map(|module| module.application_name.as_str()))
            .unwrap_or("an application")
            .to_owned()
    }

    fn detail(&self) -> &str {
        self.finding.detail.as_deref().unwrap_or_default()
    }

    fn elements(&self) -> String {
        let all = &self.finding.elements;
        let named: Vec<&str> = all
            .iter()
            .take(NAMED)
            .map(|element| element.name.as_str())
            .collect();
        let total = usize::try_from(self.finding.element_count).unwrap_or(all.len());
        match total.saturating_sub(named.len()) {
            _ if named.is_empty() => "what it offers".to_owned(),
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }

    /// Without a full stop.
    fn sentence(&self) -> String {
        let (source, target) = (self.source, self.target);
        match self.finding.code {
            FindingCode::ProducerModuleMissing => format!(
                "{} needs {}, which is neither in {target} nor in the plan",
                self.consumer(),
                self.producer()
            ),
            FindingCode::ProducerElementMissing => format!(
                "{} uses {} of {}, which that does not have as it is in {target}",
                self.consumer(),
                self.elements(),
                self.producer()
            ),
            FindingCode::ProducerElementIncompatible => format!(
                "{} uses {} of {}, which is another one in {target}",
                self.consumer(),
                self.elements(),
                self.producer()
            ),
            FindingCode::ConsumerElementMissing => format!(
                "{} in {target} uses {} of {}, which the plan would take away",
                self.consumer(),
                self.elements(),
                self.producer()
            ),
            FindingCode::ConsumerElementIncompatible => format!(
                "{} in {target} uses {} of {}, which would not fit any more",
                self.consumer(),
                self.elements(),
                self.producer()
            ),
            FindingCode::IncompatiblePlatform => {
                format!("{} needs a newer agent than {target} has", self.subject())
            }
            FindingCode::ModuleMoved => {
                format!(
                    "{} belongs to {} in {target}",
                    self.subject(),
                    self.detail()
                )
            }
            FindingCode::NameCollision => {
                format!("the name of {} is taken in {target}", self.subject())
            }
            FindingCode::PathCollision => {
                format!("the address of {} is taken in {target}", self.subject())
            }
            FindingCode::ApplicationBlocked => {
                format!("{} is blocked for {target}", self.application())
            }
            FindingCode::VersionDowngrade => format!(
                "{target} runs a newer version of {} than the plan brings",
                self.application()
            ),
            FindingCode::TargetBroken => format!(
                "{} is broken in {target}, and the plan depends on it",
                self.application()
            ),
            FindingCode::NoRightToDeploy if self.finding.application.is_none() => {
                format!("who put it in line may not deploy to {target} any more")
            }
            FindingCode::NoRightToTag if self.finding.application.is_none() => {
                format!("who put it in line may not tag in {source} any more")
            }
            FindingCode::NoRightToDeploy => format!(
                "who put it in line may not deploy {} to {target} any more",
                self.application()
            ),
            FindingCode::NoRightToTag => format!(
                "who put it in line may not tag {} in {source} any more",
                self.application()
            ),
            FindingCode::VersionNotAvailable => format!(
                "what was chosen of {} cannot be deployed from {source} any more",
                self.application()
            ),
            FindingCode::TagNumberUnusable => format!(
                "the number that {} would be tagged with is taken by now, or not above its last one",
                self.application()
            ),
            FindingCode::ChangedOutside => format!(
                "{} was changed in {target} outside Slipway",
                self.application()
            ),
            FindingCode::EmptyPlan | FindingCode::NothingToDo => {
                "nothing would change any more".to_owned()
            }
            FindingCode::SameEnvironment => {
                "its source and its target are the same environment".to_owned()
            }
            FindingCode::HotfixOverwritten => format!(
                "{target} has a hotfix of {} that the plan does not contain",
                self.application()
            ),
            FindingCode::VersionHeld => format!(
                "a rollback took what it brings of {} out of {target}",
                self.application()
            ),
            FindingCode::SettingMissing => format!(
                "the site property {} of {} has no value in {target}",
                self.detail(),
                self.subject()
            ),
            FindingCode::SettingInvalid => format!(
                "the value of the site property {} of {} is not of its type",
                self.detail(),
                self.subject()
            ),
            FindingCode::TargetUnreachable => {
                // What is so; what to do is on a line of its own.
                let what = self.detail().lines().next().unwrap_or_default();
                let mut letters = what.chars();
                letters.next().map_or_else(
                    || format!("the agent of {target} is away"),
                    |first| first.to_lowercase().chain(letters).collect(),
                )
            }
            FindingCode::EnvironmentInMaintenance => "an environment is in maintenance".to_owned(),
            FindingCode::ConsumerOutdated
            | FindingCode::NewerProducerAvailable
            | FindingCode::LinkedContentDiffers
            | FindingCode::ModulesRemoved => {
                format!("{} would not be what it was", self.subject())
            }
            FindingCode::ParallelSameModule
            | FindingCode::ParallelRelatedModule
            | FindingCode::ParallelLimit
            | FindingCode::ParallelSwitchedOff
            | FindingCode::AheadInLine => "another plan is in the way".to_owned(),
        }
    }
}

//! What a finding says: a title that a manager understands and one line of facts. The only place
//! where findings become text in the page.

use super::lists::name_elements;
use domain::VersionNumber;
use domain::impact::{Finding, FindingCode, ModuleSubject, Severity};

/// What a sentence needs to know besides the finding itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setting {
    /// Name of the plan's source.
    pub source: String,
    /// Name of the plan's target.
    pub target: String,
    /// Name of the application whose row the finding belongs to, if the page knows it.
    pub application: Option<String>,
    /// The version that the plan brings of the consumer's application.
    pub consumer_version: Option<VersionNumber>,
    /// Who can deploy it, if the reader may not.
    pub who_can: Option<String>,
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// One line, without a full stop.
    pub title: String,
    /// What is there, what is needed; whole sentences. Empty if the title says it all.
    pub facts: String,
}

/// The words of a finding.
pub fn sentence(finding: &Finding, setting: &Setting) -> Sentence {
    let words = Words { finding, setting };
    let (title, facts) = match finding.code {
        FindingCode::ProducerModuleMissing => words.producer_module_missing(),
        FindingCode::ProducerElementMissing => words.producer_element_missing(),
        FindingCode::ProducerElementIncompatible => words.producer_element_incompatible(),
        FindingCode::ConsumerElementMissing => words.consumer_element_missing(),
        FindingCode::ConsumerElementIncompatible => words.consumer_element_incompatible(),
        FindingCode::ConsumerOutdated => words.consumer_outdated(),
        FindingCode::NewerProducerAvailable => words.newer_producer(),
        FindingCode::LinkedContentDiffers => words.linked_otherwise(),
        FindingCode::IncompatiblePlatform => words.incompatible_platform(),
        FindingCode::ModuleMoved => words.module_moved(),
        FindingCode::NameCollision => words.name_collision(),
        FindingCode::PathCollision => words.path_collision(),
        FindingCode::ApplicationBlocked => words.blocked(),
        FindingCode::VersionDowngrade => words.downgrade(),
        FindingCode::TargetBroken => words.target_broken(),
        FindingCode::NoRightToDeploy => words.no_right("deploy", &setting.target),
        FindingCode::NoRightToTag => words.no_right("tag", &setting.source),
        FindingCode::VersionNotAvailable => words.version_not_available(),
        FindingCode::TagNumberUnusable => words.tag_number(),
        FindingCode::ModulesRemoved => words.modules_removed(),
        FindingCode::ChangedOutside => words.changed_outside(),
        FindingCode::NothingToDo => words.nothing_to_do(),
        FindingCode::EmptyPlan => (
            "Nothing would change".to_owned(),
            "Add an application, or choose a version for one that is set to Do nothing.".to_owned(),
        ),
        FindingCode::SameEnvironment => (
            "Source and target are the same environment".to_owned(),
            format!("Both are {}. Choose another target.", setting.target),
        ),
        FindingCode::TargetUnreachable => words.unreachable(),
        FindingCode::ParallelSameModule => words.parallel_same(),
        FindingCode::ParallelRelatedModule => words.parallel_related(),
        FindingCode::ParallelLimit => words.parallel_limit(),
        FindingCode::ParallelSwitchedOff => (
            format!("{} takes one plan at a time", setting.target),
            format!(
                "{} runs there, waits for somebody or is being aborted. This one can start when it has ended.",
                words.other_plan(),
            ),
        ),
        FindingCode::AheadInLine => words.ahead_in_line(),
        FindingCode::HotfixOverwritten => words.hotfix_overwritten(),
        FindingCode::VersionHeld => words.version_held(),
        FindingCode::SettingMissing => words.setting_missing(),
        FindingCode::SettingInvalid => words.setting_invalid(),
        FindingCode::EnvironmentInMaintenance => words.in_maintenance(),
    };
    Sentence { title, facts }
}

pub(super) struct Words<'a> {
    pub(super) finding: &'a Finding,
    pub(super) setting: &'a Setting,
}

impl Words<'_> {
    pub(super) fn application(&self) -> String {
        self.setting
            .application
            .clone()
            .or_else(|| {
                self.finding
                    .consumer
                    .as_ref()
                    .map(|m| m.application_name.to_string())
            })
            .or_else(|| {
                self.finding
                    .producer
                    .as_ref()
                    .map(|m| m.application_name.to_string())
            })
            .unwrap_or_else(|| "An application".to_owned())
    }

    /// The application that needs something, with the version the plan brings.
    pub(super) fn consumer(&self) -> String {
        let name = self
            .finding
            .consumer
            .as_ref()
            .map_or_else(|| self.application(), |m| m.application_name.to_string());
        with_version(name, self.setting.consumer_version)
    }

    pub(super) fn consumer_module(&self) -> String {
        module(self.finding.consumer.as_ref(), "A module")
    }

    pub(super) fn producer_module(&self) -> String {
        module(self.finding.producer.as_ref(), "a module")
    }

    pub(super) fn producer_application(&self) -> String {
        self.finding
            .producer
            .as_ref()
            .map(|m| m.application_name.to_string())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| self.producer_module())
    }

    pub(super) fn elements(&self) -> String {
        name_elements(&self.finding.elements, self.finding.element_count)
    }

    pub(super) fn target(&self) -> &str {
        &self.setting.target
    }

    /// What the target will have of the producer.
    pub(super) fn producer_there(&self) -> String {
        let versions = &self.finding.versions;
        match (versions.planned, versions.in_target) {
            (Some(planned), _) => format!("This plan brings {planned}"),
            (None, Some(there)) => format!(
                "{} has {there}, and this plan does not change it",
                self.target()
            ),
            (None, None) => format!("{} has an older state of it", self.target()),
        }
    }

    fn property(&self) -> String {
        let name = self.finding.detail.clone();
        name.unwrap_or_else(|| "A site property".to_owned())
    }

    fn setting_missing(&self) -> (String, String) {
        (
            format!("{} has no value for {}", self.property(), self.target()),
            format!(
                "{} of {} needs one before it runs there. Enter it under Settings.",
                self.consumer_module(),
                self.consumer(),
            ),
        )
    }

    fn setting_invalid(&self) -> (String, String) {
        (
            format!(
                "The value of {} does not fit {}",
                self.property(),
                self.consumer(),
            ),
            format!(
                "What is set for {} is not of its type. Enter another one under Settings.",
                self.target(),
            ),
        )
    }

    fn module_moved(&self) -> (String, String) {
        let module = self
            .finding
            .consumer
            .as_ref()
            .or(self.finding.producer.as_ref())
            .map_or_else(|| "A module".to_owned(), |m| m.name.to_string());
        let other = self
            .finding
            .producer
            .as_ref()
            .map(|m| m.application_name.to_string())
            .or_else(|| self.finding.detail.clone());
        (
            format!(
                "{module} belongs to another application in {}",
                self.target()
            ),
            match other {
                Some(other) => format!(
                    "There it is part of {other}; the plan makes it part of {}. Both have to be in the plan.",
                    self.application(),
                ),
                None => format!("The plan makes it part of {}.", self.application()),
            },
        )
    }

    fn taken(&self) -> String {
        self.finding
            .detail
            .clone()
            .or_else(|| self.finding.consumer.as_ref().map(|m| m.name.to_string()))
            .unwrap_or_else(|| self.application())
    }

    fn holder(&self) -> String {
        match &self.finding.producer {
            Some(other) if other.application_name != other.name => {
                format!("{} of {}", other.name, other.application_name)
            }
            Some(other) => other.name.to_string(),
            None => "something else".to_owned(),
        }
    }

    fn name_collision(&self) -> (String, String) {
        (
            format!("The name {} is taken in {}", self.taken(), self.target()),
            format!(
                "It belongs to {} there, which is not the same one. Rename one of them in {}.",
                self.holder(),
                self.setting.source,
            ),
        )
    }

    fn path_collision(&self) -> (String, String) {
        (
            format!("The address {} is taken in {}", self.taken(), self.target()),
            format!(
                "There it leads to {}. Give {} another URL path.",
                self.holder(),
                self.consumer_module(),
            ),
        )
    }

    fn blocked(&self) -> (String, String) {
        (
            format!("{} is blocked in {}", self.application(), self.target()),
            match &self.finding.detail {
                Some(reason) => format!(
                    "Reason given: \u{201c}{reason}\u{201d}. Leave it out, or have the block lifted."
                ),
                None => "Leave it out, or have the block lifted.".to_owned(),
            },
        )
    }

    fn downgrade(&self) -> (String, String) {
        let versions = &self.finding.versions;
        let there = version_or(versions.in_target, "a higher version");
        let planned = version_or(versions.planned, "a lower one");
        (
            format!(
                "{} {planned} is below what {} runs",
                self.application(),
                self.target()
            ),
            if self.finding.severity == Severity::Error {
                format!(
                    "{} runs {there}. An ordinary plan never goes back.",
                    self.target()
                )
            } else {
                format!(
                    "{} runs {there}, which this plan takes back.",
                    self.target()
                )
            },
        )
    }

    fn target_broken(&self) -> (String, String) {
        let name = self
            .finding
            .producer
            .as_ref()
            .map_or_else(|| self.application(), |m| m.application_name.to_string());
        (
            format!("{name} is already broken in {}", self.target()),
            if self.finding.elements.is_empty() {
                "This plan did not cause it.".to_owned()
            } else {
                format!("It uses {}, which does not fit there.", self.elements())
            },
        )
    }

    fn no_right(&self, verb: &str, place: &str) -> (String, String) {
        // Of no application: who looks prepares the plan for others.
        if self.finding.application.is_none() {
            let who = self.setting.who_can.as_deref().map_or_else(
                || "Save the plan for somebody to run who may.".to_owned(),
                |who| format!("{who} can. Save the plan for them to run."),
            );
            let to = if verb == "deploy" { "to" } else { "in" };
            return (format!("You may not {verb} {to} {place}"), who);
        }
        (
            format!("You may not {verb} {} in {place}", self.application()),
            match (&self.finding.detail, &self.setting.who_can) {
                (Some(detail), _) => detail.clone(),
                (None, Some(who)) => format!("{who} can. Let one of them run it, or leave it out."),
                (None, None) => {
                    "Save the plan and let somebody run it who may, or leave it out.".to_owned()
                }
            },
        )
    }

    fn version_not_available(&self) -> (String, String) {
        if let Some(module) = &self.finding.producer {
            return (
                format!(
                    "{} of {} can no longer be deployed from {}",
                    module.name,
                    self.application(),
                    self.setting.source
                ),
                "It does not run there as part of that application. Untick it, or deploy a version."
                    .to_owned(),
            );
        }
        let name = with_version(self.application(), self.finding.versions.planned);
        (
            format!(
                "{name} can no longer be deployed from {}",
                self.setting.source
            ),
            self.finding.detail.clone().unwrap_or_else(|| {
                "It was removed or never ran there. Choose another version.".to_owned()
            }),
        )
    }

    fn tag_number(&self) -> (String, String) {
        let number = version_or(self.finding.versions.planned, "That number");
        (
            format!("{} cannot be tagged {number}", self.application()),
            match (&self.finding.detail, self.finding.versions.needed) {
                (Some(why), Some(next)) => format!("The number is {why}. {next} would do."),
                (Some(why), None) => format!("The number is {why}. Choose a higher one."),
                (None, Some(next)) => {
                    format!("The number is taken or not above the last one. {next} would do.")
                }
                (None, None) => "The number is taken or not above the last one.".to_owned(),
            },
        )
    }
}

pub(super) fn consumer_name(finding: &Finding) -> String {
    finding.consumer.as_ref().map_or_else(
        || "A consumer".to_owned(),
        |m| m.application_name.to_string(),
    )
}

fn module(subject: Option<&ModuleSubject>, otherwise: &str) -> String {
    subject.map_or_else(|| otherwise.to_owned(), |m| m.name.to_string())
}

pub(super) fn with_version(name: String, version: Option<VersionNumber>) -> String {
    match version {
        Some(version) => format!("{name} {version}"),
        None => name,
    }
}

fn version_or(version: Option<VersionNumber>, otherwise: &str) -> String {
    version.map_or_else(|| otherwise.to_owned(), |v| v.to_string())
}

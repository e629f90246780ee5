//! What `slipway check` answers.

use domain::impact::{
    Finding, MissingProducer, ModuleSubject, OutdatedConsumer, Repair, RepairChange, Report,
    Severity, WaveModule,
};
use domain::landscape::Landscape;
use domain::plan::Choice;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::PlannedOperation;

/// The answer. Equal input gives equal bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The format's number.
    pub version: u32,
    /// How many findings block the plan.
    pub errors: u32,
    /// How many are worth a look.
    pub warnings: u32,
    /// Everything that was found: errors first.
    pub findings: Vec<AnswerFinding>,
    /// Those of the findings that are about other plans that run on the same target.
    pub conflicts: Vec<AnswerFinding>,
    /// The order of publishing: producers first; modules of one wave go together.
    pub waves: Vec<Vec<AnswerWaveModule>>,
    /// Modules in the target that keep old logic unless they are republished.
    pub outdated_consumers: Vec<AnswerConsumer>,
    /// Applications that the plan needs and that the source can give.
    pub missing_producers: Vec<AnswerProducer>,
    /// Changes that settle the errors: the smallest first, then alternatives.
    pub repairs: Vec<AnswerRepair>,
}

/// One thing to know about the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerFinding {
    /// `error`, `warning` or `information`.
    pub severity: String,
    /// Stable: `producer_module_missing`, `version_downgrade`, …
    pub code: String,
    /// The application it belongs to; none for the whole plan.
    pub application: Option<String>,
    /// The module that needs something, or is concerned.
    pub consumer: Option<AnswerModule>,
    /// The module that should offer it.
    pub producer: Option<AnswerModule>,
    /// The elements, as `kind name`; the first eight.
    pub elements: Vec<String>,
    /// How many elements there are.
    pub element_count: u32,
    /// What the target has now.
    pub in_target: Option<String>,
    /// What the plan brings.
    pub planned: Option<String>,
    /// The lowest version that would do.
    pub needed: Option<String>,
    /// The references that lead to it: module names, consumer first.
    pub path: Vec<String>,
    /// A name, a reason, another plan.
    pub detail: Option<String>,
}

/// A module with its application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerModule {
    /// Its name.
    pub module: String,
    /// Its id.
    pub id: String,
    /// Its application's name.
    pub application: String,
}

/// A module of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerWaveModule {
    /// Its name.
    pub module: String,
    /// Its id.
    pub id: String,
    /// Its application's name.
    pub application: String,
    /// It is only linked anew.
    pub republish: bool,
}

/// A consumer that keeps old logic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerConsumer {
    /// Which.
    #[serde(flatten)]
    pub consumer: AnswerModule,
    /// The producers whose logic changes, by name.
    pub producers: Vec<String>,
    /// The plan republishes it.
    pub republished: bool,
    /// Republishing would break it.
    pub would_break: bool,
}

/// An application that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerProducer {
    /// Its name.
    pub application: String,
    /// What the target runs of it.
    pub in_target: Option<String>,
    /// The lowest version that would do.
    pub lowest: Option<String>,
    /// The newest one.
    pub newest: Option<String>,
    /// Where no version would do, but what the source runs now: the number that a tag of it would
    /// get.
    pub tag: Option<String>,
    /// The plan or publication that is changing it in the target right now.
    pub moved_by: Option<String>,
    /// Which module uses what.
    pub because: Vec<String>,
}

/// A change that settles errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerRepair {
    /// Step by step.
    pub steps: Vec<AnswerRepairStep>,
    /// Applications added.
    pub added: u32,
    /// Versions changed.
    pub changed: u32,
    /// Applications left out.
    pub left_out: u32,
    /// Errors that remain.
    pub remaining_errors: u32,
    /// No smaller one exists.
    pub exact: bool,
    /// The plan's operations after it, ready for `PLAN.json`.
    pub operations: Vec<PlannedOperation>,
}

/// A step of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerRepairStep {
    /// Which application.
    pub application: String,
    /// `add`, `change`, `tag` (as the source runs it now) or `leave_out`.
    pub change: String,
    /// The version after it.
    pub version: Option<String>,
    /// Why.
    pub because: String,
}

impl Answer {
    /// Puts names in place of ids.
    pub fn new(report: &Report, repairs: &[Repair], landscape: &Landscape) -> Self {
        let count = |severity| u32::try_from(report.count(severity)).unwrap_or(u32::MAX);
        let finding = |f: &Finding| finding(f, landscape);
        Self {
            version: 1,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            findings: report.findings.iter().map(finding).collect(),
            conflicts: report
                .findings
                .iter()
                .filter(|f| f.code.is_about_other_plans())
                .map(finding)
                .collect(),
            waves: report
                .waves
                .iter()
                .map(|wave| {
                    wave.modules
                        .iter()
                        .map(|m| wave_module(m, landscape))
                        .collect()
                })
                .collect(),
            outdated_consumers: report.outdated_consumers.iter().map(consumer).collect(),
            missing_producers: report.missing_producers.iter().map(producer).collect(),
            repairs: repairs.iter().map(|r| repair(r, landscape)).collect(),
        }
    }
}

/// The stable name of an enum's value, as it is serialised.
fn word(value: impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn application_name(id: domain::ApplicationId, landscape: &Landscape) -> String {
    landscape
        .applications
        .iter()
        .find(|a| a.id == id)
        .map_or_else(|| id.to_string(), |a| a.name.clone())
}

fn module(subject: &ModuleSubject) -> AnswerModule {
    AnswerModule {
        module: subject.name.to_string(),
        id: subject.module.to_string(),
        application: subject.application_name.to_string(),
    }
}

fn finding(finding: &Finding, landscape: &Landscape) -> AnswerFinding {
    AnswerFinding {
        severity: word(finding.severity),
        code: word(finding.code),
        application: finding
            .application
            .map(|id| application_name(id, landscape)),
        consumer: finding.consumer.as_ref().map(module),
        producer: finding.producer.as_ref().map(module),
        elements: finding
            .elements
            .iter()
            .map(|e| format!("{} {}", word(e.kind), e.name))
            .collect(),
        element_count: finding.element_count,
        in_target: finding.versions.in_target.map(|v| v.to_string()),
        planned: finding.versions.planned.map(|v| v.to_string()),
        needed: finding.versions.needed.map(|v| v.to_string()),
        path: finding.path.iter().map(ToString::to_string).collect(),
        detail: finding.detail.clone(),
    }
}

fn wave_module(module: &WaveModule, landscape: &Landscape) -> AnswerWaveModule {
    AnswerWaveModule {
        module: module.name.to_string(),
        id: module.module.to_string(),
        application: application_name(module.application, landscape),
        republish: module.republish,
    }
}

fn consumer(consumer: &OutdatedConsumer) -> AnswerConsumer {
    AnswerConsumer {
        consumer: module(&consumer.consumer),
        producers: consumer.producers.clone(),
        republished: consumer.republished,
        would_break: consumer.would_break,
    }
}

fn producer(producer: &MissingProducer) -> AnswerProducer {
    let number = |version: &Option<(domain::VersionId, domain::VersionNumber)>| {
        version.as_ref().map(|(_, number)| number.to_string())
    };
    AnswerProducer {
        application: producer.name.clone(),
        in_target: producer.in_target.map(|v| v.to_string()),
        lowest: number(&producer.lowest),
        newest: number(&producer.newest),
        moved_by: producer.moved_by.clone(),
        tag: producer.tag.map(|number| number.to_string()),
        because: producer.because.clone(),
    }
}

fn repair(repair: &Repair, landscape: &Landscape) -> AnswerRepair {
    let number_of = |id: &domain::VersionId| {
        landscape
            .versions
            .iter()
            .find(|v| v.id == *id)
            .map_or_else(|| id.to_string(), |v| v.number.to_string())
    };
    AnswerRepair {
        steps: repair
            .steps
            .iter()
            .map(|step| {
                let (change, version) = match &step.change {
                    RepairChange::Add { number, .. } => ("add", Some(number.to_string())),
                    RepairChange::Change { number, .. } => ("change", Some(number.to_string())),
                    RepairChange::Tag { number } => ("tag", Some(number.to_string())),
                    RepairChange::LeaveOut => ("leave_out", None),
                };
                AnswerRepairStep {
                    application: step.name.clone(),
                    change: change.to_owned(),
                    version,
                    because: step.because.clone(),
                }
            })
            .collect(),
        added: repair.cost.added,
        changed: repair.cost.changed,
        left_out: repair.cost.left_out,
        remaining_errors: repair.remaining_errors,
        exact: repair.exact,
        operations: repair
            .content
            .operations
            .iter()
            .map(|operation| {
                let mut planned = PlannedOperation {
                    application: application_name(operation.application, landscape),
                    deploy: None,
                    tag_and_deploy: None,
                    deploy_custom: None,
                };
                match &operation.choice {
                    Choice::DoNothing => {}
                    Choice::Deploy { version } => planned.deploy = Some(number_of(version)),
                    Choice::TagAndDeploy { number, .. } => {
                        planned.tag_and_deploy = Some(number.to_string());
                    }
                    // By id: a name may be that of several modules.
                    Choice::DeployCustom { modules } => {
                        let modules = modules.iter().map(ToString::to_string);
                        planned.deploy_custom = Some(modules.collect());
                    }
                }
                planned
            })
            .collect(),
    }
}

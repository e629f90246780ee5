//! Impact analysis (domain.md 4): compares what the target will contain with what every module
//! there will need. Answers are typed findings in a [`Report`]; sentences are made at the edges.

use crate::id::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, VersionId};
use crate::label::Label;
use crate::landscape::Started;
use crate::plan::PlanContent;
use crate::reference::ElementKind;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

pub(crate) mod check;
mod code;
pub(crate) mod csr;
pub(crate) mod describe;
pub(crate) mod evaluate;
mod guarded;
pub(crate) mod index;
pub(crate) mod lookup;
pub(crate) mod producers;
mod resolve;
mod settings;

pub use check::{check, check_behind, check_landscape};
pub use code::{FindingCode, Severity};
pub use index::Index;

/// One thing a person should know about a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// What it is.
    pub code: FindingCode,
    /// The application whose row it belongs to; none for findings about the whole plan.
    pub application: Option<ApplicationId>,
    /// The module that needs something (or is concerned).
    pub consumer: Option<ModuleSubject>,
    /// The module that should offer it.
    pub producer: Option<ModuleSubject>,
    /// The elements concerned, by name, at most [`MAX_NAMED`]; `element_count` has the number.
    pub elements: Vec<ElementSubject>,
    /// How many elements are concerned. Where other plans are in the way: how many pairs of modules
    /// collide with that one, of which [`MAX_PAIRS`] are told.
    pub element_count: u32,
    /// The versions that a sentence needs: what is there, what is needed, what the plan brings.
    pub versions: Versions,
    /// The path of references that leads to it: module names, consumer first.
    pub path: Vec<Label>,
    /// Free facts: a taken name, a reason of a block, the other plan's number, a site property, an
    /// environment in maintenance and why (`Quality: new disks`), the limit of plans and in further
    /// lines those that hold its slots.
    pub detail: Option<String>,
    /// Who started the other plan that is in the way, and when, where that is told.
    #[serde(default)]
    pub started: Option<Started>,
}

impl Finding {
    /// Whether it says what only others may do, to who prepares a plan for them: that is not about the
    /// plan.
    pub const fn is_left_to_others(&self) -> bool {
        self.code.is_about_person() && self.application.is_none()
    }

    /// The number that the target gets for the content it has already, where that is all the plan
    /// changes.
    pub fn renumbers(&self) -> Option<VersionNumber> {
        let planned = self.versions.planned?;
        let same = self.code == FindingCode::NothingToDo;
        (same && self.versions.in_target != Some(planned)).then_some(planned)
    }

    /// Whether another check said the same, whatever has become of elements and versions since.
    pub fn is_about_same(&self, other: &Self) -> bool {
        let what = |finding: &Self| {
            let module = |subject: &Option<ModuleSubject>| subject.as_ref().map(|s| s.module);
            (
                finding.code,
                finding.application,
                module(&finding.consumer),
                module(&finding.producer),
                finding.detail.clone(),
            )
        };
        what(self) == what(other)
    }
}

/// The most elements named in one finding.
pub const MAX_NAMED: usize = 8;

/// The most pairs of modules that are told of one other plan, the nearest first.
pub const MAX_PAIRS: usize = 20;

/// A module in a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModuleSubject {
    /// Its id.
    pub module: ModuleId,
    /// Its name.
    pub name: Label,
    /// Its application.
    pub application: ApplicationId,
    /// Its application's name.
    pub application_name: Label,
}

/// An element in a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ElementSubject {
    /// Its kind.
    pub kind: ElementKind,
    /// Its name.
    pub name: Label,
}

/// The version numbers a finding's sentence needs; each may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Versions {
    /// What the target has now.
    pub in_target: Option<VersionNumber>,
    /// What the plan brings.
    pub planned: Option<VersionNumber>,
    /// The lowest version of the producer (in the source) that would do.
    pub needed: Option<VersionNumber>,
}

/// The answer of a check. Sorted: severity, code, then subjects by name. Empty means fine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// All findings.
    pub findings: Vec<Finding>,
    /// Consumers in the target that would become outdated, offered for republishing.
    pub outdated_consumers: Vec<OutdatedConsumer>,
    /// The order of publishing: producers first; a cycle is one wave.
    pub waves: Vec<Wave>,
    /// Producers that are missing or too old and exist in the source, offered as dashed rows.
    pub missing_producers: Vec<MissingProducer>,
}

impl Report {
    /// The errors that no reason overrides ([`FindingCode::is_overridable`]). While there is one,
    /// the plan cannot be continued with errors.
    pub fn unavoidable(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|f| f.severity == Severity::Error && !f.code.is_overridable())
    }

    /// Whether nothing but other plans is in the way, so that the plan can wait for them to end.
    pub fn may_wait(&self) -> bool {
        let mut errors = self
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Error);
        let mut some = false;
        errors.all(|f| {
            some = true;
            f.code.is_about_other_plans()
        }) && some
    }

    /// Whether it can wait for other plans to end if somebody gives a reason: besides them there are
    /// only errors that a reason overrides.
    pub fn may_wait_with_reason(&self) -> bool {
        let errors = || {
            let all = self.findings.iter();
            all.filter(|f| f.severity == Severity::Error)
        };
        let others = |f: &&Finding| f.code.is_about_other_plans();
        errors().any(|f| others(&f))
            && errors().any(|f| !others(&f))
            && errors().all(|f| others(&f) || f.code.is_overridable())
    }

    /// The errors that are about the plan itself.
    pub fn own_errors(&self) -> impl Iterator<Item = &Finding> {
        let errors = self.findings.iter();
        errors.filter(|f| f.severity == Severity::Error && !f.code.is_about_other_plans())
    }

    /// Whether a plan with this report may run, given a reason or not.
    pub fn may_run(&self, with_reason: bool) -> bool {
        if with_reason {
            self.unavoidable().next().is_none()
        } else {
            self.count(Severity::Error) == 0
        }
    }
}

/// A consumer that keeps old logic unless it is republished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutdatedConsumer {
    /// Which.
    pub consumer: ModuleSubject,
    /// What it runs as.
    pub version: ModuleVersionId,
    /// The producers whose change makes it outdated, by name.
    pub producers: Vec<String>,
    /// Whether the plan republishes it.
    pub republished: bool,
    /// Whether the person may.
    pub allowed: bool,
    /// Whether republishing would break it (an element it uses no longer fits).
    pub would_break: bool,
}

/// Modules that are published together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// The modules, by name.
    pub modules: Vec<WaveModule>,
}

/// A module of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveModule {
    /// Which.
    pub module: ModuleId,
    /// Its name.
    pub name: Label,
    /// Its application.
    pub application: ApplicationId,
    /// What is published.
    pub version: ModuleVersionId,
    /// Relinked only; its own content stays.
    pub republish: bool,
}

/// A producer application that the plan needs and that the source can give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingProducer {
    /// Which application.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// What the target runs of it.
    pub in_target: Option<VersionNumber>,
    /// The lowest sufficient version that can be deployed from the source.
    pub lowest: Option<(VersionId, VersionNumber)>,
    /// The newest such version.
    pub newest: Option<(VersionId, VersionNumber)>,
    /// Where no tagged version would do, but what the source runs now: the number of the tag that
    /// *Tag & Deploy* would make, if the person may do that or prepares the plan for who may.
    pub tag: Option<VersionNumber>,
    /// The plan or publication that is changing it in the target right now (`#1852 Pricing 2.0 to
    /// Quality`): to add it would collide with that one.
    #[serde(default)]
    pub moved_by: Option<String>,
    /// In words: which module uses what.
    pub because: Vec<String>,
}

/// A change to a plan that settles its errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The content after the change.
    pub content: PlanContent,
    /// What changes, in the order of the plan's rows.
    pub steps: Vec<RepairStep>,
    /// Applications added, rows changed, rows left out: what the repair costs.
    pub cost: RepairCost,
    /// Errors that remain (for example, no right to deploy).
    pub remaining_errors: u32,
    /// Whether a smaller repair is known not to exist.
    pub exact: bool,
}

/// What a repair costs, most important first (decisions: fewest added, then fewest changed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct RepairCost {
    /// Applications added to the plan.
    pub added: u32,
    /// Rows whose version changes.
    pub changed: u32,
    /// Rows set to *Do nothing* (only in alternatives, never by default).
    pub left_out: u32,
}

/// One change of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairStep {
    /// Which application.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// What happens.
    pub change: RepairChange,
    /// Why, in words: `Orders 2.1 uses Pricing.Quote, first provided by Pricing 1.4; Quality has 1.3`.
    pub because: String,
}

/// What a repair does to one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairChange {
    /// Added with this version.
    Add {
        /// The version.
        version: VersionId,
        /// Its number.
        number: VersionNumber,
    },
    /// Tagged as the source runs it now, and added or taken instead: no tagged version would do.
    Tag {
        /// The number of the new tag.
        number: VersionNumber,
    },
    /// Its version changes.
    Change {
        /// The version before, if it was a tagged one.
        from: Option<VersionNumber>,
        /// The version after.
        version: VersionId,
        /// Its number.
        number: VersionNumber,
    },
    /// Left as it is in the target.
    LeaveOut,
}

/// What a check is asked for, besides the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOptions {
    /// The limit of active plans on the target, 1 where they are switched off; none means that it
    /// is not checked here.
    pub parallel_limit: Option<u32>,
}

/// An environment's place in a comparison or report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentSubject {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
}

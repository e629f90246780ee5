//! Deployment plans: the list and the editor.

use super::Stamp;
use crate::Timestamp;
use crate::application::{Marks, ModuleKind};
use crate::id::{ApplicationId, EnvironmentId, PlanId, VersionId};
use crate::plan::{
    Becomes, CannotReuse, Choice, Intervention, Origin, PlanContent, PlanKind, PlanStatus,
};
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// Its id.
    pub id: PlanId,
    /// The number people know it by.
    pub number: u64,
    /// Its name ("Policy 5.3 to Quality"), made from its content.
    pub name: String,
    /// Which kind.
    pub kind: PlanKind,
    /// Where it stands.
    pub status: PlanStatus,
    /// Why it is paused.
    pub intervention: Option<Intervention>,
    /// Source and target, by name.
    pub source: String,
    /// See `source`.
    pub target: String,
    /// Positions of source and target in the promotion order, for the lane glyphs.
    pub lanes: (u32, u32),
    /// Applications with the version they get: name, number. The first 12.
    pub applications: Vec<(String, Option<VersionNumber>)>,
    /// How many applications there are.
    pub application_total: u32,
    /// Whether it is a draft, or was changed since it was saved: what *Deploy now* would run is
    /// then not what was saved.
    pub unsaved: bool,
    /// Errors and warnings of the last check of this content; none if it was not checked since
    /// it was changed.
    pub findings: Option<(u32, u32)>,
    /// When that was, if anything that checks look at has changed since: then it may not hold any
    /// more. None for plans that were started.
    pub outdated_check: Option<Timestamp>,
    /// Steps done, of all; (0, 0) before the start.
    pub progress: (u32, u32),
    /// The phase, while it runs.
    pub phase: Option<crate::execution::Phase>,
    /// Who and when.
    pub stamps: PlanStamps,
    /// Why it was aborted, or what failed, in one sentence.
    pub outcome: Option<String>,
    /// What its target makes of it: stages, the line, prepared packages.
    pub stay: super::PlanStay,
    /// The first words of its notes without their marks, at most [`MAX_NOTES_SHOWN`] characters.
    pub notes: String,
}

/// How much of a plan's notes stands in the list.
pub const MAX_NOTES_SHOWN: usize = 200;

/// Who did what to a plan, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStamps {
    /// Made.
    pub created: Stamp,
    /// Last saved.
    pub saved: Option<Stamp>,
    /// Put in the line of its target; also once it has left it by starting.
    pub queued: Option<Stamp>,
    /// Started.
    pub started: Option<Stamp>,
    /// Let go on when it had waited for somebody.
    pub continued: Option<Stamp>,
    /// Since when it waits for somebody, if it does.
    pub paused: Option<Timestamp>,
    /// How long it has waited for people, in milliseconds, without the wait that goes on.
    pub waited: i64,
    /// Abort asked for (by a person or by Slipway).
    pub aborted: Option<Stamp>,
    /// The deployment was over.
    pub finished: Option<Timestamp>,
    /// The target was synchronized back.
    pub synchronized: Option<Timestamp>,
}

impl PlanStamps {
    /// How long its run took, or has taken by now, in milliseconds: without the time for which it
    /// waited for people. None if it never ran.
    pub fn took(&self, now: Timestamp) -> Option<i64> {
        let started = self.started.as_ref()?.at;
        let end = self.finished.or(self.paused).unwrap_or(now);
        Some((end.since(started) - self.waited).max(0))
    }
}

/// A plan in its editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDetail {
    /// The list's row.
    pub row: PlanRow,
    /// What it does.
    pub content: PlanContent,
    /// The revision of `content`; an edit names the one it saw.
    pub revision: i64,
    /// Who changed the content last, if anybody did since it was made.
    pub changed: Option<Stamp>,
    /// What each application looks like and may be given, in the order of the operations.
    pub rows: Vec<PlanApplicationRow>,
    /// The plan that it was made from.
    pub origin: Option<PlanOrigin>,
    /// What changed around it since somebody looked; none if nothing did, or once it was started.
    pub news: Option<Box<PlanNews>>,
    /// The plans that roll it back, by number.
    pub rolled_back_by: Vec<u64>,
    /// Of a draft: whether everybody who may edit plans can open it.
    pub shared: bool,
    /// Whether the reader made it.
    pub own: bool,
    /// Whether the reader may edit.
    pub may_edit: bool,
    /// Whether the reader may start it.
    pub may_start: bool,
    /// The reason if not.
    pub refusal: Option<String>,
    /// Who can deploy it, in words, if the reader may not ("Ada Lovelace and 2 others").
    pub who_can: Option<String>,
}

/// What changed in the two environments of a plan since it was made or refreshed (domain.md 3.6).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanNews {
    /// Applications of the plan that the source runs otherwise now, the last change first; at most
    /// [`MAX_NEWS`].
    pub source: Vec<NewsRow>,
    /// Applications that the target runs otherwise now, whether they are in the plan or not; the
    /// last change first, at most [`MAX_NEWS`].
    pub target: Vec<NewsRow>,
    /// Versions of its applications that were tagged in either: application and number, the newest
    /// first, at most [`MAX_NEWS`].
    pub tags: Vec<(String, VersionNumber)>,
    /// Those whose newest state the plan would tag: it does not start before somebody has looked.
    pub unseen: Vec<ApplicationId>,
}

/// How many applications or tags the news of a plan name of each kind.
pub const MAX_NEWS: usize = 20;

/// An application that an environment runs otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsRow {
    /// Which.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// How many of its modules were published, moved or removed.
    pub modules: u32,
    /// When, and by whom.
    pub last: Stamp,
}

/// What became of a plan whose applications were refreshed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// The plan's revision now.
    pub revision: i64,
    /// Choices that are not possible any more: the application's name, and what became of it.
    pub adjusted: Vec<(String, Adjusted)>,
}

/// What became of a choice that is not possible any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Adjusted {
    /// The version cannot be deployed any more; the application does nothing.
    Dropped,
    /// The number of the new tag was taken; this is the next one.
    Renumbered(VersionNumber),
    /// So many of the modules that were ticked are not in the source any more.
    FewerModules(u32),
    /// There is nothing to tag: the source runs this tag unchanged, and that is deployed.
    Tagged(VersionNumber),
}

/// An application in the editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanApplicationRow {
    /// Which.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// The kind that shows best what it is.
    pub kind: ModuleKind,
    /// How many modules it has in the source.
    pub modules: u32,
    /// How many of them differ from the target.
    pub different_modules: u32,
    /// What the source runs: number of the base tag, and marks.
    pub in_source: Option<(Option<VersionNumber>, Marks)>,
    /// What the target runs.
    pub in_target: Option<(Option<VersionNumber>, Marks)>,
    /// Tags that can be deployed from the source and are not below the target's, newest first.
    pub eligible: Vec<EligibleVersion>,
    /// How many older ones could be deployed too and are not in `eligible`.
    pub more_eligible: u32,
    /// The number that *Tag & Deploy* would propose; none if the source runs a tag unchanged.
    pub tag_proposal: Option<VersionNumber>,
    /// The reason it is blocked in the target.
    pub blocked: Option<String>,
    /// A sensible choice when the row is added.
    pub preselected: Choice,
}

/// A tag that a plan may deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibleVersion {
    /// Its id.
    pub id: VersionId,
    /// Its number.
    pub number: VersionNumber,
    /// What it says about the change, the first 200 characters.
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
}

/// What the *Add applications* dialog asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateFilter {
    /// From where.
    pub source: EnvironmentId,
    /// To where.
    pub target: EnvironmentId,
    /// What kind of plan: which versions it may bring.
    pub kind: PlanKind,
    /// Text in the name.
    pub text: String,
    /// Only applications that differ between source and target.
    pub with_differences: bool,
    /// Applications that are in the plan already.
    pub except: Vec<ApplicationId>,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to give.
    pub limit: u32,
}

/// Which versions of an application a plan may deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibleFilter {
    /// From where.
    pub source: EnvironmentId,
    /// To where.
    pub target: EnvironmentId,
    /// Whose.
    pub application: ApplicationId,
    /// What kind of plan: which versions it may bring.
    pub kind: PlanKind,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to give, at most [`super::MAX_PAGE`].
    pub limit: u32,
}

/// A change to a plan's content. Each is one undoable step of the editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanEdit {
    /// Adds applications with their preselected choice.
    AddApplications(Vec<ApplicationId>),
    /// Takes an application out.
    RemoveApplication(ApplicationId),
    /// Sets what happens to an application.
    SetChoice(ApplicationId, Choice),
    /// Ticks or unticks consumers to republish.
    SetRepublish(Vec<crate::ModuleId>),
    /// Sets the notes.
    SetNotes(String),
    /// Changes source and target.
    SetEnvironments(EnvironmentId, EnvironmentId),
    /// Sets the value of a site property on the target, or takes it out of the plan.
    SetSetting(crate::settings::SettingEdit),
    /// Whether values of site properties take effect after everything was switched.
    SetSettingsAfter(bool),
    /// Takes a repair's whole content, but for the values that are entered.
    Replace(PlanContent),
}

/// How a start ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StartOutcome {
    /// It runs.
    Started,
    /// The server's own check found errors; nothing was changed.
    Refused(crate::impact::Report),
}

/// The plan that another one was made from, and what of it could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOrigin {
    /// Its number.
    pub number: u64,
    /// How.
    pub how: Origin,
    /// Applications that still do nothing although the original deployed them, and why (domain.md
    /// RU4, RU5, RU10, RT3). Empty once the plan was started.
    pub open: Vec<ReuseRow>,
    /// Values of site properties that the original sets and this one does not. Empty once the plan
    /// was started.
    pub left: LeftValues,
}

/// Values of site properties that a plan does not take over from the one that it is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftValues {
    /// It goes elsewhere, and values are their environment's own: that one, by name.
    pub of: Option<String>,
    /// How many of them are no secrets.
    pub plain: u32,
    /// The names of the others, by module.
    pub secrets: Vec<String>,
}

/// What reusing or retrying a plan would give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReuseOutlook {
    /// The original's number.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// When it was over.
    pub over: Option<Timestamp>,
    /// How the new plan begins.
    pub how: Origin,
    /// Where its versions come from.
    pub source: EnvironmentId,
    /// Where they go.
    pub target: EnvironmentId,
    /// The original's applications, in its order.
    pub rows: Vec<ReuseRow>,
    /// Why no plan can be made between these environments.
    pub refusal: Option<CannotReuse>,
    /// Where a reuse could take the applications from, for when the chosen source has none.
    pub better_sources: BetterSources,
    /// Values of the original that the new plan will not have.
    pub left: LeftValues,
}

/// Sources to choose instead of one that has none of the applications. There are none for a retry,
/// which stays between its environments.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BetterSources {
    /// In promotion order, and never the target.
    pub environments: Vec<EnvironmentId>,
    /// Whether each of them has all of the applications; otherwise none has all, and each has some.
    pub have_all: bool,
}

/// An application of the original, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReuseRow {
    /// Which.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ModuleKind,
    /// The tag that the original deployed.
    pub was: Option<VersionNumber>,
    /// What becomes of it.
    pub becomes: Becomes,
    /// A hotfix in the target that this would overwrite; only foreseen.
    pub overwrites: Option<OverwrittenHotfix>,
}

/// A hotfix that what is brought does not contain: until that is settled, the plan does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverwrittenHotfix {
    /// The number it was tagged with.
    pub number: Option<VersionNumber>,
    /// The version that was named as containing it.
    pub solved_by: Option<VersionNumber>,
}

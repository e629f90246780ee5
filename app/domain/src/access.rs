//! Who may do what. For now a person has one of four standings for everything; the permission
//! levels of domain.md 1.10 are here as types, and [`Access::can`] is the one seam that asks.

use serde::{Deserialize, Serialize};

/// The cumulative permission levels of domain.md 1.10, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Cannot sign in there, sees nothing.
    NoAccess,
    /// May sign in, sees no application.
    Access,
    /// Sees applications.
    ListApplications,
    /// May reference public elements and monitor.
    MonitorAndAddDependencies,
    /// May open and debug modules.
    OpenAndDebugApplications,
    /// May change and deploy.
    ChangeAndDeployApplications,
    /// May manage the environment itself.
    FullControl,
}

impl Level {
    /// All levels, lowest first; the position is the number of domain.md 1.10.
    pub const ALL: [Self; 7] = [
        Self::NoAccess,
        Self::Access,
        Self::ListApplications,
        Self::MonitorAndAddDependencies,
        Self::OpenAndDebugApplications,
        Self::ChangeAndDeployApplications,
        Self::FullControl,
    ];
}

/// What a built-in account may do, everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// May sign in, sees nothing.
    Guest,
    /// May see everything and prepare plans that others run.
    Viewer,
    /// May also tag, publish and deploy.
    Operator,
    /// May also manage environments and accounts.
    Administrator,
}

impl Standing {
    /// All standings, lowest first.
    pub const ALL: [Self; 4] = [
        Self::Guest,
        Self::Viewer,
        Self::Operator,
        Self::Administrator,
    ];

    /// The word that is stored and typed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The standing of a [`Standing::word`]; none for any other text.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|standing| standing.word() == word)
    }

    /// What it may do, in words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Guest => "May sign in and sees nothing",
            Self::Viewer => "May see everything and prepare plans for others to run",
            Self::Operator => "May also tag, publish and deploy",
            Self::Administrator => "May also manage environments and accounts",
        }
    }

    /// The word people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Guest => "Guest",
            Self::Viewer => "Viewer",
            Self::Operator => "Release manager",
            Self::Administrator => "Administrator",
        }
    }

    /// The permission level this standing has in every environment.
    pub const fn level(self) -> Level {
        match self {
            Self::Guest => Level::Access,
            Self::Viewer => Level::ListApplications,
            Self::Operator => Level::ChangeAndDeployApplications,
            Self::Administrator => Level::FullControl,
        }
    }
}

/// What somebody wants to do. Every server function and route names one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See applications, versions, plans, runs and environments.
    SeeLandscape,
    /// Create, edit and save plans, and discard one's own (needs no right to deploy: domain.md 3.4).
    EditPlan,
    /// Discard plans that others made.
    DiscardPlanOfOthers,
    /// Tag a version.
    TagVersion,
    /// Remove a tag that nothing needs (domain.md V11).
    DeleteVersion,
    /// Start, continue and abort plans.
    DeployApplications,
    /// Publish straight into an environment.
    PublishApplication,
    /// Ask an environment's agent for its inventory now.
    SynchronizeEnvironment,
    /// Register, change and remove environments; make join codes.
    ManageEnvironments,
    /// Manage accounts and tokens of others.
    ManageUsers,
    /// Change one's own password, make and revoke one's own tokens.
    ManageOwnAccount,
}

impl Action {
    /// All actions, for tests and matrices.
    pub const ALL: [Self; 11] = [
        Self::SeeLandscape,
        Self::EditPlan,
        Self::DiscardPlanOfOthers,
        Self::TagVersion,
        Self::DeleteVersion,
        Self::DeployApplications,
        Self::PublishApplication,
        Self::SynchronizeEnvironment,
        Self::ManageEnvironments,
        Self::ManageUsers,
        Self::ManageOwnAccount,
    ];

    /// The lowest standing that may do this.
    pub const fn needs(self) -> Standing {
        match self {
            Self::ManageOwnAccount => Standing::Guest,
            Self::SeeLandscape | Self::EditPlan => Standing::Viewer,
            Self::DiscardPlanOfOthers
            | Self::TagVersion
            | Self::DeployApplications
            | Self::PublishApplication
            | Self::SynchronizeEnvironment => Standing::Operator,
            Self::DeleteVersion | Self::ManageEnvironments | Self::ManageUsers => {
                Standing::Administrator
            }
        }
    }

    /// The action in words, to follow "may not".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::SeeLandscape => "see applications and plans",
            Self::EditPlan => "edit deployment plans",
            Self::DiscardPlanOfOthers => "discard deployment plans of others",
            Self::TagVersion => "tag versions",
            Self::DeleteVersion => "remove versions",
            Self::DeployApplications => "deploy applications",
            Self::PublishApplication => "publish applications",
            Self::SynchronizeEnvironment => "synchronize environments",
            Self::ManageEnvironments => "manage environments",
            Self::ManageUsers => "manage accounts",
            Self::ManageOwnAccount => "manage one's own account",
        }
    }
}

/// What one signed-in person may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The account's standing.
    pub standing: Standing,
}

impl Access {
    /// Whether the action is allowed.
    pub fn can(&self, action: Action) -> bool {
        self.standing >= action.needs()
    }

    /// Why it is not, in one sentence; `None` if it is.
    pub fn refusal(&self, action: Action) -> Option<String> {
        (!self.can(action)).then(|| {
            let above = match action.needs() {
                Standing::Administrator => "",
                _ => " or above",
            };
            format!(
                "Your standing is {}. To {} one needs to be {}{above}; an administrator can change that.",
                self.standing.label(),
                action.in_words(),
                action.needs().label(),
            )
        })
    }
}

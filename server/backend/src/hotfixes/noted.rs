//! Hotfixes as they come up: found by an inventory, or tagged.

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use bundle::Digest;
use domain::hotfix::HotfixState;
use domain::{AppError, EnvironmentId};
use std::collections::BTreeMap;
use store::entity::catalog::{running, version};
use store::entity::environments::environment;
use store::entity::hotfixes::hotfix;
use store::{DatabaseTransaction, Set, catalog, hotfixes};
use uuid::Uuid;

/// What an inventory makes of the hotfixes that have no tag yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Something was published downstream.
    Begin {
        /// Of which application.
        application: Uuid,
        /// The tag that it was made from.
        base: Option<Uuid>,
        /// What it is made of.
        content: String,
        /// Who published it.
        by: Option<Uuid>,
    },
    /// More was published before it was tagged.
    Continue {
        /// Which.
        id: Uuid,
        /// What it is made of now.
        content: String,
    },
    /// It was replaced before it was tagged.
    Withdraw {
        /// Which.
        id: Uuid,
        /// Of which application.
        application: Uuid,
    },
}

/// A digest over what an application is made of: the bundle of each module.
pub(crate) fn fingerprint(content: &BTreeMap<Uuid, String>) -> String {
    let mut text = String::new();
    for (module, digest) in content {
        text.push_str(&module.simple().to_string());
        text.push_str(digest);
    }
    Digest::of(text.as_bytes()).to_hex()
}

/// Whether somebody solved or waived just this content of an application.
pub(crate) fn is_settled(known: &[&hotfix::Model], content: &str) -> bool {
    known.iter().any(|row| {
        let state = HotfixState::parse(&row.state);
        let settled = matches!(state, Some(HotfixState::Solved | HotfixState::Waived));
        settled && row.content == content
    })
}

impl Change {
    /// What becomes of an application's hotfixes without a tag, in an environment that runs this
    /// `content` made there, or nothing of that kind.
    pub(crate) fn of(
        known: &[&hotfix::Model],
        row: &running::Model,
        content: Option<String>,
        by: Option<Uuid>,
    ) -> Option<Self> {
        let open = known
            .iter()
            .find(|row| row.state == HotfixState::Open.as_str());
        match (open, content) {
            (None, Some(content)) => Some(Self::Begin {
                application: row.application_id,
                base: row.base_id,
                content,
                by,
            }),
            (Some(open), Some(content)) if open.content != content => Some(Self::Continue {
                id: open.id,
                content,
            }),
            (Some(open), None) => Some(Self::Withdraw {
                id: open.id,
                application: row.application_id,
            }),
            (Some(_), Some(_)) | (None, None) => None,
        }
    }
}

impl Backend {
    /// Stores what an inventory of `environment` made of hotfixes.
    pub(crate) async fn note_hotfixes(
        &self,
        tx: &DatabaseTransaction,
        environment: &environment::Model,
        changes: &[Change],
    ) -> Result<(), AppError> {
        for change in changes {
            match change {
                Change::Begin {
                    application,
                    base,
                    content,
                    by,
                } => {
                    let row = hotfix::Model {
                        version_id: None,
                        base_id: *base,
                        content: content.clone(),
                        made_by: *by,
                        ..self.new_hotfix(*application, environment.id)
                    };
                    hotfixes::insert(tx, row).await?;
                    self.record_hotfix(tx, "hotfix_begun", *application, environment)
                        .await?;
                }
                Change::Continue { id, content } => {
                    let change = hotfix::ActiveModel {
                        content: Set(content.clone()),
                        ..Default::default()
                    };
                    hotfixes::update_seen(tx, *id, HotfixState::Open.as_str(), change).await?;
                }
                Change::Withdraw { id, application } => {
                    let change = hotfix::ActiveModel {
                        state: Set(HotfixState::Withdrawn.as_str().to_owned()),
                        ended: Set(Some(self.now())),
                        ..Default::default()
                    };
                    hotfixes::update_seen(tx, *id, HotfixState::Open.as_str(), change).await?;
                    self.record_hotfix(tx, "hotfix_withdrawn", *application, environment)
                        .await?;
                }
            }
        }
        Ok(())
    }

    fn new_hotfix(&self, application: Uuid, environment: Uuid) -> hotfix::Model {
        hotfix::Model {
            id: self.new_id(),
            application_id: application,
            environment_id: environment,
            version_id: None,
            base_id: None,
            content: String::new(),
            since: self.now(),
            made_by: None,
            state: HotfixState::Open.as_str().to_owned(),
            solved_by_id: None,
            reason: None,
            ended: None,
            ended_by: None,
        }
    }

    async fn record_hotfix(
        &self,
        tx: &DatabaseTransaction,
        action: &'static str,
        application: Uuid,
        environment: &environment::Model,
    ) -> Result<(), AppError> {
        let found = catalog::find_application(tx, application).await?;
        let name = found.map_or_else(String::new, |application| application.name);
        let object = Object {
            kind: "application",
            id: Some(application),
            name: &name,
        };
        let entry = Entry::new().at(EnvironmentId(environment.id));
        self.record(tx, None, action, object, entry).await
    }

    /// Whether tagging what runs makes a hotfix: content that did not come down the lanes, unless
    /// somebody solved or waived just that.
    pub(crate) async fn tags_hotfix(
        &self,
        tx: &DatabaseTransaction,
        source: &environment::Model,
        runs: &running::Model,
    ) -> Result<bool, AppError> {
        if source.position == 0 {
            return Ok(false);
        }
        if runs.hotfix || runs.changed_outside {
            return Ok(true);
        }
        if !runs.modified {
            return Ok(false);
        }
        let known = hotfixes::list_untagged(tx, source.id).await?;
        Ok(!known.iter().any(|row| {
            let state = HotfixState::parse(&row.state);
            row.application_id == runs.application_id
                && row.base_id == runs.base_id
                && matches!(state, Some(HotfixState::Solved | HotfixState::Waived))
        }))
    }

    /// Whether a tag of what an environment ran at a former time is a hotfix, and the hotfixes that
    /// are just that and have no tag yet. One that is settled makes no other; without any it is one
    /// if something of it did not come down the lanes.
    pub(crate) async fn former_hotfix(
        &self,
        tx: &DatabaseTransaction,
        place: &environment::Model,
        application: Uuid,
        content: &BTreeMap<Uuid, String>,
    ) -> Result<(bool, Vec<hotfix::Model>), AppError> {
        if place.position == 0 {
            return Ok((false, Vec::new()));
        }
        let print = fingerprint(content);
        let mut known = hotfixes::list_untagged(tx, place.id).await?;
        known.retain(|row| {
            row.application_id == application
                && row.content == print
                && row.state != HotfixState::Withdrawn.as_str()
        });
        let open = |row: &hotfix::Model| row.state == HotfixState::Open.as_str();
        if !known.is_empty() {
            return Ok((known.iter().any(open), known));
        }
        let modules: Vec<Uuid> = content.keys().copied().collect();
        let came_down = hotfixes::list_came_down(tx, &modules).await?;
        let all = content
            .iter()
            .all(|(module, digest)| came_down.contains(&(*module, digest.clone())));
        Ok((!all, known))
    }

    /// Notes the tag of what [`Backend::former_hotfix`] told of: the hotfixes that it is have this
    /// tag from now on, and what is one only by being tagged begins.
    pub(crate) async fn note_former_tag(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        place: &environment::Model,
        tag: &version::Model,
        known: Vec<hotfix::Model>,
    ) -> Result<(), AppError> {
        if known.is_empty() && tag.hotfix {
            let row = hotfix::Model {
                version_id: Some(tag.id),
                base_id: tag.base_id,
                made_by: self.stored_person(tx, actor).await?,
                ..self.new_hotfix(tag.application_id, place.id)
            };
            hotfixes::insert(tx, row).await?;
            return self
                .record_hotfix(tx, "hotfix_begun", tag.application_id, place)
                .await;
        }
        for row in known {
            let change = hotfix::ActiveModel {
                version_id: Set(Some(tag.id)),
                ..Default::default()
            };
            hotfixes::update_seen(tx, row.id, &row.state, change).await?;
        }
        Ok(())
    }

    /// What was tagged as a hotfix has this tag from now on. What was changed outside becomes one
    /// by that; a tag of what runs unchanged since the last one is none of its own.
    pub(crate) async fn note_tag(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        source: &environment::Model,
        before: &running::Model,
        version: Uuid,
    ) -> Result<(), AppError> {
        let known = hotfixes::list_untagged(tx, source.id).await?;
        let open = known.into_iter().find(|row| {
            row.application_id == before.application_id && row.state == HotfixState::Open.as_str()
        });
        if let Some(open) = open {
            let change = hotfix::ActiveModel {
                version_id: Set(Some(version)),
                ..Default::default()
            };
            hotfixes::update_seen(tx, open.id, &open.state, change).await?;
        } else if before.modified || before.changed_outside || before.base_id.is_none() {
            let row = hotfix::Model {
                version_id: Some(version),
                base_id: before.base_id,
                made_by: self.stored_person(tx, actor).await?,
                ..self.new_hotfix(before.application_id, source.id)
            };
            hotfixes::insert(tx, row).await?;
            self.record_hotfix(tx, "hotfix_begun", before.application_id, source)
                .await?;
        }
        Ok(())
    }
}

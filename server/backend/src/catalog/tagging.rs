//! Tagging what an environment runs (domain.md V1, V5, V10).

use crate::Backend;
use crate::actor::Actor;
use crate::environments::require_in_service;
use crate::events::Topic;
use crate::people::sentence;
use domain::access::Action;
use domain::name::{MAX_TEXT, is_hidden};
use domain::view::NewVersion;
use domain::{AppError, VersionId, VersionNumber};
use store::{catalog, counters, environments, running};

impl Backend {
    /// Tags what an environment runs: freezes its module versions under a number. Refused when
    /// what runs is not what was shown.
    pub async fn tag_version(&self, actor: &Actor, new: NewVersion) -> Result<VersionId, AppError> {
        actor.require(Action::TagVersion)?;
        let number = typed_number(&new.number)?;
        let description = typed_description(&new.description)?;
        let application = new.application;
        let version = self
            .store
            .write(async |tx| -> Result<VersionId, AppError> {
                // Raised first: what is looked at below stays as it is until the commit.
                counters::raise(tx, counters::LANDSCAPE).await?;
                let environment = store::or_missing(
                    environments::find(tx, new.environment.0).await?,
                    "This environment",
                )?;
                require_in_service(
                    &environment,
                    "Nothing was tagged; tag it when that is over.",
                )?;
                let found = store::or_missing(
                    catalog::find_application(tx, application.0).await?,
                    "This application",
                )?;
                let runs = running::find(tx, environment.id, application.0).await?;
                if let Some(runs) = runs.filter(|row| row.present) {
                    if runs.revision != new.running_revision {
                        return Err(AppError::Stale {
                            what: format!("What {} runs of {}", environment.name, found.name),
                        });
                    }
                    let base = match runs.base_id {
                        Some(base) => catalog::find_version(tx, base).await?,
                        None => None,
                    };
                    let base = base.and_then(|base| base.number.parse::<VersionNumber>().ok());
                    // Whether it is taken is told by the tag itself.
                    number
                        .check_new(&found.name, base, [])
                        .map_err(|error| AppError::invalid("number", error.to_string()))?;
                }
                let version = self
                    .make_tag(tx, actor, &environment, application, number, &description)
                    .await
                    .map_err(number_field)?;
                running::refresh_can_move(tx, Some(&[application.0])).await?;
                Ok(version)
            })
            .await?;
        self.topics
            .bump([Topic::Applications, Topic::Application(application)]);
        Ok(version)
    }
}

/// The number of a new tag, as typed.
pub(super) fn typed_number(text: &str) -> Result<VersionNumber, AppError> {
    text.parse()
        .map_err(|error: domain::version::ParseVersionError| {
            AppError::invalid("number", sentence(&error.to_string()))
        })
}

/// What a new tag says about the change, as typed.
pub(super) fn typed_description(text: &str) -> Result<String, AppError> {
    let description = text.trim().to_owned();
    if description.chars().count() > MAX_TEXT {
        return Err(AppError::invalid(
            "description",
            format!("A description has at most {MAX_TEXT} characters."),
        ));
    }
    if description
        .chars()
        .any(|c| is_hidden(c) && c != '\n' && c != '\t')
    {
        return Err(AppError::invalid(
            "description",
            "The description has characters that cannot be seen. Remove them.",
        ));
    }
    Ok(description)
}

/// A number that is taken, said of the field it was typed into.
pub(super) fn number_field(error: AppError) -> AppError {
    match error {
        AppError::Conflict { code, message } if code == "number_taken" => {
            AppError::invalid("number", message)
        }
        other => other,
    }
}

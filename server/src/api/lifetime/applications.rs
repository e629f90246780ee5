//! Applications, and what runs of them where.

use super::query::Asked;
use super::refused::Refused;
use super::stream::{self, Part};
use super::wire::{AppStatusInEnv, Application, ModuleStatusInEnv};
use super::{Caller, key};
use crate::ServerState;
use app::routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use backend::{Actor, Installed, InstalledPlace};
use domain::application::ModuleKind;
use domain::{ApplicationId, EnvironmentId};
use uuid::Uuid;

/// What of an application is asked for.
#[derive(Debug, Clone, Copy)]
struct Shown {
    places: bool,
    modules: bool,
}

impl Shown {
    fn of(asked: &Asked) -> Result<Self, Refused> {
        let shown = Self {
            places: asked.flag("IncludeEnvStatus")?,
            modules: asked.flag("IncludeModules")?,
        };
        if shown.modules && !shown.places {
            return Err(Refused::invalid(
                "IncludeModules needs IncludeEnvStatus=true: modules are told per environment.",
            ));
        }
        Ok(shown)
    }
}

/// `GET applications`
pub(super) async fn list(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    asked: Asked,
) -> Result<Response, Refused> {
    listed(state, actor, None, Shown::of(&asked)?).await
}

/// `GET environments/{environment}/applications`
pub(super) async fn list_in(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(environment): Path<String>,
    asked: Asked,
) -> Result<Response, Refused> {
    let environment: EnvironmentId = key(&environment, "environment")?;
    listed(state, actor, Some(environment), Shown::of(&asked)?).await
}

/// `GET applications/{application}`
pub(super) async fn read(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Json<Application>, Refused> {
    let id: ApplicationId = key(&id, "application")?;
    let shown = Shown::of(&asked)?;
    let found = state.backend.read_installed(&actor, id, None).await?;
    Ok(Json(application(found, shown)))
}

/// `GET environments/{environment}/applications/{application}`
pub(super) async fn read_in(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path((environment, id)): Path<(String, String)>,
    asked: Asked,
) -> Result<Json<Application>, Refused> {
    let environment: EnvironmentId = key(&environment, "environment")?;
    let id: ApplicationId = key(&id, "application")?;
    let shown = Shown::of(&asked)?;
    let found = state
        .backend
        .read_installed(&actor, id, Some(environment))
        .await?;
    Ok(Json(application(found, shown)))
}

async fn listed(
    state: ServerState,
    actor: Actor,
    environment: Option<EnvironmentId>,
    shown: Shown,
) -> Result<Response, Refused> {
    stream::list(move |after: Option<String>| {
        let (backend, actor) = (state.backend.clone(), actor.clone());
        async move {
            let after = after.as_deref();
            let page = backend.list_installed(&actor, environment, after).await?;
            Ok(Part {
                rows: page
                    .rows
                    .into_iter()
                    .map(|row| application(row, shown))
                    .collect(),
                next: page.next,
            })
        }
    })
    .await
}

fn application(found: Installed, shown: Shown) -> Application {
    let places = found.places.into_iter().filter(|_| shown.places);
    Application {
        key: found.application.to_string(),
        name: found.name,
        kind: match found.kind {
            ModuleKind::Static => "WebResponsive",
            ModuleKind::Service => "Service",
            ModuleKind::Library => "Library",
        },
        team: "",
        team_key: "",
        description: found.description,
        url_path: "",
        icon_hash: "",
        icon_url: "",
        details_url: routes::application(found.application),
        is_system: false,
        app_status_in_envs: places
            .map(|place| status(found.application, place, shown.modules))
            .collect(),
    }
}

fn status(application: ApplicationId, place: InstalledPlace, modules: bool) -> AppStatusInEnv {
    let (key, label) = place.base.map_or_else(
        // Clients put it into addresses, where nothing would mean something else.
        || (Uuid::nil().to_string(), String::new()),
        |(id, number)| (id.to_string(), number.to_string()),
    );
    let (consistency_status, messages) = match (place.broken, place.outdated) {
        (0, 0) => ("", String::new()),
        (0, outdated) => (
            "Outdated",
            format!("References with older logic than their producer's: {outdated}."),
        ),
        (broken, _) => (
            "Inconsistent",
            format!("References to what is missing or does not fit: {broken}."),
        ),
    };
    AppStatusInEnv {
        environment_key: place.environment.to_string(),
        is_modified_reason: if place.modified {
            "Module_Modified"
        } else {
            ""
        },
        is_modified_message: match (place.modified, label.is_empty()) {
            (false, _) => String::new(),
            (true, true) => "It was never tagged.".to_owned(),
            (true, false) => format!("It was changed since {label} was tagged."),
        },
        base_application_version_key: key,
        base_application_version_label: label,
        is_modified: place.modified,
        consistency_status,
        consistency_status_messages: messages,
        mobile_apps_status: [],
        module_status_in_envs: place
            .modules
            .into_iter()
            .filter(|_| modules)
            .map(|version| ModuleStatusInEnv {
                application_key: application.to_string(),
                environment_key: place.environment.to_string(),
                module_version_key: version.to_string(),
                consistency_status: "",
                consistency_status_messages: "",
            })
            .collect(),
        deployment_zone_key: "",
    }
}

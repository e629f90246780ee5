//! *Replicate to Quality*: makes a plan with exactly what a later environment runs, and opens it.
//! Used on the application's page and for what is selected in the matrix.

use crate::api::hotfixes::replicate_applications;
use crate::components::guard::use_go;
use crate::components::toast::use_toasts;
use crate::error::ApiError;
use crate::routes;
use domain::{AppError, ApplicationId, EnvironmentId};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// From where to where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replication {
    /// Where it runs.
    pub source: EnvironmentId,
    /// Where it shall run too.
    pub target: EnvironmentId,
    /// Which applications.
    pub applications: Vec<ApplicationId>,
}

/// Makes the plan and opens it; says why if there is none. `busy` is set meanwhile.
pub fn use_replication(busy: RwSignal<bool>) -> Callback<Replication> {
    let toasts = use_toasts();
    let go = use_go();
    Callback::new(move |wanted: Replication| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let go = go.clone();
        spawn_local(async move {
            let answer =
                replicate_applications(wanted.source, wanted.target, wanted.applications).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(number) => go(&routes::plan(number)),
                Err(ApiError::App(AppError::Invalid { fields })) => {
                    let why = fields.into_iter().next().map(|field| field.message);
                    toasts.warn("No plan was made", why.unwrap_or_default());
                }
                Err(error) => toasts.fail("No plan was made", &error),
            }
        });
    })
}

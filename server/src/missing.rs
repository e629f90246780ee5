//! Addresses of the page that name a plan or an application that is not there: the document says so
//! in its status, too. Its own answer comes in parts, the first of them before that is known.

use backend::{Actor, Backend};
use domain::{AppError, ApplicationId};

/// Whether the path names something that the actor does not find.
pub async fn is_missing(backend: &Backend, actor: &Actor, path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let there: Result<bool, AppError> =
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("plans"), Some("new"), None, None) => return false,
            (Some("plans"), Some(number), None | Some("changes"), None) => match number.parse() {
                Ok(number) => backend.has_plan(actor, number).await,
                Err(_) => Ok(false),
            },
            (Some("applications"), Some(id), None, None) => match id.parse::<ApplicationId>() {
                Ok(id) => backend.has_application(actor, id).await,
                Err(_) => Ok(false),
            },
            _ => return false,
        };
    // What cannot be told now, the page tells.
    there.is_ok_and(|there| !there)
}

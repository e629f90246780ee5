//! Long lists as one answer: read from the database part by part while they are sent. The first
//! part is read before the first byte, so that what is refused is told by the status.

use super::refused::{JSON, Refused};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::AppError;
use futures::stream;
use serde::Serialize;

/// A part of a list, and where the next one begins.
pub(super) struct Part<T, N> {
    pub(super) rows: Vec<T>,
    pub(super) next: Option<N>,
}

/// A list at the top of the answer; nothing at all if it is empty.
pub(super) async fn list<T, N, F>(
    read: impl Fn(Option<N>) -> F + Send + 'static,
) -> Result<Response, Refused>
where
    T: Serialize + Send + 'static,
    N: Send + 'static,
    F: Future<Output = Result<Part<T, N>, AppError>> + Send,
{
    let first = read(None).await?;
    if first.rows.is_empty() && first.next.is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(within("[", "]", first, read))
}

/// A list between the words before it and those after it.
pub(super) fn within<T, N, F>(
    before: &str,
    after: &'static str,
    first: Part<T, N>,
    read: impl Fn(Option<N>) -> F + Send + 'static,
) -> Response
where
    T: Serialize + Send + 'static,
    N: Send + 'static,
    F: Future<Output = Result<Part<T, N>, AppError>> + Send,
{
    let mut begun = false;
    let head = words(before, &first.rows, &mut begun);
    let state = Some((head, first.next, begun, read));
    let parts = stream::try_unfold(state, move |state| async move {
        let Some((text, next, mut begun, read)) = state else {
            return Ok::<_, AppError>(None);
        };
        let mut text = text?;
        let Some(next) = next else {
            text.push_str(after);
            return Ok(Some((text, None)));
        };
        let part = read(Some(next)).await.inspect_err(|error| {
            tracing::warn!(code = error.code(), "a list for a program was cut off");
        })?;
        let following = words("", &part.rows, &mut begun);
        Ok(Some((text, Some((following, part.next, begun, read)))))
    });
    ([(header::CONTENT_TYPE, JSON)], Body::from_stream(parts)).into_response()
}

/// Rows with commas between them, and before them if others came before.
fn words<T: Serialize>(before: &str, rows: &[T], begun: &mut bool) -> Result<String, AppError> {
    let mut text = before.to_owned();
    for row in rows {
        if *begun {
            text.push(',');
        }
        *begun = true;
        text.push_str(&written(row)?);
    }
    Ok(text)
}

/// A value as JSON.
pub(super) fn written(value: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        AppError::Internal {
            reference: "lifetime-answer".to_owned(),
        }
    })
}

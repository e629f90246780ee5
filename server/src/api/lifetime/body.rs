//! Bodies as clients write them: JSON whose names have any case, with nulls for what is absent,
//! whatever the header calls it.

use super::LIMIT;
use super::refused::Refused;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A request's body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| unread(&error))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| unclear(&error))?;
        serde_json::from_value(normal(value))
            .map(Self)
            .map_err(|error| unclear(&error))
    }
}

fn unread(error: &BytesRejection) -> Refused {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Refused::invalid(format!(
            "The request has more than {} KiB, which no deployment needs. Nothing was changed.",
            LIMIT >> 10
        ));
    }
    Refused::invalid("The request did not arrive as a whole. Nothing was changed; send it again.")
}

fn unclear(error: &serde_json::Error) -> Refused {
    Refused::invalid(format!(
        "The request's body is not what this call takes: {error}."
    ))
}

/// Names in lower case, without what is null.
fn normal(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.to_ascii_lowercase(), normal(value)))
                .collect(),
        ),
        Value::Array(values) => Value::Array(values.into_iter().map(normal).collect()),
        other => other,
    }
}

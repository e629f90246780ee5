//! How the page and its server functions write what they exchange. The two are one build, so the
//! compact form without names is enough; code that reads JSON would be a tenth of what the browser
//! loads. A program that posts JSON (tests, benchmarks, somebody with `curl`) is answered in JSON.

use codee::binary::PostcardCodec;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server_fn::codec::Post;
use server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use std::future::Future;

/// The codec of every server function's arguments and answer.
pub type Wire = Post<WireEncoding>;

/// The compact form, or JSON for who asked in JSON.
pub struct WireEncoding;

impl ContentType for WireEncoding {
    const CONTENT_TYPE: &'static str = "application/x-postcard";
}

impl FormatType for WireEncoding {
    const FORMAT_TYPE: Format = Format::Binary;
}

/// What was posted, or an answer, cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// In the compact form.
    #[error(transparent)]
    Compact(#[from] postcard::Error),
    /// In JSON.
    #[cfg(feature = "ssr")]
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl<T: Serialize> Encodes<T> for WireEncoding {
    type Error = WireError;

    fn encode(value: &T) -> Result<Bytes, WireError> {
        #[cfg(feature = "ssr")]
        if json::asked() {
            json::answer();
            return Ok(serde_json::to_vec(value)?.into());
        }
        Ok(postcard::to_allocvec(value)?.into())
    }
}

impl<T: DeserializeOwned> Decodes<T> for WireEncoding {
    type Error = WireError;

    fn decode(bytes: Bytes) -> Result<T, WireError> {
        #[cfg(feature = "ssr")]
        if json::asked() {
            return Ok(serde_json::from_slice(&bytes)?);
        }
        Ok(postcard::from_bytes(&bytes)?)
    }
}

#[cfg(feature = "ssr")]
mod json {
    use http::header::{CONTENT_TYPE, HeaderValue};
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    const JSON: &str = "application/json";

    /// Whether the request that is being answered came in JSON.
    pub(super) fn asked() -> bool {
        use_context::<http::request::Parts>().is_some_and(|parts| {
            parts
                .headers
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.starts_with(JSON))
        })
    }

    /// The answer says what it is.
    pub(super) fn answer() {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.insert_header(CONTENT_TYPE, HeaderValue::from_static(JSON));
        }
    }
}

/// What a screen fetches: in the document when the server renders it, by a request afterwards.
pub type Fetched<T> = Resource<T, PostcardCodec>;

/// Fetches, and fetches again whenever `source` changes.
#[track_caller]
pub fn fetched<S, T, Fut>(
    source: impl Fn() -> S + Send + Sync + 'static,
    fetcher: impl Fn(S) -> Fut + Send + Sync + 'static,
) -> Fetched<T>
where
    S: Clone + PartialEq + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    Resource::new_with_options(source, fetcher, false)
}

/// A value as text that an attribute, or the browser's storage, can hold.
pub fn to_text<T: Serialize>(value: &T) -> String {
    postcard::to_allocvec(value)
        .map(IntoEncodedString::into_encoded_string)
        .unwrap_or_default()
}

/// The value that [`to_text`] wrote.
#[cfg(not(feature = "ssr"))]
pub fn from_text<T: DeserializeOwned>(text: &str) -> Option<T> {
    use leptos::server::FromEncodedStr as _;
    let bytes = <[u8]>::from_encoded_str(text).ok()?;
    postcard::from_bytes(&bytes).ok()
}

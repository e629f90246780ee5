//! The page's files, carried inside the binary: named after their content, so that browsers may
//! keep them for ever, and compressed ahead of time.

use app::document::PageFiles;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site"]
struct Site;

/// The addresses that the document names; `None` if the page was not built into this binary.
pub fn page_files() -> Option<&'static PageFiles> {
    static FILES: OnceLock<Option<PageFiles>> = OnceLock::new();
    FILES
        .get_or_init(|| {
            let manifest = Site::get("manifest.json")?;
            let manifest: serde_json::Value = serde_json::from_slice(&manifest.data).ok()?;
            let address = |key: &str| manifest.get(key)?.as_str().map(str::to_owned);
            Some(PageFiles {
                script: address("script")?,
                wasm: address("wasm")?,
                style: address("style")?,
                later_style: address("later_style")?,
                font: address("font")?,
                icon: address("icon")?,
            })
        })
        .as_ref()
}

/// The build that a page belongs to: the page's files are named after their content, so two builds
/// with the same page are one to it. The version, if the page was not built into this binary.
pub fn build() -> &'static str {
    static BUILD: OnceLock<String> = OnceLock::new();
    BUILD.get_or_init(|| match Site::get("manifest.json") {
        Some(manifest) => build_of(&manifest.data),
        None => env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn build_of(manifest: &[u8]) -> String {
    let digest = hex::encode(Sha256::digest(manifest));
    format!("{}-{}", env!("CARGO_PKG_VERSION"), &digest[..12])
}

/// `GET /pkg/…`
pub async fn serve_file(Path(name): Path<String>, request: HeaderMap) -> Response {
    let Some(kind) = content_type(&name) else {
        return not_found();
    };
    // The name changes with the content: whoever has it has the right one.
    if request.contains_key(header::IF_NONE_MATCH) && Site::get(&name).is_some() {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let packed = accepts_brotli(&request)
        .then(|| Site::get(&format!("{name}.br")))
        .flatten();
    let encoded = packed.is_some();
    let Some(file) = packed.or_else(|| Site::get(&name)) else {
        return not_found();
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if encoded {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{name}\"")) {
        headers.insert(header::ETAG, tag);
    }
    (headers, file.data.into_owned()).into_response()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "No such file. Reload the page.").into_response()
}

/// Only what the page consists of; the manifest and the compressed twins are no files of their own.
fn content_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

fn accepts_brotli(request: &HeaderMap) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            let mut parts = part.split(';');
            parts.next().map(str::trim) == Some("br") && parts.next().map(str::trim) != Some("q=0")
        })
}

#[cfg(test)]
mod tests {
    use super::build_of;

    #[test]
    fn another_page_is_another_build() {
        let one = build_of(br#"{"wasm":"slipway.aaaa.wasm"}"#);
        assert_eq!(one, build_of(br#"{"wasm":"slipway.aaaa.wasm"}"#));
        assert_ne!(one, build_of(br#"{"wasm":"slipway.bbbb.wasm"}"#));
    }
}

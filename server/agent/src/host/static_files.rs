//! Files of static modules.

use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use bundle::BUNDLE_MANIFEST_FILE;
use std::path::Path;
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// Serves the file that `inner` (the path after the module's own, with its slash) names. Hidden
/// files are not served. `tag` changes with every release, so a browser's copy of an older one is
/// never used.
pub(crate) async fn serve(
    folder: &Path,
    url_path: &str,
    inner: &str,
    tag: &str,
    mut request: Request<Body>,
) -> Response<Body> {
    if inner.split('/').any(is_hidden) || inner.trim_start_matches('/') == BUNDLE_MANIFEST_FILE {
        return StatusCode::NOT_FOUND.into_response();
    }
    let tag = format!("\"{tag}\"");
    if let Some(known) = request.headers().get(header::IF_NONE_MATCH)
        && known
            .to_str()
            .is_ok_and(|known| known.split(',').any(|one| one.trim() == tag))
    {
        return with_tag(StatusCode::NOT_MODIFIED.into_response(), &tag);
    }
    // A part of another release's file must not be glued to this one's.
    if let Some(known) = request.headers_mut().remove(header::IF_RANGE)
        && known.as_bytes() != tag.as_bytes()
    {
        request.headers_mut().remove(header::RANGE);
    }
    // Times say nothing here: a file of an older release may be written later.
    request.headers_mut().remove(header::IF_MODIFIED_SINCE);
    let Ok(uri) = Uri::builder().path_and_query(inner).build() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    *request.uri_mut() = uri;
    let mut response = match ServeDir::new(folder).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    response.headers_mut().remove(header::LAST_MODIFIED);
    if let Some(place) = response.headers_mut().remove(header::LOCATION)
        && let Ok(place) = place.to_str()
        && let Ok(place) = HeaderValue::try_from(format!("{url_path}{place}"))
    {
        // A folder without its slash: the files know nothing of where they are mounted.
        response.headers_mut().insert(header::LOCATION, place);
    }
    if response.status().is_success() {
        with_tag(response, &tag)
    } else {
        response
    }
}

fn with_tag(mut response: Response<Body>, tag: &str) -> Response<Body> {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// Whether a part of a path begins with a dot, however it is written.
fn is_hidden(part: &str) -> bool {
    part.starts_with('.') || part.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("%2e"))
}

//! Addresses as clients write them: with or without a slash at the end, in any case.

use axum::extract::Request;
use axum::http::Uri;

/// Brings an address of this API into the one form that is routed. Keys are UUIDs, so their case
/// does not matter either; every other address, and the query, stay as they are.
pub(crate) fn normal(mut request: Request) -> Request {
    if let Some(uri) = rewritten(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn rewritten(uri: &Uri) -> Option<Uri> {
    let path = uri.path().to_ascii_lowercase();
    if path != "/lifetimeapi" && !path.starts_with("/lifetimeapi/") {
        return None;
    }
    let path = path.trim_end_matches('/');
    if path == uri.path() {
        return None;
    }
    let whole = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(whole.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::rewritten;

    #[test]
    fn only_our_addresses_are_brought_into_form() {
        for (written, routed) in [
            (
                "/LifeTimeAPI/rest/v2/Deployments/?MinDate=2026-11-01",
                Some("/lifetimeapi/rest/v2/deployments?MinDate=2026-11-01"),
            ),
            (
                "http://host/lifetimeapi/rest/v2/environments//",
                Some("http://host/lifetimeapi/rest/v2/environments"),
            ),
            ("/lifetimeapi/", Some("/lifetimeapi")),
            ("/lifetimeapi/rest/v2/environments", None),
            ("/LifeTimeAPIs/x", None),
            ("/Applications/", None),
            ("/", None),
        ] {
            let found = rewritten(&written.parse().unwrap()).map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), routed, "{written}");
        }
    }
}

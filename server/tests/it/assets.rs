//! The page's files.

use crate::harness::Harness;
use axum::body::Body;
use http::{Request, StatusCode};

#[tokio::test]
async fn every_file_that_the_document_names_is_served_for_ever() {
    let (harness, _) = Harness::signed_in().await;
    let document = harness.get("/sign-in").await;
    assert_eq!(
        document.status,
        StatusCode::OK,
        "the page was built before the tests: cargo xtask build-page"
    );
    let names: Vec<String> = document
        .body
        .match_indices("/pkg/")
        .map(|(at, _)| {
            document.body[at..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "/.-_".contains(*c))
                .collect()
        })
        .collect();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let request = Request::get(&name)
            .header("accept-encoding", "gzip, br")
            .body(Body::empty())
            .unwrap();
        let answer = harness.ask(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert!(
            answer.header("cache-control").contains("immutable"),
            "{name}"
        );
        if !name.ends_with("woff2") {
            assert_eq!(answer.header("content-encoding"), "br", "{name}");
        }
    }
}

#[tokio::test]
async fn unknown_files_and_the_manifest_are_not_served() {
    let (harness, _) = Harness::signed_in().await;
    for path in [
        "/pkg/none.js",
        "/pkg/manifest.json",
        "/pkg/..%2f..%2fCargo.toml",
    ] {
        assert_eq!(
            harness.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

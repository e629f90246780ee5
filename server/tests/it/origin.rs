//! Requests that change something come from our own page or carry a token.

use crate::harness::Harness;
use axum::body::Body;
use http::{Request, StatusCode, header};

async fn ask(harness: &Harness, session: &str, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::post("/api/read_me")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::HOST, "slipway.example")
        .header(header::COOKIE, format!("slipway_session={session}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    harness
        .ask(request.body(Body::from("{}")).unwrap())
        .await
        .status
}

#[tokio::test]
async fn another_site_cannot_use_the_readers_session() {
    let (harness, session) = Harness::signed_in().await;
    for (headers, expected) in [
        (vec![("sec-fetch-site", "same-origin")], StatusCode::OK),
        (vec![("origin", "https://slipway.example")], StatusCode::OK),
        (vec![], StatusCode::FORBIDDEN),
        (
            vec![("sec-fetch-site", "cross-site")],
            StatusCode::FORBIDDEN,
        ),
        (vec![("sec-fetch-site", "same-site")], StatusCode::FORBIDDEN),
        (vec![("sec-fetch-site", "none")], StatusCode::FORBIDDEN),
        (
            vec![("origin", "https://evil.example")],
            StatusCode::FORBIDDEN,
        ),
        (vec![("origin", "null")], StatusCode::FORBIDDEN),
        (
            vec![
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://slipway.example"),
            ],
            StatusCode::FORBIDDEN,
        ),
    ] {
        assert_eq!(
            ask(&harness, &session, &headers).await,
            expected,
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_token_does_not_fall_back_to_the_cookie() {
    let (harness, session) = Harness::signed_in().await;
    let status = ask(&harness, &session, &[("authorization", "Bearer made-up")]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

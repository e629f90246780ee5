//! Behind a proxy each person has their own address, and only the proxy's word counts.

use crate::harness::{Harness, PASSWORD, call};
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::StatusCode;
use server::{ServerState, router};
use std::net::SocketAddr;
use tower::ServiceExt;

/// Signs in from `peer`, with this in `X-Forwarded-For`; what the answer says.
async fn sign_in(state: &ServerState, peer: &str, forwarded: &str, password: &str) -> String {
    let body = format!(r#"{{"login":"ada","password":"{password}"}}"#);
    let mut request = call("/api/sign_in", &body)
        .header("x-forwarded-for", forwarded)
        .body(Body::from(body.clone()))
        .unwrap();
    let peer = SocketAddr::new(peer.parse().unwrap(), 4_711);
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = router(state.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let body = http_body_util::BodyExt::collect(answer.into_body())
        .await
        .unwrap()
        .to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn guess(state: &ServerState, peer: &str, forwarded: &str) -> String {
    let mut last = String::new();
    for _ in 0..3 {
        last = sign_in(state, peer, forwarded, "Wrong-Password-1").await;
    }
    last
}

#[tokio::test]
async fn one_persons_wrong_passwords_do_not_pause_the_others_behind_the_proxy() {
    let (harness, _) = Harness::signed_in().await;
    let state = ServerState {
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()].into(),
        ..harness.state.clone()
    };
    let paused = guess(&state, "10.0.0.1", "198.51.100.1").await;
    assert!(paused.contains("Paused"), "{paused}");
    // Another person behind the same proxy, while the first one waits.
    let fine = sign_in(&state, "10.0.0.1", "198.51.100.2", PASSWORD).await;
    assert!(fine.contains("SignedIn"), "{fine}");
    let still = sign_in(&state, "10.0.0.1", "198.51.100.1", PASSWORD).await;
    assert!(still.contains("Paused"), "{still}");
    // Writing the header oneself is no way out of a pause.
    let forged = sign_in(&state, "10.0.0.1", "6.6.6.6, 198.51.100.1", PASSWORD).await;
    assert!(forged.contains("Paused"), "{forged}");
}

#[tokio::test]
async fn nobody_else_is_believed_about_their_address() {
    let (harness, _) = Harness::signed_in().await;
    let state = &harness.state;
    let paused = guess(state, "203.0.113.9", "198.51.100.1").await;
    assert!(paused.contains("Paused"), "{paused}");
    let forged = sign_in(state, "203.0.113.9", "198.51.100.2", PASSWORD).await;
    assert!(forged.contains("Paused"), "{forged}");
}

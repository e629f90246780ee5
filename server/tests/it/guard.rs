//! Nobody who is not signed in gets anything but the way in.

use crate::harness::{Harness, PASSWORD, call};
use axum::body::Body;
use http::{Method, Request, StatusCode, header};

/// Server functions that anybody may call.
const OPEN_FUNCTIONS: [&str; 6] = [
    "/api/create_administrator",
    "/api/read_setup_state",
    // The code of the link is what lets in.
    "/api/read_password_link",
    "/api/use_password_link",
    "/api/sign_in",
    // Without a session there is nothing to end, and that is no error.
    "/api/sign_out",
];

/// Arguments that every function can read: more fields than it needs do no harm.
const ARGUMENTS: &str = r#"{
    "login": "ada", "password": "x", "number": 1, "revision": 1, "text": "x", "reason": "x",
    "offset": 0, "limit": 10, "applications": [], "sequence": 0, "notes": "",
    "application": "00000000-0000-7000-8000-000000000001",
    "environment": "00000000-0000-7000-8000-000000000002",
    "source": "00000000-0000-7000-8000-000000000002",
    "target": "00000000-0000-7000-8000-000000000003"
}"#;

#[tokio::test]
async fn every_server_function_refuses_an_anonymous_caller() {
    let (harness, _) = Harness::signed_in().await;
    let paths = server::function_paths();
    assert!(paths.len() > 20, "the functions are registered");
    for (path, method) in paths {
        assert_eq!(method, Method::POST, "{path} could be called by a link");
        if OPEN_FUNCTIONS.contains(&path) {
            continue;
        }
        let answer = harness
            .ask(call(path, ARGUMENTS).body(Body::from(ARGUMENTS)).unwrap())
            .await;
        // Arguments that cannot be read are refused before the caller is known: nothing is told.
        assert!(
            answer.status == StatusCode::UNAUTHORIZED
                || (answer.status == StatusCode::BAD_REQUEST && answer.body.contains("Transport")),
            "{path} answered {} {}",
            answer.status,
            answer.body
        );
    }
}

#[tokio::test]
async fn functions_without_arguments_say_that_nobody_is_signed_in() {
    let (harness, _) = Harness::signed_in().await;
    for path in [
        "/api/list_environments",
        "/api/read_watch",
        "/api/read_me",
        "/api/read_about",
    ] {
        let answer = harness
            .ask(call(path, "{}").body(Body::from("{}")).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.body.contains("Unauthenticated"), "{}", answer.body);
    }
}

#[tokio::test]
async fn every_page_sends_an_anonymous_reader_to_the_way_in() {
    let (harness, _) = Harness::signed_in().await;
    for path in [
        "/applications",
        "/applications/00000000-0000-7000-8000-000000000001",
        "/plans",
        "/plans/12",
        "/plans/12/run",
        "/environments",
        "/accounts",
        "/about",
        "/nowhere",
    ] {
        let answer = harness.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(
            answer.header("location"),
            format!("/sign-in?next={path}"),
            "{path}"
        );
        assert!(answer.body.is_empty());
    }
    assert_eq!(harness.get("/").await.header("location"), "/sign-in");
    assert_eq!(harness.get("/setup").await.header("location"), "/sign-in");
}

#[tokio::test]
async fn before_the_first_account_every_page_leads_to_set_up() {
    let harness = Harness::fresh().await;
    for path in ["/", "/applications", "/sign-in"] {
        assert_eq!(
            harness.get(path).await.header("location"),
            "/setup",
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_link_on_another_site_is_asked_again_from_here() {
    let (harness, session) = Harness::signed_in().await;
    let from = |site: &str, cookie: Option<&str>| {
        let mut request = Request::get("/plans/12")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, format!("slipway_session={cookie}"));
        }
        request.body(Body::empty()).unwrap()
    };
    // Browsers leave a strict cookie out when another site led here.
    let answer = harness.ask(from("cross-site", None)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("http-equiv=\"refresh\""));
    assert_eq!(answer.header("cache-control"), "no-store");
    // The second request comes from here; without a cookie it leads to the way in.
    for site in ["same-origin", "none"] {
        let answer = harness.ask(from(site, None)).await;
        assert_eq!(answer.header("location"), "/sign-in?next=/plans/12");
    }
    // A cookie that came along is looked at, wherever the request comes from.
    let answer = harness.ask(from("cross-site", Some("made-up"))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_ne!(session, "made-up");
}

#[tokio::test]
async fn an_unknown_or_ended_session_is_no_session() {
    let (harness, session) = Harness::signed_in().await;
    assert_eq!(
        harness.get_as("made-up", "/plans").await.status,
        StatusCode::SEE_OTHER
    );
    harness.backend.sign_out(&session).await.unwrap();
    assert_eq!(
        harness.get_as(&session, "/plans").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn unknown_paths_of_programs_answer_in_json() {
    let (harness, _) = Harness::signed_in().await;
    for path in ["/api/nothing", "/api", "/-/nothing"] {
        let answer = harness.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert!(answer.body.contains("NotFound"), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_wrong_method_is_said_to_be_wrong() {
    let (harness, session) = Harness::signed_in().await;
    assert_eq!(
        harness.get("/api/sign_in").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let put = Request::put("/plans")
        .header("sec-fetch-site", "same-origin")
        .header(header::COOKIE, format!("slipway_session={session}"))
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        harness.ask(put).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn signing_in_gives_a_cookie_that_scripts_cannot_read() {
    let (harness, _) = Harness::signed_in().await;
    let body = format!(r#"{{"login":"ada","password":"{PASSWORD}"}}"#);
    let answer = harness
        .ask(
            call("/api/sign_in", &body)
                .body(Body::from(body.clone()))
                .unwrap(),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let cookie = answer.header("set-cookie");
    for part in ["slipway_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = cookie
        .split_once('=')
        .and_then(|(_, rest)| rest.split(';').next())
        .unwrap();
    let me = call("/api/read_me", "{}")
        .header(header::COOKIE, format!("slipway_session={session}"))
        .body(Body::from("{}"))
        .unwrap();
    let answer = harness.ask(me).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("Ada Quill"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let (harness, _) = Harness::signed_in().await;
    let body = format!(
        r#"{{"login":"{}","password":"x"}}"#,
        "a".repeat(5 * 1024 * 1024)
    );
    let answer = harness
        .ask(
            call("/api/sign_in", &body)
                .body(Body::from(body.clone()))
                .unwrap(),
        )
        .await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
}

/// Anybody can call it, so nobody can make it hold much.
#[tokio::test]
async fn who_is_not_known_yet_may_say_little() {
    let harness = Harness::fresh().await;
    let body = format!(r#"{{"code":"{}"}}"#, "a".repeat(17 << 10));
    let request = http::Request::post("/agent/v1/join")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .unwrap();
    let answer = harness.ask(request).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("too_large"), "{}", answer.body);
}

//! What a page's document carries.

use crate::harness::Harness;
use http::StatusCode;

#[tokio::test]
async fn every_screen_renders_for_who_is_signed_in() {
    let (harness, session) = Harness::signed_in().await;
    for (path, status, text) in [
        ("/applications", StatusCode::OK, "Applications"),
        ("/plans", StatusCode::OK, "Deployment Plans"),
        ("/environments", StatusCode::OK, "Environments"),
        ("/accounts", StatusCode::OK, "Accounts"),
        ("/about", StatusCode::OK, "About"),
        (
            "/nowhere",
            StatusCode::NOT_FOUND,
            "Nothing is at this address",
        ),
    ] {
        let answer = harness.get_as(&session, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.contains(text), "{path} lacks {text}");
        assert!(
            answer.body.contains("Ada Quill"),
            "{path} does not say who is signed in"
        );
        assert!(answer.body.trim_end().ends_with("</html>") || answer.body.contains("</html>"));
    }
}

#[tokio::test]
async fn scripts_run_only_with_the_responses_own_nonce() {
    let (harness, _) = Harness::signed_in().await;
    let first = harness.get("/sign-in").await;
    let second = harness.get("/sign-in").await;
    let nonce = |policy: &str| {
        let from = policy.find("'nonce-").expect("a nonce") + 7;
        policy[from..].split('\'').next().unwrap().to_owned()
    };
    let policy = first.header("content-security-policy");
    let script = policy
        .split(';')
        .find(|part| part.contains("script-src"))
        .unwrap();
    assert!(!script.contains("unsafe-inline"), "{script}");
    let mine = nonce(policy);
    assert_ne!(mine, nonce(second.header("content-security-policy")));
    let scripts = first.body.matches("<script").count();
    let with_nonce = first.body.matches(&format!("nonce=\"{mine}\"")).count();
    assert!(scripts > 0);
    assert_eq!(scripts, with_nonce, "an inline script has no nonce");
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let (harness, _) = Harness::signed_in().await;
    for path in [
        "/sign-in",
        "/api/nothing",
        "/-/health",
        "/pkg/none.css",
        "/plans",
    ] {
        let answer = harness.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_hostile_next_does_not_leave_the_site() {
    let (harness, session) = Harness::signed_in().await;
    for (next, there) in [
        ("/plans", "/plans"),
        ("//evil.example", "/applications"),
        ("https%3A%2F%2Fevil.example", "/applications"),
        ("%2F%2Fevil.example", "/applications"),
        ("/%5Cevil.example", "/applications"),
    ] {
        let answer = harness
            .get_as(&session, &format!("/sign-in?next={next}"))
            .await;
        assert_eq!(answer.header("location"), there, "{next}");
    }
}

/// Streamed pages of this framework once could hang for ever; a loop like this one shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_pages_load_and_none_stalls() {
    let (harness, session) = Harness::signed_in().await;
    let harness = std::sync::Arc::new(harness);
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..20 {
        let (harness, session) = (harness.clone(), session.clone());
        tasks.spawn(async move {
            let paths = [
                "/applications",
                "/plans",
                "/environments",
                "/about",
                "/plans/1",
            ];
            for number in 0..50 {
                let path = paths[(worker + number) % paths.len()];
                let answer = tokio::time::timeout(
                    std::time::Duration::from_secs(30),
                    harness.get_as(&session, path),
                )
                .await
                .unwrap_or_else(|_| panic!("{path} stalled"));
                assert!(answer.body.contains("</html>"), "{path} is cut");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

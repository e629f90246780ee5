//! What a page's document carries.

use crate::harness::{Harness, PASSWORD, write_files};
use crate::installation::Administrator;
use backend::testing::FakeAgent;
use backend::{Client, NewPublication};
use domain::ApplicationId;
use domain::access::Standing;
use domain::view::NewInvitation;
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

const SHOP: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000061"
name = "Corner Shop"
[[module]]
id = "0197a000-0000-7000-8000-000000000062"
name = "CornerPages"
kind = "static"
path = "pages"
url_path = "/corner"
"#;

#[tokio::test]
async fn the_link_of_what_a_plan_will_change_opens_for_another_account_once_it_is_saved() {
    let harness = Harness::fresh().await;
    let slipway = &harness.backend;
    let ada = Administrator::of(slipway).await;
    let mut development = FakeAgent::join(slipway, "Development").await;
    let quality = FakeAgent::join(slipway, "Quality").await;
    let source = tempfile::tempdir().unwrap();
    let files = [("slipway.toml", SHOP), ("pages/index.html", "one")];
    write_files(source.path(), &files);
    let new = NewPublication {
        environment: "Development".to_owned(),
        bundles: slipway
            .upload_application(&ada.actor, source.path(), SHOP)
            .await,
        allow_missing: false,
    };
    Box::pin(slipway.publish(&ada.actor, new)).await.unwrap();
    let mut idle = 0;
    while idle < 4 {
        slipway.walk_runs().await.unwrap();
        let busy = development.work(slipway).await;
        slipway.clock.advance(if busy { 20 } else { 2_000 });
        idle = if busy { 0 } else { idle + 1 };
    }
    let new = NewInvitation {
        name: "Ben Reed".to_owned(),
        login: "ben".to_owned(),
        email: String::new(),
        standing: Standing::Viewer,
    };
    let link = slipway.invite_account(&ada.actor, new).await.unwrap();
    let client = Client::default();
    let joined = slipway.use_password_link(&link.code, PASSWORD, &client);
    let (_, ben) = joined.await.unwrap();

    let (from, to) = (development.actor.environment, quality.actor.environment);
    let shop: ApplicationId = "0197a000-0000-7000-8000-000000000061".parse().unwrap();
    let number = slipway.create_plan(&ada.actor, from, to, vec![shop]);
    let number = number.await.unwrap();
    let path = format!("/plans/{number}/changes");
    let told = ["Corner Shop", "CornerPages", "Quality with plan #1"];
    let own = harness.get_as(&ada.session, &path).await;
    assert_eq!(own.status, StatusCode::OK);
    let none = harness.get_as(&ben, &path).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    for words in told {
        assert!(own.body.contains(words), "{words}: {}", own.body);
        assert!(!none.body.contains(words), "{words}: {}", none.body);
    }
    slipway.save_plan(&ada.actor, number, 1).await.unwrap();
    let shared = harness.get_as(&ben, &path).await;
    assert_eq!(shared.status, StatusCode::OK);
    for words in told.into_iter().chain(["Ben Reed"]) {
        assert!(shared.body.contains(words), "{words}: {}", shared.body);
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

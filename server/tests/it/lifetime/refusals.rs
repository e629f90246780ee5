//! What is refused whoever asks: unknown calls, bodies that are too large, no token.

use super::{BASE, CORE, World, errors, id, on_both, parsed};
use crate::agents::World as RealWorld;
use crate::installation::http_client;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use server::api::lifetime::CALLS;

/// The address of a call, with keys of nothing.
fn address(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{command}" => "start".to_owned(),
        key if key.starts_with('{') => id(7).to_string(),
        word => word.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

on_both! {
    /// Every call there is: refused without a token before anything else is looked at.
    async fn every_call_needs_a_token(mut world: World) {
        for (method, path) in CALLS {
            for slash in ["", "/"] {
                let path = format!("{}{slash}", address(path));
                let request = Request::builder()
                    .method(method)
                    .uri(format!("{BASE}{path}"))
                    .body(Body::from("not JSON"))
                    .unwrap();
                let answer = world.harness.ask(request).await;
                assert_eq!(parsed(&answer).0, 401, "{method} {path}");
                assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
                assert_eq!(answer.header("www-authenticate"), "Bearer");
                // With one it is a call that is known: what it names is what is missing.
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let known = world.call(method, &path, &json!({ "configurations": [] })).await;
                assert!(!known.body.contains("This console has no"), "{path}: {}", known.body);
            }
        }
        world.settle().await;
    }

    async fn what_is_not_there_is_told_in_the_same_form(mut world: World) {
        for (method, path) in [
            (Method::GET, ""),
            (Method::GET, "/nothing"),
            (Method::PATCH, "/deployments"),
            (Method::DELETE, "/deployments"),
            (Method::POST, "/environments"),
            (Method::GET, "/modules/"),
            (Method::POST, "/deployments/x/start"),
        ] {
            let answer = world.call(method.clone(), path, &Value::Null).await;
            let (status, body) = parsed(&answer);
            assert_eq!(status, 404, "{method} {path}: {body}");
        }
        let path = format!("/deployments/{}/pause", id(7));
        let (status, body) = world.post(&path, &Value::Null).await;
        assert_eq!(status, 404);
        assert!(errors(&body).contains("no command pause"), "{body}");
        for command in ["start", "continue", "abort"] {
            let path = format!("/deployments/{}/{command}", id(7));
            assert_eq!(world.post(&path, &Value::Null).await.0, 404);
        }
        for path in ["/lifetimeapi", "/LifeTimeAPI/rest/v1/environments"] {
            let request = Request::get(path)
                .header(header::AUTHORIZATION, &world.token)
                .body(Body::empty())
                .unwrap();
            assert_eq!(parsed(&world.harness.ask(request).await).0, 404, "{path}");
        }
        world.settle().await;
    }

    async fn bodies_of_ten_megabytes_are_refused_in_words(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = world.make(&[&core]).await;
        let mut asked = world.deployment(&[&core]);
        asked["Notes"] = Value::from("n".repeat(10 << 20));
        let blocks = format!("/applications/{}/configurations", id(CORE));
        for (method, path) in [(Method::POST, "/deployments"), (Method::PUT, &path), (Method::PUT, &blocks)] {
            let answer = world.call(method, path, &asked).await;
            let (status, body) = parsed(&answer);
            assert_eq!(status, 400);
            assert!(errors(&body).contains("more than 1024 KiB"), "{body}");
        }
        let (_, body) = world.get(&path).await;
        assert_eq!(body["Deployment"]["Notes"], "From the pipeline");
    }
}

/// The same over a real connection, to a console as it is started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_console_speaks_it() {
    let world = RealWorld::new().await;
    let http = http_client();
    let at = |path: &str| format!("{}/LifeTimeAPI/rest/v2/{path}", world.console.url());
    let ask = async |request: reqwest::RequestBuilder| {
        let answer = request.bearer_auth(&world.token).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap_or_default())
    };
    let (status, all) = ask(http.get(at("environments/"))).await;
    assert_eq!((status, &all[0]["Name"]), (200, &json!("Workshop")));
    let refused = http.get(at("environments/")).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let (status, body) = ask(http.post(at("deployments")).body("{")).await;
    assert_eq!((status, &body["StatusCode"]), (400, &json!(400)));
    let published = world.publish(&world.source("old")).await;
    assert_eq!(published["state"], "succeeded");
    let (status, all) = ask(http.get(at("applications?IncludeEnvStatus=True"))).await;
    assert_eq!((status, &all[0]["Name"]), (200, &json!("Shop")));
    world.end().await;
}

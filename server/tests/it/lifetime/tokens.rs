//! Who gets in.

use super::{CORE, World, errors, id, on_both, parsed};
use axum::body::Body;
use domain::access::Standing;
use http::{Method, Request, header};
use serde_json::{Value, json};

impl World {
    async fn with_header(&self, value: Option<&str>) -> u16 {
        let mut request = Request::get("/lifetimeapi/rest/v2/environments");
        if let Some(value) = value {
            request = request.header(header::AUTHORIZATION, value);
        }
        let answer = self.harness.ask(request.body(Body::empty()).unwrap()).await;
        parsed(&answer).0
    }
}

on_both! {
    async fn only_a_token_that_is_valid_lets_in(mut world: World) {
        let token = world.token.clone();
        for (value, status) in [
            (None, 401),
            (Some("Bearer".to_owned()), 401),
            (Some("Bearer slw_made-up".to_owned()), 401),
            (Some(format!("Basic {token}")), 401),
            (Some(format!("Bearer {}", "x".repeat(8_000))), 401),
            (Some(format!("Bearer {token}")), 200),
            (Some(format!("bearer {token}")), 200),
            // As the download call of a released client sends it.
            (Some(token), 200),
        ] {
            assert_eq!(world.with_header(value.as_deref()).await, status, "{value:?}");
        }
        world.settle().await;
    }

    async fn a_revoked_and_an_expired_token_are_refused(mut world: World) {
        let (revoked, secret) = world.make_token("revoked", None).await;
        let (_, expiring) = world.make_token("expiring", Some(1)).await;
        let environments = async |token: &str| {
            let answer = world.call_as(token, Method::GET, "/environments", &Value::Null).await;
            parsed(&answer)
        };
        assert_eq!(environments(&secret).await.0, 200);
        assert_eq!(environments(&expiring).await.0, 200);
        world.harness.backend.revoke_token(&world.ada, revoked).await.unwrap();
        let (status, body) = environments(&secret).await;
        assert_eq!(status, 401);
        assert!(errors(&body).contains("not valid, or no longer"), "{body}");
        world.harness.backend.clock.advance(86_400_001);
        assert_eq!(environments(&expiring).await.0, 401);
    }

    /// A token acts with its account's standing of the moment, and no further.
    async fn who_may_only_see_prepares_plans_and_runs_none(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = world.make(&[&core]).await;
        let viewer = world.token_of(Standing::Viewer).await;
        for (method, path, body) in [
            (Method::DELETE, path.clone(), Value::Null),
            (Method::POST, format!("{path}/start"), Value::Null),
            (Method::POST, format!("{path}/continue"), Value::Null),
            (Method::POST, format!("{path}/abort"), Value::Null),
            (
                Method::PUT,
                format!("/applications/{}/configurations", id(CORE)),
                json!({ "configurations": [] }),
            ),
            (
                Method::POST,
                format!("/environments/{}/applications/{}/versions", world.source(), id(CORE)),
                json!({ "Version": "1.1" }),
            ),
        ] {
            let answer = world.call_as(&viewer, method.clone(), &path, &body).await;
            let (status, body) = parsed(&answer);
            assert_eq!(status, 403, "{method} {path}: {body}");
            assert!(errors(&body).contains("Your standing is Viewer"), "{body}");
        }
        for path in ["/environments", "/applications", "/deployments", &path, &format!("{path}/status")] {
            let answer = world.call_as(&viewer, Method::GET, path, &Value::Null).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        }
        // Team leaders prepare (domain.md 3.4).
        for (method, path, body) in [
            (Method::POST, "/deployments", world.deployment(&[&core])),
            (Method::PUT, &path, json!({ "Notes": "Mine" })),
        ] {
            let answer = world.call_as(&viewer, method.clone(), path, &body).await;
            assert!(answer.status.is_success(), "{method} {path}: {}", answer.body);
        }
        // Looking at it, even with the check, changes nothing.
        let before = world.harness.backend.list_audit().await.len();
        world.get(&path).await;
        assert_eq!(world.harness.backend.list_audit().await.len(), before);
    }

    async fn a_token_is_stored_nowhere(mut world: World) {
        let core = world.core("one", "1.0").await;
        world.deploy(&[&core]).await;
        assert!(!world.harness.backend.stores(&world.token).await);
    }
}

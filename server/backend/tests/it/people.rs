//! The first account, signing in, pauses, sessions, tokens.

use backend::Client;
use backend::testing::{TestBackend, actor};
use domain::AppError;
use domain::access::Standing;
use domain::view::{NewAdministrator, NewInvitation, NewToken, SignInOutcome};

const PASSWORD: &str = "Correct-Horse-7";

fn client(address: &str) -> Client {
    Client {
        address: address.to_owned(),
        user_agent: "test".to_owned(),
    }
}

fn administrator(token: &str) -> NewAdministrator {
    NewAdministrator {
        token: token.to_owned(),
        name: "Ada Lovelace".to_owned(),
        login: "Ada".to_owned(),
        email: "ada@example.com".to_owned(),
        password: PASSWORD.to_owned(),
    }
}

async fn with_ada() -> TestBackend {
    let slipway = TestBackend::new().await;
    let token = slipway.create_setup_token().await.unwrap().unwrap();
    slipway
        .create_administrator(administrator(&token), &client("10.0.0.1"))
        .await
        .unwrap();
    slipway
}

#[tokio::test]
async fn the_setup_token_works_once() {
    let slipway = TestBackend::new().await;
    assert!(slipway.read_setup_state().await.unwrap().needed);
    let old = slipway.create_setup_token().await.unwrap().unwrap();
    let token = slipway.create_setup_token().await.unwrap().unwrap();
    for wrong in ["", "nonsense", &old] {
        let error = slipway
            .create_administrator(administrator(wrong), &client("10.0.0.1"))
            .await
            .unwrap_err();
        assert!(matches!(error, AppError::Invalid { fields } if fields[0].field == "token"));
    }
    // As people type it: small letters, blanks in place of dashes.
    let typed = token.to_lowercase().replace('-', " ");
    let (me, session) = slipway
        .create_administrator(administrator(&typed), &client("10.0.0.1"))
        .await
        .unwrap();
    assert_eq!(me.access.standing, Standing::Administrator);
    let found = slipway.find_session(&session).await.unwrap().unwrap();
    assert_eq!(found.login, "Ada");
    assert!(!slipway.read_setup_state().await.unwrap().needed);
    assert_eq!(slipway.create_setup_token().await.unwrap(), None);
    let again = slipway
        .create_administrator(administrator(&token), &client("10.0.0.1"))
        .await
        .unwrap_err();
    assert_eq!(again.code(), "setup_done");
}

#[tokio::test]
async fn every_wrong_field_of_an_account_is_named() {
    let slipway = TestBackend::new().await;
    let new = NewAdministrator {
        token: slipway.create_setup_token().await.unwrap().unwrap(),
        name: " ".to_owned(),
        login: "a b".to_owned(),
        email: "nobody".to_owned(),
        password: "short".to_owned(),
    };
    let error = slipway
        .create_administrator(new, &client("10.0.0.1"))
        .await
        .unwrap_err();
    let AppError::Invalid { fields } = error else {
        panic!("{error:?}");
    };
    let names: Vec<_> = fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(names, ["name", "login", "email", "password"]);
}

#[tokio::test]
async fn logins_differ_by_more_than_case() {
    let slipway = with_ada().await;
    let new = NewInvitation {
        name: "Another".to_owned(),
        login: "aDA".to_owned(),
        email: String::new(),
        standing: Standing::Viewer,
    };
    let error = slipway
        .invite_account(&actor(Standing::Administrator), new)
        .await
        .unwrap_err();
    assert!(matches!(error, AppError::Invalid { fields } if fields[0].field == "login"));
}

#[tokio::test]
async fn sign_in_folds_the_login_and_sign_out_ends_the_session() {
    let slipway = with_ada().await;
    let (outcome, token) = slipway
        .sign_in(" aDa ", PASSWORD, &client("10.0.0.1"))
        .await
        .unwrap();
    assert!(matches!(outcome, SignInOutcome::SignedIn(me) if me.login == "Ada"));
    let token = token.unwrap();
    assert!(slipway.find_session(&token).await.unwrap().is_some());
    slipway.sign_out(&token).await.unwrap();
    slipway.sign_out(&token).await.unwrap();
    assert!(slipway.find_session(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn sessions_end_when_idle_and_when_old() {
    const HOUR: i64 = 60 * 60 * 1_000;
    let slipway = with_ada().await;
    let sign_in = async || {
        let (_, token) = slipway
            .sign_in("ada", PASSWORD, &client("10.0.0.1"))
            .await
            .unwrap();
        token.unwrap()
    };
    let idle = sign_in().await;
    slipway.clock.advance(12 * HOUR);
    assert!(slipway.find_session(&idle).await.unwrap().is_none());

    let busy = sign_in().await;
    let mut hours = 0;
    while slipway.find_session(&busy).await.unwrap().is_some() {
        slipway.clock.advance(6 * HOUR);
        hours += 6;
    }
    assert_eq!(hours, 7 * 24);
    assert!(slipway.remove_ended_sessions().await.unwrap() >= 2);
}

async fn fail(slipway: &TestBackend, login: &str, address: &str) -> SignInOutcome {
    let (outcome, token) = slipway
        .sign_in(login, "Wrong-Password-1", &client(address))
        .await
        .unwrap();
    assert_eq!(token, None);
    outcome
}

#[tokio::test]
async fn failures_pause_the_login_from_that_address_only() {
    use SignInOutcome::{Paused, WrongCredentials};
    let slipway = with_ada().await;
    let here = "10.0.0.9";
    assert_eq!(
        fail(&slipway, "ada", here).await,
        WrongCredentials { tries_left: 2 }
    );
    assert_eq!(
        fail(&slipway, "ada", here).await,
        WrongCredentials { tries_left: 1 }
    );
    assert_eq!(fail(&slipway, "ada", here).await, Paused { seconds: 30 });
    // Even the right password waits, and waiting costs nothing.
    let (outcome, _) = slipway
        .sign_in("ada", PASSWORD, &client(here))
        .await
        .unwrap();
    assert_eq!(outcome, Paused { seconds: 30 });
    slipway.clock.advance(29_001);
    assert_eq!(fail(&slipway, "ada", here).await, Paused { seconds: 1 });
    // From elsewhere the person gets in.
    let (outcome, _) = slipway
        .sign_in("ada", PASSWORD, &client("10.0.0.8"))
        .await
        .unwrap();
    assert!(matches!(outcome, SignInOutcome::SignedIn(_)));
    // Three more failures lead to the long pause.
    slipway.clock.advance(1_000);
    assert_eq!(
        fail(&slipway, "ada", here).await,
        WrongCredentials { tries_left: 2 }
    );
    assert_eq!(
        fail(&slipway, "ada", here).await,
        WrongCredentials { tries_left: 1 }
    );
    assert_eq!(fail(&slipway, "ada", here).await, Paused { seconds: 1_800 });
    // After it, the right password opens, and the count begins anew.
    slipway.clock.advance(1_800_000);
    let (outcome, _) = slipway
        .sign_in("ada", PASSWORD, &client(here))
        .await
        .unwrap();
    assert!(matches!(outcome, SignInOutcome::SignedIn(_)));
    assert_eq!(
        fail(&slipway, "ada", here).await,
        WrongCredentials { tries_left: 2 }
    );
}

#[tokio::test]
async fn failures_are_forgotten_after_an_hour() {
    let slipway = with_ada().await;
    for _ in 0..2 {
        fail(&slipway, "ada", "10.0.0.9").await;
    }
    slipway.clock.advance(60 * 60 * 1_000);
    assert_eq!(
        fail(&slipway, "ada", "10.0.0.9").await,
        SignInOutcome::WrongCredentials { tries_left: 2 }
    );
}

#[tokio::test]
async fn many_logins_from_one_address_pause_the_address() {
    let slipway = with_ada().await;
    for number in 0..19 {
        let outcome = fail(&slipway, &format!("nobody{number}"), "10.0.0.9").await;
        assert!(matches!(outcome, SignInOutcome::WrongCredentials { .. }));
    }
    let outcome = fail(&slipway, "nobody19", "10.0.0.9").await;
    assert_eq!(outcome, SignInOutcome::Paused { seconds: 300 });
    let (outcome, _) = slipway
        .sign_in("ada", PASSWORD, &client("10.0.0.9"))
        .await
        .unwrap();
    assert_eq!(outcome, SignInOutcome::Paused { seconds: 300 });
}

#[tokio::test]
async fn tries_at_the_same_time_cannot_outrun_the_counter() {
    let slipway = with_ada().await;
    let tries = (0..12).map(|_| fail(&slipway, "ada", "10.0.0.9"));
    let outcomes = futures::future::join_all(tries).await;
    let answered = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, SignInOutcome::WrongCredentials { .. }))
        .count();
    assert!(answered <= 3, "{outcomes:?}");
}

fn new_token(name: &str, days: Option<u32>) -> NewToken {
    NewToken {
        name: name.to_owned(),
        days,
    }
}

#[tokio::test]
async fn tokens_act_for_their_account() {
    let slipway = with_ada().await;
    let (_, session) = slipway
        .sign_in("ada", PASSWORD, &client("10.0.0.1"))
        .await
        .unwrap();
    let ada = slipway
        .find_session(&session.unwrap())
        .await
        .unwrap()
        .unwrap();
    let token = slipway
        .create_token(&ada, ada.user, new_token("build server", None))
        .await
        .unwrap()
        .secret;
    assert!(token.starts_with("slw_"));
    let bearer = slipway.find_bearer(&token).await.unwrap().unwrap();
    assert_eq!(bearer.token.as_deref(), Some("build server"));
    assert_eq!(
        backend::Actor {
            token: None,
            ..bearer
        },
        ada
    );
    assert_eq!(slipway.find_bearer("slw_other").await.unwrap(), None);
    assert_eq!(slipway.find_bearer("").await.unwrap(), None);
}

#[tokio::test]
async fn tokens_end_when_they_expire_and_when_they_are_revoked() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let slipway = with_ada().await;
    let (outcome, _) = slipway
        .sign_in("ada", PASSWORD, &client("10.0.0.1"))
        .await
        .unwrap();
    let SignInOutcome::SignedIn(me) = outcome else {
        panic!("{outcome:?}");
    };
    let ada = backend::Actor {
        user: me.id,
        login: me.login,
        name: me.name,
        access: me.access,
        token: None,
    };
    let make = async |name: &str, days| {
        slipway
            .create_token(&ada, ada.user, new_token(name, days))
            .await
    };
    let short = make("short", Some(1)).await.unwrap();
    let long = make("long", None).await.unwrap();
    for (name, days, field) in [
        ("short", None, "name"),
        (" ", None, "name"),
        ("x", Some(0), "days"),
        ("x", Some(3_651), "days"),
    ] {
        let error = make(name, days).await.unwrap_err();
        assert!(
            matches!(&error, AppError::Invalid { fields } if fields[0].field == field),
            "{name} {days:?}: {error:?}"
        );
    }
    // Nobody sees or ends another's, but who manages accounts.
    let viewer = actor(Standing::Viewer);
    assert_eq!(
        slipway
            .list_tokens(&viewer, ada.user)
            .await
            .unwrap_err()
            .status(),
        403
    );
    assert_eq!(
        slipway
            .revoke_token(&viewer, long.row.id)
            .await
            .unwrap_err()
            .status(),
        404
    );
    assert_eq!(
        slipway
            .create_token(&viewer, ada.user, new_token("theirs", None))
            .await
            .unwrap_err()
            .status(),
        403
    );

    slipway.clock.advance(DAY - 1);
    assert!(slipway.find_bearer(&short.secret).await.unwrap().is_some());
    slipway.clock.advance(1);
    assert_eq!(slipway.find_bearer(&short.secret).await.unwrap(), None);
    assert!(slipway.find_bearer(&long.secret).await.unwrap().is_some());
    let rows = slipway.list_tokens(&ada, ada.user).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["long", "short"]);
    assert_eq!(
        rows[0].last_used,
        Some(domain::Timestamp(slipway.clock.read()))
    );
    assert_eq!(rows[1].expires, Some(rows[1].created.plus(DAY)));

    slipway.revoke_token(&ada, long.row.id).await.unwrap();
    assert_eq!(slipway.find_bearer(&long.secret).await.unwrap(), None);
    assert_eq!(
        slipway
            .revoke_token(&ada, long.row.id)
            .await
            .unwrap_err()
            .status(),
        404
    );
    let audit = slipway.audited().await;
    let did: Vec<_> = audit
        .iter()
        .filter(|(_, action, _)| action.starts_with("token_"))
        .map(|(who, action, what)| format!("{who} {action} {what}"))
        .collect();
    assert_eq!(
        did,
        [
            "Ada Lovelace token_created short",
            "Ada Lovelace token_created long",
            "Ada Lovelace token_revoked long"
        ]
    );
}

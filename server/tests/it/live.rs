//! The live stream.

use crate::harness::{Harness, PASSWORD};
use crate::installation::Administrator;
use axum::body::Body;
use backend::Client;
use backend::events::Topic;
use domain::access::Standing;
use domain::view::NewInvitation;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use std::time::Duration;

/// What comes next, as text; `None` at the end.
async fn next(body: &mut Body) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(10), body.frame())
        .await
        .expect("the stream went silent")?;
    let data = frame.unwrap().into_data().unwrap();
    Some(String::from_utf8_lossy(&data).into_owned())
}

async fn open(harness: &Harness, session: &str) -> Body {
    let request = Request::get("/-/live")
        .header(header::COOKIE, format!("slipway_session={session}"))
        .header(header::ACCEPT_ENCODING, "gzip, br")
        .body(Body::empty())
        .unwrap();
    let response = harness.send(request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers().get(header::CONTENT_TYPE).unwrap(),
        "text/event-stream"
    );
    assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
    response.into_body()
}

#[tokio::test]
async fn changes_arrive_as_topic_and_number() {
    let (harness, session) = Harness::signed_in().await;
    let mut body = open(&harness, &session).await;
    assert!(next(&mut body).await.unwrap().contains("event: hello"));
    harness
        .backend
        .topics()
        .bump([Topic::Plans, Topic::Plan(7)]);
    let text = format!(
        "{}{}",
        next(&mut body).await.unwrap(),
        next(&mut body).await.unwrap()
    );
    assert!(text.contains("event: change"), "{text}");
    assert!(text.contains("data: plans "), "{text}");
    assert!(text.contains("data: plan/7 "), "{text}");
}

#[tokio::test]
async fn a_page_can_tell_whether_it_missed_anything_before_it_listened() {
    let (harness, session) = Harness::signed_in().await;
    let stand = || harness.backend.topics().stand().to_string();
    let read_at = stand();
    let mut early = open(&harness, &session).await;
    let hello = next(&mut early).await.unwrap();
    assert!(hello.contains(&format!(" {read_at}\n")), "{hello}");
    harness.backend.topics().bump([Topic::Plan(7)]);
    assert_ne!(stand(), read_at);
    let change = next(&mut early).await.unwrap();
    assert!(change.contains(&format!(" {}\n", stand())), "{change}");
    let mut late = open(&harness, &session).await;
    let hello = next(&mut late).await.unwrap();
    assert!(hello.contains(&format!(" {}\n", stand())), "{hello}");
}

#[tokio::test]
async fn nobody_listens_without_a_session() {
    let (harness, _) = Harness::signed_in().await;
    assert_eq!(
        harness.get("/-/live").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_stream_ends_when_the_process_stops() {
    let (harness, session) = Harness::signed_in().await;
    let mut body = open(&harness, &session).await;
    assert!(next(&mut body).await.is_some());
    harness.state.stopping.cancel();
    assert!(next(&mut body).await.is_none());
}

#[tokio::test]
async fn the_stream_ends_when_the_person_signs_out() {
    let (harness, session) = Harness::signed_in().await;
    let mut body = open(&harness, &session).await;
    assert!(next(&mut body).await.is_some());
    harness.backend.sign_out(&session).await.unwrap();
    // Every change makes the stream look whether the session is still there.
    harness.backend.topics().bump([Topic::Me]);
    while let Some(text) = next(&mut body).await {
        assert!(!text.contains("data: plans "), "{text}");
    }
}

#[tokio::test]
async fn a_guest_hears_of_nothing_but_accounts_until_it_may_see() {
    let harness = Harness::fresh().await;
    let ada = Administrator::of(&harness.backend).await;
    let new = NewInvitation {
        name: "Gil Arno".to_owned(),
        login: "gil".to_owned(),
        email: String::new(),
        standing: Standing::Guest,
    };
    let link = harness.backend.invite_account(&ada.actor, new).await;
    let client = Client::default();
    let code = link.unwrap().code;
    let joined = harness.backend.use_password_link(&code, PASSWORD, &client);
    let (_, gil) = joined.await.unwrap();

    let mut body = open(&harness, &gil).await;
    let topics = harness.backend.topics();
    assert!(next(&mut body).await.unwrap().contains("event: hello"));
    topics.bump([Topic::Plan(7)]);
    topics.bump([Topic::Me]);
    let first = next(&mut body).await.unwrap();
    assert!(first.contains("data: me "), "{first}");

    let (slipway, by) = (&harness.backend, &ada.actor);
    let row = slipway.find_account(by, "gil").await.unwrap();
    let promoted = slipway.set_account_standing(by, row.id, row.revision, Standing::Viewer);
    promoted.await.unwrap();
    topics.bump([Topic::Plan(8)]);
    let mut text = String::new();
    while !text.contains("data: plan/8 ") {
        text += &next(&mut body).await.unwrap();
    }
    assert!(!text.contains("plan/7"), "{text}");
}

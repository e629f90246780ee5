//! Bad input over HTTP: what cannot be read is answered in words that the page can show.

use crate::harness::{Answer, Harness, call};
use axum::body::Body;
use http::{Request, StatusCode, header};

async fn post(harness: &Harness, session: &str, path: &str, body: String) -> Answer {
    let request = call(path, &body)
        .header(header::COOKIE, format!("slipway_session={session}"))
        .body(Body::from(body))
        .unwrap();
    harness.ask(request).await
}

#[tokio::test]
async fn notes_of_ten_megabytes_are_refused_unread_and_in_words() {
    let (harness, session) = Harness::signed_in().await;
    let edit = |length: usize| {
        let notes = "n".repeat(length);
        format!(r#"{{"number":1,"revision":1,"edit":{{"SetNotes":"{notes}"}}}}"#)
    };
    let answer = post(&harness, &session, "/api/edit_plan", edit(10 << 20)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("more than 4 MB"), "{}", answer.body);
    assert!(
        answer.body.contains("Nothing was changed"),
        "{}",
        answer.body
    );
    // As the page sends it, the answer is in the page's own form.
    let request = Request::post("/api/edit_plan")
        .header(header::CONTENT_TYPE, "application/x-postcard")
        .header("sec-fetch-site", "same-origin")
        .header(header::COOKIE, format!("slipway_session={session}"))
        .body(Body::from(vec![0; 10 << 20]))
        .unwrap();
    let answer = harness.ask(request).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.header("content-type"), "application/x-postcard");
    assert!(answer.body.contains("more than 4 MB"), "{}", answer.body);
    // Below that it is read, and the plan is what is missing.
    let answer = post(&harness, &session, "/api/edit_plan", edit(1 << 20)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.body);
    assert!(answer.body.contains("Plan #1"), "{}", answer.body);
}

#[tokio::test]
async fn dates_out_of_order_are_refused_before_a_file_begins() {
    let (harness, session) = Harness::signed_in().await;
    let path = "/plans.csv?created-from=2026-11-20&created-to=2026-11-13";
    let answer = harness.get_as(&session, path).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.body.contains("2026-11-20, is after the last one"),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("content-disposition"), "");
    // The page itself says it at the fields.
    let answer = harness
        .get_as(
            &session,
            "/plans?created-from=2026-11-20&created-to=2026-11-13",
        )
        .await;
    assert!(answer.status.is_success());
}

#[tokio::test]
async fn addresses_with_forged_numbers_and_ids_show_that_nothing_is_there() {
    let (harness, session) = Harness::signed_in().await;
    let (number, none) = ("Plan #", "A plan with this number");
    for (path, words) in [
        ("/plans/0", number),
        ("/plans/999999", "Plan #999999"),
        ("/plans/18446744073709551615", number),
        ("/plans/18446744073709551616", none),
        ("/plans/-1", none),
        ("/plans/one", none),
        ("/plans/999999/changes", "cannot be shown"),
        (
            "/applications/00000000-0000-7000-8000-00000000dead",
            "The application cannot be shown",
        ),
        ("/applications/not-an-id", "This application"),
        ("/compare?from=plan:999999&to=version:not-an-id", ""),
    ] {
        let answer = harness.get_as(&session, path).await;
        // Of two sides, one may be there.
        let expected = if path.starts_with("/compare") {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        assert_eq!(answer.status, expected, "{path}");
        // It is said on the page what is not there.
        assert!(
            answer.body.contains(words),
            "{path}: {words}: {}",
            answer.body
        );
        for internal in ["panicked", "sqlx", "constraint"] {
            assert!(!answer.body.contains(internal), "{path}: {internal}");
        }
    }
}

//! The list of plans as a file.

use crate::harness::Harness;
use http::StatusCode;

#[tokio::test]
async fn the_list_of_plans_is_a_file_for_who_is_signed_in() {
    let (harness, session) = Harness::signed_in().await;
    let answer = harness.get_as(&session, "/plans.csv?status=finished").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    let name = answer.header("content-disposition");
    assert!(
        name.starts_with("attachment; filename=\"deployment-plans-") && name.ends_with(".csv\""),
        "{name}"
    );
    assert!(answer.body.starts_with("Number,Name,") && answer.body.ends_with(",Notes\r\n"));
    let refused = harness
        .get_as(
            &session,
            "/plans.csv?created-from=2026-11-20&created-to=2026-11-13",
        )
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.body.contains("is after the last one"),
        "{}",
        refused.body
    );
    let nobody = harness.get("/plans.csv").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_version_is_a_file_for_who_is_signed_in() {
    let (harness, session) = Harness::signed_in().await;
    let package = "/versions/00000000-0000-7000-8000-000000000001/package";
    let nobody = harness.get(package).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    for path in [package, "/versions/nothing/package"] {
        let answer = harness.get_as(&session, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.body.contains("This version"), "{}", answer.body);
    }
}

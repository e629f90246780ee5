//! Versions by the API: listed, taken along, removed (domain.md V11, V12).

use crate::agents::World;
use domain::ApplicationId;
use domain::view::NewVersion;
use serde_json::Value;

impl World {
    /// Tags what the workshop runs of the shop.
    async fn tag(&self, application: ApplicationId, number: &str, words: &str) {
        let detail = self
            .console
            .backend
            .read_application(&self.actor, application)
            .await
            .unwrap();
        let new = NewVersion {
            application,
            environment: detail.cells[0].environment,
            number: number.to_owned(),
            description: words.to_owned(),
            running_revision: detail.running_revisions[0].unwrap(),
        };
        let tagging = self.console.backend.tag_version(&self.actor, new);
        tagging.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_are_listed_five_at_a_time_taken_along_and_removed() {
    let world = World::new().await;
    world.publish(&world.source("old")).await;
    let page = world.console.backend.list_applications(
        &world.actor,
        domain::view::ApplicationFilter {
            limit: 5,
            ..domain::view::ApplicationFilter::default()
        },
    );
    let shop = page.await.unwrap().rows[0].id;
    for number in 1..=6 {
        let words = if number == 2 {
            "Prices with VAT"
        } else {
            "More"
        };
        world.tag(shop, &format!("1.{number}"), words).await;
    }
    let list = async |query: &str| -> (u16, Value) {
        let path = world.api(&format!("applications/{shop}/versions{query}"));
        world.call(world.http.get(path)).await
    };
    let numbers = |answer: &Value| -> Vec<String> {
        let rows = answer["versions"].as_array().unwrap().iter();
        rows.map(|row| row["number"].as_str().unwrap().to_owned())
            .collect()
    };
    let (status, first) = list("").await;
    assert_eq!((status, &first["total"]), (200, &Value::from(6)));
    assert_eq!(numbers(&first), ["1.6", "1.5", "1.4", "1.3", "1.2"]);
    let (_, rest) = list("?offset=5&limit=50").await;
    assert_eq!(numbers(&rest), ["1.1"]);
    let (_, found) = list("?text=vat").await;
    assert_eq!(
        (numbers(&found), &found["total"]),
        (vec!["1.2".to_owned()], &Value::from(1))
    );
    let (status, refused) = list("?limit=many").await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (400, Some("not_understood"))
    );

    let id =
        |answer: &Value, place: usize| answer["versions"][place]["id"].as_str().unwrap().to_owned();
    let second = id(&found, 0);
    let package = world
        .http
        .get(world.api(&format!("versions/{second}/package")))
        .bearer_auth(&world.token)
        .send()
        .await
        .unwrap();
    assert_eq!(package.status(), 200);
    let header = |name: &str| package.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"Shop-1.2.tar\""
    );
    let length: usize = header("content-length").parse().unwrap();
    let bytes = package.bytes().await.unwrap();
    assert_eq!(bytes.len(), length);
    let mut archive = tar::Archive::new(&bytes[..]);
    let first_file = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(first_file.path().unwrap().to_str(), Some("version.json"));

    let remove = async |version: &str| {
        let path = world.api(&format!("versions/{version}"));
        world.call(world.http.delete(path)).await
    };
    let (status, refused) = remove(&id(&first, 0)).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (409, Some("version_in_use"))
    );
    assert_eq!(remove(&second).await.0, 204);
    assert_eq!(remove(&second).await.0, 404);
    assert_eq!(remove("nothing").await.0, 404);
    assert_eq!(list("?text=vat").await.1["total"], 0);
    let anonymous = world.http.delete(world.api(&format!("versions/{second}")));
    assert_eq!(anonymous.send().await.unwrap().status(), 401);
    world.end().await;
}

//! Bundles in the console's store: uploads that are cut, lie or are too large; what is removed and
//! what is not.

use backend::testing::{FakeAgent, TestBackend, actor, pack};
use backend::{MAX_BUNDLE, NewPublication};
use bytes::Bytes;
use domain::access::Standing;
use futures::StreamExt;
use std::io;
use tempfile::TempDir;
use uuid::Uuid;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// An application with one module; its bundle says `text`.
fn packed(text: &str) -> (String, Bytes) {
    packed_as(1, "Shop", text)
}

/// The same for the application and module with this number and name.
fn packed_as(number: u128, name: &str, text: &str) -> (String, Bytes) {
    let folder = TempDir::new().unwrap();
    let toml = format!(
        "[application]\nid = \"{}\"\nname = \"{name}\"\n\
         [[module]]\nid = \"{}\"\nname = \"{name}\"\nkind = \"static\"\npath = \"site\"\nurl_path = \"/shop\"\n",
        Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0000 + number),
        Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0001 + number),
    );
    std::fs::create_dir(folder.path().join("site")).unwrap();
    std::fs::write(folder.path().join("site/index.html"), text).unwrap();
    let (digest, bytes) = pack(folder.path(), &toml).remove(0);
    (digest, bytes.into())
}

async fn upload(slipway: &TestBackend, (digest, bytes): &(String, Bytes)) {
    slipway
        .upload_bundle(&actor(Standing::Operator), digest, bytes.clone())
        .await
        .unwrap();
}

async fn publish(slipway: &TestBackend, bundle: &(String, Bytes)) -> Result<Uuid, String> {
    let new = NewPublication {
        environment: "Quality".to_owned(),
        bundles: vec![bundle.0.clone()],
        allow_missing: false,
    };
    slipway
        .publish(&actor(Standing::Operator), new)
        .await
        .map_err(|error| error.code().to_owned())
}

/// Lets engine and agent take turns until nothing is left to do.
async fn settle(slipway: &TestBackend, agent: &mut FakeAgent) {
    for _ in 0..100 {
        slipway.walk_runs().await.unwrap();
        agent.work(slipway).await;
        slipway.clock.advance(100);
    }
    assert_eq!(slipway.held_runs().await, 0);
}

async fn has(slipway: &TestBackend, bundle: &(String, Bytes)) -> bool {
    slipway.has_bundle(&bundle.0).await.unwrap()
}

#[tokio::test]
async fn an_upload_that_is_cut_lies_or_is_no_bundle_leaves_nothing() {
    let slipway = TestBackend::new().await;
    let operator = actor(Standing::Operator);
    let (digest, bytes) = packed("one");
    let half = bytes.slice(..bytes.len() / 2);
    let cut = futures::stream::iter([
        Ok(half.clone()),
        Err(io::Error::new(
            io::ErrorKind::ConnectionReset,
            "reset by peer",
        )),
    ]);
    let other = Bytes::from_static(b"certainly not an archive");
    let other_digest = bundle::Digest::of(&other).to_hex();
    let refused = [
        (
            slipway.receive_bundle(&operator, &digest, cut).await,
            "upload_cut",
        ),
        (
            slipway.upload_bundle(&operator, &digest, half).await,
            "digest_mismatch",
        ),
        (
            slipway.upload_bundle(&operator, &other_digest, other).await,
            "bad_bundle",
        ),
    ];
    for (answer, code) in refused {
        let error = answer.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains("Nothing of it was kept") || code == "digest_mismatch");
    }
    assert!(!slipway.has_bundle(&digest).await.unwrap());
    assert!(!slipway.has_bundle(&other_digest).await.unwrap());
    assert!(slipway.files_that_came_in().is_empty());
    slipway
        .upload_bundle(&operator, &digest, bytes)
        .await
        .unwrap();
    assert!(slipway.has_bundle(&digest).await.unwrap());
}

#[tokio::test]
async fn a_bundle_above_the_limit_is_refused_while_it_comes() {
    let slipway = TestBackend::new().await;
    let operator = actor(Standing::Operator);
    let piece = Bytes::from(vec![0; 1 << 20]);
    let mut given = 0_u64;
    // Endless: only the limit ends it.
    let pieces = futures::stream::repeat_with(|| {
        given += 1 << 20;
        Ok::<_, io::Error>(piece.clone())
    });
    let error = slipway
        .receive_bundle(&operator, &"0".repeat(64), pieces)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "bundle_too_large");
    assert!(error.to_string().contains("256 MiB"), "{error}");
    assert_eq!(given, MAX_BUNDLE + (1 << 20), "nothing more is read");
    assert!(slipway.files_that_came_in().is_empty());
}

#[tokio::test]
async fn what_nothing_needs_is_removed_after_a_day() {
    let slipway = TestBackend::new().await;
    let mut agent = FakeAgent::join(&slipway, "Quality").await;
    let (running, replaced, never) = (packed("running"), packed("replaced"), packed("never"));
    for bundle in [&running, &replaced, &never] {
        upload(&slipway, bundle).await;
    }
    publish(&slipway, &replaced).await.unwrap();
    settle(&slipway, &mut agent).await;
    publish(&slipway, &running).await.unwrap();
    // While the run is not over, what it brings and what it replaces are both needed.
    slipway.clock.advance(1_000);
    for _ in 0..2 {
        slipway.tidy().await.unwrap();
        slipway.clock.advance(2 * DAY);
    }
    assert!(has(&slipway, &running).await && has(&slipway, &replaced).await);
    assert!(!has(&slipway, &never).await, "it was never published");

    settle(&slipway, &mut agent).await;
    slipway.tidy().await.unwrap();
    slipway.clock.advance(DAY / 2);
    slipway.tidy().await.unwrap();
    assert!(has(&slipway, &replaced).await, "going back has a day");
    slipway.clock.advance(DAY);
    slipway.tidy().await.unwrap();
    assert!(!has(&slipway, &replaced).await);
    assert!(has(&slipway, &running).await);
    assert!(agent.connect(&slipway).await);
    let code = publish(&slipway, &replaced).await.unwrap_err();
    assert_eq!(code, "bundle_missing");
    // Given again, it is there again.
    upload(&slipway, &replaced).await;
    publish(&slipway, &replaced).await.unwrap();
    settle(&slipway, &mut agent).await;
}

#[tokio::test]
async fn what_is_given_again_or_published_meanwhile_stays() {
    let slipway = TestBackend::new().await;
    let mut agent = FakeAgent::join(&slipway, "Quality").await;
    let (given, published) = (packed("given"), packed("published"));
    for bundle in [&given, &published] {
        upload(&slipway, bundle).await;
    }
    slipway.tidy().await.unwrap();
    slipway.clock.advance(2 * DAY);
    // Both are unneeded for two days; now somebody comes for them.
    upload(&slipway, &given).await;
    assert!(agent.connect(&slipway).await);
    publish(&slipway, &published).await.unwrap();
    slipway.tidy().await.unwrap();
    assert!(has(&slipway, &given).await && has(&slipway, &published).await);
    settle(&slipway, &mut agent).await;
    assert_eq!(agent.running.len(), 1);
}

#[tokio::test]
async fn publishing_beside_the_sweep_never_loses_a_bundle() {
    let slipway = TestBackend::new().await;
    let mut agent = FakeAgent::join(&slipway, "Quality").await;
    for round in 0..20 {
        let bundle = packed(&format!("round {round}"));
        upload(&slipway, &bundle).await;
        slipway.tidy().await.unwrap();
        slipway.clock.advance(2 * DAY);
        assert!(agent.connect(&slipway).await);
        let (published, swept) = tokio::join!(publish(&slipway, &bundle), slipway.tidy());
        swept.unwrap();
        match published {
            Ok(_) => assert!(has(&slipway, &bundle).await, "round {round}"),
            Err(code) => assert_eq!(code, "bundle_missing"),
        }
        settle(&slipway, &mut agent).await;
    }
}

#[tokio::test]
async fn what_is_tagged_stays_for_ever() {
    let slipway = TestBackend::new().await;
    let mut agent = FakeAgent::join(&slipway, "Quality").await;
    let (tagged, later) = (packed("tagged"), packed("later"));
    upload(&slipway, &tagged).await;
    publish(&slipway, &tagged).await.unwrap();
    settle(&slipway, &mut agent).await;
    let application =
        domain::ApplicationId(Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0001));
    let operator = actor(Standing::Operator);
    let detail = slipway
        .read_application(&operator, application)
        .await
        .unwrap();
    let new = domain::view::NewVersion {
        application,
        environment: agent.actor.environment,
        number: "1.0".to_owned(),
        description: String::new(),
        running_revision: detail.running_revisions[0].unwrap(),
    };
    slipway.tag_version(&operator, new).await.unwrap();
    upload(&slipway, &later).await;
    publish(&slipway, &later).await.unwrap();
    settle(&slipway, &mut agent).await;
    for _ in 0..3 {
        slipway.tidy().await.unwrap();
        slipway.clock.advance(2 * DAY);
    }
    assert!(has(&slipway, &tagged).await && has(&slipway, &later).await);
}

#[tokio::test]
async fn an_address_that_is_taken_is_refused() {
    let slipway = TestBackend::new().await;
    let mut agent = FakeAgent::join(&slipway, "Quality").await;
    let (first, second) = (packed("first"), packed_as(0x10, "Else", "second"));
    for bundle in [&first, &second] {
        upload(&slipway, bundle).await;
    }
    publish(&slipway, &first).await.unwrap();
    settle(&slipway, &mut agent).await;
    assert_eq!(publish(&slipway, &second).await.unwrap_err(), "path_taken");
}

/// Two databases, or two folders for one: each is said.
#[tokio::test]
async fn a_folder_of_bundles_belongs_to_one_installation() {
    let folder = TempDir::new().unwrap();
    let bundles = folder.path().join("bundles");
    let open = async |database: &str, bundles: &std::path::Path| {
        let url = format!("sqlite:{}/{database}.db", folder.path().display());
        backend::Backend::open(&url, bundles, backend::Options::default()).await
    };
    drop(open("one", &bundles).await.ok().unwrap());
    let error = open("two", &bundles).await.err().unwrap();
    assert!(
        error.to_string().contains("another installation"),
        "{error}"
    );
    drop(open("one", &bundles).await.ok().unwrap());
}

#[tokio::test]
async fn consoles_on_one_postgres_share_their_bundles() {
    let folder = TempDir::new().unwrap();
    let url = backend::testing::postgres_url().await;
    let open = async |bundles: &str| {
        let bundles = folder.path().join(bundles);
        backend::Backend::open(&url, &bundles, backend::Options::default()).await
    };
    let first = open("shared").await.ok().unwrap();
    let (digest, bytes) = packed("one");
    let operator = actor(Standing::Operator);
    first
        .upload_bundle(&operator, &digest, bytes)
        .await
        .unwrap();
    assert!(open("shared").await.is_ok());
    let error = open("elsewhere").await.err().unwrap();
    assert!(error.to_string().contains("one shared folder"), "{error}");
    // The way on when they are lost.
    let id = std::fs::read_to_string(folder.path().join("shared/installation")).unwrap();
    std::fs::write(folder.path().join("elsewhere/installation"), id).unwrap();
    assert!(open("elsewhere").await.is_ok());
}

/// The clock is moved by the runtime: nobody waits for a minute.
#[tokio::test]
async fn an_upload_that_stalls_is_given_up() {
    let slipway = TestBackend::new().await;
    let (digest, bytes) = packed("one");
    let some = bytes.slice(..10);
    let pieces =
        futures::stream::iter([Ok::<_, io::Error>(some)]).chain(futures::stream::pending());
    tokio::time::pause();
    let error = slipway
        .receive_bundle(&actor(Standing::Operator), &digest, pieces)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("nothing came for 60 s"),
        "{error}"
    );
    assert!(slipway.files_that_came_in().is_empty());
}

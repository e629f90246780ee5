//! The keys for secrets: made, missed, renewed, lost.

use backend::testing::{FakeAgent, Kill, TestBackend, actor};
use backend::{Backend, KeySource, NewPublication, OpenError, Options};
use domain::access::Standing;
use domain::{AppError, EnvironmentId, ModuleId};
use protocol::Order;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use uuid::Uuid;

const MODULE: Uuid = Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0002);

/// A module with this many secrets, which are set.
async fn with_secrets(slipway: &TestBackend, count: usize) -> EnvironmentId {
    let agent = FakeAgent::join(slipway, "Quality").await;
    let folder = TempDir::new().unwrap();
    let mut toml = format!(
        "[application]\nid = \"{}\"\nname = \"Shop\"\n\
         [[module]]\nid = \"{MODULE}\"\nname = \"Shop\"\nkind = \"static\"\npath = \"site\"\nurl_path = \"/shop\"\n",
        Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0001),
    );
    for number in 0..count {
        toml.push_str(&format!(
            "[[module.setting]]\nname = \"Key{number}\"\ntype = \"text\"\nsecret = true\n"
        ));
    }
    std::fs::create_dir(folder.path().join("site")).unwrap();
    std::fs::write(folder.path().join("site/index.html"), "x").unwrap();
    let operator = actor(Standing::Operator);
    let bundles = slipway.upload_application(&operator, folder.path(), &toml);
    let new = NewPublication {
        environment: "Quality".to_owned(),
        bundles: bundles.await,
        allow_missing: false,
    };
    slipway.publish(&operator, new).await.unwrap();
    for number in 0..count {
        let value = Some(format!("hush-{number}-hush"));
        let name = format!("Key{number}");
        slipway
            .set_site_property(
                &operator,
                agent.actor.environment,
                ModuleId(MODULE),
                &name,
                value,
            )
            .await
            .unwrap();
    }
    agent.actor.environment
}

/// What an agent is told of the secrets.
async fn told(slipway: &TestBackend, environment: EnvironmentId, count: usize) -> Vec<String> {
    let mut order = Order::Stage(protocol::Placement {
        module: MODULE,
        name: String::new(),
        application: Uuid::nil(),
        application_name: String::new(),
        module_version: Uuid::nil(),
        digest: String::new(),
        links: Vec::new(),
        weak: Vec::new(),
        settings: std::collections::BTreeMap::new(),
        secret_settings: (0..count).map(|number| format!("Key{number}")).collect(),
    });
    slipway
        .complete_order(environment, &mut order)
        .await
        .unwrap();
    let Order::Stage(placement) = order else {
        panic!("it was a stage");
    };
    placement.settings.into_values().collect()
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join("secret.key")
}

fn given(keys: &str) -> KeySource {
    KeySource::Given {
        variable: "SLIPWAY_SECRET_KEY",
        keys: keys.to_owned(),
    }
}

fn options(source: KeySource) -> Options {
    Options {
        secret_keys: source,
        ..Options::default()
    }
}

/// Opens a console on this folder, as `slipway serve` does.
async fn open(folder: &Path, source: KeySource) -> Result<Backend, OpenError> {
    let url = format!("sqlite:{}/console.db", folder.display());
    Backend::open(&url, &folder.join("bundles"), options(source)).await
}

#[tokio::test]
async fn the_first_start_makes_the_key_and_a_later_one_misses_it() {
    let folder = TempDir::new().unwrap();
    let path = file_in(folder.path());
    let source = || KeySource::File(path.clone());
    drop(open(folder.path(), source()).await.unwrap());
    let key = std::fs::read_to_string(&path).unwrap();
    drop(open(folder.path(), source()).await.unwrap());
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        key,
        "it was made anew"
    );
    // Nothing needs it: another one does as well.
    std::fs::remove_file(&path).unwrap();
    drop(open(folder.path(), source()).await.unwrap());
    assert!(path.exists());
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_said_and_nothing_is_lost() {
    let keys = TempDir::new().unwrap();
    let path = file_in(keys.path());
    std::fs::write(&path, "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA\n").unwrap();
    let slipway = TestBackend::with_options(options(KeySource::File(path.clone()))).await;
    let environment = with_secrets(&slipway, 1).await;
    let stored = std::fs::read(&path).unwrap();

    // Taken away while it runs: what is known of it still opens, nothing new is sealed.
    std::fs::remove_file(&path).unwrap();
    assert_eq!(told(&slipway, environment, 1).await, ["hush-0-hush"]);
    let refused = slipway
        .set_site_property(
            &actor(Standing::Operator),
            environment,
            ModuleId(MODULE),
            "Key0",
            Some("new".to_owned()),
        )
        .await
        .unwrap_err();
    assert!(matches!(refused, AppError::Unavailable { .. }), "{refused}");
    let url = slipway.database_url();
    let (data, clock) = slipway.die().await;

    for (content, says) in [
        (None, "is not there"),
        (Some("hush"), "is no key"),
        (Some(""), "no key in"),
        (
            Some("CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA\n"),
            "sealed with the key",
        ),
    ] {
        match content {
            Some(content) => std::fs::write(&path, content).unwrap(),
            None => drop(std::fs::remove_file(&path)),
        }
        let blobs = data.path().join("blobs");
        let source = options(KeySource::File(path.clone()));
        let opened = Backend::open(&url, &blobs, source).await;
        let error = opened.err().expect("it does not start").to_string();
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
    std::fs::write(&path, stored).unwrap();
    let source = KeySource::File(path);
    let slipway = TestBackend::on_folder_with(data, clock, options(source)).await;
    assert_eq!(told(&slipway, environment, 1).await, ["hush-0-hush"]);
}

#[tokio::test]
async fn a_rotation_can_be_cut_off_anywhere_and_done_again() {
    // More than fit into one transaction.
    const SECRETS: usize = 450;
    let administrator = actor(Standing::Administrator);
    for cut in 1..12_u64 {
        let keys = TempDir::new().unwrap();
        let path = file_in(keys.path());
        std::fs::write(&path, "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA\n").unwrap();
        let source = || options(KeySource::File(path.clone()));
        let slipway = TestBackend::with_options(source()).await;
        let secrets = if cut == 4 { SECRETS } else { 3 };
        let environment = with_secrets(&slipway, secrets).await;
        let kill = if cut % 2 == 0 {
            Kill::BeforeCommit
        } else {
            Kill::AfterCommit
        };
        slipway.fuse().set(cut.div_ceil(2), kill);
        let done = slipway.rotate_secrets(&administrator).await;
        let (data, clock) = slipway.die().await;
        let slipway = TestBackend::on_folder_with(data, clock, source()).await;
        // However far it came, everything opens.
        assert_eq!(told(&slipway, environment, secrets).await.len(), secrets);
        let again = slipway.rotate_secrets(&administrator).await.unwrap();
        let lines = std::fs::read_to_string(&path).unwrap();
        let left: Vec<&str> = lines
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        assert_eq!(left.len(), 1, "{lines}");
        assert!(!lines.contains("BBBBBBBB"), "the old key is still there");
        let opened = told(&slipway, environment, secrets).await;
        assert!(opened.contains(&"hush-0-hush".to_owned()));
        assert_eq!(opened.len(), secrets, "{done:?} {again:?}");
    }
}

#[tokio::test]
async fn keys_that_are_given_are_changed_by_giving_two() {
    let (old, new) = (
        "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA",
        "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA",
    );
    let given = |text: String| options(self::given(&text));
    let slipway = TestBackend::with_options(given(old.to_owned())).await;
    let environment = with_secrets(&slipway, 2).await;
    let (data, clock) = slipway.die().await;
    let both = given(format!("{new} {old}"));
    let slipway = TestBackend::on_folder_with(data, clock, both).await;
    let administrator = actor(Standing::Administrator);
    let done = slipway.rotate_secrets(&administrator).await.unwrap();
    assert_eq!((done.secrets, done.given), (2, true));
    let (data, clock) = slipway.die().await;
    let slipway = TestBackend::on_folder_with(data, clock, given(new.to_owned())).await;
    assert_eq!(
        told(&slipway, environment, 2).await,
        ["hush-0-hush", "hush-1-hush"]
    );
    let audited = slipway.audited().await;
    assert!(
        audited
            .iter()
            .any(|(_, action, _)| action == "secrets_rotated")
    );
}

#[tokio::test]
async fn what_no_key_opens_can_be_taken_away_and_set_anew() {
    let given = |text: &str| options(self::given(text));
    let slipway =
        TestBackend::with_options(given("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA")).await;
    let environment = with_secrets(&slipway, 2).await;
    let (data, clock) = slipway.die().await;
    let other = given("CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA");
    let slipway = TestBackend::on_folder_with(data, clock, other).await;
    let administrator = actor(Standing::Administrator);
    let error = slipway.rotate_secrets(&administrator).await.unwrap_err();
    assert_eq!(error.code(), "unknown_key", "{error}");
    let gone = slipway.forget_lost_secrets(&administrator).await.unwrap();
    assert_eq!(gone, 2);
    assert_eq!(
        slipway.forget_lost_secrets(&administrator).await.unwrap(),
        0
    );
    assert_eq!(told(&slipway, environment, 2).await, Vec::<String>::new());
    slipway.rotate_secrets(&administrator).await.unwrap();
}

#[tokio::test]
async fn consoles_on_one_database_have_one_key() {
    let url = backend::testing::postgres_url().await;
    let folder = |name: &str, root: &Path| {
        (
            root.join(name),
            KeySource::File(root.join(format!("{name}.key"))),
        )
    };
    let root = TempDir::new().unwrap();
    let (bundles, first) = folder("first", root.path());
    let opened = Backend::open(&url, &bundles, options(first)).await;
    drop(opened.unwrap());
    // Another machine, where nobody has put the key; nothing is sealed so far.
    let (_, second) = folder("second", root.path());
    let error = Backend::open(&url, &bundles, options(second))
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("is not there"), "{error}");
    let other = given("CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA");
    let error = Backend::open(&url, &bundles, options(other))
        .await
        .err()
        .unwrap();
    assert!(matches!(error, OpenError::OtherKey { .. }), "{error}");
}

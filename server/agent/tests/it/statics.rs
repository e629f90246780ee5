//! Joining, static modules, strong links, settings, going back.

use crate::console::CODE;
use crate::factory::Module;
use crate::services::until;
use crate::world::{World, config};
use agent::AgentError;
use protocol::Order;
use std::os::unix::fs::PermissionsExt;
use uuid::Uuid;

#[tokio::test]
async fn joining_keeps_the_secret_to_its_owner_and_happens_once() {
    let world = World::joined().await;
    let mode = |name: &str| {
        std::fs::metadata(world.folder.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("secret"), 0o600);
    let again = agent::join(&config(&world.folder, &world.console.url()), CODE).await;
    assert!(
        matches!(again, Err(AgentError::AlreadyJoined { .. })),
        "{again:?}"
    );
    let other = world.folder.with_file_name("other");
    let wrong = agent::join(&config(&other, &world.console.url()), "WRONG").await;
    assert!(matches!(&wrong, Err(AgentError::Refused { code, .. }) if code == "code_expired"));
    assert_eq!(agent::identity(&other).unwrap(), None);
    let away = agent::join(&config(&other, "http://127.0.0.1:1"), CODE).await;
    assert!(
        matches!(&away, Err(AgentError::ConsoleAway { .. })),
        "{away:?}"
    );
}

#[tokio::test]
async fn an_agent_that_has_not_joined_or_whose_folder_is_taken_says_so() {
    let world = World::new().await;
    let folder = world.folder.with_file_name("other");
    let token = tokio_util::sync::CancellationToken::new;
    let not_joined = agent::run(config(&folder, "http://127.0.0.1:1"), token()).await;
    assert!(matches!(not_joined.err(), Some(AgentError::NotJoined(_))));
    let taken = agent::run(config(&world.folder, "http://127.0.0.1:1"), token()).await;
    assert!(matches!(taken.err(), Some(AgentError::FolderInUse(_))));
}

#[tokio::test]
async fn a_static_module_is_served_replaced_put_back_and_cleaned_up() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let site = Module::site("Portal", "/portal")
        .file("css/site.css", "a{}")
        .file(".hidden", "no");
    let one = site.publish(&console);
    let two = site
        .clone()
        .file("index.html", "<h1>two</h1>")
        .publish(&console);

    let first = Uuid::now_v7();
    console.done(first, one.fetch()).await;
    console.done(first, one.stage()).await;
    assert_eq!(
        world.get("/portal/").await.0,
        404,
        "staging changes nothing that is visible"
    );
    console.done(first, one.activate()).await;
    assert_eq!(world.read("/portal/").await, "<h1>Portal</h1>");
    assert_eq!(world.read("/portal/css/site.css").await, "a{}");
    console.done(first, Order::CleanUp).await;

    let second = Uuid::now_v7();
    console.done(second, two.fetch()).await;
    console.done(second, two.stage()).await;
    console.done(second, two.activate()).await;
    assert_eq!(world.read("/portal/").await, "<h1>two</h1>");
    let inventory = console.report().await;
    assert_eq!(inventory.modules.len(), 1);
    assert_eq!(inventory.modules[0].digest, two.digest);
    assert_eq!(inventory.modules[0].state, "up");
    assert!(inventory.modules[0].attempt.is_some() && inventory.modules[0].manifest.is_none());

    let back = Order::SwitchBack { module: one.module };
    console.done(second, back.clone()).await;
    assert_eq!(world.read("/portal/").await, "<h1>Portal</h1>");
    console.done(second, back.clone()).await;
    console.done(second, Order::CleanUp).await;
    // Only what runs is kept.
    until(async || world.names("releases").len() == 1).await;
    until(async || world.names("bundles") == std::slice::from_ref(&one.digest)).await;
    console.refused(second, back, "nothing_kept").await;

    world.stop().await;
    world.start().await;
    assert_eq!(world.read("/portal/").await, "<h1>Portal</h1>");

    let third = Uuid::now_v7();
    console
        .done(third, Order::Remove { module: one.module })
        .await;
    assert_eq!(world.get("/portal/").await.0, 404);
    console
        .done(third, Order::SwitchBack { module: one.module })
        .await;
    assert_eq!(world.read("/portal/").await, "<h1>Portal</h1>");
}

#[tokio::test]
async fn files_are_served_as_the_web_expects() {
    let world = World::new().await;
    let console = world.console.clone();
    let site = Module::site("Portal", "/portal")
        .file("docs/index.html", "docs")
        .file("a.txt", "0123456789");
    let version = site.publish(&console);
    let run = Uuid::now_v7();
    for order in [version.fetch(), version.stage(), version.activate()] {
        console.done(run, order).await;
    }
    let answer = world
        .client
        .get(world.url("/portal/a.txt"))
        .send()
        .await
        .unwrap();
    let tag = answer.headers()["etag"].clone();
    assert_eq!(answer.headers()["cache-control"], "no-cache");
    let same = world
        .client
        .get(world.url("/portal/a.txt"))
        .header("if-none-match", tag);
    assert_eq!(same.send().await.unwrap().status(), 304);
    let part = world
        .client
        .get(world.url("/portal/a.txt"))
        .header("range", "bytes=2-4");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.text().await.unwrap(), "234");
    let other = world
        .client
        .get(world.url("/portal/a.txt"))
        .header("range", "bytes=2-4")
        .header("if-range", "\"old\"");
    assert_eq!(other.send().await.unwrap().status(), 200);
    for (path, place) in [
        ("/portal?x=1", "/portal/?x=1"),
        ("/portal/docs", "/portal/docs/"),
    ] {
        let answer = world.client.get(world.url(path)).send().await.unwrap();
        assert!(answer.status().is_redirection(), "{path}");
        assert_eq!(answer.headers()["location"], place);
    }
    for path in [
        "/portal/.hidden",
        "/portal/%2ehidden",
        "/portal/slipway.json",
        "/portal/none",
        "/portalx",
        "/portal/../secret",
        "/portal/%2e%2e/%2e%2e/secret",
    ] {
        assert_eq!(world.get(path).await.0, 404, "{path}");
    }
    let page = world.read("/").await;
    assert!(
        page.contains("Quality") && page.contains("href=\"/portal/\""),
        "{page}"
    );
    assert!(world.read("/-/health").await.contains("\"modules\":1"));
}

#[tokio::test]
async fn strong_content_is_copied_in_and_stays_old_until_it_is_linked_again() {
    let world = World::new().await;
    let console = world.console.clone();
    let theme = Module::library("Look & Feel")
        .with("[[module.provides]]\nkind = \"theme\"\nname = \"Brand\"\ncontent = \"theme\"")
        .file("theme/brand.css", "old");
    let old = theme.publish(&console);
    let new = theme
        .clone()
        .file("theme/brand.css", "new")
        .publish(&console);
    let site = Module::site("Portal", "/portal").publish(&console);
    let staged_with = |producer: &crate::factory::Version| {
        let mut placement = site.placement();
        placement.links = vec![producer.link(&[("theme", "brand")])];
        Order::Stage(placement)
    };
    let run = Uuid::now_v7();
    for order in [
        old.fetch(),
        site.fetch(),
        old.stage(),
        staged_with(&old),
        old.activate(),
        site.activate(),
    ] {
        console.done(run, order).await;
    }
    let css = "/portal/producers/Look%20&%20Feel/theme/brand.css";
    assert_eq!(world.read(css).await, "old");

    let run = Uuid::now_v7();
    for order in [new.fetch(), new.stage(), new.activate()] {
        console.done(run, order).await;
    }
    assert_eq!(
        world.read(css).await,
        "old",
        "the consumer keeps what it was linked with"
    );

    let run = Uuid::now_v7();
    for order in [
        new.fetch(),
        site.fetch(),
        staged_with(&new),
        site.activate(),
    ] {
        console.done(run, order).await;
    }
    assert_eq!(world.read(css).await, "new");
    let hosted = console.report().await;
    let portal = hosted.modules.iter().find(|m| m.name == "Portal").unwrap();
    assert_eq!(portal.links, [(new.module, new.digest.clone())]);
    assert_eq!(
        hosted
            .modules
            .iter()
            .find(|m| m.kind == "library")
            .unwrap()
            .state,
        "not_run"
    );

    let mut placement = site.placement();
    placement.links = vec![new.link(&[("theme", "Nothing")])];
    let (message, _) = console
        .refused(Uuid::now_v7(), Order::Stage(placement), "element_missing")
        .await;
    assert!(
        message.contains("Nothing") && message.contains("Look & Feel"),
        "{message}"
    );
}

#[tokio::test]
async fn a_static_module_sees_its_settings_but_no_secret() {
    let world = World::new().await;
    let console = world.console.clone();
    let site = Module::site("Portal", "/portal").with(
        "[[module.setting]]\nname = \"Greeting\"\ntype = \"text\"\ndefault = \"Hello\"\n\
         [[module.setting]]\nname = \"Limit\"\ntype = \"integer\"\ndefault = 5\n\
         [[module.setting]]\nname = \"Key\"\ntype = \"text\"\nsecret = true",
    );
    let api = Module::site("Api", "/api").publish(&console);
    let version = site.publish(&console);
    let mut placement = version.placement();
    placement.settings = [("limit", "9"), ("Key", "hush"), ("Other", "hush")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
    placement.secret_settings = vec!["Other".to_owned()];
    placement.weak = vec![api.weak()];
    let run = Uuid::now_v7();
    for order in [
        api.fetch(),
        version.fetch(),
        api.stage(),
        Order::Stage(placement),
        api.activate(),
        version.activate(),
    ] {
        console.done(run, order).await;
    }
    let document = world.read("/portal/slipway-settings.json").await;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(
        document,
        serde_json::json!({"settings": {"Greeting": "Hello", "limit": 9}, "producers": {"Api": "/api"}})
    );
}

#[tokio::test]
async fn two_modules_cannot_share_an_address() {
    let world = World::new().await;
    let console = world.console.clone();
    let one = Module::site("One", "/shop").publish(&console);
    let two = Module::site("Two", "/shop").publish(&console);
    let run = Uuid::now_v7();
    for order in [
        one.fetch(),
        two.fetch(),
        one.stage(),
        two.stage(),
        one.activate(),
    ] {
        console.done(run, order).await;
    }
    let (message, retry) = console.refused(run, two.activate(), "address_taken").await;
    assert!(message.contains("One") && !retry, "{message}");
    assert_eq!(world.read("/shop/").await, "<h1>One</h1>");
}

/// The ports at which a process itself listens.
fn listens_at(process: u32) -> Vec<u16> {
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let open: Vec<String> = open
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect();
    ["tcp", "tcp6"]
        .iter()
        .filter_map(|kind| std::fs::read_to_string(format!("/proc/{process}/net/{kind}")).ok())
        .flat_map(|table| {
            let lines: Vec<String> = table.lines().skip(1).map(str::to_owned).collect();
            lines
        })
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let is_its_own = open.contains(&format!("socket:[{}]", fields.get(9)?));
            let (_, port) = fields.get(1)?.rsplit_once(':')?;
            let listens = *fields.get(3)? == "0A";
            (is_its_own && listens).then(|| u16::from_str_radix(port, 16).ok())?
        })
        .collect()
}

#[tokio::test]
async fn an_agent_listens_where_applications_are_reached_and_nowhere_else() {
    let mut world = World::joined().await;
    world.start_process();
    let console = world.console.clone();
    let version = Module::site("Portal", "/portal").publish(&console);
    let run = Uuid::now_v7();
    for order in [version.fetch(), version.stage(), version.activate()] {
        console.done(run, order).await;
    }
    let address = world.url("/");
    let port = address.trim_end_matches('/').rsplit(':').next().unwrap();
    assert_eq!(listens_at(world.process()), [port.parse::<u16>().unwrap()]);
}

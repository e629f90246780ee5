//! A real console and a real agent: joining, `/api/v1`, publishing, what the agent then serves.

mod world;

pub use world::World;

use backend::Client;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_is_served_by_the_agent() {
    let world = World::new().await;
    let state = world.publish(&world.source("old")).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    assert_eq!(world.read("/shop/").await, "<h1>Shop</h1>");
    assert_eq!(
        world.read("/shop/producers/ShopTheme/brand.css").await,
        "old"
    );
    let state = world.publish(&world.source("new")).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    assert_eq!(
        world.read("/shop/producers/ShopTheme/brand.css").await,
        "new"
    );
    world.end().await;
}

/// Runs the binary with only this in its environment.
async fn slipway(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_slipway"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .await
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_the_page_publishes_with_the_real_command_until_it_is_revoked() {
    let world = World::new().await;
    let source = world.source("by the command");
    let (source, console) = (source.to_str().unwrap(), world.console.url());
    let publish = async |token: &str| {
        slipway(
            &["publish", "--environment", "Workshop", source],
            &[
                ("SLIPWAY_CONSOLE", console.as_str()),
                ("SLIPWAY_TOKEN", token),
            ],
        )
        .await
    };
    let (code, said, complained) = publish(&world.token).await;
    assert_eq!(code, Some(0), "{said}{complained}");
    assert_eq!(
        world.read("/shop/producers/ShopTheme/brand.css").await,
        "by the command"
    );

    // A token cannot make another one.
    let more = world
        .http
        .post(format!("{console}/api/create_token"))
        .bearer_auth(&world.token)
        .json(&json!({ "new": { "name": "more", "days": null } }));
    assert_eq!(more.send().await.unwrap().status(), 403);

    // Beside the console that runs, from its own machine.
    let data = world.folder.path().to_str().unwrap();
    let of_ada = ["--data", data, "--account", "ada"];
    let (code, listed, _) = slipway(&[&["token", "list"][..], &of_ada[..]].concat(), &[]).await;
    assert_eq!(code, Some(0));
    assert!(listed.starts_with("ci  made "), "{listed}");
    assert!(!listed.contains("last used never"), "{listed}");
    let create = ["token", "create", "--name", "terminal"];
    let (code, token, _) = slipway(&[&create[..], &of_ada[..]].concat(), &[]).await;
    assert_eq!(code, Some(0));
    let (code, said, complained) = publish(token.trim()).await;
    assert_eq!(code, Some(0), "{said}{complained}");
    let revoke = ["token", "revoke", "--name", "terminal"];
    let (code, _, _) = slipway(&[&revoke[..], &of_ada[..]].concat(), &[]).await;
    assert_eq!(code, Some(0));
    let (code, _, complained) = publish(token.trim()).await;
    assert_eq!(code, Some(2));
    assert!(complained.contains("your own menu, Tokens"), "{complained}");
    let (code, _, complained) = slipway(&[&revoke[..], &of_ada[..]].concat(), &[]).await;
    assert_eq!(code, Some(2));
    assert!(
        complained.contains("no token called terminal"),
        "{complained}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_out_administrator_comes_in_again_from_the_consoles_machine() {
    let world = World::new().await;
    let data = world.folder.path().to_str().unwrap();
    let account = async |arguments: &[&str]| {
        slipway(
            &[&["account"][..], arguments, &["--data", data][..]].concat(),
            &[("SLIPWAY_PUBLIC_URL", "https://slipway.example.com/")],
        )
        .await
    };
    let (code, _, complained) = account(&["deactivate", "ada"]).await;
    assert_eq!(code, Some(2));
    assert!(complained.contains("only administrator"), "{complained}");
    let (code, link, _) = account(&["password", "ada"]).await;
    assert_eq!(code, Some(0));
    let code_of = |link: &str| {
        let (address, code) = link.trim().split_once('#').unwrap();
        assert_eq!(address, "https://slipway.example.com/set-password");
        code.to_owned()
    };
    let backend = &world.console.backend;
    let password = "Battery-Staple-8";
    let client = Client::default();
    backend
        .use_password_link(&code_of(&link), password, &client)
        .await
        .unwrap();
    let (_, session) = backend.sign_in("ada", password, &client).await.unwrap();
    assert!(session.is_some());

    let (code, link, _) = account(&["add", "ben", "--standing", "release-manager"]).await;
    assert_eq!(code, Some(0));
    let owner = backend.read_password_link(&code_of(&link)).await.unwrap();
    assert_eq!(owner.login, "ben");
    assert_eq!(account(&["standing", "ben", "viewer"]).await.0, Some(0));
    assert_eq!(account(&["deactivate", "ben"]).await.0, Some(0));
    let (_, listed, _) = account(&["list"]).await;
    assert!(
        listed.contains("ada  Ada Quill, Administrator, active, last sign-in 2"),
        "{listed}"
    );
    assert!(
        listed.contains("ben  ben, Viewer, deactivated, last sign-in never"),
        "{listed}"
    );

    // A folder without a console is not made into one.
    let nowhere = world.folder.path().join("nowhere");
    let (code, _, complained) = slipway(
        &["account", "list", "--data", nowhere.to_str().unwrap()],
        &[],
    )
    .await;
    assert_eq!(code, Some(2));
    assert!(complained.contains("no console's database"), "{complained}");
    assert!(!nowhere.join("console.db").exists());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_and_the_agents_protocol_say_no_in_their_own_words() {
    let world = World::new().await;
    let digest = bundle::Digest::of("nothing").to_hex();
    let cases = [
        (
            world.http.put(world.api("bundles/..%2f..%2fx")).body("x"),
            400,
            "bad_digest",
        ),
        (world.http.get(world.api("nothing")), 404, "unknown_call"),
        (
            world.http.get(world.api("publications/12")),
            404,
            "not_found",
        ),
        (
            world.http.post(world.api("publications")).body("{"),
            415,
            "not_understood",
        ),
    ];
    for (request, expected, code) in cases {
        let (status, problem) = world.call(request).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (expected, Some(code)),
            "{problem}"
        );
        assert!(problem["message"].as_str().unwrap().len() > 20, "{problem}");
    }
    let lie = world
        .http
        .put(world.api(&format!("bundles/{digest}")))
        .body("something else");
    let (status, problem) = world.call(lie).await;
    assert!((400..500).contains(&status), "{status} {problem}");
    let anonymous = world.http.post(world.api("publications")).json(&json!({}));
    assert_eq!(anonymous.send().await.unwrap().status(), 401);
    let wrong = world
        .http
        .post(world.api("publications"))
        .bearer_auth("slp_wrong")
        .json(&json!({}));
    let wrong: Value = wrong.send().await.unwrap().json().await.unwrap();
    assert_eq!(wrong["code"], "wrong_token");
    for (path, expected) in [
        ("agent/v1/hello", "wrong_secret"),
        ("agent/v1/nothing", "unknown_call"),
    ] {
        let url = format!("{}/{path}", world.console.url());
        let answer = world
            .http
            .post(url)
            .bearer_auth("not-an-agent")
            .json(&json!({}))
            .send();
        let refusal: Value = answer.await.unwrap().json().await.unwrap();
        assert_eq!(refusal["code"], expected);
    }
    world.end().await;
}

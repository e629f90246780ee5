//! A PostgreSQL server that is stopped under a console, its agent and a run, and started again.

use crate::agents::World;
use crate::gate::{self, Gate};
use crate::harness::slipway;
use backend::testing::Cluster;
use serde_json::{Value, json};

const SAID: &str = "Slipway cannot reach its database. Nothing was changed";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_is_said_everywhere_and_a_run_goes_on_afterwards() {
    let cluster = tokio::task::spawn_blocking(Cluster::own);
    let mut cluster = cluster.await.unwrap();
    let database = cluster.make("console").await;
    let world = World::with(|settings| settings.database = database).await;
    let gate = Gate::at(&world.folder.path().join("agent"));
    let source = world.folder.path().join("source");
    gate::write(&source);
    let run = world.begin_to_publish(gate::TOML, &source).await;
    // The run is in the middle of its switch.
    let gate = gate.reached().await;
    tokio::task::block_in_place(|| cluster.stop());

    // The page, whichever part of it is asked.
    let cookie = format!("slipway_session={}", world.session);
    let ask = async |request: reqwest::RequestBuilder| {
        let answer = request.header("cookie", &cookie).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap())
    };
    let url = |path: &str| format!("{}{path}", world.console.url());
    for (function, arguments) in [
        ("list_environments", json!({})),
        (
            "create_environment",
            json!({ "new": { "name": "Quality", "purpose": "test" } }),
        ),
    ] {
        let request = world
            .http
            .post(url(&format!("/api/{function}")))
            .header("sec-fetch-site", "same-origin")
            .json(&arguments);
        let (status, body) = ask(request).await;
        assert_eq!(status, 503, "{function}: {body}");
        assert!(body.contains(SAID), "{function}: {body}");
    }
    let (status, page) = ask(world.http.get(url("/environments"))).await;
    assert_eq!(status, 503, "{page}");
    assert!(page.contains(SAID), "{page}");
    let (status, word) = ask(world.http.get(url("/-/ready"))).await;
    assert_eq!(
        (status, word.as_str()),
        (503, "the database does not answer")
    );
    // The process lives.
    assert_eq!(ask(world.http.get(url("/-/health"))).await.0, 200);

    // The terminal.
    for arguments in [
        &["landscape"][..],
        &[
            "publish",
            "--environment",
            "Workshop",
            source.to_str().unwrap(),
        ],
    ] {
        let mut command = slipway();
        command
            .args(arguments)
            .arg("--console")
            .arg(world.console.url())
            .env("SLIPWAY_TOKEN", &world.token);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains(SAID), "{arguments:?}: {said}");
    }

    // The agent goes on with what it was told, and keeps what became of it.
    gate.open();
    let seen = async || world.read("/gate/data").await;
    while !seen().await.contains(gate::SAYS) {
        tokio::task::yield_now().await;
    }
    tokio::task::block_in_place(|| cluster.start());

    let path = format!("publications/{run}");
    let state = loop {
        let (status, state) = world.call(world.http.get(world.api(&path))).await;
        match (status, state["state"].as_str()) {
            // Not every connection has noticed yet that it is back.
            (503, _) | (200, Some("running")) => tokio::task::yield_now().await,
            (200, _) => break state,
            other => panic!("{other:?}: {state}"),
        }
    };
    assert_eq!(state["state"], "succeeded", "{state}");
    let (status, page) = ask(world.http.get(url("/environments"))).await;
    assert_eq!(status, 200, "{page}");
    let backend = &world.console.backend;
    let environments = backend.list_environments(&world.actor).await.unwrap();
    // What was refused was not done, then or later.
    assert_eq!(environments.len(), 1);
    assert_eq!(
        (environments[0].applications, environments[0].modules),
        (1, 1)
    );
    let lines = state["lines"].as_array().unwrap();
    let switched = |line: &&Value| line.to_string().contains("GateService");
    assert!(lines.iter().any(|line| switched(&line)), "{state}");
    world.end().await;
}

//! Publications that fail, meet plans and each other, and names that collide.

use super::{CORE, OFFERS, Part, World, id};
use backend::NewPublication;
use backend::testing::{Fault, TestBackend};
use domain::ApplicationId;
use domain::impact::FindingCode;
use domain::view::{ApplicationFilter, StartOutcome};
use protocol::Order;
use std::sync::{Arc, Mutex};

const SWAP: u128 = 0x300;

#[tokio::test]
async fn a_failed_publication_leaves_names_as_they_were() {
    fail_publication(World::new().await).await;
}

#[tokio::test]
async fn a_failed_publication_leaves_names_as_they_were_on_postgres() {
    fail_publication(World::on(TestBackend::postgres().await).await).await;
}

async fn fail_publication(mut world: World) {
    world.core("Development", "one").await;
    let renamed = [Part(CORE + 1, "KernelLogic", OFFERS)];
    let bundles = world.pack((CORE, "Kernel"), &renamed, "two").await;
    let new = || NewPublication {
        environment: "Development".to_owned(),
        bundles: bundles.clone(),
        allow_missing: false,
    };
    let names = async |world: &World| {
        let detail = world.detail(CORE).await;
        let landscape = world.slipway.export_landscape(&world.viewer).await.unwrap();
        (detail.name, landscape.modules[0].name.clone())
    };
    world
        .development
        .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
    world.slipway.publish(&world.operator, new()).await.unwrap();
    assert_eq!(
        names(&world).await,
        ("Core".to_owned(), "CoreLogic".to_owned())
    );
    world.settle().await;
    assert_eq!(
        names(&world).await,
        ("Core".to_owned(), "CoreLogic".to_owned())
    );
    world.development.fails(|_| None);
    world.slipway.publish(&world.operator, new()).await.unwrap();
    world.settle().await;
    assert_eq!(
        names(&world).await,
        ("Kernel".to_owned(), "KernelLogic".to_owned())
    );
    let audit = world.slipway.list_audit().await;
    let actions: Vec<&str> = audit
        .iter()
        .map(|entry| entry.action.as_str())
        .filter(|action| action.contains("publi"))
        .collect();
    assert_eq!(
        actions,
        [
            "publication_started",
            "application_published",
            "publication_started",
            "publication_failed",
            "publication_started",
            "application_published",
        ]
    );
}

#[tokio::test]
async fn check_and_start_know_of_running_publications() {
    meet_publication(World::new().await).await;
}

#[tokio::test]
async fn check_and_start_know_of_running_publications_on_postgres() {
    meet_publication(World::on(TestBackend::postgres().await).await).await;
}

async fn meet_publication(mut world: World) {
    world.core("Development", "one").await;
    let bundles = world
        .pack(
            (CORE, "Core"),
            &[Part(CORE + 1, "CoreLogic", OFFERS)],
            "urgent",
        )
        .await;
    let new = NewPublication {
        environment: "Quality".to_owned(),
        bundles,
        allow_missing: false,
    };
    let (source, target) = (world.source(), world.quality.actor.environment);
    let plan = world
        .slipway
        .create_plan(
            &world.operator,
            source,
            target,
            vec![ApplicationId(id(CORE))],
        )
        .await
        .unwrap();
    world.slipway.publish(&world.operator, new).await.unwrap();
    let environments = world
        .slipway
        .list_environments(&world.viewer)
        .await
        .unwrap();
    assert_eq!(
        environments[1].publications[0].0,
        "Core published to Quality"
    );
    assert_eq!(environments[1].row.active_plans, 0);
    let held = |report: &domain::impact::Report| {
        report
            .findings
            .iter()
            .filter(|finding| finding.code == FindingCode::ParallelSameModule)
            .filter_map(|finding| finding.detail.clone())
            .collect::<Vec<_>>()
    };
    let report = world
        .slipway
        .check_plan(&world.operator, plan)
        .await
        .unwrap();
    assert_eq!(held(&report), ["Core published to Quality"]);
    let started = world
        .slipway
        .start_plan(&world.operator, plan, 1, Some("Now.".to_owned()))
        .await
        .unwrap();
    let StartOutcome::Refused(report) = started else {
        panic!("it must be refused");
    };
    assert_eq!(held(&report), ["Core published to Quality"]);
    world.settle().await;
    let report = world
        .slipway
        .check_plan(&world.operator, plan)
        .await
        .unwrap();
    assert_eq!(held(&report), Vec::<String>::new());
    let environments = world
        .slipway
        .list_environments(&world.viewer)
        .await
        .unwrap();
    assert!(environments[1].publications.is_empty());
}

#[tokio::test]
async fn names_ids_and_addresses_that_collide_are_refused() {
    let mut world = World::new().await;
    world.core("Development", "one").await;
    let cases: [(&str, (u128, &str), Vec<Part<'_>>); 4] = [
        (
            "name_taken",
            (0x900, "CORE"),
            vec![Part(0x901, "Other", "")],
        ),
        (
            "name_taken",
            (0x900, "Fresh"),
            vec![Part(0x901, "CORELOGIC", "")],
        ),
        (
            "module_elsewhere",
            (0x900, "Fresh"),
            vec![Part(CORE + 1, "Other", "")],
        ),
        ("invalid", (0x900, "Fresh"), vec![Part(0x901, "Other", "")]),
    ];
    for (code, application, parts) in cases {
        let bundles = world.pack(application, &parts, "x").await;
        let environment = if code == "invalid" {
            "Nowhere"
        } else {
            "Development"
        };
        let error = world
            .publish(environment, bundles, false)
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let one = world
        .pack((0x900, "Fresh"), &[Part(0x901, "One", "")], "x")
        .await;
    let two = world
        .pack((0x900, "Fresh"), &[Part(0x901, "Two", "")], "y")
        .await;
    let error = world
        .publish("Development", [one.clone(), two].concat(), false)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "duplicate_id");
    let other = world
        .pack((0x910, "Else"), &[Part(0x911, "Three", "")], "z")
        .await;
    let error = world
        .publish("Development", [one, other].concat(), false)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "several_applications");
    let error = world
        .publish("Development", vec!["0".repeat(64)], false)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "bundle_missing");
    let refused = world
        .slipway
        .upload_bundle(
            &world.operator,
            &"0".repeat(64),
            bytes::Bytes::from_static(b"junk"),
        )
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "digest_mismatch");
    let refused = world
        .slipway
        .upload_bundle(&world.viewer, &"0".repeat(64), bytes::Bytes::new())
        .await
        .unwrap_err();
    assert_eq!(refused.status(), 403);
}

/// Two processes on one PostgreSQL database: what one bumps, the other's listeners hear.
/// Two build servers at once, each with an application of its own that claims the same thing.
async fn claim_at_once(world: &World, one: Vec<String>, two: Vec<String>, code: &str) {
    let publish = async |bundles: &Vec<String>| {
        let new = NewPublication {
            environment: "Development".to_owned(),
            bundles: bundles.clone(),
            allow_missing: false,
        };
        world.slipway.publish(&world.operator, new).await
    };
    let (first, second) = tokio::join!(publish(&one), publish(&two));
    let refused = match (first, second) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        other => panic!("exactly one wins, not {other:?}"),
    };
    assert_eq!(refused.code(), code, "{refused}");
}

async fn claim(mut world: World) {
    for round in 0..4_u128 {
        let at = 0x1000 * (round + 1);
        let (name, other) = (format!("Twin{round}"), format!("Other{round}"));
        // The same URL path under different names: a module's path here is its name, so it is the
        // second one's that is written out.
        let one = world
            .pack((at, &name), &[Part(at + 1, &name, "")], "one")
            .await;
        let path = world
            .pack_at((at + 2, &other), (at + 3, &other), &format!("/{name}"))
            .await;
        claim_at_once(&world, one, path, "path_taken").await;
        world.settle().await;
        // The same name of an application.
        let name = format!("Same{round}");
        let one = world
            .pack(
                (at + 4, &name),
                &[Part(at + 5, &format!("A{round}"), "")],
                "x",
            )
            .await;
        let two = world
            .pack(
                (at + 6, &name),
                &[Part(at + 7, &format!("B{round}"), "")],
                "x",
            )
            .await;
        claim_at_once(&world, one, two, "name_taken").await;
        world.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_publications_that_claim_the_same_one_wins() {
    claim(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_publications_that_claim_the_same_one_wins_on_postgres() {
    claim(World::on(TestBackend::postgres().await).await).await;
}

#[tokio::test]
async fn a_publication_is_not_taken_while_the_agent_is_away() {
    let mut world = World::new().await;
    let part = Part(CORE + 1, "CoreLogic", OFFERS);
    let bundles = world.pack((CORE, "Core"), &[part], "one").await;
    world.slipway.clock.advance(31_000);
    let new = NewPublication {
        environment: "Development".to_owned(),
        bundles: bundles.clone(),
        allow_missing: false,
    };
    let error = world
        .slipway
        .publish(&world.operator, new)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 503);
    assert!(
        error.to_string().contains("agent of Development is away"),
        "{error}"
    );
    assert!(world.names(ApplicationFilter::default()).await.is_empty());
    world.development.work(&world.slipway).await;
    world.publish("Development", bundles, false).await.unwrap();
}

#[tokio::test]
async fn a_module_takes_the_address_of_one_that_leaves_with_it() {
    take_address(World::new().await).await;
}

#[tokio::test]
async fn a_module_takes_the_address_of_one_that_leaves_with_it_on_postgres() {
    take_address(World::on(TestBackend::postgres().await).await).await;
}

async fn take_address(mut world: World) {
    let modules = async |world: &World| {
        let rows = world.detail(SWAP).await.modules;
        rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    let one = world
        .pack_at((SWAP, "Swap"), (SWAP + 1, "SwapOne"), "/swap")
        .await;
    world.publish("Development", one, false).await.unwrap();
    let two = world
        .pack_at((SWAP, "Swap"), (SWAP + 2, "SwapTwo"), "/swap")
        .await;
    let new = || NewPublication {
        environment: "Development".to_owned(),
        bundles: two.clone(),
        allow_missing: false,
    };
    // One that fails is in nobody's way.
    world
        .development
        .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
    world.slipway.publish(&world.operator, new()).await.unwrap();
    world.settle().await;
    // The agent is told whose address it may be.
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    world.development.fails(move |order| {
        if let Order::Activate { module, leaving } = order {
            hears.lock().unwrap().push((*module, leaving.clone()));
        }
        None
    });
    let run = world.slipway.publish(&world.operator, new()).await.unwrap();
    world.settle().await;
    assert_eq!(*told.lock().unwrap(), [(id(SWAP + 2), vec![id(SWAP + 1)])]);
    let state = world
        .slipway
        .read_publication(&world.viewer, run, 0)
        .await
        .unwrap();
    assert_eq!(state.succeeded, Some(true), "{state:?}");
    for line in [
        "Activate, wave 1 of 1: 1 module.",
        "Activate: 1 module is removed.",
    ] {
        assert!(state.lines.iter().any(|l| l.text == line), "{state:?}");
    }
    // What ran once is still known.
    assert_eq!(modules(&world).await, ["SwapOne", "SwapTwo"]);
}

#[tokio::test]
async fn an_unknown_environment_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    let ask = async |name: &str| {
        world
            .slipway
            .missing_bundles(&world.operator, Vec::new(), Some(name.to_owned()))
            .await
    };
    assert_eq!(ask("quality").await.unwrap(), Vec::<String>::new());
    let refused = ask("Mars").await.unwrap_err();
    assert!(
        refused.to_string().contains("Mars") || format!("{refused:?}").contains("Mars"),
        "{refused}"
    );
}

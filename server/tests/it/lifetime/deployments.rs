//! Deployments before they run: made, listed, changed, deleted.

use super::{CORE, SHOP, World, core_folder, errors, folder, id, on_both};
use http::Method;
use serde_json::{Value, json};

impl World {
    /// What is wrong with a deployment that cannot be made.
    async fn refused(&self, new: &Value) -> (u16, String) {
        let (status, body) = self.post("/deployments", new).await;
        (status, errors(&body))
    }
}

on_both! {
    async fn r3_13_the_answer_to_post_is_the_bare_key(mut world: World) {
        let core = world.core("one", "1.0").await;
        let new = world.deployment(&[&core]);
        let answer = world.call(Method::POST, "/deployments/", &new).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert!(uuid::Uuid::try_parse(&answer.body).is_ok(), "{:?}", answer.body);
        let who = "Ada Quill through the API (token ci)";
        let entry = |action: &str| (action.to_owned(), who.to_owned());
        assert_eq!(world.audited(2).await, [entry("plan_created"), entry("plan_saved")]);
        // The list of the page shows it, checked.
        let page = world
            .harness
            .backend
            .list_plans(&world.ada, domain::view::PlanRequest {
                limit: 5,
                ..domain::view::PlanRequest::default()
            })
            .await
            .unwrap();
        assert_eq!(page.rows[0].findings, Some((0, 0)));
        assert!(!page.rows[0].unsaved);
        // And the search finds it.
        let filter = domain::view::PlanFilter {
            text: "pipeline".to_owned(),
            ..domain::view::PlanFilter::default()
        };
        let found = world
            .harness
            .backend
            .list_plans(&world.ada, domain::view::PlanRequest {
                filter,
                limit: 5,
                ..domain::view::PlanRequest::default()
            })
            .await
            .unwrap();
        assert_eq!(found.rows.len(), 1);
    }

    async fn r3_13_what_cannot_be_deployed_is_refused_when_it_is_made(mut world: World) {
        let core = world.core("one", "1.0").await;
        let newer = world.core("two", "1.1").await;
        let asked = world.deployment(&[&core]);
        let with = |name: &str, value: Value| {
            let mut asked = asked.clone();
            asked[name] = value;
            asked
        };
        let nowhere = id(0x999).to_string();
        let operations = |keys: &[&str]| {
            let keys = keys.iter().map(|key| json!({ "ApplicationVersionKey": key }));
            Value::Array(keys.collect())
        };
        for (new, status, words) in [
            (with("TargetEnvironmentKey", json!(nowhere)), 404, "target environment"),
            (with("SourceEnvironmentKey", json!(nowhere)), 404, "source environment"),
            (with("SourceEnvironmentKey", json!("Development")), 404, "Development"),
            (with("SourceEnvironmentKey", Value::Null), 400, "SourceEnvironmentKey is missing"),
            (with("TargetEnvironmentKey", json!("")), 400, "TargetEnvironmentKey is missing"),
            (with("TargetEnvironmentKey", json!(world.source())), 400, "same environment"),
            (with("ApplicationOperations", operations(&[&nowhere])), 400, "no version with the key"),
            (with("ApplicationOperations", operations(&["1.0"])), 400, "not \"1.0\""),
            (with("ApplicationOperations", operations(&[&core, &newer])), 400, "not the only version"),
            (with("ApplicationOperations", json!([{}])), 400, "applicationversionkey"),
            (with("ApplicationOperations", json!("all")), 400, "not what this call takes"),
            (with("Notes", json!("n".repeat(20_001))), 400, "20,000"),
            (json!([]), 400, "not what this call takes"),
        ] {
            let (found, said) = world.refused(&new).await;
            assert_eq!(found, status, "{said}");
            assert!(said.contains(words), "{words}: {said}");
        }
        // Never published in the source: nothing of Quality is there to be deployed back.
        let back = json!({
            "SourceEnvironmentKey": world.target(), "TargetEnvironmentKey": world.source(),
            "ApplicationOperations": operations(&[&core]),
        });
        let (status, said) = world.refused(&back).await;
        assert_eq!(status, 400);
        assert!(said.contains("Core 1.0 cannot be deployed from Quality"), "{said}");
        assert_eq!(world.get("/deployments").await, (204, Value::Null), "nothing was left behind");
    }

    /// Names have any case, what is not known is ignored, null is absent.
    async fn clients_write_as_they_like(mut world: World) {
        let core = world.core("one", "1.0").await;
        let new = json!({
            "sourceEnvironmentKey": world.source(),
            "TARGETENVIRONMENTKEY": world.target().to_string().to_uppercase(),
            "ApplicationOperations": [{
                "applicationVersionKey": core.to_uppercase(), "DeploymentZoneKey": null, "X": 1
            }],
            "Notes": null,
            "Whatever": { "A": [null] },
        });
        let answer = world.call(Method::POST, "/Deployments", &new).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let key = answer.body.to_uppercase();
        let (status, body) = world.get(&format!("/DEPLOYMENTS/{key}/")).await;
        assert_eq!(status, 200);
        assert_eq!(body["Deployment"]["Notes"], "");
        let (status, _) = world.get(&format!("/deployments/{key}/Status/")).await;
        assert_eq!(status, 200);
    }

    async fn r3_13_put_replaces_what_a_saved_plan_deploys(mut world: World) {
        let core = world.core("one", "1.0").await;
        let shop = world.shop("one", "1.0").await;
        let path = world.make(&[&core]).await;
        let operations = json!([
            { "ApplicationVersionKey": core, "DeploymentZoneKey": "" },
            { "ApplicationVersionKey": shop, "DeploymentZoneKey": "" },
        ]);
        let change = json!({ "ApplicationOperations": operations, "Notes": "Both" });
        let (status, body) = world.put(&path, &change).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!((&body["Notes"], &body["ApplicationOperations"]), (&json!("Both"), &operations));
        let who = "Ada Quill through the API (token ci)";
        let entry = |action: &str| (action.to_owned(), who.to_owned());
        assert_eq!(world.audited(2).await, [entry("plan_edited"), entry("plan_saved")]);
        // To say the same again changes nothing.
        let before = world.harness.backend.list_audit().await.len();
        assert_eq!(world.put(&path, &change).await.0, 200);
        assert_eq!(world.harness.backend.list_audit().await.len(), before);
        // What is not said stays; what is left out of the list leaves the plan.
        let (_, body) = world.put(&path, &json!({})).await;
        assert_eq!(body["Notes"], "Both");
        let only = json!({ "ApplicationOperations": [operations[1]] });
        let (_, body) = world.put(&path, &only).await;
        assert_eq!(body["ApplicationOperations"].as_array().unwrap().len(), 1);
        // It stands as saved: it can be started at once, and is refused for what it is now.
        let (status, body) = world.post(&format!("{path}/start"), &Value::Null).await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains("CoreLogic"), "{body}");
        let bad = json!({ "ApplicationOperations": [{ "ApplicationVersionKey": id(7) }] });
        assert_eq!(world.put(&path, &bad).await.0, 400);
        let bad = json!({ "TargetEnvironmentKey": id(7) });
        assert_eq!(world.put(&path, &bad).await.0, 404);
        let bad = json!({ "TargetEnvironmentKey": world.source() });
        assert_eq!(world.put(&path, &bad).await.0, 400);
        let unknown = format!("/deployments/{}", id(7));
        assert_eq!(world.put(&unknown, &json!({})).await.0, 404);
        assert_eq!(world.put(&path, &change).await.0, 200);
        assert_eq!(world.post(&format!("{path}/start"), &Value::Null).await.0, 202);
        let (status, body) = world.put(&path, &change).await;
        assert_eq!(status, 400, "a started plan is frozen: {body}");
    }

    async fn r3_13_only_saved_plans_are_deleted(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = world.make(&[&core]).await;
        assert_eq!(world.delete(&format!("{path}/")).await, (204, Value::Null));
        assert_eq!(world.delete(&path).await.0, 404);
        assert_eq!(world.get(&path).await.0, 404);
        let who = "Ada Quill through the API (token ci)".to_owned();
        assert_eq!(world.audited(1).await, [("plan_discarded".to_owned(), who)]);
        let path = world.make(&[&core]).await;
        assert_eq!(world.post(&format!("{path}/start"), &Value::Null).await.0, 202);
        let (status, body) = world.delete(&path).await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains("not a saved plan"), "{body}");
    }

    /// Nobody's drafts are deployments, one's own neither.
    async fn a_draft_is_not_there(mut world: World) {
        world.publish(core_folder("one")).await;
        let backend = world.harness.backend.clone();
        let ends = (world.source(), world.target());
        let number = backend.create_plan(&world.ada, ends.0, ends.1, Vec::new()).await.unwrap();
        let draft = backend.read_plan(&world.ada, number).await.unwrap().row.id;
        for (method, path) in [
            (Method::GET, format!("/deployments/{draft}")),
            (Method::PUT, format!("/deployments/{draft}")),
            (Method::DELETE, format!("/deployments/{draft}")),
            (Method::GET, format!("/deployments/{draft}/status")),
            (Method::POST, format!("/deployments/{draft}/start")),
            (Method::POST, format!("/deployments/{draft}/continue")),
            (Method::POST, format!("/deployments/{draft}/abort")),
        ] {
            let answer = world.call(method.clone(), &path, &json!({})).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);
        }
        assert_eq!(world.get("/deployments").await.0, 204);
    }

    async fn r3_13_the_list_has_a_window_and_a_target_and_the_newest_first(mut world: World) {
        const DAY: i64 = 86_400_000;
        let core = world.core("one", "1.0").await;
        let first = world.make(&[&core]).await;
        world.harness.backend.clock.advance(3 * DAY);
        let second = world.make(&[&core]).await;
        let keys = |body: &Value| -> Vec<String> {
            let all = body.as_array().unwrap().iter();
            all.map(|one| format!("/deployments/{}", one["Key"].as_str().unwrap())).collect()
        };
        let (status, all) = world.get("/deployments/").await;
        assert_eq!((status, keys(&all)), (200, vec![second.clone(), first.clone()]));
        assert_eq!(all[0]["TargetEnvironmentKey"], world.target().to_string());
        assert_eq!(all[0]["ApplicationOperations"][0]["ApplicationKey"], id(CORE).to_string());
        let today = domain::Day::of(world.harness.backend.time());
        let earlier = domain::Day::of(world.harness.backend.time().plus(-3 * DAY));
        let (_, some) = world.get(&format!("/deployments?MinDate={today}")).await;
        assert_eq!(keys(&some), std::slice::from_ref(&second));
        let (_, some) = world.get(&format!("/deployments?maxdate={earlier}")).await;
        assert_eq!(keys(&some), std::slice::from_ref(&first));
        let target = world.target();
        let (_, some) = world.get(&format!("/deployments?TargetEnvironmentKey={target}")).await;
        assert_eq!(keys(&some).len(), 2);
        for query in [
            format!("TargetEnvironmentKey={}", world.source()),
            format!("TargetEnvironmentKey={}", id(7)),
            "TargetEnvironmentKey=Quality".to_owned(),
            "MinDate=2020-01-01&MaxDate=2020-12-31".to_owned(),
        ] {
            let none = world.get(&format!("/deployments?{query}")).await;
            assert_eq!(none, (204, Value::Null), "{query}");
        }
        for query in [
            format!("MinDate={today}&MaxDate={earlier}"),
            "MinDate=yesterday".to_owned(),
            "MaxDate=2026-02-30".to_owned(),
        ] {
            let (status, body) = world.get(&format!("/deployments?{query}")).await;
            assert_eq!(status, 400, "{query}: {body}");
        }
        // A week back, if nobody says how far.
        world.harness.backend.clock.advance(5 * DAY);
        let (_, some) = world.get("/deployments").await;
        assert_eq!(keys(&some), [second]);
    }

    /// More than a part of the list holds: read part by part, answered as one.
    async fn a_long_list_comes_whole(mut world: World) {
        let core = world.core("one", "1.0").await;
        let new = backend::NewDeployment {
            source: world.source(),
            target: world.target(),
            notes: String::new(),
            versions: vec![core.parse().unwrap()],
        };
        for _ in 0..205 {
            let made = world.harness.backend.create_deployment(&world.ada, new.clone());
            made.await.unwrap();
        }
        let (status, all) = world.get("/deployments").await;
        assert_eq!(status, 200);
        let keys: std::collections::BTreeSet<&str> =
            all.as_array().unwrap().iter().map(|one| one["Key"].as_str().unwrap()).collect();
        assert_eq!(keys.len(), 205);
    }

    /// Modules that leave the target are told before it is started.
    async fn r3_13_modules_to_delete_are_told(mut world: World) {
        let core = world.core("one", "1.0").await;
        let shop = world.shop("one", "1.0").await;
        world.deploy(&[&core, &shop]).await;
        // The same application with another module in its place.
        let toml = format!(
            "[application]\nid = \"{}\"\nname = \"Shop\"\n[[module]]\nid = \"{}\"\nname = \"ShopWindow\"\nkind = \"static\"\npath = \"front\"\nurl_path = \"/window\"\n",
            id(SHOP), id(SHOP + 2),
        );
        world.publish(folder(&toml, "front/index.html", "two")).await;
        let shop = world.tag(SHOP, "1.1").await;
        let path = world.make(&[&shop]).await;
        let (_, details) = world.get(&path).await;
        assert_eq!(
            details["ModulesToDelete"],
            json!([{ "Key": id(SHOP + 1), "Name": "ShopFront", "Description": "" }])
        );
    }
}

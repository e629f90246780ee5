//! Environments, applications, versions, and where applications are blocked.

use super::{CORE, SHOP, World, core_folder, errors, id, on_both};
use serde_json::{Value, json};

on_both! {
    async fn environments_are_told_in_their_order(mut world: World) {
        let plain = world.call(http::Method::GET, "/environments", &Value::Null).await;
        assert_eq!(plain.header("content-type"), "application/json; charset=utf-8");
        let (status, all) = world.get("/environments/").await;
        assert_eq!(status, 200);
        let names: Vec<_> = all.as_array().unwrap().iter().map(|one| &one["Name"]).collect();
        assert_eq!(names, ["Development", "Quality"]);
        assert_eq!((&all[1]["Order"], &all[1]["IsOffline"]), (&json!(1), &json!(false)));
        assert_eq!(all[0]["EnvironmentType"], "Test");
        assert_eq!(all[0]["HostName"], "127.0.0.1:9001");
        let target = world.target();
        let (status, one) = world.get(&format!("/environments/{target}")).await;
        assert_eq!((status, &one), (200, &all[1]));
        for path in ["/environments/x", "/environments/x/deploymentzones", "/environments/x/applications"] {
            assert_eq!(world.get(path).await.0, 404, "{path}");
        }
        let unknown = format!("/environments/{}/applications", id(7));
        assert_eq!(world.get(&unknown).await.0, 404);
        world.settle().await;
    }

    // A choice of zone is offered where a target has more than one (domain.md C8, 1.4).
    async fn c8_an_environment_is_one_zone_so_there_is_nothing_to_choose(mut world: World) {
        let target = world.target();
        let (status, zones) = world.get(&format!("/environments/{target}/deploymentzones/")).await;
        let zones = zones.as_array().unwrap();
        assert_eq!((status, zones.len(), &zones[0]["IsDefault"]), (200, 1, &json!(true)));
        world.settle().await;
    }

    async fn applications_are_told_with_what_runs_where(mut world: World) {
        assert_eq!(world.get("/applications/").await, (204, Value::Null));
        world.publish(core_folder("one")).await;
        let (status, all) = world.get("/applications/").await;
        assert_eq!(status, 200);
        assert_eq!((&all[0]["Name"], &all[0]["AppStatusInEnvs"]), (&json!("Core"), &json!([])));
        let (_, all) = world.get("/applications?IncludeEnvStatus=True&IncludeModules=true").await;
        let there = all[0]["AppStatusInEnvs"].as_array().unwrap();
        assert_eq!(there.len(), 1, "only where it is installed");
        assert_eq!(there[0]["EnvironmentKey"], world.source().to_string());
        // Never tagged: a key of no version, which is told as missing, and not as something else.
        let none = there[0]["BaseApplicationVersionKey"].as_str().unwrap();
        assert_eq!((there[0]["IsModified"].as_bool(), none), (Some(true), uuid::Uuid::nil().to_string().as_str()));
        assert_eq!(there[0]["MobileAppsStatus"], json!([]));
        assert_eq!(there[0]["DeploymentZoneKey"], "");
        assert_eq!(there[0]["ModuleStatusInEnvs"].as_array().unwrap().len(), 1);
        let core = id(CORE);
        assert_eq!(world.get(&format!("/applications/{core}/versions/{none}")).await.0, 404);

        let first = world.tag(CORE, "1.0").await;
        let (status, body) = world.get(&format!("/applications/{core}?IncludeEnvStatus=true")).await;
        assert_eq!(status, 200);
        let there = &body["AppStatusInEnvs"][0];
        assert_eq!((&there["BaseApplicationVersionKey"], &there["BaseApplicationVersionLabel"]), (&json!(first), &json!("1.0")));
        assert_eq!(there["IsModified"], false);
        let second = world.core("two", "1.1").await;
        let (status, versions) = world.get(&format!("/applications/{core}/versions/?MaximumVersionsToReturn=10")).await;
        assert_eq!(status, 200);
        let keys: Vec<_> = versions.as_array().unwrap().iter().map(|one| &one["Key"]).collect();
        assert_eq!(keys, [&second, &first], "the newest first");
        assert_eq!((&versions[0]["ChangeLog"], &versions[0]["InUse"]), (&json!("More"), &json!(true)));
        assert_eq!(versions[0]["EnvironmentKey"], world.source().to_string());
        assert_eq!(versions[0]["ModuleVersions"], json!([]));
        let (_, one) = world.get(&format!("/applications/{core}/versions?MaximumVersionsToReturn=1&ChangeLogFilter=more")).await;
        assert_eq!(one.as_array().unwrap().len(), 1);
        let (_, none) = world.get(&format!("/applications/{core}/versions?MaximumVersionsToReturn=0")).await;
        assert_eq!(none, json!([]));
        let (status, one) = world.get(&format!("/applications/{core}/versions/{first}/?IncludeModules=True&IncludeEnvStatus=True")).await;
        assert_eq!((status, &one["Version"]), (200, &json!("1.0")));
        assert_eq!(one["ModuleVersions"][0]["ModuleKey"], id(CORE + 1).to_string());

        for (path, status) in [
            ("/applications?IncludeModules=true".to_owned(), 400),
            ("/applications?IncludeEnvStatus=maybe".to_owned(), 400),
            (format!("/applications/{core}?IncludeModules=true"), 400),
            (format!("/applications/{core}/versions?MaximumVersionsToReturn=-1"), 400),
            ("/applications/core".to_owned(), 404),
            (format!("/applications/{}", id(7)), 404),
            (format!("/applications/{}/versions", id(7)), 404),
            (format!("/applications/{}/versions/{first}", id(SHOP)), 404),
            (format!("/applications/{core}/versions/first"), 404),
            (format!("/environments/{}/applications/{core}", world.target()), 404),
            (format!("/environments/{}/applications/{core}", id(7)), 404),
        ] {
            let (found, body) = world.get(&path).await;
            assert_eq!(found, status, "{path}: {body}");
        }
        let here = format!("/environments/{}/applications", world.source());
        let (_, list) = world.get(&format!("{here}?IncludeEnvStatus=true")).await;
        assert_eq!(list.as_array().unwrap().len(), 1);
        let (_, one) = world.get(&format!("{here}/{core}?IncludeEnvStatus=true")).await;
        assert_eq!(one["AppStatusInEnvs"][0]["EnvironmentKey"], world.source().to_string());
    }

    async fn what_runs_is_tagged_as_it_is_known(mut world: World) {
        world.core("one", "1.0").await;
        let here = format!("/environments/{}/applications/{}/versions", world.source(), id(CORE));
        for (new, words) in [
            (json!({ "Version": "1.0" }), "1.0"),
            (json!({ "Version": "one" }), "numbers and dots"),
            (json!({ "ChangeLog": "More" }), "is needed"),
            (json!({ "Version": "1.1", "ModuleVersionKeys": [id(7)] }), "not what runs"),
        ] {
            let (status, body) = world.post(&here, &new).await;
            assert_eq!(status, 400, "{body}");
            assert!(errors(&body).contains(words), "{words}: {body}");
        }
        let elsewhere = format!("/environments/{}/applications/{}/versions", world.target(), id(CORE));
        assert_eq!(world.post(&elsewhere, &json!({ "Version": "1.1" })).await.0, 404);
        // What was not changed is tagged again under a higher number.
        assert_eq!(world.post(&here, &json!({ "Version": "1.1" })).await.0, 201);
    }

    /// B8: PUT on an application's configurations.
    async fn b8_an_application_is_blocked_and_unblocked_through_the_api(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = format!("/applications/{}/configurations/", id(CORE));
        let said = |blocked: bool, reason: &str| json!({ "configurations": [{
            "environmentKey": world.target(), "isBlocked": blocked, "isBlockedChangeReason": reason,
        }] });
        let (status, body) = world.put(&path, &said(true, "Not audited yet.")).await;
        assert_eq!((status, &body), (204, &Value::Null));
        let entry = world.harness.backend.list_audit().await.pop().unwrap();
        assert_eq!(entry.action, "application_blocked");
        assert_eq!(entry.actor_name, "Ada Quill through the API (token ci)");
        assert_eq!(entry.reason.as_deref(), Some("Not audited yet."));
        let (status, body) = world.get(&path).await;
        assert_eq!(status, 200);
        assert_eq!(body["configurations"][1], json!({
            "environmentKey": world.target(), "isBlocked": true,
            "isBlockedChangeReason": "Not audited yet.",
        }));
        assert_eq!(body["configurations"][0]["isBlocked"], false);
        // What a client read it may send back.
        assert_eq!(world.put(&path, &body).await.0, 204);
        let (status, body) = world.post("/deployments", &world.deployment(&[&core])).await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains("Core is blocked in Quality: Not audited yet."), "{body}");
        let (status, body) = world.put(&path, &said(false, "")).await;
        assert_eq!(status, 400, "a change has a reason: {body}");
        assert_eq!(world.put(&path, &said(false, "It was audited.")).await.0, 204);
        world.deploy(&[&core]).await;
    }

    /// B8 and B2: all of it or nothing, and only where it does not run.
    async fn b8_b2_what_cannot_be_blocked_is_refused_as_a_whole(mut world: World) {
        world.core("one", "1.0").await;
        let path = format!("/applications/{}/configurations", id(CORE));
        let block = |environment: String| json!({
            "environmentKey": environment, "isBlocked": true, "isBlockedChangeReason": "Mine.",
        });
        let (here, there) = (world.source().to_string(), world.target().to_string());
        let both = json!({ "configurations": [block(there.clone()), block(here)] });
        let (status, body) = world.put(&path, &both).await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains("runs in Development already"), "{body}");
        let (_, body) = world.get(&path).await;
        assert_eq!(body["configurations"][1]["isBlocked"], false, "nothing was changed");
        let nowhere = json!({ "configurations": [block(there), block(id(7).to_string())] });
        assert_eq!(world.put(&path, &nowhere).await.0, 404);
        let nobody = format!("/applications/{}/configurations", id(7));
        assert_eq!(world.put(&nobody, &json!({ "configurations": [] })).await.0, 404);
        assert_eq!(world.get(&nobody).await.0, 404);
        assert_eq!(world.put(&path, &json!({})).await.0, 400);
        assert_eq!(world.put(&path, &Value::Null).await.0, 400);
    }
}

//! Deployments that run: from POST to the end, in two stages, aborted, with errors.

use super::{CORE, SHOP, World, core_folder, errors, id, on_both};
use domain::execution::{StepKind, StepState};
use serde_json::{Value, json};

impl World {
    async fn tell(&self, path: &str, command: &str) -> (u16, Value) {
        self.post(&format!("{path}/{command}"), &Value::Null).await
    }

    /// The number of a deployment.
    async fn number(&self, path: &str) -> u64 {
        let (_, body) = self.get(path).await;
        let url = body["Deployment"]["DetailsURL"].as_str().unwrap();
        url.trim_start_matches("/plans/").parse().unwrap()
    }

    /// Takes turns until the target begins to switch.
    async fn until_it_switches(&mut self, number: u64) {
        for _ in 0..200 {
            self.turn().await;
            let run = self.harness.backend.read_run(&self.ada, number).await;
            let steps = run.unwrap().steps;
            let mut steps = steps.iter();
            if steps.any(|s| s.kind == StepKind::Activate && s.state != StepState::Waiting) {
                return;
            }
        }
        panic!("nothing is switched");
    }
}

on_both! {
    /// Domain.md 3.13, 6.6 of the wire: saved, running at once, finished; the target is as told.
    async fn r3_13_a_deployment_runs_from_post_to_finished(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = world.make(&[&core]).await;
        assert_eq!(world.status(&path).await, ("saved".to_owned(), String::new()));
        let (status, details) = world.get(&format!("{path}/")).await;
        assert_eq!(status, 200);
        assert_eq!(details["ApplicationConflicts"], json!([]));
        assert_eq!(details["ModulesToDelete"], json!([]));
        let own = &details["Deployment"];
        assert_eq!(own["Notes"], "From the pipeline");
        assert_eq!(own["SourceEnvironmentKey"], world.source().to_string());
        assert_eq!(own["CreatedByUsername"], "ada");
        assert_eq!(own["SavedBy"], "Ada Quill");
        assert_eq!(own["StartedOn"], "1900-01-01T00:00:00");
        assert_eq!(own["StartedBy"], "");
        assert_eq!(
            own["ApplicationOperations"],
            json!([{
                "ApplicationKey": id(CORE), "ApplicationVersionKey": core,
                "DeploymentOperation": "Deploy 1.0", "DeploymentZoneKey": "",
            }])
        );
        let answer = world
            .call(http::Method::POST, &format!("{path}/start?RedeployOutdated=True"), &Value::Null)
            .await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, ""));
        // The very next read must say so (6.6).
        assert_eq!(world.status(&path).await.0, "running");
        let (status, body) = world.tell(&path, "start").await;
        assert_eq!(status, 400, "{body}");
        world.settle().await;
        let (_, body) = world.get(&format!("{path}/status/")).await;
        assert_eq!(body["DeploymentStatus"], "finished_successful");
        assert_eq!(body["Info"], "");
        let log = body["DeploymentLog"].as_array().unwrap();
        assert!(log.len() > 4, "{body}");
        assert!(log.iter().all(|line| line["Instant"].as_str().unwrap().ends_with('Z')));
        assert!(log.iter().all(|line| line["Type"] == "Info"), "{body}");
        assert!(log[0]["Message"].as_str().unwrap().contains("Ada Quill"), "{body}");
        // A repeat of the same is then skipped by clients: they look here.
        let there = format!(
            "/environments/{}/applications/{}/?IncludeEnvStatus=true",
            world.target(), id(CORE)
        );
        let (status, body) = world.get(&there).await;
        assert_eq!(status, 200);
        assert_eq!(body["AppStatusInEnvs"][0]["BaseApplicationVersionKey"], core);
        assert_eq!(body["AppStatusInEnvs"][0]["IsModified"], false);
        let (status, _) = world.delete(&path).await;
        assert_eq!(status, 400, "what ran stays on record");
        let (status, body) = world.get(&path).await;
        assert_eq!((status, &body["ApplicationConflicts"]), (200, &json!([])));
    }

    async fn a_log_of_several_parts_comes_as_one(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = world.deploy(&[&core]).await;
        let key = path.trim_start_matches("/deployments/").parse().unwrap();
        world.harness.backend.append_steps(key, 700).await;
        let (status, body) = world.get(&format!("{path}/status")).await;
        assert_eq!(status, 200);
        let log = body["DeploymentLog"].as_array().unwrap();
        assert!(log.len() > 1_400, "{}", log.len());
        assert_eq!(log.last().unwrap()["Message"], "Line 699.");
    }

    /// 3.13: the API refuses to start with conflicts, and says which.
    async fn r3_13_a_plan_with_conflicts_is_refused_in_words(mut world: World) {
        world.core("one", "1.0").await;
        let shop = world.shop("one", "1.0").await;
        let path = world.make(&[&shop]).await;
        let (_, details) = world.get(&path).await;
        let conflict = &details["ApplicationConflicts"][0];
        assert_eq!(conflict["ModuleConflict"]["ConflictType"], "Producer Module Missing");
        assert_eq!(conflict["ModuleConflict"]["ConsumerModuleKey"], id(SHOP + 1).to_string());
        assert_eq!(conflict["ModuleConflict"]["ProducerModuleKey"], id(CORE + 1).to_string());
        let consumer = &conflict["ConsumerApplicationOperation"];
        assert_eq!(consumer["ApplicationVersionKey"], shop);
        assert_eq!(consumer["DeploymentOperation"], "Deploy 1.0");
        assert_eq!(conflict["ProducerApplicationOperation"]["ApplicationKey"], id(CORE).to_string());
        let message = conflict["Message"].as_str().unwrap();
        assert!(message.contains("CoreLogic") && message.contains("Quality"), "{message}");
        let (status, body) = world.tell(&path, "start?RedeployOutdated=True").await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains(message), "{body}");
        // Nothing was started, and it can be deleted still, as clients do.
        assert_eq!(world.status(&path).await.0, "saved");
        assert_eq!(world.delete(&path).await, (204, Value::Null));
        assert_eq!(world.get(&path).await.0, 404);
    }

    /// G2: what a person may override a program may override, and that stays on record.
    async fn g2_a_program_continues_with_errors_and_that_is_audited(mut world: World) {
        world.core("one", "1.0").await;
        let shop = world.shop("one", "1.0").await;
        let path = world.make(&[&shop]).await;
        let start = "start?RedeployOutdated=False&ContinueWithErrors=True";
        assert_eq!(world.tell(&path, start).await, (202, Value::Null));
        let entry = world.harness.backend.list_audit().await.pop().unwrap();
        assert_eq!(entry.action, "plan_started");
        assert_eq!(entry.actor_name, "Ada Quill through the API (token ci)");
        assert_eq!(entry.reason.as_deref(), Some("ContinueWithErrors was set through the API."));
        world.settle().await;
        let ended = world.status(&path).await.0;
        assert!(ended.starts_with("finished_with_"), "{ended}");
        let (_, body) = world.tell(&path, "abort").await;
        assert!(errors(&body).contains("finished"), "{body}");
    }

    /// RedeployOutdated takes consumers along that would keep old logic.
    async fn r3_13_outdated_consumers_are_redeployed_when_that_is_asked_for(mut world: World) {
        let core = world.core("one", "1.0").await;
        let shop = world.shop("one", "1.0").await;
        world.deploy(&[&core, &shop]).await;
        let core = world.core("two", "1.1").await;
        let path = world.make(&[&core]).await;
        let (_, details) = world.get(&path).await;
        assert_eq!(details["ApplicationConflicts"], json!([]));
        assert_eq!(details["ApplicationsToRedeploy"], json!([id(SHOP)]));
        let (status, body) = world.tell(&path, "start?RedeployOutdated=True").await;
        assert_eq!(status, 202, "{body}");
        world.settle().await;
        assert_eq!(world.status(&path).await.0, "finished_successful");
        let number = world.number(&path).await;
        let plan = world.harness.backend.read_plan(&world.ada, number).await.unwrap();
        let republished: Vec<_> = plan.content.republish.iter().map(|module| module.0).collect();
        assert_eq!(republished, [id(SHOP + 1)]);
    }

    /// Two stages: paused with the word that clients test for, then continued.
    async fn r3_13_a_prepared_deployment_is_continued(mut world: World) {
        let core = world.core("one", "1.0").await;
        world.harness.backend.set_two_stage(world.target(), true).await;
        let path = world.make(&[&core]).await;
        let (status, body) = world.tell(&path, "continue").await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(world.tell(&path, "start").await.0, 202);
        world.settle().await;
        let (word, info) = world.status(&path).await;
        assert_eq!((word.as_str(), info.as_str()), ("needs_user_intervention", "deployment_prepared"));
        let there = format!("/environments/{}/applications/", world.target());
        assert_eq!(world.get(&there).await.0, 204, "nothing changed yet");
        let by = world.audited(0).await;
        assert!(by.is_empty());
        assert_eq!(world.tell(&path, "continue").await, (202, Value::Null));
        assert_eq!(world.status(&path).await.0, "running");
        let who = "Ada Quill through the API (token ci)".to_owned();
        assert_eq!(world.audited(1).await, [("plan_continued".to_owned(), who)]);
        world.settle().await;
        assert_eq!(world.status(&path).await.0, "finished_successful");
        let (status, body) = world.tell(&path, "continue").await;
        assert_eq!(status, 400, "{body}");
    }

    /// G2: what was not known at the start refuses it, until a program says that it goes on.
    async fn g2_a_prepared_deployment_whose_target_has_changed_is_refused_in_words(mut world: World) {
        let core = world.core("one", "1.0").await;
        let shop = world.shop("one", "1.0").await;
        world.deploy(&[&core, &shop]).await;
        world.harness.backend.set_two_stage(world.target(), true).await;
        let shop = world.shop("two", "1.1").await;
        let path = world.make(&[&shop]).await;
        assert_eq!(world.tell(&path, "start").await.0, 202);
        world.settle().await;
        // Core goes, which Shop needs.
        world.quality.running.remove(&id(CORE + 1));
        world.quality.report(&world.harness.backend).await;
        let (status, body) = world.tell(&path, "continue").await;
        assert_eq!(status, 400, "{body}");
        let told = errors(&body);
        assert!(told.contains("CoreLogic") && told.contains("Quality"), "{told}");
        assert_eq!(world.status(&path).await.1, "deployment_prepared");
        let go_on = "continue?ContinueWithErrors=True&Reason=Core%20comes%20back";
        assert_eq!(world.tell(&path, go_on).await, (202, Value::Null));
        let entry = world.harness.backend.list_audit().await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.reason.as_deref()), ("plan_continued", Some("Core comes back")));
        world.settle().await;
        let ended = world.status(&path).await.0;
        assert!(ended.starts_with("finished_"), "{ended}");
    }

    /// Its target's agent stayed away: continued when that is back, and not before.
    async fn a_suspended_deployment_is_continued_when_the_agent_is_back(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = world.make(&[&core]).await;
        assert_eq!(world.tell(&path, "start").await.0, 202);
        for _ in 0..40 {
            world.harness.backend.walk_runs().await.unwrap();
            world.harness.backend.clock.advance(10_000);
        }
        let (word, info) = world.status(&path).await;
        assert_eq!((word.as_str(), info.as_str()), ("needs_user_intervention", "deployment_suspended"));
        let (status, body) = world.tell(&path, "continue").await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains("agent of Quality is away"), "{body}");
        world.turn().await;
        assert_eq!(world.tell(&path, "continue").await, (202, Value::Null));
        assert_eq!(world.status(&path).await.0, "running");
        world.settle().await;
        assert_eq!(world.status(&path).await, ("finished_successful".to_owned(), String::new()));
    }

    async fn a_prepared_deployment_is_aborted(mut world: World) {
        let core = world.core("one", "1.0").await;
        world.harness.backend.set_two_stage(world.target(), true).await;
        let path = world.make(&[&core]).await;
        let (status, body) = world.tell(&path, "abort").await;
        assert_eq!(status, 400, "nothing runs yet: {body}");
        assert_eq!(world.tell(&path, "start").await.0, 202);
        world.settle().await;
        assert_eq!(world.tell(&path, "abort?Reason=The%20night%20is%20over").await, (202, Value::Null));
        assert_eq!(world.status(&path).await.0, "aborting");
        assert_eq!(world.tell(&path, "abort").await.0, 202, "twice is once");
        world.settle().await;
        assert_eq!(world.status(&path).await.0, "aborted");
        let (_, details) = world.get(&path).await;
        assert_eq!(details["Deployment"]["AbortedByUsername"], "ada");
        assert_eq!(details["Deployment"]["Status"], "aborted");
        let audit = world.harness.backend.list_audit().await;
        let asked = audit.iter().find(|entry| entry.action == "plan_abort_requested").unwrap();
        assert_eq!(asked.reason.as_deref(), Some("The night is over"));
    }

    /// Decisions: the API aborts before the first switch only; a person may after it.
    async fn after_the_first_switch_only_a_person_aborts(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = world.make(&[&core]).await;
        assert_eq!(world.tell(&path, "start").await.0, 202);
        let number = world.number(&path).await;
        world.until_it_switches(number).await;
        let (status, body) = world.tell(&path, "abort").await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains("begun to switch"), "{body}");
        world.settle().await;
        assert_eq!(world.status(&path).await.0, "finished_successful");
    }

    /// What starts is what was saved.
    async fn a_plan_that_somebody_is_changing_is_not_started(mut world: World) {
        let core = world.core("one", "1.0").await;
        let path = world.make(&[&core]).await;
        let number = world.number(&path).await;
        let backend = world.harness.backend.clone();
        let edit = domain::view::PlanEdit::SetNotes("Wait for me".to_owned());
        backend.edit_plan(&world.ada, number, 1, edit).await.unwrap();
        let (status, body) = world.tell(&path, "start").await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains("was changed in the console"), "{body}");
        backend.save_plan(&world.ada, number, 2).await.unwrap();
        assert_eq!(world.tell(&path, "start").await.0, 202);
    }

    /// 3.13: tags must exist before.
    async fn r3_13_a_plan_that_tags_is_started_in_the_console(mut world: World) {
        world.publish(core_folder("one")).await;
        let backend = world.harness.backend.clone();
        let core = domain::ApplicationId(id(CORE));
        let made = backend
            .create_plan(&world.ada, world.source(), world.target(), vec![core])
            .await;
        let number = made.unwrap();
        backend.save_plan(&world.ada, number, 1).await.unwrap();
        let (_, list) = world.get("/deployments/").await;
        assert_eq!(list[0]["ApplicationOperations"][0]["DeploymentOperation"], "Tag & Deploy 0.1");
        let path = format!("/deployments/{}", list[0]["Key"].as_str().unwrap());
        let (status, body) = world.tell(&path, "start").await;
        assert_eq!(status, 400);
        assert!(errors(&body).contains("tags versions as it starts"), "{body}");
    }
}

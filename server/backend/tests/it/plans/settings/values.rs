//! What a value may be, who may enter one, and what is written down about it.

use super::{ALL, SECRET, module, names, on_both, till};
use crate::plans::{CORE, World, id};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::settings::{Property, PropertyKind, SettingEdit, StepState, WhyDisabled};
use domain::view::{PlanEdit, QueueOutcome, SettingsRequest};
use domain::{AppError, ModuleId};

on_both! {
    async fn values_are_checked_and_written_down_without_secrets(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let said = |answer: Result<i64, AppError>| answer.unwrap_err().to_string();
        let by = &world.operator;
        let wrong = said(world.enter(by, plan, "Limit", Some("many")).await);
        assert!(wrong.contains("an integer is written like"), "{wrong}");
        let unknown = said(world.enter(by, plan, "Colour", Some("red")).await);
        assert!(unknown.contains("Colour"), "{unknown}");
        let viewer = actor(Standing::Viewer);
        let refused = world.enter(&viewer, plan, "Limit", Some("5")).await;
        assert_eq!(refused.unwrap_err().code(), "forbidden");
        // C5: who may not deploy is told so.
        let step = world
            .slipway
            .read_plan_settings(&viewer, plan, SettingsRequest::default())
            .await
            .unwrap();
        assert_eq!(step.state, StepState::Disabled(WhyDisabled::NoRight));

        let before = world.entered(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await;
        // Nor may they say when values take effect, or lose them by sending the plan elsewhere.
        let elsewhere = PlanEdit::SetEnvironments(world.target(), world.source());
        for edit in [PlanEdit::SetSettingsAfter(true), elsewhere] {
            let refused = world.slipway.edit_plan(&viewer, plan, before, edit).await;
            assert_eq!(refused.unwrap_err().code(), "forbidden");
        }
        // Another secret is another revision, although nobody sees a difference.
        let after = world.entered(plan, &[("ApiKey", "another")]).await;
        assert_eq!(after, before + 1);
        assert_eq!(world.entered(plan, &[("Limit", "5")]).await, after, "nothing changed");
        let audit: String = world
            .slipway
            .list_audit()
            .await
            .iter()
            .map(|entry| format!("{:?}{:?}", entry.before, entry.after))
            .collect();
        assert!(audit.contains("(secret)") && audit.contains("Limit"), "{audit}");
        assert!(!audit.contains(SECRET) && !audit.contains("another"));
        // Taken out again, the plan cannot run.
        world.enter(&world.operator, plan, "ApiKey", None).await.unwrap();
        let missing = (FindingCode::SettingMissing, "ApiKey".to_owned());
        assert_eq!(world.missing(plan).await, [missing]);
    }

    async fn a_plan_in_line_shows_its_notes_and_its_values_and_no_secret(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let revision = world.entered(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await;
        let notes = PlanEdit::SetNotes("By **night**.".to_owned());
        let revision = world.edit(plan, revision, notes).await;
        let revision = world.slipway.save_plan(&world.operator, plan, revision).await.unwrap();
        let queued = world.slipway.queue_plan(&world.operator, plan, revision, None).await.unwrap();
        assert_eq!(queued, QueueOutcome::Queued);
        let line = world.slipway.read_line(&world.operator, plan).await.unwrap();
        assert_eq!((line.notes.as_str(), line.settings_after), ("By **night**.", false));
        let set: Vec<_> = line
            .settings
            .iter()
            .map(|one| (one.module.as_str(), one.name.as_str(), one.value.as_deref()))
            .collect();
        let expected = [("TillFront", "ApiKey", None), ("TillFront", "Limit", Some("5"))];
        assert_eq!(set, expected);
        assert!(!format!("{line:?}").contains(SECRET));
    }

    // C6 is in `after`, C8 with the API, as an environment is one zone. Of C9 this is left: a plan
    // takes values of the site properties that the manifests of what it brings declare, and nothing
    // else: no address, no schedule, nothing of others.
    async fn c9_nothing_can_be_entered_but_what_the_manifest_declares(mut world: World) {
        world.publish_till("one", ALL).await;
        world.publish_core("one").await;
        let (plan, _) = world.plan(vec![till()]).await;
        let step = world.step(plan, true).await;
        assert_eq!((names(&step), step.total), (vec!["ApiKey", "Limit", "Currency"], 3));
        let revision = world.slipway.read_plan(&world.operator, plan).await.unwrap().revision;
        let enter = async |module: ModuleId, name: &str| {
            let edit = SettingEdit {
                module,
                name: name.to_owned(),
                // Whatever it is said to be.
                property: Property { kind: PropertyKind::Text, secret: false, default: true },
                value: Some("5".to_owned()),
            };
            let edit = PlanEdit::SetSetting(edit);
            world.slipway.edit_plan(&world.operator, plan, revision, edit).await
        };
        let undeclared = [
            "", "url_path", "Endpoint", "EffectiveUrl", "Timer", "Schedule", "health",
            "start_seconds", "Limit ", "TillFront.Limit", "default", "*",
        ];
        let till = undeclared.map(|name| (module(), name));
        // Of a module that the plan does not bring, and of one that nobody knows.
        let others = [(ModuleId(id(CORE + 1)), "Limit"), (ModuleId(id(0xdead)), "Limit")];
        for (module, name) in till.into_iter().chain(others) {
            let refused = enter(module, name).await.unwrap_err();
            assert_eq!(refused.code(), "invalid", "{name}: {refused}");
            assert!(refused.to_string().contains("has no site property"), "{name}: {refused}");
        }
        let content = world.slipway.read_plan(&world.operator, plan).await.unwrap().content;
        assert_eq!(content.settings, []);
        // What is declared can, under its own name and as what it is.
        enter(module(), "LIMIT").await.unwrap();
        let content = world.slipway.read_plan(&world.operator, plan).await.unwrap().content;
        let entered: Vec<_> = content.settings.iter().map(|one| (one.name.as_str(), one.secret)).collect();
        assert_eq!(entered, [("Limit", false)]);
    }
}

/// The page and the manifest's reader must agree on what a value is.
#[test]
fn values_are_read_alike_in_the_browser_and_by_the_manifest() {
    let values = [
        "",
        "0",
        "42",
        "-7",
        "+7",
        "007",
        " 1",
        "9223372036854775807",
        "9223372036854775808",
        "3.14",
        "-3.14",
        ".5",
        "5.",
        "1e5",
        "1.2.3",
        "true",
        "false",
        "True",
        "yes",
        "2026-01-31T08:00:00Z",
        "2026-01-31t08:00:00z",
        "2026-01-31 08:00:00+01:00",
        "2026-01-31T08:00:00.123456789-11:30",
        "2026-01-31T08:00:00",
        "2026-01-31",
        "08:00:00",
        "2026-02-30T08:00:00Z",
        "2024-02-29T08:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T08:60:00Z",
        "2026-01-31T08:00:61Z",
        "2026-01-31T08:00:00+25:00",
        "2026-01-31T08:00:00.Z",
        "2026-1-31T08:00:00Z",
        "x",
        "ünicode",
        "99999999999999999999",
        "-99999999999999999999",
        "+",
    ];
    for value in values {
        for kind in bundle::SettingKind::ALL {
            let setting = bundle::Setting {
                name: "X".to_owned(),
                kind,
                default: None,
                secret: false,
                description: String::new(),
            };
            let ours = PropertyKind::parse(kind.as_str()).unwrap();
            assert_eq!(
                ours.problem(value),
                setting.problem(value),
                "{value:?} as {kind:?}"
            );
        }
    }
}

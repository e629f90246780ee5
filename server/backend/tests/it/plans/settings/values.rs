//! What a value may be, who may enter one, and what is written down about it.

use super::{ALL, SECRET, on_both, till};
use crate::plans::World;
use backend::testing::{TestBackend, actor};
use domain::AppError;
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::settings::{PropertyKind, StepState, WhyDisabled};
use domain::view::{PlanEdit, QueueOutcome, SettingsRequest};

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

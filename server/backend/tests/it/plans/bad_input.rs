//! Bad input: every use case of plans answers with a clear message, and nothing is lost or changed.

use super::{World, core, id, number, on_both, shop};
use backend::testing::TestBackend;
use domain::plan::{Choice, MAX_NOTES, Operation, PlanContent, PlanKind};
use domain::settings::{Property, PropertyKind, SettingEdit};
use domain::view::{
    CandidateFilter, Compared, Days, EligibleFilter, PlanDetail, PlanEdit, PlanFilter, PlanRequest,
    StartOutcome,
};
use domain::{
    AppError, ApplicationId, Day, EnvironmentId, HoldId, HotfixId, ModuleId, SavedFilterId,
    VersionId,
};

/// Ids that name nothing.
const NOBODY: u128 = 0xdead;

fn nowhere() -> EnvironmentId {
    EnvironmentId(id(NOBODY))
}

fn nobody() -> ApplicationId {
    ApplicationId(id(NOBODY))
}

/// That an answer is a refusal of this kind whose message a person understands: a sentence that
/// says `about`, without anything internal.
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, AppError>, code: &str, about: &str) {
    let error = answer.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), code, "{text}");
    assert!(text.contains(about), "{text:?} does not say {about:?}");
    assert!(text.starts_with(|c: char| c.is_uppercase()), "{text}");
    assert!(text.ends_with('.'), "{text}");
    assert!(text.len() < 400, "{} bytes of message", text.len());
    for internal in [
        "constraint",
        "SQL",
        "sqlx",
        "019b76da",
        "FOREIGN",
        "Uuid",
        "None",
    ] {
        assert!(!text.contains(internal), "{text}");
    }
}

impl World {
    async fn two_published(&mut self) -> (u64, i64) {
        self.publish_core("one").await;
        self.publish_shop("one").await;
        self.plan(vec![core()]).await
    }

    async fn try_edit(&self, plan: (u64, i64), edit: PlanEdit) -> Result<i64, AppError> {
        Box::pin(self.slipway.edit_plan(&self.operator, plan.0, plan.1, edit)).await
    }

    async fn as_it_is(&self, plan: u64) -> PlanDetail {
        Box::pin(self.slipway.read_plan(&self.operator, plan))
            .await
            .unwrap()
    }

    fn replaced(&self, change: impl Fn(&mut PlanContent)) -> PlanEdit {
        let mut content = PlanContent {
            kind: PlanKind::Ordinary,
            source: self.source(),
            target: self.target(),
            operations: Vec::new(),
            republish: Vec::new(),
            notes: String::new(),
            settings: Vec::new(),
            settings_after: false,
        };
        change(&mut content);
        PlanEdit::Replace(content)
    }
}

on_both! {
    async fn stale_versions_are_told_apart_and_overwrite_nothing(mut world: World) {
        let plan = Box::pin(world.two_published()).await;
        let kept = world.edit(plan.0, plan.1, PlanEdit::SetNotes("Theirs.".to_owned())).await;
        let before = world.as_it_is(plan.0).await;
        let title = format!("Plan #{}", plan.0);
        let (slipway, operator) = (&world.slipway, &world.operator);
        for old in [plan.1, 0, -1, kept + 1, i64::MAX, i64::MIN] {
            let mine = PlanEdit::SetNotes("Mine.".to_owned());
            refused(world.try_edit((plan.0, old), mine).await, "stale", &title);
            refused(Box::pin(slipway.save_plan(operator, plan.0, old)).await, "stale", &title);
            refused(Box::pin(slipway.refresh_plan(operator, plan.0, old)).await, "stale", &title);
            refused(Box::pin(slipway.start_plan(operator, plan.0, old, None)).await, "stale", &title);
            refused(Box::pin(slipway.queue_plan(operator, plan.0, old, None)).await, "stale", &title);
        }
        assert_eq!(world.as_it_is(plan.0).await, before);
    }

    async fn plans_that_are_not_there_are_said_to_be_missing_by_every_use_case(mut world: World) {
        Box::pin(world.two_published()).await;
        let (slipway, operator) = (&world.slipway, &world.operator);
        for number in [0, 999_999, u64::MAX] {
            let about = format!("Plan #{number}");
            macro_rules! missing {
                ($($name:ident($($argument:expr),*);)*) => {$(
                    let answer = Box::pin(slipway.$name(operator, number $(, $argument)*)).await;
                    refused(answer, "not_found", &about);
                )*};
            }
            missing! {
                read_plan();
                edit_plan(1, PlanEdit::SetNotes(String::new()));
                refresh_plan(1);
                save_plan(1);
                discard_plan();
                check_plan();
                validate_plan();
                repair_plan();
                start_plan(1, None);
                queue_plan(1, None);
                leave_queue();
                read_line();
                read_run();
                continue_plan(None);
                abort_plan("Enough.".to_owned());
                foresee_reuse(None, true);
                reuse_plan(world.source(), world.target(), true);
                retry_plan();
                foresee_rollback();
                roll_back_plan(vec![core()]);
                read_plan_settings(domain::view::SettingsRequest::default());
                keep_plan_longer(domain::Timestamp(1));
            }
        }
    }

    async fn forged_ids_in_a_plan_are_refused_and_the_plan_stays(mut world: World) {
        let plan = Box::pin(world.two_published()).await;
        let before = world.as_it_is(plan.0).await;
        let (source, target) = (world.source(), world.target());
        let version = VersionId(id(NOBODY));
        let add = PlanEdit::AddApplications(vec![nobody()]);
        refused(world.try_edit(plan, add).await, "not_found", "application");
        let choice = PlanEdit::SetChoice(nobody(), Choice::DoNothing);
        refused(world.try_edit(plan, choice).await, "invalid", "not in the plan");
        let choice = PlanEdit::SetChoice(core(), Choice::Deploy { version });
        refused(world.try_edit(plan, choice).await, "invalid", "not a version of this application");
        let ends = PlanEdit::SetEnvironments(nowhere(), target);
        refused(world.try_edit(plan, ends).await, "not_found", "source environment");
        let ends = PlanEdit::SetEnvironments(source, nowhere());
        refused(world.try_edit(plan, ends).await, "not_found", "target environment");
        let republish = PlanEdit::SetRepublish(vec![ModuleId(id(NOBODY))]);
        refused(world.try_edit(plan, republish).await, "not_found", "module");
        let all = world.replaced(|content| {
            content.operations = vec![Operation { application: nobody(), choice: Choice::DoNothing }];
        });
        refused(world.try_edit(plan, all).await, "not_found", "application");
        let all = world.replaced(|content| content.target = nowhere());
        refused(world.try_edit(plan, all).await, "not_found", "target environment");
        let all = world.replaced(|content| content.republish = vec![ModuleId(id(NOBODY))]);
        refused(world.try_edit(plan, all).await, "not_found", "module");
        let twice = world.replaced(|content| {
            let one = Operation { application: core(), choice: Choice::DoNothing };
            content.operations = vec![one.clone(), one];
        });
        refused(world.try_edit(plan, twice).await, "invalid", "only once");
        let setting = PlanEdit::SetSetting(SettingEdit {
            module: ModuleId(id(NOBODY)),
            name: "Greeting".to_owned(),
            property: Property { kind: PropertyKind::Text, secret: false, default: false },
            value: Some("x".to_owned()),
        });
        let answer = world.try_edit(plan, setting).await;
        let code = answer.as_ref().unwrap_err().code().to_owned();
        assert!(["not_found", "invalid"].contains(&code.as_str()), "{answer:?}");
        refused(answer, &code, "");
        assert_eq!(world.as_it_is(plan.0).await, before);
    }

    async fn forged_ids_around_plans_are_refused_or_find_nothing(mut world: World) {
        let plan = Box::pin(world.two_published()).await;
        let (source, target) = (world.source(), world.target());
        let (slipway, operator) = (&world.slipway, &world.operator);
        refused(slipway.create_plan(operator, nowhere(), target, vec![]).await, "not_found", "source environment");
        refused(slipway.create_plan(operator, source, nowhere(), vec![]).await, "not_found", "target environment");
        refused(slipway.create_plan(operator, source, target, vec![nobody()]).await, "not_found", "application");
        refused(
            slipway.replicate_applications(operator, nowhere(), source, vec![core()]).await,
            "not_found", "source environment",
        );
        refused(
            slipway.replicate_applications(operator, target, source, vec![nobody()]).await,
            "invalid", "runs none of these",
        );
        refused(slipway.solve_hotfix(operator, HotfixId(id(NOBODY)), "1.0").await, "not_found", "hotfix");
        refused(slipway.waive_hotfix(operator, HotfixId(id(NOBODY)), "x").await, "not_found", "hotfix");
        refused(slipway.release_hold(operator, HoldId(id(NOBODY)), "x").await, "not_found", "hold");
        // What is gone is deleted: somebody else was faster.
        slipway.delete_filter(operator, SavedFilterId(id(NOBODY))).await.unwrap();
        refused(
            slipway.block_application(operator, nobody(), target, "x").await, "not_found", "application",
        );
        refused(
            slipway.block_application(operator, core(), nowhere(), "x").await, "not_found", "environment",
        );
        let version = Compared::Version(VersionId(id(NOBODY)));
        let compared = Box::pin(slipway.compare(operator, version, Compared::Plan(plan.0), 0, 10)).await;
        refused(compared, "not_found", "version");
        let compared = Box::pin(slipway.compare(
            operator, Compared::Now("Nowhere".to_owned()), Compared::Plan(plan.0), 0, 10,
        )).await;
        refused(compared, "not_found", "Nowhere");
        // Lists of what is nowhere are empty.
        let candidates = slipway.list_candidates(operator, CandidateFilter {
            source: nowhere(), target, kind: PlanKind::Ordinary, text: String::new(),
            with_differences: false, except: Vec::new(), offset: u64::MAX, limit: u32::MAX,
        }).await.unwrap();
        assert_eq!((candidates.rows.len(), candidates.total), (0, 0));
        let eligible = slipway.list_eligible(operator, EligibleFilter {
            source: nowhere(), target: nowhere(), application: nobody(), kind: PlanKind::Ordinary,
            offset: u64::MAX, limit: 0,
        }).await;
        assert!(eligible.is_ok_and(|page| page.rows.is_empty()));
        let slice = Box::pin(slipway.read_slice(operator, nowhere(), target, vec![nobody()])).await;
        refused(slice, "not_found", "environment");
    }

    async fn notes_of_ten_megabytes_are_refused_and_what_was_there_stays(mut world: World) {
        let plan = Box::pin(world.two_published()).await;
        let revision = world.edit(plan.0, plan.1, PlanEdit::SetNotes("Short.".to_owned())).await;
        let plan = (plan.0, revision);
        let before = world.as_it_is(plan.0).await;
        let huge = "ü".repeat(5 * 1024 * 1024);
        let (slipway, operator) = (&world.slipway, &world.operator);
        refused(world.try_edit(plan, PlanEdit::SetNotes(huge.clone())).await, "invalid", "20,000");
        let all = world.replaced(|content| content.notes.clone_from(&huge));
        refused(world.try_edit(plan, all).await, "invalid", "20,000");
        let tag = Choice::TagAndDeploy { number: number("1.0"), description: huge.clone() };
        refused(world.try_edit(plan, PlanEdit::SetChoice(core(), tag)).await, "invalid", "2,000");
        let aborted = slipway.abort_plan(operator, plan.0, huge.clone());
        refused(Box::pin(aborted).await, "invalid", "1,000");
        let started = slipway.start_plan(operator, plan.0, plan.1, Some(huge.clone()));
        refused(Box::pin(started).await, "invalid", "1,000");
        let text = PlanFilter { text: huge.clone(), ..PlanFilter::default() };
        let listed = slipway.list_plans(operator, PlanRequest { filter: text.clone(), ..PlanRequest::default() });
        refused(listed.await, "invalid", "200 characters");
        let exported = slipway.export_plans(operator, &text, None).await;
        refused(exported.map(|part| part.lines.len()), "invalid", "200 characters");
        refused(slipway.block_application(operator, core(), world.target(), &huge).await, "invalid", "1,000");
        assert_eq!(world.as_it_is(plan.0).await, before);
        // What just fits is taken.
        let fits = PlanEdit::SetNotes("ü".repeat(MAX_NOTES));
        world.try_edit(plan, fits).await.unwrap();
    }

    async fn dates_out_of_order_are_told_and_not_guessed(mut world: World) {
        let (slipway, operator) = (&world.slipway, &world.operator);
        let day = |text: &str| text.parse::<Day>().ok();
        let wrong = Days { from: day("2026-11-20"), to: day("2026-11-13") };
        assert!(wrong.from.is_some() && wrong.to.is_some());
        for field in ["created", "started", "finished"] {
            let mut filter = PlanFilter::default();
            match field {
                "created" => filter.created = wrong,
                "started" => filter.started = wrong,
                _ => filter.finished = wrong,
            }
            let request = PlanRequest { filter: filter.clone(), ..PlanRequest::default() };
            let listed = slipway.list_plans(operator, request).await;
            let AppError::Invalid { fields } = listed.as_ref().unwrap_err() else {
                panic!("{listed:?}");
            };
            assert_eq!(fields[0].field, field);
            refused(listed, "invalid", "after the last one");
            let exported = slipway.export_plans(operator, &filter, None).await;
            refused(exported.map(|part| part.lines.len()), "invalid", "after the last one");
            refused(slipway.save_filter(operator, "Mine", &filter).await, "invalid", "after the last one");
        }
    }

    async fn source_and_target_are_never_the_same(mut world: World) {
        let plan = Box::pin(world.two_published()).await;
        let (source, target) = (world.source(), world.target());
        let started = world.slipway.start_plan(&world.operator, plan.0, plan.1, None);
        assert_eq!(Box::pin(started).await.unwrap(), StartOutcome::Started);
        Box::pin(world.settle()).await;
        let open = world.plan(vec![shop()]).await;
        let before = world.as_it_is(open.0).await;
        let (slipway, operator) = (&world.slipway, &world.operator);
        for place in [source, target] {
            refused(slipway.create_plan(operator, place, place, vec![]).await, "invalid", "same environment");
            let ends = PlanEdit::SetEnvironments(place, place);
            refused(world.try_edit(open, ends).await, "invalid", "same environment");
            let all = world.replaced(|content| (content.source, content.target) = (place, place));
            refused(world.try_edit(open, all).await, "invalid", "same environment");
            let reused = slipway.reuse_plan(operator, plan.0, place, place, true);
            refused(Box::pin(reused).await, "invalid", "same");
            let back = slipway.replicate_applications(operator, place, place, vec![core()]);
            refused(Box::pin(back).await, "invalid", "does not come before");
        }
        assert_eq!(world.as_it_is(open.0).await, before);
    }
}

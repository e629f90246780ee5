//! What changes around a plan while it is edited: named, and looked at again before it is tagged
//! (domain.md 3.6).

use super::{World, core, id, number, on_both, shop, write};
use backend::testing::TestBackend;
use domain::impact::FindingCode;
use domain::plan::Choice;
use domain::view::{Adjusted, NewVersion, NewsRow, PlanDetail, PlanEdit, StartOutcome};
use domain::{AppError, ApplicationId, ModuleId};
use tempfile::TempDir;

/// Two applications; *Calendar*, which belongs to the first one at first, moves to the other.
pub(super) const MAIL: u128 = 0x500;
const DIARY: u128 = 0x510;
const CALENDAR: u128 = 0x520;

pub(super) fn mail() -> ApplicationId {
    ApplicationId(id(MAIL))
}

pub(super) fn diary() -> ApplicationId {
    ApplicationId(id(DIARY))
}

fn calendar() -> ModuleId {
    ModuleId(id(CALENDAR))
}

impl World {
    /// Publishes one of the two, with its own module and, if it has that, *Calendar* with this
    /// content.
    pub(super) async fn publish_with(
        &mut self,
        place: &str,
        application: u128,
        calendar: Option<&str>,
    ) {
        let folder = TempDir::new().unwrap();
        let name = if application == MAIL { "Mail" } else { "Diary" };
        let mut toml = format!(
            "[application]\nid = \"{}\"\nname = \"{name}\"\n",
            id(application)
        );
        let own = (application + 1, format!("{name}Pages"), "own");
        let moves = calendar.map(|content| (CALENDAR, "Calendar".to_owned(), content));
        for (module, name, content) in std::iter::once(own).chain(moves) {
            toml.push_str(&format!(
                "[[module]]\nid = \"{}\"\nname = \"{name}\"\nkind = \"static\"\npath = \"{name}\"\nurl_path = \"/{name}\"\n",
                id(module),
            ));
            write(folder.path(), &format!("{name}/index.html"), content);
        }
        write(folder.path(), "slipway.toml", &toml);
        Box::pin(self.publish(folder.path(), place)).await;
    }

    /// Both are there, and *Calendar* belongs to *Mail*.
    pub(super) async fn with_mail_and_diary(&mut self) {
        self.publish_with("Development", MAIL, Some("one")).await;
        self.publish_with("Development", DIARY, None).await;
    }

    /// *Calendar* leaves *Mail* and comes to *Diary*.
    pub(super) async fn move_calendar(&mut self, place: &str) {
        self.publish_with(place, MAIL, None).await;
        self.publish_with(place, DIARY, Some("one")).await;
    }
}

/// The applications of a notice by name, each with how many modules it names.
fn named(rows: &[NewsRow]) -> Vec<(&str, u32)> {
    let mut named: Vec<_> = rows
        .iter()
        .map(|row| (row.name.as_str(), row.modules))
        .collect();
    named.sort_unstable();
    named
}

async fn read(world: &World, plan: u64) -> PlanDetail {
    world
        .slipway
        .read_plan(&world.operator, plan)
        .await
        .unwrap()
}

on_both! {
    async fn a_publication_in_the_source_is_named_and_not_tagged_unseen(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        assert_eq!(read(&world, plan).await.news, None);

        world.slipway.clock.advance(1_000);
        world.publish_core("two").await;
        let news = read(&world, plan).await.news.unwrap();
        let [row] = news.source.as_slice() else {
            panic!("{news:?}");
        };
        assert_eq!((row.application, row.name.as_str(), row.modules), (core(), "Core", 1));
        assert!(news.target.is_empty() && news.tags.is_empty());
        assert_eq!(news.unseen, [core()]);

        let refused = world
            .slipway
            .start_plan(&world.operator, plan, revision, None)
            .await
            .unwrap_err();
        let AppError::Conflict { code, message } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(code, "source_changed");
        assert!(message.contains("Core") && message.contains("Refresh applications"), "{message}");

        let refreshed = world
            .slipway
            .refresh_plan(&world.operator, plan, revision)
            .await
            .unwrap();
        assert_eq!(refreshed.adjusted, []);
        let detail = read(&world, plan).await;
        assert_eq!((detail.revision, detail.news), (refreshed.revision, None));
        let started = world
            .slipway
            .start_plan(&world.operator, plan, refreshed.revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
    }

    async fn only_what_the_plan_holds_counts_in_the_source(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.publish_shop("one").await;
        assert_eq!(read(&world, plan).await.news, None);
        // Who adds it looks at it.
        world.edit(plan, revision, PlanEdit::AddApplications(vec![shop()])).await;
        assert_eq!(read(&world, plan).await.news, None);
        world.publish_shop("two").await;
        let news = read(&world, plan).await.news.unwrap();
        let named: Vec<_> = news.source.iter().map(|row| row.application).collect();
        assert_eq!(named, [shop()]);
    }

    async fn anything_in_the_target_counts_but_holds_nothing_up(mut world: World) {
        world.publish_core("one").await;
        let (first, revision) = world.plan(vec![core()]).await;
        world.publish_shop("one").await;
        let (second, other) = world.plan(vec![shop()]).await;
        world.slipway.start_plan(&world.operator, first, revision, None).await.unwrap();
        world.settle().await;
        let news = read(&world, second).await.news.unwrap();
        assert_eq!(news.target.len(), 1);
        assert_eq!(news.target[0].name, "Core");
        assert!(news.source.is_empty() && news.unseen.is_empty());
        let started = world
            .slipway
            .start_plan(&world.operator, second, other, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        // What runs is frozen; nothing is news to it.
        assert_eq!(read(&world, second).await.news, None);
    }

    async fn a_tag_made_meanwhile_is_named_and_taken_by_a_refresh(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.slipway.clock.advance(1_000);
        let shown = world.slipway.read_application(&world.operator, core()).await.unwrap();
        world
            .slipway
            .tag_version(&world.operator, NewVersion {
                application: core(),
                environment: world.source(),
                number: "3.0".to_owned(),
                description: "By hand".to_owned(),
                running_revision: shown.running_revisions[0].unwrap(),
            })
            .await
            .unwrap();
        let news = read(&world, plan).await.news.unwrap();
        assert_eq!(news.tags, [("Core".to_owned(), number("3.0"))]);
        let refreshed = world
            .slipway
            .refresh_plan(&world.operator, plan, revision)
            .await
            .unwrap();
        assert_eq!(
            refreshed.adjusted,
            [("Core".to_owned(), Adjusted::Tagged(number("3.0")))]
        );
        let detail = read(&world, plan).await;
        assert!(matches!(detail.content.operations[0].choice, Choice::Deploy { .. }));
        assert_eq!(detail.news, None);
    }

    async fn a_refresh_on_an_old_revision_changes_nothing(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.publish_core("two").await;
        let edited = world.edit(plan, revision, PlanEdit::SetNotes("Later".to_owned())).await;
        let refused = world.slipway.refresh_plan(&world.operator, plan, revision).await;
        assert!(matches!(refused, Err(AppError::Stale { .. })), "{refused:?}");
        let detail = read(&world, plan).await;
        assert_eq!(detail.revision, edited);
        assert!(detail.news.is_some());
        // The audit says who looked again.
        world.slipway.refresh_plan(&world.operator, plan, edited).await.unwrap();
        let audited = world.slipway.audited().await;
        assert!(audited.iter().any(|(_, action, _)| action == "plan_refreshed"), "{audited:?}");
    }
    async fn a_module_that_moves_in_the_source_is_news_of_both_and_not_tagged_unseen(mut world: World) {
        world.with_mail_and_diary().await;
        world.publish_core("one").await;
        let (from, revision) = world.plan(vec![mail()]).await;
        let (to, _) = world.plan(vec![diary()]).await;
        let (neither, _) = world.plan(vec![core()]).await;
        world.slipway.clock.advance(1_000);
        world.move_calendar("Development").await;

        let news = read(&world, from).await.news.unwrap();
        assert_eq!(named(&news.source), [("Mail", 1)]);
        assert_eq!((news.unseen, news.target.len()), (vec![mail()], 0));
        let news = read(&world, to).await.news.unwrap();
        assert_eq!(named(&news.source), [("Diary", 1)]);
        assert_eq!(news.unseen, [diary()]);
        assert_eq!(read(&world, neither).await.news, None);
        let start = world.slipway.start_plan(&world.operator, from, revision, None);
        let refused = Box::pin(start).await.unwrap_err();
        assert_eq!(refused.code(), "source_changed", "{refused}");
        assert!(refused.to_string().starts_with("Mail changed in the source"), "{refused}");

        // Looked at again it is tagged as it is now.
        let chosen = read(&world, from).await.content.operations[0].choice.clone();
        let again = world.slipway.refresh_plan(&world.operator, from, revision).await.unwrap();
        assert_eq!(again.adjusted, []);
        let detail = read(&world, from).await;
        assert_eq!((detail.news, &detail.content.operations[0].choice), (None, &chosen));
        let start = world.slipway.start_plan(&world.operator, from, again.revision, None);
        assert_eq!(Box::pin(start).await.unwrap(), StartOutcome::Started);
        Box::pin(world.settle()).await;
        let there: Vec<_> = world.quality.running.keys().copied().collect();
        assert_eq!(there, [id(MAIL + 1)]);
    }

    async fn a_ticked_module_that_moves_away_is_taken_out_by_a_refresh(mut world: World) {
        world.with_mail_and_diary().await;
        let (plan, revision) = world.plan(vec![mail()]).await;
        let custom = |modules: Vec<ModuleId>| Choice::DeployCustom { modules };
        let own = ModuleId(id(MAIL + 1));
        let both = PlanEdit::SetChoice(mail(), custom(vec![own, calendar()]));
        let revision = world.edit(plan, revision, both).await;
        world.move_calendar("Development").await;
        assert_eq!(read(&world, plan).await.news.unwrap().unseen, [mail()]);
        let again = world.slipway.refresh_plan(&world.operator, plan, revision).await.unwrap();
        assert_eq!(again.adjusted, [("Mail".to_owned(), Adjusted::FewerModules(1))]);
        let detail = read(&world, plan).await;
        assert_eq!(detail.content.operations[0].choice, custom(vec![own]));
        assert_eq!(detail.news, None);
        // Where only that one was ticked, nothing is left to do.
        let alone = PlanEdit::SetChoice(mail(), custom(vec![own]));
        let revision = world.edit(plan, again.revision, alone).await;
        world.publish_with("Development", MAIL, None).await;
        let again = world.slipway.refresh_plan(&world.operator, plan, revision).await.unwrap();
        assert_eq!(again.adjusted, []);
    }

    async fn a_module_that_moves_in_the_target_is_news_of_both_to_every_plan(mut world: World) {
        world.with_mail_and_diary().await;
        world.publish_core("one").await;
        let (first, revision) = world.plan(vec![mail(), diary()]).await;
        let start = world.slipway.start_plan(&world.operator, first, revision, None);
        assert_eq!(Box::pin(start).await.unwrap(), StartOutcome::Started);
        Box::pin(world.settle()).await;
        let (plan, revision) = world.plan(vec![core()]).await;

        // What happens in the target is told of what has the module there, wherever it moves elsewhere.
        world.publish_with("Quality", MAIL, Some("two")).await;
        assert_eq!(named(&read(&world, plan).await.news.unwrap().target), [("Mail", 1)]);
        world.move_calendar("Development").await;
        let news = read(&world, plan).await.news.unwrap();
        assert_eq!((named(&news.target), news.source.len()), (vec![("Mail", 1)], 0));
        let again = world.slipway.refresh_plan(&world.operator, plan, revision).await.unwrap();
        assert_eq!((read(&world, plan).await.news, again.adjusted), (None, vec![]));

        // A plan with what gets it in the source is told that it belongs to another one there.
        let (moves, _) = world.plan(vec![diary()]).await;
        let report = world.slipway.check_plan(&world.operator, moves).await.unwrap();
        assert!(report.findings.iter().any(|found| found.code == FindingCode::ModuleMoved), "{report:?}");

        world.move_calendar("Quality").await;
        let news = read(&world, plan).await.news.unwrap();
        assert_eq!(named(&news.target), [("Diary", 1), ("Mail", 1)]);
        assert!(news.source.is_empty() && news.unseen.is_empty());
        // It holds up nothing, and a refresh changes no choice.
        let again = world.slipway.refresh_plan(&world.operator, plan, again.revision).await.unwrap();
        assert_eq!(again.adjusted, []);
        let detail = read(&world, plan).await;
        assert!(detail.news.is_none());
        assert!(matches!(detail.content.operations[0].choice, Choice::TagAndDeploy { .. }));
        let report = world.slipway.check_plan(&world.operator, moves).await.unwrap();
        assert!(report.findings.iter().all(|found| found.code != FindingCode::ModuleMoved), "{report:?}");
        let start = world.slipway.start_plan(&world.operator, plan, again.revision, None);
        assert_eq!(Box::pin(start).await.unwrap(), StartOutcome::Started);
    }
}

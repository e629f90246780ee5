//! What differs: what a plan will change and changed, environments, versions, then and now.

use super::{SHOP, World, core, id, on_both, shop};
use backend::Actor;
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::difference::Change;
use domain::plan::Choice;
use domain::view::{
    ApplicationDifference, Compared, Comparison, PlanEdit, StartOutcome, VersionFilter,
};
use domain::{AppError, ModuleId, Timestamp};

/// What a row says of its application and modules, in short.
fn short(row: &ApplicationDifference) -> String {
    let number = |release: &Option<domain::difference::Release>| {
        release.map_or_else(
            || "-".to_owned(),
            |release| {
                let plus = if release.modified { "+" } else { "" };
                match release.number {
                    Some(number) => format!("{number}{plus}"),
                    None => format!("untagged{plus}"),
                }
            },
        )
    };
    let modules: Vec<String> = row
        .modules
        .iter()
        .map(|module| {
            let again = if module.republished { " again" } else { "" };
            format!("{} {:?}{again}", module.name, module.change)
        })
        .collect();
    format!(
        "{} {} > {}: {}",
        row.name,
        number(&row.before),
        number(&row.after),
        modules.join(", ")
    )
}

fn rows(comparison: &Comparison) -> Vec<String> {
    comparison.rows.rows.iter().map(short).collect()
}

impl World {
    async fn compared(&self, from: &str, to: &str) -> Result<Comparison, AppError> {
        let read = |text: &str| text.parse::<Compared>().unwrap();
        self.slipway
            .compare(&self.operator, read(from), read(to), 0, 50)
            .await
    }

    async fn run(&mut self, plan: u64, revision: i64) {
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        self.settle().await;
    }
}

on_both! {
    async fn a_plan_tells_the_same_before_and_after_its_run(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        let will = world.compared("before:1", "plan:1").await.unwrap();
        assert_eq!(
            rows(&will),
            ["Core - > 0.1: CoreLogic Added", "Shop - > 0.1: ShopFront Added"]
        );
        assert_eq!((will.totals.applications_added, will.totals.modules_added), (2, 2));
        assert_eq!(will.to.title, "Quality with plan #1");
        assert!(will.from.at.is_none());
        world.run(plan, revision).await;

        let did = world.compared("before:1", "plan:1").await.unwrap();
        assert_eq!(rows(&did), rows(&will));
        assert_eq!(did.from.title, "Quality before plan #1");
        assert!(did.from.at.is_some());
        // And nothing is left to tell apart.
        let now = world.compared("plan:1", "now:Quality").await.unwrap();
        assert_eq!(rows(&now), [""; 0]);
        assert_eq!(now.totals.applications_same, 2);
        let sides = world.compared("now:Quality", "now:Development").await.unwrap();
        assert_eq!(rows(&sides), [""; 0]);
    }

    async fn elements_and_notes_are_told(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        world.run(plan, revision).await;
        let then = world.slipway.clock.read();
        world.slipway.clock.advance(1_000);
        world.publish_core("two").await;
        let sides = world.compared("now:Quality", "now:Development").await.unwrap();
        assert_eq!(rows(&sides), ["Core 0.1 > 0.1+: CoreLogic Changed"]);
        let details = &sides.rows.rows[0].modules[0].details;
        assert!(details.content);
        let elements: Vec<_> = details.elements.iter().map(|e| (e.name.as_str(), e.change)).collect();
        assert_eq!(elements, [("Price", Change::Changed), ("Quote", Change::Changed)]);
        assert!(details.elements.iter().all(|element| element.members.is_empty()));

        let (plan, revision) = world.plan(vec![core()]).await;
        let tag = Choice::TagAndDeploy {
            number: "0.2".parse().unwrap(),
            description: "Prices with VAT".to_owned(),
        };
        let revision = world.edit(plan, revision, PlanEdit::SetChoice(core(), tag)).await;
        let will = world.compared("before:2", "plan:2").await.unwrap();
        assert_eq!(rows(&will), ["Core 0.1 > 0.2: CoreLogic Changed"]);
        // What the tag will say is told before there is the tag, and then with who made it.
        let said = |sides: &Comparison| {
            let notes = sides.rows.rows[0].notes.iter();
            notes.map(|note| (note.text.clone(), note.made.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(said(&will), [("Prices with VAT".to_owned(), false)]);
        world.run(plan, revision).await;
        let did = world.compared("before:2", "plan:2").await.unwrap();
        assert_eq!(said(&did), [("Prices with VAT".to_owned(), true)]);
        // Then and now.
        let since = world.compared(&format!("then:{then}:Quality"), "now:Quality").await.unwrap();
        assert_eq!(rows(&since), ["Core 0.1 > 0.2: CoreLogic Changed"]);
        assert_eq!(since.from.at, Some(Timestamp(then)));
        let back = world.compared("now:Quality", &format!("then:{then}:Quality")).await.unwrap();
        assert_eq!(rows(&back), ["Core 0.2 > 0.1: CoreLogic Changed"]);
        // Before anything ran there, there was nothing.
        let ever = world.compared("then:0:Quality", "now:Quality").await.unwrap();
        assert_eq!(ever.totals.applications_added, 2);
        assert!(ever.from.unrecorded && !since.from.unrecorded);
        // Nor is there anything to tell of what is still to come.
        let soon = world.slipway.clock.read() + 1;
        let refused = world.compared(&format!("then:{soon}:Quality"), "now:Quality").await;
        let AppError::Invalid { fields } = refused.unwrap_err() else {
            panic!("it is told");
        };
        assert!(fields[0].message.contains("still to come"), "{fields:?}");
        // The first plan still tells what it did.
        let first = world.compared("before:1", "plan:1").await.unwrap();
        assert_eq!(first.totals.applications_added, 2);
    }

    async fn the_note_of_a_hotfix_is_told_where_the_hotfix_is_part_of_it(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run(plan, revision).await;
        let then = world.slipway.clock.read();
        world.slipway.clock.advance(1_000);
        world.publish_core_in("Quality", "urgent").await;
        world.tag_core_saying(world.target(), "0.1.1", "Urgent").await;
        world.publish_core("two").await;
        world.tag_core_saying(world.source(), "0.2", "Prices").await;
        let then = format!("then:{then}:Quality");
        let said = async |to: &str| {
            let sides = world.compared(&then, to).await.unwrap();
            let notes = sides.rows.rows[0].notes.iter();
            notes.map(|note| note.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(said("now:Quality").await, ["Urgent"]);
        // Its number lies between the two, and yet it is in neither.
        assert_eq!(said("now:Development").await, ["Prices"]);
        let hotfix = world.hotfixes().await.remove(0).id;
        world.solve(hotfix, "0.2").await.unwrap();
        assert_eq!(said("now:Development").await, ["Prices", "Urgent"]);
    }

    async fn consumers_that_are_published_again_and_the_deployment_notes_are_told(
        mut world: World
    ) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        world.run(plan, revision).await;
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let again = PlanEdit::SetRepublish(vec![ModuleId(id(SHOP + 1))]);
        let revision = world.edit(plan, revision, again).await;
        let notes = PlanEdit::SetNotes("Tell the shop.".to_owned());
        let revision = world.edit(plan, revision, notes).await;
        let will = world.compared("before:2", "plan:2").await.unwrap();
        assert_eq!(rows(&will).len(), 2, "{:?}", rows(&will));
        assert_eq!(rows(&will)[0], "Core 0.1 > 0.2: CoreLogic Changed");
        assert!(rows(&will)[1].starts_with("Shop ") && rows(&will)[1].ends_with(" again"));
        assert_eq!(will.notes, "Tell the shop.");
        world.run(plan, revision).await;
        let did = world.compared("before:2", "plan:2").await.unwrap();
        assert_eq!(did.notes, "Tell the shop.");
        assert!(rows(&did)[1].ends_with(" again"), "{:?}", rows(&did));
    }

    async fn versions_are_compared_with_each_other_and_with_an_environment(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        world.run(plan, revision).await;
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run(plan, revision).await;
        let list = world.slipway.list_versions(&world.operator, VersionFilter::newest(core(), 10)).await.unwrap();
        let tag = |at: usize| format!("version:{}", list.rows[at].id);
        let pair = world.compared(&tag(1), &tag(0)).await.unwrap();
        assert_eq!(rows(&pair), ["Core 0.1 > 0.2: CoreLogic Changed"]);
        assert_eq!((pair.from.title.as_str(), pair.to.title.as_str()), ("Core 0.1", "Core 0.2"));
        // Of the environment only that application counts.
        let there = world.compared(&tag(0), "now:Quality").await.unwrap();
        assert_eq!((rows(&there).len(), there.totals.applications_same), (0, 1));
        let shops = world.slipway.list_versions(&world.operator, VersionFilter::newest(shop(), 10)).await.unwrap();
        let other = world.compared(&tag(0), &format!("version:{}", shops.rows[0].id)).await;
        assert!(matches!(other, Err(AppError::Invalid { .. })), "{other:?}");
    }

    async fn the_list_is_cut_and_the_totals_are_not(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let sides = |text: &str| text.parse::<Compared>().unwrap();
        let second = world
            .slipway
            .compare(&world.operator, sides("now:Quality"), sides("now:Development"), 1, 1)
            .await
            .unwrap();
        assert_eq!(rows(&second), ["Shop - > untagged: ShopFront Added"]);
        assert_eq!((second.rows.total, second.totals.applications_added), (2, 2));
    }

    async fn what_is_the_same_can_be_listed(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run(plan, revision).await;
        let sides = |text: &str| text.parse::<Compared>().unwrap();
        let same = async |from: &str, to: &str| {
            let found = world.slipway.list_same(&world.operator, sides(from), sides(to)).await;
            let found = found.unwrap().into_iter();
            found.map(|row| (row.name, row.release.and_then(|r| r.number))).collect::<Vec<_>>()
        };
        let core = ("Core".to_owned(), "0.1".parse().ok());
        assert_eq!(same("now:Quality", "now:Development").await, [core]);
        let all = world.compared("now:Quality", "now:Development").await.unwrap();
        assert_eq!(all.totals.applications_same, 1);
        assert_eq!(same("now:Quality", "now:Quality").await.len(), 1);
    }

    async fn the_link_of_a_draft_is_nobody_elses_and_that_of_a_saved_plan_everybodys(
        mut world: World
    ) {
        world.publish_core("one").await;
        world.as_somebody().await;
        let new = world.slipway.create_plan(&world.operator, world.source(), world.target(), vec![core()]);
        let number = new.await.unwrap();
        let sides = (Compared::BeforePlan(number), Compared::Plan(number));
        // Another account, which may only look.
        let reader = actor(Standing::Viewer);
        assert_ne!(reader.user, world.operator.user);
        let seen_by = async |person: &Actor| {
            let (from, to) = sides.clone();
            world.slipway.compare(person, from, to, 0, 50).await
        };
        let own = seen_by(&world.operator).await.unwrap();
        assert_eq!(rows(&own), ["Core - > 0.1: CoreLogic Added"]);
        let hidden = seen_by(&reader).await;
        assert!(matches!(hidden, Err(AppError::NotFound { .. })), "{hidden:?}");
        world.slipway.save_plan(&world.operator, number, 1).await.unwrap();
        assert_eq!(seen_by(&reader).await.unwrap(), own);
    }

    async fn what_nobody_may_know_of_is_not_found(mut world: World) {
        for side in ["now:Nowhere", "plan:7", "before:7", "version:019b76da-a800-7000-8000-00000000ffff"] {
            let answer = world.compared(side, "now:Quality").await;
            assert!(matches!(answer, Err(AppError::NotFound { .. })), "{side}: {answer:?}");
        }
    }
}

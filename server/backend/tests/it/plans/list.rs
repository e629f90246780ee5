//! The list of plans as people ask for it: names in place of ids, pages that hang on a plan, what
//! is refused, and the table for other programs.

use super::{World, core, on_both, other, shop};
use backend::testing::{TestBackend, actor};
use backend::{Actor, Client};
use domain::access::Standing;
use domain::impact::Severity;
use domain::plan::{Choice, PlanStatus};
use domain::view::{
    Counted, NewAdministrator, PlanCut, PlanEdit, PlanFilter, PlanOrder, PlanPage, PlanRequest,
};
use domain::{AppError, Day};
use std::collections::BTreeSet;

const DAY: i64 = 86_400_000;

impl World {
    async fn list(&self, query: &str) -> PlanPage {
        self.page(query, PlanCut::Start, 50).await
    }

    async fn page(&self, query: &str, cut: PlanCut, limit: u32) -> PlanPage {
        let request = PlanRequest {
            filter: PlanFilter::parse(query),
            cut,
            limit,
        };
        self.slipway
            .list_plans(&self.operator, request)
            .await
            .unwrap()
    }

    /// The numbers that the filter finds, in order.
    async fn numbers(&self, query: &str) -> Vec<u64> {
        numbers(&self.list(query).await)
    }

    async fn refused(&self, filter: PlanFilter) -> (String, String) {
        let request = PlanRequest {
            filter: filter.clone(),
            limit: 10,
            ..PlanRequest::default()
        };
        let listed = self
            .slipway
            .list_plans(&self.operator, request)
            .await
            .unwrap_err();
        let exported = self
            .slipway
            .export_plans(&self.operator, &filter, None)
            .await;
        assert_eq!(
            exported.unwrap_err(),
            listed,
            "the file is refused like the list"
        );
        match listed {
            AppError::Invalid { fields } => (fields[0].field.clone(), fields[0].message.clone()),
            other => panic!("{other:?}"),
        }
    }

    /// Somebody with an account makes the plans from now on.
    pub(super) async fn as_somebody(&mut self) {
        self.operator = somebody(&self.slipway).await;
    }
}

/// The first account, signed in.
pub(super) async fn somebody(slipway: &TestBackend) -> Actor {
    let new = NewAdministrator {
        token: slipway.create_setup_token().await.unwrap().unwrap(),
        name: "Ada Lovelace".to_owned(),
        login: "ada".to_owned(),
        email: String::new(),
        password: "Correct-Horse-7".to_owned(),
    };
    let (_, session) = slipway
        .create_administrator(new, &Client::default())
        .await
        .unwrap();
    slipway.find_session(&session).await.unwrap().unwrap()
}

fn numbers(page: &PlanPage) -> Vec<u64> {
    page.rows.iter().map(|row| row.number).collect()
}

on_both! {
    async fn each_filter_narrows_the_list(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.as_somebody().await;
        let first = Day::of(world.slipway.time());
        let (run, revision) = world.plan(vec![core()]).await;
        world.deploy(run, revision).await;
        world.settle().await;
        assert_eq!(world.status(run).await, PlanStatus::FinishedSuccessful);
        world.slipway.clock.advance(2 * DAY);
        let second = Day::of(world.slipway.time());
        let (saved, revision) = world.plan(vec![shop(), core()]).await;
        world
            .edit(saved, revision, PlanEdit::SetNotes("Mind 100% of the gap_".to_owned()))
            .await;
        // Nobody else sees a draft.
        world
            .slipway
            .create_plan(&world.operator, world.source(), world.target(), vec![core()])
            .await
            .unwrap();
        assert_eq!(world.numbers("").await, [2, 1]);
        assert_eq!(world.numbers("sort=oldest").await, [1, 2]);
        assert_eq!(world.numbers("status=saved").await, [2]);
        assert_eq!(world.numbers("status=finished,aborted").await, [1]);
        assert_eq!(world.numbers("source=development&target=QUALITY").await, [2, 1]);
        assert!(world.numbers("source=Quality").await.is_empty());
        assert_eq!(world.numbers("application=shop").await, [2]);
        assert_eq!(world.numbers("application=Core").await, [2, 1]);
        assert_eq!(world.numbers("application=Core&version=0.1").await, [1]);
        assert_eq!(world.numbers("version=0.1.0").await, [2, 1]);
        assert!(world.numbers("application=Core&version=9").await.is_empty());
        assert_eq!(world.numbers("by=ADA").await, [2, 1]);
        assert_eq!(world.numbers("kind=ordinary").await, [2, 1]);
        assert!(world.numbers("kind=rollback").await.is_empty());
        assert_eq!(world.numbers("warnings=no&kind=ordinary").await, [2, 1]);
        assert!(world.numbers("warnings=yes").await.is_empty());
        for what in ["created", "started", "finished"] {
            let on = |day: Day| format!("{what}-from={day}&{what}-to={day}");
            assert_eq!(world.numbers(&on(first)).await, [1], "{what}");
        }
        assert_eq!(world.numbers(&format!("created-from={second}")).await, [2]);
        assert!(world.numbers(&format!("started-from={second}")).await.is_empty());
        for (text, found) in [
            ("core", vec![2, 1]), ("SHOP core", vec![2]), ("ada", vec![2, 1]), ("lovelace", vec![2, 1]),
            ("gap_", vec![2]), ("100%25", vec![2]), ("%25", vec![]), ("_", vec![]), ("%2A", vec![]),
            ("%23" , vec![2, 1]), ("%231", vec![1]), ("\"core\"", vec![]), ("core OR zzz", vec![]),
            ("NEAR(core)", vec![]), ("%00", vec![2, 1]), ("'", vec![]), ("\\", vec![]),
        ] {
            assert_eq!(world.numbers(&format!("search={text}")).await, found, "{text}");
        }
        let page = world.list("search=gap_&status=saved&by=ada&application=Shop").await;
        assert_eq!(page.total, Counted { number: 1, more: false });
        assert_eq!(page.unfiltered, Counted { number: 2, more: false });
        assert_eq!(page.rows[0].notes, "Mind 100% of the gap_");
    }

    async fn plans_with_warnings_are_found_whether_a_check_or_the_run_gave_them(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.publish_other(1, "one").await;
        let (clean, revision) = world.plan(vec![core(), shop()]).await;
        world.deploy(clean, revision).await;
        world.settle().await;
        assert_eq!(world.status(clean).await, PlanStatus::FinishedSuccessful);
        // Shop keeps a copy of what Core was: the check warns of it.
        world.publish_core("two").await;
        let (warned, revision) = world.plan(vec![core()]).await;
        let report = world.slipway.check_plan(&world.operator, warned).await.unwrap();
        let warnings = report.count(Severity::Warning);
        assert!(report.count(Severity::Error) == 0 && warnings > 0, "{report:?}");
        let page = world.list("warnings=yes").await;
        assert_eq!(numbers(&page), [warned]);
        assert_eq!(page.rows[0].findings, Some((0, u32::try_from(warnings).unwrap())));
        assert_eq!((page.total.number, page.unfiltered.number), (1, 2));
        assert_eq!(world.numbers("warnings=no").await, [clean]);
        assert_eq!(world.numbers("warnings=yes&status=saved&application=Core").await, [warned]);
        assert!(world.numbers("warnings=yes&application=Shop").await.is_empty());
        // Its run takes nothing of that away.
        world.deploy(warned, revision).await;
        world.settle().await;
        assert_eq!(world.status(warned).await, PlanStatus::FinishedSuccessful);
        // And of one that nothing was said of beforehand, its end counts.
        let (ended, revision) = world.plan(vec![other(1)]).await;
        assert_eq!(world.numbers("warnings=yes").await, [warned]);
        world.deploy(ended, revision).await;
        Box::pin(world.loses_everything(ended)).await;
        assert_eq!(world.status(ended).await, PlanStatus::FinishedWithWarnings);
        assert_eq!(world.numbers("warnings=yes").await, [ended, warned]);
        assert_eq!(world.numbers("warnings=no").await, [clean]);
    }

    async fn what_one_may_not_know_of_matches_nothing(mut world: World) {
        world.publish_core("one").await;
        world.plan(vec![core()]).await;
        for query in ["source=Nowhere", "target=Nowhere", "application=Nothing", "by=nobody", "by=%00", "source=%00a"] {
            let page = world.list(query).await;
            assert_eq!((page.rows.len(), page.total.number, page.unfiltered.number), (0, 0, 1), "{query}");
            let filter = PlanFilter::parse(query);
            let file = world.slipway.export_plans(&world.operator, &filter, None).await.unwrap();
            assert_eq!((file.lines.lines().count(), file.next), (1, None), "{query}");
        }
    }

    async fn pages_hang_on_plans(mut world: World) {
        world.publish_core("one").await;
        for _ in 0..7 {
            world.plan(vec![core()]).await;
        }
        let page = world.page("", PlanCut::Start, 3).await;
        assert_eq!((numbers(&page), page.has_before, page.has_after), (vec![7, 6, 5], false, true));
        let page = world.page("", PlanCut::After(5), 3).await;
        assert_eq!((numbers(&page), page.has_before, page.has_after), (vec![4, 3, 2], true, true));
        // A new plan moves nothing.
        world.plan(vec![core()]).await;
        let again = world.page("", PlanCut::After(5), 3).await;
        assert_eq!(numbers(&again), numbers(&page));
        let last = world.page("", PlanCut::After(2), 3).await;
        assert_eq!((numbers(&last), last.has_after), (vec![1], false));
        let page = world.page("", PlanCut::Before(4), 3).await;
        assert_eq!((numbers(&page), page.has_before, page.has_after), (vec![7, 6, 5], true, true));
        // The first page is never a short one.
        let page = world.page("", PlanCut::Before(7), 3).await;
        assert_eq!((numbers(&page), page.has_before), (vec![8, 7, 6], false));
        let page = world.page("sort=oldest", PlanCut::After(6), 3).await;
        assert_eq!((numbers(&page), page.has_after), (vec![7, 8], false));
        assert_eq!(page.total.number, 8);
    }

    async fn days_out_of_order_and_ten_megabytes_are_refused(mut world: World) {
        let days = PlanFilter::parse("finished-from=2026-11-20&finished-to=2026-11-13");
        let (field, message) = world.refused(days).await;
        assert_eq!(field, "finished");
        assert_eq!(
            message,
            "The first day, 2026-11-20, is after the last one, 2026-11-13. Choose them the other way round."
        );
        let endless = PlanFilter { text: "x".repeat(10_000_000), ..PlanFilter::default() };
        let (field, message) = world.refused(endless).await;
        assert_eq!(field, "search");
        assert!(message.contains("200 characters"), "{message}");
        let named = PlanFilter { application: "x".repeat(10_000_000), ..PlanFilter::default() };
        assert_eq!(world.refused(named).await.0, "application");
        let wordy = PlanFilter { text: "a ".repeat(20), ..PlanFilter::default() };
        assert_eq!(world.refused(wordy).await.0, "search");
    }

    async fn tabs_are_counted_and_every_order_pages_through_all(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let started = world.slipway.start_plan(&world.operator, plan, revision, None);
        Box::pin(started).await.unwrap();
        Box::pin(world.settle()).await;
        world.plan(vec![core()]).await;
        world.plan(vec![core()]).await;
        let count = async |filter| {
            let counts = world.slipway.count_plans(&world.operator, filter).await.unwrap();
            counts.into_iter().map(|count| count.number).collect::<Vec<_>>()
        };
        assert_eq!(count(PlanFilter::default()).await, [3, 0, 0, 2, 1, 0, 0]);
        // What the tab itself narrows does not count.
        let saved = PlanFilter { statuses: [PlanStatus::Saved].into(), ..PlanFilter::default() };
        assert_eq!(count(saved).await, [3, 0, 0, 2, 1, 0, 0]);
        let elsewhere = PlanFilter { source: "Quality".to_owned(), ..PlanFilter::default() };
        assert_eq!(count(elsewhere).await, [0; 7]);
        let unknown = PlanFilter { target: "Nowhere".to_owned(), ..PlanFilter::default() };
        assert_eq!(count(unknown).await, [0; 7]);
        for order in PlanOrder::ALL {
            let filter = PlanFilter { order, ..PlanFilter::default() };
            let mut seen = Vec::new();
            let mut cut = PlanCut::Start;
            loop {
                let request = PlanRequest { filter: filter.clone(), cut, limit: 1 };
                let page = world.slipway.list_plans(&world.operator, request).await.unwrap();
                let Some(row) = page.rows.first() else { break };
                seen.push(row.number);
                if !page.has_after {
                    break;
                }
                cut = PlanCut::After(row.number);
            }
            let expected: &[u64] = match order {
                PlanOrder::Oldest => &[1, 2, 3],
                // Only the first was ever started and over; what is alike is newest first.
                PlanOrder::StartedLast | PlanOrder::StartedFirst | PlanOrder::FinishedLast
                | PlanOrder::FinishedFirst | PlanOrder::Longest | PlanOrder::Shortest => &[1, 3, 2],
                PlanOrder::Newest => &[3, 2, 1],
                // What is saved stands before what is over.
                PlanOrder::ByState => &[3, 2, 1],
                PlanOrder::Name | PlanOrder::NameFromEnd => {
                    seen.sort_unstable();
                    &[1, 2, 3]
                }
            };
            assert_eq!(seen, expected, "{order:?}");
        }
    }

    async fn the_file_has_every_plan_and_no_formula(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.as_somebody().await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        // What a plan does nothing with is not listed.
        let idle = PlanEdit::SetChoice(shop(), Choice::DoNothing);
        let revision = world.edit(plan, revision, idle).await;
        world
            .edit(plan, revision, PlanEdit::SetNotes("=HYPERLINK(\"x\"),\nnext".to_owned()))
            .await;
        world.plan(vec![core()]).await;
        let filter = PlanFilter { order: PlanOrder::Oldest, ..PlanFilter::default() };
        let viewer = actor(Standing::Viewer);
        let file = world.slipway.export_plans(&viewer, &filter, None).await.unwrap();
        assert_eq!(file.next, None);
        let mut lines = file.lines.split("\r\n");
        assert!(lines.next().unwrap().starts_with("Number,Name,Kind,Status,Waits for,Waits since,Source,Target,"));
        let first = lines.next().unwrap();
        assert!(first.starts_with("1,Core 0.1 to Quality,ordinary,saved,,,Development,Quality,Core 0.1,"), "{first}");
        assert!(first.contains(",Ada Lovelace,"), "{first}");
        assert!(first.ends_with(",\"'=HYPERLINK(\"\"x\"\"),\nnext\""), "{first}");
        assert!(lines.next().unwrap().starts_with("2,"));
        assert_eq!(lines.next(), Some(""));
        let rest = world.slipway.export_plans(&viewer, &filter, Some(1)).await.unwrap();
        assert!(rest.lines.starts_with("2,") && rest.next.is_none());
        let people = world.slipway.list_plan_people(&viewer).await.unwrap();
        let logins: BTreeSet<_> = people.iter().map(|person| person.login.as_str()).collect();
        assert_eq!(logins, BTreeSet::from(["ada"]));
    }
}

/// More plans than one part of the file, and than are counted.
async fn very_many(slipway: TestBackend) {
    let store = store::Store::open_beside(&slipway.database_url())
        .await
        .unwrap();
    store::testing::plans::fill_plans(&store, 1, 1_300).await;
    store.close().await.unwrap();
    let viewer = actor(Standing::Viewer);
    let request = |query: &str| PlanRequest {
        filter: PlanFilter::parse(query),
        limit: 50,
        ..PlanRequest::default()
    };
    let page = slipway
        .list_plans(&viewer, request("search=desk"))
        .await
        .unwrap();
    assert_eq!(
        page.total,
        Counted {
            number: 500,
            more: true
        }
    );
    assert_eq!(
        page.unfiltered,
        Counted {
            number: 1_299,
            more: false
        }
    );
    assert_eq!((page.rows.len(), page.has_after), (50, true));
    let filter = PlanFilter::parse("search=desk&sort=oldest");
    let mut after = None;
    let mut lines = String::new();
    let mut parts = 0;
    loop {
        let part = slipway.export_plans(&viewer, &filter, after).await.unwrap();
        lines.push_str(&part.lines);
        parts += 1;
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(parts, 3);
    let numbers: Vec<u32> = lines
        .split_terminator("\r\n")
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    // The thousandth is a draft.
    let expected: Vec<u32> = (1..=1_300).filter(|number| *number != 1_000).collect();
    assert_eq!(numbers, expected);
}

#[tokio::test]
async fn very_many_plans_on_sqlite() {
    very_many(TestBackend::new().await).await;
}

#[tokio::test]
async fn very_many_plans_on_postgres() {
    very_many(TestBackend::postgres().await).await;
}

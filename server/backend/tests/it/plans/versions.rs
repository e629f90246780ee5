//! Versions as plans meet them (domain.md 1.7): each rule by its number. V8 and V9 are about mobile
//! applications.

use super::{World, core, number, on_both};
use backend::testing::{FakeAgent, TestBackend, actor};
use domain::access::Standing;
use domain::impact::{FindingCode, Severity};
use domain::plan::Choice;
use domain::view::{
    NewRetag, NewVersion, OlderState, PlanApplicationRow, PlanEdit, StartOutcome, VersionFilter,
};
use domain::{AppError, EnvironmentId, ModuleVersionId, VersionId, VersionNumber};
use futures::TryStreamExt;

impl World {
    /// Core between Development and Quality, as a new plan offers it.
    async fn offered(&self) -> PlanApplicationRow {
        let (plan, _) = self.plan(vec![core()]).await;
        let detail = self.slipway.read_plan(&self.operator, plan).await.unwrap();
        let gone = self.slipway.discard_plan(&self.operator, plan);
        gone.await.unwrap();
        detail.rows[0].clone()
    }

    async fn core_numbers(&self) -> Vec<VersionNumber> {
        let page = self
            .slipway
            .list_versions(&self.operator, VersionFilter::newest(core(), 50));
        let rows = page.await.unwrap().rows;
        rows.iter().map(|row| row.number).collect()
    }

    /// The bundle that Quality's agent runs of Core.
    fn core_hosted(&self) -> Vec<String> {
        bundles(&self.quality)
    }

    /// A tag's state, as it can be tagged anew in an environment.
    pub(super) async fn older(&self, environment: EnvironmentId, base: VersionId) -> OlderState {
        let read = self
            .slipway
            .read_older_state(&self.operator, core(), environment, base);
        read.await.unwrap()
    }

    /// What was recorded of an action after it, the newest last.
    async fn audit_of(&self, action: &str) -> Vec<String> {
        let rows = self.slipway.list_audit().await.into_iter();
        let rows = rows.filter(|row| row.action == action);
        rows.map(|row| row.after.unwrap_or_default()).collect()
    }
}

/// The bundles that an agent runs.
fn bundles(agent: &FakeAgent) -> Vec<String> {
    let running = agent.running.values();
    running
        .map(|state| agent.known[state].digest.clone())
        .collect()
}

on_both! {
    async fn v1_a_tag_delivers_exactly_that_state_even_if_development_went_on(mut world: World) {
        world.publish_core("one").await;
        let version = world.tag_core(world.source(), "1.0").await;
        let tagged: Vec<String> = world
            .development
            .running
            .values()
            .map(|state| world.development.known[state].digest.clone())
            .collect();
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let edit = PlanEdit::SetChoice(core(), Choice::Deploy { version });
        let revision = world.edit(plan, revision, edit).await;
        world.run_through(plan, revision).await;
        assert_eq!(world.core_hosted(), tagged);
    }

    async fn the_notes_of_the_plans_that_brought_it_stay_with_a_version(mut world: World) {
        world.publish_core("one").await;
        let version = world.tag_core(world.source(), "1.0").await;
        let told = async |world: &World, offset| {
            let all = world.slipway.list_deliveries(&world.operator, vec![version], offset);
            all.await.unwrap().remove(0)
        };
        assert_eq!((told(&world, 0).await.total, told(&world, 0).await.rows.len()), (0, 0));
        let (plan, revision) = world.plan(vec![core()]).await;
        let edit = PlanEdit::SetChoice(core(), Choice::Deploy { version });
        let revision = world.edit(plan, revision, edit).await;
        let notes = PlanEdit::SetNotes("**Restart** the tills.".to_owned());
        let revision = world.edit(plan, revision, notes).await;
        // Only what is over has brought anything.
        assert_eq!(told(&world, 0).await.total, 0);
        world.run_through(plan, revision).await;
        let came = told(&world, 0).await;
        assert_eq!((came.version, came.total), (version, 1));
        let row = &came.rows[0];
        assert_eq!((row.number, row.target.as_str()), (plan, "Quality"));
        assert_eq!(row.notes, "**Restart** the tills.");
        assert_eq!(told(&world, 1).await.rows, []);
    }

    async fn v2_v3_what_runs_is_a_tag_or_a_tag_and_a_plus(mut world: World) {
        world.publish_core("one").await;
        world.tag_core(world.source(), "1.0").await;
        let cell = &world.core_now().await.cells[0];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("1.0")), false));
        world.publish_core("two").await;
        let detail = world.core_now().await;
        let cell = &detail.cells[0];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("1.0")), true));
        // The plus stands at the module, too.
        assert!(detail.modules[0].cells[0].modified);
    }

    async fn v4_what_is_made_downstream_is_a_hotfix_until_it_is_settled(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        assert!(!world.core_now().await.cells[1].marks.hotfix);
        world.publish_core_in("Quality", "urgent").await;
        let detail = world.core_now().await;
        let marks = detail.cells[1].marks;
        assert!(marks.hotfix && marks.modified);
        let hotfix = detail.guarded.hotfixes[0].id;
        let waived = world.slipway.waive_hotfix(&world.operator, hotfix, "Not needed");
        waived.await.unwrap();
        assert!(!world.core_now().await.cells[1].marks.hotfix);
    }

    async fn v5_proposed_is_the_next_second_number_and_downstream_the_next_third(mut world: World) {
        world.publish_core("one").await;
        let row = world.offered().await;
        assert_eq!(row.tag_proposal, Some(VersionNumber::FIRST));
        world.tag_core(world.source(), "0.3").await;
        assert_eq!(world.offered().await.tag_proposal, None, "it runs a tag, unchanged");
        world.publish_core("two").await;
        assert_eq!(world.offered().await.tag_proposal, Some(number("0.4")));
        // The proposal may be changed, as long as it goes up.
        let (plan, revision) = world.plan(vec![core()]).await;
        let tag = |text: &str| Choice::TagAndDeploy { number: number(text), description: String::new() };
        let low = world.edit(plan, revision, PlanEdit::SetChoice(core(), tag("0.2"))).await;
        let report = world.slipway.check_plan(&world.operator, plan).await.unwrap();
        assert!(report.findings.iter().any(|f| f.code == FindingCode::TagNumberUnusable));
        let revision = world.edit(plan, low, PlanEdit::SetChoice(core(), tag("0.7"))).await;
        world.run_through(plan, revision).await;
        assert_eq!(world.core_numbers().await, [number("0.7"), number("0.3")]);
        world.publish_core_in("Quality", "urgent").await;
        let plan = world
            .slipway
            .create_plan(&world.operator, world.target(), world.source(), vec![core()])
            .await
            .unwrap();
        let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        assert_eq!(detail.rows[0].tag_proposal, Some(number("0.7.1")));
    }

    async fn v6_a_lower_version_than_the_targets_is_not_offered_and_refused(mut world: World) {
        world.publish_core("one").await;
        let old = world.tag_core(world.source(), "1.0").await;
        world.publish_core("two").await;
        world.tag_core(world.source(), "2.0").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        let offered: Vec<_> = world.offered().await.eligible.iter().map(|tag| tag.number).collect();
        assert_eq!(offered, [number("2.0")]);
        let (plan, revision) = world.plan(vec![core()]).await;
        let edit = PlanEdit::SetChoice(core(), Choice::Deploy { version: old });
        let revision = world.edit(plan, revision, edit).await;
        // No reason overrides it.
        let reason = Some("I want it".to_owned());
        let refused = world.slipway.start_plan(&world.operator, plan, revision, reason).await;
        let StartOutcome::Refused(report) = refused.unwrap() else {
            panic!("it went back");
        };
        let errors = report.findings.iter().filter(|f| f.severity == Severity::Error);
        let codes: Vec<_> = errors.map(|f| f.code).collect();
        assert_eq!(codes, [FindingCode::VersionDowngrade]);
    }

    async fn v10_tags_are_made_wherever_it_runs_by_who_may_also_from_inside_a_plan(mut world: World) {
        world.publish_core("one").await;
        let detail = world.core_now().await;
        let new = || NewVersion {
            application: core(),
            environment: world.source(),
            number: "1.0".to_owned(),
            description: String::new(),
            running_revision: detail.running_revisions[0].unwrap(),
        };
        let viewer = actor(Standing::Viewer);
        let refused = world.slipway.tag_version(&viewer, new()).await;
        assert!(matches!(refused, Err(AppError::Forbidden { .. })));
        // From inside a plan, in the transaction that starts it.
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        assert_eq!(world.core_numbers().await, [VersionNumber::FIRST]);
        world.publish_core_in("Quality", "urgent").await;
        world.tag_core(world.target(), "0.1.1").await;
        assert_eq!(world.core_numbers().await, [number("0.1.1"), VersionNumber::FIRST]);
    }

    async fn v7_an_older_state_is_tagged_anew_and_goes_down_the_lanes(mut world: World) {
        world.publish_core("one").await;
        let first = world.tag_core(world.source(), "0.2").await;
        let old = bundles(&world.development);
        world.publish_core("two").await;
        world.tag_core(world.source(), "0.3").await;
        let new = bundles(&world.development);
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        assert_eq!(bundles(&world.quality), new);

        let bases = world.slipway.list_tag_bases(&world.operator, core(), world.source());
        let numbers: Vec<_> = bases.await.unwrap().bases.into_iter().map(|(_, of)| of).collect();
        assert_eq!(numbers, [number("0.3"), number("0.2")]);
        let state = world.older(world.source(), first).await;
        // V5: a third number is proposed, and it says that Quality would not take it (V6).
        assert_eq!((state.number, state.proposal), (number("0.2"), number("0.2.1")));
        assert_eq!(state.ahead, Some(("Quality".to_owned(), number("0.3"))));
        let [module] = state.modules.as_slice() else {
            panic!("{state:?}");
        };
        let tags: Vec<_> = module.states.iter().map(|state| state.tags.clone()).collect();
        assert_eq!(tags, [vec![number("0.2")], vec![number("0.3")]]);
        assert!(module.states[1].running && !module.states[0].running);

        // Only above its base, only once, and nothing but what was offered.
        let retag = |number: &str, modules: Vec<ModuleVersionId>| NewRetag {
            application: core(),
            environment: world.source(),
            base: first,
            modules,
            number: number.to_owned(),
            description: "Back to what it was".to_owned(),
        };
        let own = vec![module.states[0].version];
        for (number, modules, what) in [
            ("0.2", own.clone(), "is not above 0.2"),
            ("0.1", own.clone(), "is not above 0.2"),
            ("0.3", own.clone(), "has a version 0.3 already"),
            ("0.4", Vec::new(), "is missing"),
            ("0.4", vec![own[0], module.states[1].version], "chosen twice"),
            ("0.4", vec![ModuleVersionId(uuid::Uuid::from_u128(9))], "choose anew"),
        ] {
            let refused = world.slipway.retag_version(&world.operator, retag(number, modules)).await;
            let words = refused.unwrap_err().to_string();
            assert!(words.contains(what), "{number}: {words}");
        }
        let again = world.slipway.retag_version(&world.operator, retag("0.4", own)).await.unwrap();
        // What Development runs stays what it is, also after it was looked at again.
        let here = world.source();
        world.slipway.synchronize_environment(&world.operator, here).await.unwrap();
        world.settle().await;
        let cell = &world.core_now().await.cells[0];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("0.3")), false));
        let audit = world.audit_of("version_tagged").await;
        assert!(audit.last().unwrap().contains("\"from\":\"0.2\""), "{audit:?}");

        // And an ordinary plan brings the old content under the higher number.
        let (plan, revision) = world.plan(vec![core()]).await;
        let edit = PlanEdit::SetChoice(core(), Choice::Deploy { version: again });
        let revision = world.edit(plan, revision, edit).await;
        world.run_through(plan, revision).await;
        assert_eq!(bundles(&world.quality), old);
        let cell = &world.core_now().await.cells[1];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("0.4")), false));
        assert!(!cell.marks.hotfix && !cell.marks.changed_outside);
    }

    async fn v11_a_tag_is_removed_only_when_nothing_needs_it(mut world: World) {
        world.publish_core("one").await;
        let first = world.tag_core(world.source(), "1.0").await;
        let administrator = actor(Standing::Administrator);
        let refused = world.slipway.delete_version(&world.operator, first).await;
        assert!(matches!(refused, Err(AppError::Forbidden { .. })));
        let words = |refused: Result<(), AppError>| {
            let error = refused.unwrap_err();
            assert_eq!(error.code(), "version_in_use");
            error.to_string()
        };
        let running = words(world.slipway.delete_version(&administrator, first).await);
        assert!(running.contains("runs in Development, or"), "{running}");
        world.publish_core("two").await;
        let second = world.tag_core(world.source(), "2.0").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let edit = PlanEdit::SetChoice(core(), Choice::Deploy { version: first });
        world.edit(plan, revision, edit).await;
        let planned = words(world.slipway.delete_version(&administrator, first).await);
        assert!(planned.contains(&format!("part of deployment plan #{plan}")), "{planned}");
        world.slipway.discard_plan(&world.operator, plan).await.unwrap();

        // Its package first: every bundle is in it, as it is kept.
        let package = world.slipway.open_package(&world.operator, first).await.unwrap();
        assert_eq!(package.name, "Core-1.0.tar");
        let bytes: Vec<_> = package.bytes.try_collect().await.unwrap();
        let bytes = bytes.concat();
        assert_eq!(bytes.len() as u64, package.size);
        let mut files = std::collections::BTreeMap::new();
        for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            files.insert(path, content);
        }
        let contents: serde_json::Value = serde_json::from_slice(&files["version.json"]).unwrap();
        assert_eq!(contents["version"], "1.0");
        let modules = contents["modules"].as_array().unwrap();
        assert_eq!(modules.len() + 1, files.len());
        for module in modules {
            let bundle = &files[module["bundle"].as_str().unwrap()];
            let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(bundle));
            assert_eq!(module["sha256"], digest.as_str());
        }

        world.slipway.delete_version(&administrator, first).await.unwrap();
        assert_eq!(world.core_numbers().await, [number("2.0")]);
        let gone = world.slipway.delete_version(&administrator, first).await;
        assert!(matches!(gone, Err(AppError::NotFound { .. })));
        let audit = world.audit_of("version_deleted").await;
        assert_eq!(audit.len(), 1);
        // What is left still works: it is checked, and it goes down the lanes.
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        let running = words(world.slipway.delete_version(&administrator, second).await);
        assert!(running.contains("runs in Development and Quality, or"), "{running}");
    }

    async fn v12_versions_are_filtered_by_what_they_say_about_the_change(mut world: World) {
        world.publish_core("one").await;
        for (number, words) in [("1.0", "Prices with VAT"), ("1.1", "100% faster"), ("1.2", "")] {
            world.publish_core(number).await;
            world.tag_core_saying(world.source(), number, words).await;
        }
        let find = async |text: &str| {
            let filter = VersionFilter {
                text: text.to_owned(),
                ..VersionFilter::newest(core(), domain::view::VERSION_PAGE)
            };
            let page = world.slipway.list_versions(&world.operator, filter).await.unwrap();
            assert_eq!((page.total, page.unfiltered), (page.rows.len() as u64, 3));
            page.rows.iter().map(|row| row.number).collect::<Vec<_>>()
        };
        assert_eq!(find("").await, [number("1.2"), number("1.1"), number("1.0")]);
        assert_eq!(find(" vat ").await, [number("1.0")]);
        assert_eq!(find("0%").await, [number("1.1")], "a sign of the database is only a sign");
        assert_eq!(find("1.2").await, [number("1.2")]);
        assert!(find("nothing like it").await.is_empty());
        assert_eq!(domain::view::VERSION_PAGE, 5);
    }

    async fn v13_content_that_equals_a_tag_is_that_tag_however_it_came(mut world: World) {
        world.publish_core("one").await;
        world.tag_core(world.source(), "1.0").await;
        world.publish_core_in("Quality", "one").await;
        let cell = &world.core_now().await.cells[1];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("1.0")), false));
        assert!(!cell.marks.hotfix && !cell.marks.changed_outside);
    }

    async fn v14_a_synchronization_never_renumbers_tags(mut world: World) {
        world.publish_core("one").await;
        world.tag_core(world.source(), "3.0").await;
        world.publish_core("two").await;
        world.tag_core(world.source(), "3.1").await;
        let before = world.core_numbers().await;
        for _ in 0..3 {
            for place in [world.source(), world.target()] {
                world.slipway.synchronize_environment(&world.operator, place).await.unwrap();
            }
            world.settle().await;
        }
        assert_eq!(world.core_numbers().await, before);
        let cell = &world.core_now().await.cells[0];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("3.1")), false));
    }
}

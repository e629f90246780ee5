//! The settings step of plans (domain.md 3.7): what needs a value, who may enter one, when it holds.

mod after;
mod history;
mod keys;
mod secrets;
mod values;
mod waits;

use super::{World, id, on_both, write};
use backend::Actor;
use backend::testing::{Fault, TestBackend};
use domain::impact::{FindingCode, Severity};
use domain::plan::PlanStatus;
use domain::settings::{Property, PropertyKind, SettingEdit, StepState, ValueSource, WhyDisabled};
use domain::view::{
    LeftValues, PlanEdit, PlanProperty, SETTINGS_PAGE, SettingsRequest, SettingsStep, StartOutcome,
};
use domain::{AppError, ApplicationId, ModuleId};
use protocol::Order;
use tempfile::TempDir;

const TILL: u128 = 0x300;
const SECRET: &str = "correct-horse-battery-staple";

fn till() -> ApplicationId {
    ApplicationId(id(TILL))
}

fn module() -> ModuleId {
    ModuleId(id(TILL + 1))
}

/// `Currency` with a default, `Limit` without one, the secret `ApiKey`.
const ALL: &str = "
[[module.setting]]
name = \"Currency\"
type = \"text\"
default = \"EUR\"
[[module.setting]]
name = \"Limit\"
type = \"integer\"
[[module.setting]]
name = \"ApiKey\"
type = \"text\"
secret = true
";

impl World {
    async fn publish_till(&mut self, content: &str, settings: &str) {
        let folder = TempDir::new().unwrap();
        let toml = format!(
            "[application]\nid = \"{}\"\nname = \"Till\"\n\
             [[module]]\nid = \"{}\"\nname = \"TillFront\"\nkind = \"static\"\npath = \"front\"\nurl_path = \"/till\"\n{settings}",
            id(TILL),
            id(TILL + 1),
        );
        write(folder.path(), "slipway.toml", &toml);
        write(folder.path(), "front/index.html", content);
        self.publish(folder.path(), "Development").await;
    }

    async fn step(&self, plan: u64, all: bool) -> SettingsStep {
        self.step_at(
            plan,
            SettingsRequest {
                all,
                ..SettingsRequest::default()
            },
        )
        .await
    }

    async fn step_at(&self, plan: u64, request: SettingsRequest) -> SettingsStep {
        self.slipway
            .read_plan_settings(&self.operator, plan, request)
            .await
            .unwrap()
    }

    /// Enters a value; the page says what it takes the property for, which must not matter.
    async fn enter(
        &self,
        by: &Actor,
        plan: u64,
        name: &str,
        value: Option<&str>,
    ) -> Result<i64, AppError> {
        let revision = self
            .slipway
            .read_plan(&self.operator, plan)
            .await
            .unwrap()
            .revision;
        let edit = SettingEdit {
            module: module(),
            name: name.to_owned(),
            property: Property {
                kind: PropertyKind::Text,
                secret: false,
                default: true,
            },
            value: value.map(str::to_owned),
        };
        self.slipway
            .edit_plan(by, plan, revision, PlanEdit::SetSetting(edit))
            .await
    }

    async fn entered(&self, plan: u64, values: &[(&str, &str)]) -> i64 {
        let mut revision = 0;
        for (name, value) in values {
            revision = self
                .enter(&self.operator, plan, name, Some(value))
                .await
                .unwrap();
        }
        revision
    }

    async fn missing(&self, plan: u64) -> Vec<(FindingCode, String)> {
        let report = self.slipway.check_plan(&self.operator, plan).await.unwrap();
        let mut found: Vec<_> = report
            .findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| (finding.code, finding.detail.unwrap_or_default()))
            .collect();
        found.sort_unstable();
        found
    }

    async fn start_and_settle(&mut self, plan: u64, revision: i64) -> StartOutcome {
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None)
            .await
            .unwrap();
        self.settle().await;
        started
    }

    /// What the agent of Quality was told last of the module.
    fn told(&self) -> Vec<(String, String)> {
        let running = self.quality.running[&module().0];
        let settings = &self.quality.known[&running].settings;
        let pairs = settings.iter();
        pairs
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    async fn set(&self) -> Vec<(String, Option<String>, bool)> {
        let all = self
            .slipway
            .list_site_properties(&self.operator, self.target(), module())
            .await
            .unwrap();
        let rows = all.into_iter();
        rows.map(|row| (row.name, row.value, row.set)).collect()
    }
}

fn names(step: &SettingsStep) -> Vec<&str> {
    step.rows.iter().map(|row| row.name.as_str()).collect()
}

fn row<'a>(step: &'a SettingsStep, name: &str) -> &'a PlanProperty {
    step.rows.iter().find(|row| row.name == name).unwrap()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = all.iter();
    pairs
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

/// So many properties, without values.
fn many(count: u32) -> String {
    let one = |at: u32| {
        format!("[[module.setting]]\nname = \"P{at:03}\"\ntype = \"text\"\ndefault = \"{at}\"\n")
    };
    (0..count).map(one).collect()
}

on_both! {
    async fn very_many_properties_are_paged_and_searched_and_none_is_cut(mut world: World) {
        let count = 2 * SETTINGS_PAGE + 30;
        world.publish_till("one", &many(count)).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let mut seen = Vec::new();
        for from in [0, SETTINGS_PAGE, 2 * SETTINGS_PAGE] {
            let request = SettingsRequest { from, ..SettingsRequest::default() };
            let step = world.step_at(plan, request).await;
            assert_eq!((step.from, step.matching, step.total), (from, count, count));
            seen.extend(step.rows.into_iter().map(|row| row.name));
        }
        let all: Vec<String> = (0..count).map(|at| format!("P{at:03}")).collect();
        assert_eq!(seen, all);
        // Behind the end is the last page.
        let behind = SettingsRequest { from: 9_000, ..SettingsRequest::default() };
        assert_eq!(world.step_at(plan, behind).await.from, 2 * SETTINGS_PAGE);
        let search = SettingsRequest { search: " p22 ".to_owned(), ..SettingsRequest::default() };
        let step = world.step_at(plan, search).await;
        assert_eq!((step.matching, names(&step)[0]), (10, "P220"));
    }

    async fn c1_c2_what_is_new_needs_values_which_come_with_the_switch(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, revision) = world.plan(vec![till()]).await;
        let step = world.step(plan, false).await;
        assert_eq!(step.state, StepState::Shown { needed: 2, news: 3 });
        // What needs a value comes first.
        assert_eq!(names(&step), ["ApiKey", "Limit", "Currency"]);
        assert_eq!(row(&step, "Limit").source, ValueSource::Missing);
        assert_eq!(row(&step, "Currency").source, ValueSource::Default);
        // Secrets never show a default, and nothing of the source.
        assert_eq!((&row(&step, "ApiKey").default, &row(&step, "ApiKey").in_source), (&None, &None));
        let missing = |name: &str| (FindingCode::SettingMissing, name.to_owned());
        assert_eq!(world.missing(plan).await, [missing("ApiKey"), missing("Limit")]);
        // The browser's check on its slice says the same.
        let slice = world
            .slipway
            .read_slice(&world.operator, world.source(), world.target(), vec![till()])
            .await
            .unwrap();
        let content = world.slipway.read_plan(&world.operator, plan).await.unwrap().content;
        let options = domain::impact::CheckOptions { parallel_limit: None };
        let report =
            domain::impact::check_landscape(std::sync::Arc::new(slice.landscape), &content, options).unwrap();
        assert_eq!(report.count(Severity::Error), 2, "{report:?}");
        let refused = world.start_and_settle(plan, revision).await;
        assert!(matches!(refused, StartOutcome::Refused(_)));

        let revision = world.entered(plan, &[("limit", "5"), ("ApiKey", SECRET)]).await;
        assert_eq!(world.missing(plan).await, []);
        let step = world.step(plan, false).await;
        assert_eq!(step.state, StepState::Shown { needed: 0, news: 3 });
        let limit = row(&step, "Limit").entered.as_ref().unwrap();
        assert_eq!(limit.value.as_deref(), Some("5"));
        // Write-only: who and when, never what.
        let key = row(&step, "ApiKey").entered.as_ref().unwrap();
        assert_eq!(key.value, None);
        let shown = format!("{step:?}{:?}", world.slipway.read_plan(&world.operator, plan).await);
        assert!(!shown.contains(SECRET));
        assert!(!world.slipway.stores(SECRET).await, "a plan keeps the secret in plain");

        assert_eq!(world.start_and_settle(plan, revision).await, StartOutcome::Started);
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        assert_eq!(
            world.told(),
            pairs(&[("ApiKey", SECRET), ("Currency", "EUR"), ("Limit", "5")])
        );
        assert_eq!(
            world.set().await,
            [
                ("ApiKey".to_owned(), None, true),
                ("Currency".to_owned(), None, false),
                ("Limit".to_owned(), Some("5".to_owned()), true),
            ]
        );
        assert!(!world.slipway.stores(SECRET).await, "a run leaves the secret in plain");

        // C4: nothing is new any more; C3: what is set can be changed all the same.
        world.publish_till("two", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let step = world.step(plan, false).await;
        assert_eq!((step.state, step.rows.len(), step.total), (StepState::Skipped, 0, 3));
        let step = world.step(plan, true).await;
        assert_eq!(names(&step), ["ApiKey", "Currency", "Limit"]);
        assert_eq!(row(&step, "Limit").in_target.as_deref(), Some("5"));
        let revision = world.entered(plan, &[("Limit", "6")]).await;
        world.start_and_settle(plan, revision).await;
        assert_eq!(
            world.told(),
            pairs(&[("ApiKey", SECRET), ("Currency", "EUR"), ("Limit", "6")])
        );
    }

    async fn an_aborted_plan_leaves_the_values_as_they_were(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let revision = world.entered(plan, &[("Limit", "5"), ("ApiKey", "old")]).await;
        world.start_and_settle(plan, revision).await;
        world.publish_till("two", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let revision = world.entered(plan, &[("Limit", "6"), ("ApiKey", SECRET)]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        let limit = ("Limit".to_owned(), Some("5".to_owned()), true);
        assert_eq!(world.set().await[2], limit);

        // A retry takes all of it over, and nobody sees more of it than before.
        let retry = world.slipway.retry_plan(&world.operator, plan).await.unwrap();
        let step = world.step(retry, true).await;
        let value = |name: &str| row(&step, name).entered.as_ref().map(|e| e.value.clone());
        assert_eq!(value("Limit"), Some(Some("6".to_owned())));
        assert_eq!(value("ApiKey"), Some(None));
        let opened = world.slipway.read_plan(&world.operator, retry).await.unwrap();
        assert_eq!(opened.origin.as_ref().unwrap().left, LeftValues::default());
        assert!(!format!("{step:?}{opened:?}").contains(SECRET));
        assert!(!world.slipway.stores(SECRET).await);
        world.quality.fails(|_| None);
        let revision = world.slipway.save_plan(&world.operator, retry, opened.revision).await.unwrap();
        assert_eq!(world.start_and_settle(retry, revision).await, StartOutcome::Started);
        assert_eq!(world.told(), pairs(&[("ApiKey", SECRET), ("Currency", "EUR"), ("Limit", "6")]));

        // A plan for another target takes nothing over, and says so.
        let ends = Some((world.target(), world.source()));
        let outlook = world.slipway.foresee_reuse(&world.operator, 1, ends, false).await.unwrap();
        let left = LeftValues {
            of: Some("Quality".to_owned()),
            plain: 1,
            secrets: vec!["ApiKey".to_owned()],
        };
        assert_eq!(outlook.left, left);
        let reuse = world
            .slipway
            .reuse_plan(&world.operator, 1, world.target(), world.source(), false)
            .await
            .unwrap();
        let opened = world.slipway.read_plan(&world.operator, reuse).await.unwrap();
        assert_eq!(opened.content.settings, []);
        assert_eq!(opened.origin.unwrap().left, left);
        // What finished is known to its target.
        let ends = Some((world.source(), world.target()));
        let again = world.slipway.foresee_reuse(&world.operator, 1, ends, true).await.unwrap();
        assert_eq!(again.left, LeftValues::default());
    }

    async fn secrets_that_a_retry_cannot_open_are_named_in_popup_and_plan(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let revision = world.entered(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        world.slipway.damage_secrets_of(plan).await;
        let outlook = world.slipway.foresee_reuse(&world.operator, plan, None, true).await.unwrap();
        let left = LeftValues {
            of: None,
            plain: 0,
            secrets: vec!["ApiKey".to_owned()],
        };
        assert_eq!(outlook.left, left);
        let retry = world.slipway.retry_plan(&world.operator, plan).await.unwrap();
        let opened = world.slipway.read_plan(&world.operator, retry).await.unwrap();
        assert_eq!(opened.origin.unwrap().left, left);
        let has: Vec<_> = opened.content.settings.iter().map(|entered| entered.name.as_str()).collect();
        assert_eq!(has, ["Limit"]);
        // Entered anew, nothing is missing.
        world.entered(retry, &[("ApiKey", "another")]).await;
        let opened = world.slipway.read_plan(&world.operator, retry).await.unwrap();
        assert_eq!(opened.origin.unwrap().left, LeftValues::default());
    }
}

#[tokio::test]
async fn c3_c5_what_does_not_change_cannot_be_set() {
    let mut world = World::new().await;
    world.publish_till("one", ALL).await;
    let (plan, _) = world.plan(vec![till()]).await;
    let revision = world
        .entered(plan, &[("Limit", "5"), ("ApiKey", SECRET)])
        .await;
    world.start_and_settle(plan, revision).await;
    // The same version once more: the target runs it.
    let version = world
        .slipway
        .read_plan(&world.operator, plan)
        .await
        .unwrap()
        .rows[0]
        .eligible[0]
        .id;
    let (plan, revision) = world.plan(vec![till()]).await;
    let choice = domain::plan::Choice::Deploy { version };
    world
        .edit(plan, revision, PlanEdit::SetChoice(till(), choice))
        .await;
    let step = world.step(plan, true).await;
    assert_eq!(step.state, StepState::Disabled(WhyDisabled::NothingToSet));
    assert!(step.rows.iter().all(|row| !row.changes));
    let refused = world.enter(&world.operator, plan, "Limit", Some("9")).await;
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("does not change the application"), "{said}");
    // Nothing with site properties at all.
    world.publish_core("one").await;
    let (plan, _) = world.plan(vec![super::core()]).await;
    let step = world.step(plan, true).await;
    assert_eq!(step.state, StepState::Disabled(WhyDisabled::NothingToSet));
}

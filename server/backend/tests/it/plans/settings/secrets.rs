//! Secrets among the values of a plan: what nobody is shown.

use super::{ALL, SECRET, on_both, pairs, row, till};
use crate::plans::World;
use backend::testing::TestBackend;
use domain::impact::FindingCode;
use domain::settings::{StepState, ValueSource};
use domain::view::{Compared, StartOutcome};

on_both! {
    async fn c2_a_changed_secret_flag_needs_a_value_and_shows_none(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let revision = world.entered(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await;
        world.start_and_settle(plan, revision).await;
        // The secret comes into the open, with a default even; the limit becomes a secret.
        let turned = "
[[module.setting]]
name = \"ApiKey\"
type = \"text\"
default = \"none\"
[[module.setting]]
name = \"Limit\"
type = \"integer\"
secret = true
";
        world.publish_till("two", turned).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let step = world.step(plan, false).await;
        assert_eq!(step.state, StepState::Shown { needed: 2, news: 2 });
        assert_eq!(row(&step, "ApiKey").source, ValueSource::SecretChanged);
        assert_eq!(row(&step, "ApiKey").in_target, None);
        assert!(!format!("{step:?}").contains(SECRET));
        let missing = |name: &str| (FindingCode::SettingMissing, name.to_owned());
        assert_eq!(world.missing(plan).await, [missing("ApiKey"), missing("Limit")]);
        // What was entered is kept apart from what the target has.
        let revision = world.entered(plan, &[("ApiKey", "open"), ("Limit", "7")]).await;
        assert_eq!(world.start_and_settle(plan, revision).await, StartOutcome::Started);
        assert_eq!(world.told(), pairs(&[("ApiKey", "open"), ("Limit", "7")]));
        assert!(!world.slipway.stores(SECRET).await);
    }

    async fn what_will_change_shows_values_and_of_secrets_only_that_they_change(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let revision = world.entered(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await;
        world.start_and_settle(plan, revision).await;
        world.publish_till("two", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let changed = async |world: &World| {
            let (from, to) = (Compared::BeforePlan(plan), Compared::Plan(plan));
            let comparison = world.slipway.compare(&world.operator, from, to, 0, 50).await.unwrap();
            assert!(!format!("{comparison:?}").contains(SECRET));
            let rows = comparison.rows.rows.iter();
            let modules = rows.flat_map(|row| row.modules.clone());
            modules
                .flat_map(|module| module.details.properties)
                .map(|property| (property.name, property.secret, property.before, property.after))
                .collect::<Vec<_>>()
        };
        assert_eq!(changed(&world).await, []);
        // The same secret, entered once more, is no change.
        world.entered(plan, &[("Limit", "6"), ("ApiKey", SECRET)]).await;
        let limit = ("Limit".to_owned(), false, Some("5".to_owned()), Some("6".to_owned()));
        assert_eq!(changed(&world).await, std::slice::from_ref(&limit));
        world.entered(plan, &[("ApiKey", "another")]).await;
        assert_eq!(changed(&world).await, [("ApiKey".to_owned(), true, None, None), limit]);
    }
}

//! Values of former times: compared then and now, before a plan and after it, also where nothing
//! else differs.

use super::{ALL, SECRET, module, on_both, till};
use crate::plans::World;
use backend::testing::TestBackend;
use domain::difference::ModuleDetails;
use domain::plan::PlanStatus;
use domain::view::Compared;

/// Name, secret, before, after.
type Told = (String, bool, Option<String>, Option<String>);

fn told(name: &str, before: &str, after: &str) -> Told {
    (
        name.to_owned(),
        false,
        Some(before.to_owned()),
        Some(after.to_owned()),
    )
}

fn secret(name: &str) -> Told {
    (name.to_owned(), true, None, None)
}

impl World {
    async fn details(&self, from: &str, to: &str) -> Vec<ModuleDetails> {
        let read = |text: &str| text.parse::<Compared>().unwrap();
        let (from, to) = (read(from), read(to));
        let comparison = self
            .slipway
            .compare(&self.operator, from, to, 0, 50)
            .await
            .unwrap();
        assert!(!format!("{comparison:?}").contains(SECRET));
        let rows = comparison.rows.rows.into_iter();
        let modules = rows.flat_map(|row| row.modules);
        modules.map(|module| module.details).collect()
    }

    /// The secrets that are told to be the same.
    async fn same_secrets(&self, from: &str, to: &str) -> Vec<String> {
        let details = self.details(from, to).await.into_iter();
        details.flat_map(|details| details.same_secrets).collect()
    }

    async fn values(&self, from: &str, to: &str) -> Vec<Told> {
        let details = self.details(from, to).await.into_iter();
        details
            .flat_map(|details| details.properties)
            .map(|property| {
                (
                    property.name,
                    property.secret,
                    property.before,
                    property.after,
                )
            })
            .collect()
    }

    async fn set_in_quality(&self, name: &str, value: Option<&str>) {
        let quality = self.target();
        let value = value.map(str::to_owned);
        let set = self
            .slipway
            .set_site_property(&self.operator, quality, module(), name, value);
        set.await.unwrap();
    }

    fn a_while_later(&self) -> i64 {
        let now = self.slipway.clock.read();
        self.slipway.clock.advance(1_000);
        now
    }
}

on_both! {
    async fn values_are_compared_then_and_now_also_where_nothing_else_differs(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let entered = [("Currency", "CHF"), ("Limit", "5"), ("ApiKey", SECRET)];
        let revision = world.entered(plan, &entered).await;
        world.start_and_settle(plan, revision).await;
        let first = world.a_while_later();
        let then = |at: i64| format!("then:{at}:Quality");
        assert_eq!(world.values(&then(first), "now:Quality").await, []);
        world.set_in_quality("Currency", Some("SEK")).await;
        world.set_in_quality("ApiKey", Some("another")).await;
        let second = world.a_while_later();
        world.set_in_quality("Currency", None).await;
        let third = world.a_while_later();

        let (chf, sek, eur) = ("CHF", "SEK", "EUR");
        assert_eq!(
            world.values(&then(first), &then(second)).await,
            [secret("ApiKey"), told("Currency", chf, sek)]
        );
        assert_eq!(world.same_secrets(&then(first), &then(second)).await, [""; 0]);
        assert_eq!(world.values(&then(second), &then(third)).await, [told("Currency", sek, eur)]);
        assert_eq!(world.same_secrets(&then(second), &then(third)).await, ["ApiKey"]);
        assert_eq!(
            world.values("now:Quality", &then(first)).await,
            [secret("ApiKey"), told("Currency", eur, chf)]
        );
        assert_eq!(world.values(&then(third), "now:Quality").await, []);
        // Two environments that run the same and find different values.
        let sides = world.values("now:Development", "now:Quality").await;
        let limit = ("Limit".to_owned(), false, None, Some("5".to_owned()));
        assert_eq!(sides, [secret("ApiKey"), limit]);
        // What the plan did stays what it did, whatever was set since.
        let did = world.values(&format!("before:{plan}"), &format!("plan:{plan}")).await;
        assert!(did.contains(&("Currency".to_owned(), false, None, Some(chf.to_owned()))), "{did:?}");
    }

    async fn what_an_aborted_plan_was_to_set_did_not_change(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let revision = world.entered(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await;
        world.start_and_settle(plan, revision).await;
        world.publish_till("two", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        let revision = world.entered(plan, &[("Limit", "6")]).await;
        let (before, after) = (format!("before:{plan}"), format!("plan:{plan}"));
        assert_eq!(world.values(&before, &after).await, [told("Limit", "5", "6")]);
        // Of a secret that stays people are told that it does, and nothing else.
        assert_eq!(world.same_secrets(&before, &after).await, ["ApiKey"]);
        world.a_while_later();
        world.slipway.start_plan(&world.operator, plan, revision, None).await.unwrap();
        world
            .slipway
            .abort_plan(&world.operator, plan, "Not today.".to_owned())
            .await
            .unwrap();
        world.settle().await;
        let row = world.slipway.read_plan(&world.operator, plan).await.unwrap().row;
        assert_eq!(row.status, PlanStatus::Aborted);
        assert_eq!(world.values(&before, &after).await, []);
        let read = |text: &str| text.parse::<Compared>().unwrap();
        let did = world.slipway.compare(&world.operator, read(&before), read(&after), 0, 50);
        let did = did.await.unwrap();
        assert_eq!(did.totals.applications_changed + did.totals.modules_changed, 0, "{did:?}");
    }
}

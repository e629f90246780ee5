//! Renaming environments, and removing those that were never used.

use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::environment::{Purpose, Rules};
use domain::view::{EnvironmentDetail, NewEnvironment};
use domain::{AppError, EnvironmentId};

struct World {
    slipway: TestBackend,
    ada: backend::Actor,
}

impl World {
    async fn on(slipway: TestBackend) -> Self {
        Self {
            slipway,
            ada: actor(Standing::Administrator),
        }
    }

    async fn register(&self, name: &str) -> EnvironmentId {
        let new = NewEnvironment {
            name: name.to_owned(),
            purpose: Purpose::Test,
        };
        self.slipway
            .create_environment(&self.ada, new)
            .await
            .unwrap()
    }

    async fn list(&self) -> Vec<EnvironmentDetail> {
        self.slipway.list_environments(&self.ada).await.unwrap()
    }

    async fn names(&self) -> Vec<String> {
        let list = self.list().await;
        list.into_iter().map(|detail| detail.row.name).collect()
    }

    async fn revision(&self, id: EnvironmentId) -> i64 {
        let list = self.list().await;
        list.iter()
            .find(|detail| detail.row.id == id)
            .unwrap()
            .revision
    }

    async fn remove(&self, id: EnvironmentId) -> Result<(), AppError> {
        let revision = self.revision(id).await;
        self.slipway
            .remove_environment(&self.ada, id, revision)
            .await
    }
}

async fn change(world: World) {
    let first = world.register("Development").await;
    let second = world.register("Quality").await;
    let third = world.register("Training").await;
    let fourth = world.register("Mistake").await;
    // PP1, PP2: whoever is new takes five plans at a time.
    for detail in world.list().await {
        assert_eq!(detail.rules, Rules::default());
        assert_eq!(detail.row.parallel_limit, 5);
    }
    let rename = async |id, revision, name: &str| {
        world
            .slipway
            .rename_environment(&world.ada, id, revision, name)
            .await
    };
    for (name, field) in [(" ", "name"), ("qUALITY", "name")] {
        let error = rename(third, 1, name).await.unwrap_err();
        assert!(
            matches!(&error, AppError::Invalid { fields } if fields[0].field == field),
            "{error:?}"
        );
    }
    rename(third, 1, " School ").await.unwrap();
    // Only its letters' case, and by somebody who saw it before the last change.
    rename(third, 2, "SCHOOL").await.unwrap();
    let stale = rename(third, 1, "Late").await.unwrap_err();
    assert!(matches!(stale, AppError::Stale { .. }), "{stale:?}");
    assert_eq!(
        world.names().await,
        ["Development", "Quality", "SCHOOL", "Mistake"]
    );

    // A code that nobody used is no use of the environment.
    world
        .slipway
        .create_join_code(&world.ada, fourth)
        .await
        .unwrap();
    let stale = world
        .slipway
        .remove_environment(&world.ada, fourth, 7)
        .await
        .unwrap_err();
    assert!(matches!(stale, AppError::Stale { .. }), "{stale:?}");
    world.remove(fourth).await.unwrap();
    assert_eq!(world.names().await, ["Development", "Quality", "SCHOOL"]);
    let gone = world
        .slipway
        .remove_environment(&world.ada, fourth, 1)
        .await
        .unwrap_err();
    assert!(matches!(gone, AppError::NotFound { .. }), "{gone:?}");

    // A plan holds both its ends.
    world
        .slipway
        .create_plan(&world.ada, first, second, Vec::new())
        .await
        .unwrap();
    for id in [first, second] {
        let error = world.remove(id).await.unwrap_err();
        assert_eq!(error.code(), "environment_used");
        assert!(error.to_string().contains("plans name it"), "{error}");
    }
    let code = world
        .slipway
        .create_join_code(&world.ada, third)
        .await
        .unwrap();
    let joined = world
        .slipway
        .join_agent(
            protocol::Join {
                code: code.code,
                agent: crate::agents::agent_self(protocol::VERSION),
            },
            &backend::Client::default(),
        )
        .await;
    joined.unwrap();
    let error = world.remove(third).await.unwrap_err();
    assert_eq!(error.code(), "environment_used");
    assert!(error.to_string().contains("an agent has joined"), "{error}");

    let audit = world.slipway.audited().await;
    let did: Vec<_> = audit
        .iter()
        .filter(|(_, action, _)| action == "environment_renamed" || action == "environment_removed")
        .map(|(_, action, what)| format!("{action} {what}"))
        .collect();
    assert_eq!(
        did,
        [
            "environment_renamed School",
            "environment_renamed SCHOOL",
            "environment_removed Mistake"
        ]
    );
}

#[tokio::test]
async fn environments_are_renamed_and_those_never_used_removed() {
    change(World::on(TestBackend::new().await).await).await;
}

#[tokio::test]
async fn environments_are_renamed_and_those_never_used_removed_on_postgres() {
    change(World::on(TestBackend::postgres().await).await).await;
}

async fn rules(world: World) {
    use domain::environment::{Infrastructure, Rules};
    let id = world.register("Quality").await;
    let shown = world.list().await;
    assert_eq!(shown[0].rules, Rules::default());
    let set = async |revision: i64, rules: Rules| {
        let set = world
            .slipway
            .set_environment_rules(&world.ada, id, revision, rules);
        set.await
    };
    let own = Rules {
        parallel_limit: 12,
        two_stage: true,
        ..Rules::default()
    };
    set(1, own).await.unwrap();
    // The same again is no change, whatever was seen.
    set(1, own).await.unwrap();
    let stale = set(1, Rules::default()).await.unwrap_err();
    assert_eq!(stale.code(), "stale");
    // A cloud never takes more than five, and what is in part in one is a cloud (PP2).
    for infrastructure in [Infrastructure::Cloud, Infrastructure::Hybrid] {
        let many = Rules {
            infrastructure,
            ..own
        };
        let AppError::Invalid { fields } = set(2, many).await.unwrap_err() else {
            panic!("more than {infrastructure:?} takes");
        };
        assert_eq!(fields[0].field, "parallel_limit");
    }
    let hybrid = Rules {
        infrastructure: Infrastructure::Hybrid,
        parallel_limit: 5,
        ..own
    };
    set(2, hybrid).await.unwrap();
    let row = world.list().await.remove(0);
    assert_eq!((row.rules, row.row.parallel_limit), (hybrid, 5));
    let one = Rules {
        parallel_execution: false,
        ..own
    };
    set(3, one).await.unwrap();
    let shown = world.list().await;
    assert_eq!(shown[0].rules, one);
    assert_eq!(
        (shown[0].row.parallel_limit, shown[0].row.two_stage),
        (1, true)
    );
    let audit = world.slipway.audited().await;
    let changed = audit
        .iter()
        .filter(|(_, action, _)| action == "environment_rules_changed");
    assert_eq!(changed.count(), 3);
}

#[tokio::test]
async fn rules_are_changed_within_bounds_and_by_who_saw_them_last() {
    rules(World::on(TestBackend::new().await).await).await;
    rules(World::on(TestBackend::postgres().await).await).await;
}

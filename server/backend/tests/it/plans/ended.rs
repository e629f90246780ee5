//! What the watch bar tells a person of how their own plans ended.

use super::{World, core, on_both};
use backend::testing::{Fault, TestBackend};
use backend::{Actor, Client};
use domain::access::Standing;
use domain::plan::PlanStatus;
use domain::view::{EndedPlanRef, NewAdministrator, NewInvitation, StartOutcome, Watch};
use protocol::Order;

const PASSWORD: &str = "Correct-Horse-7";

/// Two people with accounts: an administrator and an operator.
pub(super) async fn people(world: &World) -> (Actor, Actor) {
    let client = Client::default();
    let slipway = &world.slipway;
    let new = NewAdministrator {
        token: slipway.create_setup_token().await.unwrap().unwrap(),
        name: "Ada Lovelace".to_owned(),
        login: "ada".to_owned(),
        email: String::new(),
        password: PASSWORD.to_owned(),
    };
    let (_, session) = slipway.create_administrator(new, &client).await.unwrap();
    let ada = slipway.find_session(&session).await.unwrap().unwrap();
    let grace = invited(world, &ada, "Grace Hopper").await;
    (ada, grace)
}

/// An operator of this name, who is invited and signs in; the login is the first name.
pub(super) async fn invited(world: &World, by: &Actor, name: &str) -> Actor {
    let slipway = &world.slipway;
    let login = name.split(' ').next().unwrap().to_lowercase();
    let new = NewInvitation {
        name: name.to_owned(),
        login,
        email: String::new(),
        standing: Standing::Operator,
    };
    let link = slipway.invite_account(by, new).await.unwrap();
    let (_, session) = slipway
        .use_password_link(&link.code, PASSWORD, &Client::default())
        .await
        .unwrap();
    slipway.find_session(&session).await.unwrap().unwrap()
}

impl World {
    async fn ended(&self, actor: &Actor) -> Option<EndedPlanRef> {
        self.slipway.read_watch(actor).await.unwrap().ended
    }

    async fn deploy_core(&mut self, content: &str) -> u64 {
        self.publish_core(content).await;
        let (plan, revision) = self.plan(vec![core()]).await;
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None)
            .await;
        assert_eq!(started.unwrap(), StartOutcome::Started);
        plan
    }
}

on_both! {
    async fn the_end_of_a_plan_is_told_to_who_started_it(mut world: World) {
        let (ada, grace) = people(&world).await;
        world.operator = ada.clone();
        let plan = world.deploy_core("one").await;
        assert_eq!(world.ended(&ada).await, None, "it runs");
        world.settle().await;
        let ended = world.ended(&ada).await.unwrap();
        assert_eq!((ended.number, ended.status), (plan, PlanStatus::FinishedSuccessful));
        assert!(!ended.failed);
        let row = world.slipway.read_plan(&ada, plan).await.unwrap().row;
        assert_eq!(Some(ended.over), row.stamps.finished);
        assert_eq!(ended.name, row.name);
        assert_eq!(world.ended(&grace).await, None, "it was not hers");
        // It is no news for ever.
        world.slipway.clock.advance(Watch::NEWS);
        assert_eq!(world.ended(&ada).await, None);
    }

    async fn what_went_wrong_is_so_until_its_person_starts_another(mut world: World) {
        let (ada, grace) = people(&world).await;
        world.operator = ada.clone();
        world.quality.fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
        let plan = world.deploy_core("one").await;
        world.settle().await;
        let ended = world.ended(&ada).await.unwrap();
        assert_eq!((ended.number, ended.status), (plan, PlanStatus::Aborted));
        assert!(ended.failed);
        // Somebody else's plan is no answer to it.
        world.operator = grace.clone();
        let other = world.deploy_core("two").await;
        assert!(world.ended(&ada).await.unwrap().failed);
        world.slipway.abort_plan(&grace, other, "A mistake.".to_owned()).await.unwrap();
        world.settle().await;
        let stopped = world.ended(&grace).await.unwrap();
        assert_eq!((stopped.number, stopped.status), (other, PlanStatus::Aborted));
        assert!(!stopped.failed, "she stopped it herself");
        world.quality.fails(|_| None);
        world.operator = ada.clone();
        world.deploy_core("three").await;
        let ended = world.ended(&ada).await.unwrap();
        assert!(ended.number == plan && !ended.failed);
        world.settle().await;
    }
}

//! The last change of an application in each environment, and by whom.

use super::{CORE, OFFERS, Part, World, id};
use backend::testing::TestBackend;
use backend::{Actor, Client};
use domain::ApplicationId;
use domain::access::Standing;
use domain::view::{ApplicationFilter, NewAdministrator, NewInvitation, Stamp, StartOutcome};
use protocol::Inventory;

const PASSWORD: &str = "Correct-Horse-7";

/// The administrator, and an operator whom she invited.
async fn people(slipway: &TestBackend) -> (Actor, Actor) {
    let client = Client::default();
    let new = NewAdministrator {
        token: slipway.create_setup_token().await.unwrap().unwrap(),
        name: "Ada Quill".to_owned(),
        login: "ada".to_owned(),
        email: String::new(),
        password: PASSWORD.to_owned(),
    };
    let (_, session) = slipway.create_administrator(new, &client).await.unwrap();
    let ada = slipway.find_session(&session).await.unwrap().unwrap();
    let new = NewInvitation {
        name: "Ben Ito".to_owned(),
        login: "ben".to_owned(),
        email: String::new(),
        standing: Standing::Operator,
    };
    let link = slipway.invite_account(&ada, new).await.unwrap();
    let used = slipway.use_password_link(&link.code, PASSWORD, &client);
    let (_, session) = used.await.unwrap();
    let ben = slipway.find_session(&session).await.unwrap().unwrap();
    (ada, ben)
}

impl World {
    /// The last change of Core in Development and in Quality, as the matrix and the application's
    /// own page say it.
    async fn last_changes(&self) -> [Option<Stamp>; 2] {
        let filter = ApplicationFilter {
            limit: 50,
            ..ApplicationFilter::default()
        };
        let listed = self.slipway.list_applications(&self.viewer, filter);
        let row = listed.await.unwrap().rows.remove(0);
        let in_matrix: Vec<_> = row.cells.into_iter().map(|cell| cell.changed).collect();
        let own = self.detail(CORE).await.cells.into_iter();
        let own: Vec<_> = own.map(|cell| cell.changed).collect();
        assert_eq!(in_matrix, own);
        own.try_into().unwrap()
    }

    /// Whose the change was; it came to be known between `since` and now.
    fn by(&self, stamp: Option<&Stamp>, since: i64) -> (String, String) {
        let stamp = stamp.expect("it has changed");
        let now = self.slipway.clock.read();
        assert!(
            (since..=now).contains(&stamp.at.0),
            "{stamp:?} since {since}"
        );
        (stamp.by.name.clone(), stamp.by.login.clone())
    }

    /// A moment after which everything that was known is past.
    fn moment(&self) -> i64 {
        self.slipway.clock.advance(1_000);
        self.slipway.clock.read()
    }

    async fn deploy_core(&mut self, by: &Actor) {
        let (source, target) = (self.source(), self.quality.actor.environment);
        let core = vec![ApplicationId(id(CORE))];
        let made = self.slipway.create_plan(by, source, target, core);
        let plan = made.await.unwrap();
        let saved = self.slipway.save_plan(by, plan, 1).await.unwrap();
        let started = self.slipway.start_plan(by, plan, saved, None).await;
        assert_eq!(started.unwrap(), StartOutcome::Started);
        self.settle().await;
    }
}

#[tokio::test]
async fn the_last_change_is_whose_it_was() {
    Box::pin(change(World::new().await)).await;
}

#[tokio::test]
async fn the_last_change_is_whose_it_was_on_postgres() {
    Box::pin(change(World::on(TestBackend::postgres().await).await)).await;
}

async fn change(mut world: World) {
    let (ada, ben) = people(&world.slipway).await;
    let [adas, bens] = [("Ada Quill", "ada"), ("Ben Ito", "ben")]
        .map(|(name, login)| (name.to_owned(), login.to_owned()));

    // A publication.
    world.operator = ada.clone();
    let since = world.moment();
    world.core("Development", "one").await;
    let [published, none] = world.last_changes().await;
    assert_eq!(world.by(published.as_ref(), since), adas);
    assert_eq!(none, None);

    // A deployment; that it was tagged there does not change what Development runs.
    let since = world.moment();
    world.deploy_core(&ben).await;
    let [still, deployed] = world.last_changes().await;
    assert_eq!(still, published);
    assert_eq!(world.by(deployed.as_ref(), since), bens);

    // What says the same again is no change, whoever says it.
    world.moment();
    world.quality.report(&world.slipway).await;
    world.development.report(&world.slipway).await;
    assert_eq!(
        world.last_changes().await,
        [published.clone(), deployed.clone()]
    );

    // A change outside, in one environment.
    let part = Part(CORE + 1, "CoreLogic", OFFERS);
    let outside = world.pack((CORE, "Core"), &[part], "by hand").await;
    let hosted = world.slipway.hosted_outside(&outside[0]).await;
    let since = world.moment();
    let inventory = Inventory {
        counter: world.quality.count_change(),
        attempt: None,
        modules: vec![hosted],
    };
    let agent = world.quality.actor.clone();
    let told = world.slipway.record_inventory(&agent, inventory);
    told.await.unwrap();
    let [still, changed] = world.last_changes().await;
    assert_eq!(still, published);
    let nobody = ("somebody outside".to_owned(), String::new());
    assert_eq!(world.by(changed.as_ref(), since), nobody);
    assert!(world.detail(CORE).await.cells[1].marks.changed_outside);

    // The next publication is somebody's again.
    world.operator = ben;
    let since = world.moment();
    world.core("Development", "two").await;
    let [published, still] = world.last_changes().await;
    assert_eq!(world.by(published.as_ref(), since), bens);
    assert_eq!(still, changed);
}

//! Accounts as administrators change them, links that set a password, and that there is always
//! somebody left who can.

use backend::events::Topic;
use backend::testing::{TestBackend, actor};
use backend::{Actor, Client};
use domain::access::Standing;
use domain::view::{
    AccountRow, NewAdministrator, NewInvitation, NewToken, PasswordLink, SignInOutcome,
};
use domain::{AppError, UserId};

const PASSWORD: &str = "Correct-Horse-7";
const OTHER: &str = "Battery-Staple-8";
const HOUR: i64 = 60 * 60 * 1_000;

fn client() -> Client {
    Client {
        address: "10.0.0.1".to_owned(),
        user_agent: "test".to_owned(),
    }
}

struct World {
    slipway: TestBackend,
    ada: Actor,
    session: String,
}

impl World {
    async fn new() -> Self {
        Self::on(TestBackend::new().await).await
    }

    /// With `ada`, the administrator, signed in.
    async fn on(slipway: TestBackend) -> Self {
        let new = NewAdministrator {
            token: slipway.create_setup_token().await.unwrap().unwrap(),
            name: "Ada Lovelace".to_owned(),
            login: "ada".to_owned(),
            email: String::new(),
            password: PASSWORD.to_owned(),
        };
        let (_, session) = slipway.create_administrator(new, &client()).await.unwrap();
        let ada = slipway.find_session(&session).await.unwrap().unwrap();
        Self {
            slipway,
            ada,
            session,
        }
    }

    async fn invite(&self, login: &str, standing: Standing) -> PasswordLink {
        let new = NewInvitation {
            name: login.to_uppercase(),
            login: login.to_owned(),
            email: String::new(),
            standing,
        };
        self.slipway.invite_account(&self.ada, new).await.unwrap()
    }

    /// Somebody with a password; signed in.
    async fn join(&self, login: &str, standing: Standing) -> (Actor, String) {
        let link = self.invite(login, standing).await;
        let (_, session) = self
            .slipway
            .use_password_link(&link.code, PASSWORD, &client())
            .await
            .unwrap();
        let actor = self.slipway.find_session(&session).await.unwrap().unwrap();
        (actor, session)
    }

    async fn row(&self, id: UserId) -> AccountRow {
        let rows = self.slipway.list_accounts(&self.ada).await.unwrap();
        rows.into_iter().find(|row| row.id == id).unwrap()
    }

    async fn signs_in(&self, login: &str, password: &str) -> bool {
        let (outcome, _) = self
            .slipway
            .sign_in(login, password, &client())
            .await
            .unwrap();
        matches!(outcome, SignInOutcome::SignedIn(_))
    }

    async fn signed_in(&self, session: &str) -> bool {
        self.slipway.find_session(session).await.unwrap().is_some()
    }

    async fn make(&self, by: &Actor, id: UserId, standing: Standing) -> Result<(), AppError> {
        let revision = self.row(id).await.revision;
        self.slipway
            .set_account_standing(by, id, revision, standing)
            .await
    }

    async fn activate(&self, by: &Actor, id: UserId, active: bool) -> Result<(), AppError> {
        let revision = self.row(id).await.revision;
        self.slipway
            .set_account_active(by, id, revision, active)
            .await
    }

    async fn reset(&self, by: &Actor, id: UserId) -> Result<PasswordLink, AppError> {
        let revision = self.row(id).await.revision;
        self.slipway.reset_account_password(by, id, revision).await
    }
}

async fn invited(world: World) {
    let link = world.invite("ben", Standing::Operator).await;
    let row = world.row(link.account).await;
    assert!(row.active && !row.has_password);
    assert_eq!(row.last_sign_in, None);
    for password in ["", PASSWORD] {
        assert!(!world.signs_in("ben", password).await);
    }
    let owner = world.slipway.read_password_link(&link.code).await.unwrap();
    assert_eq!(owner.login, "ben");
    let use_link = async |code: &str, password: &str| {
        world
            .slipway
            .use_password_link(code, password, &client())
            .await
    };
    let weak = use_link(&link.code, "short").await.unwrap_err();
    assert!(matches!(weak, AppError::Invalid { fields } if fields[0].field == "password"));
    let (me, session) = use_link(&link.code, PASSWORD).await.unwrap();
    assert_eq!(
        (me.login.as_str(), me.access.standing),
        ("ben", Standing::Operator)
    );
    assert!(world.signed_in(&session).await);
    assert!(world.signs_in("ben", PASSWORD).await);
    assert!(world.row(link.account).await.last_sign_in.is_some());
    // Once.
    let again = use_link(&link.code, OTHER).await.unwrap_err();
    assert_eq!(again.code(), "link_over");
    let unknown = use_link("nonsense", OTHER).await.unwrap_err();
    assert_eq!(unknown.code(), "link_over");
}

#[tokio::test]
async fn who_is_invited_sets_a_password_with_the_link_once() {
    invited(World::new().await).await;
}

#[tokio::test]
async fn who_is_invited_sets_a_password_with_the_link_once_on_postgres() {
    invited(World::on(TestBackend::postgres().await).await).await;
}

#[tokio::test]
async fn a_link_ends_after_three_days_and_when_another_is_made() {
    let world = World::new().await;
    let first = world.invite("ben", Standing::Viewer).await;
    let second = world.reset(&world.ada, first.account).await.unwrap();
    let over = |code: &str| {
        let (slipway, code) = (world.slipway.backend.clone(), code.to_owned());
        async move { slipway.read_password_link(&code).await.is_err() }
    };
    assert!(over(&first.code).await);
    assert!(!over(&second.code).await);
    world.slipway.clock.advance(72 * HOUR - 1);
    assert!(!over(&second.code).await);
    world.slipway.clock.advance(1);
    assert!(over(&second.code).await);
    let late = world
        .slipway
        .use_password_link(&second.code, PASSWORD, &client())
        .await
        .unwrap_err();
    assert_eq!(late.code(), "link_over");
    // Gone for good once it is tidied up.
    world.slipway.tidy().await.unwrap();
    assert!(over(&second.code).await);
}

#[tokio::test]
async fn the_last_administrator_who_can_sign_in_stays() {
    let world = World::new().await;
    let terminal = Actor::at_terminal("root");
    let ada = world.ada.user;
    // Somebody who is still to set a password does not count.
    let ben = world.invite("ben", Standing::Administrator).await;
    let refused = [
        world.make(&world.ada, ada, Standing::Viewer).await,
        world.make(&terminal, ada, Standing::Operator).await,
        world.activate(&terminal, ada, false).await,
    ];
    for answer in refused {
        assert_eq!(answer.unwrap_err().code(), "last_administrator");
    }
    let own = world.activate(&world.ada, ada, false).await.unwrap_err();
    assert_eq!(own.code(), "own_account");
    let own = world.reset(&world.ada, ada).await.unwrap_err();
    assert_eq!(own.code(), "own_account");

    let (_, session) = world
        .slipway
        .use_password_link(&ben.code, PASSWORD, &client())
        .await
        .unwrap();
    let ben = world.slipway.find_session(&session).await.unwrap().unwrap();
    world.make(&ben, ada, Standing::Viewer).await.unwrap();
    assert_eq!(
        world
            .make(&ben, ben.user, Standing::Viewer)
            .await
            .unwrap_err()
            .code(),
        "last_administrator"
    );
    // The terminal may always give a way in.
    let link = {
        let rows = world.slipway.list_accounts(&ben).await.unwrap();
        let row = rows.into_iter().find(|row| row.id == ben.user).unwrap();
        world
            .slipway
            .reset_account_password(&terminal, row.id, row.revision)
            .await
            .unwrap()
    };
    assert!(!world.signed_in(&session).await);
    world
        .slipway
        .use_password_link(&link.code, OTHER, &client())
        .await
        .unwrap();
    assert!(world.signs_in("ben", OTHER).await);
    assert!(!world.signs_in("ben", PASSWORD).await);
}

async fn two_at_once(world: World) {
    let (ben, _) = world.join("ben", Standing::Administrator).await;
    let (ada_row, ben_row) = (world.row(world.ada.user).await, world.row(ben.user).await);
    let (first, second) = tokio::join!(
        world.slipway.set_account_standing(
            &world.ada,
            ben.user,
            ben_row.revision,
            Standing::Viewer
        ),
        world.slipway.set_account_standing(
            &ben,
            world.ada.user,
            ada_row.revision,
            Standing::Viewer
        ),
    );
    let refused = [first, second].into_iter().filter_map(Result::err);
    let codes: Vec<_> = refused.map(|error| error.code().to_owned()).collect();
    assert_eq!(codes, ["last_administrator"]);
}

#[tokio::test]
async fn two_administrators_cannot_lock_each_other_out() {
    two_at_once(World::new().await).await;
}

#[tokio::test]
async fn two_administrators_cannot_lock_each_other_out_on_postgres() {
    two_at_once(World::on(TestBackend::postgres().await).await).await;
}

#[tokio::test]
async fn a_deactivated_account_is_out_everywhere_until_it_is_activated() {
    let world = World::new().await;
    let (ben, session) = world.join("ben", Standing::Operator).await;
    let new = NewToken {
        name: "ci".to_owned(),
        days: None,
    };
    let token = world
        .slipway
        .create_token(&ben, ben.user, new)
        .await
        .unwrap();
    let mut changes = world.slipway.topics().subscribe();
    world.activate(&world.ada, ben.user, false).await.unwrap();
    assert_eq!(changes.try_recv().unwrap().topic, Topic::Me);
    assert!(!world.signed_in(&session).await);
    assert!(!world.signs_in("ben", PASSWORD).await);
    let bearer = async || world.slipway.find_bearer(&token.secret).await.unwrap();
    assert_eq!(bearer().await, None);
    assert_eq!(
        world.slipway.read_me(&ben).await.unwrap_err(),
        AppError::Unauthenticated
    );
    let link = world.reset(&world.ada, ben.user).await.unwrap_err();
    assert_eq!(link.code(), "account_inactive");
    world.activate(&world.ada, ben.user, true).await.unwrap();
    assert!(world.signs_in("ben", PASSWORD).await);
    assert!(bearer().await.is_some());
}

#[tokio::test]
async fn a_new_standing_holds_at_once() {
    let world = World::new().await;
    let (ben, session) = world.join("ben", Standing::Viewer).await;
    let mut changes = world.slipway.topics().subscribe();
    world
        .make(&world.ada, ben.user, Standing::Operator)
        .await
        .unwrap();
    assert_eq!(changes.try_recv().unwrap().topic, Topic::Me);
    let now = world.slipway.find_session(&session).await.unwrap().unwrap();
    assert_eq!(now.access.standing, Standing::Operator);
    let me = world.slipway.read_me(&ben).await.unwrap();
    assert_eq!(me.access.standing, Standing::Operator);
    // Whoever saw an older account is told.
    let stale = world
        .slipway
        .set_account_standing(&world.ada, ben.user, 1, Standing::Viewer)
        .await
        .unwrap_err();
    assert!(matches!(stale, AppError::Stale { .. }), "{stale:?}");
}

#[tokio::test]
async fn changing_the_password_ends_the_other_sessions() {
    let world = World::new().await;
    let (_, elsewhere) = world
        .slipway
        .sign_in("ada", PASSWORD, &client())
        .await
        .unwrap();
    let elsewhere = elsewhere.unwrap();
    let change = async |old: &str, new: &str| {
        world
            .slipway
            .change_password(&world.ada, &world.session, old, new, &client())
            .await
    };
    for (old, new, field) in [
        ("Wrong-Password-1", OTHER, "old"),
        (PASSWORD, "short", "password"),
        (PASSWORD, PASSWORD, "password"),
    ] {
        let error = change(old, new).await.unwrap_err();
        assert!(
            matches!(&error, AppError::Invalid { fields } if fields[0].field == field),
            "{error:?}"
        );
    }
    assert!(world.signed_in(&elsewhere).await);
    change(PASSWORD, OTHER).await.unwrap();
    assert!(world.signed_in(&world.session).await);
    assert!(!world.signed_in(&elsewhere).await);
    assert!(world.signs_in("ada", OTHER).await);
    // A browser left open is no way to guess it.
    let mut paused = false;
    for _ in 0..4 {
        paused |= matches!(
            change("Wrong-Password-1", PASSWORD).await.unwrap_err(),
            AppError::Unavailable { .. }
        );
    }
    assert!(paused);
}

#[tokio::test]
async fn only_administrators_manage_accounts_and_all_of_it_is_audited() {
    let world = World::new().await;
    for standing in [Standing::Viewer, Standing::Operator] {
        let by = actor(standing);
        let new = NewInvitation {
            name: "X".to_owned(),
            login: "x".to_owned(),
            email: String::new(),
            standing: Standing::Viewer,
        };
        let id = world.ada.user;
        for status in [
            world.slipway.list_accounts(&by).await.unwrap_err().status(),
            world
                .slipway
                .find_account(&by, "ada")
                .await
                .unwrap_err()
                .status(),
            world
                .slipway
                .invite_account(&by, new)
                .await
                .unwrap_err()
                .status(),
            world
                .make(&by, id, Standing::Viewer)
                .await
                .unwrap_err()
                .status(),
            world.activate(&by, id, false).await.unwrap_err().status(),
            world.reset(&by, id).await.unwrap_err().status(),
        ] {
            assert_eq!(status, 403);
        }
    }
    let (ben, _) = world.join("ben", Standing::Viewer).await;
    world
        .make(&world.ada, ben.user, Standing::Operator)
        .await
        .unwrap();
    world.activate(&world.ada, ben.user, false).await.unwrap();
    world.activate(&world.ada, ben.user, true).await.unwrap();
    world
        .reset(&Actor::at_terminal("root"), ben.user)
        .await
        .unwrap();
    world
        .slipway
        .change_password(&world.ada, &world.session, PASSWORD, OTHER, &client())
        .await
        .unwrap();
    let audit = world.slipway.audited().await;
    let did: Vec<_> = audit
        .iter()
        .map(|(who, action, what)| format!("{who}: {action} {what}"))
        .collect();
    assert_eq!(
        did,
        [
            "Ada Lovelace: account_created ada",
            "Ada Lovelace: account_created ben",
            "BEN: password_set ben",
            "Ada Lovelace: account_standing_changed ben",
            "Ada Lovelace: account_deactivated ben",
            "Ada Lovelace: account_activated ben",
            "root at the console's terminal: account_password_reset ben",
            "Ada Lovelace: password_changed ada",
        ]
    );
}

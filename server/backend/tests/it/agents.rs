//! Joining, the command stream, refusals.

use backend::testing::{FakeAgent, TestBackend, actor, postgres_url};
use backend::{AgentActor, Backend, Client};
use domain::access::Standing;
use domain::environment::{LinkState, Purpose};
use domain::view::NewEnvironment;
use domain::{EnvironmentId, Timestamp};
use futures::StreamExt;
use protocol::{AgentSelf, Event, EventKind, Events, Hello, Join, Order};

pub fn agent_self(protocol: u32) -> AgentSelf {
    AgentSelf {
        version: "0.1.0".to_owned(),
        protocol,
        address: "http://127.0.0.1:9001/".to_owned(),
        platform: 1,
    }
}

fn hello(protocol: u32, clock_ms: i64) -> Hello {
    Hello {
        agent: agent_self(protocol),
        clock_ms,
        inventory_counter: 0,
        last_command: 0,
        last_event: None,
        signs_life: false,
    }
}

async fn environment(slipway: &TestBackend, name: &str) -> EnvironmentId {
    let new = NewEnvironment {
        name: name.to_owned(),
        purpose: Purpose::Development,
    };
    slipway
        .create_environment(&actor(Standing::Administrator), new)
        .await
        .unwrap()
}

async fn join(slipway: &TestBackend, environment: EnvironmentId) -> (AgentActor, String) {
    let code = slipway
        .create_join_code(&actor(Standing::Administrator), environment)
        .await
        .unwrap();
    let joined = slipway
        .join_agent(
            Join {
                code: code.code,
                agent: agent_self(protocol::VERSION),
            },
            &Client::default(),
        )
        .await
        .unwrap();
    let bearer = format!("{}.{}", joined.agent_id, joined.secret);
    (slipway.find_agent(&bearer).await.unwrap(), bearer)
}

#[tokio::test]
async fn a_code_joins_one_agent_within_a_quarter_of_an_hour() {
    let slipway = TestBackend::new().await;
    let environment = environment(&slipway, "Development").await;
    let administrator = actor(Standing::Administrator);
    let code = slipway
        .create_join_code(&administrator, environment)
        .await
        .unwrap();
    let join = |code: &str, protocol: u32| {
        slipway.join_agent(
            Join {
                code: code.to_owned(),
                agent: agent_self(protocol),
            },
            // Lives as long as the test.
            Box::leak(Box::default()),
        )
    };
    let refused = join("ABCDE-FGHJK-LMNPQ-RSTUV", protocol::VERSION)
        .await
        .unwrap_err();
    assert_eq!(refused.refusal.code, "code_unknown");
    let refused = join(&code.code, protocol::VERSION + 1).await.unwrap_err();
    assert_eq!(refused.refusal.code, "protocol_too_new");
    join(&code.code, protocol::VERSION).await.unwrap();
    let refused = join(&code.code, protocol::VERSION).await.unwrap_err();
    assert_eq!(refused.refusal.code, "code_used");

    let late = slipway
        .create_join_code(&administrator, environment)
        .await
        .unwrap();
    slipway.clock.advance(15 * 60 * 1_000);
    let refused = join(&late.code, protocol::VERSION).await.unwrap_err();
    assert_eq!(refused.refusal.code, "code_expired");
}

#[tokio::test]
async fn only_the_right_secret_of_the_present_agent_is_known() {
    let slipway = TestBackend::new().await;
    let environment = environment(&slipway, "Development").await;
    let (_, bearer) = join(&slipway, environment).await;
    for wrong in ["", "x", &format!("{bearer}x")] {
        let refused = slipway.find_agent(wrong).await.unwrap_err();
        assert_eq!(
            (refused.status, refused.refusal.code.as_str()),
            (401, "wrong_secret")
        );
    }
    join(&slipway, environment).await;
    let refused = slipway.find_agent(&bearer).await.unwrap_err();
    assert_eq!(refused.refusal.code, "unknown_agent");
}

#[tokio::test]
async fn a_clock_apart_and_a_too_new_protocol_are_shown() {
    let slipway = TestBackend::new().await;
    let environment = environment(&slipway, "Development").await;
    let (agent, _) = join(&slipway, environment).await;
    let ahead = 1_800_000_000_000 + 90_000;
    let welcome = slipway
        .greet_agent(&agent, hello(protocol::VERSION, ahead))
        .await
        .unwrap();
    assert!(welcome.wants_inventory);
    let viewer = actor(Standing::Viewer);
    let detail = &slipway.list_environments(&viewer).await.unwrap()[0];
    assert_eq!(detail.clock_skew_ms, Some(90_000));
    assert_eq!(detail.address.as_deref(), Some("http://127.0.0.1:9001"));
    assert_eq!(detail.row.link, LinkState::Offline);

    let refused = slipway
        .greet_agent(&agent, hello(protocol::VERSION + 1, ahead))
        .await
        .unwrap_err();
    assert_eq!(refused.refusal.code, "protocol_too_new");
    let about = slipway.read_about(&viewer).await.unwrap();
    assert_eq!(about.agents[0].link, LinkState::Incompatible);
}

#[tokio::test]
async fn commands_arrive_once_they_are_written_and_again_until_they_are_done() {
    let slipway = TestBackend::new().await;
    let environment = environment(&slipway, "Development").await;
    let (agent, _) = join(&slipway, environment).await;
    let operator = actor(Standing::Operator);

    let away = slipway
        .synchronize_environment(&operator, environment)
        .await
        .unwrap_err();
    assert_eq!(away.code(), "unavailable");

    let mut stream = Box::pin(slipway.commands_after(&agent, 0).await.unwrap());
    let viewer = actor(Standing::Viewer);
    let detail = &slipway.list_environments(&viewer).await.unwrap()[0];
    assert_eq!(detail.row.link, LinkState::Online);

    slipway
        .synchronize_environment(&operator, environment)
        .await
        .unwrap();
    let first = stream.next().await.unwrap();
    assert_eq!((first.number, &first.order), (1, &Order::Report));

    // A new stream from the start brings it again; the one before it ends.
    let mut again = Box::pin(slipway.commands_after(&agent, 0).await.unwrap());
    assert_eq!(again.next().await.unwrap(), first);
    assert!(stream.next().await.is_none());

    let done = Events {
        events: vec![Event {
            number: 0,
            attempt: first.attempt,
            epoch: first.epoch,
            at_ms: 0,
            what: EventKind::Succeeded,
        }],
    };
    slipway.record_events(&agent, done.clone()).await.unwrap();
    slipway.record_events(&agent, done).await.unwrap();
    slipway
        .synchronize_environment(&operator, environment)
        .await
        .unwrap();
    let mut resumed = Box::pin(slipway.commands_after(&agent, 0).await.unwrap());
    assert_eq!(resumed.next().await.unwrap().number, 2);
}

#[tokio::test]
async fn an_agent_that_shows_signs_of_life_is_there_as_long_as_it_does() {
    let slipway = TestBackend::new().await;
    let environment = environment(&slipway, "Development").await;
    let (agent, _) = join(&slipway, environment).await;
    let viewer = actor(Standing::Viewer);
    let link = async || {
        slipway.list_environments(&viewer).await.unwrap()[0]
            .row
            .link
    };
    let hello = Hello {
        signs_life: true,
        ..hello(protocol::VERSION, 0)
    };
    slipway.greet_agent(&agent, hello).await.unwrap();
    let mut stream = Box::pin(slipway.commands_after(&agent, 0).await.unwrap());
    for _ in 0..4 {
        slipway.clock.advance(20_000);
        slipway.note_life(&agent).await.unwrap();
        assert_eq!(link().await, LinkState::Online);
    }
    // Somebody pulls the cable: the stream looks open, and nobody is at its end.
    slipway.clock.advance(31_000);
    assert_eq!(link().await, LinkState::Offline);
    assert!(stream.next().await.is_none(), "it is not kept for nobody");
    slipway.note_life(&agent).await.unwrap();
    assert_eq!(link().await, LinkState::Online);
}

/// A clock that goes wrong by so many milliseconds.
struct Wrong(i64);

impl backend::clock::Clock for Wrong {
    fn now(&self) -> Timestamp {
        Timestamp(backend::clock::SystemClock.now().0 + self.0)
    }
}

#[tokio::test]
async fn consoles_whose_clocks_are_apart_agree_on_who_is_there() {
    let url = postgres_url().await;
    let folder = tempfile::tempdir().unwrap();
    let console = async |wrong: i64| {
        Backend::new(
            store::Store::open(&url).await.unwrap(),
            store::Blobs::in_folder(folder.path()).unwrap(),
            Wrong(wrong),
            backend::clock::SystemIds,
            backend::Options::default(),
        )
        .await
        .unwrap()
    };
    let hour = 3_600_000;
    let (ahead, behind) = (console(hour).await, console(-hour).await);
    let viewer = actor(Standing::Viewer);
    let mut agent = FakeAgent::join(&ahead, "Quality").await;
    for (hears, other) in [(&ahead, &behind), (&behind, &ahead)] {
        agent.work(hears).await;
        let seen = other.list_environments(&viewer).await.unwrap();
        assert_eq!(seen[0].row.link, LinkState::Online);
    }
}

/// As it comes over a connection.
fn pieces(
    bytes: &bytes::Bytes,
) -> impl futures::Stream<Item = std::io::Result<bytes::Bytes>> + use<> {
    futures::stream::iter([Ok(bytes.slice(..2)), Ok(bytes.slice(2..))])
}

#[tokio::test]
async fn bundles_are_kept_by_their_digest() {
    let slipway = TestBackend::new().await;
    let bytes = bytes::Bytes::from_static(b"hello");
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let refused = slipway
        .put_bundle(&"0".repeat(64), pieces(&bytes))
        .await
        .unwrap_err();
    assert_eq!(refused.refusal.code, "digest_mismatch");
    slipway.put_bundle(digest, pieces(&bytes)).await.unwrap();
    slipway.put_bundle(digest, pieces(&bytes)).await.unwrap();
    let (size, pieces) = slipway.open_bundle(digest).await.unwrap();
    assert_eq!(size, 5);
    let whole: Vec<u8> = pieces.map(|piece| piece.unwrap().to_vec()).concat().await;
    assert_eq!(whole, b"hello");
    let missing = slipway.open_bundle(&"0".repeat(64)).await.err().unwrap();
    assert_eq!(
        (missing.status, missing.refusal.code.as_str()),
        (404, "bundle_missing")
    );
}

//! A console that keeps everything in memory: hands out commands, records what it is told, and
//! fails when a test wants it to.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures::StreamExt;
use protocol::{
    Command, EnvironmentName, Event, EventKind, Events, Hello, Inventory, Join, Joined, Order,
    Refusal, Welcome,
};
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

pub const CODE: &str = "SLIP-1234";
pub const SECRET: &str = "a-secret-of-the-test";

#[derive(Default)]
pub struct Inner {
    pub commands: Vec<Command>,
    pub events: Vec<Event>,
    pub inventories: Vec<Inventory>,
    pub hellos: Vec<Hello>,
    pub bundles: HashMap<String, Bytes>,
    /// So many downloads are cut in the middle.
    pub cut: u32,
    /// So many posts of events are answered with an error after they were recorded.
    pub lose_answers: u32,
    pub downloads: u32,
    /// So many downloads were begun, also those that wait.
    pub asked: usize,
    /// Downloads wait.
    pub hold_downloads: bool,
    /// Commands by number that are sent as something else than they are.
    pub garbled: BTreeMap<u64, String>,
    /// So many bundles that are given are refused.
    pub refuse_bundles: u32,
    /// Greetings are refused with this code and message.
    pub refuse_hello: Option<(&'static str, String)>,
    /// By how much its clock is ahead of the agent's.
    pub clock_ahead_ms: i64,
    /// Grows when streams shall end.
    pub breaks: u32,
}

pub struct Console {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
    pub address: SocketAddr,
    pub agent: Uuid,
}

type Shared = State<Arc<Console>>;

impl Console {
    pub async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let console = Arc::new(Self {
            inner: Mutex::default(),
            changed: watch::Sender::new(0),
            address: listener.local_addr().unwrap(),
            agent: Uuid::now_v7(),
        });
        let router = Router::new()
            .route("/agent/v1/join", post(join))
            .route("/agent/v1/hello", post(hello))
            .route("/agent/v1/commands", get(commands))
            .route("/agent/v1/events", post(events))
            .route("/agent/v1/inventory", post(inventory))
            .route("/agent/v1/bundles/{digest}", get(bundle).put(put_bundle))
            .with_state(Arc::clone(&console));
        tokio::spawn(axum::serve(listener, router).into_future());
        console
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn bump(&self) {
        self.changed.send_modify(|n| *n += 1);
    }

    /// Waits until `look` finds something.
    pub async fn wait_for<T>(&self, what: &str, look: impl Fn(&Inner) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        let found = tokio::time::timeout(Duration::from_secs(40), async {
            loop {
                if let Some(found) = look(&self.inner()) {
                    return found;
                }
                changed.changed().await.unwrap();
            }
        })
        .await;
        found.unwrap_or_else(|_| panic!("waited in vain for {what}"))
    }

    /// Ends the streams of commands.
    pub fn break_off(&self) {
        self.inner().breaks += 1;
        self.bump();
    }

    /// From now on downloads wait, or all of them go on.
    pub fn hold_downloads(&self, hold: bool) {
        self.inner().hold_downloads = hold;
        self.bump();
    }

    async fn let_through(&self) {
        let mut changed = self.changed.subscribe();
        while self.inner().hold_downloads {
            changed.changed().await.unwrap();
        }
    }

    /// Gives an order and returns its attempt.
    pub fn order(&self, run: Uuid, epoch: u64, order: Order) -> Uuid {
        let attempt = Uuid::now_v7();
        self.order_as(attempt, run, epoch, order);
        attempt
    }

    pub fn order_as(&self, attempt: Uuid, run: Uuid, epoch: u64, order: Order) {
        let mut inner = self.inner();
        let number = inner.commands.len() as u64 + 1;
        inner.commands.push(Command {
            number,
            attempt,
            run,
            epoch,
            time_limit_ms: 30_000,
            order,
        });
        drop(inner);
        self.bump();
    }

    /// What became of an attempt.
    pub async fn outcome(&self, attempt: Uuid) -> EventKind {
        self.wait_for("the outcome of an attempt", |inner| {
            inner
                .events
                .iter()
                .find(|e| {
                    e.attempt == attempt
                        && matches!(e.what, EventKind::Succeeded | EventKind::Failed { .. })
                })
                .map(|e| e.what.clone())
        })
        .await
    }

    /// Orders and expects it done.
    pub async fn done(&self, run: Uuid, order: Order) {
        let attempt = self.order(run, 1, order.clone());
        let outcome = self.outcome(attempt).await;
        assert_eq!(outcome, EventKind::Succeeded, "{order:?}");
    }

    /// Orders and expects a failure of this code; returns its message and whether to retry.
    pub async fn refused(&self, run: Uuid, order: Order, expected: &str) -> (String, bool) {
        let attempt = self.order(run, 1, order);
        match self.outcome(attempt).await {
            EventKind::Failed {
                code,
                message,
                retry,
            } => {
                assert_eq!(code, expected, "{message}");
                (message, retry)
            }
            other => panic!("{other:?} instead of {expected}"),
        }
    }

    /// The inventory that a `Report` brings.
    pub async fn report(&self) -> Inventory {
        let attempt = self.order(Uuid::now_v7(), 1, Order::Report);
        assert_eq!(self.outcome(attempt).await, EventKind::Succeeded);
        self.inner()
            .inventories
            .iter()
            .find(|i| i.attempt == Some(attempt))
            .cloned()
            .unwrap()
    }
}

fn allowed(console: &Console, headers: &HeaderMap) -> Result<(), Response> {
    let expected = format!("Bearer {}.{SECRET}", console.agent);
    let given = headers.get("authorization").and_then(|h| h.to_str().ok());
    if given == Some(&expected) {
        return Ok(());
    }
    Err(refusal(
        StatusCode::UNAUTHORIZED,
        "wrong_secret",
        "This is not the agent's secret.",
    ))
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let refusal = Refusal {
        code: code.to_owned(),
        message: message.to_owned(),
    };
    (status, Json(refusal)).into_response()
}

fn environment() -> EnvironmentName {
    EnvironmentName {
        id: Uuid::nil(),
        name: "Quality".to_owned(),
    }
}

async fn join(State(console): Shared, Json(join): Json<Join>) -> Response {
    if join.code != CODE {
        return refusal(
            StatusCode::FORBIDDEN,
            "code_expired",
            "The code is not valid any more.",
        );
    }
    Json(Joined {
        agent_id: console.agent,
        secret: SECRET.to_owned(),
        environment: environment(),
    })
    .into_response()
}

async fn hello(
    State(console): Shared,
    headers: HeaderMap,
    Json(hello): Json<Hello>,
) -> Result<Response, Response> {
    allowed(&console, &headers)?;
    let clock_ms = hello.clock_ms + console.inner().clock_ahead_ms;
    let refused = console.inner().refuse_hello.clone();
    console.inner().hellos.push(hello);
    console.bump();
    if let Some((code, message)) = refused {
        return Err(refusal(StatusCode::CONFLICT, code, &message));
    }
    Ok(Json(Welcome {
        environment: environment(),
        clock_ms,
        console_version: "test".to_owned(),
        wants_inventory: false,
    })
    .into_response())
}

async fn commands(
    State(console): Shared,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, u64>>,
) -> Result<Response, Response> {
    allowed(&console, &headers)?;
    let after = query["after"];
    let breaks = console.inner().breaks;
    let changed = console.changed.subscribe();
    let stream = futures::stream::unfold(
        (console, changed, after),
        move |(console, mut changed, after)| async move {
            loop {
                let next = {
                    let inner = console.inner();
                    if inner.breaks != breaks {
                        return None;
                    }
                    let next = inner.commands.iter().find(|c| c.number > after).cloned();
                    next.map(|command| {
                        let garbled = inner.garbled.get(&command.number).cloned();
                        let plain = || serde_json::to_string(&command).unwrap();
                        (garbled.unwrap_or_else(plain), command)
                    })
                };
                if let Some((data, command)) = next {
                    let sent = Sent::default()
                        .event(protocol::COMMAND_EVENT)
                        .id(command.number.to_string())
                        .data(data);
                    return Some((sent, (console, changed, command.number)));
                }
                changed.changed().await.ok()?;
            }
        },
    );
    Ok(Sse::new(stream.map(Ok::<_, Infallible>))
        .keep_alive(KeepAlive::default())
        .into_response())
}

async fn events(
    State(console): Shared,
    headers: HeaderMap,
    Json(events): Json<Events>,
) -> Result<Response, Response> {
    allowed(&console, &headers)?;
    let lost = {
        let mut inner = console.inner();
        for event in events.events {
            let known = inner.events.iter().any(|e| e.number == event.number);
            if !known {
                inner.events.push(event);
            }
        }
        let lost = inner.lose_answers > 0;
        inner.lose_answers = inner.lose_answers.saturating_sub(1);
        lost
    };
    console.bump();
    if lost {
        return Err(StatusCode::BAD_GATEWAY.into_response());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn inventory(
    State(console): Shared,
    headers: HeaderMap,
    Json(inventory): Json<Inventory>,
) -> Result<Response, Response> {
    allowed(&console, &headers)?;
    console.inner().inventories.push(inventory);
    console.bump();
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn bundle(
    State(console): Shared,
    headers: HeaderMap,
    Path(digest): Path<String>,
) -> Result<Response, Response> {
    allowed(&console, &headers)?;
    console.inner().asked += 1;
    console.bump();
    console.let_through().await;
    let (bytes, cut) = {
        let mut inner = console.inner();
        inner.downloads += 1;
        let cut = inner.cut > 0;
        inner.cut = inner.cut.saturating_sub(1);
        (inner.bundles.get(&digest).cloned(), cut)
    };
    let Some(bytes) = bytes else {
        return Err(refusal(
            StatusCode::NOT_FOUND,
            "bundle_missing",
            "No such bundle.",
        ));
    };
    if cut {
        // Whoever is in between gave up half way and called it done.
        let half = bytes.slice(..bytes.len() / 2);
        let broken = futures::stream::iter([Ok::<_, Infallible>(half)]);
        return Ok(Body::from_stream(broken).into_response());
    }
    Ok(bytes.into_response())
}

async fn put_bundle(
    State(console): Shared,
    headers: HeaderMap,
    Path(digest): Path<String>,
    bytes: Bytes,
) -> Result<Response, Response> {
    allowed(&console, &headers)?;
    {
        let mut inner = console.inner();
        if inner.refuse_bundles > 0 {
            inner.refuse_bundles -= 1;
            drop(inner);
            console.bump();
            return Err(refusal(StatusCode::CONFLICT, "busy", "Not now."));
        }
        inner.bundles.insert(digest, bytes);
    }
    console.bump();
    Ok(StatusCode::NO_CONTENT.into_response())
}

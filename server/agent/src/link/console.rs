//! The calls that an agent makes to its console.

use crate::error::{AgentError, Failure};
use protocol::{Events, Hello, Inventory, Join, Joined, Refusal, Welcome};
use reqwest::{Client, Response, StatusCode};
use std::time::Duration;
use uuid::Uuid;

/// A call other than the stream and bundles takes at most this long.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// Longest silence on a stream; the console sends a sign of life every 15 s.
const SILENCE: Duration = Duration::from_secs(45);

/// Why a call did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// No answer, or none that makes sense: try again later.
    #[error("{0}")]
    Away(String),
    /// The console's answer is no.
    #[error("{message}")]
    Refused {
        status: u16,
        code: String,
        message: String,
    },
}

impl CallError {
    fn away(error: &reqwest::Error) -> Self {
        let why = if error.is_connect() {
            "it does not answer"
        } else if error.is_timeout() {
            "it did not answer in time"
        } else {
            "the connection broke"
        };
        Self::Away(why.to_owned())
    }

    pub(crate) fn for_person(self, console: &str) -> AgentError {
        match self {
            Self::Away(why) => AgentError::ConsoleAway {
                console: console.to_owned(),
                why,
            },
            Self::Refused { code, message, .. } => AgentError::Refused { code, message },
        }
    }
}

/// The console, with the agent's credentials.
#[derive(Clone)]
pub(crate) struct Console {
    base: String,
    bearer: String,
    client: Client,
}

/// Installs the cryptography that TLS uses, once per process.
pub(crate) fn prepare_tls() {
    // An error means that it is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn client() -> Result<Client, AgentError> {
    prepare_tls();
    Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(SILENCE)
        .pool_max_idle_per_host(4)
        .build()
        .map_err(|e| AgentError::ConsoleAway {
            console: "console".to_owned(),
            why: format!("the HTTP client could not be made ({e})"),
        })
}

/// `POST /agent/v1/join`
pub(crate) async fn join(base: &str, join: &Join) -> Result<Joined, AgentError> {
    let base = base.trim_end_matches('/');
    let answer = client()?
        .post(format!("{base}/agent/v1/join"))
        .timeout(CALL_LIMIT)
        .json(join)
        .send()
        .await
        .map_err(|e| CallError::away(&e).for_person(base))?;
    let answer = accepted(answer).await.map_err(|e| e.for_person(base))?;
    answer
        .json()
        .await
        .map_err(|e| CallError::away(&e).for_person(base))
}

async fn accepted(answer: Response) -> Result<Response, CallError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let refusal = match answer.bytes().await {
        Ok(body) => serde_json::from_slice::<Refusal>(&body).ok(),
        Err(_) => None,
    };
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(CallError::Away(
            refusal.map_or_else(|| format!("it answered {status}"), |r| r.message),
        ));
    }
    let (code, message) = match refusal {
        Some(refusal) => (refusal.code, refusal.message),
        None => (
            "not_a_console".to_owned(),
            format!(
                "It answered {status}, not as a Slipway console does. Check the console's address."
            ),
        ),
    };
    Err(CallError::Refused {
        status: status.as_u16(),
        code,
        message,
    })
}

impl Console {
    pub(crate) fn new(base: &str, agent: Uuid, secret: &str) -> Result<Self, AgentError> {
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            bearer: format!("{agent}.{}", secret.trim()),
            client: client()?,
        })
    }

    async fn post<T: serde::Serialize>(&self, path: &str, body: &T) -> Result<Response, CallError> {
        let answer = self
            .client
            .post(format!("{}/agent/v1/{path}", self.base))
            .bearer_auth(&self.bearer)
            .timeout(CALL_LIMIT)
            .json(body)
            .send()
            .await
            .map_err(|e| CallError::away(&e))?;
        accepted(answer).await
    }

    /// `POST /agent/v1/hello`
    pub(crate) async fn hello(&self, hello: &Hello) -> Result<Welcome, CallError> {
        self.post("hello", hello)
            .await?
            .json()
            .await
            .map_err(|e| CallError::away(&e))
    }

    /// `POST /agent/v1/alive`
    pub(crate) async fn alive(&self) -> Result<(), CallError> {
        self.post("alive", &()).await.map(|_| ())
    }

    /// `POST /agent/v1/events`
    pub(crate) async fn events(&self, events: &Events) -> Result<(), CallError> {
        self.post("events", events).await.map(|_| ())
    }

    /// `POST /agent/v1/inventory`
    pub(crate) async fn inventory(&self, inventory: &Inventory) -> Result<(), CallError> {
        self.post("inventory", inventory).await.map(|_| ())
    }

    /// `GET /agent/v1/commands?after=N`
    pub(crate) async fn commands(&self, after: u64) -> Result<Response, CallError> {
        let answer = self
            .client
            .get(format!("{}/agent/v1/commands?after={after}", self.base))
            .bearer_auth(&self.bearer)
            .send()
            .await
            .map_err(|e| CallError::away(&e))?;
        accepted(answer).await
    }

    /// `GET /agent/v1/bundles/{digest}`
    pub(crate) async fn bundle(&self, digest: &str) -> Result<Response, Failure> {
        let answer = self
            .client
            .get(format!("{}/agent/v1/bundles/{digest}", self.base))
            .bearer_auth(&self.bearer)
            .send()
            .await
            .map_err(|e| CallError::away(&e));
        let refused = match answer {
            Ok(answer) => match accepted(answer).await {
                Ok(answer) => return Ok(answer),
                Err(refused) => refused,
            },
            Err(away) => away,
        };
        Err(match refused {
            CallError::Away(why) => Failure::passing(
                "console_away",
                format!(
                    "The bundle {digest:.12} could not be fetched from the console: {why}. It is tried again."
                ),
            ),
            CallError::Refused { status: 404, .. } => Failure::lasting(
                "bundle_missing",
                format!(
                    "The console no longer has the bundle {digest:.12}. Publish that version again, or choose another."
                ),
            ),
            CallError::Refused { message, .. } => Failure::lasting(
                "bundle_refused",
                format!("The console refused the bundle {digest:.12}: {message}"),
            ),
        })
    }

    /// `PUT /agent/v1/bundles/{digest}`
    pub(crate) async fn give_bundle(
        &self,
        digest: &str,
        file: tokio::fs::File,
    ) -> Result<(), CallError> {
        let stream = tokio_util::io::ReaderStream::with_capacity(file, 64 << 10);
        let answer = self
            .client
            .put(format!("{}/agent/v1/bundles/{digest}", self.base))
            .bearer_auth(&self.bearer)
            .body(reqwest::Body::wrap_stream(stream))
            .send()
            .await
            .map_err(|e| CallError::away(&e))?;
        accepted(answer).await.map(|_| ())
    }
}

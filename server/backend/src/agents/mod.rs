//! The agents' side of the console: joining, saying hello, fetching and giving bundles. An agent
//! is known by its id and secret; it acts for its environment and nothing else.

mod commands;
mod events;
mod link;
mod recent;

pub(crate) use commands::NewOrder;
pub(crate) use link::Links;
pub(crate) use recent::Recent;

use crate::actor::Client;
use crate::audit::{Entry, Object};
use crate::events::Topic;
use crate::{Backend, secrets};
use domain::environment::LinkState;
use domain::{AgentId, AppError, EnvironmentId};
use protocol::{AgentSelf, EnvironmentName, Hello, Join, Joined, Refusal, Welcome};
use store::entity::environments::agent;
use store::{Set, StoreError, agents, environments};
use uuid::Uuid;

/// An agent that showed its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentActor {
    /// Which agent.
    pub agent: AgentId,
    /// The environment it serves.
    pub environment: EnvironmentId,
}

/// A refused call of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentError {
    /// The HTTP status.
    pub status: u16,
    /// What the agent is told.
    pub refusal: Refusal,
}

impl AgentError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            refusal: Refusal {
                code: code.to_owned(),
                message: message.into(),
            },
        }
    }
}

impl From<AppError> for AgentError {
    fn from(error: AppError) -> Self {
        Self::new(error.status(), error.code(), error.to_string())
    }
}

impl From<StoreError> for AgentError {
    fn from(error: StoreError) -> Self {
        AppError::from(error).into()
    }
}

/// A stream that has not been heard for this long is gone, whatever the row says.
const FRESH: i64 = 30_000;

/// Whether an agent is there: the one meaning of *online*, for the page and for the engine.
pub(crate) fn link_state(agent: Option<&agent::Model>, now: i64) -> LinkState {
    match agent {
        None => LinkState::NeverJoined,
        Some(agent) if agent.protocol > i64::from(protocol::VERSION) => LinkState::Incompatible,
        Some(agent) if agent.protocol < i64::from(protocol::OLDEST) => LinkState::Incompatible,
        Some(agent)
            if agent.connected && agent.last_seen.is_some_and(|seen| now - seen <= FRESH) =>
        {
            LinkState::Online
        }
        Some(_) => LinkState::Offline,
    }
}

/// The id that an agent shows, and the hash of its secret.
fn shown_by(bearer: &str) -> Result<(AgentId, String), AgentError> {
    let malformed = || {
        AgentError::new(
            401,
            "wrong_secret",
            "The agent did not show its id and secret. Join it again with a new code from the console's Environments page.",
        )
    };
    let (id, secret) = bearer.split_once('.').ok_or_else(malformed)?;
    let id = Uuid::try_parse(id).map_err(|_| malformed())?;
    Ok((AgentId(id), secrets::hash(secret)))
}

fn check_protocol(agent: &AgentSelf) -> Result<(), AgentError> {
    if agent.protocol > protocol::VERSION {
        return Err(AgentError::new(
            409,
            "protocol_too_new",
            format!(
                "This agent (version {}) speaks protocol {}; this console knows protocols {} to {}. Upgrade the console, or install an older agent.",
                agent.version,
                agent.protocol,
                protocol::OLDEST,
                protocol::VERSION,
            ),
        ));
    }
    if agent.protocol < protocol::OLDEST {
        return Err(AgentError::new(
            409,
            "protocol_too_old",
            format!(
                "This agent (version {}) speaks protocol {}; this console needs at least {}. Upgrade the agent.",
                agent.version,
                agent.protocol,
                protocol::OLDEST,
            ),
        ));
    }
    Ok(())
}

/// The address without blanks and trailing slash, if it is one.
fn plain_address(address: &str) -> Result<String, AgentError> {
    let address = address.trim().trim_end_matches('/');
    let host = address
        .strip_prefix("http://")
        .or_else(|| address.strip_prefix("https://"));
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\');
    match host {
        Some(host) if !host.is_empty() && address.len() <= 300 && address.chars().all(plain) => {
            Ok(address.to_owned())
        }
        _ => Err(AgentError::new(
            400,
            "bad_address",
            "The agent's address is not usable. It must begin with http:// or https:// and name a host.",
        )),
    }
}

/// A counter of an agent as it is stored.
pub(crate) fn as_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

impl Backend {
    /// Trades a one-time code for a secret. A second join replaces the environment's agent.
    pub async fn join_agent(&self, join: Join, client: &Client) -> Result<Joined, AgentError> {
        check_protocol(&join.agent)?;
        let address = plain_address(&join.agent.address)?;
        let code_hash = secrets::hash(&secrets::normal_code(&join.code));
        let secret = secrets::new_secret()?;
        let agent_id = self.new_id();
        let now = self.now();
        let joined = self
            .store
            .write(async |tx| -> Result<Joined, AgentError> {
                let code = agents::find_join_code(tx, &code_hash).await?.ok_or_else(|| {
                    AgentError::new(
                        403,
                        "code_unknown",
                        "This join code is not known. Make a new one on the console's Environments page; type it as it stands there.",
                    )
                })?;
                if code.used.is_some() {
                    return Err(AgentError::new(
                        403,
                        "code_used",
                        "This join code was used already. Make a new one on the console's Environments page.",
                    ));
                }
                if now >= code.expires {
                    return Err(AgentError::new(
                        403,
                        "code_expired",
                        "This join code is older than 15 minutes. Make a new one on the console's Environments page.",
                    ));
                }
                agents::use_join_code(tx, &code_hash, now).await?;
                let environment = environments::find(tx, code.environment_id)
                    .await?
                    .ok_or(StoreError::Missing)?;
                let row = agent::ActiveModel {
                    id: Set(agent_id),
                    environment_id: Set(environment.id),
                    secret_hash: Set(secrets::hash(&secret)),
                    version: Set(short(&join.agent.version)),
                    protocol: Set(i64::from(join.agent.protocol)),
                    platform: Set(i64::from(join.agent.platform)),
                    address: Set(address),
                    joined: Set(now),
                    last_seen: Set(Some(now)),
                    connected: Set(false),
                    clock_skew_ms: Set(None),
                    inventory_counter: Set(-1),
                    wants_inventory: Set(true),
                    next_command: Set(1),
                    last_command: Set(0),
                    last_event: Set(0),
                    signs_life: Set(false),
                };
                agents::replace(tx, environment.id, row).await?;
                store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                let object = Object {
                    kind: "environment",
                    id: Some(environment.id),
                    name: &environment.name,
                };
                let entry = Entry::new()
                    .at(EnvironmentId(environment.id))
                    .after(&serde_json::json!({ "agent": agent_id, "address": client.address }));
                self.record(tx, None, "agent_joined", object, entry).await?;
                Ok(Joined {
                    agent_id,
                    secret,
                    environment: EnvironmentName {
                        id: environment.id,
                        name: environment.name,
                    },
                })
            })
            .await?;
        self.topics.bump([Topic::Environments]);
        Ok(joined)
    }

    /// The agent behind `{agent id}.{secret}`.
    pub async fn find_agent(&self, bearer: &str) -> Result<AgentActor, AgentError> {
        let (id, hash) = shown_by(bearer)?;
        let agent = agents::find(self.store.read(), id.0).await?.ok_or_else(|| {
            AgentError::new(
                401,
                "unknown_agent",
                "The console does not know this agent; perhaps another one joined in its place. Join it again with a new code from the console's Environments page.",
            )
        })?;
        // The hashes of 256 random bits tell nothing by the time their comparison takes.
        if agent.secret_hash != hash {
            return Err(AgentError::new(
                401,
                "wrong_secret",
                "This is not the agent's secret. Join it again with a new code from the console's Environments page.",
            ));
        }
        let actor = AgentActor {
            agent: AgentId(agent.id),
            environment: EnvironmentId(agent.environment_id),
        };
        self.recent_agents.note(&actor, hash);
        Ok(actor)
    }

    /// The same for who fetches a bundle, as agents do many times in a row: who has shown its secret
    /// a moment ago is not looked up again.
    pub async fn find_fetching_agent(&self, bearer: &str) -> Result<AgentActor, AgentError> {
        let (id, hash) = shown_by(bearer)?;
        match self.recent_agents.find(id, &hash) {
            Some(known) => Ok(known),
            None => self.find_agent(bearer).await,
        }
    }

    /// Notes what an agent says of itself after it (re)connected.
    pub async fn greet_agent(
        &self,
        actor: &AgentActor,
        hello: Hello,
    ) -> Result<Welcome, AgentError> {
        let checked = check_protocol(&hello.agent);
        let address = plain_address(&hello.agent.address)?;
        let now = self.now();
        let welcome = self
            .store
            .write(async |tx| -> Result<Welcome, AgentError> {
                let known = store::executions::lock_agent(tx, actor.agent.0)
                    .await?
                    .ok_or(StoreError::Missing)?;
                let counter = as_number(hello.inventory_counter);
                let wants = known.wants_inventory || known.inventory_counter != counter;
                let platform = i64::from(hello.agent.platform);
                let changed = known.platform != platform;
                agents::update(
                    tx,
                    agent::ActiveModel {
                        id: Set(known.id),
                        version: Set(short(&hello.agent.version)),
                        protocol: Set(i64::from(hello.agent.protocol)),
                        platform: Set(platform),
                        address: Set(address),
                        last_seen: Set(Some(now)),
                        clock_skew_ms: Set(Some(hello.clock_ms.saturating_sub(now))),
                        wants_inventory: Set(wants),
                        // One that has lost its memory counts anew: what it hosts is news.
                        inventory_counter: Set(known.inventory_counter.min(counter)),
                        last_command: Set(as_number(hello.last_command)),
                        // The same of its events.
                        last_event: Set(hello.last_event.map_or(known.last_event, |last| {
                            known.last_event.min(as_number(last))
                        })),
                        signs_life: Set(hello.signs_life),
                        ..Default::default()
                    },
                )
                .await?;
                if changed {
                    store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                }
                let environment = environments::find(tx, actor.environment.0)
                    .await?
                    .ok_or(StoreError::Missing)?;
                Ok(Welcome {
                    environment: EnvironmentName {
                        id: environment.id,
                        name: environment.name,
                    },
                    clock_ms: now,
                    console_version: self.options.version.clone(),
                    wants_inventory: wants,
                })
            })
            .await?;
        self.topics.bump([Topic::Environments]);
        // Said after the row was written, so that the Environments page shows the protocol.
        checked?;
        Ok(welcome)
    }
}

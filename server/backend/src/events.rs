//! Live topics: after a commit, whoever looks at something is told that it changed. An event is a
//! topic and a number, never data; a missed one costs a refetch and nothing else.

use crate::Backend;
use domain::{ApplicationId, EnvironmentId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Something that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Environments and their agents.
    Environments,
    /// The matrix.
    Applications,
    /// One application.
    Application(ApplicationId),
    /// The list of plans.
    Plans,
    /// One plan, by its number.
    Plan(u64),
    /// One run, by its plan's number.
    Run(u64),
    /// The reader's own account.
    Me,
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environments => f.write_str("environments"),
            Self::Applications => f.write_str("applications"),
            Self::Application(id) => write!(f, "application/{id}"),
            Self::Plans => f.write_str("plans"),
            Self::Plan(number) => write!(f, "plan/{number}"),
            Self::Run(number) => write!(f, "run/{number}"),
            Self::Me => f.write_str("me"),
        }
    }
}

impl std::str::FromStr for Topic {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text.split_once('/') {
            None => match text {
                "environments" => Self::Environments,
                "applications" => Self::Applications,
                "plans" => Self::Plans,
                "me" => Self::Me,
                _ => return Err(()),
            },
            Some(("application", id)) => Self::Application(id.parse().map_err(|_| ())?),
            Some(("plan", number)) => Self::Plan(number.parse().map_err(|_| ())?),
            Some(("run", number)) => Self::Run(number.parse().map_err(|_| ())?),
            Some(_) => return Err(()),
        })
    }
}

/// That a topic changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub topic: Topic,
    /// Grows with each change of the topic.
    pub number: u64,
    /// Where the process stands with it.
    pub stand: Stand,
}

/// How much a process has told: what was read while it stood there knows all that was told before.
/// Processes never stand at the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    process: u64,
    count: u64,
}

impl std::fmt::Display for Stand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}.{:x}", self.process, self.count)
    }
}

/// How many changes a slow listener may be behind before it is told to load everything again.
const BACKLOG: usize = 1_024;

/// The topics of this process.
#[derive(Debug)]
pub struct Topics {
    sender: broadcast::Sender<Change>,
    told: Mutex<Told>,
    first: u64,
    /// What tells this process from others.
    process: u64,
    /// What other processes are still to be told; none where there are no others.
    outbox: Option<Outbox>,
    /// Whether other processes are heard.
    listening: watch::Sender<bool>,
}

/// What was told so far.
#[derive(Debug, Default)]
struct Told {
    numbers: BTreeMap<Topic, u64>,
    /// How many changes.
    count: u64,
}

/// Messages to other processes, each kept once.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    messages: Mutex<BTreeSet<String>>,
    filled: Notify,
}

impl Outbox {
    fn put(&self, message: String) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.insert(message);
        self.filled.notify_one();
    }

    fn take(&self) -> BTreeSet<String> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *messages)
    }
}

impl Topics {
    /// Numbers begin at the start time, so that they also grow over a restart.
    pub(crate) fn new(started: Timestamp, shared: bool) -> Self {
        Self {
            outbox: shared.then(Outbox::default),
            listening: watch::Sender::new(false),
            sender: broadcast::channel(BACKLOG).0,
            told: Mutex::default(),
            first: u64::try_from(started.0).unwrap_or(0),
            // Its keys are made anew in each process.
            process: RandomState::new().build_hasher().finish(),
        }
    }

    /// Says that these changed. To be called after the commit.
    pub fn bump(&self, topics: impl IntoIterator<Item = Topic>) {
        for topic in topics {
            self.tell(|| topic.to_string());
            self.announce(topic);
        }
    }

    /// Tells the other processes, if there can be any.
    pub(crate) fn tell(&self, message: impl FnOnce() -> String) {
        if let Some(outbox) = &self.outbox {
            outbox.put(message());
        }
    }

    /// Waits until other processes are heard.
    #[cfg(feature = "testing")]
    pub(crate) async fn listening(&self) {
        let mut listening = self.listening.subscribe();
        // The sender lives as long as this.
        let _ = listening.wait_for(|listening| *listening).await;
    }

    fn announce(&self, topic: Topic) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.count += 1;
        let stand = self.at(told.count);
        let number = told.numbers.entry(topic.clone()).or_insert(self.first);
        *number += 1;
        let change = Change {
            topic,
            number: *number,
            stand,
        };
        // In the order of their counts. No listener is no error.
        let _ = self.sender.send(change);
    }

    const fn at(&self, count: u64) -> Stand {
        Stand {
            process: self.process,
            count,
        }
    }

    /// Where this process stands. To be asked before something is read that is to be followed, and
    /// after [`Self::subscribe`] by who follows.
    pub fn stand(&self) -> Stand {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        self.at(told.count)
    }

    /// All changes from now on. `Lagged` means: load everything again.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }

    /// Where a topic stands.
    pub fn number(&self, topic: &Topic) -> u64 {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.numbers.get(topic).copied().unwrap_or(self.first)
    }
}

/// What the message that an environment has new commands begins with.
const COMMANDS: &str = "commands/";

/// The message that the engines have something to look at: a run, a request, a result.
pub(crate) const ENGINE: &str = "engine";
/// The message that a run is over, for who waits for its end.
pub(crate) const RUN_OVER: &str = "run-over";

/// The message that an environment has new commands.
pub(crate) fn commands_message(environment: EnvironmentId) -> String {
    format!("{COMMANDS}{environment}")
}

/// The pause before listening is tried again after the database was away.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

impl Backend {
    /// Keeps this process and the others on the same PostgreSQL database in step, until `stop`: what
    /// is bumped here is bumped there. Returns at once on SQLite, where there are no others.
    /// Messages may be lost while the database is away; then everybody is told to look again.
    pub async fn relay_topics(self: Arc<Self>, stop: CancellationToken) {
        let Some(outbox) = &self.topics.outbox else {
            // There is no other process.
            return stop.cancelled().await;
        };
        let own = self.new_id().simple().to_string();
        while !stop.is_cancelled() {
            let mut listener = match self.store.listen().await {
                Ok(Some(listener)) => listener,
                Ok(None) => return stop.cancelled().await,
                Err(error) => {
                    tracing::warn!(%error, "the other console processes cannot be heard");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(LISTEN_AGAIN) => continue,
                    }
                }
            };
            self.topics.listening.send_replace(true);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = outbox.filled.notified() => self.say(&own, outbox.take()).await,
                    heard = listener.next() => match heard {
                        Ok(message) => self.hear(&own, &message),
                        Err(error) => {
                            tracing::warn!(%error, "the other console processes cannot be heard");
                            for topic in [
                                Topic::Environments,
                                Topic::Applications,
                                Topic::Plans,
                                Topic::Me,
                            ] {
                                self.topics.announce(topic);
                            }
                            self.engine.wake();
                            self.engine.note_change();
                            break;
                        }
                    },
                }
            }
        }
    }

    /// Tells the other processes what was bumped here, once: for a process that ends now. Does
    /// nothing on SQLite, where a console looks at its sessions by itself.
    pub async fn tell_others(&self) {
        if let Some(outbox) = &self.topics.outbox {
            let own = self.new_id().simple().to_string();
            self.say(&own, outbox.take()).await;
        }
    }

    async fn say(&self, own: &str, messages: BTreeSet<String>) {
        let mut text = own.to_owned();
        let mut texts = Vec::new();
        for message in messages {
            if text.len() + message.len() + 1 > store::MAX_MESSAGE {
                texts.push(std::mem::replace(&mut text, own.to_owned()));
            }
            text.push(' ');
            text.push_str(&message);
        }
        texts.push(text);
        for text in texts {
            if let Err(error) = self.store.notify(&text).await {
                tracing::warn!(%error, "the other console processes could not be told");
            }
        }
    }

    fn hear(&self, own: &str, text: &str) {
        let mut words = text.split(' ');
        if words.next() == Some(own) {
            return;
        }
        for word in words {
            match word {
                ENGINE => {
                    self.engine.wake();
                    continue;
                }
                RUN_OVER => {
                    self.engine.note_change();
                    self.engine.note_free();
                    continue;
                }
                _ => {}
            }
            let environment = word
                .strip_prefix(COMMANDS)
                .and_then(|id| id.parse::<EnvironmentId>().ok());
            if let Some(environment) = environment {
                self.links.wake(environment);
            } else if let Ok(topic) = word.parse() {
                self.topics.announce(topic);
            }
        }
    }
}

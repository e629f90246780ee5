//! The connection to the console: hello, one resumable stream of commands, a sign of life every few
//! seconds while it is open, and posts of events and inventories. Whatever breaks is tried again, for ever, at a growing distance.

pub(crate) mod console;
pub(crate) mod post;

use crate::clock::now_ms;
use crate::inventory;
use crate::orders::Orders;
use console::{CallError, Console};
use eventsource_stream::Eventsource;
use futures::StreamExt;
use post::Given;
use protocol::{AgentSelf, Command, Hello};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// First and longest pause between two tries.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// Pause after a refusal that only a person can lift.
const REFUSED_PAUSE: Duration = Duration::from_secs(30);

/// Clocks that differ by so many seconds are worth a word.
const APART_WORTH_A_WORD: u64 = 60;

/// Between two signs of life; the console calls an agent away after three that are missing.
const LIFE_SIGN: Duration = Duration::from_secs(10);

/// How it is with the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkStatus {
    /// Not yet.
    Connecting,
    /// The stream of commands is open.
    Connected,
    /// No connection, and why.
    Away(String),
    /// The console does not want this agent, and why.
    Refused(String),
}

impl LinkStatus {
    /// For the agent's own page.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Connecting => "connecting to the console".to_owned(),
            Self::Connected => "connected to the console".to_owned(),
            Self::Away(why) => {
                format!("the console cannot be reached ({why}); what is deployed keeps running")
            }
            Self::Refused(why) => format!("the console refuses this agent: {why}"),
        }
    }
}

/// What to say of clocks that are apart, if it is worth a word.
pub(crate) fn clocks_apart(apart_ms: i64) -> Option<String> {
    let seconds = apart_ms.unsigned_abs() / 1000;
    if seconds < APART_WORTH_A_WORD {
        return None;
    }
    let by = match seconds {
        0..=3_599 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    };
    let way = if apart_ms > 0 { "behind" } else { "ahead of" };
    Some(format!(
        "This machine's clock is {by} {way} the console's: times in logs do not agree. Set it, or switch on time synchronization here."
    ))
}

/// A pause that grows, with a random part so that many agents do not come at once.
pub(crate) struct Pause {
    next: Duration,
    longest: Duration,
}

impl Pause {
    pub(crate) const fn new() -> Self {
        Self::up_to(PAUSE.1)
    }

    pub(crate) const fn up_to(longest: Duration) -> Self {
        Self {
            next: PAUSE.0,
            longest,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.next = PAUSE.0;
    }

    pub(crate) async fn wait(&mut self) {
        let random = Uuid::now_v7().as_u128() & 0xff; // its low bits are random
        let part = self.next.mul_f64(0.5 + f64::from(random as u8) / 512.0);
        self.next = (self.next * 2).min(self.longest);
        sleep(part).await;
    }
}

/// What the link is made of.
pub(crate) struct Link {
    pub(crate) console: Console,
    pub(crate) orders: Arc<Orders>,
    pub(crate) agent: AgentSelf,
    pub(crate) given: Given,
}

impl Link {
    /// Keeps the connection up until the task is dropped.
    pub(crate) async fn keep(self: Arc<Self>) {
        let posting = tokio::spawn(post::post_events(
            self.console.clone(),
            self.orders.journal.clone(),
        ));
        let reporting = tokio::spawn(post::post_changes(
            self.console.clone(),
            Arc::clone(&self.orders),
            self.given.clone(),
        ));
        let living = tokio::spawn(Arc::clone(&self).show_life());
        let _stop_with_us = [posting, reporting, living].map(AbortOnDrop);
        let mut pause = Pause::new();
        loop {
            let begun = Instant::now();
            let ended = self.connected().await;
            if begun.elapsed() > Duration::from_secs(30) {
                pause.reset();
            }
            let refused = matches!(ended, CallError::Refused { .. });
            tracing::warn!(reason = %ended, "no connection to the console");
            self.orders.host.link.send_replace(match ended {
                CallError::Away(why) => LinkStatus::Away(why),
                CallError::Refused { message, .. } => LinkStatus::Refused(message),
            });
            if refused {
                sleep(REFUSED_PAUSE).await;
            } else {
                pause.wait().await;
            }
        }
    }

    /// Says that this agent is there while its stream is open; never returns. An older console does
    /// not know the call and needs none.
    async fn show_life(self: Arc<Self>) {
        let mut status = self.orders.host.link.subscribe();
        loop {
            sleep(LIFE_SIGN).await;
            let connected = status.wait_for(|status| *status == LinkStatus::Connected);
            if connected.await.is_err() {
                return;
            }
            if let Err(error) = self.console.alive().await {
                tracing::debug!(%error, "a sign of life was not heard");
            }
        }
    }

    /// One connection, until it ends.
    async fn connected(&self) -> CallError {
        match self.connect().await {
            Ok(()) => CallError::Away("the stream of commands ended".to_owned()),
            Err(error) => error,
        }
    }

    async fn connect(&self) -> Result<(), CallError> {
        let (counter, last, last_event) = {
            let state = self.orders.journal.state();
            (state.counter, state.last_command, state.last_event)
        };
        let welcome = self
            .console
            .hello(&Hello {
                agent: self.agent.clone(),
                clock_ms: now_ms(),
                inventory_counter: counter,
                last_command: last,
                last_event: Some(last_event),
                signs_life: true,
            })
            .await?;
        let apart = welcome.clock_ms.saturating_sub(now_ms());
        self.orders.host.apart_ms.store(apart, Ordering::Relaxed);
        if let Some(words) = clocks_apart(apart) {
            tracing::warn!(milliseconds = apart, "{words}");
        }
        *self
            .orders
            .host
            .environment
            .write()
            .unwrap_or_else(PoisonError::into_inner) = welcome.environment.name.clone();
        let stream = self.console.commands(last).await?;
        self.orders.host.link.send_replace(LinkStatus::Connected);
        tracing::info!(environment = %welcome.environment.name, console = %welcome.console_version, "connected to the console");
        self.orders.journal.events.notify_one();
        // It may be another console, or one that lost what it had.
        self.given.forget();
        if self.orders.journal.state().has_local() {
            // Published while the console was away or the agent stopped: it needs the bundles.
            self.orders.journal.changes.notify_one();
        }
        if welcome.wants_inventory {
            let inventory = inventory::take(&self.orders.journal, &self.orders.host, None);
            self.console.inventory(&inventory).await?;
        }
        let mut events = stream.bytes_stream().eventsource();
        while let Some(event) = events.next().await {
            let event =
                event.map_err(|_| CallError::Away("the stream of commands broke".to_owned()))?;
            if event.event != protocol::COMMAND_EVENT {
                continue;
            }
            match serde_json::from_str::<Command>(&event.data) {
                Ok(command) => Orders::take(&self.orders, command),
                Err(error) => {
                    tracing::error!(%error, "a command of the console is not understood");
                    Orders::not_understood(&self.orders, event.id.parse().ok(), &event.data);
                }
            }
        }
        Ok(())
    }
}

/// A task that ends with whoever holds this.
pub(crate) struct AbortOnDrop<T>(pub(crate) tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

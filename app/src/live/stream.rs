//! The stream in the browser. One tab of a browser leads and has the connection; the others listen
//! to it through a channel, because browsers allow few connections to one host. Who leads is
//! settled by a Web Lock, which is freed when the tab goes; a tab that leads and says nothing any
//! more (asleep, or kept aside by the browser) loses it to one that listens. Where there are no locks
//! (plain HTTP to another machine), every tab has a stream of its own.

use super::{Link, Live};
use crate::components::time::{Clock, use_clock};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast, JsError};
use web_sys::{AbortController, BroadcastChannel, EventSource, MessageEvent};

/// Where the server sends topics.
const ADDRESS: &str = "/-/live";

/// The name of lock and channel.
const NAME: &str = "slipway-live";

/// Nothing at all for this long means that the line is gone; the server says something every 10 s.
const SILENCE_MS: f64 = 25_000.0;

/// How often everything is asked for again while the stream is lost.
const REFETCH_MS: f64 = 10_000.0;

/// Changes within this time are told together, so that a burst asks once.
const GATHER: Duration = Duration::from_millis(120);

struct Stream {
    live: Live,
    clock: Clock,
    build: String,
    /// Where the console stands, as far as this tab knows; at first where it stood when this
    /// document was begun.
    stand: RefCell<String>,
    channel: Option<BroadcastChannel>,
    leading: Cell<bool>,
    /// Gives the lock back.
    release: RefCell<Option<js_sys::Function>>,
    /// Takes this tab out of those that wait for the lock.
    waiting: RefCell<Option<AbortController>>,
    /// Which claim to the lock is the last one; what comes of earlier ones is of no interest.
    claims: Cell<u32>,
    /// The document is kept aside by the browser, to come back to.
    aside: Cell<bool>,
    source: RefCell<Option<EventSource>>,
    failures: Cell<u32>,
    next_try: Cell<f64>,
    last_heard: Cell<f64>,
    /// When any tab said anything, if only that the line is lost.
    last_word: Cell<f64>,
    last_heard_server: Cell<i64>,
    last_refetch: Cell<f64>,
    gathered: RefCell<BTreeMap<String, u64>>,
    gathering: Cell<bool>,
}

/// Opens the stream, or listens to the tab that has it. Lives as long as the page.
pub(super) fn start(live: Live, build: String, stand: String) {
    let stream = Rc::new(Stream {
        live,
        clock: use_clock(),
        build,
        stand: RefCell::new(stand),
        channel: BroadcastChannel::new(NAME).ok(),
        leading: Cell::new(false),
        release: RefCell::new(None),
        waiting: RefCell::new(None),
        claims: Cell::new(0),
        aside: Cell::new(false),
        source: RefCell::new(None),
        failures: Cell::new(0),
        next_try: Cell::new(0.0),
        last_heard: Cell::new(js_sys::Date::now()),
        last_word: Cell::new(js_sys::Date::now()),
        last_heard_server: Cell::new(use_clock().now_untracked().0),
        last_refetch: Cell::new(js_sys::Date::now()),
        gathered: RefCell::new(BTreeMap::new()),
        gathering: Cell::new(false),
    });
    stream.listen_to_others();
    stream.lead(Claim::Wait);
    stream.tell("who");
    let leaving = stream.clone();
    let hide = window_event_listener(leptos::ev::pagehide, move |_| leaving.go_aside());
    let coming = stream.clone();
    let show = window_event_listener(leptos::ev::pageshow, move |_| coming.come_back());
    on_cleanup(move || {
        hide.remove();
        show.remove();
    });

    // Signals may be read and written from timers: all of them belong to the root.
    let watch = stream.clone();
    let handle = set_interval_with_handle(move || watch.look(), Duration::from_secs(1));
    if let Ok(handle) = handle {
        on_cleanup(move || handle.clear());
    }
    let retrying = stream.clone();
    Effect::new(move |before: Option<u64>| {
        let count = live.retries.get();
        if before.is_some() {
            retrying.retry();
        }
        count
    });
    let leaving = stream.clone();
    Effect::new(move |before: Option<u64>| {
        let count = live.signed_out.get();
        if before.is_some() {
            leaving.tell("signed-out");
        }
        count
    });
}

impl Stream {
    fn tell(&self, message: &str) {
        if let Some(channel) = &self.channel {
            let _ = channel.post_message(&JsValue::from_str(message));
        }
    }

    fn listen_to_others(self: &Rc<Self>) {
        let Some(channel) = &self.channel else { return };
        let stream = self.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                stream.told(&text);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
    }

    /// Another tab said something.
    fn told(self: &Rc<Self>, text: &str) {
        // A tab that asks is no sign of one that leads.
        if !matches!(text, "who" | "retry") {
            self.last_word.set(js_sys::Date::now());
        }
        match text {
            "retry" if self.leading.get() => self.connect(),
            "who" if self.leading.get() && self.live.link.get_untracked() == Link::Live => {
                self.tell(&format!("alive {}", self.stand.borrow()));
            }
            "retry" | "who" => {}
            "signed-out" => crate::session::go_to_sign_in(),
            "lost" => self.lost(),
            _ => self.heard(text),
        }
    }

    /// Leads when the lock is this tab's: at once if no tab has it or there are no locks.
    fn lead(self: &Rc<Self>, claim: Claim) {
        let number = self.claim();
        let signal = match claim {
            Claim::Wait => AbortController::new().ok(),
            Claim::Take => None,
        };
        let stream = self.clone();
        let granted = Closure::once_into_js(move || {
            if stream.claims.get() != number {
                return js_sys::Promise::resolve(&JsValue::UNDEFINED);
            }
            js_sys::Promise::new(&mut |release, _| {
                stream.release.borrow_mut().replace(release);
                stream.leading.set(true);
                stream.connect();
            })
        });
        let held = request_lock(claim, signal.as_ref(), granted.unchecked_ref());
        *self.waiting.borrow_mut() = signal;
        match held {
            Ok(held) => {
                let stream = self.clone();
                leptos::task::spawn_local(async move {
                    let held = wasm_bindgen_futures::JsFuture::from(held).await;
                    // It ends with an error when another tab took the lock.
                    if held.is_err() && stream.claims.get() == number {
                        stream.follow();
                        stream.lead(Claim::Wait);
                    }
                });
            }
            Err(_) => {
                self.leading.set(true);
                self.connect();
            }
        }
    }

    /// Begins another claim; the one before is over.
    fn claim(&self) -> u32 {
        let number = self.claims.get().wrapping_add(1);
        self.claims.set(number);
        if let Some(waiting) = self.waiting.borrow_mut().take() {
            waiting.abort();
        }
        number
    }

    /// Leads no longer: gives connection and lock back.
    fn follow(&self) {
        self.leading.set(false);
        if let Some(old) = self.source.borrow_mut().take() {
            old.close();
        }
        if let Some(release) = self.release.borrow_mut().take() {
            let _ = release.call0(&JsValue::NULL);
        }
    }

    /// The person went on to another document. This one may be kept aside, and must then not keep
    /// the lock from those that are seen.
    fn go_aside(&self) {
        self.aside.set(true);
        self.claim();
        self.follow();
    }

    /// The person came back to this document.
    fn come_back(self: &Rc<Self>) {
        if self.aside.replace(false) {
            self.lead(Claim::Wait);
            self.tell("who");
            // What was missed is not known.
            self.live.bump_all();
        }
    }

    /// Opens the connection anew.
    fn connect(self: &Rc<Self>) {
        if let Some(old) = self.source.borrow_mut().take() {
            old.close();
        }
        let Ok(source) = EventSource::new(ADDRESS) else {
            self.failed();
            return;
        };
        for name in ["hello", "change", "all", "alive"] {
            let stream = self.clone();
            let on_event = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let data = event.data().as_string().unwrap_or_default();
                let message = format!("{name} {data}");
                stream.tell(&message);
                stream.heard(&message);
            });
            let _ =
                source.add_event_listener_with_callback(name, on_event.as_ref().unchecked_ref());
            on_event.forget();
        }
        let stream = self.clone();
        let on_error = Closure::<dyn Fn()>::new(move || stream.failed());
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        on_error.forget();
        *self.source.borrow_mut() = Some(source);
    }

    /// The server said something, here or in the tab that leads.
    fn heard(self: &Rc<Self>, message: &str) {
        self.last_heard.set(js_sys::Date::now());
        self.last_heard_server.set(self.clock.now_untracked().0);
        self.failures.set(0);
        let was_lost = self.live.link.get_untracked() != Link::Live;
        if was_lost {
            let first = self.live.link.get_untracked() == Link::Starting;
            self.live.link.set(Link::Live);
            // What was missed is not known; only that it was nothing if the console still stands
            // where it stood when this document was begun.
            if !first || message.rsplit(' ').next() != Some(self.stand.borrow().as_str()) {
                self.live.bump_all();
            }
        }
        let mut words = message.split(' ');
        let event = words.next().unwrap_or_default();
        let data = words.next().unwrap_or_default();
        match event {
            "hello" if data != self.build => self.live.newer.set(true),
            "all" => self.live.bump_all(),
            "change" => {
                if let Some(number) = words.next().and_then(|number| number.parse().ok()) {
                    self.changed(data, number);
                }
            }
            _ => {}
        }
        if matches!(event, "hello" | "change")
            && let Some(stand) = words.next()
        {
            stand.clone_into(&mut self.stand.borrow_mut());
        }
    }

    /// Tells the first change of a burst at once and the rest together.
    fn changed(self: &Rc<Self>, topic: &str, number: u64) {
        if self.gathering.get() {
            self.gathered.borrow_mut().insert(topic.to_owned(), number);
            return;
        }
        self.live.bump(topic, number);
        self.gather();
    }

    fn gather(self: &Rc<Self>) {
        self.gathering.set(true);
        let stream = self.clone();
        set_timeout(
            move || {
                stream.gathering.set(false);
                let gathered = std::mem::take(&mut *stream.gathered.borrow_mut());
                if !gathered.is_empty() {
                    for (topic, number) in gathered {
                        stream.live.bump(&topic, number);
                    }
                    stream.gather();
                }
            },
            GATHER,
        );
    }

    /// The connection broke. The browser would try again by itself for ever and at once; here the
    /// time between tries grows.
    fn failed(self: &Rc<Self>) {
        if let Some(old) = self.source.borrow_mut().take() {
            old.close();
        }
        self.lost();
        self.tell("lost");
        let failures = self.failures.get().min(5);
        self.failures.set(failures + 1);
        // 1, 2, 4, 8, 16, 30 seconds, each with up to half as much more.
        let pause = f64::from(1_u32 << failures).min(30.0) * 1_000.0;
        self.next_try
            .set(js_sys::Date::now() + pause * (1.0 + js_sys::Math::random() / 2.0));
    }

    fn lost(&self) {
        if !matches!(self.live.link.get_untracked(), Link::Lost(_)) {
            self.live.link.set(Link::Lost(self.last_heard_server.get()));
            self.last_refetch.set(js_sys::Date::now());
        }
    }

    fn retry(self: &Rc<Self>) {
        if self.leading.get() {
            self.connect();
        } else {
            self.tell("retry");
        }
        self.live.bump_all();
    }

    /// Once a second: is the line silent, is it time to try or to ask again?
    fn look(self: &Rc<Self>) {
        if self.aside.get() {
            return;
        }
        let now = js_sys::Date::now();
        if !self.leading.get() && now - self.last_word.get() > SILENCE_MS {
            // The tab that leads is not heard, not even that its line is lost.
            self.last_word.set(now);
            self.lead(Claim::Take);
        }
        let lost = matches!(self.live.link.get_untracked(), Link::Lost(_));
        if !lost && now - self.last_heard.get() > SILENCE_MS {
            if self.leading.get() {
                self.failed();
            } else {
                self.lost();
            }
        }
        if lost {
            if self.leading.get() {
                self.tell("lost");
            }
            if self.leading.get() && self.source.borrow().is_none() && now >= self.next_try.get() {
                self.connect();
            }
            if now - self.last_refetch.get() > REFETCH_MS {
                self.last_refetch.set(now);
                self.live.bump_all();
            }
        }
    }
}

/// How the lock is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// In turn.
    Wait,
    /// At once, whoever has it.
    Take,
}

/// `navigator.locks.request(NAME, options, granted)`; web-sys has it only among its unstable parts.
/// The promise lasts as long as the lock.
fn request_lock(
    claim: Claim,
    waiting: Option<&AbortController>,
    granted: &js_sys::Function,
) -> Result<js_sys::Promise, JsValue> {
    let navigator: JsValue = window().navigator().into();
    let locks = js_sys::Reflect::get(&navigator, &"locks".into())?;
    let request: js_sys::Function = js_sys::Reflect::get(&locks, &"request".into())?
        .dyn_into()
        .map_err(|_| JsError::new("no locks"))?;
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"steal".into(), &(claim == Claim::Take).into())?;
    if let Some(waiting) = waiting {
        js_sys::Reflect::set(&options, &"signal".into(), &waiting.signal())?;
    }
    request
        .call3(&locks, &NAME.into(), &options, granted)?
        .dyn_into()
}

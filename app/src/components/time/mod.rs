//! Times and durations in words. The server's HTML says UTC; the browser turns that into the
//! person's own time zone once it has taken over.

#[cfg(test)]
mod tests;

use crate::derived::derived;
use crate::session::Boot;
use domain::Timestamp;
use leptos::prelude::*;

/// The shared clock of the page.
#[derive(Clone, Copy)]
pub struct Clock {
    now: RwSignal<i64>,
    local: RwSignal<bool>,
    /// Milliseconds by which the console's clock is ahead of this machine's.
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
    ahead: i64,
}

impl Clock {
    /// The console's time now; moves once a second in the browser.
    pub fn now(self) -> Timestamp {
        Timestamp(self.now.get())
    }

    /// The same, without following it.
    pub fn now_untracked(self) -> Timestamp {
        Timestamp(self.now.get_untracked())
    }

    #[cfg(feature = "hydrate")]
    fn go(self) {
        let tick = move || self.now.set(js_sys::Date::now() as i64 + self.ahead);
        self.local.set(true);
        tick();
        if let Ok(handle) = set_interval_with_handle(tick, std::time::Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "");
        }
    }

    #[cfg(not(feature = "hydrate"))]
    #[allow(clippy::unused_self)] // the browser's part needs it
    fn go(self) {}

    /// A time as a person of this time zone writes it.
    pub fn civil(self, at: Timestamp) -> Civil {
        let offset = if self.local.get() {
            zone_offset_minutes(at)
        } else {
            0
        };
        Civil::from_utc(at, offset, !self.local.get())
    }
}

impl Clock {
    /// The place of the person's time zone ("Lisbon"); none until the times are in it.
    pub fn place(self) -> Option<String> {
        self.local.get().then(zone_place).flatten()
    }
}

#[cfg(feature = "hydrate")]
fn zone_place() -> Option<String> {
    let options = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new())
        .resolved_options();
    let zone = js_sys::Reflect::get(&options, &"timeZone".into())
        .ok()?
        .as_string()?;
    place_of(&zone)
}

#[cfg(not(feature = "hydrate"))]
fn zone_place() -> Option<String> {
    None
}

/// The place in the name of a time zone ("America/Argentina/Buenos_Aires").
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
fn place_of(zone: &str) -> Option<String> {
    let place = zone.rsplit('/').next()?.replace('_', " ");
    (!place.is_empty()).then_some(place)
}

/// The page's clock.
pub fn use_clock() -> Clock {
    expect_context()
}

/// Starts the page's clock. Both sides begin at the time that the document carries.
pub fn provide_clock() {
    let start = use_context::<Boot>().map_or(0, |boot| boot.now);
    #[cfg(feature = "hydrate")]
    let ahead = if start == 0 {
        0
    } else {
        start - document_asked()
    };
    #[cfg(not(feature = "hydrate"))]
    let ahead = 0;
    provide_context(Clock {
        now: RwSignal::new(start),
        local: RwSignal::new(false),
        ahead,
    });
}

/// When the document was asked for, by this machine's clock; the console wrote its time into it
/// after that. The page's code begins later, on a slow line much later: measured by that, the page's
/// time would stay behind, and what was just done would be "in 2 s".
#[cfg(feature = "hydrate")]
fn document_asked() -> i64 {
    let since = || {
        let performance = window().performance()?;
        let navigation = performance.get_entries_by_type("navigation").get(0);
        let asked = js_sys::Reflect::get(&navigation, &"requestStart".into()).ok()?;
        let asked = asked.as_f64().filter(|asked| *asked > 0.0)?;
        Some(performance.now() - asked)
    };
    (js_sys::Date::now() - since().unwrap_or_default()) as i64
}

/// Lets the clock go, in the person's own time zone, and says in the document that the page's own
/// code has taken over. It stands last in the page: a screen's code may be loaded first, and until
/// its HTML is taken over too, times have to read as the server wrote them.
#[component]
pub fn TakeOver() -> impl IntoView {
    let clock = use_clock();
    move || {
        Effect::new(move |_| {
            clock.go();
            crate::live::open_stream();
        });
    }
}

#[cfg(feature = "hydrate")]
fn zone_offset_minutes(at: Timestamp) -> i64 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.0 as f64));
    -(date.get_timezone_offset() as i64)
}

#[cfg(not(feature = "hydrate"))]
fn zone_offset_minutes(_at: Timestamp) -> i64 {
    0
}

/// A moment, taken apart for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    year: i64,
    month: u8,
    day: u8,
    weekday: u8,
    hour: u8,
    minute: u8,
    second: u8,
    utc: bool,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Civil {
    /// `at` in a zone that is `offset` minutes east of Greenwich; `utc` says so in words.
    fn from_utc(at: Timestamp, offset: i64, utc: bool) -> Self {
        let seconds = at.0.div_euclid(1000) + offset * 60;
        let days = seconds.div_euclid(86_400);
        let rest = seconds.rem_euclid(86_400);
        // Days since 1 March of year 0, in eras of 400 years (146,097 days).
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: day as u8,
            weekday: (days + 3).rem_euclid(7) as u8,
            hour: (rest / 3600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
            utc,
        }
    }

    fn zone(self) -> &'static str {
        if self.utc { " UTC" } else { "" }
    }

    /// 10:46:12
    pub fn clock(self) -> String {
        format!(
            "{:02}:{:02}:{:02}{}",
            self.hour,
            self.minute,
            self.second,
            self.zone()
        )
    }

    /// 10:46
    pub fn short_clock(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// 20 Nov
    pub fn short_date(self) -> String {
        format!(
            "{} {}",
            self.day,
            MONTHS[usize::from((self.month - 1) % 12)]
        )
    }

    /// Fri 20 Nov 2026
    pub fn date(self) -> String {
        format!(
            "{} {} {} {}",
            DAYS[usize::from(self.weekday % 7)],
            self.day,
            MONTHS[usize::from((self.month - 1) % 12)],
            self.year
        )
    }

    /// Fri 20 Nov 2026, 10:46:12
    pub fn full(self) -> String {
        format!("{}, {}", self.date(), self.clock())
    }

    /// 2026-11-20T10:46:12, as fields of browsers for a date and time take it.
    pub fn machine(self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }

    fn same_day(self, other: Self) -> bool {
        (self.year, self.month, self.day) == (other.year, other.month, other.day)
    }

    /// The shortest that is clear today: 10:38, Thu 18:31, or Fri 20 Nov 2026.
    fn near(self, now: Self, age_ms: i64) -> String {
        if self.same_day(now) {
            self.short_clock()
        } else if age_ms.abs() < 6 * 86_400_000 {
            format!(
                "{} {}",
                DAYS[usize::from(self.weekday % 7)],
                self.short_clock()
            )
        } else {
            self.date()
        }
    }
}

/// "12 s ago", "8 min ago", "16 h ago", "3 d ago"; `None` after seven days, when the date says
/// more. The future is "in 8 min".
pub fn relative(age_ms: i64) -> Option<String> {
    let seconds = age_ms.abs() / 1000;
    // What is past has lasted so long; what is to come is nearer to four days than to three if a
    // second is missing.
    let whole = |unit: i64| {
        if age_ms <= -1_000 {
            (seconds + unit / 2) / unit
        } else {
            seconds / unit
        }
    };
    let amount = match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} min", whole(60)),
        3_600..=86_399 => format!("{} h", whole(3_600)),
        86_400..=604_799 => format!("{} d", whole(86_400)),
        _ => return None,
    };
    // Clocks a moment apart must not make the present the future.
    Some(if age_ms <= -1_000 {
        format!("in {amount}")
    } else {
        format!("{amount} ago")
    })
}

/// The age without "ago", for tight places: "12 min", "9 d", "41 d".
pub fn age(age_ms: i64) -> String {
    let seconds = age_ms.max(0) / 1000;
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} min", seconds / 60),
        3_600..=86_399 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// "11 min 42 s", "42 s", "1 h 03 min", from two days on "2 d 23 h". What is whole days but for a
/// minute is those days: what was said to last three days does not begin with "71 h 59 min".
pub fn duration(milliseconds: i64) -> String {
    const DAY: i64 = 86_400;
    let seconds = milliseconds.max(0) / 1000;
    let days = (seconds + 60) / DAY;
    if days > 0 && (seconds - days * DAY).abs() <= 60 {
        return format!("{days} d");
    }
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..172_800 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => match seconds % DAY / 3_600 {
            0 => format!("{days} d"),
            hours => format!("{days} d {hours} h"),
        },
    }
}

/// "2:38", for step lists.
pub fn short_duration(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) / 1000;
    if seconds < 3_600 {
        format!("{}:{:02}", seconds / 60, seconds % 60)
    } else {
        format!(
            "{}:{:02}:{:02}",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

/// A machine-readable time for the `datetime` attribute.
fn machine(at: Timestamp) -> String {
    let civil = Civil::from_utc(at, 0, true);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
    )
}

/// How a [`When`] writes a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenStyle {
    /// "8 min ago 10:38".
    #[default]
    Both,
    /// The same in two lines.
    Stacked,
    /// "8 min ago", the rest on hover.
    Relative,
    /// "8 min", the rest on hover.
    Age,
    /// "10:46:12", the rest on hover.
    Clock,
}

/// A time: relative first, absolute beside it or on hover.
#[component]
pub fn When(
    /// Which.
    #[prop(into)]
    at: Signal<Timestamp>,
    /// How.
    #[prop(default = WhenStyle::Both)]
    style: WhenStyle,
) -> impl IntoView {
    let clock = use_clock();
    let age_ms = move || clock.now().since(at.get());
    let text = derived(move |_| {
        let civil = clock.civil(at.get());
        match style {
            WhenStyle::Both | WhenStyle::Stacked | WhenStyle::Relative => {
                relative(age_ms()).unwrap_or_else(|| civil.date())
            }
            WhenStyle::Age => age(age_ms()),
            WhenStyle::Clock => civil.clock(),
        }
    });
    let beside = derived(move |_| {
        let with = matches!(style, WhenStyle::Both | WhenStyle::Stacked);
        (with && relative(age_ms()).is_some()).then(|| {
            clock
                .civil(at.get())
                .near(clock.civil(clock.now()), age_ms())
        })
    });
    view! {
        <time
            class=if style == WhenStyle::Stacked { "when stack" } else { "when" }
            datetime=move || machine(at.get())
            title=move || clock.civil(at.get()).full()
        >
            <span>{text}</span>
            {move || beside.get().map(|beside| view! { <span class="abs">{beside}</span> })}
        </time>
    }
}

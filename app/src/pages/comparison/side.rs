//! Choosing one side of a comparison: an environment, now or at a time, or a version.

use super::moment;
use crate::api::catalog::list_versions;
use crate::components::button::Button;
use crate::components::controls::{Choice, Select};
use crate::components::field::Field;
use crate::components::lookup::{Ask, Found, Lookup, PROPOSED, Proposal, ask_applications};
use crate::components::time::use_clock;
use crate::derived::derived;
use domain::view::{Compared, VersionFilter};
use domain::{ApplicationId, Timestamp};
use futures::FutureExt;
use leptos::prelude::*;

const HOUR: i64 = 3_600_000;

/// How long ago a side can be at a press, with the words of the choice.
const AGO: [(i64, &str); 5] = [
    (HOUR, "an hour ago"),
    (24 * HOUR, "a day ago"),
    (7 * 24 * HOUR, "a week ago"),
    (30 * 24 * HOUR, "30 days ago"),
    (90 * 24 * HOUR, "90 days ago"),
];

/// The choices that are no environment.
const VERSION: &str = "version:";
const NOW: &str = "now";
const AT: &str = "at";

/// The ids and names of a side's fields.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    what: &'static str,
    label: &'static str,
    when: &'static str,
    when_label: &'static str,
    at: &'static str,
    at_label: &'static str,
    lookup: &'static str,
}

impl Ids {
    /// The first side.
    pub const FROM: Self = Self {
        what: "compare-from",
        label: "From",
        when: "compare-from-when",
        when_label: "From: when",
        at: "compare-from-at",
        at_label: "From: date and time",
        lookup: "compare-from-version",
    };
    /// The second side.
    pub const TO: Self = Self {
        what: "compare-to",
        label: "To",
        when: "compare-to-when",
        when_label: "To: when",
        at: "compare-to-at",
        at_label: "To: date and time",
        lookup: "compare-to-version",
    };
}

/// The environment that a side is about, if it is one.
pub fn environment_of(side: Option<&Compared>) -> Option<&str> {
    match side? {
        Compared::Now(name) | Compared::Then(_, name) => Some(name),
        _ => None,
    }
}

/// The same environment at another time; now if there is none.
fn at_time(name: String, at: Option<Timestamp>) -> Compared {
    match at {
        Some(at) => Compared::Then(at, name),
        None => Compared::Now(name),
    }
}

/// One side. What is chosen is told at once; a version is chosen in two steps.
#[component]
pub fn SideForm(
    ids: Ids,
    /// The environments, in promotion order.
    names: Signal<Vec<String>>,
    /// What the address says.
    side: Signal<Option<Compared>>,
    /// What it is called, once that is known.
    title: Signal<Option<String>>,
    /// Something was chosen.
    on_choose: Callback<Compared>,
) -> impl IntoView {
    // A version is being looked for: first its application, then itself.
    let looking = RwSignal::new(false);
    let application = RwSignal::new(None::<Proposal>);
    // What is chosen anywhere ends the search.
    Effect::new(move |_| {
        side.track();
        looking.set(false);
        application.set(None);
    });
    let options = move || {
        let mut options: Vec<Choice> = names
            .get()
            .into_iter()
            .map(|name| (name.clone(), name))
            .collect();
        options.push((VERSION.to_owned(), "A version of an application".to_owned()));
        match side.get() {
            None => options.insert(0, (String::new(), "Choose a side".to_owned())),
            // A plan is chosen elsewhere, and stays until something else is.
            Some(Compared::BeforePlan(_) | Compared::Plan(_)) => {
                options.insert(0, (String::new(), "A plan".to_owned()));
            }
            Some(_) => {}
        }
        options
    };
    let is_version = derived(move |_| {
        looking.get() || side.with(|side| matches!(side, Some(Compared::Version(_))))
    });
    let value = move || {
        if is_version.get() {
            return VERSION.to_owned();
        }
        side.with(|side| environment_of(side.as_ref()).unwrap_or_default().to_owned())
    };
    let choose = Callback::new(move |what: String| {
        if what == VERSION {
            looking.set(true);
        } else if !what.is_empty() {
            let at = match side.get_untracked() {
                Some(Compared::Then(at, _)) => Some(at),
                _ => None,
            };
            looking.set(false);
            on_choose.run(at_time(what, at));
        }
    });
    let is_place = derived(move |_| {
        !looking.get() && side.with(|side| environment_of(side.as_ref()).is_some())
    });
    let close = Callback::new(move |()| {
        looking.try_set(false);
        application.try_set(None);
    });
    let found = Callback::new(move |version: Proposal| {
        if let Ok(id) = version.key.parse() {
            on_choose.run(Compared::Version(id));
        }
        close.run(());
    });
    let lookup = move || match application.get() {
        None => view! {
            <Lookup
                id=ids.lookup
                label=format!("{}: application of the version", ids.label)
                placeholder="Which application…"
                ask=ask_applications()
                on_choose=Callback::new(move |chosen| application.set(Some(chosen)))
                // It loses the focus as it gives way to the next one, too.
                on_close=Callback::new(move |()| {
                    if application.try_with_untracked(Option::is_none) == Some(true) {
                        close.run(());
                    }
                })
            />
        }
        .into_any(),
        Some(chosen) => view! {
            <Lookup
                id=ids.lookup
                label=format!("{}: version of {}", ids.label, chosen.label)
                placeholder=format!("Which version of {}…", chosen.label)
                ask=ask_versions(&chosen)
                on_choose=found
                on_close=close
            />
        }
        .into_any(),
    };
    view! {
        <div class="cmp-choice">
            <Field label=ids.label id=ids.what>
                <Select
                    id=ids.what
                    options=Signal::derive(options)
                    value=Signal::derive(value)
                    on_change=choose
                />
            </Field>
            <Show when=move || is_place.get()>
                <WhenForm ids side on_choose/>
            </Show>
            <Show when=move || is_version.get()>
                {move || {
                    if looking.get() {
                        lookup()
                    } else {
                        let shown = move || title.get().unwrap_or_else(|| "A version".to_owned());
                        view! {
                            <Button
                                label=Signal::derive(move || format!("{}…", shown()))
                                name=Signal::derive(move || {
                                    format!("{}: {}… choose another version", ids.label, shown())
                                })
                                icon="search"
                                on_press=Callback::new(move |()| looking.set(true))
                            />
                        }
                            .into_any()
                    }
                }}
            </Show>
        </div>
    }
}

/// Finds versions of an application, the newest first, by number and by what they say.
fn ask_versions(application: &Proposal) -> Ask {
    let id = application.key.parse::<ApplicationId>().ok();
    let name = application.label.clone();
    Callback::new(move |text| versions(id, name.clone(), text).boxed_local())
}

async fn versions(application: Option<ApplicationId>, name: String, text: String) -> Found {
    let Some(application) = application else {
        return Ok((Vec::new(), 0));
    };
    let page = list_versions(VersionFilter {
        text,
        ..VersionFilter::newest(application, PROPOSED)
    })
    .await?;
    let more = page.total.saturating_sub(page.rows.len() as u64);
    let proposals = page.rows.into_iter().map(|row| Proposal {
        key: row.id.to_string(),
        label: format!("{name} {}", row.number),
        note: row
            .description
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned(),
    });
    Ok((proposals.collect(), more))
}

/// When an environment is looked at: now, some time ago, or at a date and time.
#[component]
fn WhenForm(
    ids: Ids,
    side: Signal<Option<Compared>>,
    on_choose: Callback<Compared>,
) -> impl IntoView {
    let clock = use_clock();
    let name = move || side.with_untracked(|side| environment_of(side.as_ref()).map(str::to_owned));
    let go = move |at: Option<Timestamp>| {
        if let Some(name) = name() {
            on_choose.run(at_time(name, at));
        }
    };
    let at = derived(move |_| match side.get() {
        Some(Compared::Then(at, _)) => Some(at),
        _ => None,
    });
    let options = move || {
        let mut options = vec![(NOW.to_owned(), "as it is now".to_owned())];
        options.extend(
            AGO.iter()
                .map(|(ago, words)| (ago.to_string(), (*words).to_owned())),
        );
        options.push((AT.to_owned(), "at a date and time".to_owned()));
        options
    };
    let choose = Callback::new(move |chosen: String| match chosen.as_str() {
        NOW => go(None),
        // It begins with an hour ago, and is changed in the field that then stands there.
        AT => go(Some(
            at.get_untracked()
                .unwrap_or(Timestamp(clock.now_untracked().0 - HOUR)),
        )),
        ago => {
            if let Ok(ago) = ago.parse::<i64>() {
                go(Some(Timestamp(clock.now_untracked().0 - ago)));
            }
        }
    });
    let typed = move |text: String| {
        if let Some(at) = moment::read(clock, &text) {
            go(Some(at));
        }
    };
    view! {
        <Field label=ids.when_label id=ids.when>
            <Select
                id=ids.when
                options=Signal::derive(options)
                value=Signal::derive(move || if at.get().is_some() { AT } else { NOW }.to_owned())
                on_change=choose
            />
        </Field>
        <Show when=move || at.get().is_some()>
            <Field label=ids.at_label id=ids.at>
                <input
                    id=ids.at
                    class="input"
                    type="datetime-local"
                    step="1"
                    prop:value=move || at.get().map(|at| moment::written(clock, at)).unwrap_or_default()
                    on:change=move |event| typed(event_target_value(&event))
                />
            </Field>
        </Show>
    }
}

//! A report as a list: grouped by what it means for the run, each finding with its facts, its path
//! of references and at most two ways to settle it.

mod action;
mod bonds;
mod group;
mod guarded;
mod items;
mod lists;
mod parallel;
mod sentence;
mod standing;
#[cfg(test)]
#[allow(clippy::expect_used)]
pub mod tests;

pub use action::{Offer, Remedy, plan_number, remedies};
pub use group::{Other, further, slot_holders, together};
pub use items::finding_items;
pub use lists::{name_elements, name_list};
pub use sentence::{Sentence, Setting, sentence};

use super::button::{Button, Size, Weight};
use super::foreseen::Expected;
use super::icon::Glyph;
use super::status::counted;
use super::time::{When, WhenStyle, use_clock};
use crate::derived::derived;
use crate::live::use_refusal;
use domain::access::Action;
use domain::impact::Severity;
use domain::label::Label;
use domain::landscape::Started;
use leptos::prelude::*;

/// A finding, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingItem {
    /// What tells it from the others of the report.
    pub key: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Whether it says what only others may do, to who prepares the plan for them.
    pub left: bool,
    /// Its words.
    pub sentence: Sentence,
    /// Module names along the references that lead to it.
    pub path: Vec<Label>,
    /// What to do about it.
    pub offers: Vec<Offer>,
    /// What is told with it.
    pub others: Vec<Other>,
    /// How many findings it stands for.
    pub count: u32,
    /// What is not told: so many more of the same.
    pub untold: u32,
    /// Who started the other plan that is in the way, and when.
    pub started: Option<Started>,
    /// That plan's number.
    pub plan: Option<u64>,
}

/// Heading, glyph and tone of a severity.
pub const fn severity_look(severity: Severity) -> Look {
    match severity {
        Severity::Error => ("Blocks the run", "fail", "bad"),
        Severity::Warning => ("Worth a look", "warn", "warn"),
        Severity::Information => ("For information", "info", "mute"),
    }
}

/// A group of the list: heading, glyph and tone.
type Look = (&'static str, &'static str, &'static str);

/// Where what is left to others stands.
const LEFT: Look = ("Left to others", "locked", "mute");

/// The groups in order.
const LOOKS: [Look; 4] = [
    severity_look(Severity::Error),
    LEFT,
    severity_look(Severity::Warning),
    severity_look(Severity::Information),
];

impl FindingItem {
    const fn look(&self) -> Look {
        if self.left {
            LEFT
        } else {
            severity_look(self.severity)
        }
    }
}

/// A list of findings in groups. Each finding can take the focus, for `[` and `]`.
#[component]
pub fn FindingList(
    /// The findings, sorted.
    #[prop(into)]
    items: Signal<Vec<FindingItem>>,
    /// Somebody chose a remedy.
    #[prop(into)]
    on_remedy: Callback<Remedy>,
    /// Whether remedies that change the plan are shown.
    #[prop(into)]
    may_edit: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="findings">
            {LOOKS
                .map(|look| {
                    let group = derived(move |_| {
                        items
                            .with(|items| {
                                items
                                    .iter()
                                    .filter(|item| item.look() == look)
                                    .cloned()
                                    .collect::<Vec<_>>()
                            })
                    });
                    let (title, ..) = look;
                    view! {
                        <Show when=move || group.with(|g| !g.is_empty())>
                            <h3 class="f-group">
                                {title}
                                <span class="count">{move || group.with(|g| counted_in(g).0)}</span>
                                {move || {
                                    group
                                        .with(|g| counted_in(g).1)
                                        .map(|words| view! { " " <small>{words}</small> })
                                }}
                            </h3>
                        </Show>
                        <For
                            each=move || group.get()
                            key=|item| {
                                // Words, too: names are read after what they name was added.
                                let FindingItem { sentence, path, offers, others, untold, .. } = item;
                                let told = (sentence, path, offers, others, untold);
                                (item.key.clone(), format!("{told:?}"))
                            }
                            let:item
                        >
                            <FindingCard item on_remedy may_edit/>
                        </For>
                    }
                })
                .collect_view()}
        </div>
    }
}

/// How many findings these stand for, as everything else counts them; and, where several are told
/// together, among how many they are.
fn counted_in(items: &[FindingItem]) -> (u32, Option<String>) {
    let all = items.iter().map(|item| item.count).sum::<u32>();
    let told = items.len();
    let groups = counted(told as u64, "group", "groups");
    (all, (all as usize > told).then(|| format!("in {groups}")))
}

/// One finding.
#[component]
fn FindingCard(
    item: FindingItem,
    on_remedy: Callback<Remedy>,
    may_edit: Signal<bool>,
) -> impl IntoView {
    let (_, glyph, tone) = item.look();
    let word = match item.severity {
        _ if item.left => "",
        Severity::Error => "Error: ",
        Severity::Warning => "Warning: ",
        Severity::Information => "",
    };
    let Sentence { title, facts } = item.sentence;
    let offers = item.offers;
    let (others, untold) = (item.others, item.untold);
    let (expected, clock) = (use_context::<Expected>(), use_clock());
    let plan = item.plan;
    let end = move || Some(format!(" {}", expected?.end_of(plan?, clock.now())?));
    let started = item.started.map(|Started { by, at }| {
        view! {
            <p class="dim">
                {format!("{by} started it ")} <When at=Signal::stored(at) style=WhenStyle::Relative/>
                "." {end}
            </p>
        }
    });
    let more = others.len() as u32 + untold;
    view! {
        <article class=format!("finding {tone}") tabindex="-1" data-finding=item.key>
            <Glyph name=glyph/>
            <div class="body">
                <h4>
                    <span class="vh">{word}</span>
                    {title}
                </h4>
                {(!facts.is_empty()).then(|| view! { <p>{facts}</p> })}
                {started}
                {path_line(&item.path)}
                <Acts offers on_remedy may_edit/>
                {(more > 0)
                    .then(|| {
                        view! {
                            <details class="f-more">
                                <summary>{format!("and {more} more")}</summary>
                                <ul>
                                    {others
                                        .into_iter()
                                        .map(|Other { title, path, offers }| {
                                            view! {
                                                <li>
                                                    {title}
                                                    {path_line(&path)}
                                                    <Acts offers on_remedy may_edit/>
                                                </li>
                                            }
                                        })
                                        .collect_view()}
                                    {(untold > 0)
                                        .then(|| {
                                            view! {
                                                <li>
                                                    {format!("{untold} more, which are further away from each other")}
                                                </li>
                                            }
                                        })}
                                </ul>
                            </details>
                        }
                    })}
            </div>
        </article>
    }
}

/// The modules along the references, if there is more than one.
fn path_line(path: &[Label]) -> Option<impl IntoView + use<>> {
    (path.len() > 1).then(|| {
        view! {
            <p class="path">
                <span class="vh">"Path of references: "</span>
                {path.join(" \u{2192} ")}
            </p>
        }
    })
}

#[component]
fn Acts(offers: Vec<Offer>, on_remedy: Callback<Remedy>, may_edit: Signal<bool>) -> impl IntoView {
    let offers = StoredValue::new(offers);
    let shown = move || {
        let may_edit = may_edit.get();
        offers
            .get_value()
            .into_iter()
            .filter(|offer| may_edit || !changes_plan(&offer.remedy))
            .collect::<Vec<_>>()
    };
    move || {
        let shown = shown();
        (!shown.is_empty()).then(|| {
            view! {
                <div class="acts">
                    {shown
                        .into_iter()
                        .enumerate()
                        .map(|(index, Offer { label, name, remedy })| {
                            let weight = if index == 0 { Weight::Normal } else { Weight::Link };
                            let icon = icon_of(&remedy);
                            let full = name.unwrap_or_else(|| label.clone());
                            let name = Signal::stored(full);
                            if matches!(remedy, Remedy::Settle(_)) {
                                let press = Callback::new(move |()| on_remedy.run(remedy.clone()));
                                let refusal = use_refusal(Action::DeployApplications);
                                return view! {
                                    <Button label name weight size=Size::Small refusal on_press=press/>
                                }
                                    .into_any();
                            }
                            let press = Callback::new(move |()| on_remedy.run(remedy.clone()));
                            match icon {
                                Some(icon) if index == 0 => {
                                    view! { <Button label name weight size=Size::Small icon on_press=press/> }
                                        .into_any()
                                }
                                _ => {
                                    view! { <Button label name weight size=Size::Small on_press=press/> }
                                        .into_any()
                                }
                            }
                        })
                        .collect_view()}
                </div>
            }
        })
    }
}

const fn changes_plan(remedy: &Remedy) -> bool {
    matches!(
        remedy,
        Remedy::Add { .. }
            | Remedy::Take { .. }
            | Remedy::Tag { .. }
            | Remedy::LeaveOut(_)
            | Remedy::Republish(_)
            | Remedy::AddApplications
            | Remedy::ChooseEnvironments
            | Remedy::StartWhenFree
    )
}

const fn icon_of(remedy: &Remedy) -> Option<&'static str> {
    match remedy {
        Remedy::Add { .. } | Remedy::AddApplications => Some("plus"),
        Remedy::Take { .. } => Some("zap"),
        Remedy::Tag { .. } => Some("tag"),
        Remedy::Republish(_) => Some("sync"),
        Remedy::StartWhenFree => Some("clock"),
        Remedy::LeaveOut(_)
        | Remedy::ShowRow(_)
        | Remedy::ShowSetting(..)
        | Remedy::ChooseEnvironments
        | Remedy::OpenEnvironments
        | Remedy::OpenPlan(_)
        | Remedy::Settle(_)
        | Remedy::OpenApplication(_) => None,
    }
}

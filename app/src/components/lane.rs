//! Environments as lanes, and versions as hulls that travel along them.

use super::icon::Icon;
use crate::derived::derived;
use leptos::prelude::*;

/// Where a lane stands in the promotion order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Position from 0.
    pub position: u32,
    /// How many lanes there are.
    pub total: u32,
}

impl Place {
    /// The lane at `position` of `total`.
    pub const fn new(position: u32, total: u32) -> Self {
        Self { position, total }
    }

    /// The class of a version chip there: the nearer to production, the heavier the ink.
    pub const fn class(self) -> &'static str {
        if self.position == 0 {
            "l-first"
        } else if self.position + 1 >= self.total {
            "l-last"
        } else {
            "l-mid"
        }
    }
}

/// As many bars as there are environments; the filled one is "here".
#[component]
pub fn LaneGlyph(
    /// Which lane.
    #[prop(into)]
    place: Signal<Place>,
) -> impl IntoView {
    let bars = move || {
        let Place { position, total } = place.get();
        // Up to six lanes fit the 16 px grid; beyond, the bars get thinner.
        let total = total.clamp(1, 12);
        let step = if total <= 3 { 50 } else { 150 / total };
        let width = step * 3 / 5;
        let start = (160 - (total - 1) * step - width) / 2;
        (0..total)
            .map(|lane| {
                let x = start + lane * step;
                view! {
                    <rect
                        x=tenths(x)
                        y="2.5"
                        width=tenths(width)
                        height="11"
                        rx="1"
                        fill="currentColor"
                        opacity=(lane != position).then_some(".26")
                    ></rect>
                }
            })
            .collect_view()
    };
    view! { <svg class="lane-glyph" viewBox="0 0 16 16" aria-hidden="true">{bars}</svg> }
}

fn tenths(value: u32) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// An environment's name with its glyph.
#[component]
pub fn Lane(
    /// Its name.
    #[prop(into)]
    name: Signal<String>,
    /// Where it stands.
    #[prop(into)]
    place: Signal<Place>,
) -> impl IntoView {
    view! {
        <span class="lane">
            <LaneGlyph place/>
            <span>{move || name.get()}</span>
        </span>
    }
}

/// From one environment to another; within one it is what a rollback does.
#[component]
pub fn LaneRoute(
    /// Name and place of the source.
    #[prop(into)]
    source: Signal<(String, Place)>,
    /// Name and place of the target.
    #[prop(into)]
    target: Signal<(String, Place)>,
) -> impl IntoView {
    let goes_back = derived(move |_| source.with(|s| target.with(|t| s.0 == t.0)));
    view! {
        <span class="route">
            {move || {
                if goes_back.get() {
                    view! { <LaneBack words="Rollback in"/> }.into_any()
                } else {
                    view! {
                        <Lane
                            name=Signal::derive(move || source.get().0)
                            place=Signal::derive(move || source.get().1)
                        />
                        <Icon name="arrow" class="route-arrow"/>
                    }
                        .into_any()
                }
            }}
            <Lane
                name=Signal::derive(move || target.get().0)
                place=Signal::derive(move || target.get().1)
            />
        </span>
    }
}

/// In the place of a source, where what ran before comes back.
#[component]
pub fn LaneBack(
    /// What stands there.
    words: &'static str,
) -> impl IntoView {
    view! {
        <span class="lane">
            <Icon name="back"/>
            <span>{words}</span>
        </span>
    }
}

/// What a version is doing, as the chip shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChipState {
    /// It is there.
    #[default]
    Here,
    /// It is on its way.
    Moving,
    /// It is held and waits for a person.
    Held,
    /// A hotfix that is not merged back.
    Hotfix,
    /// It would be there.
    Planned,
    /// It is being replaced.
    Gone,
}

impl ChipState {
    const fn class(self) -> &'static str {
        match self {
            Self::Here => "",
            Self::Moving => "moving",
            Self::Held => "prepared",
            Self::Hotfix => "hotfix",
            Self::Planned => "next",
            Self::Gone => "gone",
        }
    }
}

/// A version: flat stern, round bow, pointing where it travels.
#[component]
pub fn VersionChip(
    /// Its number; `None` for what runs untagged.
    #[prop(into)]
    number: Signal<Option<String>>,
    /// The lane it is in.
    #[prop(into)]
    place: Signal<Place>,
    /// Changed since this tag.
    #[prop(into, default = false.into())]
    modified: Signal<bool>,
    /// What it is doing.
    #[prop(into, default = ChipState::Here.into())]
    state: Signal<ChipState>,
) -> impl IntoView {
    view! {
        <span class=move || format!("chip {} {}", place.get().class(), state.get().class())>
            {move || number.get().unwrap_or_else(|| "untagged".to_owned())}
            {move || {
                modified
                    .get()
                    .then(|| {
                        view! {
                            <span class="plus" role="img" aria-label="changed since this tag">
                                "+"
                            </span>
                        }
                    })
            }}
        </span>
    }
}

/// An empty place for a version.
#[component]
pub fn EmptyChip(
    /// What it says.
    #[prop(default = "Not here")]
    text: &'static str,
) -> impl IntoView {
    view! { <span class="chip empty">{text}</span> }
}

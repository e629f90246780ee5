//! Modules in waves: producers first, with the references between them. A drawing where there is
//! room for one, a list on small screens and for large runs; both say the same.

mod layout;
mod numbers;

pub use layout::WaveLayout;
pub use numbers::{wave_count, wave_of};

use super::icon::Glyph;
use super::status::{Look, Status, counted};
use crate::derived::derived;
use domain::execution::StepState;
use layout::HEIGHT;
use leptos::prelude::*;

/// A module in a wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveNode {
    /// Its name.
    pub name: String,
    /// Its wave, from 1.
    pub wave: u32,
    /// Where it stands.
    pub state: StepState,
    /// How long it took or has taken, as text; empty if it has not begun.
    pub time: String,
    /// Its content stays, it is only relinked.
    pub republish: bool,
    /// It is removed.
    pub leaves: bool,
    /// It was switched or removed, and that was taken back.
    pub back: bool,
}

impl WaveNode {
    /// What happened with it, beside its state.
    const fn remark(&self) -> Option<&'static str> {
        if self.back {
            Some("switched back ")
        } else if self.republish {
            Some("relinked ")
        } else {
            None
        }
    }

    /// Where it stands, in a word.
    fn word(&self) -> String {
        match self.state {
            StepState::Skipped if self.back => "Switched back".to_owned(),
            StepState::Succeeded if self.leaves => "Removed".to_owned(),
            state => Look::of_step(state).word,
        }
    }
}

/// The modules of a run and the references between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaveGraph {
    /// The modules, by wave, then by name.
    pub nodes: Vec<WaveNode>,
    /// Producer and consumer, as positions in `nodes`.
    pub edges: Vec<(usize, usize)>,
}

impl WaveGraph {
    /// The numbers of the waves, in order.
    fn waves(&self) -> Vec<u32> {
        let mut waves: Vec<u32> = self.nodes.iter().map(|n| n.wave).collect();
        waves.sort_unstable();
        waves.dedup();
        waves
    }

    fn of_wave(&self, wave: u32) -> impl Iterator<Item = (usize, &WaveNode)> {
        self.nodes
            .iter()
            .enumerate()
            .filter(move |(_, n)| n.wave == wave)
    }

    /// What a wave is called. What is removed afterwards is no wave that switches.
    pub(crate) fn heading(&self, wave: u32) -> String {
        if self.of_wave(wave).all(|(_, n)| n.leaves) {
            "Removal".to_owned()
        } else {
            format!("Wave {wave}")
        }
    }

    /// All of it in words.
    pub(crate) fn summary(&self) -> String {
        let removed = self.nodes.iter().filter(|n| n.leaves).count();
        let mut switched: Vec<u32> = self
            .nodes
            .iter()
            .filter(|n| !n.leaves)
            .map(|n| n.wave)
            .collect();
        switched.dedup();
        let mut text = format!(
            "{} in {}",
            counted((self.nodes.len() - removed) as u64, "module", "modules"),
            counted(switched.len() as u64, "wave", "waves")
        );
        if removed > 0 {
            text = format!("{text}, {removed} to remove");
        }
        text
    }

    /// Modules of a wave that are done, and all of them.
    fn progress(&self, wave: u32) -> (usize, usize) {
        let done = self
            .of_wave(wave)
            .filter(|(_, n)| n.state == StepState::Succeeded)
            .count();
        (done, self.of_wave(wave).count())
    }
}

const fn class_of(state: StepState) -> &'static str {
    match state {
        StepState::Waiting => "todo",
        StepState::Running => "running",
        StepState::Succeeded => "ok",
        StepState::Failed => "fail",
        StepState::Skipped => "skipped",
    }
}

const fn edge_class(state: StepState) -> &'static str {
    match state {
        StepState::Waiting | StepState::Skipped => "e-todo",
        StepState::Running => "e-live",
        StepState::Succeeded => "e-done",
        StepState::Failed => "e-bad",
    }
}

/// A name on the one or two lines of a module's place, broken between its words where that is
/// possible. What does not fit there either is cut; the whole name is the place's title.
fn fitted(name: &str, width: u32) -> Vec<String> {
    let room = (width.saturating_sub(42) * 2 / 13).max(2) as usize;
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= room {
        return vec![name.to_owned()];
    }
    let begins_word = |at: &usize| {
        let (before, here) = (letters[at - 1], letters[*at]);
        !before.is_alphanumeric() || (before.is_lowercase() && here.is_uppercase())
    };
    let words = (room / 2..=room).rev().find(begins_word);
    let (first, rest) = letters.split_at(words.unwrap_or(room));
    let second = if rest.len() <= room {
        rest.iter().collect()
    } else {
        let cut: String = rest.iter().take(room - 1).collect();
        format!("{cut}\u{2026}")
    };
    vec![
        first.iter().collect::<String>().trim_end().to_owned(),
        second,
    ]
}

/// The modules in waves, as a drawing and as a list.
#[component]
pub fn WaveView(
    /// What to show.
    #[prop(into)]
    graph: Signal<WaveGraph>,
) -> impl IntoView {
    let layout = derived(move |_| graph.with(WaveGraph::layout));
    let class = move || {
        if layout.with(Option::is_some) {
            "dagbox"
        } else {
            "dagbox list-only"
        }
    };
    view! {
        <div class=class>
            {move || layout.get().map(|layout| view! { <Drawing graph layout/> })}
            <List graph/>
        </div>
    }
}

#[component]
fn Drawing(graph: Signal<WaveGraph>, layout: WaveLayout) -> impl IntoView {
    let (width, height) = layout.size;
    let node_width = layout.node_width;
    let heads = StoredValue::new(layout.waves.clone());
    let layout = StoredValue::new(layout);
    let label = move || {
        format!(
            "{}. The same list is read out below.",
            graph.with(WaveGraph::summary)
        )
    };
    let edges = move || {
        graph.with(|g| {
            layout.with_value(|layout| {
                g.edges
                    .iter()
                    .filter_map(|(producer, consumer)| {
                        let way = layout.way(*producer, *consumer)?;
                        let state = g.nodes.get(*consumer)?.state;
                        Some((way, edge_class(state)))
                    })
                    .map(|(d, class)| view! { <path class=class d=d></path> })
                    .collect_view()
            })
        })
    };
    let nodes = move || {
        graph.with(|g| {
            layout.with_value(|layout| {
                g.nodes
                    .iter()
                    .zip(&layout.places)
                    .map(|(node, (x, y))| node_view(node, (*x, *y), node_width))
                    .collect_view()
            })
        })
    };
    let titles = move || {
        graph.with(|g| {
            heads.with_value(|heads| {
                heads
                    .iter()
                    .map(|(wave, x)| {
                        let (done, all) = g.progress(*wave);
                        let has = |state| g.of_wave(*wave).any(|(_, n)| n.state == state);
                        let class = if has(StepState::Failed) {
                            "wh badt"
                        } else if has(StepState::Running) {
                            "wh on"
                        } else {
                            "wh"
                        };
                        view! {
                            <text class=class x=x.to_string() y="14">{g.heading(*wave)}</text>
                            <text class="wc" x=(x + node_width - 8).to_string() y="14" text-anchor="end">
                                {format!("{done} of {all}")}
                            </text>
                        }
                    })
                    .collect_view()
            })
        })
    };
    view! {
        <div class="dag-scroll" tabindex="0" role="group" aria-label="Modules in waves">
            <svg
                class="dag"
                viewBox=format!("0 0 {width} {height}")
                style=format!("max-inline-size:{width}px;min-inline-size:{}px", width * 2 / 3)
                role="img"
                aria-label=label
            >
                {titles}
                {edges}
                {nodes}
            </svg>
        </div>
    }
}

fn node_view(node: &WaveNode, (x, y): (u32, u32), width: u32) -> impl IntoView + use<> {
    let radius = HEIGHT / 2;
    let hull = format!(
        "M4 0H{}a{radius} {radius} 0 0 1 0 {HEIGHT}H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z",
        width - radius
    );
    let glyph = Look::of_step(node.state).glyph;
    let lines = fitted(&node.name, width);
    let single = lines.len() == 1;
    view! {
        <g class=format!("nd {}", class_of(node.state)) transform=format!("translate({x} {y})")>
            <path class="hull" d=hull></path>
            <svg class="gl" x="9" y="9" width="14" height="14" viewBox="0 0 16 16">
                <use href=format!("#s-{glyph}")></use>
            </svg>
            {lines
                .into_iter()
                .zip(0_u32..)
                .map(|(line, row)| {
                    let y = if single { radius + 4 } else { radius - 3 + row * 13 };
                    view! { <text x="29" y=y.to_string()>{line}</text> }
                })
                .collect_view()}
            <title>{node.name.clone()}</title>
        </g>
    }
}

#[component]
fn List(graph: Signal<WaveGraph>) -> impl IntoView {
    let waves = derived(move |_| graph.with(WaveGraph::waves));
    view! {
        <ol class="dag-list">
            <For each=move || waves.get() key=|wave| *wave let:wave>
                <li>
                    <p>
                        <b>{move || graph.with(|g| g.heading(wave))}</b>
                        " "
                        <span class="count">
                            {move || {
                                let (done, all) = graph.with(|g| g.progress(wave));
                                format!("{done} of {all}")
                            }}
                        </span>
                    </p>
                    <ul>
                        {move || {
                            graph
                                .with(|g| {
                                    g.of_wave(wave).map(|(_, n)| n.clone()).collect::<Vec<_>>()
                                })
                                .into_iter()
                                .map(|node| {
                                    let look = Look::of_step(node.state);
                                    let word = node.word();
                                    let remark = node.remark();
                                    let time = node.time.clone();
                                    view! {
                                        <li>
                                            <Status look=look.saying(node.name.clone()) plain=true/>
                                            " "
                                            <span class="vh">{word}</span>
                                            <span class="dim num">
                                                {remark} {time}
                                            </span>
                                        </li>
                                    }
                                })
                                .collect_view()
                        }}
                    </ul>
                </li>
            </For>
        </ol>
    }
}

/// What the glyphs of the drawing mean.
#[component]
pub fn WaveLegend() -> impl IntoView {
    view! {
        <span class="push legend hide-s">
            <span>
                <Glyph name="ok" tone="ok"/>
                "done"
            </span>
            <span>
                <Glyph name="running" tone="move"/>
                "now"
            </span>
            <span>
                <Glyph name="todo" tone="mute"/>
                "waiting"
            </span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_broken_between_words_and_cut_only_after_two_lines() {
        assert_eq!(fitted("Short", 144), ["Short"]);
        assert_eq!(
            fitted("NotificationsDispatcher_Service", 216),
            ["NotificationsDispatcher_", "Service"]
        );
        assert_eq!(
            fitted("CustomerConsentWithdrawalProcess", 160),
            ["CustomerConsent", "WithdrawalProcess"]
        );
        let cut = fitted(&"x".repeat(80), 216);
        assert_eq!(cut.len(), 2);
        assert!(cut.iter().all(|line| line.chars().count() <= 26));
        assert!(cut[1].ends_with('\u{2026}'));
    }
}

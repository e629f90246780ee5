//! Modules in waves: producers first, with the references between them. A drawing where there is
//! room for one, a list on small screens and for large runs; both say the same.

use super::icon::Glyph;
use super::status::{Look, Status};
use crate::derived::derived;
use domain::execution::StepState;
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
}

/// The modules of a run and the references between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaveGraph {
    /// The modules, by wave, then by name.
    pub nodes: Vec<WaveNode>,
    /// Producer and consumer, as positions in `nodes`.
    pub edges: Vec<(usize, usize)>,
}

/// Above this many modules there is the list only.
const MAX_DRAWN: usize = 60;
/// Above this many modules in one wave there is the list only.
const MAX_COLUMN: usize = 12;

const HEIGHT: u32 = 32;
const GAP_X: u32 = 44;
const GAP_Y: u32 = 13;
const LEFT: u32 = 4;
const TOP: u32 = 34;

/// Where everything is drawn, in pixels of the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveLayout {
    /// Width of a module.
    pub node_width: u32,
    /// Size of the whole.
    pub size: (u32, u32),
    /// Upper left corners, one per node.
    pub places: Vec<(u32, u32)>,
    /// The waves: number, left edge.
    pub waves: Vec<(u32, u32)>,
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

    /// Modules of a wave that are done, and all of them.
    fn progress(&self, wave: u32) -> (usize, usize) {
        let done = self
            .of_wave(wave)
            .filter(|(_, n)| n.state == StepState::Succeeded)
            .count();
        (done, self.of_wave(wave).count())
    }

    /// Where to draw; `None` if there is too much to be read as a drawing.
    pub fn layout(&self) -> Option<WaveLayout> {
        let waves = self.waves();
        let tallest = waves.iter().map(|w| self.of_wave(*w).count()).max()?;
        if self.nodes.len() > MAX_DRAWN || tallest > MAX_COLUMN {
            return None;
        }
        let longest = self.nodes.iter().map(|n| n.name.chars().count()).max()?;
        let node_width = (longest as u32 * 13 / 2 + 47).clamp(112, 216);
        let column = |count: usize| count as u32 * (HEIGHT + GAP_Y) - GAP_Y;
        let full = column(tallest);
        let mut places = vec![(0, 0); self.nodes.len()];
        let mut heads = Vec::with_capacity(waves.len());
        for (index, wave) in waves.iter().enumerate() {
            let x = LEFT + index as u32 * (node_width + GAP_X);
            heads.push((*wave, x));
            let top = TOP + (full - column(self.of_wave(*wave).count())) / 2;
            for (row, (node, _)) in self.of_wave(*wave).enumerate() {
                places[node] = (x, top + row as u32 * (HEIGHT + GAP_Y));
            }
        }
        let count = waves.len() as u32;
        Some(WaveLayout {
            node_width,
            size: (
                2 * LEFT + count * node_width + (count - 1) * GAP_X,
                TOP + full + 6,
            ),
            places,
            waves: heads,
        })
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

/// A name that fits a module's place.
fn fitted(name: &str, width: u32) -> String {
    let room = (width.saturating_sub(42) * 2 / 13) as usize;
    if name.chars().count() <= room {
        name.to_owned()
    } else {
        let cut: String = name.chars().take(room.saturating_sub(1)).collect();
        format!("{cut}\u{2026}")
    }
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
    let places = StoredValue::new(layout.places);
    let heads = StoredValue::new(layout.waves);
    let label = move || {
        graph.with(|g| {
            format!(
                "{} modules in {} waves. The same list is read out below.",
                g.nodes.len(),
                g.waves().len()
            )
        })
    };
    let edges = move || {
        graph.with(|g| {
            places.with_value(|places| {
                g.edges
                    .iter()
                    .filter_map(|(producer, consumer)| {
                        let from = places.get(*producer)?;
                        let to = places.get(*consumer)?;
                        let state = g.nodes.get(*consumer)?.state;
                        Some((curve(*from, *to, node_width), edge_class(state)))
                    })
                    .map(|(d, class)| view! { <path class=class d=d></path> })
                    .collect_view()
            })
        })
    };
    let nodes = move || {
        graph.with(|g| {
            places.with_value(|places| {
                g.nodes
                    .iter()
                    .zip(places.iter())
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
                            <text class=class x=x.to_string() y="14">{format!("Wave {wave}")}</text>
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

/// From the bow of a producer to the stern of a consumer; within one wave around the outside.
fn curve((x1, y1): (u32, u32), (x2, y2): (u32, u32), width: u32) -> String {
    let (sx, sy, ex, ey) = (x1 + width, y1 + HEIGHT / 2, x2, y2 + HEIGHT / 2);
    let bend = GAP_X * 11 / 20;
    if ex > sx {
        format!("M{sx} {sy}C{} {sy} {} {ey} {ex} {ey}", sx + bend, ex - bend)
    } else {
        let ex = x2 + width;
        let out = sx.max(ex) + bend / 2;
        format!("M{sx} {sy}C{out} {sy} {out} {ey} {ex} {ey}")
    }
}

fn node_view(node: &WaveNode, (x, y): (u32, u32), width: u32) -> impl IntoView + use<> {
    let radius = HEIGHT / 2;
    let hull = format!(
        "M4 0H{}a{radius} {radius} 0 0 1 0 {HEIGHT}H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z",
        width - radius
    );
    let glyph = Look::of_step(node.state).glyph;
    view! {
        <g class=format!("nd {}", class_of(node.state)) transform=format!("translate({x} {y})")>
            <path class="hull" d=hull></path>
            <svg class="gl" x="9" y="9" width="14" height="14" viewBox="0 0 16 16">
                <use href=format!("#s-{glyph}")></use>
            </svg>
            <text x="29" y=(radius + 4).to_string()>{fitted(&node.name, width)}</text>
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
                        <b>{format!("Wave {wave}")}</b>
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
                                    let word = look.word.clone();
                                    let time = node.time.clone();
                                    view! {
                                        <li>
                                            <Status look=look.saying(node.name.clone()) plain=true/>
                                            <span class="vh">{format!(": {word}")}</span>
                                            <span class="dim num">
                                                {node.republish.then_some("relinked ")} {time}
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
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    fn node(name: &str, wave: u32) -> WaveNode {
        WaveNode {
            name: name.to_owned(),
            wave,
            state: StepState::Waiting,
            time: String::new(),
            republish: false,
        }
    }

    #[test]
    fn waves_stand_side_by_side_and_centred() {
        let graph = WaveGraph {
            nodes: vec![node("A", 1), node("B", 2), node("C", 2)],
            edges: vec![(0, 1), (0, 2)],
        };
        let layout = graph.layout().expect("small enough");
        assert_eq!(layout.waves.len(), 2);
        let (a, b, c) = (layout.places[0], layout.places[1], layout.places[2]);
        assert!(a.0 < b.0 && b.0 == c.0);
        assert!(b.1 < a.1 && a.1 < c.1);
        assert!(c.0 + layout.node_width <= layout.size.0 && c.1 + HEIGHT <= layout.size.1);
    }

    #[test]
    fn nothing_and_too_much_are_not_drawn() {
        assert_eq!(WaveGraph::default().layout(), None);
        let many = WaveGraph {
            nodes: (0..=MAX_COLUMN).map(|i| node(&i.to_string(), 1)).collect(),
            edges: Vec::new(),
        };
        assert_eq!(many.layout(), None);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(fitted("Short", 144), "Short");
        assert!(fitted(&"x".repeat(80), 216).chars().count() <= 26);
    }
}

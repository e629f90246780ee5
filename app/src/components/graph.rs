//! Who an application uses and who uses it, drawn as three lanes: producers, itself, consumers.
//! The same data stands in a table below, which is also where the links are for the keyboard.

use crate::routes;
use domain::view::{GraphNode, GraphView};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use std::fmt::Write as _;

/// Neighbours drawn on each side; the table lists all of them.
const DRAWN: usize = 24;
const WIDTH: i32 = 760;
const NODE_WIDTH: i32 = 206;
const NODE_HEIGHT: i32 = 34;
const STEP: i32 = 50;

/// The worst thing about what binds two applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bond {
    /// Everything that is used is there.
    Sound,
    /// Newer logic is not linked yet.
    Outdated,
    /// Something is missing or incompatible.
    Broken,
}

/// What binds a neighbour, summed over its module pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ties {
    /// Elements used.
    pub elements: u32,
    /// Whether any is strong.
    pub strong: bool,
    /// Missing or incompatible elements.
    pub broken: u32,
    /// Outdated elements.
    pub outdated: u32,
}

impl Ties {
    /// Sums a neighbour's links.
    pub fn of(node: &GraphNode) -> Self {
        node.links.iter().fold(
            Self {
                elements: 0,
                strong: false,
                broken: 0,
                outdated: 0,
            },
            |sum, link| Self {
                elements: sum.elements.saturating_add(link.elements),
                strong: sum.strong || link.strong,
                broken: sum.broken.saturating_add(link.broken),
                outdated: sum.outdated.saturating_add(link.outdated),
            },
        )
    }

    /// The worst of it.
    pub const fn bond(&self) -> Bond {
        if self.broken > 0 {
            Bond::Broken
        } else if self.outdated > 0 {
            Bond::Outdated
        } else {
            Bond::Sound
        }
    }

    const fn class(&self) -> &'static str {
        match self.bond() {
            Bond::Broken => "bad",
            Bond::Outdated => "warn",
            Bond::Sound => "",
        }
    }
}

/// The sentence a reader hears in place of the picture.
pub fn sentence(name: &str, graph: &GraphView) -> String {
    let count = |nodes: &[GraphNode], one: &str, many: &str| match nodes.len() {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let worst = |bond: Bond| {
        graph
            .producers
            .iter()
            .chain(&graph.consumers)
            .filter(|node| Ties::of(node).bond() == bond)
            .count()
    };
    let mut text = format!(
        "{name} uses {} and is used by {}.",
        count(&graph.producers, "producer", "producers"),
        count(&graph.consumers, "consumer", "consumers"),
    );
    let (broken, outdated) = (worst(Bond::Broken), worst(Bond::Outdated));
    if broken > 0 {
        let _ = write!(text, " {broken} broken.");
    }
    if outdated > 0 {
        let _ = write!(text, " {outdated} outdated.");
    }
    text
}

/// The picture. Clicking a neighbour opens it; the keyboard finds the same links in the table.
#[component]
pub fn ReferenceGraph(
    /// The application in the middle.
    name: String,
    /// What it runs as there.
    version: Option<String>,
    /// Its neighbourhood.
    graph: GraphView,
) -> impl IntoView {
    // What is not drawn takes a row of its own, which says how much it is.
    let rows_of = |nodes: &[GraphNode]| nodes.len().min(DRAWN) + usize::from(nodes.len() > DRAWN);
    let rows = rows_of(&graph.producers)
        .max(rows_of(&graph.consumers))
        .max(1);
    let height = i32::try_from(rows).unwrap_or(1) * STEP + 18;
    let middle = height / 2;
    let label = sentence(&name, &graph);
    let me_x = (WIDTH - NODE_WIDTH) / 2;

    let side = |nodes: &[GraphNode], producers: bool| {
        let count = i32::try_from(rows_of(nodes)).unwrap_or(0);
        let top = (height - (count * STEP - (STEP - NODE_HEIGHT))) / 2;
        let more = nodes.len().saturating_sub(DRAWN);
        let rest = (more > 0).then(|| {
            let x = if producers { 0 } else { WIDTH - NODE_WIDTH };
            let y = top + (count - 1) * STEP + 22;
            view! {
                <text class="g-more" x=(x + 11).to_string() y=y.to_string()>
                    {format!("and {more} more, in the list below")}
                </text>
            }
        });
        let drawn = nodes
            .iter()
            .take(DRAWN)
            .enumerate()
            .map(|(row, node)| {
                let y = top + i32::try_from(row).unwrap_or(0) * STEP;
                let x = if producers { 0 } else { WIDTH - NODE_WIDTH };
                let ties = Ties::of(node);
                let kind = if ties.strong { "strong" } else { "weak" };
                let edge_y = y + NODE_HEIGHT / 2;
                let path = if producers {
                    curve(NODE_WIDTH, edge_y, me_x, middle)
                } else {
                    curve(me_x + NODE_WIDTH, middle, x, edge_y)
                };
                let broken = (ties.bond() == Bond::Broken).then(|| {
                    let (bx, by) = if producers {
                        (i32::midpoint(NODE_WIDTH, me_x), i32::midpoint(edge_y, middle))
                    } else {
                        (i32::midpoint(me_x + NODE_WIDTH, x), i32::midpoint(edge_y, middle))
                    };
                    view! {
                        <g class="brk" transform=format!("translate({} {})", bx - 9, by - 9)>
                            <circle cx="9" cy="9" r="9.5"></circle>
                            <path d="m5.6 5.6 6.8 6.8m0-6.8-6.8 6.8"></path>
                        </g>
                    }
                });
                view! {
                    <path class=format!("ge {kind} {}", ties.class()) d=path></path>
                    {broken}
                    <Node
                        x=x
                        y=y
                        name=node.name.clone()
                        version=node.version.map(|v| v.to_string())
                        class=if node.application.is_none() { "bad".to_owned() } else { ties.class().to_owned() }
                        href=node.application.map(routes::application)
                    />
                }
            })
            .collect_view();
        (drawn, rest)
    };
    let producers = side(&graph.producers, true);
    let consumers = side(&graph.consumers, false);

    view! {
        <svg
            class="graph"
            viewBox=format!("0 0 {WIDTH} {height}")
            role="img"
            aria-label=label
        >
            {producers}
            {consumers}
            <Node x=me_x y=middle - NODE_HEIGHT / 2 name=name version=version class="me".to_owned() href=None/>
        </svg>
    }
}

/// A hull with a name.
#[component]
fn Node(
    x: i32,
    y: i32,
    name: String,
    version: Option<String>,
    class: String,
    href: Option<String>,
) -> impl IntoView {
    let navigate = use_navigate();
    let bow = NODE_HEIGHT / 2;
    let straight = NODE_WIDTH - bow;
    let hull = format!(
        "M4 0H{straight}a{bow} {bow} 0 0 1 0 {NODE_HEIGHT}H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z"
    );
    // Name and version share the line.
    let version = version.map(|version| shorten(&version, LONGEST_VERSION));
    let wide = version
        .as_ref()
        .map_or(0, |version| version.chars().count());
    let room = 22_usize.saturating_sub(wide.saturating_sub(5));
    let class = if href.is_some() {
        format!("gn go {class}")
    } else {
        format!("gn {class}")
    };
    view! {
        <g
            class=class
            transform=format!("translate({x} {y})")
            on:click=move |_| {
                if let Some(href) = &href {
                    navigate(href, leptos_router::NavigateOptions::default());
                }
            }
        >
            <title>{name.clone()}</title>
            <path d=hull></path>
            <text x="11" y="22">{shorten(&name, room)}</text>
            <text class="v" x=(NODE_WIDTH - 16).to_string() y="22" text-anchor="end">{version}</text>
        </g>
    }
}

/// Characters of a version that a node has room for beside a name.
const LONGEST_VERSION: usize = 13;

fn curve(x1: i32, y1: i32, x2: i32, y2: i32) -> String {
    let (a, b) = (x1 + 40, x2 - 40);
    format!("M{x1} {y1}C{a} {y1} {b} {y2} {x2} {y2}")
}

/// The first characters, with an ellipsis where something is cut.
fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        let mut short: String = text.chars().take(most - 1).collect();
        short.push('…');
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::view::GraphLink;

    fn node(name: &str, broken: u32, outdated: u32) -> GraphNode {
        GraphNode {
            application: None,
            name: name.to_owned(),
            version: None,
            links: vec![GraphLink {
                consumer: "a".to_owned(),
                producer: "b".to_owned(),
                elements: 3,
                strong: false,
                broken,
                outdated,
            }],
        }
    }

    #[test]
    fn the_sentence_counts_neighbours_by_their_worst_tie() {
        let graph = GraphView {
            producers: vec![node("Vault", 1, 1), node("Core", 0, 1)],
            consumers: vec![node("Portal", 0, 0)],
        };
        assert_eq!(
            sentence("Rating", &graph),
            "Rating uses 2 producers and is used by 1 consumer. 1 broken. 1 outdated."
        );
        assert_eq!(
            sentence("Rating", &GraphView::default()),
            "Rating uses no producer and is used by no consumer."
        );
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(shorten("Überprüfung", 5), "Über…");
        assert_eq!(shorten("Core", 5), "Core");
    }
}

//! Where modules and the lines between them are drawn. A line that passes a wave goes between its
//! modules, never through one.

use super::WaveGraph;
use std::fmt::Write as _;

/// Above this many modules there is the list only.
const MAX_DRAWN: usize = 60;
/// Above this many modules in one wave there is the list only.
const MAX_COLUMN: usize = 12;

/// Height of a module.
pub(super) const HEIGHT: u32 = 32;
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
                TOP + full + GAP_Y,
            ),
            places,
            waves: heads,
        })
    }
}

impl WaveLayout {
    /// The path from the bow of a producer to the stern of a consumer; within one wave around the
    /// outside. None if one of them is not drawn.
    pub fn way(&self, producer: usize, consumer: usize) -> Option<String> {
        let (from, to) = (*self.places.get(producer)?, *self.places.get(consumer)?);
        let (mut x, mut y) = (from.0 + self.node_width, from.1 + HEIGHT / 2);
        let (end_x, end_y) = (to.0, to.1 + HEIGHT / 2);
        let bend = GAP_X * 11 / 20;
        let mut path = format!("M{x} {y}");
        if end_x <= x {
            let end_x = end_x + self.node_width;
            let out = x.max(end_x) + bend / 2;
            let _ = write!(path, "C{out} {y} {out} {end_y} {end_x} {end_y}");
            return Some(path);
        }
        for (column, between) in self.between(from, to) {
            path.push_str(&curve((x, y), (column, between), bend));
            (x, y) = (column + self.node_width, between);
            let _ = write!(path, "H{x}");
        }
        path.push_str(&curve((x, y), (end_x, end_y), bend));
        Some(path)
    }

    /// Where the line between two places passes the waves between them: the left edge of each, and
    /// the height of the room between two modules that is nearest to the straight line.
    fn between(&self, from: (u32, u32), to: (u32, u32)) -> Vec<(u32, u32)> {
        let columns = self.waves.iter().map(|(_, x)| *x);
        columns
            .filter(|x| *x > from.0 && *x < to.0)
            .filter_map(|x| {
                let (a, b) = (i64::from(from.1), i64::from(to.1));
                let (way, all) = (i64::from(x - from.0), i64::from(to.0 - from.0));
                let straight = a + (b - a) * way / all + i64::from(HEIGHT / 2);
                let room = self.rooms(x);
                let nearest = room
                    .into_iter()
                    .min_by_key(|y| (i64::from(*y) - straight).abs());
                nearest.map(|y| (x, y))
            })
            .collect()
    }

    /// The heights at which a line can pass a wave: above its modules, between them and below.
    fn rooms(&self, column: u32) -> Vec<u32> {
        let mut tops: Vec<u32> = self
            .places
            .iter()
            .filter(|(x, _)| *x == column)
            .map(|(_, y)| *y)
            .collect();
        tops.sort_unstable();
        let above = tops.first().map(|top| top - GAP_Y / 2);
        let below = tops.iter().map(|top| top + HEIGHT + GAP_Y / 2);
        above.into_iter().chain(below).collect()
    }
}

/// From one point to another to its right, leaving and arriving level.
fn curve((x, y): (u32, u32), (to_x, to_y): (u32, u32), bend: u32) -> String {
    format!("C{} {y} {} {to_y} {to_x} {to_y}", x + bend, to_x - bend)
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::super::WaveNode;
    use super::*;
    use domain::execution::StepState;

    fn node(name: &str, wave: u32) -> WaveNode {
        WaveNode {
            name: name.to_owned(),
            wave,
            state: StepState::Waiting,
            time: String::new(),
            republish: false,
            leaves: false,
            back: false,
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
    fn lines_pass_between_the_modules_of_the_waves_on_their_way() {
        for (first, second, third) in [(1, 1, 1), (3, 4, 2), (2, 5, 5), (6, 1, 3), (1, 12, 1)] {
            let waves = [(1, first), (2, second), (3, third), (4, 2)];
            let nodes: Vec<WaveNode> = waves
                .into_iter()
                .flat_map(|(wave, count)| (0..count).map(move |n| node(&format!("M{n}"), wave)))
                .collect();
            let all = nodes.len();
            let graph = WaveGraph {
                nodes,
                edges: Vec::new(),
            };
            let layout = graph.layout().expect("small enough");
            let pairs = (0..all).flat_map(|a| (0..all).map(move |b| (a, b)));
            for (producer, consumer) in pairs {
                let (from, to) = (layout.places[producer], layout.places[consumer]);
                let passes = layout.between(from, to);
                let waves = graph.nodes[consumer]
                    .wave
                    .saturating_sub(graph.nodes[producer].wave);
                assert_eq!(passes.len(), waves.saturating_sub(1) as usize);
                for (x, y) in passes {
                    let hit = layout
                        .places
                        .iter()
                        .any(|place| place.0 == x && (place.1..=place.1 + HEIGHT).contains(&y));
                    assert!(!hit && y > 0 && y < layout.size.1, "{x} {y}");
                }
            }
        }
    }
}

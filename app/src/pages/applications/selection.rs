//! What can be done with the selected rows.

use super::block::{LateBlockDialog, block_items};
use super::state::{LaneHead, Matrix, Picked, out_of_service};
use crate::components::button::{ChangeLink, IconButton, Size};
use crate::components::lane::LaneGlyph;
use crate::components::menu::{Menu, MenuItem};
use crate::components::status::counted;
use crate::derived::derived;
use crate::pages::blocking::Blocking;
use crate::pages::replicate::{Replication, use_replication};
use crate::routes;
use crate::session::use_session;
use domain::ApplicationId;
use domain::access::Action;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// Where the selection can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The lane it goes to.
    pub lane: LaneHead,
    /// The plan's address.
    pub href: String,
    /// Why nothing goes there now.
    pub closed: Option<String>,
    /// How many have something newer there.
    pub movable: usize,
    /// Names left out, because the lane refuses them.
    pub blocked: Vec<String>,
}

/// Every lane that the selection, or a part of it, can go to.
pub fn ways(picked: &BTreeMap<ApplicationId, Picked>, lanes: &[LaneHead]) -> Vec<Way> {
    let has = |flags: &[bool], lane: usize| flags.get(lane).copied().unwrap_or(false);
    lanes
        .iter()
        .enumerate()
        .skip(1)
        .filter_map(|(lane, to)| {
            let from = lanes.get(lane - 1)?;
            let here: Vec<_> = picked
                .iter()
                .filter(|(_, row)| has(&row.present, lane - 1))
                .collect();
            let (blocked, free): (Vec<_>, Vec<_>) = here
                .into_iter()
                .partition(|(_, row)| has(&row.blocked, lane));
            if free.is_empty() {
                return None;
            }
            let ids: Vec<_> = free.iter().map(|(id, _)| **id).collect();
            Some(Way {
                lane: to.clone(),
                href: routes::new_plan(&from.name, &to.name, &ids),
                closed: out_of_service(from, to),
                movable: free
                    .iter()
                    .filter(|(_, row)| has(&row.movable, lane - 1))
                    .count(),
                blocked: blocked.iter().map(|(_, row)| row.name.clone()).collect(),
            })
        })
        .collect()
}

/// The way that moves most.
pub fn best(ways: &[Way]) -> Option<&Way> {
    ways.iter().reduce(|best, way| {
        if way.movable > best.movable {
            way
        } else {
            best
        }
    })
}

fn left_out(way: &Way) -> Option<String> {
    let lane = &way.lane.name;
    match way.blocked.as_slice() {
        [] => None,
        [name] => Some(format!("{name} is blocked in {lane} and will be left out")),
        [name, rest @ ..] => Some(format!(
            "{name} and {} are blocked in {lane} and will be left out",
            counted(rest.len() as u64, "other", "others")
        )),
    }
}

/// The bar at the foot while something is selected.
#[component]
pub fn SelectionBar(
    /// The matrix.
    matrix: Matrix,
) -> impl IntoView {
    let session = use_session();
    let any = derived(move |_| matrix.picked.with(|picked| !picked.is_empty()));
    let ways = derived(move |_| {
        matrix
            .picked
            .with(|picked| matrix.lanes.with(|lanes| ways(picked, lanes)))
    });
    let blocking = RwSignal::new(None);
    // What was remembered of the rows does not hold any more.
    let on_done = Callback::new(move |()| matrix.clear_selection());
    let bar = move || {
        any.get().then(|| {
            view! {
                <div class="selbar" role="region" aria-label="Selection">
                    <b aria-live="polite">
                        {move || {
                            matrix.picked.with(|picked| counted(picked.len() as u64, "selected", "selected"))
                        }}
                    </b>
                    <span class="sep"></span>
                    {move || {
                        if let Some(reason) = session.refusal(Action::EditPlan) {
                            view! { <span class="sel-note">{reason}</span> }.into_any()
                        } else {
                            let ways = ways.get();
                            let best = best(&ways).map(|way| way.lane.id);
                            let note = ways
                                .iter()
                                .find(|way| Some(way.lane.id) == best)
                                .and_then(left_out);
                            let nowhere = ways.is_empty();
                            view! {
                                {ways
                                    .into_iter()
                                    .map(|way| {
                                        let primary = Some(way.lane.id) == best;
                                        let closed = way.closed;
                                        view! {
                                            <ChangeLink
                                                class=if primary { "btn sm primary" } else { "btn sm" }
                                                href=way.href
                                                refusal=Signal::derive(move || {
                                                    matrix.refusal.get().or_else(|| closed.clone())
                                                })
                                            >
                                                <LaneGlyph place=way.lane.place()/>
                                                <span>{format!("Deploy to {}…", way.lane.name)}</span>
                                            </ChangeLink>
                                        }
                                    })
                                    .collect_view()}
                                <Block matrix blocking/>
                                <Back matrix/>
                                {nowhere
                                    .then(|| {
                                        view! {
                                            <span class="sel-note">
                                                "None of these can go anywhere: they run in no environment that has a next one"
                                            </span>
                                        }
                                    })}
                                {note.map(|note| view! { <span class="sel-note">{note}</span> })}
                            }
                                .into_any()
                        }
                    }}
                    <IconButton
                        label="Clear selection"
                        icon="x"
                        size=Size::Small
                        on_press=Callback::new(move |()| matrix.clear_selection())
                    />
                </div>
            }
        })
    };
    view! {
        {bar}
        <LateBlockDialog asked=blocking on_done/>
    }
}

/// What of the selection runs in each later lane, to be replicated to the lane before it.
fn ways_back(
    picked: &BTreeMap<ApplicationId, Picked>,
    lanes: &[LaneHead],
) -> Vec<(String, Replication)> {
    lanes
        .windows(2)
        .zip(1_usize..)
        .filter_map(|(pair, lane)| {
            let (to, from) = (&pair[0], &pair[1]);
            let runs = picked
                .iter()
                .filter(|(_, row)| row.present.get(lane).copied().unwrap_or(false));
            let applications: Vec<_> = runs.map(|(id, _)| *id).collect();
            (!applications.is_empty()).then(|| {
                let wanted = Replication {
                    source: from.id,
                    target: to.id,
                    applications,
                };
                (format!("Replicate {} to {}", from.name, to.name), wanted)
            })
        })
        .collect()
}

/// A menu of where the selection can be blocked, and of the blocks that can be lifted.
#[component]
fn Block(matrix: Matrix, blocking: RwSignal<Option<Blocking>>) -> impl IntoView {
    let session = use_session();
    let items = Callback::new(move |()| {
        let refusal = matrix.refusal.get_untracked();
        let refusal = refusal.or_else(|| session.refusal(Action::DeployApplications));
        block_items(matrix, refusal, blocking)
    });
    view! { <Menu label="Block…" icon_only=false size=Size::Small items/> }
}

/// A menu of the ways back.
#[component]
fn Back(matrix: Matrix) -> impl IntoView {
    let busy = RwSignal::new(false);
    let replicate = use_replication(busy);
    let items = Callback::new(move |()| {
        let ways = matrix.picked.with_untracked(|picked| {
            matrix
                .lanes
                .with_untracked(|lanes| ways_back(picked, lanes))
        });
        ways.into_iter()
            .map(|(label, wanted)| {
                let press = Callback::new(move |()| replicate.run(wanted.clone()));
                let mut item = MenuItem::new(&label, "back", press);
                item.refusal = matrix.refusal.get_untracked();
                item
            })
            .collect::<Vec<_>>()
    });
    let any = derived(move |_| {
        let picked = matrix.picked.get();
        matrix
            .lanes
            .with(|lanes| !ways_back(&picked, lanes).is_empty())
    });
    view! {
        <Show when=move || any.get()>
            <Menu label="More for the selection" items/>
        </Show>
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::EnvironmentId;
    use domain::environment::LinkState;

    fn lane(position: u32, name: &str) -> LaneHead {
        LaneHead {
            id: EnvironmentId(
                format!("00000000-0000-0000-0000-00000000000{position}")
                    .parse()
                    .unwrap(),
            ),
            name: name.to_owned(),
            link: LinkState::Online,
            maintenance: None,
            position,
            total: 3,
        }
    }

    fn picked(name: &str, present: [bool; 3], blocked: [bool; 3], movable: [bool; 3]) -> Picked {
        Picked {
            name: name.to_owned(),
            present: present.to_vec(),
            blocked: blocked.to_vec(),
            movable: movable.to_vec(),
        }
    }

    #[test]
    fn the_best_way_moves_most_and_says_what_it_leaves_out() {
        let lanes = [
            lane(0, "Development"),
            lane(1, "Quality"),
            lane(2, "Production"),
        ];
        let id = |n: u8| {
            ApplicationId(
                format!("00000000-0000-0000-0000-0000000000{n:02}")
                    .parse()
                    .unwrap(),
            )
        };
        let selection = BTreeMap::from([
            (
                id(1),
                picked("Claims", [true; 3], [false; 3], [false, true, false]),
            ),
            (
                id(2),
                picked(
                    "Consent",
                    [true, true, false],
                    [false, false, true],
                    [false; 3],
                ),
            ),
            (
                id(3),
                picked(
                    "New",
                    [true, false, false],
                    [false; 3],
                    [true, false, false],
                ),
            ),
            (
                id(4),
                picked("Core", [true; 3], [false; 3], [false, true, false]),
            ),
        ]);
        let ways = ways(&selection, &lanes);
        assert_eq!(ways.len(), 2);
        let best = best(&ways).unwrap();
        assert_eq!(best.lane.name, "Production");
        assert_eq!(best.movable, 2);
        assert_eq!(best.blocked, ["Consent"]);
        assert_eq!(
            left_out(best).unwrap(),
            "Consent is blocked in Production and will be left out"
        );
        assert!(!best.href.contains(&id(2).to_string()));
        assert!(super::ways(&BTreeMap::new(), &lanes).is_empty());
    }
}

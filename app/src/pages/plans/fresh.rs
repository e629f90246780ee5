//! Which rows are shown, and where. A plan that is new does not push the others away from under a
//! pointer or a cursor: it waits to be asked for. Nor does one that moves on: it goes when nobody is
//! in the list any more.

use super::Listed;
use super::address::PlansAddress;
use crate::derived::{Derived, derived};
use domain::view::{PlanRow, PlanShelf};
use domain::{PlanId, Timestamp};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Where a row stood when the list was put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The plan.
    pub id: PlanId,
    /// Its part of the list.
    pub shelf: PlanShelf,
    /// When it was over.
    pub over: Option<Timestamp>,
}

impl Place {
    fn of(row: &PlanRow) -> Self {
        Self {
            id: row.id,
            shelf: PlanShelf::of(row.status),
            over: row.stamps.finished,
        }
    }
}

/// The rows that are shown, and those that wait.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    address: PlansAddress,
    asked: Asked,
    /// The rows that are shown, in order.
    pub shown: Vec<Place>,
    /// How many wait.
    pub waiting: usize,
}

/// What a person did with the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Asked {
    /// How often new rows were asked for.
    released: u32,
    /// How often pointer or focus left it.
    left: u32,
}

impl Rows {
    /// The rows of an answer that comes after another one. While `touched`, rows stay where they are
    /// and new ones wait, unless something else was asked for or there was nothing to move. Once
    /// nobody is there any more, those that are shown go where they belong.
    fn after(
        before: Option<&Self>,
        address: &PlansAddress,
        places: Vec<Place>,
        asked: Asked,
        touched: bool,
    ) -> Self {
        let all = places.len();
        let before = before.filter(|before| {
            before.asked.released == asked.released
                && before.address == *address
                && !before.shown.is_empty()
        });
        let shown = match before {
            Some(before) if touched => {
                let there: BTreeSet<PlanId> = places.iter().map(|place| place.id).collect();
                let mut shown = before.shown.clone();
                shown.retain(|place| there.contains(&place.id));
                shown
            }
            Some(before) if before.asked.left != asked.left => {
                let known: BTreeSet<PlanId> = before.shown.iter().map(|place| place.id).collect();
                let mut shown = places;
                shown.retain(|place| known.contains(&place.id));
                shown
            }
            _ => places,
        };
        Self {
            address: address.clone(),
            asked,
            waiting: all - shown.len(),
            shown,
        }
    }
}

/// The rows, what shows those that wait, and what is to be told when pointer or focus leave them.
pub fn use_rows(listed: Derived<Option<Listed>>) -> (Derived<Rows>, Callback<()>, Callback<()>) {
    let asked = RwSignal::new(Asked::default());
    let rows = derived(move |before: Option<&Rows>| {
        let asked = asked.get();
        listed.with(|listed| {
            listed
                .as_ref()
                .map(|Listed { address, page, .. }| {
                    let places = page.rows.iter().map(Place::of).collect();
                    Rows::after(before, address, places, asked, is_touched())
                })
                .unwrap_or_default()
        })
    });
    let show = Callback::new(move |()| asked.update(|asked| asked.released += 1));
    let leave = Callback::new(move |()| asked.update(|asked| asked.left += 1));
    (rows, show, leave)
}

/// Whether somebody is in the list: it is scrolled, or pointer or focus are there.
#[cfg(feature = "hydrate")]
fn is_touched() -> bool {
    let scrolled = window().scroll_y().is_ok_and(|y| y > 0.0);
    let there = document().query_selector(".plans tbody:is(:hover, :focus-within)");
    scrolled || matches!(there, Ok(Some(_)))
}

#[cfg(not(feature = "hydrate"))]
fn is_touched() -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn id(n: u8) -> PlanId {
        format!("00000000-0000-0000-0000-0000000000{n:02}")
            .parse()
            .unwrap()
    }

    fn places(ids: &[u8]) -> Vec<Place> {
        let place = |n: &u8| Place {
            id: id(*n),
            shelf: PlanShelf::Now,
            over: None,
        };
        ids.iter().map(place).collect()
    }

    fn shown(rows: &Rows) -> Vec<PlanId> {
        rows.shown.iter().map(|place| place.id).collect()
    }

    const ONCE: Asked = Asked {
        released: 1,
        left: 0,
    };

    #[test]
    fn new_rows_wait_while_somebody_is_in_the_list() {
        let here = PlansAddress::default();
        let after = |before: Option<&Rows>, address: &PlansAddress, ids: &[u8], asked, touched| {
            Rows::after(before, address, places(ids), asked, touched)
        };
        let never = Asked::default();
        let first = after(None, &here, &[2, 1], never, true);
        assert_eq!((first.shown.len(), first.waiting), (2, 0));
        let waits = after(Some(&first), &here, &[3, 2, 1], never, true);
        assert_eq!(
            (waits.shown.clone(), waits.waiting),
            (first.shown.clone(), 1)
        );
        let gone = after(Some(&waits), &here, &[3, 1], never, true);
        assert_eq!((shown(&gone), gone.waiting), (vec![id(1)], 1));
        let asked = after(Some(&waits), &here, &[3, 2, 1], ONCE, true);
        assert_eq!((asked.shown.len(), asked.waiting), (3, 0));
        let alone = after(Some(&first), &here, &[3, 2, 1], never, false);
        assert_eq!((alone.shown.len(), alone.waiting), (3, 0));
        let there = PlansAddress {
            advanced: true,
            ..PlansAddress::default()
        };
        let other = after(Some(&first), &there, &[3], never, true);
        assert_eq!((other.shown.len(), other.waiting), (1, 0));
    }

    #[test]
    fn rows_go_where_they_belong_when_nobody_is_in_the_list_any_more() {
        let here = PlansAddress::default();
        let never = Asked::default();
        let first = Rows::after(None, &here, places(&[3, 2, 1]), never, true);
        // Plan 3 is over: it stays under the pointer, and so does what was said of it.
        let mut moved = places(&[4, 2, 1, 3]);
        moved[3].shelf = PlanShelf::Over;
        let stays = Rows::after(Some(&first), &here, moved.clone(), never, true);
        assert_eq!((&stays.shown, stays.waiting), (&first.shown, 1));
        let left = Asked { left: 1, ..never };
        let gone = Rows::after(Some(&stays), &here, moved, left, false);
        assert_eq!((shown(&gone), gone.waiting), (vec![id(2), id(1), id(3)], 1));
        assert_eq!(gone.shown[2].shelf, PlanShelf::Over);
    }
}

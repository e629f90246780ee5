//! Which rows are shown. A plan that is new does not push the others away from under a pointer or a
//! cursor: it waits to be asked for.

use super::Listed;
use super::address::PlansAddress;
use crate::derived::{Derived, derived};
use domain::PlanId;
use leptos::prelude::*;

/// The rows that are shown, and those that wait.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    address: PlansAddress,
    released: u32,
    /// The rows that are shown, in order.
    pub shown: Vec<PlanId>,
    /// How many wait.
    pub waiting: usize,
}

impl Rows {
    /// The rows of an answer that comes after another one. New ones wait while `touched`, unless
    /// something else was asked for or there was nothing to move.
    fn after(
        before: Option<&Self>,
        address: &PlansAddress,
        ids: Vec<PlanId>,
        released: u32,
        touched: bool,
    ) -> Self {
        let all = ids.len();
        let shown = match before {
            Some(before)
                if touched
                    && before.released == released
                    && before.address == *address
                    && !before.shown.is_empty() =>
            {
                ids.into_iter()
                    .filter(|id| before.shown.contains(id))
                    .collect()
            }
            _ => ids,
        };
        Self {
            address: address.clone(),
            released,
            waiting: all - shown.len(),
            shown,
        }
    }
}

/// The rows, and what shows those that wait.
pub fn use_rows(listed: Derived<Option<Listed>>) -> (Derived<Rows>, Callback<()>) {
    let released = RwSignal::new(0_u32);
    let rows = derived(move |before: Option<&Rows>| {
        let released = released.get();
        listed.with(|listed| {
            listed
                .as_ref()
                .map(|Listed { address, page, .. }| {
                    let ids = page.rows.iter().map(|row| row.id).collect();
                    Rows::after(before, address, ids, released, is_touched())
                })
                .unwrap_or_default()
        })
    });
    let show = Callback::new(move |()| released.update(|released| *released += 1));
    (rows, show)
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

    #[test]
    fn new_rows_wait_while_somebody_is_in_the_list() {
        let id = |n: u8| -> PlanId {
            format!("00000000-0000-0000-0000-0000000000{n:02}")
                .parse()
                .unwrap()
        };
        let here = PlansAddress::default();
        let after =
            |before: Option<&Rows>, address: &PlansAddress, ids: &[u8], released, touched| {
                let ids = ids.iter().map(|n| id(*n)).collect();
                Rows::after(before, address, ids, released, touched)
            };
        let first = after(None, &here, &[2, 1], 0, true);
        assert_eq!((first.shown.len(), first.waiting), (2, 0));
        let waits = after(Some(&first), &here, &[3, 2, 1], 0, true);
        assert_eq!(
            (waits.shown.clone(), waits.waiting),
            (first.shown.clone(), 1)
        );
        let gone = after(Some(&waits), &here, &[3, 1], 0, true);
        assert_eq!((gone.shown, gone.waiting), (vec![id(1)], 1));
        let asked = after(Some(&waits), &here, &[3, 2, 1], 1, true);
        assert_eq!((asked.shown.len(), asked.waiting), (3, 0));
        let alone = after(Some(&first), &here, &[3, 2, 1], 0, false);
        assert_eq!((alone.shown.len(), alone.waiting), (3, 0));
        let there = PlansAddress {
            advanced: true,
            ..PlansAddress::default()
        };
        let other = after(Some(&first), &there, &[3], 0, true);
        assert_eq!((other.shown.len(), other.waiting), (1, 0));
    }
}

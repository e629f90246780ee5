//! The parts of the list as plans stand: what is under way, what is saved, and what is over, by day.

use super::fresh::Rows;
use crate::components::time::use_clock;
use crate::derived::{Derived, derived};
use domain::view::PlanShelf;
use domain::{PlanId, Timestamp};
use leptos::prelude::*;

const DAY_MS: i64 = 86_400_000;

/// What stands below each other in the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Item {
    /// The head of what follows: what it is, and a word about it.
    Head(String, &'static str),
    /// A plan.
    Row(PlanId),
}

/// The rows, with heads between them if the list is in parts.
pub fn use_items(rows: Derived<Rows>, in_parts: Derived<bool>) -> Derived<Vec<Item>> {
    let clock = use_clock();
    // Both change at midnight only.
    let days = derived(move |_| {
        let now = clock.now();
        let date = |at| clock.civil(at).date();
        (date(now), date(Timestamp(now.0 - DAY_MS)))
    });
    derived(move |_| {
        let in_parts = in_parts.get();
        days.with(|(today, yesterday)| {
            let day = |at| match clock.civil(at).date() {
                date if date == *today => "Today".to_owned(),
                date if date == *yesterday => "Yesterday".to_owned(),
                date => date,
            };
            rows.with(|rows| items(rows, in_parts, day))
        })
    })
}

fn items(rows: &Rows, in_parts: bool, day: impl Fn(Timestamp) -> String) -> Vec<Item> {
    let mut items = Vec::with_capacity(rows.shown.len());
    let mut heads: Vec<Item> = Vec::new();
    for place in &rows.shown {
        let head = match (place.shelf, place.over) {
            (PlanShelf::Now, _) => Item::Head("Now".to_owned(), "updates live"),
            (PlanShelf::Saved, _) => Item::Head("Saved".to_owned(), "not started"),
            (PlanShelf::Over, Some(at)) => Item::Head(day(at), ""),
            (PlanShelf::Over, None) => Item::Head("Earlier".to_owned(), ""),
        };
        if in_parts && !heads.contains(&head) {
            heads.push(head.clone());
            items.push(head);
        }
        items.push(Item::Row(place.id));
    }
    items
}

/// A head over the rows of a part.
#[component]
pub fn PartHead(title: String, note: &'static str) -> impl IntoView {
    view! {
        <tr role="row" class="grp">
            <th role="rowheader" colspan="7" scope="rowgroup">
                {title}
                {(!note.is_empty()).then(|| view! { " " <span class="count">{note}</span> })}
            </th>
        </tr>
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::pages::plans::fresh::Place;

    #[test]
    fn each_part_has_its_head_once() {
        let place = |n: u8, shelf, over: Option<i64>| Place {
            id: format!("00000000-0000-0000-0000-00000000000{n}")
                .parse()
                .unwrap(),
            shelf,
            over: over.map(Timestamp),
        };
        let shown = vec![
            place(1, PlanShelf::Now, None),
            place(2, PlanShelf::Now, None),
            place(3, PlanShelf::Saved, None),
            place(4, PlanShelf::Over, Some(2)),
            place(5, PlanShelf::Over, Some(1)),
        ];
        let mut rows = Rows::default();
        rows.shown = shown;
        let day = |at: Timestamp| format!("day {}", at.0);
        let words: Vec<String> = items(&rows, true, day)
            .into_iter()
            .map(|item| match item {
                Item::Head(title, _) => title,
                Item::Row(id) => id.to_string().pop().unwrap().to_string(),
            })
            .collect();
        let expected = ["Now", "1", "2", "Saved", "3", "day 2", "4", "day 1", "5"];
        assert_eq!(words, expected);
        assert_eq!(items(&rows, false, day).len(), 5);
    }
}

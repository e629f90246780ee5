//! The foot of the list: how many plans there are, and the way through their pages.

use super::Move;
use super::address::PlansAddress;
use crate::components::button::{Button, Size};
use crate::components::status::thousands;
use crate::derived::{Derived, derived};
use domain::view::{Counted, PlanCut, PlanOrder, PlanPage};
use leptos::prelude::*;

/// A count in words, honest about where counting stopped.
pub(super) fn so_many(counted: Counted) -> String {
    if counted.more {
        format!("more than {}", thousands(counted.number))
    } else {
        thousands(counted.number)
    }
}

/// How many plans match, of how many.
pub fn matching(page: &PlanPage) -> String {
    if page.total == page.unfiltered {
        let number = page.total.number;
        let plans = if number == 1 && !page.total.more {
            "plan"
        } else {
            "plans"
        };
        format!("{} {plans}", so_many(page.total))
    } else {
        format!(
            "{} of {} plans match",
            so_many(page.total),
            so_many(page.unfiltered)
        )
    }
}

/// Which plans are shown, and the way to those before and after.
#[component]
pub fn Pages(
    page: Derived<PlanPage>,
    address: Derived<PlansAddress>,
    go: Callback<Move>,
) -> impl IntoView {
    let cut_at = move |cut: PlanCut| {
        go.run(Move::to(PlansAddress {
            cut,
            ..address.get_untracked()
        }));
    };
    let ends = derived(move |_| page.with(|p| (p.has_before, p.has_after)));
    let words = move || match address.with(|a| a.filter.answered_order()) {
        PlanOrder::Newest => ("Newer", "Older"),
        PlanOrder::Oldest => ("Older", "Newer"),
        _ => ("Before", "After"),
    };
    view! {
        <span>{move || page.with(matching)}</span>
        {move || {
            (ends.get() != (false, false))
                .then(|| {
                    let (before, after) = words();
                    view! {
                        <nav class="pager" aria-label="Pages">
                            <span class="num">
                                {move || {
                                    page.with(|p| {
                                        let ends = p.rows.first().zip(p.rows.last());
                                        ends.map(|(a, b)| format!("#{} to #{}", a.number, b.number))
                                    })
                                }}
                            </span>
                            <Button
                                label=before
                                icon="left"
                                size=Size::Small
                                refusal=Signal::derive(move || {
                                    (!ends.get().0).then(|| "This is the first page".to_owned())
                                })
                                on_press=Callback::new(move |()| {
                                    let first = page.with_untracked(|p| p.rows.first().map(|r| r.number));
                                    cut_at(first.map_or(PlanCut::Start, PlanCut::Before));
                                })
                            />
                            <Button
                                label=after
                                icon_end="right"
                                size=Size::Small
                                refusal=Signal::derive(move || {
                                    (!ends.get().1).then(|| "This is the last page".to_owned())
                                })
                                on_press=Callback::new(move |()| {
                                    let last = page.with_untracked(|p| p.rows.last().map(|r| r.number));
                                    cut_at(last.map_or(PlanCut::Start, PlanCut::After));
                                })
                            />
                        </nav>
                    }
                })
        }}
    }
}

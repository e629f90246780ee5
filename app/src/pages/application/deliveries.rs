//! Where plans brought a version, with the notes that they were given.

use crate::api::catalog::list_deliveries;
use crate::components::button::{Button, Size, Weight};
use crate::components::markdown::Markdown;
use crate::components::status::{Look, Status};
use crate::components::time::When;
use crate::components::toast::{Toasts, use_toasts};
use crate::derived::{Derived, derived};
use crate::routes;
use domain::VersionId;
use domain::plan::PlanStatus;
use domain::view::{Deliveries, Delivery, VersionRow};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;

/// What is known of the versions that are shown.
#[derive(Clone, Copy)]
pub struct Known {
    all: RwSignal<BTreeMap<VersionId, Deliveries>>,
    toasts: Toasts,
}

impl Known {
    /// Reads it whenever other versions are shown, or something of the application changed.
    pub fn of(rows: Derived<Option<Vec<VersionRow>>>, changed: impl Fn() + 'static) -> Self {
        let known = Self {
            all: RwSignal::new(BTreeMap::new()),
            toasts: use_toasts(),
        };
        let asked = StoredValue::new(0_u32);
        Effect::new(move |_| {
            changed();
            let Some(rows) = rows.get().filter(|rows| !rows.is_empty()) else {
                return;
            };
            let versions = rows.into_iter().map(|row| row.id).collect();
            let mine = asked.get_value().wrapping_add(1);
            asked.set_value(mine);
            spawn_local(async move {
                // Without an answer the versions stand alone; the next change asks again.
                let Ok(all) = list_deliveries(versions, 0).await else {
                    return;
                };
                if asked.try_get_value() == Some(mine) {
                    let all = all.into_iter().map(|one| (one.version, one));
                    known.all.try_set(all.collect());
                }
            });
        });
        known
    }

    /// Reads the next ones of a version.
    fn read_on(self, version: VersionId, busy: RwSignal<bool>) {
        let from = self.all.with_untracked(|known| {
            let known = known.get(&version);
            known.map_or(0, |known| known.rows.len() as u64)
        });
        busy.set(true);
        spawn_local(async move {
            let answer = list_deliveries(vec![version], from).await;
            busy.try_set(false);
            match answer {
                Ok(more) => {
                    self.all.try_update(|known| {
                        let here = known.get_mut(&version);
                        if let Some((here, more)) = here.zip(more.into_iter().next())
                            && here.rows.len() as u64 == from
                        {
                            here.rows.extend(more.rows);
                            here.total = more.total;
                        }
                    });
                }
                Err(error) => self
                    .toasts
                    .fail("The earlier deployments could not be read", &error),
            }
        });
    }
}

/// The plans that brought a version; nothing where none did.
#[component]
pub fn Came(
    /// Which version.
    version: VersionId,
    /// What is known of all that are shown.
    known: Known,
) -> impl IntoView {
    let here = derived(move |_| known.all.with(|known| known.get(&version).cloned()));
    let busy = RwSignal::new(false);
    move || {
        let Deliveries { rows, total, .. } = here.get().filter(|here| !here.rows.is_empty())?;
        let more = total.saturating_sub(rows.len() as u64);
        Some(view! {
            <ul class="came" aria-label="Deployments">
                {rows.into_iter().map(delivery).collect_view()}
                {(more > 0)
                    .then(|| {
                        view! {
                            <li>
                                <Button
                                    label=format!("{more} earlier")
                                    weight=Weight::Link
                                    size=Size::Small
                                    busy
                                    on_press=Callback::new(move |()| known.read_on(version, busy))
                                />
                            </li>
                        }
                    })}
            </ul>
        })
    }
}

fn delivery(row: Delivery) -> impl IntoView {
    let Delivery {
        number,
        name,
        target,
        status,
        finished,
        notes,
    } = row;
    let well = status == PlanStatus::FinishedSuccessful;
    view! {
        <li>
            <small>
                {format!("To {target} with ")}
                <a href=routes::plan(number) title=name>
                    {format!("#{number}")}
                </a>
                {format!(", {}, ", finished.by.name)}
                <When at=finished.at/>
                {(!well).then(|| view! { " " <Status look=Look::of_plan(status, None)/> })}
            </small>
            {(!notes.trim().is_empty())
                .then(|| view! { <Markdown text=Signal::stored(notes)/> })}
        </li>
    }
}

//! The tags of the application, newest first, with what they say about the change.

use super::places;
use crate::api::catalog::list_versions;
use crate::components::button::{Button, Size};
use crate::components::lane::{ChipState, LaneGlyph, Place, VersionChip};
use crate::components::markdown::Markdown;
use crate::components::status::thousands;
use crate::components::table::Pager;
use crate::components::time::When;
use crate::derived::{Derived, derived};
use crate::routes;
use domain::view::{ApplicationDetail, Compared, VersionRow};
use domain::{ApplicationId, VersionId, VersionNumber};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Tags on a page.
const PAGE: u32 = 10;

/// The tag history.
#[component]
pub fn Versions(
    /// Whose.
    id: ApplicationId,
    /// The application with its newest tags.
    detail: RwSignal<ApplicationDetail>,
) -> impl IntoView {
    let offset = RwSignal::new(0_u64);
    let older = RwSignal::new(None::<(u64, Vec<VersionRow>)>);
    let failed = RwSignal::new(None::<String>);
    let total = Signal::derive(move || detail.with(|detail| detail.version_total));
    let here = derived(move |_| {
        let from = offset.get();
        let until = (from + u64::from(PAGE)).min(total.get());
        detail.with(|detail| {
            let newest = &detail.versions;
            (until <= newest.len() as u64).then(|| {
                newest[usize::try_from(from).unwrap_or(0)..usize::try_from(until).unwrap_or(0)]
                    .to_vec()
            })
        })
    });
    let fetch = move |from: u64| {
        failed.set(None);
        spawn_local(async move {
            match list_versions(id, from, PAGE).await {
                Ok(page) => {
                    older.try_set(Some((from, page.rows)));
                }
                Err(error) => {
                    failed.try_set(Some(error.to_string()));
                }
            }
        });
    };
    Effect::new(move |_| {
        if here.with(Option::is_none) {
            fetch(offset.get());
        }
    });
    let rows = derived(move |_| {
        here.get().or_else(|| {
            older
                .get()
                .filter(|(from, _)| *from == offset.get())
                .map(|(_, rows)| rows)
        })
    });
    let lanes = derived(move |_| {
        detail.with(|detail| {
            detail
                .environments
                .iter()
                .cloned()
                .zip(places(detail))
                .collect::<Vec<_>>()
        })
    });
    view! {
        <section class="panel" aria-labelledby="versions-title">
            <header>
                <h2 id="versions-title">"Versions"</h2>
                <span class="panel-sub">{move || thousands(total.get())}</span>
            </header>
            {move || match (rows.get(), failed.get()) {
                (Some(rows), _) if rows.is_empty() => {
                    view! {
                        <div class="pad">
                            <p class="soft">
                                "No version is tagged yet. A tag freezes all modules as they are, so that this exact state can be deployed."
                            </p>
                        </div>
                    }
                        .into_any()
                }
                (Some(rows), _) => {
                    view! {
                        <ol class="vers">
                            {with_former(rows)
                                .map(|(version, former)| view! { <Version version former lanes/> })
                                .collect_view()}
                        </ol>
                    }
                        .into_any()
                }
                (None, Some(reason)) => {
                    view! {
                        <div class="pad" role="alert">
                            <p class="soft">{reason}</p>
                            <Button
                                label="Try now"
                                icon="retry"
                                size=Size::Small
                                on_press=Callback::new(move |()| fetch(offset.get_untracked()))
                            />
                        </div>
                    }
                        .into_any()
                }
                (None, None) => {
                    view! { <crate::components::skeleton::Skeleton lines=6 label="Loading versions"/> }.into_any()
                }
            }}
            {move || {
                (total.get() > u64::from(PAGE))
                    .then(|| {
                        view! {
                            <footer>
                                <Pager
                                    offset
                                    limit=u64::from(PAGE)
                                    total
                                    words_for=("Newer", "Older")
                                    on_page=Callback::new(move |to| offset.set(to))
                                />
                            </footer>
                        }
                    })
            }}
        </section>
    }
}

/// Tags, newest first, each with the one before it, if that is on the same page.
fn with_former(rows: Vec<VersionRow>) -> impl Iterator<Item = (VersionRow, Option<Former>)> {
    let former: Vec<Former> = rows.iter().map(|row| (row.id, row.number)).collect();
    let former = former.into_iter().skip(1).map(Some);
    rows.into_iter().zip(former.chain(std::iter::once(None)))
}

/// A tag that another one is compared with.
type Former = (VersionId, VersionNumber);

#[component]
fn Version(
    version: VersionRow,
    /// The tag before this one.
    former: Option<Former>,
    lanes: Derived<Vec<(String, Place)>>,
) -> impl IntoView {
    let compare = former.map(|(id, number)| {
        let sides = (Compared::Version(id), Compared::Version(version.id));
        let words = format!("Compare with {number}");
        let name = format!("{}: {words}", version.number);
        view! {
            " · "
            <a href=routes::compare(&sides.0, &sides.1) aria-label=name>
                {words}
            </a>
        }
    });
    let state = if version.hotfix {
        ChipState::Hotfix
    } else {
        ChipState::Here
    };
    let running = version.running_in.clone();
    let words = if running.is_empty() {
        "Runs nowhere".to_owned()
    } else {
        format!("Runs in {}", running.join(", "))
    };
    let here = running.clone();
    let bars = move || {
        lanes.with(|lanes| {
            lanes
                .iter()
                .filter(|(name, _)| here.contains(name))
                .map(|(_, place)| view! { <LaneGlyph place=*place/> })
                .collect_view()
        })
    };
    let nowhere = running.is_empty();
    view! {
        <li>
            <VersionChip number=Some(version.number.to_string()) place=Place::default() state/>
            <div>
                {if version.description.is_empty() {
                    view! { <p>"No description"</p> }.into_any()
                } else {
                    view! { <Markdown text=Signal::stored(version.description)/> }.into_any()
                }}
                <small>
                    {format!("{} in {}, ", version.created.by.name, version.environment)}
                    <When at=version.created.at/>
                    {compare}
                </small>
            </div>
            <span class="lane-dots" role="img" aria-label=words.clone() title=words>
                {bars}
                {nowhere.then(|| view! { <span class="dim">"nowhere"</span> })}
            </span>
        </li>
    }
}

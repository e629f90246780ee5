//! The tags of the application, newest first, with what they say about the change.

use super::deliveries::{Came, Known};
use super::remove::RemoveVersion;
use super::tag::Again;
use super::{address, places};
use crate::api::catalog::list_versions;
use crate::components::button::{Button, Size};
use crate::components::controls::SearchInput;
use crate::components::delay::Delay;
use crate::components::lane::{ChipState, LaneGlyph, Place, VersionChip};
use crate::components::markdown::Markdown;
use crate::components::menu::{Menu, MenuItem};
use crate::components::status::thousands;
use crate::components::table::Pager;
use crate::components::time::When;
use crate::derived::{Derived, derived};
use crate::live::use_refusal;
use crate::routes;
use domain::access::Action;
use domain::view::{ApplicationDetail, Compared, Page, VersionFilter, VersionRow};
use domain::{ApplicationId, VersionId, VersionNumber};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

/// Tags on a page.
const PAGE: u32 = 10;

/// The word of the address for what is looked for in the versions.
const CHANGE: &str = "change";

/// What people do with a version.
#[derive(Clone, Copy)]
struct Deeds {
    tag_again: Callback<Again>,
    removing: RwSignal<Option<VersionRow>>,
    may_tag: Signal<Option<String>>,
    may_remove: Signal<Option<String>>,
}

/// The tag history.
#[component]
pub fn Versions(
    /// Whose.
    id: ApplicationId,
    /// The application with its newest tags.
    detail: RwSignal<ApplicationDetail>,
    /// Opens the dialog that tags a version again.
    tag_again: Callback<Again>,
    /// Why nothing can be tagged now.
    refusal: Signal<Option<String>>,
    /// A version was removed.
    on_removed: Callback<()>,
) -> impl IntoView {
    let query = use_query_map();
    let text = derived(move |_| query.with(|query| query.get(CHANGE)).unwrap_or_default());
    let offset = RwSignal::new(0_u64);
    let found = RwSignal::new(None::<(String, Page<VersionRow>)>);
    let failed = RwSignal::new(None::<String>);
    let all = Signal::derive(move || detail.with(|detail| detail.version_total));
    // The newest ones came with the application.
    let here = derived(move |_| {
        let from = offset.get();
        let until = (from + u64::from(PAGE)).min(all.get());
        if text.with(|text| !text.trim().is_empty()) {
            return None;
        }
        detail.with(|detail| {
            let newest = &detail.versions;
            (until <= newest.len() as u64).then(|| {
                newest[usize::try_from(from).unwrap_or(0)..usize::try_from(until).unwrap_or(0)]
                    .to_vec()
            })
        })
    });
    let fetch = move || {
        failed.set(None);
        let filter = VersionFilter {
            application: id,
            text: text.get_untracked(),
            offset: offset.get_untracked(),
            limit: PAGE,
        };
        spawn_local(async move {
            let asked = (filter.text.clone(), filter.offset);
            let answer = list_versions(filter).await;
            // Something else was asked for meanwhile.
            if text.try_get_untracked().as_ref() != Some(&asked.0)
                || offset.try_get_untracked() != Some(asked.1)
            {
                return;
            }
            match answer {
                Ok(page) => {
                    found.try_set(Some((asked.0, page)));
                }
                Err(error) => {
                    failed.try_set(Some(error.to_string()));
                }
            }
        });
    };
    Effect::new(move |before: Option<String>| {
        let now = text.get();
        if before.is_some_and(|before| before != now) {
            offset.set(0);
        }
        now
    });
    // Again whenever something of the application changed.
    Effect::new(move |_| {
        detail.track();
        text.track();
        offset.track();
        if here.with(Option::is_none) {
            fetch();
        }
    });
    let of_search = derived(move |_| {
        let (text, offset) = (text.get(), offset.get());
        found
            .get()
            .filter(|(of, page)| *of == text && page.offset == offset)
            .map(|(_, page)| page)
    });
    let rows = derived(move |_| here.get().or_else(|| of_search.get().map(|page| page.rows)));
    let total = Signal::derive(move || {
        if text.with(|text| text.trim().is_empty()) {
            all.get()
        } else {
            of_search.with(|page| page.as_ref().map_or(0, |page| page.total))
        }
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
    let known = Known::of(rows, move || detail.track());
    let deeds = Deeds {
        tag_again,
        removing: RwSignal::new(None),
        may_tag: refusal,
        may_remove: use_refusal(Action::DeleteVersion),
    };
    view! {
        <section class="panel" aria-labelledby="versions-title">
            <header>
                <h2 id="versions-title">"Versions"</h2>
                <span class="panel-sub">{move || thousands(all.get())}</span>
                <Search id text all/>
            </header>
            {move || match (rows.get(), failed.get()) {
                (Some(rows), _) if rows.is_empty() && text.with(|text| text.trim().is_empty()) => {
                    view! {
                        <div class="pad">
                            <p class="soft">
                                "No version is tagged yet. A tag freezes all modules as they are, so that this exact state can be deployed."
                            </p>
                        </div>
                    }
                        .into_any()
                }
                (Some(rows), _) if rows.is_empty() => {
                    view! {
                        <div class="pad">
                            <p class="soft">
                                {format!(
                                    "None of the {} versions has “{}” in its number or in what it says about the change.",
                                    thousands(all.get()),
                                    text.get().trim(),
                                )}
                            </p>
                        </div>
                    }
                        .into_any()
                }
                (Some(rows), _) => {
                    view! {
                        <ol class="vers">
                            {with_former(rows)
                                .map(|(version, former)| {
                                    view! { <Version version former lanes deeds known/> }
                                })
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
                                on_press=Callback::new(move |()| fetch())
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
        <RemoveVersion detail removing=deeds.removing on_removed/>
    }
}

/// Looks in what the versions say about the change; the address holds it.
#[component]
fn Search(
    id: ApplicationId,
    text: Derived<String>,
    /// How many versions there are.
    all: Signal<u64>,
) -> impl IntoView {
    let query = use_query_map();
    let navigate = StoredValue::new(use_navigate());
    let delay = Delay::new(200);
    let typed = RwSignal::new(text.get_untracked());
    Effect::new(move |_| typed.set(text.get()));
    let search = move |words: String| {
        typed.set(words.clone());
        delay.run(move || {
            let options = NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            };
            let to = query.with_untracked(|query| address(id, query, CHANGE, words.trim()));
            navigate.with_value(|navigate| navigate(&to, options));
        });
    };
    move || {
        // A few can be read.
        (all.get() > 1 || text.with(|text| !text.is_empty())).then(|| {
            view! {
                <span class="push v-search">
                    <SearchInput
                        id="version-search"
                        label="Search versions"
                        value=typed
                        on_input=Callback::new(search)
                    />
                </span>
            }
        })
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
    deeds: Deeds,
    /// Where plans brought them.
    known: Known,
) -> impl IntoView {
    let id = version.id;
    let menu = menu(&version, deeds);
    let more = format!("More for {}", version.number);
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
                <Came version=id known/>
            </div>
            <span class="v-end">
                <span class="lane-dots" role="img" aria-label=words.clone() title=words>
                    {bars}
                    {nowhere.then(|| view! { <span class="dim">"nowhere"</span> })}
                </span>
                <Menu label=more items=menu/>
            </span>
        </li>
    }
}

/// What can be done with a version.
fn menu(version: &VersionRow, deeds: Deeds) -> Callback<(), Vec<MenuItem>> {
    let version = version.clone();
    Callback::new(move |()| {
        let again = (version.id, version.environment.clone());
        let mut tag = MenuItem::new(
            "Tag again…",
            "tag",
            Callback::new(move |()| deeds.tag_again.run(again.clone())),
        );
        tag.refusal = deeds.may_tag.get_untracked();
        let package = routes::package(version.id);
        let mut download = MenuItem::new(
            "Download package",
            "download",
            Callback::new(move |()| {
                // Saved as a file: the page stays.
                let _ = window().location().set_href(&package);
            }),
        );
        download.refusal = deeds.may_tag.get_untracked();
        let row = version.clone();
        let mut remove = MenuItem::new(
            "Delete version…",
            "trash",
            Callback::new(move |()| deeds.removing.set(Some(row.clone()))),
        );
        remove.danger = true;
        remove.refusal = deeds.may_remove.get_untracked().or_else(|| {
            let runs = !version.running_in.is_empty();
            runs.then(|| format!("It runs in {}", version.running_in.join(" and ")))
        });
        vec![tag, download, remove]
    })
}

//! One application: where it runs, its modules, its versions, whom it uses and who uses it.

mod block;
mod deliveries;
mod guarded;
mod lanes;
mod modules;
mod older;
mod references;
mod remove;
mod tag;
mod travel;
mod versions;

use crate::api::catalog::read_application;
use crate::components::button::{Button, LinkButton, Weight};
use crate::components::copy::use_copy_key;
use crate::components::empty::{Failure, NothingYet};
use crate::components::keyboard::use_shortcut;
use crate::components::kind::kind_and_modules;
use crate::components::lane::Place;
use crate::components::layout::PageHead;
use crate::components::rail::Rail;
use crate::components::skeleton::Skeleton;
use crate::components::window_title::WindowTitle;
use crate::derived::derived;
use crate::error::ApiError;
use crate::live::{Heard, follow, use_live, use_refusal};
use crate::pages::blocking::BlockDialog;
use crate::routes;
use crate::session::use_session;
use crate::wire::fetched;
use block::BlockMenu;
use domain::access::Action;
use domain::application::ModuleKind;
use domain::view::ApplicationDetail;
use domain::{AppError, ApplicationId};
use guarded::Guards;
use lanes::Lanes;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use leptos_router::params::ParamsMap;
use modules::Modules;
use references::References;
use tag::{Again, TagDialog};
use travel::Travel;
use versions::Versions;

/// One application.
#[component]
pub fn ApplicationPage() -> impl IntoView {
    let params = use_params_map();
    let retries = RwSignal::new(0_u32);
    let on_retry = Callback::new(move |()| retries.update(|retries| *retries += 1));
    let id = derived(move |_| {
        params
            .with(|params| params.get("application"))
            .and_then(|text| text.parse::<ApplicationId>().ok())
    });
    move || match id.get() {
        Some(id) => view! { <Opened id retries on_retry/> }.into_any(),
        None => {
            let error = ApiError::App(AppError::not_found("This application"));
            view! { <Missing error on_retry/> }.into_any()
        }
    }
}

#[component]
fn Opened(id: ApplicationId, retries: RwSignal<u32>, on_retry: Callback<()>) -> impl IntoView {
    let live = use_live();
    let data = fetched(
        move || retries.get(),
        move |_| {
            let heard = live.heard();
            async move { (heard, read_application(id).await) }
        },
    );
    view! {
        <Transition fallback=|| {
            view! {
                <PageHead title="Application" crumbs=crumbs("Application")/>
                <div class="panel" aria-busy="true">
                    <Skeleton lines=6 label="Loading the application"/>
                </div>
            }
        }>
            {move || Suspend::new(async move {
                let (heard, answer) = data.await;
                match answer {
                    Ok(detail) => view! { <Shown id detail heard/> }.into_any(),
                    Err(error) => view! { <Missing error on_retry/> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Missing(
    /// Why.
    error: ApiError,
    /// Tries again; of no use for what is not there.
    on_retry: Callback<()>,
) -> impl IntoView {
    view! {
        <Title text="Application"/>
        <PageHead title="Application" crumbs=crumbs("Application")/>
        <section class="panel">
            <Failure
                title="The application cannot be shown"
                error
                on_retry
                back=("Applications", routes::APPLICATIONS)
            />
        </section>
    }
}

fn crumbs(name: &str) -> Vec<(String, Option<String>)> {
    vec![
        (
            "Applications".to_owned(),
            Some(routes::APPLICATIONS.to_owned()),
        ),
        (name.to_owned(), None),
    ]
}

/// An application that is kept up to date while it is on screen.
#[component]
fn Shown(id: ApplicationId, detail: ApplicationDetail, heard: Heard) -> impl IntoView {
    let detail = RwSignal::new(detail);
    let reload = Callback::new(move |()| {
        spawn_local(async move {
            if let Ok(newer) = read_application(id).await
                && detail.try_with_untracked(|older| *older != newer) == Some(true)
            {
                detail.try_set(newer);
            }
        });
    });
    let own = format!("application/{id}");
    follow(&[&own, "applications"], heard, move || reload.run(()));
    let tagging = RwSignal::new(false);
    let blocking = RwSignal::new(None);
    let again = RwSignal::new(None);
    let may_tag = use_refusal(Action::TagVersion);
    let tag_refusal = Signal::derive(move || {
        may_tag.get().or_else(|| {
            let runs = detail.with(|detail| detail.cells.iter().any(|cell| cell.present));
            (!runs).then(|| "It runs in no environment, so there is nothing to tag".to_owned())
        })
    });
    use_shortcut("t", "Tag a version", move || {
        if tag_refusal.with_untracked(Option::is_none) {
            tagging.set(true);
        }
    });
    open_when_asked(id, tagging, tag_refusal);
    use_copy_key(|| None);
    let tag_again = Callback::new(move |asked: Again| {
        again.set(Some(asked));
        tagging.set(true);
    });
    let name = derived(move |_| detail.with(|detail| detail.name.clone()));
    let description = derived(move |_| detail.with(|detail| detail.description.clone()));
    let sub = Signal::derive(move || detail.with(summary));
    view! {
        <WindowTitle text=move || name.get()/>
        <PageHead
            title=name
            sub
            crumbs=Signal::derive(move || name.with(|name| crumbs(name)))
            actions=move || {
                view! {
                    <Button
                        label="Tag a version…"
                        icon="tag"
                        controls="tag-version"
                        refusal=tag_refusal
                        on_press=Callback::new(move |()| tagging.set(true))
                    />
                    <BlockMenu detail asked=blocking/>
                    <DeployFurthest detail/>
                }
            }
        >
            {move || {
                let text = description.get();
                (!text.is_empty())
                    .then(|| {
                        view! {
                            <div class="page-sub">
                                <p class="a-desc">{text}</p>
                            </div>
                        }
                    })
            }}
        </PageHead>
        <Guards detail on_settled=reload/>
        <BlockDialog asked=blocking on_done=reload/>
        <Lanes detail asked=blocking/>
        <Travel id detail/>
        {move || {
            detail
                .with(|detail| detail.modules.is_empty())
                .then(|| {
                    view! {
                        <section class="panel">
                            <NothingYet
                                title="No modules yet"
                                text="This application is known, and nothing of it is published anywhere. Publish it from its folder with “slipway publish”."
                            />
                        </section>
                    }
                })
        }}
        <div class="a-grid">
            <div class="stack">
                <Modules detail/>
                <References id detail/>
            </div>
            <Versions id detail on_removed=reload tag_again refusal=may_tag/>
        </div>
        <TagDialog open=tagging again refusal=may_tag detail on_tagged=reload/>
    }
}

/// Opens the dialog when the address asks for it (`?tag`, as the palette does), and takes the word
/// out of the address when the dialog is closed.
fn open_when_asked(id: ApplicationId, tagging: RwSignal<bool>, refusal: Signal<Option<String>>) {
    let query = use_query_map();
    let asked = derived(move |_| query.with(|query| query.get("tag").is_some()));
    let navigate = use_navigate();
    Effect::new(move |_| {
        if asked.get() && refusal.with_untracked(Option::is_none) {
            tagging.set(true);
        }
    });
    Effect::new(move |was: Option<bool>| {
        let open = tagging.get();
        if was == Some(true) && !open && asked.get_untracked() {
            let options = NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&routes::application(id), options);
        }
        open
    });
}

/// The page's address with one word of its query changed; nothing takes the word out.
fn address(id: ApplicationId, query: &ParamsMap, key: &str, value: &str) -> String {
    let mut query = query.clone();
    if value.is_empty() {
        query.remove(key);
    } else {
        query.replace(key.to_owned(), value.to_owned());
    }
    format!("{}{}", routes::application(id), query.to_query_string())
}

/// "Service, 3 modules".
fn summary(detail: &ApplicationDetail) -> String {
    let has = |kind: ModuleKind| detail.modules.iter().any(|module| module.kind == kind);
    let kind = [ModuleKind::Static, ModuleKind::Service, ModuleKind::Library]
        .into_iter()
        .find(|kind| has(*kind));
    let modules = u32::try_from(detail.modules.len()).unwrap_or(u32::MAX);
    kind_and_modules(kind, modules)
}

/// The lanes of an application.
fn places(detail: &ApplicationDetail) -> Vec<Place> {
    let total = u32::try_from(detail.environments.len()).unwrap_or(u32::MAX);
    (0..total)
        .map(|position| Place::new(position, total))
        .collect()
}

/// The main action: what is farthest left and can move, moves on.
#[component]
fn DeployFurthest(detail: RwSignal<ApplicationDetail>) -> impl IntoView {
    let session = use_session();
    let way = derived(move |_| {
        detail.with(|detail| {
            // As the lanes say: not over a hotfix, what is blocked, or what a plan brings already.
            let pairs = detail.cells.iter().zip(detail.cells.iter().skip(1));
            let mut lanes = pairs.enumerate();
            let (from, _) = lanes.find(|(lane, (here, next))| {
                Rail::between(here, next).is_open() && !detail.is_held_after(*lane)
            })?;
            let source = detail.environments.get(from)?;
            let target = detail.environments.get(from + 1)?;
            let deed = Rail::deed(&detail.cells[from]);
            Some((
                format!("{deed} to {target}"),
                routes::new_plan(source, target, &[detail.id]),
            ))
        })
    });
    move || {
        way.get()
            .filter(|_| session.can(Action::EditPlan))
            .map(|(label, href)| {
                view! { <LinkButton label href weight=Weight::Primary icon_end="arrow"/> }
            })
    }
}

//! Producers and consumers in one environment: the picture, the list for small screens, and the
//! table with every pair of modules.

use super::{address, places};
use crate::api::catalog::read_graph;
use crate::components::controls::Select;
use crate::components::empty::Failure;
use crate::components::graph::{Bond, ReferenceGraph, Ties};
use crate::components::icon::Icon;
use crate::components::kept::use_kept;
use crate::components::skeleton::Skeleton;
use crate::components::status::{Look, Status, counted};
use crate::components::table::{Column, Table};
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::use_topic;
use crate::routes;
use crate::wire::{Fetched, fetched};
use domain::view::{ApplicationDetail, GraphNode, GraphView};
use domain::{ApplicationId, EnvironmentId};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

/// Who it uses and who uses it.
#[component]
pub fn References(
    /// Which application.
    id: ApplicationId,
    /// The application.
    detail: RwSignal<ApplicationDetail>,
) -> impl IntoView {
    let query = use_query_map();
    let wanted = derived(move |_| query.with(|query| query.get("in")));
    // The lane in the address; else the first one where it runs.
    let lane = derived(move |_| {
        let wanted = wanted.get();
        detail.with(|detail| {
            wanted
                .and_then(|wanted| {
                    detail
                        .environments
                        .iter()
                        .position(|name| name.eq_ignore_ascii_case(&wanted))
                })
                .or_else(|| detail.cells.iter().position(|cell| cell.present))
                .unwrap_or(0)
        })
    });
    let environment = derived(move |_| {
        let lane = lane.get();
        detail.with(|detail| detail.cells.get(lane).map(|cell| cell.environment))
    });
    let changes = use_topic(format!("application/{id}"));
    let all = use_topic("applications");
    let retries = RwSignal::new(0_u32);
    let graph = fetched(
        move || (environment.get(), changes.get(), all.get(), retries.get()),
        move |(environment, ..)| async move {
            let graph = match environment {
                Some(environment) => read_graph(id, environment).await?,
                None => GraphView::default(),
            };
            Ok((environment, graph))
        },
    );
    let on_retry = Callback::new(move |()| retries.update(|retries| *retries += 1));
    let options = Signal::derive(move || {
        detail.with(|detail| {
            detail
                .environments
                .iter()
                .map(|name| (name.clone(), name.clone()))
                .collect::<Vec<_>>()
        })
    });
    let chosen = Signal::derive(move || {
        let lane = lane.get();
        detail.with(|detail| detail.environments.get(lane).cloned().unwrap_or_default())
    });
    let place = Signal::derive(move || {
        let lane = lane.get();
        detail.with(|detail| places(detail).get(lane).copied().unwrap_or_default())
    });
    let navigate = use_navigate();
    view! {
        <section class="panel" aria-labelledby="references-title">
            <header>
                <h2 id="references-title">"Producers and consumers"</h2>
                <span class="panel-sub">"in"</span>
                <Select
                    id="graph-environment"
                    class="sm quiet"
                    label=Signal::derive(|| "Environment of the graph".to_owned())
                    lane=place
                    options
                    value=chosen
                    on_change=Callback::new(move |name: String| {
                        navigate(
                            &query.with_untracked(|query| address(id, query, "in", &name)),
                            NavigateOptions {
                                scroll: false,
                                ..NavigateOptions::default()
                            },
                        );
                    })
                />
                <span class="push legend hide-s">
                    <span>
                        <svg width="26" height="4" aria-hidden="true">
                            <path d="M0 2h26" stroke="var(--rail)" stroke-width="2"></path>
                        </svg>
                        "strong"
                    </span>
                    <span>
                        <svg width="26" height="4" aria-hidden="true">
                            <path
                                d="M0 2h26"
                                stroke="var(--rail)"
                                stroke-width="1.5"
                                stroke-dasharray="4 3"
                            ></path>
                        </svg>
                        "weak"
                    </span>
                </span>
            </header>
            <Transition fallback=|| view! { <Skeleton lines=5 label="Loading references"/> }>
                <Kept graph environment detail on_retry/>
            </Transition>
        </section>
    }
}

/// Where the references are those of, and what they are.
type Graph = (Option<EnvironmentId>, GraphView);

/// The last answer that is one to what is asked. It stays while it is asked again, and what is
/// opened in it stays open.
#[component]
fn Kept(
    graph: Fetched<Result<Graph, ApiError>>,
    environment: Derived<Option<EnvironmentId>>,
    detail: RwSignal<ApplicationDetail>,
    on_retry: Callback<()>,
) -> impl IntoView {
    let (kept, _) = use_kept(graph);
    // The references of one environment are no answer for another one.
    let failure = derived(move |_| match graph.get() {
        Some(Err(error)) if kept.with(|k| k.as_ref().is_none_or(|k| k.0 != environment.get())) => {
            Some(error)
        }
        _ => None,
    });
    let facts = derived(move |_| {
        let of = kept.with(|k| k.as_ref().and_then(|k| k.0));
        detail.with(|detail| {
            let lane = detail
                .cells
                .iter()
                .position(|cell| Some(cell.environment) == of);
            let cell = lane.and_then(|lane| detail.cells.get(lane));
            let place = lane.and_then(|lane| detail.environments.get(lane));
            (
                detail.name.clone(),
                cell.and_then(|cell| cell.version).map(|v| v.to_string()),
                place.cloned().unwrap_or_default(),
            )
        })
    });
    let as_table = RwSignal::new(false);
    move || {
        if let Some(error) = failure.get() {
            return view! { <Failure title="References cannot be shown" error on_retry/> }
                .into_any();
        }
        let (name, version, environment) = facts.get();
        kept.get()
            .map(|(_, graph)| view! { <Neighbours name version environment graph as_table/> })
            .into_any()
    }
}

/// What to say of a tie.
fn tie_look(ties: &Ties) -> Look {
    match ties.bond() {
        Bond::Broken => Look::broken(ties.broken),
        Bond::Outdated => Look::outdated(ties.outdated),
        Bond::Sound => Look::new("ok", "In order", "ok"),
    }
}

#[component]
fn Neighbours(
    name: String,
    version: Option<String>,
    environment: String,
    graph: GraphView,
    as_table: RwSignal<bool>,
) -> impl IntoView {
    if graph.producers.is_empty() && graph.consumers.is_empty() {
        return view! {
            <div class="pad">
                <p class="soft">
                    {format!("In {environment}, {name} uses no other application and none uses it.")}
                </p>
            </div>
        }
        .into_any();
    }
    let uses = counted(graph.producers.len() as u64, "producer", "producers");
    let used = counted(graph.consumers.len() as u64, "consumer", "consumers");
    let pairs: usize = graph
        .producers
        .iter()
        .chain(&graph.consumers)
        .map(|node| node.links.len())
        .sum();
    view! {
        <div class="gbox">
            <div class="gcap" aria-hidden="true">
                <span>{format!("Uses {uses}")}</span>
                <span>{format!("Used by {used}")}</span>
            </div>
            <ReferenceGraph name=name.clone() version graph=graph.clone()/>
        </div>
        <div class="g-lists">
            <List title=format!("Uses {uses}") nodes=graph.producers.clone()/>
            <List title=format!("Used by {used}") nodes=graph.consumers.clone()/>
        </div>
        <details
            class="g-table"
            open=as_table.get_untracked()
            on:toggle=move |event: leptos::ev::Event| as_table.set(is_open(&event))
        >
            <summary>
                <Icon name="right"/>
                {format!("As a table, {}", counted(pairs as u64, "pair of modules", "pairs of modules"))}
            </summary>
            <PairTable name environment graph/>
        </details>
    }
    .into_any()
}

/// Whether a `details` element is open now.
#[cfg(feature = "hydrate")]
pub fn is_open(event: &leptos::ev::Event) -> bool {
    use wasm_bindgen::JsCast;
    event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|details| details.has_attribute("open"))
}

#[cfg(not(feature = "hydrate"))]
pub fn is_open(_event: &leptos::ev::Event) -> bool {
    false
}

/// The neighbours as a list, for small screens.
#[component]
fn List(title: String, nodes: Vec<GraphNode>) -> impl IntoView {
    view! {
        <h3>{title}</h3>
        <ul>
            {nodes
                .into_iter()
                .map(|node| {
                    let ties = Ties::of(&node);
                    let kind = if ties.strong { "strong" } else { "weak" };
                    view! {
                        <li>
                            <Neighbour name=node.name.clone() application=node.application/>
                            <span class="dim">{node.version.map(|version| version.to_string())}</span>
                            <span class="dim">{kind}</span>
                            {(ties.bond() != Bond::Sound)
                                .then(|| view! { <Status look=tie_look(&ties) plain=true/> })}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

#[component]
fn Neighbour(name: String, application: Option<ApplicationId>) -> impl IntoView {
    match application {
        Some(id) => view! {
            <a class="link" href=routes::application(id)>
                {name}
            </a>
        }
        .into_any(),
        None => view! { <span>{name}" (not here)"</span> }.into_any(),
    }
}

/// Every pair of modules that are bound.
#[component]
fn PairTable(name: String, environment: String, graph: GraphView) -> impl IntoView {
    let columns = vec![
        Column::new("Application"),
        Column::new("Version"),
        Column::new("Consumer module"),
        Column::new("Producer module"),
        Column::new("Elements").class("end"),
        Column::new("Kind"),
        Column::new("State"),
    ];
    let rows = |nodes: Vec<GraphNode>, role: &'static str| {
        nodes
            .into_iter()
            .flat_map(|node| {
                let GraphNode {
                    application,
                    name,
                    version,
                    links,
                } = node;
                links.into_iter().map(move |link| {
                    let ties = Ties {
                        elements: link.elements,
                        strong: link.strong,
                        broken: link.broken,
                        outdated: link.outdated,
                    };
                    view! {
                        <tr>
                            <th scope="row">
                                <span class="main-cell">
                                    <Neighbour name=name.clone() application/>
                                    <small>{role}</small>
                                </span>
                            </th>
                            <td>{version.map(|version| version.to_string())}</td>
                            <td>{link.consumer}</td>
                            <td>{link.producer}</td>
                            <td class="end">{link.elements}</td>
                            <td>{if link.strong { "strong" } else { "weak" }}</td>
                            <td>
                                <Status look=tie_look(&ties) plain=true/>
                            </td>
                        </tr>
                    }
                })
            })
            .collect_view()
    };
    view! {
        <Table
            caption=format!("Modules that bind {name} to other applications in {environment}")
            columns=columns
        >
            {rows(graph.producers, "producer")}
            {rows(graph.consumers, "consumer")}
        </Table>
    }
}

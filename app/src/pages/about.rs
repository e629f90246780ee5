//! Which version am I running, of console, database and each agent.

use crate::api::environments::read_about;
use crate::components::empty::{Failure, NothingYet};
use crate::components::kept::use_kept;
use crate::components::layout::PageHead;
use crate::components::skeleton::Skeleton;
use crate::components::status::{Look, Status};
use crate::components::table::{Column, Table};
use crate::components::time::{When, WhenStyle};
use crate::error::ApiError;
use crate::live::use_topic;
use crate::session::VERSION;
use crate::wire::{Fetched, fetched};
use domain::view::{About, AboutAgent};
use leptos::prelude::*;
use leptos_meta::Title;

/// The About screen.
#[component]
pub fn AboutPage() -> impl IntoView {
    let environments = use_topic("environments");
    let tries = RwSignal::new(0_u32);
    let about = fetched(move || (environments.get(), tries.get()), |_| read_about());
    view! {
        <Title text="About"/>
        <PageHead title="About" sub=format!("Slipway {VERSION}")/>
        <Transition fallback=|| view! { <Skeleton lines=6/> }>
            <Kept about on_retry=Callback::new(move |()| tries.update(|tries| *tries += 1))/>
        </Transition>
    }
}

/// What was last known.
#[component]
fn Kept(about: Fetched<Result<About, ApiError>>, on_retry: Callback<()>) -> impl IntoView {
    let (about, failure) = use_kept(about);
    move || match failure.get() {
        Some(error) => {
            view! { <Failure title="The versions cannot be shown" error on_retry/> }.into_any()
        }
        None => about.get().map(shown).into_any(),
    }
}

fn shown(about: About) -> impl IntoView {
    let (low, high) = about.protocol;
    let protocol = if low == high {
        format!("Version {low}")
    } else {
        format!("Versions {low} to {high}")
    };
    let started = about.started;
    let build = about.build;
    let agents = about.agents;
    view! {
        <div class="about">
            <section class="panel" aria-labelledby="about-console">
                <header>
                    <h2 id="about-console">"Console"</h2>
                </header>
                <div class="pad">
                    <dl class="kv">
                        <dt>"Version"</dt>
                        <dd>
                            <b>{about.version}</b>
                        </dd>
                        {(!build.is_empty())
                            .then(|| {
                                view! {
                                    <dt>"Build"</dt>
                                    <dd class="mono">{build}</dd>
                                }
                            })}
                        <dt>"Database"</dt>
                        <dd>{about.database}</dd>
                        <dt>"Agent protocol"</dt>
                        <dd>{protocol}</dd>
                        <dt>"Running since"</dt>
                        <dd>
                            <When at=started style=WhenStyle::Both/>
                        </dd>
                    </dl>
                </div>
            </section>
            <section class="panel" aria-labelledby="about-agents">
                <header>
                    <h2 id="about-agents">"Agents"</h2>
                </header>
                {if agents.is_empty() {
                    view! {
                        <NothingYet
                            title="No agents yet"
                            text="An agent runs the applications of one environment. Register an environment, then let its agent join."
                        />
                    }
                        .into_any()
                } else {
                    view! {
                        <Table
                            caption="Agents, in promotion order"
                            columns=vec![
                                Column::new("Environment"),
                                Column::new("Agent"),
                                Column::new("Protocol"),
                                Column::new("Connection"),
                            ]
                        >
                            {agents.into_iter().map(agent_row).collect_view()}
                        </Table>
                    }
                        .into_any()
                }}
            </section>
        </div>
    }
}

fn agent_row(agent: AboutAgent) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{agent.environment}</th>
            <td>{agent.version.unwrap_or_else(|| "never joined".to_owned())}</td>
            <td>{agent.protocol.map_or_else(|| "–".to_owned(), |protocol| protocol.to_string())}</td>
            <td>
                <Status look=Look::of_link(agent.link)/>
            </td>
        </tr>
    }
}

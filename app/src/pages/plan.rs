//! One plan: its editor while it can be changed, its run afterwards.

use crate::api::environments::list_environments;
use crate::api::executions::{read_log, read_run};
use crate::api::line::read_line;
use crate::api::plan_settings::read_plan_settings;
#[cfg(feature = "ssr")]
use crate::api::plans::check_plan;
use crate::api::plans::{explain_plan_loss, find_plan};
use crate::components::empty::Failure;
use crate::components::kept_focus::KeptFocus;
use crate::components::layout::PageHead;
use crate::components::skeleton::RowSkeleton;
use crate::components::toast::use_toasts;
use crate::components::window_title::WindowTitle;
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::use_live;
use crate::pages::plan_editor::{LostPlan, PlanEditor};
use crate::pages::plan_line::LineView;
use crate::pages::plan_lost::LostView;
use crate::pages::run::{LOG_WINDOW, RunView};
use crate::routes;
use crate::wire::fetched;
use domain::AppError;
use domain::impact::Report;
use domain::plan::PlanStatus;
use domain::view::{
    EnvironmentRow, LineDetail, LogFilter, LogPage, PlanDetail, PlanLoss, RunDetail,
    SettingsRequest, SettingsStep,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};

/// What the screen shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Loaded {
    /// The plan can be changed.
    Editor {
        detail: Box<PlanDetail>,
        report: Option<Box<Report>>,
        settings: Option<Box<SettingsStep>>,
        environments: Vec<EnvironmentRow>,
    },
    /// The plan stands in line.
    Line { line: Box<LineDetail>, lanes: u32 },
    /// The plan runs or ran.
    Run {
        run: Box<RunDetail>,
        log: LogPage,
        lanes: u32,
    },
    /// The plan was open here, and is not there any more.
    Lost { lost: Box<LostPlan>, loss: PlanLoss },
}

/// The check of the first frame. In the browser there is none: it makes its own right away.
#[cfg(feature = "ssr")]
async fn first_report(number: u64) -> Option<Box<Report>> {
    check_plan(number).await.ok().flatten().map(Box::new)
}

#[cfg(not(feature = "ssr"))]
#[allow(clippy::unused_async)] // the server's part waits
async fn first_report(_number: u64) -> Option<Box<Report>> {
    None
}

/// `lost` is what was open here and went.
async fn load(number: Option<u64>, lost: Option<LostPlan>) -> Result<Loaded, ApiError> {
    let number = number.ok_or_else(|| AppError::not_found("A plan with this number"))?;
    let (detail, environments) = futures::join!(find_plan(number), list_environments());
    let Some(detail) = detail? else {
        let missing = AppError::not_found(format!("Plan #{number}"));
        let lost = lost
            .filter(|lost| lost.number == number)
            .ok_or(missing.clone())?;
        let loss = explain_plan_loss(lost.id).await?.ok_or(missing)?;
        let lost = Box::new(lost);
        return Ok(Loaded::Lost { lost, loss });
    };
    let environments = environments?;
    let environments: Vec<EnvironmentRow> = environments.into_iter().map(|e| e.row).collect();
    if detail.row.status.is_editable() {
        let (report, settings) = futures::join!(
            first_report(number),
            read_plan_settings(number, SettingsRequest::default())
        );
        // The editor asks again for what could not be told.
        let settings = settings.ok().flatten().map(Box::new);
        return Ok(Loaded::Editor {
            detail: Box::new(detail),
            report,
            settings,
            environments,
        });
    }
    if detail.row.status == PlanStatus::Queued {
        let line = read_line(number).await?;
        // Unless its turn came at this moment.
        if line.plan.status == PlanStatus::Queued {
            return Ok(Loaded::Line {
                line: Box::new(line),
                lanes: environments.len() as u32,
            });
        }
    }
    let run = read_run(number).await?;
    let log = read_log(
        number,
        LogFilter {
            after: run.last_log.saturating_sub(LOG_WINDOW),
            limit: LOG_WINDOW as u32,
            ..LogFilter::default()
        },
    )
    .await?;
    Ok(Loaded::Run {
        run: Box::new(run),
        log,
        lanes: environments.len() as u32,
    })
}

/// One plan.
#[component]
pub fn PlanPage() -> impl IntoView {
    let params = use_params_map();
    let number = derived(move |_| {
        params.with(|params| params.get("number").and_then(|n| n.parse::<u64>().ok()))
    });
    let again = RwSignal::new(0_u32);
    let live = use_live();
    let lost = StoredValue::new(None::<LostPlan>);
    let loaded = fetched(
        move || (number.get(), again.get()),
        move |(number, _)| {
            let heard = live.heard();
            let lost = lost.try_get_value().flatten();
            async move { (heard, load(number, lost).await) }
        },
    );
    let reload = Callback::new(move |()| {
        let _ = again.try_update(|again| *again += 1);
    });
    let on_lost = Callback::new(move |plan: LostPlan| {
        lost.try_set_value(Some(plan));
        reload.run(());
    });
    // The editor gives way to the run, and messages go with what they offer.
    let focus = KeptFocus::start();
    provide_context(focus);
    let toasts = use_toasts();
    focus.follow(move || {
        // The last message may come when the screen is gone already.
        if !loaded.is_disposed() {
            loaded.track();
        }
        toasts.track();
    });
    view! {
        <Transition fallback=move || view! { <Loading number/> }>
            {move || Suspend::new(async move {
                let (heard, loaded) = loaded.await;
                match loaded {
                    Ok(Loaded::Editor { detail, report, settings, environments }) => {
                        view! {
                            <PlanEditor
                                detail=*detail
                                report=report.map(|report| *report)
                                settings=settings.map(|settings| *settings)
                                environments
                                heard
                                on_left=reload
                                on_lost
                            />
                        }
                            .into_any()
                    }
                    Ok(Loaded::Line { line, lanes }) => {
                        view! { <LineView detail=*line lanes heard on_left=reload/> }.into_any()
                    }
                    Ok(Loaded::Run { run, log, lanes }) => {
                        view! { <RunView run=*run log lanes heard/> }.into_any()
                    }
                    Ok(Loaded::Lost { lost, loss }) => {
                        let crumbs = crumbs();
                        view! {
                            <WindowTitle text=move || plan_title(number.get())/>
                            <PageHead title=Signal::derive(move || plan_title(number.get())) crumbs/>
                            <LostView lost=*lost loss heard on_news=reload/>
                        }
                            .into_any()
                    }
                    Err(error) => {
                        let crumbs = crumbs();
                        view! {
                            <WindowTitle text=move || plan_title(number.get())/>
                            <PageHead title=Signal::derive(move || plan_title(number.get())) crumbs/>
                            <section class="panel">
                                <Failure
                                    title="The plan cannot be shown"
                                    error=Signal::stored(error)
                                    on_retry=reload
                                />
                            </section>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

fn plan_title(number: Option<u64>) -> String {
    number.map_or_else(|| "Plan".to_owned(), |n| format!("Plan #{n}"))
}

fn crumbs() -> Vec<(String, Option<String>)> {
    vec![(
        "Deployment Plans".to_owned(),
        Some(routes::PLANS.to_owned()),
    )]
}

#[component]
fn Loading(number: Derived<Option<u64>>) -> impl IntoView {
    view! {
        <PageHead title=Signal::derive(move || plan_title(number.get())) crumbs=crumbs()/>
        <section class="panel">
            <RowSkeleton rows=6 hulls=3/>
        </section>
    }
}

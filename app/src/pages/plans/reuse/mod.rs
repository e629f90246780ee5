//! *Reuse Plan* and *Retry Plan*: a popup that says at once what the new plan will hold, and opens
//! it unsaved. The original stays as it is.

mod words;

pub use words::{adjust, overwrites, sentence, values_left, way_on};

use super::create::in_maintenance;
use crate::api::plans::{foresee_reuse, retry_plan, reuse_plan};
use crate::components::button::{Button, Weight};
use crate::components::controls::{Checkbox, Select};
use crate::components::dialog::Dialog;
use crate::components::field::Field;
use crate::components::guard::use_go;
use crate::components::lane::Place;
use crate::components::skeleton::Skeleton;
use crate::components::status::counted;
use crate::components::time::{When, WhenStyle};
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::routes;
use domain::EnvironmentId;
use domain::plan::Origin;
use domain::view::{EnvironmentRow, ReuseOutlook};
use leptos::prelude::*;
use leptos::task::spawn_local;
use words::{Line, messages, notice};

/// What is foreseen: for this plan, between these environments (or those that make sense), with
/// its tags or the newest ones.
#[derive(Debug, Clone, Copy)]
struct Question {
    number: u64,
    ends: Option<(EnvironmentId, EnvironmentId)>,
    keep_tags: bool,
}

/// The dialog; open while there is a plan in `reusing`.
#[component]
pub fn ReuseDialog(
    /// The number of the plan that is taken up again.
    reusing: RwSignal<Option<u64>>,
    /// All environments, in promotion order.
    environments: Derived<Vec<EnvironmentRow>>,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let outlook = RwSignal::new(None::<ReuseOutlook>);
    // What was asked last; an answer to anything else is of no use any more.
    let asked = StoredValue::new(0_u64);
    let busy = RwSignal::new(false);
    let ask = Callback::new(move |question: Question| {
        asked.update_value(|asked| *asked += 1);
        let mine = asked.get_value();
        spawn_local(async move {
            let Question {
                number,
                ends,
                keep_tags,
            } = question;
            let answer = foresee_reuse(number, ends, keep_tags).await;
            if asked.try_get_value() != Some(mine) {
                return;
            }
            match answer {
                Ok(foreseen) => {
                    problem.set(None);
                    outlook.set(Some(foreseen));
                }
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    });
    Effect::new(move |_| {
        problem.set(None);
        outlook.set(None);
        if let Some(number) = reusing.get() {
            ask.run(Question {
                number,
                ends: None,
                keep_tags: true,
            });
        }
    });
    // Of the environments that are chosen (RU11, RT5).
    let maintenance = derived(move |_| {
        let (source, target) = outlook.with(|o| o.as_ref().map(|o| (o.source, o.target)))?;
        environments.with(|all| {
            let mut chosen = all.iter().filter(|e| e.id == source || e.id == target);
            chosen.find_map(in_maintenance)
        })
    });
    let close = Callback::new(move |()| reusing.set(None));
    let go = use_go();
    let act = Callback::new(move |()| {
        let Some(foreseen) = outlook.get_untracked() else {
            return;
        };
        let refused = foreseen.refusal.is_some() || maintenance.with_untracked(Option::is_some);
        if refused || busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let go = go.clone();
        spawn_local(async move {
            let answer = match foreseen.how {
                Origin::Retry | Origin::Rollback => retry_plan(foreseen.number).await,
                Origin::Reuse { keep_tags } => {
                    reuse_plan(foreseen.number, foreseen.source, foreseen.target, keep_tags).await
                }
            };
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(number) => {
                    reusing.set(None);
                    go(&routes::plan(number));
                }
                Err(ApiError::App(domain::AppError::Invalid { fields })) => {
                    problem.set(fields.into_iter().next().map(|field| field.message));
                }
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    });
    let title = move || {
        let number = reusing.get().unwrap_or_default();
        match outlook.with(|o| o.as_ref().map(|o| o.how)) {
            Some(Origin::Retry) => format!("Retry Plan #{number}"),
            _ => format!("Reuse Plan #{number}"),
        }
    };
    view! {
        <Dialog
            open=Signal::derive(move || reusing.with(Option::is_some))
            on_close=close
            on_confirm=act
            error=problem
            wide=true
            id="reuse-plan"
            title=Signal::derive(title)
        >
            <div class="body reuse">
                {move || match outlook.get() {
                    None => problem.with(Option::is_none).then(|| view! { <Skeleton lines=5/> }).into_any(),
                    Some(foreseen) => view! { <Foreseen foreseen environments ask/> }.into_any(),
                }}
                {move || maintenance.get().map(|text| notice("maint", String::new(), text))}
            </div>
            <footer>
                <span class="foot-note">{move || outlook.with(|o| o.as_ref().map(opens))}</span>
                <Button label="Cancel" on_press=close/>
                <Button
                    label="Continue"
                    weight=Weight::Primary
                    busy
                    refusal=Signal::derive(move || {
                        outlook
                            .with(|o| match o {
                                None => Some("The plan is not read yet.".to_owned()),
                                Some(o) => o.refusal.map(|refusal| refusal.to_string()),
                            })
                            .or_else(|| maintenance.get())
                    })
                    on_press=act
                />
            </footer>
        </Dialog>
    }
}

/// What *Continue* opens; what is in the target already is not counted as if it changed something.
pub fn opens(foreseen: &ReuseOutlook) -> String {
    if foreseen.refusal.is_some() {
        return "The original stays as it is.".to_owned();
    }
    let taken = || {
        let rows = foreseen.rows.iter();
        rows.filter(|row| row.becomes.is_in_plan())
    };
    let all = taken().count() as u64;
    let moved = taken().filter(|row| row.becomes.deploys()).count() as u64;
    let opens = format!(
        "Opens an unsaved plan with {}",
        counted(all, "application", "applications")
    );
    match (moved, all - moved) {
        (_, 0) => opens,
        (0, 1) => format!("{opens}, which stays as it is"),
        (0, _) => format!("{opens}, which all stay as they are"),
        (moved, 1) => format!("{opens}: {moved} deployed, 1 stays as it is"),
        (moved, stay) => format!("{opens}: {moved} deployed, {stay} stay as they are"),
    }
}

fn name_of(environments: &[EnvironmentRow], id: EnvironmentId) -> String {
    environments.iter().find(|e| e.id == id).map_or_else(
        || "an environment that was removed".to_owned(),
        |e| e.name.clone(),
    )
}

#[component]
fn Foreseen(
    foreseen: ReuseOutlook,
    environments: Derived<Vec<EnvironmentRow>>,
    ask: Callback<Question>,
) -> impl IntoView {
    let ReuseOutlook {
        number,
        name,
        over,
        how,
        source,
        target,
        rows,
        refusal,
        better_sources,
        left,
    } = foreseen;
    let all = environments.get_untracked();
    let from = name_of(&all, source);
    let to = name_of(&all, target);
    let way_on = way_on(how, &better_sources, &all);
    let messages = messages(&rows, refusal, &way_on, &from, &to);
    view! {
        <p class="dim">
            {name}
            {match how {
                Origin::Retry => ", aborted ",
                Origin::Reuse { .. } | Origin::Rollback => ", finished ",
            }}
            {over.map(|at| view! { <When at style=WhenStyle::Relative/> })}
            ". The original stays as it is."
        </p>
        {match how {
            Origin::Retry | Origin::Rollback => {
                let way = if source == target {
                    format!("Back in {to}, with the same tags.")
                } else {
                    format!("From {from} to {to}, with the same tags.")
                };
                view! { <p>{way}</p> }.into_any()
            }
            Origin::Reuse { keep_tags } => {
                view! { <Ends number source target keep_tags environments=all ask/> }.into_any()
            }
        }}
        {messages}
        {refusal
            .is_none()
            .then(|| values_left(&left, &to))
            .flatten()
            .map(|(title, text)| notice("info", title, text))}
        <div class="reuse-rows" role="region" aria-label="What becomes of each application" tabindex="0">
            <table class="table as-cards" role="table">
                <caption class="vh">"What becomes of each application"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"In the original plan"</th>
                        <th role="columnheader" scope="col">"Its tag"</th>
                        <th role="columnheader" scope="col">"In the new plan"</th>
                        <th role="columnheader" scope="col">
                            <span class="vh">"Remark"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {rows.into_iter().map(|row| view! { <Line row from=from.clone() how/> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

/// From where to where, and with which tags.
#[component]
fn Ends(
    number: u64,
    source: EnvironmentId,
    target: EnvironmentId,
    keep_tags: bool,
    environments: Vec<EnvironmentRow>,
    ask: Callback<Question>,
) -> impl IntoView {
    let total = environments.len() as u32;
    let options: Vec<(String, String)> = environments
        .iter()
        .map(|e| (e.id.to_string(), e.name.clone()))
        .collect();
    let options = Signal::stored(options);
    let environments = StoredValue::new(environments);
    let place = move |id: EnvironmentId| {
        environments.with_value(|all| {
            all.iter()
                .find(|e| e.id == id)
                .map_or(Place::new(0, total.max(1)), |e| {
                    Place::new(e.position, total)
                })
        })
    };
    // Until the answer is here, one choice builds on the one before it.
    let wanted = StoredValue::new((source, target, keep_tags));
    let ask_for = move |change: &dyn Fn(&mut (EnvironmentId, EnvironmentId, bool))| {
        wanted.update_value(change);
        let (source, target, keep_tags) = wanted.get_value();
        ask.run(Question {
            number,
            ends: Some((source, target)),
            keep_tags,
        });
    };
    let choose = move |is_source: bool| {
        Callback::new(move |chosen: String| {
            if let Ok(chosen) = chosen.parse::<EnvironmentId>() {
                ask_for(&|wanted| {
                    if is_source {
                        wanted.0 = chosen;
                    } else {
                        wanted.1 = chosen;
                    }
                });
            }
        })
    };
    view! {
        <div class="cols">
            <Field label="Source" id="reuse-source">
                <Select
                    id="reuse-source"
                    options
                    value=source.to_string()
                    lane=Signal::stored(place(source))
                    on_change=choose(true)
                />
            </Field>
            <Field label="Target" id="reuse-target">
                <Select
                    id="reuse-target"
                    options
                    value=target.to_string()
                    lane=Signal::stored(place(target))
                    on_change=choose(false)
                />
            </Field>
        </div>
        <Checkbox
            label="Keep the tags used in the original plan"
            hint="Off: the newest tag of each application that can be deployed is taken instead"
            checked=keep_tags
            on_change=Callback::new(move |keep_tags| ask_for(&|wanted| wanted.2 = keep_tags))
        />
    }
}

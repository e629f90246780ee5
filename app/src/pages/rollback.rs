//! *Roll back*: a popup that says what would come back and what cannot, and opens a plan of its own.
//! Used in the list and on the page of a run.

use crate::api::hotfixes::{foresee_rollback, roll_back_plan};
use crate::components::button::{Button, Weight};
use crate::components::controls::Checkbox;
use crate::components::dialog::Dialog;
use crate::components::guard::use_go;
use crate::components::icon::Glyph;
use crate::components::skeleton::Skeleton;
use crate::components::status::{Look, Status, counted};
use crate::components::time::{When, WhenStyle};
use crate::routes;
use domain::ApplicationId;
use domain::plan::{Ran, Returns};
use domain::view::{Goes, RollbackOutlook, RollbackRow};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeSet;

/// What comes back, or why it cannot: short, and in a sentence.
pub fn returns_in_words(row: &RollbackRow, target: &str) -> (Look, String) {
    let cannot = |word: &'static str, why: String| (Look::new("aborted", word, "mute"), why);
    match &row.returns {
        Returns::Back { number, .. } => (
            Look::new("ok", format!("{number} comes back"), "ok"),
            String::new(),
        ),
        Returns::BackTagged { base, number } => (
            Look::new(
                "ok",
                match base {
                    Some(base) => format!("{base} + comes back, tagged {number}"),
                    None => format!("Comes back, tagged {number}"),
                },
                "ok",
            ),
            "It was never tagged. The tag is made with the plan, and stays.".to_owned(),
        ),
        Returns::AlreadyBack { ran } => cannot(
            "Nothing to bring back",
            match ran {
                Ran::Tag(_, number) => format!("{target} runs {number}, as before this plan."),
                Ran::Untagged(Some(base)) => {
                    format!("{target} runs {base} +, as before this plan.")
                }
                Ran::Nothing | Ran::Untagged(None) => {
                    format!("{target} runs what it ran before this plan.")
                }
            },
        ),
        Returns::NothingBefore => cannot(
            "Nothing ran before",
            format!("{target} had nothing of it, and a plan takes nothing away."),
        ),
        Returns::NoRightToTag { base } => cannot(
            "Has to be tagged",
            match base {
                Some(base) => format!(
                    "{base} with changes that were never tagged ran before. Somebody who may tag versions can bring it back."
                ),
                None => "What ran before was never tagged. Somebody who may tag versions can bring it back.".to_owned(),
            },
        ),
        Returns::NotKept { ran } => cannot(
            "Not kept",
            match ran {
                Ran::Tag(_, number) => format!("{number} cannot be deployed to {target} any more."),
                Ran::Untagged(Some(base)) => format!(
                    "{base} with changes that were never tagged ran before; not all of its files are kept any more."
                ),
                Ran::Nothing | Ran::Untagged(None) => {
                    "What ran before was never tagged, and not all of its files are kept any more."
                        .to_owned()
                }
            },
        ),
        Returns::ChangedSince { plan } => cannot(
            "Changed since",
            match plan {
                Some(plan) => format!("Plan #{plan} changed it. Roll that back first."),
                None => "It was changed without a plan.".to_owned(),
            },
        ),
    }
}

/// What goes, in the popup's column.
pub fn goes_in_words(goes: Goes) -> String {
    match goes {
        Goes::Version(number) => number.to_string(),
        Goes::Modules => "single modules".to_owned(),
        Goes::Mix(Some(number)) => format!("a mix with {number}"),
        Goes::Mix(None) => "a mix".to_owned(),
    }
}

/// The dialog; open while there is a plan in `rolling`.
#[component]
pub fn RollbackDialog(
    /// The number of the plan that is rolled back.
    rolling: RwSignal<Option<u64>>,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let outlook = RwSignal::new(None::<RollbackOutlook>);
    let left_out = RwSignal::new(BTreeSet::<ApplicationId>::new());
    let busy = RwSignal::new(false);
    Effect::new(move |_| {
        problem.set(None);
        outlook.set(None);
        left_out.set(BTreeSet::new());
        let Some(number) = rolling.get() else {
            return;
        };
        spawn_local(async move {
            let answer = foresee_rollback(number).await;
            if rolling.try_get_untracked().flatten() != Some(number) {
                return;
            }
            match answer {
                Ok(foreseen) => outlook.set(Some(foreseen)),
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    });
    let wanted = move || {
        let left_out = left_out.get();
        outlook.with(|outlook| {
            let rows = outlook.iter().flat_map(|outlook| &outlook.rows);
            rows.filter(|row| row.returns.is_back() && !left_out.contains(&row.application))
                .map(|row| row.application)
                .collect::<Vec<_>>()
        })
    };
    let close = Callback::new(move |()| rolling.set(None));
    let go = use_go();
    let act = Callback::new(move |()| {
        let Some(number) = rolling.get_untracked() else {
            return;
        };
        let applications = untrack(wanted);
        let out = outlook.with_untracked(|o| o.as_ref().is_some_and(|o| o.maintenance.is_some()));
        if applications.is_empty() || out || busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let go = go.clone();
        spawn_local(async move {
            let answer = roll_back_plan(number, applications).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(number) => {
                    rolling.set(None);
                    go(&routes::plan(number));
                }
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    });
    view! {
        <Dialog
            open=Signal::derive(move || rolling.with(Option::is_some))
            on_close=close
            on_confirm=act
            error=problem
            wide=true
            id="roll-back"
            title=Signal::derive(move || {
                format!("Roll back plan #{}", rolling.get().unwrap_or_default())
            })
        >
            <div class="body reuse">
                {move || match outlook.get() {
                    None => {
                        problem.with(Option::is_none).then(|| view! { <Skeleton lines=5/> }).into_any()
                    }
                    Some(foreseen) => view! { <Foreseen foreseen left_out/> }.into_any(),
                }}
            </div>
            <footer>
                <span class="foot-note">
                    {move || {
                        let number = wanted().len() as u64;
                        outlook
                            .with(Option::is_some)
                            .then(|| {
                                if number == 0 {
                                    "The plan stays as it is.".to_owned()
                                } else {
                                    let what = counted(number, "application", "applications");
                                    format!("Opens an unsaved plan with {what}")
                                }
                            })
                    }}
                </span>
                <Button label="Cancel" on_press=close/>
                <Button
                    label="Continue"
                    weight=Weight::Primary
                    busy
                    refusal=Signal::derive(move || {
                        let Some(maintenance) = outlook
                            .with(|outlook| outlook.as_ref().map(|o| o.maintenance.clone())) else {
                            return Some("The plan is not read yet.".to_owned());
                        };
                        maintenance
                            .or_else(|| {
                                wanted()
                                    .is_empty()
                                    .then(|| "Nothing is chosen that can come back.".to_owned())
                            })
                    })
                    on_press=act
                />
            </footer>
        </Dialog>
    }
}

/// What a rollback of a plan would bring back.
#[component]
pub fn Foreseen(
    /// As it was foreseen.
    foreseen: RollbackOutlook,
    /// What is not to come back.
    left_out: RwSignal<BTreeSet<ApplicationId>>,
) -> impl IntoView {
    let RollbackOutlook {
        name,
        over,
        target,
        maintenance,
        rows,
        ..
    } = foreseen;
    view! {
        {maintenance
            .map(|text| {
                view! {
                    <div class="notice warn" role="status">
                        <Glyph name="maint"/>
                        <div>{text} "."</div>
                    </div>
                }
            })}
        <p class="dim">
            {name}
            ", finished "
            {over.map(|at| view! { <When at style=WhenStyle::Relative/> })}
            {format!(". Brings back what {target} ran before it, as a plan of its own that is checked like any other.")}
        </p>
        <div class="notice warn" role="note">
            <Glyph name="warn"/>
            <div>
                <b>"Data is not rolled back."</b>
                " What applications have written since stays as it is; so do site properties."
            </div>
        </div>
        <div class="reuse-rows" role="region" aria-label="What would come back" tabindex="0">
            <table class="table">
                <caption class="vh">"What would come back"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Application"</th>
                        <th scope="col">"Goes"</th>
                        <th scope="col">"Then"</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| {
                            let (look, why) = returns_in_words(&row, &target);
                            let can = row.returns.is_back();
                            let application = row.application;
                            view! {
                                <tr>
                                    <th scope="row">
                                        <Checkbox
                                            label=row.name
                                            checked=Signal::derive(move || {
                                                can && left_out.with(|out| !out.contains(&application))
                                            })
                                            refusal=(!can)
                                                .then(|| "It cannot come back: see what stands beside it.".to_owned())
                                            on_change=Callback::new(move |ticked: bool| {
                                                left_out
                                                    .update(|out| {
                                                        if ticked {
                                                            out.remove(&application);
                                                        } else {
                                                            out.insert(application);
                                                        }
                                                    });
                                            })
                                        />
                                    </th>
                                    <td class="mono">{goes_in_words(row.goes)}</td>
                                    <td>
                                        <Status look plain=true/>
                                        {(!why.is_empty()).then(|| view! { <small class="dim why">{why}</small> })}
                                    </td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

//! What settles a hotfix or a hold: the version that contains it, or a reason. Used on the
//! application's page and in the editor of a plan that is kept from running.

use crate::api::catalog::{list_versions, read_application};
use crate::api::hotfixes::{release_hold, solve_hotfix, waive_hotfix};
use crate::components::button::{Button, Weight};
use crate::components::controls::{Select, TextArea};
use crate::components::dialog::Dialog;
use crate::components::field::Field;
use crate::components::skeleton::Skeleton;
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::error::ApiError;
use domain::hotfix::HotfixState;
use domain::name::MAX_REASON;
use domain::view::{ApplicationDetail, HoldRow, HotfixRow, MAX_PAGE, VersionFilter};
use domain::{AppError, ApplicationId};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What is to be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Hotfix(HotfixRow),
    Hold(HoldRow),
}

impl Item {
    fn key(&self) -> String {
        match self {
            Self::Hotfix(row) => row.id.to_string(),
            Self::Hold(row) => row.id.to_string(),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Hotfix(row) => format!("{}, made in {}", row.called(), row.environment),
            Self::Hold(row) => format!(
                "{}, taken out of {} by plan #{}",
                row.number, row.environment, row.plan
            ),
        }
    }
}

/// Whether there is more than one kind to choose from.
fn is_mixed<'a>(items: impl Iterator<Item = &'a Item>) -> bool {
    let (holds, hotfixes): (Vec<_>, Vec<_>) = items.partition(|item| matches!(item, Item::Hold(_)));
    !holds.is_empty() && !hotfixes.is_empty()
}

/// What somebody does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Solve,
    Waive,
    Release,
}

/// Everything of an application that somebody can still settle.
fn items(detail: &ApplicationDetail) -> Vec<Item> {
    let hotfixes = detail.guarded.hotfixes.iter();
    let open = hotfixes.filter(|row| row.state == HotfixState::Open);
    open.cloned()
        .map(Item::Hotfix)
        .chain(detail.guarded.holds.iter().cloned().map(Item::Hold))
        .collect()
}

/// The versions that can contain a hotfix, newest first.
fn solutions(detail: &ApplicationDetail, row: &HotfixRow) -> Vec<String> {
    let mut versions: Vec<_> = detail
        .versions
        .iter()
        .map(|version| version.number)
        .collect();
    versions.retain(|number| row.base.is_none_or(|base| *number > base));
    versions.retain(|number| Some(*number) != row.number);
    versions.iter().map(ToString::to_string).collect()
}

/// Reads the versions that do not come with an application: any of them may contain a hotfix.
async fn add_older(detail: &mut ApplicationDetail) -> Result<(), ApiError> {
    let hotfixes = items(detail);
    if !hotfixes.iter().any(|item| matches!(item, Item::Hotfix(_))) {
        return Ok(());
    }
    while (detail.versions.len() as u64) < detail.version_total {
        let page = list_versions(VersionFilter {
            application: detail.id,
            text: String::new(),
            offset: detail.versions.len() as u64,
            limit: MAX_PAGE,
        })
        .await?;
        if page.rows.is_empty() {
            break;
        }
        detail.versions.extend(page.rows);
    }
    Ok(())
}

/// The dialog; open while there is an application in `settling`.
#[component]
pub fn SettleDialog(
    /// The application of which something is settled.
    settling: RwSignal<Option<ApplicationId>>,
    /// Something was settled.
    #[prop(into)]
    on_settled: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let detail = RwSignal::new(None::<ApplicationDetail>);
    let chosen = RwSignal::new(String::new());
    let version = RwSignal::new(String::new());
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    Effect::new(move |_| {
        problem.set(None);
        version.set(String::new());
        reason.set(String::new());
        detail.set(None);
        let Some(id) = settling.get() else {
            return;
        };
        spawn_local(async move {
            let answer = read_application(id).await;
            if settling.try_get_untracked().flatten() != Some(id) {
                return;
            }
            match answer {
                Ok(mut read) => {
                    if let Err(error) = add_older(&mut read).await {
                        // The newest ones are there; which is missing is said.
                        problem.try_set(Some(format!("Not all versions could be read. {error}")));
                    }
                    if settling.try_get_untracked().flatten() != Some(id) {
                        return;
                    }
                    chosen.set(items(&read).first().map_or_else(String::new, Item::key));
                    detail.set(Some(read));
                }
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    });
    let all = derived(move |_| detail.with(|detail| detail.as_ref().map(items)));
    let item = derived(move |_| {
        let chosen = chosen.get();
        all.with(|all| {
            let mut all = all.iter().flatten();
            all.find(|item| item.key() == chosen).cloned()
        })
    });
    let close = Callback::new(move |()| settling.set(None));
    let act = Callback::new(move |deed: Deed| {
        let Some(item) = item.get_untracked() else {
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let (version, reason) = (version.get_untracked(), reason.get_untracked());
        spawn_local(async move {
            let (answer, said) = match (&item, deed) {
                (Item::Hotfix(row), Deed::Solve) => (
                    solve_hotfix(row.id, version.clone()).await,
                    format!("{} is solved in {version}", row.called()),
                ),
                (Item::Hotfix(row), _) => (
                    waive_hotfix(row.id, reason).await,
                    format!("{} is waived", row.called()),
                ),
                (Item::Hold(row), _) => (
                    release_hold(row.id, reason).await,
                    format!("{} may come back to {}", row.number, row.environment),
                ),
            };
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    settling.set(None);
                    toasts.done(said, "");
                    on_settled.try_run(());
                }
                Err(ApiError::App(AppError::Invalid { fields })) => {
                    problem.set(fields.into_iter().next().map(|field| field.message));
                }
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    });
    let no_reason = Signal::derive(move || {
        reason
            .with(|reason| reason.trim().is_empty())
            .then(|| "Give a reason first".to_owned())
    });
    let title = move || {
        let name = detail.with(|detail| detail.as_ref().map(|detail| detail.name.clone()));
        let name = name.unwrap_or_else(|| "the application".to_owned());
        match item.get() {
            _ if all.with(|all| is_mixed(all.iter().flatten())) => {
                format!("Hotfixes and holds of {name}")
            }
            Some(Item::Hold(_)) => format!("What was taken out of {name}"),
            _ => format!("Hotfixes of {name}"),
        }
    };
    let reason_field = move || {
        view! {
            <Field label="Reason" id="settle-reason" aside="kept in the audit">
                <TextArea
                    id="settle-reason"
                    rows=2
                    max=MAX_REASON
                    value=reason
                    on_input=Callback::new(move |value| reason.set(value))
                />
            </Field>
        }
    };
    view! {
        <Dialog
            open=Signal::derive(move || settling.with(Option::is_some))
            on_close=close
            error=problem
            id="settle-hotfix"
            title=Signal::derive(title)
        >
            <div class="body settle">
                {move || {
                    let Some(all) = all.get() else {
                        return problem
                            .with(Option::is_none)
                            .then(|| view! { <Skeleton lines=4/> })
                            .into_any();
                    };
                    if all.is_empty() {
                        return view! { <p>"Nothing is open any more. The plan can be checked again."</p> }
                            .into_any();
                    }
                    let options: Vec<(String, String)> = all
                        .iter()
                        .map(|item| (item.key(), item.words()))
                        .collect();
                    (options.len() > 1)
                        .then(|| {
                            view! {
                                <Field label="Which one" id="settle-which">
                                    <Select
                                        id="settle-which"
                                        options=Signal::stored(options)
                                        value=chosen
                                        on_change=Callback::new(move |key| {
                                            version.set(String::new());
                                            chosen.set(key);
                                        })
                                    />
                                </Field>
                            }
                        })
                        .into_any()
                }}
                {move || match item.get()? {
                    Item::Hold(row) => {
                        Some(
                            view! {
                                <p>
                                    {format!(
                                        "Plan #{} took {} out of {}. Plans that bring it there again are warned until the hold is released.",
                                        row.plan,
                                        row.number,
                                        row.environment,
                                    )}
                                </p>
                                {reason_field()}
                                <Button
                                    label="Release hold"
                                    weight=Weight::Primary
                                    busy
                                    refusal=no_reason
                                    on_press=Callback::new(move |()| act.run(Deed::Release))
                                />
                            }
                                .into_any(),
                        )
                    }
                    Item::Hotfix(row) => {
                        let made = match row.base {
                            Some(base) => {
                                format!(
                                    "{} was made in {} from {base}. Plans that would overwrite it are refused.",
                                    row.called(),
                                    row.environment,
                                )
                            }
                            None => {
                                format!(
                                    "{} was made in {}. Plans that would overwrite it are refused.",
                                    row.called(),
                                    row.environment,
                                )
                            }
                        };
                        let versions = detail
                            .with_untracked(|detail| {
                                detail.as_ref().map(|detail| solutions(detail, &row)).unwrap_or_default()
                            });
                        let none = versions.is_empty();
                        let options: Vec<(String, String)> = std::iter::once((
                                String::new(),
                                "Choose a version".to_owned(),
                            ))
                            .chain(versions.into_iter().map(|number| (number.clone(), number)))
                            .collect();
                        Some(
                            view! {
                                <p>{made}</p>
                                <h3>"A version contains it"</h3>
                                <Field
                                    label="The version that contains it"
                                    id="settle-version"
                                    hint=if none {
                                        "No version is newer yet. Merge the hotfix, tag that, and come back."
                                    } else {
                                        "This version, and every higher one, may then replace the hotfix"
                                    }
                                >
                                    <Select
                                        id="settle-version"
                                        options=Signal::stored(options)
                                        value=version
                                        refusal=none.then(|| "No version is newer yet.".to_owned())
                                        on_change=Callback::new(move |value| version.set(value))
                                    />
                                </Field>
                                <Button
                                    label="Mark hotfix as solved"
                                    weight=Weight::Primary
                                    busy
                                    refusal=Signal::derive(move || {
                                        version
                                            .with(String::is_empty)
                                            .then(|| "Choose the version that contains it first".to_owned())
                                    })
                                    on_press=Callback::new(move |()| act.run(Deed::Solve))
                                />
                                <hr/>
                                <h3>"Or go without it"</h3>
                                {reason_field()}
                                <Button
                                    label="Waive"
                                    name="Waive the hotfix: go without it"
                                    weight=Weight::QuietDanger
                                    busy
                                    refusal=no_reason
                                    on_press=Callback::new(move |()| act.run(Deed::Waive))
                                />
                            }
                                .into_any(),
                        )
                    }
                }}
            </div>
            <footer>
                <Button label="Close" on_press=close/>
            </footer>
        </Dialog>
    }
}

//! Giving an environment another name, and taking one away that was never used.

use crate::api::environments::{remove_environment, rename_environment};
use crate::components::button::{Button, Weight};
use crate::components::controls::TextInput;
use crate::components::dialog::{Confirm, Dialog};
use crate::components::field::{ErrorSummary, Field, FormErrors, refused_view};
use crate::components::toast::use_toasts;
use crate::error::ApiError;
use crate::live::use_refusal;
use domain::access::Action;
use domain::{AppError, EnvironmentId};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// An environment that is to be changed, as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub id: EnvironmentId,
    /// The revision that was shown.
    pub revision: i64,
    /// Its name.
    pub name: String,
}

/// Asks for another name.
#[component]
pub fn RenameDialog(
    /// Which; none while it is closed.
    target: RwSignal<Option<Target>>,
    /// It was done, or somebody else was faster.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let name = RwSignal::new(String::new());
    let errors = FormErrors::new();
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(target) = target.get() {
            name.set(target.name);
            errors.set(Vec::new());
            refused.set(None);
        }
    });
    let refusal = use_refusal(Action::ManageEnvironments);
    let close = Callback::new(move |()| target.set(None));
    let rename = Callback::new(move |()| {
        let Some(what) = target.get_untracked() else {
            return;
        };
        if busy.get_untracked() || refusal.with_untracked(Option::is_some) {
            return;
        }
        busy.set(true);
        errors.set(Vec::new());
        refused.set(None);
        let wanted = name.get_untracked();
        spawn_local(async move {
            let answer = rename_environment(what.id, what.revision, wanted.clone()).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    let _ = target.try_set(None);
                    toasts.done(
                        "Environment renamed",
                        format!("{} is called {} now.", what.name, wanted.trim()),
                    );
                    on_done.try_run(());
                }
                Err(ApiError::App(AppError::Invalid { fields })) => errors.set(fields),
                Err(error) => {
                    let _ = refused.try_set(Some(error.to_string()));
                    on_done.try_run(());
                }
            }
        });
    });
    view! {
        <Dialog
            open=Signal::derive(move || target.with(Option::is_some))
            on_close=close
            on_confirm=rename
            id="rename-environment"
            title=Signal::derive(move || {
                target.get().map_or_else(String::new, |target| format!("Rename {}", target.name))
            })
            lead="Plans, versions and the agent stay with it. Pipelines that publish by its name need the new one."
        >
            <form
                class="body"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    rename.run(());
                }
            >
                <ErrorSummary title="The environment was not renamed." errors/>
                {refused_view(refused)}
                <Field label="Name" id="name" hint="At most 50 characters, as people call it" error=errors.of("name")>
                    <TextInput
                        id="name"
                        value=name
                        max=50
                        autofocus=true
                        invalid=Signal::derive(move || errors.of("name").with(Option::is_some))
                        on_input=Callback::new(move |text: String| {
                            name.set(text);
                            errors.clear_field("name");
                        })
                    />
                </Field>
            </form>
            <footer>
                <Button label="Cancel" on_press=close/>
                <Button label="Rename" weight=Weight::Primary busy refusal on_press=rename/>
            </footer>
        </Dialog>
    }
}

/// Asks before an environment is taken away.
#[component]
pub fn RemoveDialog(
    /// Which; none while it is closed.
    target: RwSignal<Option<Target>>,
    /// It was done, or somebody else was faster.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let remove = Callback::new(move |()| {
        let Some(what) = target.get_untracked() else {
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = remove_environment(what.id, what.revision).await;
            let _ = busy.try_set(false);
            let _ = target.try_set(None);
            match answer {
                Ok(()) => toasts.done("Environment removed", format!("{} is gone.", what.name)),
                Err(error) => toasts.fail(format!("{} was not removed", what.name), &error),
            }
            on_done.try_run(());
        });
    });
    view! {
        <Confirm
            open=Signal::derive(move || target.with(Option::is_some))
            id="remove-environment"
            title=Signal::derive(move || {
                target.get().map_or_else(String::new, |target| format!("Remove {}?", target.name))
            })
            lead="It was never used: no agent joined it, and no plan names it. Join codes that were made for it stop working."
            keep="Keep it"
            act="Remove environment"
            busy
            refusal=use_refusal(Action::ManageEnvironments)
            on_keep=Callback::new(move |()| target.set(None))
            on_act=remove
        />
    }
}

//! Blocking an application from an environment and lifting that: with a reason, which is kept.

use crate::api::catalog::set_blocked;
use crate::components::controls::TextArea;
use crate::components::dialog::Confirm;
use crate::components::field::Field;
use crate::components::toast::use_toasts;
use domain::name::MAX_REASON;
use domain::{ApplicationId, EnvironmentId};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocking {
    /// Which application.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// Where.
    pub environment: EnvironmentId,
    /// Its name.
    pub environment_name: String,
    /// Whether it is to be blocked; else the block is lifted.
    pub block: bool,
}

/// The dialog; open while there is something to ask about.
#[component]
pub fn BlockDialog(
    /// What is asked about.
    asked: RwSignal<Option<Blocking>>,
    /// It is done.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let words = move |say: fn(&Blocking) -> String| {
        Signal::derive(move || asked.with(|asked| asked.as_ref().map(say).unwrap_or_default()))
    };
    let title = words(|asked| {
        let (name, place) = (&asked.name, &asked.environment_name);
        if asked.block {
            format!("Block {name} in {place}?")
        } else {
            format!("Unblock {name} in {place}?")
        }
    });
    let lead = words(|asked| {
        let place = &asked.environment_name;
        if asked.block {
            format!(
                "Plans cannot bring it to {place} until the block is lifted. Who publishes straight into {place} is not kept from it."
            )
        } else {
            format!("Plans can bring it to {place} again.")
        }
    });
    let close = Callback::new(move |()| {
        problem.set(None);
        asked.set(None);
    });
    let act = Callback::new(move |()| {
        let text = reason.get_untracked().trim().to_owned();
        let Some(what) = asked.get_untracked() else {
            return;
        };
        if text.is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = set_blocked(what.application, what.environment, what.block, text).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    asked.set(None);
                    reason.set(String::new());
                    let done = if what.block {
                        "blocked"
                    } else {
                        "not blocked any more"
                    };
                    toasts.done(
                        format!("{} is {done} in {}", what.name, what.environment_name),
                        "",
                    );
                    on_done.try_run(());
                }
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    });
    view! {
        <Confirm
            open=Signal::derive(move || asked.with(Option::is_some))
            id="block-application"
            title
            lead
            keep="Cancel"
            act=words(|asked| if asked.block { "Block" } else { "Unblock" }.to_owned())
            busy
            refusal=Signal::derive(move || {
                reason.with(|r| r.trim().is_empty()).then(|| "Give a reason first".to_owned())
            })
            on_keep=close
            on_act=act
            error=problem
        >
            <Field label="Reason" id="block-reason" aside="kept in the audit">
                <TextArea
                    id="block-reason"
                    rows=3
                    max=MAX_REASON
                    value=reason
                    on_input=Callback::new(move |value| reason.set(value))
                />
            </Field>
        </Confirm>
    }
}

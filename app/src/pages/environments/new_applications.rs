//! Whether newly created applications may be deployed everywhere (B7): below the cards, because it
//! holds for all environments.

use crate::api::environments::{read_new_applications, set_new_applications};
use crate::components::button::{Button, Size};
use crate::components::dialog::Confirm;
use crate::components::field::ReasonField;
use crate::components::kept::use_kept;
use crate::components::time::{When, WhenStyle};
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::error::ApiError;
use crate::live::{use_refusal, use_topic};
use crate::wire::{Fetched, fetched};
use domain::access::Action;
use domain::view::NewApplicationsRule;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What the console says of it.
type Rule = Fetched<Result<NewApplicationsRule, ApiError>>;

/// The panel. Changing it asks for a reason.
#[component]
pub fn NewApplications() -> impl IntoView {
    let topic = use_topic("environments");
    let again = RwSignal::new(0_u32);
    let data = fetched(
        move || (topic.get(), again.get()),
        |_| read_new_applications(),
    );
    let asked = RwSignal::new(None::<NewApplicationsRule>);
    view! {
        <Transition>
            <Panel data asked/>
        </Transition>
        <Change
            asked
            on_done=Callback::new(move |()| {
                let _ = again.try_update(|again| *again += 1);
            })
        />
    }
}

#[component]
fn Panel(data: Rule, asked: RwSignal<Option<NewApplicationsRule>>) -> impl IntoView {
    let (rule, _) = use_kept(data);
    let blocked = derived(move |_| rule.with(|rule| rule.as_ref().is_some_and(|r| r.blocked)));
    let last = derived(move |_| rule.with(|rule| rule.as_ref().and_then(|r| r.changed.clone())));
    let label = Signal::derive(move || {
        if blocked.get() {
            "Switch on…"
        } else {
            "Switch off…"
        }
        .to_owned()
    });
    let name = Signal::derive(move || {
        format!(
            "{} Newly created applications may be deployed everywhere",
            label.get()
        )
    });
    move || {
        rule.with(Option::is_some).then(|| {
            view! {
                <section class="panel e-new" aria-labelledby="new-applications">
                    <div>
                        <h2 id="new-applications">
                            "Newly created applications may be deployed everywhere: "
                            {move || if blocked.get() { "off" } else { "on" }}
                        </h2>
                        <p class="dim">
                            {move || {
                                if blocked.get() {
                                    "What is created is blocked in every environment after the one it is created in, until somebody unblocks it there."
                                } else {
                                    "Off, what is created from then on is blocked in every environment after the one it is created in."
                                }
                            }}
                        </p>
                        {move || {
                            last.get()
                                .map(|(stamp, reason)| {
                                    view! {
                                        <p class="dim">
                                            {format!("Changed by {}, ", stamp.by.name)}
                                            <When at=stamp.at style=WhenStyle::Both/>
                                            {format!(": \"{reason}\"")}
                                        </p>
                                    }
                                })
                        }}
                    </div>
                    <Button
                        label
                        name
                        size=Size::Small
                        controls="change-new-applications"
                        refusal=use_refusal(Action::ManageEnvironments)
                        on_press=Callback::new(move |()| asked.set(rule.get_untracked()))
                    />
                </section>
            }
        })
    }
}

/// Asks why.
#[component]
fn Change(asked: RwSignal<Option<NewApplicationsRule>>, on_done: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let blocks =
        Signal::derive(move || asked.with(|rule| rule.as_ref().is_some_and(|rule| !rule.blocked)));
    let close = Callback::new(move |()| {
        problem.set(None);
        asked.set(None);
    });
    let act = Callback::new(move |()| {
        let Some(rule) = asked.get_untracked() else {
            return;
        };
        busy.set(true);
        problem.set(None);
        let text = reason.get_untracked();
        spawn_local(async move {
            let answer = set_new_applications(rule.revision, !rule.blocked, text).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    reason.set(String::new());
                    asked.set(None);
                    let title = if rule.blocked {
                        "New applications may be deployed everywhere"
                    } else {
                        "New applications are blocked"
                    };
                    toasts.done(
                        title,
                        "Applications that are there already stay as they are.",
                    );
                }
                Err(error) => problem.set(Some(error.to_string())),
            }
            on_done.try_run(());
        });
    });
    let say = move |block: &'static str, allow: &'static str| {
        Signal::derive(move || if blocks.get() { block } else { allow }.to_owned())
    };
    view! {
        <Confirm
            open=Signal::derive(move || asked.with(Option::is_some))
            id="change-new-applications"
            title=say("Block new applications?", "Let new applications be deployed everywhere?")
            lead=say(
                "Every application that is created from now on is blocked in all environments after the one it is created in. Applications that are there already stay as they are.",
                "Applications that are created from now on are not blocked. Blocks that are there stay until they are lifted one by one.",
            )
            keep="Keep it as it is"
            act=say("Block new ones", "Let them in")
            busy
            refusal=Signal::derive(move || {
                reason.with(|r| r.trim().is_empty()).then(|| "Give a reason first".to_owned())
            })
            on_keep=close
            on_act=act
            error=problem
        >
            <ReasonField id="new-applications-reason" reason/>
        </Confirm>
    }
}

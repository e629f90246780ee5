//! Blocking applications from an environment and lifting that: with a reason, which is kept.

use crate::api::catalog::set_blocked;
use crate::components::dialog::Confirm;
use crate::components::field::ReasonField;
use crate::components::status::counted;
use crate::components::toast::use_toasts;
use domain::{ApplicationId, EnvironmentId};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocking {
    /// Which applications, with their names; at least one.
    pub applications: Vec<(ApplicationId, String)>,
    /// Where.
    pub environment: EnvironmentId,
    /// Its name.
    pub environment_name: String,
    /// Whether they are to be blocked; else the blocks are lifted.
    pub block: bool,
}

impl Blocking {
    /// Their names, or how many there are.
    pub fn subject(&self) -> String {
        match self.applications.as_slice() {
            [(_, name)] => name.clone(),
            all => counted(all.len() as u64, "application", "applications"),
        }
    }

    /// The icon of what is done.
    pub const fn icon(&self) -> &'static str {
        if self.block { "lock" } else { "unlock" }
    }

    const fn verb(&self) -> &'static str {
        if self.block { "Block" } else { "Unblock" }
    }

    fn lead(&self) -> String {
        let place = &self.environment_name;
        let it = if self.applications.len() == 1 {
            "it"
        } else {
            "them"
        };
        let names = match self.applications.as_slice() {
            [_] => String::new(),
            all => {
                let names: Vec<&str> = all.iter().map(|(_, name)| name.as_str()).collect();
                format!("{}. ", names.join(", "))
            }
        };
        if self.block {
            format!(
                "{names}Plans cannot bring {it} to {place} until the block is lifted. Who publishes straight into {place} is not kept from it."
            )
        } else {
            format!("{names}Plans can bring {it} to {place} again.")
        }
    }
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
        let (verb, what) = (asked.verb(), asked.subject());
        format!("{verb} {what} in {}?", asked.environment_name)
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
            // Each for itself: one that cannot be blocked does not keep the others from it.
            let mut left = Vec::new();
            let mut problems = Vec::new();
            for (id, name) in &what.applications {
                let answer = set_blocked(*id, what.environment, what.block, text.clone()).await;
                if let Err(error) = answer {
                    problems.push(error.to_string());
                    left.push((*id, name.clone()));
                }
            }
            if busy.try_set(false).is_some() {
                return;
            }
            let done = Blocking {
                applications: what
                    .applications
                    .iter()
                    .filter(|one| !left.contains(one))
                    .cloned()
                    .collect(),
                ..what.clone()
            };
            if !done.applications.is_empty() {
                let verb = match (done.block, done.applications.len()) {
                    (true, 1) => "is blocked",
                    (true, _) => "are blocked",
                    (false, 1) => "is not blocked any more",
                    (false, _) => "are not blocked any more",
                };
                let place = &done.environment_name;
                toasts.done(format!("{} {verb} in {place}", done.subject()), "");
            }
            if left.is_empty() {
                asked.set(None);
                reason.set(String::new());
            } else {
                asked.set(Some(Blocking {
                    applications: left,
                    ..what
                }));
                problem.set(Some(problems.join(" ")));
            }
            if !done.applications.is_empty() {
                on_done.try_run(());
            }
        });
    });
    view! {
        <Confirm
            open=Signal::derive(move || asked.with(Option::is_some))
            id="block-application"
            title
            lead=words(Blocking::lead)
            keep="Cancel"
            act=words(|asked| asked.verb().to_owned())
            busy
            refusal=Signal::derive(move || {
                reason.with(|r| r.trim().is_empty()).then(|| "Give a reason first".to_owned())
            })
            on_keep=close
            on_act=act
            error=problem
        >
            <ReasonField id="block-reason" reason/>
        </Confirm>
    }
}

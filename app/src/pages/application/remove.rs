//! Removes a version that nothing needs.

use crate::api::catalog::delete_version;
use crate::components::dialog::Confirm;
use crate::components::toast::use_toasts;
use crate::live::use_refusal;
use domain::access::Action;
use domain::view::{ApplicationDetail, VersionRow};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Asks before it is done; open while there is a version in `removing`.
#[component]
pub fn RemoveVersion(
    /// The application.
    detail: RwSignal<ApplicationDetail>,
    /// Which one.
    removing: RwSignal<Option<VersionRow>>,
    /// It is gone.
    on_removed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    let refusal = use_refusal(Action::DeleteVersion);
    // What is shown stays readable while the dialog closes.
    let called = RwSignal::new(String::new());
    Effect::new(move |_| {
        if let Some(row) = removing.get() {
            called.set(detail.with_untracked(|detail| format!("{} {}", detail.name, row.number)));
            refused.set(None);
        }
    });
    let keep = Callback::new(move |()| removing.set(None));
    let remove = Callback::new(move |()| {
        let Some(row) = removing.get_untracked() else {
            return;
        };
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let answer = delete_version(row.id).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    removing.try_set(None);
                    let called = called.try_get_untracked().unwrap_or_default();
                    toasts.done(format!("{called} deleted"), "");
                    on_removed.try_run(());
                }
                Err(error) => {
                    refused.try_set(Some(error.to_string()));
                }
            }
        });
    });
    view! {
        <Confirm
            open=Signal::derive(move || removing.with(Option::is_some))
            id="remove-version"
            title=Signal::derive(move || format!("Delete {}?", called.get()))
            lead="It can be deployed no more, and it cannot be brought back. Its notes go with it; who deleted it stays in the audit. Download its package first if it may be needed again."
            keep="Keep it"
            act="Delete version"
            busy
            refusal
            on_keep=keep
            on_act=remove
            error=refused
        />
    }
}

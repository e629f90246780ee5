//! An address that leads nowhere.

use crate::components::button::{LinkButton, Weight};
use crate::routes;
use leptos::prelude::*;
use leptos_meta::Title;

/// Says that nothing is here, and where to go on.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::set_page_status(404);
    view! {
        <Title text="Not found"/>
        <div class="blank" data-state="not-found">
            <h1>"Nothing is at this address"</h1>
            <p>
                "It may have been removed, or the address has a mistake. Applications, plans and environments are where they were."
            </p>
            <div class="acts">
                <LinkButton
                    label="Applications"
                    href=routes::APPLICATIONS
                    weight=Weight::Primary
                    icon="apps"
                />
                <LinkButton label="Deployment Plans" href=routes::PLANS icon="plans"/>
            </div>
        </div>
    }
}

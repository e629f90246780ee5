//! The kinds of empty, which must not look alike: nothing yet, no match, no permission, cannot
//! reach.

use super::button::{Button, LinkButton, Weight};
use super::icon::Glyph;
use crate::error::ApiError;
use crate::routes;
use crate::session::sign_in_address;
use domain::AppError;
use leptos::prelude::*;

/// Nothing is there yet: says what belongs here and how it begins.
#[component]
pub fn NothingYet(
    /// What is not there ("No plans yet").
    #[prop(into)]
    title: Signal<String>,
    /// What this is for, and the first step.
    #[prop(into)]
    text: Signal<String>,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="blank" data-state="nothing-yet">
            <h2>{move || title.get()}</h2>
            <p>{move || text.get()}</p>
            {children.map(|children| view! { <div class="acts">{children()}</div> })}
        </div>
    }
}

/// The filter matches nothing: says how many there are without it, and offers to clear it.
#[component]
pub fn NoMatch(
    /// What was looked for, in words ("No application is called \"xyz\"").
    #[prop(into)]
    title: Signal<String>,
    /// How many there are without the filter ("212 applications without filters.").
    #[prop(into)]
    text: Signal<String>,
    /// Clears the filters.
    #[prop(into)]
    on_clear: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="blank" data-state="no-match">
            <h2>{move || title.get()}</h2>
            <p>{move || text.get()}</p>
            <div class="acts">
                <Button label="Clear filters" icon="x" on_press=on_clear/>
            </div>
        </div>
    }
}

/// What could not be shown, and why. Chooses the right kind for the error.
#[component]
pub fn Failure(
    /// What could not be shown or done ("The plan cannot be shown").
    #[prop(into)]
    title: Signal<String>,
    /// Why.
    #[prop(into)]
    error: Signal<ApiError>,
    /// Tries again.
    #[prop(into, optional)]
    on_retry: Option<Callback<()>>,
) -> impl IntoView {
    let kind = move || match error.get() {
        ApiError::App(AppError::Forbidden { .. }) => ("no-permission", "locked", ""),
        ApiError::App(AppError::NotFound { .. }) => ("not-found", "todo", ""),
        ApiError::App(AppError::Unauthenticated) => ("signed-out", "locked", ""),
        ApiError::Transport(_) | ApiError::App(AppError::Unavailable { .. }) => {
            ("cannot-reach", "offline", "bad")
        }
        ApiError::App(_) => ("failed", "fail", "bad"),
    };
    // Known in the browser only, so that both sides begin with the same.
    let sign_in = RwSignal::new(routes::SIGN_IN.to_owned());
    Effect::new(move |_| sign_in.set(sign_in_address()));
    let signed_out =
        move || error.with(|error| matches!(error, ApiError::App(AppError::Unauthenticated)));
    view! {
        <div class="blank" data-state=move || kind().0 role="alert">
            <Glyph
                name=Signal::derive(move || kind().1)
                tone=Signal::derive(move || kind().2)
            />
            <h2>{move || title.get()}</h2>
            <p>{move || error.with(ToString::to_string)}</p>
            <div class="acts">
                {move || {
                    if signed_out() {
                        Some(
                            view! {
                                <LinkButton
                                    label="Sign in"
                                    href=sign_in
                                    weight=Weight::Primary
                                />
                            }
                                .into_any(),
                        )
                    } else {
                        on_retry
                            .map(|on_retry| {
                                view! { <Button label="Try now" icon="retry" on_press=on_retry/> }
                                    .into_any()
                            })
                    }
                }}
            </div>
        </div>
    }
}

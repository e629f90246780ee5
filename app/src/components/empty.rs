//! The kinds of empty, which must not look alike: nothing yet, no match, no permission, cannot
//! reach.

use super::button::{Button, LinkButton, Size, Weight};
use super::copy::copy_text;
use super::icon::Glyph;
use super::time::use_clock;
use super::toast::use_toasts;
use crate::error::ApiError;
use crate::live::{Link, use_live};
use crate::routes;
use crate::session::{VERSION, sign_in_address};
use domain::{AppError, Timestamp};
use leptos::prelude::*;
use std::time::Duration;

/// Three lanes, and what is missing in them.
#[component]
fn Lanes(name: &'static str) -> impl IntoView {
    view! {
        <svg class="lanes-mini" aria-hidden="true">
            <use href=format!("#e-{name}")></use>
        </svg>
    }
}

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
            <Lanes name="nothing"/>
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
            <Lanes name="filtered"/>
            <h2>{move || title.get()}</h2>
            <p>{move || text.get()}</p>
            <div class="acts">
                <Button label="Clear filters" icon="x" on_press=on_clear/>
            </div>
        </div>
    }
}

/// How often what cannot be reached is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// What could not be shown, and why. Chooses the right kind for the error: what is not there or
/// not allowed is not tried again; what cannot be reached is tried again by itself.
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
    /// The list that it would be in: its name and its address.
    #[prop(optional)]
    back: Option<(&'static str, &'static str)>,
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
    let is = move |state: &str| kind().0 == state;
    // Known in the browser only, so that both sides begin with the same.
    let sign_in = RwSignal::new(routes::SIGN_IN.to_owned());
    Effect::new(move |_| sign_in.set(sign_in_address()));
    Effect::new(move |_| {
        if let Some(on_retry) = on_retry
            && is("cannot-reach")
            && let Ok(timer) = set_interval_with_handle(
                move || {
                    on_retry.try_run(());
                },
                AGAIN,
            )
        {
            on_cleanup(move || timer.clear());
        }
    });
    let (live, clock) = (use_live(), use_clock());
    let since = move || {
        let heard = match live.link() {
            Link::Lost(since) => format!("Last answer {}. ", clock.civil(Timestamp(since)).clock()),
            Link::Starting | Link::Live => String::new(),
        };
        let again = if on_retry.is_some() {
            "It is tried again every 10 s. "
        } else {
            ""
        };
        format!("{heard}{again}What runs does not need this page and goes on.")
    };
    let acts = move || {
        if is("signed-out") {
            return view! { <LinkButton label="Sign in" href=sign_in weight=Weight::Primary/> }
                .into_any();
        }
        let is_final = is("not-found") || is("no-permission");
        let back = back.filter(|_| is_final).map(|(label, href)| {
            view! { <LinkButton label href=href.to_owned() icon="left"/> }
        });
        let retry = on_retry.filter(|_| !is_final).map(|on_retry| {
            view! { <Button label="Try now" icon="retry" on_press=on_retry/> }
        });
        let details = is("cannot-reach").then(|| view! { <CopyDetails title error/> });
        view! {
            {back}
            {retry}
            {details}
        }
        .into_any()
    };
    view! {
        <div class="blank" data-state=move || kind().0 role="alert">
            <Glyph
                name=Signal::derive(move || kind().1)
                tone=Signal::derive(move || kind().2)
            />
            <h2>{move || title.get()}</h2>
            <p>{move || error.with(ToString::to_string)}</p>
            // Not read out: it changes while nothing happens.
            {move || is("cannot-reach").then(|| view! { <p aria-live="off">{since}</p> })}
            <div class="acts">{acts}</div>
        </div>
    }
}

/// Copies what somebody who helps will ask for.
#[component]
fn CopyDetails(title: Signal<String>, error: Signal<ApiError>) -> impl IntoView {
    let (toasts, clock) = (use_toasts(), use_clock());
    let copy = Callback::new(move |()| {
        let error = error.get_untracked();
        let code = match &error {
            ApiError::Transport(code) => code.as_str(),
            ApiError::App(_) => "",
        };
        let text = format!(
            "{}: {error} {code}\n{}\n{}\nSlipway {VERSION}",
            title.get_untracked(),
            window().location().href().unwrap_or_default(),
            clock.civil(clock.now_untracked()).full(),
        );
        copy_text(toasts, &text, "Details copied");
    });
    view! { <Button label="Copy details" weight=Weight::Ghost on_press=copy/> }
}

/// What is on screen could not be read again: it stays, and may be old.
#[component]
pub fn Stale(
    /// What may be old ("These rows may be old.").
    title: &'static str,
    /// Why it could not be read again.
    error: ApiError,
    /// Further classes for the screen's own style.
    class: &'static str,
    /// Tries again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    view! {
        <div class=format!("notice warn {class}") role="alert">
            <Glyph name="warn"/>
            <p>
                <b>{title}" "</b>
                {error.to_string()}
            </p>
            <div class="acts">
                <Button label="Try now" icon="retry" size=Size::Small on_press=on_retry/>
            </div>
        </div>
    }
}

//! The frame around every signed-in screen: navigation, page head, watch bar.

use super::arrival::follow_arrivals;
use super::frame::FrameParts;
use super::guard::use_go;
use super::icon::{Icon, Mark};
use super::keyboard::{focus_search, use_keyboard, use_shortcut};
use super::me::{MeDialogs, MeMenu};
use super::watch::{Busy, WatchBar};
use crate::derived::derived;
use crate::live::use_refusal;
use crate::routes;
use crate::session::use_session;
use domain::access::Action;
use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::use_location;

/// The screens of the main navigation: words, icon, address, whether it is also on the tab bar.
const SCREENS: [(&str, &str, &str); 3] = [
    ("Applications", "apps", routes::APPLICATIONS),
    ("Deployment Plans", "plans", routes::PLANS),
    ("Environments", "envs", routes::ENVIRONMENTS),
];

/// The frame.
#[component]
pub fn Layout() -> impl IntoView {
    follow_arrivals();
    let keyboard = use_keyboard();
    let busy = Busy::new();
    provide_context(busy);
    let me = MeDialogs::provide();
    let lead = use_go();
    let go = move |path: &'static str| {
        let lead = lead.clone();
        move || lead(path)
    };
    use_shortcut("g a", "Applications", go(routes::APPLICATIONS));
    use_shortcut("g p", "Deployment Plans", go(routes::PLANS));
    use_shortcut("g e", "Environments", go(routes::ENVIRONMENTS));
    use_shortcut("g i", "About", go(routes::ABOUT));
    use_shortcut("/", "Search field of the page", focus_search);
    use_shortcut("?", "This list", move || keyboard.help.set(true));
    view! {
        <a class="skip" href="#main">
            "Skip to content"
        </a>
        <div class="app">
            {view! { <TopBar/> }.into_any()}
            {view! { <Nav/> }.into_any()}
            <main id="main" class="main" tabindex="-1">
                <Outlet/>
            </main>
            {view! { <WatchBar busy/> }.into_any()}
            {view! { <TabBar/> }.into_any()}
        </div>
        {view! { <FrameParts me/> }.into_any()}
    }
}

/// `c` leads to a new plan, for who may make one.
pub fn use_new_plan_key() {
    let refusal = use_refusal(Action::EditPlan);
    let go = use_go();
    use_shortcut("c", "Create new deployment plan", move || {
        if refusal.with_untracked(Option::is_none) {
            go(routes::NEW_PLAN);
        }
    });
}

fn is_here(path: &str, screen: &str) -> bool {
    path == screen
        || path
            .strip_prefix(screen)
            .is_some_and(|rest| rest.starts_with('/'))
}

#[component]
fn ScreenLink(label: &'static str, icon: &'static str, href: &'static str) -> impl IntoView {
    let path = use_location().pathname;
    let here = derived(move |_| path.with(|path| is_here(path, href)));
    view! {
        <li>
            <a href=href aria-current=move || here.get().then_some("page") title=label>
                <Icon name=icon/>
                <span class="nav-text">{label}</span>
                {(href == routes::PLANS).then(|| view! { <PlansBadge/> })}
            </a>
        </li>
    }
}

/// How many plans run or wait, beside their screen's name.
#[component]
fn PlansBadge() -> impl IntoView {
    let busy = use_context::<Busy>().unwrap_or_default();
    move || {
        let count = busy.count();
        (count > 0).then(|| {
            view! {
                <span class="nav-badge live">
                    {count}
                    <span class="vh">" running or waiting"</span>
                </span>
            }
        })
    }
}

#[component]
fn Nav() -> impl IntoView {
    let keyboard = use_keyboard();
    let session = use_session();
    view! {
        <nav class="nav" aria-label="Main">
            <div class="nav-head">
                <a class="brand" href=routes::APPLICATIONS aria-label="Slipway">
                    <Mark/>
                    <span class="wordmark">"Slipway"</span>
                </a>
            </div>
            <button
                type="button"
                class="jump"
                aria-keyshortcuts="Control+K Meta+K"
                on:click=move |_| keyboard.palette.set(true)
            >
                <Icon name="search"/>
                <span>"Find or run"</span>
                <kbd>"Ctrl K"</kbd>
            </button>
            <div class="nav-group">
                <p class="nav-label" id="nav-work">
                    "Work"
                </p>
                <ul aria-labelledby="nav-work">
                    {SCREENS
                        .into_iter()
                        .map(|(label, icon, href)| view! { <ScreenLink label icon href/> })
                        .collect_view()}
                </ul>
            </div>
            <div class="nav-group">
                <p class="nav-label" id="nav-know">
                    "Know"
                </p>
                <ul aria-labelledby="nav-know">
                    <ScreenLink label="Compare" icon="compare" href=routes::COMPARE/>
                    <ScreenLink label="About" icon="help" href=routes::ABOUT/>
                </ul>
            </div>
            {move || {
                session
                    .can(Action::ManageUsers)
                    .then(|| {
                        view! {
                            <div class="nav-group">
                                <p class="nav-label" id="nav-govern">
                                    "Govern"
                                </p>
                                <ul aria-labelledby="nav-govern">
                                    <ScreenLink
                                        label="Accounts"
                                        icon="people"
                                        href=routes::ACCOUNTS
                                    />
                                </ul>
                            </div>
                        }
                    })
            }}
            <div class="nav-foot">
                <MeMenu/>
            </div>
        </nav>
    }
}

#[component]
fn TopBar() -> impl IntoView {
    let keyboard = use_keyboard();
    view! {
        <header class="topbar">
            <a class="brand" href=routes::APPLICATIONS aria-label="Slipway">
                <Mark/>
                <span class="wordmark">"Slipway"</span>
            </a>
            <span class="w-space"></span>
            <button
                type="button"
                class="btn icon ghost"
                aria-label="Find or run"
                title="Find or run"
                on:click=move |_| keyboard.palette.set(true)
            >
                <Icon name="search"/>
            </button>
            <MeMenu small=true/>
        </header>
    }
}

#[component]
fn TabBar() -> impl IntoView {
    view! {
        <nav class="tabbar" aria-label="Main, small screens">
            <ul>
                {SCREENS
                    .into_iter()
                    .map(|(label, icon, href)| view! { <TabLink label icon href/> })
                    .collect_view()}
                <TabLink label="About" icon="help" href=routes::ABOUT/>
            </ul>
        </nav>
    }
}

#[component]
fn TabLink(label: &'static str, icon: &'static str, href: &'static str) -> impl IntoView {
    let path = use_location().pathname;
    let here = derived(move |_| path.with(|path| is_here(path, href)));
    let short = if href == routes::PLANS {
        "Plans"
    } else {
        label
    };
    view! {
        <li>
            <a href=href aria-current=move || here.get().then_some("page")>
                <Icon name=icon/>
                <span>{short}</span>
            </a>
        </li>
    }
}

/// The way from the list to here: words, and an address for all but the last.
pub type Crumb = (String, Option<String>);

/// The head of a screen: where it is, what it is, what can be done.
#[component]
pub fn PageHead(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// A line beside the heading.
    #[prop(into, default = String::new().into())]
    sub: Signal<String>,
    /// The way here.
    #[prop(into, default = Vec::new().into())]
    crumbs: Signal<Vec<Crumb>>,
    /// Buttons, the main one last.
    #[prop(into, optional)]
    actions: Option<ViewFn>,
    /// A line of status and facts under the heading; then tabs.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            {move || {
                let crumbs = crumbs.get();
                (!crumbs.is_empty()).then(|| view! { <Crumbs crumbs/> })
            }}
            <div class="page-row">
                <div class="page-title">
                    <h1>{move || title.get()}</h1>
                    {move || {
                        let sub = sub.get();
                        (!sub.is_empty())
                            .then(|| {
                                view! {
                                    <div class="page-sub">
                                        <span>{sub}</span>
                                    </div>
                                }
                            })
                    }}
                </div>
                {actions.map(|actions| view! { <div class="page-actions">{actions.run()}</div> })}
            </div>
            {children.map(|children| children())}
        </header>
    }
}

#[component]
fn Crumbs(crumbs: Vec<Crumb>) -> impl IntoView {
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol>
                {crumbs
                    .into_iter()
                    .map(|(words, href)| {
                        view! {
                            <li>
                                {match href {
                                    Some(href) => view! { <a href=href>{words}</a> }.into_any(),
                                    None => view! { <span aria-current="page">{words}</span> }.into_any(),
                                }}
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn a_screen_is_here_with_everything_below_it() {
        assert!(is_here("/plans", "/plans"));
        assert!(is_here("/plans/12/run", "/plans"));
        assert!(!is_here("/plansx", "/plans"));
        assert!(!is_here("/applications", "/plans"));
    }
}

//! The page of Slipway: the route table and what stands around every screen.

// Views are nested types; the compiler counts their depth.
#![recursion_limit = "512"]

#[cfg(not(erase_components))]
compile_error!(
    "the page is built without `--cfg erase_components`, which .cargo/config.toml asks for. Build \
     inside the checkout, and add the flag to RUSTFLAGS if that is set: it replaces what the file says"
);

pub mod api;
pub mod components;
mod derived;
#[cfg(feature = "ssr")]
pub mod document;
pub mod error;
pub mod live;
pub mod pages;
pub mod routes;
pub mod session;
pub mod wire;

use components::guard::provide_guard;
use components::keyboard::provide_keyboard;
use components::layout::Layout;
use components::time::{TakeOver, provide_clock};
use components::toast::{ToastRegion, provide_toasts};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::path;
use pages::applications::ApplicationsPage;
use pages::later::{
    AboutScreen, AccountsScreen, ApplicationScreen, CompareScreen, EnvironmentsScreen, Later,
    PlanChangesScreen, PlanScreen, PlansScreen, SetPasswordScreen, SetupScreen,
};
use pages::not_found::NotFoundPage;
use pages::sign_in::SignInPage;

/// How many seconds to wait after each try to load the code of the first screen.
#[cfg(feature = "hydrate")]
const LOADING: [u64; 4] = [1, 2, 4, 8];

/// Takes over the page that the server rendered, once the code of its screen is here. That is done
/// in one go: doing it in steps, as `hydrate_lazy` does, needs twice the code for each view, and the
/// build leaves that code out (`server/xtask/src/unused.rs`).
#[cfg(feature = "hydrate")]
pub fn take_over() {
    wasm_bindgen_futures::spawn_local(async {
        for pause in LOADING {
            if pages::later::load_shown().await {
                leptos::mount::hydrate_body(App);
                return;
            }
            components::delay::sleep(std::time::Duration::from_secs(pause)).await;
        }
        components::panic::show();
    });
}

/// The whole page, from the first element of the body on. The same on the server and in the
/// browser; [`document`] puts the HTML document around it.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    session::provide_session();
    live::provide_live();
    session::watch_session();
    provide_clock();
    provide_toasts();
    provide_keyboard();
    provide_guard();

    view! {
        <Title formatter=|title: String| if title.is_empty() { "Slipway".to_owned() } else { format!("{title} · Slipway") }/>
        <Router>
            <Routes fallback=|| view! { <NotFoundPage/> }>
                <Route path=path!("/sign-in") view=SignInPage/>
                <Route path=path!("/setup") view={Later::<SetupScreen>::new()}/>
                <Route path=path!("/set-password") view={Later::<SetPasswordScreen>::new()}/>
                <ParentRoute path=path!("") view=Layout>
                    <Route path=path!("/") view=|| view! { <Redirect path=routes::APPLICATIONS/> }/>
                    <Route path=path!("/applications") view=ApplicationsPage/>
                    <Route path=path!("/applications/:application") view={Later::<ApplicationScreen>::new()}/>
                    <Route path=path!("/plans") view={Later::<PlansScreen>::new()}/>
                    <Route path=path!("/plans/new") view={Later::<PlansScreen>::new()}/>
                    <Route path=path!("/plans/:number") view={Later::<PlanScreen>::new()}/>
                    <Route path=path!("/plans/:number/changes") view={Later::<PlanChangesScreen>::new()}/>
                    <Route path=path!("/compare") view={Later::<CompareScreen>::new()}/>
                    <Route path=path!("/environments") view={Later::<EnvironmentsScreen>::new()}/>
                    <Route path=path!("/accounts") view={Later::<AccountsScreen>::new()}/>
                    <Route path=path!("/about") view={Later::<AboutScreen>::new()}/>
                    <Route path=path!("/*any") view=NotFoundPage/>
                </ParentRoute>
            </Routes>
        </Router>
        <ToastRegion/>
        <TakeOver/>
    }
}

//! Screens whose code is loaded when they are first opened, so that the first screen comes fast.

// `lazy_route` expands to the foreign functions that load a part; none is written here.
#![allow(unsafe_code, clippy::used_underscore_binding)]

use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

/// One application.
pub struct ApplicationScreen;

#[lazy_route]
impl LazyRoute for ApplicationScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::application::ApplicationPage/> }.into_any()
    }
}

/// The environments.
pub struct EnvironmentsScreen;

#[lazy_route]
impl LazyRoute for EnvironmentsScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::environments::EnvironmentsPage/> }.into_any()
    }
}

/// The list of plans.
pub struct PlansScreen;

#[lazy_route]
impl LazyRoute for PlansScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::plans::PlansPage/> }.into_any()
    }
}

/// A plan: its editor or its run.
pub struct PlanScreen;

#[lazy_route]
impl LazyRoute for PlanScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::plan::PlanPage/> }.into_any()
    }
}

/// What a plan changes.
pub struct PlanChangesScreen;

#[lazy_route]
impl LazyRoute for PlanChangesScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::comparison::PlanChangesPage/> }.into_any()
    }
}

/// Two sides compared.
pub struct CompareScreen;

#[lazy_route]
impl LazyRoute for CompareScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::comparison::ComparePage/> }.into_any()
    }
}

/// About.
pub struct AboutScreen;

#[lazy_route]
impl LazyRoute for AboutScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::about::AboutPage/> }.into_any()
    }
}

/// The first account.
pub struct SetupScreen;

#[lazy_route]
impl LazyRoute for SetupScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::setup::SetupPage/> }.into_any()
    }
}

/// The accounts.
pub struct AccountsScreen;

#[lazy_route]
impl LazyRoute for AccountsScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::accounts::AccountsPage/> }.into_any()
    }
}

/// Setting a password with a link.
pub struct SetPasswordScreen;

#[lazy_route]
impl LazyRoute for SetPasswordScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::set_password::SetPasswordPage/> }.into_any()
    }
}

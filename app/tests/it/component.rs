//! One component alone, without server functions.

use app::components::time::provide_clock;
use app::session::Boot;
use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;

/// The HTML of a view, as the server would send it, without the marks between its parts that only
/// the browser's taking over needs.
pub fn html<V: IntoView + 'static>(view: impl FnOnce() -> V + Send + 'static) -> String {
    let owner = Owner::new();
    owner.with(|| {
        provide_context(RequestUrl::new("/applications"));
        provide_context(Boot {
            now: 1_795_171_572_000,
            ..Boot::default()
        });
        provide_clock();
        view! { <Router>{view()}</Router> }
            .to_html()
            .replace("<!>", "")
    })
}

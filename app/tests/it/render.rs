//! Renders a part of the page as the server does.

use app::components::keyboard::provide_keyboard;
use app::components::time::provide_clock;
use app::components::toast::provide_toasts;
use app::session::Boot;
use domain::access::{Access, Standing};
use domain::view::Me;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;

/// The time at which everything is rendered.
pub const NOW: i64 = 1_795_171_572_000;

/// The HTML of a view at an address, seen by a person of a standing.
pub fn render<V: IntoView + 'static>(
    address: &str,
    standing: Standing,
    view: impl FnOnce() -> V + Send + 'static,
) -> String {
    let owner = Owner::new();
    let html = owner.with(|| {
        provide_context(RequestUrl::new(address));
        provide_context(Boot {
            me: Some(Me {
                id: crate::sample::id(1),
                name: "Ana Ribeiro".to_owned(),
                login: "ana".to_owned(),
                access: Access { standing },
            }),
            now: NOW,
            build: "test".to_owned(),
            stand: String::new(),
        });
        provide_meta_context();
        app::session::provide_session();
        app::live::provide_live();
        provide_clock();
        provide_toasts();
        provide_keyboard();
        view! {
            <Router>
                <main id="main" class="main">{view()}</main>
            </Router>
        }
        .to_html()
    });
    keep(address, &html);
    html
}

/// Keeps the HTML for somebody who wants to look at it, if they said where.
fn keep(address: &str, html: &str) {
    if let Ok(folder) = std::env::var("SLIPWAY_KEEP_HTML") {
        let name: String = address
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        std::fs::write(format!("{folder}/{name}.html"), html).expect("the folder can be written");
    }
}

/// What somebody reads of some HTML: its text, with single blanks.
pub fn text(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        let (tag, said) = part.split_once('>').unwrap_or(("", part));
        // Marks between pieces of one text are nothing that is seen.
        if !tag.starts_with('!') {
            text.push(' ');
        }
        text.push_str(said);
    }
    let text = [
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text, |text, (written, meant)| text.replace(written, meant));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! The marks of an application.

use super::component::html;
use app::components::marks::MarkLine;
use domain::application::Marks;
use leptos::prelude::*;

#[test]
fn the_worst_mark_is_in_words_and_the_others_are_read() {
    let marks = Marks {
        modified: true,
        blocked: true,
        broken_references: 2,
        ..Marks::default()
    };
    let html = html(move || {
        view! { <MarkLine marks block_reason=Some("<b>legal</b>".to_owned())/> }
    });
    assert!(html.contains("<span>2 broken refs</span>"), "{html}");
    assert!(
        html.contains("<span class=\"vh\">Blocked: &lt;b&gt;legal&lt;/b&gt;</span>"),
        "{html}"
    );
    assert!(
        html.contains("<span class=\"vh\">Modified</span>"),
        "{html}"
    );
}

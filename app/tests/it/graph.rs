//! The picture of producers and consumers.

use super::component::html;
use app::components::graph::ReferenceGraph;
use domain::view::{GraphLink, GraphNode, GraphView};
use leptos::prelude::*;

fn node(name: &str, known: bool, broken: u32) -> GraphNode {
    GraphNode {
        application: known.then(|| "01900000-0000-7000-8000-000000000001".parse().unwrap()),
        name: name.to_owned(),
        version: None,
        links: vec![GraphLink {
            consumer: "a".to_owned(),
            producer: "b".to_owned(),
            elements: 1,
            strong: false,
            broken,
            outdated: 0,
        }],
    }
}

#[test]
fn the_picture_is_one_sentence_for_readers_and_marks_what_is_broken() {
    let graph = GraphView {
        producers: vec![node("Document Vault", false, 1), node("Core", true, 0)],
        consumers: vec![],
    };
    let html = html(move || {
        view! { <ReferenceGraph name="Rating".to_owned() version=Some("6.20".to_owned()) graph/> }
    });
    assert!(html.contains("role=\"img\""));
    assert!(html.contains("Rating uses 2 producers and is used by no consumer. 1 broken."));
    assert_eq!(html.matches("class=\"brk\"").count(), 1);
    assert_eq!(
        html.matches("gn go").count(),
        1,
        "only a known neighbour can be opened"
    );
}

#[test]
fn names_are_text_and_nothing_else() {
    let graph = GraphView {
        producers: vec![node("</text><script>alert(1)</script>", true, 0)],
        consumers: vec![],
    };
    let html = html(move || {
        view! { <ReferenceGraph name="\"><img src=x>".to_owned() version=None graph/> }
    });
    assert!(
        !html.contains("<script>") && !html.contains("<img"),
        "{html}"
    );
}

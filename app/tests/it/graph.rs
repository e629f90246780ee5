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
fn what_is_not_drawn_is_counted() {
    let nodes = |count: usize| -> Vec<GraphNode> {
        (0..count)
            .map(|n| node(&format!("N{n}"), true, 0))
            .collect()
    };
    let drawn = |producers: usize, consumers: usize| {
        let graph = GraphView {
            producers: nodes(producers),
            consumers: nodes(consumers),
        };
        html(move || {
            view! { <ReferenceGraph name="Rating".to_owned() version=None graph/> }
        })
    };
    let html = drawn(40, 24);
    assert_eq!(html.matches("gn go").count(), 48);
    assert_eq!(html.matches("and 16 more, in the list below").count(), 1);
    assert_eq!(html.matches("more, in the list below").count(), 1);
    assert!(html.contains("Rating uses 40 producers and is used by 24 consumers."));
    assert!(!drawn(24, 24).contains("more, in the list"));
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

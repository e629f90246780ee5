//! Notes that people write, in Markdown. They are read into a tree and drawn from it, element by
//! element: nobody's HTML ever reaches the page.

mod tree;

use leptos::prelude::*;
use tree::{Block, Inline, read};

/// A text in Markdown.
#[component]
pub fn Markdown(
    /// The text.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! { <div class="md">{move || text.with(|text| blocks(read(text)))}</div> }
}

fn blocks(all: Vec<Block>) -> AnyView {
    all.into_iter().map(block).collect_view().into_any()
}

fn block(block: Block) -> AnyView {
    match block {
        Block::Paragraph(words) => view! { <p>{inlines(words)}</p> }.into_any(),
        // The page has an outline of its own, in which notes have no place.
        Block::Heading(words) => view! { <p class="md-head">{inlines(words)}</p> }.into_any(),
        Block::List(None, items) => view! { <ul>{list_items(items)}</ul> }.into_any(),
        Block::List(Some(first), items) => {
            view! { <ol start=first.to_string()>{list_items(items)}</ol> }.into_any()
        }
        Block::Quote(inner) => view! { <blockquote>{blocks(inner)}</blockquote> }.into_any(),
        Block::Code(text) => view! {
            <pre>
                <code>{text}</code>
            </pre>
        }
        .into_any(),
        Block::Rule => view! { <hr/> }.into_any(),
    }
}

fn list_items(items: Vec<Vec<Block>>) -> AnyView {
    items
        .into_iter()
        .map(|item| view! { <li>{blocks(item)}</li> })
        .collect_view()
        .into_any()
}

fn inlines(all: Vec<Inline>) -> AnyView {
    all.into_iter().map(inline).collect_view().into_any()
}

fn inline(inline: Inline) -> AnyView {
    match inline {
        Inline::Text(text) => text.into_any(),
        Inline::Code(text) => view! { <code>{text}</code> }.into_any(),
        Inline::Strong(words) => view! { <strong>{inlines(words)}</strong> }.into_any(),
        Inline::Emphasis(words) => view! { <em>{inlines(words)}</em> }.into_any(),
        Inline::Struck(words) => view! { <del>{inlines(words)}</del> }.into_any(),
        Inline::Link(to, words) => view! {
            <a href=to target="_blank" rel="external noopener noreferrer">
                {inlines(words)}
            </a>
        }
        .into_any(),
        Inline::Break => view! { <br/> }.into_any(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    /// Every tag that may come out.
    const TAGS: [&str; 15] = [
        "div",
        "p",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
        "hr",
        "strong",
        "em",
        "del",
        "a",
        "br",
        "!",
    ];

    fn html(text: &str) -> String {
        let owner = Owner::new();
        owner.with(|| {
            let text = text.to_owned();
            view! { <Markdown text=Signal::stored(text)/> }.to_html()
        })
    }

    /// What is wrong with what came out.
    fn problem(html: &str) -> Option<String> {
        for (at, _) in html.match_indices('<') {
            let tag = html[at + 1..].trim_start_matches('/');
            let end = tag.find(|c: char| !c.is_ascii_alphanumeric() && c != '!');
            let name = &tag[..end.unwrap_or(tag.len())];
            if !TAGS.contains(&name) && !name.starts_with('!') {
                return Some(format!("the tag {name:?}"));
            }
            let attributes = &tag[..tag.find('>')?];
            for part in attributes.split(' ').skip(1) {
                let known = ["href=", "target=", "rel=", "class=", "start="];
                let in_value = !part.contains('=') || part.starts_with(char::is_alphabetic);
                if in_value && part.contains('=') && !known.iter().any(|k| part.starts_with(k)) {
                    return Some(format!("the attribute {part:?}"));
                }
            }
        }
        for (at, _) in html.match_indices("href=\"") {
            let to = html[at + 6..].to_ascii_lowercase();
            let fine = ["http://", "https://", "mailto:"];
            if !fine.iter().any(|scheme| to.starts_with(scheme)) {
                return Some(format!("the link {to:.40}"));
            }
        }
        None
    }

    const HOSTILE: [&str; 22] = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=alert(1)>b</b>",
        "<svg/onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](javascript&colon;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "![x](https://a.example/x.png\" onerror=\"alert(1))",
        "[x](https://a.example/\"onmouseover=\"alert(1))",
        "[x](https://a.example 'y\" onmouseover=\"alert(1)')",
        "[x]: javascript:alert(1)\n\n[x]",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "`</code><script>`",
        "</div></section><script>",
        "<!-- --><script>",
        "<title></title><script>",
        "<style>*{display:none}</style>",
    ];

    #[test]
    fn hostile_notes_become_text() {
        for text in HOSTILE {
            let html = html(text);
            assert_eq!(problem(&html), None, "{text} became {html}");
        }
        assert!(problem("<p><script>").is_some() && problem("<a href=\"x:y\">").is_some());
        assert!(html("[a](https://a.example)").contains("rel=\"external noopener noreferrer\""));
    }

    #[test]
    fn nothing_put_together_from_hostile_parts_gets_through() {
        // A small generator of our own: every pair of parts, and long random rows of them.
        let pieces: Vec<&str> = HOSTILE
            .into_iter()
            .chain([
                "*", "**", "[", "](", ")", "<", ">", "\"", "`", "\n", "> ", "- ", "&lt;",
            ])
            .collect();
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..3_000 {
            let mut text = String::new();
            for _ in 0..8 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let html = html(&text);
            assert_eq!(problem(&html), None, "{text} became {html}");
        }
    }
}

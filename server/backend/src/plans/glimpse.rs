//! The words of notes, for where there is room for a line only.

use domain::view::MAX_NOTES_SHOWN;
use pulldown_cmark::{Event, Options, Parser, TagEnd};

/// The first words of a text in Markdown, without its marks, in one line.
pub(super) fn glimpse(markdown: &str) -> String {
    let mut words = String::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(text)
            | Event::Code(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::Rule => words.push(' '),
            Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock,
            ) => words.push(' '),
            Event::Start(_) | Event::End(_) | Event::TaskListMarker(_) => {}
        }
        // Characters are at most four bytes; what follows is not shown.
        if words.len() > MAX_NOTES_SHOWN * 4 {
            break;
        }
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").chars().take(MAX_NOTES_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_left_out() {
        let notes = "# Autumn\n\n* **New** tariffs, see [the list](https://example.org)\n* `quote` faster\n";
        assert_eq!(
            glimpse(notes),
            "Autumn New tariffs, see the list quote faster"
        );
        assert_eq!(glimpse("one\ntwo <b>three</b>"), "one two <b>three</b>");
        assert_eq!(glimpse(""), "");
        assert_eq!(
            glimpse(&"word ".repeat(100_000)).chars().count(),
            MAX_NOTES_SHOWN
        );
    }
}

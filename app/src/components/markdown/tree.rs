//! Markdown as a tree of what the page can show. Raw HTML is text like any other; links lead to the
//! web or to a mail address; nothing is nested deeper than a reader could follow.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What stands below each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Text.
    Paragraph(Vec<Inline>),
    /// A heading, of whatever level.
    Heading(Vec<Inline>),
    /// A list; numbered from here, or not.
    List(Option<u64>, Vec<Vec<Block>>),
    /// What somebody else said.
    Quote(Vec<Block>),
    /// Lines as they are.
    Code(String),
    /// A line across.
    Rule,
}

/// What stands beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// A name or a command.
    Code(String),
    /// Important.
    Strong(Vec<Inline>),
    /// Stressed.
    Emphasis(Vec<Inline>),
    /// No longer so.
    Struck(Vec<Inline>),
    /// A link out of Slipway.
    Link(String, Vec<Inline>),
    /// The line ends here.
    Break,
}

/// Beyond this, what is nested stands with what is around it.
const DEPTH: usize = 8;

/// What is being read.
enum Open {
    Blocks(Kind, Vec<Block>),
    Inlines(Kind, Vec<Inline>),
    List(Option<u64>, Vec<Vec<Block>>),
    Code(String),
    /// Of what is too deep, or cannot be shown, only the content counts.
    Through,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Paragraph,
    Heading,
    Item,
    Quote,
    Strong,
    Emphasis,
    Struck,
    Link(String),
}

/// Reads a text.
pub fn read(text: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        reader.take(event);
    }
    while !reader.open.is_empty() {
        reader.close();
    }
    reader.settle();
    reader.done
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    /// Words that belong to no block so far.
    loose: Vec<Inline>,
    done: Vec<Block>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(TagEnd::MetadataBlock(_)) => {}
            Event::End(_) => self.close(),
            Event::Text(text) => self.text(&text),
            // There is no HTML here, only text that looks like it.
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.inline(Inline::Code(text.into_string())),
            // Who writes notes line by line means lines.
            Event::SoftBreak | Event::HardBreak => self.inline(Inline::Break),
            Event::Rule => self.block(Block::Rule),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text),
            Event::FootnoteReference(text) => self.text(&text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let deep = self.open.len() >= DEPTH;
        let blocks = |kind| Open::Blocks(kind, Vec::new());
        let inlines = |kind| Open::Inlines(kind, Vec::new());
        let next = match tag {
            Tag::Paragraph | Tag::HtmlBlock => inlines(Kind::Paragraph),
            Tag::Heading { .. } => inlines(Kind::Heading),
            Tag::CodeBlock(_) => Open::Code(String::new()),
            _ if deep => Open::Through,
            Tag::BlockQuote(_) => blocks(Kind::Quote),
            Tag::List(first) => Open::List(first, Vec::new()),
            Tag::Item => blocks(Kind::Item),
            Tag::Emphasis => inlines(Kind::Emphasis),
            Tag::Strong => inlines(Kind::Strong),
            Tag::Strikethrough => inlines(Kind::Struck),
            // An image would be fetched from elsewhere by everybody who reads: its words will do.
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => match address(&dest_url) {
                Some(to) => inlines(Kind::Link(to)),
                None => Open::Through,
            },
            _ => Open::Through,
        };
        if matches!(
            next,
            Open::Blocks(..)
                | Open::List(..)
                | Open::Code(_)
                | Open::Inlines(Kind::Paragraph | Kind::Heading, _)
        ) {
            self.settle();
        }
        self.open.push(next);
    }

    fn close(&mut self) {
        if matches!(self.open.last(), Some(Open::Blocks(..))) {
            self.settle();
        }
        match self.open.pop() {
            None | Some(Open::Through) => {}
            Some(Open::Code(text)) => self.block(Block::Code(text)),
            Some(Open::List(first, items)) => self.block(Block::List(first, items)),
            Some(Open::Blocks(Kind::Quote, blocks)) => self.block(Block::Quote(blocks)),
            Some(Open::Blocks(_, blocks)) => match self.open.last_mut() {
                Some(Open::List(_, items)) => items.push(blocks),
                _ => blocks.into_iter().for_each(|block| self.block(block)),
            },
            Some(Open::Inlines(kind, words)) => self.words(kind, words),
        }
    }

    fn words(&mut self, kind: Kind, words: Vec<Inline>) {
        match kind {
            _ if words.is_empty() => {}
            Kind::Heading => self.block(Block::Heading(words)),
            Kind::Strong => self.inline(Inline::Strong(words)),
            Kind::Emphasis => self.inline(Inline::Emphasis(words)),
            Kind::Struck => self.inline(Inline::Struck(words)),
            Kind::Link(to) => self.inline(Inline::Link(to, words)),
            Kind::Paragraph | Kind::Item | Kind::Quote => self.block(Block::Paragraph(words)),
        }
    }

    /// Puts a block where blocks are being read.
    fn block(&mut self, block: Block) {
        let place = self.open.iter_mut().rev().find_map(|open| match open {
            Open::Blocks(_, blocks) => Some(blocks),
            _ => None,
        });
        place.unwrap_or(&mut self.done).push(block);
    }

    fn text(&mut self, text: &str) {
        if let Some(Open::Code(code)) = self.open.last_mut() {
            code.push_str(text);
        } else if !text.is_empty() {
            self.inline(Inline::Text(text.to_owned()));
        }
    }

    /// Puts words where words are being read.
    fn inline(&mut self, inline: Inline) {
        let place = self.open.iter_mut().rev().find_map(|open| match open {
            Open::Inlines(_, words) => Some(Some(words)),
            Open::Blocks(..) | Open::List(..) => Some(None),
            Open::Code(_) | Open::Through => None,
        });
        place.flatten().unwrap_or(&mut self.loose).push(inline);
    }

    /// Words of their own, as in the items of a tight list, are a paragraph.
    fn settle(&mut self) {
        let words = std::mem::take(&mut self.loose);
        if !words.is_empty() {
            self.block(Block::Paragraph(words));
        }
    }
}

/// A link's address, if it may be followed: to the web or to a mail address, with nothing hidden in
/// it.
fn address(to: &str) -> Option<String> {
    let (scheme, rest) = to.split_once(':')?;
    let allowed = match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => rest.starts_with("//") && rest.len() > 2,
        "mailto" => !rest.is_empty(),
        _ => false,
    };
    let plain = to.chars().all(|c| !c.is_control() && !c.is_whitespace());
    (allowed && plain && !to.chars().any(domain::name::is_hidden)).then(|| to.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    #[test]
    fn notes_become_paragraphs_lists_and_links() {
        let blocks = read(
            "# Check\nafter *it*:\n- one\n- **two**\n\n1. `x`\n\n> said\n\n---\n```\na <b>\n```\n[site](https://a.example/x)",
        );
        let paragraph = |words: Vec<Inline>| Block::Paragraph(words);
        assert_eq!(
            blocks,
            [
                Block::Heading(vec![text("Check")]),
                paragraph(vec![
                    text("after "),
                    Inline::Emphasis(vec![text("it")]),
                    text(":"),
                ]),
                Block::List(
                    None,
                    vec![
                        vec![paragraph(vec![text("one")])],
                        vec![paragraph(vec![Inline::Strong(vec![text("two")])])],
                    ],
                ),
                Block::List(
                    Some(1),
                    vec![vec![paragraph(vec![Inline::Code("x".to_owned())])]],
                ),
                Block::Quote(vec![paragraph(vec![text("said")])]),
                Block::Rule,
                Block::Code("a <b>\n".to_owned()),
                paragraph(vec![Inline::Link(
                    "https://a.example/x".to_owned(),
                    vec![text("site")],
                )]),
            ]
        );
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(
            read("one\ntwo"),
            [Block::Paragraph(vec![
                text("one"),
                Inline::Break,
                text("two")
            ])]
        );
    }

    #[test]
    fn only_the_web_and_mail_are_linked_to() {
        for to in [
            "http://a",
            "HTTPS://a.example/?x=1",
            "mailto:ada@example.com",
        ] {
            assert_eq!(address(to).as_deref(), Some(to));
        }
        for to in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "//a.example",
            "/plans/1",
            "#x",
            "",
            "https:",
            "http:javascript:x",
            "https://a\u{0}b",
            "https://a b",
            "https://a\u{202e}b",
            " https://a",
        ] {
            assert_eq!(address(to), None, "{to:?}");
        }
    }

    #[test]
    fn nothing_is_nested_without_end() {
        fn depth(blocks: &[Block]) -> usize {
            blocks
                .iter()
                .map(|block| match block {
                    Block::Quote(inner) => 1 + depth(inner),
                    Block::List(_, items) => {
                        1 + items.iter().map(|item| depth(item)).max().unwrap_or(0)
                    }
                    _ => 1,
                })
                .max()
                .unwrap_or(0)
        }
        for hostile in [
            ">".repeat(20_000),
            "- ".repeat(10_000),
            "*a **b ".repeat(2_000),
            "[".repeat(20_000),
            "![a](".repeat(4_000),
            format!("{}x{}", "**".repeat(5_000), "**".repeat(5_000)),
        ] {
            assert!(depth(&read(&hostile)) <= DEPTH + 1);
        }
    }
}

//! What the palette lists: the actions of the page, and what the server found.

use crate::components::keyboard::Keyboard;
use crate::components::status::{Look, thousands};
use crate::components::theme::{set_density, set_theme};
use crate::routes::{self, encode};
use crate::session::Session;
use domain::access::Action;
use domain::view::{Found, Hit};
use leptos::prelude::Set;

/// What stands before an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// A line icon.
    Icon(&'static str),
    /// A status glyph and its tone.
    Glyph(&'static str, &'static str),
}

/// What choosing an entry does.
#[derive(Debug, Clone)]
pub enum Go {
    /// Goes to an address of the page.
    To(String),
    /// Does something here.
    Run(fn(Keyboard)),
}

/// A line of the palette.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The head it stands under.
    pub group: &'static str,
    /// Where its group stands.
    pub rank: u8,
    /// What stands before it.
    pub picture: Picture,
    /// What it says.
    pub label: String,
    /// What stands at its end.
    pub meta: String,
    /// Why it cannot be chosen.
    pub refusal: Option<String>,
    /// What choosing it does.
    pub go: Go,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (
            self.group,
            &self.label,
            &self.meta,
            &self.refusal,
            self.picture,
        ) == (
            other.group,
            &other.label,
            &other.meta,
            &other.refusal,
            other.picture,
        )
    }
}

/// Splits the sign that narrows the search from what is searched.
pub fn narrowed(text: &str) -> (Option<char>, &str) {
    let text = text.trim_start();
    match text.chars().next() {
        Some(sign @ ('>' | '#' | ':')) => (Some(sign), text[1..].trim()),
        _ => (None, text.trim()),
    }
}

/// The parts of a label before, in and after what was typed.
pub fn marked(label: &str, needle: &str) -> (String, String, String) {
    let at = if needle.is_empty() {
        None
    } else {
        label
            .to_ascii_lowercase()
            .find(&needle.to_ascii_lowercase())
    };
    match at {
        Some(at) => (
            label[..at].to_owned(),
            label[at..at + needle.len()].to_owned(),
            label[at + needle.len()..].to_owned(),
        ),
        None => (label.to_owned(), String::new(), String::new()),
    }
}

/// The actions whose words hold what was typed.
pub fn actions(session: Session, needle: &str) -> Vec<Entry> {
    let entry = |picture: &'static str, label: &str, meta: &str, go: Go| Entry {
        group: "Do",
        rank: 0,
        picture: Picture::Icon(picture),
        label: label.to_owned(),
        meta: meta.to_owned(),
        refusal: None,
        go,
    };
    let to = |path: &str| Go::To(path.to_owned());
    let mut list = vec![
        Entry {
            refusal: session.refusal(Action::EditPlan),
            ..entry(
                "plus",
                "Create new deployment plan",
                "",
                to(routes::NEW_PLAN),
            )
        },
        entry(
            "apps",
            "Go to Applications",
            "g a",
            to(routes::APPLICATIONS),
        ),
        entry("plans", "Go to Deployment Plans", "g p", to(routes::PLANS)),
        entry(
            "envs",
            "Go to Environments",
            "g e",
            to(routes::ENVIRONMENTS),
        ),
        entry("help", "Go to About", "g i", to(routes::ABOUT)),
        Entry {
            refusal: session.refusal(Action::ManageUsers),
            ..entry("people", "Go to Accounts", "", to(routes::ACCOUNTS))
        },
        Entry {
            refusal: session.refusal(Action::ManageEnvironments),
            ..entry(
                "plus",
                "Register an environment",
                "",
                to(routes::NEW_ENVIRONMENT),
            )
        },
    ];
    // What is about the page itself is only found, not offered.
    if !needle.is_empty() {
        list.extend([
            entry(
                "sun",
                "Light theme",
                "",
                Go::Run(|_| set_theme(Some("light"))),
            ),
            entry(
                "moon",
                "Dark theme",
                "",
                Go::Run(|_| set_theme(Some("dark"))),
            ),
            entry(
                "gear",
                "Theme of the system",
                "",
                Go::Run(|_| set_theme(None)),
            ),
            entry(
                "menu",
                "Compact rows",
                "",
                Go::Run(|_| set_density(Some("compact"))),
            ),
            entry(
                "menu",
                "Comfortable rows",
                "",
                Go::Run(|_| set_density(None)),
            ),
            entry(
                "help",
                "Keys",
                "?",
                Go::Run(|keyboard| keyboard.help.set(true)),
            ),
        ]);
    }
    let words: Vec<String> = needle
        .to_ascii_lowercase()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    list.retain(|entry| {
        let label = entry.label.to_ascii_lowercase();
        words.iter().all(|word| label.contains(word))
    });
    list
}

/// What the server found.
pub fn from_hit(hit: &Hit) -> Entry {
    match hit {
        Hit::Application { id, name } => Entry {
            group: "Applications",
            rank: 1,
            picture: Picture::Icon("apps"),
            label: name.clone(),
            meta: String::new(),
            refusal: None,
            go: Go::To(routes::application(*id)),
        },
        Hit::Plan {
            number,
            name,
            status,
        } => {
            let look = Look::of_plan(*status, None);
            Entry {
                group: "Plans",
                rank: 2,
                picture: Picture::Glyph(look.glyph, look.tone),
                label: format!("#{number} {name}"),
                meta: look.word,
                refusal: None,
                go: Go::To(if status.is_editable() {
                    routes::plan(*number)
                } else {
                    routes::run(*number)
                }),
            }
        }
        Hit::Environment { id, name } => Entry {
            group: "Environments",
            rank: 3,
            picture: Picture::Icon("envs"),
            label: name.clone(),
            meta: String::new(),
            refusal: None,
            go: Go::To(routes::environment(*id)),
        },
    }
}

/// What else was found, with the way to the list that has all of it.
pub fn more_of(found: &Found, needle: &str) -> Vec<Entry> {
    let searched = |path: &str| format!("{path}?search={}", encode(needle));
    [
        (
            "Applications",
            1,
            found.more_applications,
            searched(routes::APPLICATIONS),
        ),
        ("Plans", 2, found.more_plans, searched(routes::PLANS)),
        (
            "Environments",
            3,
            found.more_environments,
            routes::ENVIRONMENTS.to_owned(),
        ),
    ]
    .into_iter()
    .filter(|(_, _, more, _)| *more > 0)
    .map(|(group, rank, more, path)| Entry {
        group,
        rank,
        picture: Picture::Icon("more"),
        label: format!("and {} more: show them all", thousands(more)),
        meta: String::new(),
        refusal: None,
        go: Go::To(path),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_is_counted_and_leads_to_the_list() {
        let found = Found {
            more_applications: 1_234,
            more_environments: 2,
            ..Found::default()
        };
        let more = more_of(&found, "a&b");
        assert_eq!(more.len(), 2);
        assert_eq!(more[0].label, "and 1,234 more: show them all");
        assert_eq!(more[1].group, "Environments");
        assert!(matches!(&more[0].go, Go::To(path) if path == "/applications?search=a%26b"));
    }

    #[test]
    fn a_sign_narrows() {
        assert_eq!(narrowed("# 18"), (Some('#'), "18"));
        assert_eq!(narrowed(" claims "), (None, "claims"));
        assert_eq!(narrowed(">"), (Some('>'), ""));
    }

    #[test]
    fn what_was_typed_is_marked() {
        let parts = |label, needle| {
            let (a, b, c) = marked(label, needle);
            format!("{a}[{b}]{c}")
        };
        assert_eq!(parts("Claims Portal", "port"), "Claims [Port]al");
        assert_eq!(parts("Über", "b"), "Ü[b]er");
        assert_eq!(parts("Claims", "x"), "Claims[]");
        assert_eq!(parts("Claims", ""), "Claims[]");
    }
}

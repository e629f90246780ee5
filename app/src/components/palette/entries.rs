//! What the palette lists: the actions of the page, and what the server found.

use crate::components::keyboard::Keyboard;
use crate::components::me::MeDialogs;
use crate::components::status::{Look, thousands};
use crate::components::theme::{set_density, set_theme};
use crate::routes::{self, encode};
use crate::session::Session;
use domain::EnvironmentId;
use domain::access::Action;
use domain::view::{Found, Hit};
use leptos::prelude::{Callable, Set};

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
    Run(fn(Keyboard, MeDialogs)),
    /// Asks the agent of this environment for its inventory.
    Synchronize(EnvironmentId, String),
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

/// What kind of entries is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything.
    Any,
    /// Actions only (`>`).
    Actions,
    /// Plans only (`#`).
    Plans,
    /// Environments only (`:`).
    Environments,
    /// An application to tag (`tag …`).
    Tag,
    /// An environment to synchronize (`sync …`).
    Synchronize,
}

/// What was typed, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Which kind.
    pub kind: Kind,
    /// What is searched among them.
    pub rest: &'a str,
}

impl<'a> Wanted<'a> {
    /// Splits the sign or the verb that narrows the search from what is searched.
    pub fn read(text: &'a str) -> Self {
        const STARTS: [(&str, Kind); 6] = [
            (">", Kind::Actions),
            ("#", Kind::Plans),
            (":", Kind::Environments),
            ("tag ", Kind::Tag),
            ("sync ", Kind::Synchronize),
            ("synchronize ", Kind::Synchronize),
        ];
        let text = text.trim_start();
        STARTS
            .into_iter()
            .find_map(|(start, kind)| {
                let head = text.get(..start.len())?;
                head.eq_ignore_ascii_case(start).then(|| Self {
                    kind,
                    rest: text[start.len()..].trim(),
                })
            })
            .unwrap_or(Self {
                kind: Kind::Any,
                rest: text.trim(),
            })
    }

    /// What the server is asked for, if it is asked.
    pub fn asks_for(self) -> Option<&'a str> {
        (!self.rest.is_empty() && self.kind != Kind::Actions).then_some(self.rest)
    }

    /// The lines of the list. `offline` is why nothing can be changed now.
    pub fn entries(
        self,
        session: Session,
        offline: Option<String>,
        found: Option<&Found>,
    ) -> Vec<Entry> {
        let hits = found.map_or(&[][..], |found| &found.hits);
        let mut list = match self.kind {
            Kind::Any | Kind::Actions => actions(session, self.rest),
            Kind::Tag => hits.iter().filter_map(|hit| tag(session, hit)).collect(),
            Kind::Synchronize => hits
                .iter()
                .filter_map(|hit| synchronize(session, offline.as_ref(), hit))
                .collect(),
            Kind::Plans | Kind::Environments => Vec::new(),
        };
        if matches!(self.kind, Kind::Any | Kind::Plans | Kind::Environments)
            && let Some(found) = found
        {
            list.extend(
                hits.iter()
                    .map(from_hit)
                    .chain(more_of(found, self.rest))
                    .filter(|entry| match self.kind {
                        Kind::Plans => entry.group == "Plans",
                        Kind::Environments => entry.group == "Environments",
                        _ => true,
                    }),
            );
        }
        list.sort_by_key(|entry| entry.rank);
        list
    }
}

/// Tagging what was found, if it is an application.
fn tag(session: Session, hit: &Hit) -> Option<Entry> {
    let Hit::Application { id, name } = hit else {
        return None;
    };
    Some(Entry {
        group: "Do",
        rank: 0,
        picture: Picture::Icon("tag"),
        label: format!("Tag a version of {name}"),
        meta: String::new(),
        refusal: session.refusal(Action::TagVersion),
        go: Go::To(routes::tag_version(*id)),
    })
}

/// Synchronizing what was found, if it is an environment.
fn synchronize(session: Session, offline: Option<&String>, hit: &Hit) -> Option<Entry> {
    let Hit::Environment { id, name } = hit else {
        return None;
    };
    Some(Entry {
        group: "Do",
        rank: 0,
        picture: Picture::Icon("sync"),
        label: format!("Synchronize {name}"),
        meta: String::new(),
        refusal: session
            .refusal(Action::SynchronizeEnvironment)
            .or_else(|| offline.cloned()),
        go: Go::Synchronize(*id, name.clone()),
    })
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
fn actions(session: Session, needle: &str) -> Vec<Entry> {
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
        Entry {
            refusal: session.refusal(Action::SynchronizeEnvironment),
            ..entry(
                "sync",
                "Synchronize an environment",
                "sync …",
                to(routes::ENVIRONMENTS),
            )
        },
        Entry {
            refusal: session.refusal(Action::TagVersion),
            ..entry(
                "tag",
                "Tag a version of an application",
                "tag …",
                to(routes::APPLICATIONS),
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
                Go::Run(|_, _| set_theme(Some("light"))),
            ),
            entry(
                "moon",
                "Dark theme",
                "",
                Go::Run(|_, _| set_theme(Some("dark"))),
            ),
            entry(
                "gear",
                "Theme of the system",
                "",
                Go::Run(|_, _| set_theme(None)),
            ),
            entry(
                "menu",
                "Compact rows",
                "",
                Go::Run(|_, _| set_density(Some("compact"))),
            ),
            entry(
                "menu",
                "Comfortable rows",
                "",
                Go::Run(|_, _| set_density(None)),
            ),
            entry("key", "Tokens", "", Go::Run(|_, me| me.tokens.set(true))),
            entry(
                "lock",
                "Change password",
                "",
                Go::Run(|_, me| me.password.set(true)),
            ),
            entry(
                "logout",
                "Sign out",
                "",
                Go::Run(|_, me| me.sign_out.run(())),
            ),
            entry(
                "help",
                "Keys",
                "?",
                Go::Run(|keyboard, _| keyboard.help.set(true)),
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
fn from_hit(hit: &Hit) -> Entry {
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
fn more_of(found: &Found, needle: &str) -> Vec<Entry> {
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
        let read = |text| {
            let wanted = Wanted::read(text);
            (wanted.kind, wanted.rest, wanted.asks_for())
        };
        assert_eq!(read("# 18"), (Kind::Plans, "18", Some("18")));
        assert_eq!(read(" claims "), (Kind::Any, "claims", Some("claims")));
        assert_eq!(read(">"), (Kind::Actions, "", None));
        assert_eq!(read(">tag"), (Kind::Actions, "tag", None));
        assert_eq!(read("Tag Claims"), (Kind::Tag, "Claims", Some("Claims")));
        assert_eq!(read("sync "), (Kind::Synchronize, "", None));
        assert_eq!(read("tagebuch"), (Kind::Any, "tagebuch", Some("tagebuch")));
        assert_eq!(read("ü"), (Kind::Any, "ü", Some("ü")));
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

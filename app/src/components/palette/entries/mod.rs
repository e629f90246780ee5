//! What the palette lists: the actions of the page, and what the server found.

mod actions;
mod deploy;
mod found;
mod wanted;

pub use wanted::{Kind, Wanted};

use crate::components::keyboard::Keyboard;
use crate::components::me::MeDialogs;
use crate::routes;
use crate::session::Session;
use actions::actions;
use deploy::deploy;
use domain::EnvironmentId;
use domain::access::Action;
use domain::view::{Found, Hit, PossibleMove};
use found::{from_hit, more_of};

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

/// What the server found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What has the name or number that was typed.
    Found(Found),
    /// Where what was typed can be moved.
    Moves(Vec<PossibleMove>),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Found(Found::default())
    }
}

impl Wanted<'_> {
    /// The lines of the list. `offline` is why nothing can be changed now.
    pub fn entries(
        self,
        session: Session,
        offline: Option<String>,
        answer: Option<&Answer>,
    ) -> Vec<Entry> {
        let (found, moves) = match answer {
            Some(Answer::Found(found)) => (Some(found), &[][..]),
            Some(Answer::Moves(moves)) => (None, moves.as_slice()),
            None => (None, &[][..]),
        };
        let hits = found.map_or(&[][..], |found| &found.hits);
        let mut list = match self.kind {
            Kind::Any | Kind::Actions => actions(session, self.rest),
            Kind::Tag => hits.iter().filter_map(|hit| tag(session, hit)).collect(),
            Kind::Synchronize => hits
                .iter()
                .filter_map(|hit| synchronize(session, offline.as_ref(), hit))
                .collect(),
            Kind::Deploy => deploy(session.refusal(Action::EditPlan).as_ref(), moves),
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

#[cfg(test)]
mod tests {
    use super::*;

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

//! What the server found.

use super::{Entry, Go, Picture};
use crate::components::status::{Look, thousands};
use crate::routes::{self, encode};
use domain::view::{Found, Hit};

/// A hit as a line.
pub(super) fn from_hit(hit: &Hit) -> Entry {
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
pub(super) fn more_of(found: &Found, needle: &str) -> Vec<Entry> {
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
}

//! What the page itself can do.

use super::{Entry, Go, Picture};
use crate::components::theme::{set_density, set_theme};
use crate::routes;
use crate::session::Session;
use domain::access::Action;
use leptos::prelude::{Callable, Set};

/// The actions whose words hold what was typed.
pub(super) fn actions(session: Session, needle: &str) -> Vec<Entry> {
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
        entry(
            "compare",
            "Compare environments, now and then",
            "",
            to(routes::COMPARE),
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
            refusal: session.refusal(Action::EditPlan),
            ..entry(
                "arrow",
                "Deploy an application",
                "deploy …",
                to(routes::APPLICATIONS),
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
            entry(
                "key",
                "Your tokens",
                "",
                Go::Run(|_, me| me.tokens.set(true)),
            ),
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
                "Keyboard keys",
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

//! Reading `slipway.toml`: everything that is right, and every kind of mistake.

use bundle::{Manifest, ModuleKind, initialise};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use uuid::Uuid;

const WHOLE: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000001"
name = "Order Desk"
description = "Takes orders"

# The page
[[module]]
id = "0197a000-0000-7000-8000-000000000002"
name = "OrderUI"
kind = "static"
path = "ui"
url_path = "/orders"

  [[module.uses]]
  module = "OrderAPI"
  elements = [{ kind = "service_action", name = "Place", members = ["amount"] }]

  [[module.setting]]
  name = "PageSize"
  type = "integer"
  default = 25

[[module]]
id = "0197a000-0000-7000-8000-000000000003"
name = "OrderAPI"
kind = "service"
path = "."
url_path = "/orders/api"
needs_platform = 1

  [module.service]
  command = ["{slipway}", "sample-service"]
  health = "/health"

  [[module.provides]]
  kind = "service_action"
  name = "Place"
  members = [
    { role = "input", name = "amount", type = "decimal", mandatory = true },
    { role = "output", name = "number", type = "text" },
  ]

  [[module.setting]]
  name = "Token"
  type = "text"
  secret = true
"#;

#[test]
fn a_whole_manifest_is_read() {
    let manifest = Manifest::parse("slipway.toml", WHOLE).unwrap();
    assert_eq!(manifest.application.name, "Order Desk");
    let [ui, api] = &manifest.modules[..] else {
        panic!()
    };
    assert_eq!(
        (ui.kind, api.kind),
        (ModuleKind::Static, ModuleKind::Service)
    );
    assert_eq!(ui.settings[0].default.as_deref(), Some("25"));
    assert_eq!(ui.uses[0].elements[0].members, ["amount"]);
    let service = api.service.as_ref().unwrap();
    assert_eq!(
        (service.health.as_str(), service.start_seconds),
        ("/health", 30)
    );
    assert!(api.provides[0].members[0].mandatory && !api.provides[0].members[1].mandatory);
    manifest.require_ids("slipway.toml", WHOLE).unwrap();
}

fn mistakes(text: &str) -> Vec<String> {
    let error = Manifest::parse("slipway.toml", text).unwrap_err();
    error
        .mistakes
        .iter()
        .map(|m| format!("{}:{} {} -> {}", m.line, m.column, m.message, m.help))
        .collect()
}

#[test]
fn all_mistakes_are_reported_at_once_with_their_places() {
    let text = r#"[application]
nmae = "Shop"

[[module]]
name = "One"
kind = "statik"
path = "../up"
url_path = "shop"
colour = "red"

[[module]]
name = "one"
kind = "service"
path = "two"
url_path = "/-/two"
  [[module.provides]]
  kind = "themes"
  name = "T"
  [[module.setting]]
  name = "9lives"
  type = "integer"
  default = "many"
  [[module.setting]]
  name = "Key"
  type = "text"
  default = "x"
  secret = true
"#;
    let found = mistakes(text);
    let expected = [
        "1:1 [application] has no `name` -> Add it",
        "2:1 `nmae` is not known in [application] -> Did you mean `name`?",
        "6:8 \"statik\" is no kind of the module \"One\" -> Did you mean \"static\"?",
        "7:8 `path` is not usable: it has an empty part, `.` or `..`",
        "9:1 `colour` is not known in the module \"One\" -> Remove it. Known here:",
        "11:1 the module \"one\" is a service without [module.service]",
        "15:12 the url_path \"/-/two\" is not usable: `/-` belongs to the agent",
        "17:10 \"themes\" is no kind of [[module.provides]] -> Did you mean \"theme\"?",
        "20:10 `name` is not usable: it is not made of letters",
        "22:13 the default \"many\" does not fit the setting's type -> Correct the default or the type: an integer",
        "26:13 a secret setting has a default -> Remove the default",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n  is not\n{expected}");
    }
    let shown = Manifest::parse("shop/slipway.toml", text)
        .unwrap_err()
        .to_string();
    assert!(
        shown.contains("shop/slipway.toml:2:1: `nmae` is not known"),
        "{shown}"
    );
}

#[test]
fn an_id_that_two_modules_have_is_found_where_it_is_repeated() {
    let id = "0197a000-0000-7000-8000-000000000002";
    let module = |name: &str| {
        format!(
            "[[module]]\nid = \"{id}\"\nname = \"{name}\"\nkind = \"static\"\npath = \"m\"\nurl_path = \"/{name}\"\n"
        )
    };
    let twice = |name: &str, line: u32| {
        format!(
            "{line}:1 the id of module \"{name}\" is used twice -> A copied module keeps no id: remove its id line and run `slipway init`."
        )
    };
    let application = "[application]\nname = \"A\"\n";
    // Every repetition is named, not only the first.
    let text = format!("{application}{}{}{}", module("a"), module("b"), module("c"));
    assert_eq!(mistakes(&text), [twice("b", 9), twice("c", 15)]);
    // The application's own id is none for a module either.
    let text = format!("{application}id = \"{id}\"\n{}", module("a"));
    assert_eq!(mistakes(&text), [twice("a", 4)]);
    // Nor is anything written into such a manifest.
    let refused = initialise("slipway.toml", &text, Uuid::nil).unwrap_err();
    assert!(refused.to_string().contains("is used twice"), "{refused}");
}

#[test]
fn every_kind_of_mistake_is_found() {
    let application = "[application]\nname = \"A\"\n";
    let module = "[[module]]\nname = \"M\"\nkind = \"static\"\npath = \"m\"\nurl_path = \"/m\"\n";
    let cases = [
        ("[[module]\n", "this is not valid TOML"),
        ("", "there is no [application]"),
        (application, "there is no [[module]]"),
        (
            &format!("application = 3\n{module}"),
            "[application] is a number, not a table",
        ),
        (
            &format!("{application}[module]\nname = \"M\""),
            "`module` is a table, not a list",
        ),
        (
            &format!("[application]\nname = 3\n{module}"),
            "is a number, not text",
        ),
        (
            &format!("[application]\nname = \" x\"\n{module}"),
            "begins or ends with a space",
        ),
        (
            &format!("[application]\nname = \"{}\"\n{module}", "x".repeat(51)),
            "longer than 50",
        ),
        (
            &format!("[application]\nname = \"A\"\nid = \"1234\"\n{module}"),
            "is not a UUID",
        ),
        (
            &format!("{application}{module}{module}"),
            "two modules are named \"M\"",
        ),
        (
            &format!("{application}{module}{}", module.replace("\"M\"", "\"N\"")),
            "share the url_path",
        ),
        (
            &format!("{application}{}", module.replace("static", "library")),
            "is a library and has a url_path",
        ),
        (
            &format!("{application}{}", module.replace("url_path = \"/m\"\n", "")),
            "has no url_path",
        ),
        (
            &format!("{application}{}", module.replace("\"M\"", "\"a/b\"")),
            "holds a slash",
        ),
        (
            &format!("{application}{module}[module.service]\ncommand = [\"x\"]"),
            "is not a service and has",
        ),
        (
            &format!(
                "{application}{}[module.service]\ncommand = []",
                module.replace("static", "service")
            ),
            "has no command",
        ),
        (
            &format!(
                "{application}{}[module.service]\ncommand = [\"x\"]\nhealth = \"no\"",
                module.replace("static", "service")
            ),
            "health path",
        ),
        (
            &format!(
                "{application}{}[module.service]\ncommand = [\"x\"]\nstart_seconds = 0",
                module.replace("static", "service")
            ),
            "not a number from 1 to 600",
        ),
        (
            &format!(
                "{application}{module}[[module.provides]]\nkind = \"theme\"\nname = \"T\"\n[[module.provides]]\nkind = \"theme\"\nname = \"t\""
            ),
            "provides the theme \"t\" twice",
        ),
        (
            &format!(
                "{application}{module}[[module.provides]]\nkind = \"theme\"\nname = \"T\"\ncontent = \"/etc\""
            ),
            "it is absolute",
        ),
        (
            &format!(
                "{application}{module}[[module.provides]]\nkind = \"theme\"\nname = \"T\"\nmembers = [{{ role = \"in\", name = \"x\", type = \"text\" }}]"
            ),
            "Did you mean \"input\"?",
        ),
        (
            &format!("{application}{module}[[module.uses]]\nmodule = \"m\"\nelements = []"),
            "uses itself",
        ),
        (
            &format!("{application}{module}[[module.uses]]\nmodule = \"x\""),
            "there are no elements",
        ),
        (
            &format!(
                "{application}{module}[[module.uses]]\nmodule = \"x\"\nelements = []\n[[module.uses]]\nmodule = \"X\"\nelements = []"
            ),
            "names the producer \"X\" twice",
        ),
        (
            &format!(
                "{application}{module}[[module.setting]]\nname = \"s\"\ntype = \"text\"\n[[module.setting]]\nname = \"S\"\ntype = \"text\""
            ),
            "has the setting \"S\" twice",
        ),
        (
            &format!(
                "{application}{module}[[module.setting]]\nname = \"s\"\ntype = \"boolean\"\ndefault = \"yes\""
            ),
            "does not fit",
        ),
        (
            &format!(
                "{application}{module}[[module.setting]]\nname = \"s\"\ntype = \"date_time\"\ndefault = \"today\""
            ),
            "does not fit",
        ),
        (
            &format!(
                "{application}{module}[[module.setting]]\nname = \"s\"\ntype = \"text\"\nsecret = \"yes\""
            ),
            "without quotes",
        ),
    ];
    for (text, expected) in cases {
        let found = mistakes(text).join("\n");
        assert!(
            found.contains(expected),
            "{text}\ngave\n{found}\nand not\n{expected}"
        );
    }
}

#[test]
fn init_writes_what_is_missing_and_nothing_else() {
    let without: String = WHOLE
        .lines()
        .filter(|line| !line.starts_with("id ="))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut next = 0;
    let made = initialise("slipway.toml", &without, || {
        next += 1;
        Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0000 + next)
    })
    .unwrap();
    assert_eq!(
        made.text, WHOLE,
        "the ids stand where a person would write them"
    );
    assert_eq!(
        made.added,
        [
            "application \"Order Desk\"",
            "module \"OrderUI\"",
            "module \"OrderAPI\""
        ]
    );
    let again = initialise("slipway.toml", WHOLE, || panic!("nothing is missing")).unwrap();
    assert_eq!(again.text, WHOLE);
    let missing = Manifest::parse("s.toml", &without)
        .unwrap()
        .require_ids("s.toml", &without)
        .unwrap_err();
    assert_eq!(missing.mistakes.len(), 3);
    let lines: Vec<&str> = without.lines().collect();
    for mistake in &missing.mistakes {
        let line = lines[mistake.line - 1];
        assert!(line == "[application]" || line == "[[module]]", "{line}");
    }
    assert!(missing.to_string().contains("slipway init"));
}

#[test]
fn what_is_not_there_and_what_is_no_text_are_told_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Manifest::parse("s.toml", WHOLE)
        .unwrap()
        .require_folders("s.toml", WHOLE, folder.path())
        .unwrap_err();
    let lines: Vec<&str> = WHOLE.lines().collect();
    assert!(!missing.mistakes.is_empty());
    for mistake in &missing.mistakes {
        let line: String = lines[mistake.line - 1]
            .chars()
            .skip(mistake.column - 1)
            .collect();
        assert!(lines[mistake.line - 1].starts_with("path"), "{line}");
        assert!(line.starts_with('"'), "{line}");
    }
    let bytes = b"[application]\nname = \"Caf\xe9\"\n".to_vec();
    let error = bundle::manifest_text("s.toml", bytes).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("s.toml:2:12: this is not UTF-8"),
        "{error}"
    );
}

#[test]
fn the_documentation_shows_manifests_that_are_right() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/manifest.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let text = block.split("```").next().unwrap();
        let manifest = Manifest::parse("slipway.toml", text).unwrap_or_else(|e| panic!("{e}"));
        manifest.require_ids("slipway.toml", text).unwrap();
        assert!(ids.insert(manifest.application.id));
    }
}

proptest! {
    /// Whatever is written, reading it ends with a manifest or with mistakes that have places.
    #[test]
    fn no_text_is_too_odd(text in "(\\[\\[?(application|module|module\\.uses)\\]\\]?|[a-z_]{1,8} = (\"[^\"\n]{0,6}\"|[0-9]{1,3}|\\[\\]|\\{\\})|\\PC{0,8}|\n){0,20}") {
        if let Err(error) = Manifest::parse("x", &text) {
            prop_assert!(!error.mistakes.is_empty());
            for mistake in error.mistakes {
                prop_assert!(mistake.line >= 1 && mistake.column >= 1 && !mistake.help.is_empty());
            }
        }
    }

    /// A manifest with one byte changed is read or explained, never a panic.
    #[test]
    fn no_slip_of_the_pen_is_too_odd(at in 0..WHOLE.len(), with in any::<u8>()) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        bytes[at] = with;
        let text = String::from_utf8_lossy(&bytes);
        let _ = Manifest::parse("x", &text);
        let _ = initialise("x", &text, Uuid::nil);
    }
}

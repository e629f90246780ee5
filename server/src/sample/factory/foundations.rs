//! What the rest of the factory stands on: look, customers, policies.

use super::super::pages::{self, Screen};
use super::Edition;
use super::writer::Writer;

pub(super) fn harbour_ui(edition: Edition, w: &mut Writer) {
    w.library("HarbourTheme", "theme", "Colours, type and the mark.");
    w.manifest.provides(
        "theme",
        "Harbour",
        Some("theme.css"),
        "The style of every screen.",
        &[],
    );
    w.manifest.provides(
        "image",
        "Logo",
        Some("logo.svg"),
        "The mark of Harbour Mutual.",
        &[],
    );
    w.file("theme/theme.css", pages::theme(edition.number));
    w.file("theme/logo.svg", pages::LOGO);
    w.library("HarbourScripts", "scripts", "What every screen can do.");
    w.manifest.provides(
        "client_action",
        "FormatMoney",
        Some("money.js"),
        "An amount as people read it.",
        &[
            "input Amount decimal!",
            "input Currency text",
            "output Text text",
        ],
    );
    w.file("scripts/money.js", pages::money_script(edition.number));
}

pub(super) fn customer_core(edition: Edition, w: &mut Writer) {
    w.library(
        "CustomerModel",
        "model",
        "What makes a customer known to us.",
    );
    w.manifest.provides(
        "server_action",
        "CheckIdentity",
        Some("identity.json"),
        "Which documents prove who somebody is.",
        &["input CustomerNumber text!", "output Known boolean"],
    );
    w.file(
        "model/identity.json",
        "{\n  \"documents\": [\"passport\", \"identity card\", \"residence permit\"]\n}\n",
    );

    w.service(
        "CustomerCore",
        "service",
        "/customer-core",
        "Customers by number, name and address.",
        &[
            ("C-20417", "Ana Ribeiro, Lisbon"),
            ("C-20418", "Jonas Weber, Hamburg"),
        ],
    );
    let find: &[&str] = if edition.number < 2 {
        &["input CustomerNumber text!", "output Customer Customer"]
    } else {
        &[
            "input CustomerNumber text!",
            "input IncludeClosed boolean",
            "output Customer Customer",
        ]
    };
    w.manifest.provides(
        "service_action",
        "FindCustomer",
        None,
        "One customer by number.",
        find,
    );
    w.manifest.provides(
        "entity",
        "Customer",
        None,
        "A person or company we insure.",
        &[
            "attribute Number text!",
            "attribute Name text!",
            "attribute City text",
        ],
    );
    w.manifest
        .uses("CustomerModel", &[("server_action", "CheckIdentity")]);
    w.manifest.setting(
        "Country",
        "text",
        Some("PT"),
        "Where addresses are looked up first.",
    );

    let rows = [
        ["C-20417", "Ana Ribeiro", "Lisbon"],
        ["C-20418", "Jonas Weber", "Hamburg"],
        ["C-20419", "Nordlicht Reederei", "Kiel"],
    ];
    w.site(
        "CustomerCentre",
        "centre",
        "/customers",
        &Screen {
            title: "Customer Centre",
            lead: "Who is insured with us, at a glance.",
            head: ["Number", "Name", "City"],
            rows: &rows,
            links: &[
                ("../customer-core/", "Customer service"),
                ("../claims/", "Claims"),
            ],
            note: (edition.number > 1).then_some("Closed customers can be found again."),
            embeds: None,
        },
    );
    w.manifest
        .uses("HarbourTheme", &[("theme", "Harbour"), ("image", "Logo")]);
    w.manifest
        .uses("CustomerCore", &[("service_action", "FindCustomer")]);
}

pub(super) fn policy_core(edition: Edition, w: &mut Writer) {
    w.library("PolicyRules", "rules", "What is covered, and what is not.");
    w.manifest.provides(
        "server_action",
        "CheckCoverage",
        Some("coverage.json"),
        "Whether a peril is covered by a product.",
        &[
            "input Product text!",
            "input Peril text!",
            "output Covered boolean",
        ],
    );
    w.file(
        "rules/coverage.json",
        format!(
            "{{\n  \"edition\": {},\n  \"home\": [\"fire\", \"water\", \"storm\"],\n  \"marine\": [\"stranding\", \"collision\"]\n}}\n",
            edition.number
        ),
    );

    w.service(
        "PolicyCore",
        "service",
        "/policy-core",
        "Policies from quote to cancellation.",
        &[
            ("P-88120", "Home, Ana Ribeiro"),
            ("P-88121", "Marine, Nordlicht Reederei"),
        ],
    );
    w.manifest.provides(
        "service_action",
        "ReadPolicy",
        None,
        "One policy by number.",
        &["input PolicyNumber text!", "output Policy Policy"],
    );
    w.manifest.provides(
        "service_action",
        "IssuePolicy",
        None,
        "Turns a quote into a policy.",
        &["input Quote text!", "output PolicyNumber text"],
    );
    if edition.number > 1 {
        w.manifest.provides(
            "service_action",
            "EndorsePolicy",
            None,
            "Changes a policy from a date on.",
            &[
                "input PolicyNumber text!",
                "input From date_time!",
                "output Endorsement text",
            ],
        );
    }
    w.manifest.provides(
        "entity",
        "Policy",
        None,
        "A contract.",
        &[
            "attribute Number text!",
            "attribute Product text!",
            "attribute CustomerNumber text!",
        ],
    );
    w.manifest
        .uses("PolicyRules", &[("server_action", "CheckCoverage")]);
    w.manifest.uses(
        "CustomerCore",
        &[("service_action", "FindCustomer"), ("entity", "Customer")],
    );
    w.manifest.setting(
        "GraceDays",
        "integer",
        Some("14"),
        "Days a premium may be late.",
    );
}

//! What is asked for by others: tariff, claims, messages, documents.

use super::Edition;
use super::writer::Writer;

pub(super) fn rating_engine(edition: Edition, w: &mut Writer) {
    w.library("RatingTables", "tables", "The tariff.");
    w.manifest.provides(
        "resource",
        "Tariff",
        Some("tariff.json"),
        "Premium per thousand insured.",
        &[],
    );
    // The third edition is the second week's correction, made straight in Production.
    let home = match edition.number {
        1 => "1.85",
        2 => "1.92",
        _ => "1.58",
    };
    w.file(
        "tables/tariff.json",
        format!("{{\n  \"home\": {home},\n  \"motor\": 4.10,\n  \"marine\": 6.75\n}}\n"),
    );
    w.service(
        "RatingEngine",
        "service",
        "/rating",
        "What a risk costs.",
        &[("home", home), ("motor", "4.10"), ("marine", "6.75")],
    );
    w.manifest.provides(
        "service_action",
        "Quote",
        None,
        "The premium of a risk.",
        &[
            "input Product text!",
            "input SumInsured decimal!",
            "output Premium decimal",
        ],
    );
    w.manifest.uses("RatingTables", &[("resource", "Tariff")]);
    w.manifest.setting(
        "Rounding",
        "decimal",
        Some("0.05"),
        "Premiums are rounded to this.",
    );
}

pub(super) fn claims_core(edition: Edition, w: &mut Writer) {
    w.library("ClaimsLogic", "logic", "How a claim is decided.");
    w.manifest.provides(
        "server_action",
        "DecideCoverage",
        Some("decision.json"),
        "Pay, refuse or ask.",
        &["input Claim text!", "output Decision text"],
    );
    w.file(
        "logic/decision.json",
        format!(
            "{{\n  \"edition\": {},\n  \"pay_below\": 1500\n}}\n",
            edition.number
        ),
    );
    w.service(
        "ClaimsCore",
        "service",
        "/claims-core",
        "Claims, coverage decisions and reserves.",
        &[
            ("S-4410", "Water damage, P-88120"),
            ("S-4411", "Stranding, P-88121"),
        ],
    );
    w.manifest.provides(
        "service_action",
        "OpenClaim",
        None,
        "A new claim.",
        &[
            "input PolicyNumber text!",
            "input Event text!",
            "output ClaimNumber text",
        ],
    );
    w.manifest.provides(
        "service_action",
        "ReadClaim",
        None,
        "One claim by number.",
        &["input ClaimNumber text!", "output State text"],
    );
    if edition.number > 1 {
        w.manifest.provides(
            "service_action",
            "EstimateReserve",
            None,
            "What a claim will probably cost.",
            &["input ClaimNumber text!", "output Reserve decimal"],
        );
    }
    w.manifest
        .uses("ClaimsLogic", &[("server_action", "DecideCoverage")]);
    w.manifest.uses(
        "PolicyCore",
        &[("service_action", "ReadPolicy"), ("entity", "Policy")],
    );
    w.manifest
        .uses("CustomerCore", &[("service_action", "FindCustomer")]);
}

pub(super) fn notifications_hub(edition: Edition, w: &mut Writer) {
    w.library("MessageTemplates", "templates", "The words we use.");
    w.manifest.provides(
        "resource",
        "Letterhead",
        Some("letterhead.txt"),
        "Top of every letter.",
        &[],
    );
    w.file(
        "templates/letterhead.txt",
        if edition.number < 2 {
            "Harbour Mutual, Cais do Sodre 12, Lisbon\n"
        } else {
            "Harbour Mutual, Cais do Sodre 12, 1200-450 Lisbon\nAn insurer owned by those it insures\n"
        },
    );
    w.service(
        "NotificationsHub",
        "service",
        "/notifications",
        "Letters, mails and messages in one voice.",
        &[("queue", "empty"), ("sent today", "312")],
    );
    w.manifest.provides(
        "service_action",
        "SendMessage",
        None,
        "One message to one customer.",
        &[
            "input CustomerNumber text!",
            "input Text text!",
            "output Accepted boolean",
        ],
    );
    w.manifest
        .uses("MessageTemplates", &[("resource", "Letterhead")]);
    w.manifest.setting(
        "SenderName",
        "text",
        Some("Harbour Mutual"),
        "Who messages come from.",
    );
}

pub(super) fn document_vault(_: Edition, w: &mut Writer) {
    w.library(
        "DocumentViewer",
        "viewer",
        "Shows a document on any screen.",
    );
    w.manifest.provides(
        "block",
        "Viewer",
        Some("viewer.html"),
        "A document, read only.",
        &["input DocumentNumber text!"],
    );
    w.file(
        "viewer/viewer.html",
        "<!doctype html>\n<html lang=\"en\"><head><title>Document</title></head>\n<body style=\"font:14px system-ui,sans-serif\">No document chosen.</body></html>\n",
    );
    w.service(
        "DocumentVault",
        "service",
        "/documents",
        "Every document once, for seven years.",
        &[
            ("D-77001", "Policy P-88120.pdf"),
            ("D-77002", "Photos of S-4410.zip"),
        ],
    );
    w.manifest.provides(
        "service_action",
        "ReadDocument",
        None,
        "One document by number.",
        &["input DocumentNumber text!", "output Content binary"],
    );
    w.manifest.provides(
        "service_action",
        "StoreDocument",
        None,
        "A new document.",
        &[
            "input Content binary!",
            "input Name text!",
            "output DocumentNumber text",
        ],
    );
    w.manifest.setting(
        "RetentionYears",
        "integer",
        Some("7"),
        "How long documents are kept.",
    );
}

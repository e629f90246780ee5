//! What customers and brokers see.

use super::super::pages::Screen;
use super::Edition;
use super::writer::Writer;

pub(super) fn claims_portal(edition: Edition, w: &mut Writer) {
    let estimates = edition.number > 1;
    let claims: &[(&str, &str)] = if estimates {
        &[
            ("service_action", "OpenClaim"),
            ("service_action", "ReadClaim"),
            ("service_action", "EstimateReserve"),
        ]
    } else {
        &[
            ("service_action", "OpenClaim"),
            ("service_action", "ReadClaim"),
        ]
    };
    let note = match edition.number {
        1 => None,
        2 => Some("New: the expected cost of a claim is shown from the first day."),
        _ => Some("New: photos can be added from a phone."),
    };
    w.service(
        "ClaimsApi",
        "api",
        "/claims-api",
        "What the claims screens ask for.",
        &[("open claims", "2")],
    );
    w.manifest.provides(
        "service_action",
        "ReportClaim",
        None,
        "A claim as a customer tells it.",
        &[
            "input PolicyNumber text!",
            "input Story text!",
            "output ClaimNumber text",
        ],
    );
    w.manifest.uses("ClaimsCore", claims);
    w.manifest
        .uses("CustomerCore", &[("service_action", "FindCustomer")]);

    w.site(
        "ClaimsPortal",
        "portal",
        "/claims",
        &Screen {
            title: "Claims Portal",
            lead: "Report a claim and see where it stands.",
            head: ["Claim", "Event", "State"],
            rows: &[
                ["S-4410", "Water damage", "Being decided"],
                ["S-4411", "Stranding", "Opened"],
            ],
            links: &[
                ("../claims-office/", "Back office"),
                ("../claims-api/", "Claims service"),
            ],
            note,
            embeds: None,
        },
    );
    w.manifest
        .uses("HarbourTheme", &[("theme", "Harbour"), ("image", "Logo")]);
    w.manifest
        .uses("HarbourScripts", &[("client_action", "FormatMoney")]);
    w.manifest
        .uses("ClaimsApi", &[("service_action", "ReportClaim")]);

    w.site(
        "ClaimsBackOffice",
        "office",
        "/claims-office",
        &Screen {
            title: "Claims Back Office",
            lead: "What adjusters have on their desks.",
            head: ["Claim", "Adjuster", "Reserve"],
            rows: &[
                ["S-4410", "Marta Silva", "1,200.00"],
                ["S-4411", "Piet de Vries", "48,000.00"],
            ],
            links: &[("../claims/", "Portal")],
            note: estimates.then_some("Reserves are estimated by Claims Core."),
            embeds: None,
        },
    );
    w.manifest
        .uses("HarbourTheme", &[("theme", "Harbour"), ("image", "Logo")]);
    w.manifest.uses("ClaimsCore", claims);
}

pub(super) fn broker_portal(edition: Edition, w: &mut Writer) {
    let documents = edition.number > 1;
    w.service(
        "BrokerApi",
        "api",
        "/broker-api",
        "What the brokers' screens ask for.",
        &[("brokers", "41"), ("quotes today", "96")],
    );
    w.manifest.provides(
        "service_action",
        "RequestQuote",
        None,
        "A quote for a broker's customer.",
        &[
            "input Product text!",
            "input SumInsured decimal!",
            "output Premium decimal",
        ],
    );
    w.manifest
        .uses("RatingEngine", &[("service_action", "Quote")]);
    w.manifest
        .uses("PolicyCore", &[("service_action", "IssuePolicy")]);
    w.manifest
        .uses("NotificationsHub", &[("service_action", "SendMessage")]);
    if documents {
        w.manifest
            .uses("DocumentVault", &[("service_action", "ReadDocument")]);
    }

    w.site(
        "BrokerPortal",
        "portal",
        "/brokers",
        &Screen {
            title: "Broker Portal",
            lead: "Quotes and policies for our brokers.",
            head: ["Quote", "Product", "Premium"],
            rows: &[["Q-9001", "Home", "231.40"], ["Q-9002", "Motor", "512.00"]],
            links: &[
                ("../broker-api/", "Broker service"),
                ("../rating/", "Rating"),
            ],
            note: documents.then_some("New: every policy with its documents."),
            embeds: documents.then_some("producers/DocumentViewer/viewer.html"),
        },
    );
    w.manifest
        .uses("HarbourTheme", &[("theme", "Harbour"), ("image", "Logo")]);
    w.manifest
        .uses("BrokerApi", &[("service_action", "RequestQuote")]);
    if documents {
        w.manifest.uses("DocumentViewer", &[("block", "Viewer")]);
    }
}

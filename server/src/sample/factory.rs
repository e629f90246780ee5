//! The applications of Harbour Mutual and what changes between their editions. An edition is a
//! state of an application's folder; which version number it gets is the history's business.

use super::folder::{Folder, ManifestText};
use super::pages::{self, Screen};
use uuid::Uuid;

/// A state of an application's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// Position in [`APPLICATIONS`].
    pub index: usize,
    /// The application's name.
    pub name: &'static str,
    /// From 1.
    pub number: u8,
}

/// An application of the sample.
#[derive(Debug, Clone, Copy)]
pub struct SampleApplication {
    /// Its name.
    pub name: &'static str,
    /// Its folder's name.
    pub folder: &'static str,
    /// What it says of itself.
    pub description: &'static str,
    /// How many editions there are.
    pub editions: u8,
    build: fn(Edition, &mut Writer),
}

/// All of them, producers before their consumers.
pub const APPLICATIONS: [SampleApplication; 9] = [
    application(
        "Harbour UI",
        "harbour-ui",
        "Theme, icons and scripts that every screen of Harbour Mutual stands on.",
        2,
        harbour_ui,
    ),
    application(
        "Customer Core",
        "customer-core",
        "Who our customers are, and the desk that looks after them.",
        2,
        customer_core,
    ),
    application(
        "Policy Core",
        "policy-core",
        "Policies from quote to cancellation.",
        2,
        policy_core,
    ),
    application(
        "Rating Engine",
        "rating-engine",
        "What a risk costs.",
        3,
        rating_engine,
    ),
    application(
        "Claims Core",
        "claims-core",
        "Claims, coverage decisions and reserves.",
        2,
        claims_core,
    ),
    application(
        "Notifications Hub",
        "notifications-hub",
        "Letters, mails and messages in one voice.",
        2,
        notifications_hub,
    ),
    application(
        "Document Vault",
        "document-vault",
        "Every document once, for seven years.",
        1,
        document_vault,
    ),
    application(
        "Claims Portal",
        "claims-portal",
        "Where customers report a claim and adjusters settle it.",
        3,
        claims_portal,
    ),
    application(
        "Broker Portal",
        "broker-portal",
        "Quotes and policies for our brokers.",
        2,
        broker_portal,
    ),
];

const fn application(
    name: &'static str,
    folder: &'static str,
    description: &'static str,
    editions: u8,
    build: fn(Edition, &mut Writer),
) -> SampleApplication {
    SampleApplication {
        name,
        folder,
        description,
        editions,
        build,
    }
}

/// The edition of an application by the name of its folder; none if there is no such one.
pub fn edition(folder: &str, number: u8) -> Option<Edition> {
    let index = APPLICATIONS.iter().position(|a| a.folder == folder)?;
    let application = APPLICATIONS.get(index)?;
    (1..=application.editions)
        .contains(&number)
        .then_some(Edition {
            index,
            name: application.name,
            number,
        })
}

impl Edition {
    /// The application's id: fixed, so that the sample is the same factory everywhere.
    pub fn application_id(self) -> Uuid {
        id(self.index, 0)
    }

    /// The application's folder as this edition has it.
    pub fn folder(self) -> Folder {
        let Some(application) = APPLICATIONS.get(self.index) else {
            return Folder::default();
        };
        let mut writer = Writer {
            edition: self,
            modules: 0,
            manifest: ManifestText::new(
                self.application_id(),
                application.name,
                application.description,
            ),
            folder: Folder::default(),
        };
        (application.build)(self, &mut writer);
        let mut folder = writer.folder;
        folder
            .files
            .insert(bundle::MANIFEST_FILE.to_owned(), writer.manifest.finish());
        folder
    }
}

/// Ids in the form of a version 7 UUID of 1 January 2026.
fn id(application: usize, part: usize) -> Uuid {
    let number = (application as u128) << 8 | part as u128;
    Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 | number)
}

/// Collects an edition's modules.
struct Writer {
    edition: Edition,
    modules: usize,
    manifest: ManifestText,
    folder: Folder,
}

impl Writer {
    fn module(&mut self, name: &str, kind: &str, path: &str, description: &str) {
        self.modules += 1;
        let id = id(self.edition.index, self.modules);
        self.manifest.module(id, name, kind, path, description);
    }

    fn library(&mut self, name: &str, path: &str, description: &str) {
        self.module(name, "library", path, description);
    }

    fn site(&mut self, name: &str, path: &str, url: &str, screen: &Screen<'_>) {
        self.module(name, "static", path, screen.lead);
        self.manifest.pair("url_path", url);
        self.file(
            &format!("{path}/index.html"),
            pages::page(self.edition, screen),
        );
    }

    fn service(
        &mut self,
        name: &str,
        path: &str,
        url: &str,
        title: &str,
        records: &[(&str, &str)],
    ) {
        self.module(name, "service", path, title);
        self.manifest.pair("url_path", url);
        self.manifest
            .service(&["{slipway}", "sample-service"], "/health");
        self.file(
            &format!("{path}/service.json"),
            pages::service(self.edition, name, title, records),
        );
    }

    fn file(&mut self, path: &str, content: impl Into<String>) {
        self.folder.files.insert(path.to_owned(), content.into());
    }
}

fn harbour_ui(edition: Edition, w: &mut Writer) {
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

fn customer_core(edition: Edition, w: &mut Writer) {
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

fn policy_core(edition: Edition, w: &mut Writer) {
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

fn rating_engine(edition: Edition, w: &mut Writer) {
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

fn claims_core(edition: Edition, w: &mut Writer) {
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

fn notifications_hub(edition: Edition, w: &mut Writer) {
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

fn document_vault(_: Edition, w: &mut Writer) {
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

fn claims_portal(edition: Edition, w: &mut Writer) {
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

fn broker_portal(edition: Edition, w: &mut Writer) {
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

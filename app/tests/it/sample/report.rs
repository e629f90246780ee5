//! What the check found about the plan.

use super::{id, number};
use domain::impact::{
    ElementSubject, Finding, FindingCode, MissingProducer, ModuleSubject, OutdatedConsumer, Report,
    Severity, Versions, Wave, WaveModule,
};
use domain::reference::ElementKind;

fn module(n: u32, name: &str, application: u32, application_name: &str) -> ModuleSubject {
    ModuleSubject {
        module: id(n),
        name: name.into(),
        application: id(application),
        application_name: application_name.into(),
    }
}

/// A report with an error, a warning, waves and consumers.
pub fn report() -> Report {
    let engine = module(31, "RatingEngine_Core", 13, "Rating Engine");
    let vault = module(32, "DocumentVault_API", 15, "Document Vault");
    let partner = module(51, "PartnerAPI_Core", 16, "Partner API");
    let element = ElementSubject {
        kind: ElementKind::ServiceAction,
        name: "GetTariffFile".into(),
    };
    let finding = |severity, code, consumer: &ModuleSubject, producer: &ModuleSubject| Finding {
        severity,
        code,
        application: Some(id(13)),
        consumer: Some(consumer.clone()),
        producer: Some(producer.clone()),
        elements: vec![element.clone()],
        element_count: 1,
        versions: Versions {
            in_target: Some(number("4.1")),
            planned: None,
            needed: Some(number("4.2")),
        },
        path: vec![consumer.name.clone(), producer.name.clone()],
        detail: None,
        started: None,
    };
    Report {
        findings: vec![
            finding(
                Severity::Error,
                FindingCode::ProducerElementMissing,
                &engine,
                &vault,
            ),
            finding(
                Severity::Warning,
                FindingCode::ConsumerOutdated,
                &module(52, "ReportingMart_Core", 17, "Reporting Mart"),
                &engine,
            ),
            finding(
                Severity::Information,
                FindingCode::ModulesRemoved,
                &engine,
                &vault,
            ),
        ],
        outdated_consumers: vec![
            OutdatedConsumer {
                consumer: partner,
                version: id(61),
                producers: vec!["PolicyCore_BL".to_owned()],
                republished: true,
                allowed: true,
                would_break: false,
            },
            OutdatedConsumer {
                consumer: module(52, "ReportingMart_Core", 17, "Reporting Mart"),
                version: id(62),
                producers: vec!["PolicyCore_BL".to_owned(), "PolicyCore_CS".to_owned()],
                republished: false,
                allowed: false,
                would_break: false,
            },
        ],
        waves: vec![
            Wave {
                modules: ["PolicyTypes", "TariffTypes"]
                    .iter()
                    .map(|name| wave_module(name))
                    .collect(),
            },
            Wave {
                modules: [
                    "PolicyCore_BL",
                    "RatingEngine_Core",
                    "PolicyCentre_UI",
                    "PolicyDocs_UI",
                ]
                .iter()
                .map(|name| wave_module(name))
                .collect(),
            },
        ],
        missing_producers: vec![MissingProducer {
            application: id(15),
            name: "Document Vault".to_owned(),
            in_target: Some(number("4.1")),
            lowest: Some((id(1500), number("4.2"))),
            newest: Some((id(1501), number("4.3"))),
            tag: None,
            moved_by: None,
            because: vec!["RatingEngine_Core uses DocumentVault_API.GetTariffFile".to_owned()],
        }],
    }
}

fn wave_module(name: &str) -> WaveModule {
    WaveModule {
        module: id(40),
        name: name.into(),
        application: id(11),
        version: id(41),
        republish: false,
    }
}

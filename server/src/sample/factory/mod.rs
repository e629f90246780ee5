//! The applications of Harbour Mutual and what changes between their editions. An edition is a
//! state of an application's folder; which version number it gets is the history's business.

mod foundations;
mod portals;
mod services;
mod writer;

use super::folder::Folder;
use uuid::Uuid;
use writer::Writer;

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
        foundations::harbour_ui,
    ),
    application(
        "Customer Core",
        "customer-core",
        "Who our customers are, and the desk that looks after them.",
        2,
        foundations::customer_core,
    ),
    application(
        "Policy Core",
        "policy-core",
        "Policies from quote to cancellation.",
        2,
        foundations::policy_core,
    ),
    application(
        "Rating Engine",
        "rating-engine",
        "What a risk costs.",
        3,
        services::rating_engine,
    ),
    application(
        "Claims Core",
        "claims-core",
        "Claims, coverage decisions and reserves.",
        2,
        services::claims_core,
    ),
    application(
        "Notifications Hub",
        "notifications-hub",
        "Letters, mails and messages in one voice.",
        2,
        services::notifications_hub,
    ),
    application(
        "Document Vault",
        "document-vault",
        "Every document once, for seven years.",
        1,
        services::document_vault,
    ),
    application(
        "Claims Portal",
        "claims-portal",
        "Where customers report a claim and adjusters settle it.",
        3,
        portals::claims_portal,
    ),
    application(
        "Broker Portal",
        "broker-portal",
        "Quotes and policies for our brokers.",
        2,
        portals::broker_portal,
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
        let mut writer = Writer::new(self, application);
        (application.build)(self, &mut writer);
        writer.finish()
    }
}

/// Ids in the form of a version 7 UUID of 1 January 2026.
fn id(application: usize, part: usize) -> Uuid {
    let number = (application as u128) << 8 | part as u128;
    Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 | number)
}

//! The sample factory is what Slipway itself takes: its manifests have no mistakes, and every
//! producer it uses is there.

use bundle::{Limits, Manifest, pack_module};
use server::sample::{APPLICATIONS, edition};
use std::collections::BTreeSet;

#[test]
fn every_edition_packs_and_names_only_elements_that_exist() {
    let mut ids = BTreeSet::new();
    let mut modules = 0;
    for application in APPLICATIONS {
        for number in 1..=application.editions {
            let edition = edition(application.folder, number).unwrap();
            let root = tempfile::tempdir().unwrap();
            edition.folder().write_to(root.path()).unwrap();
            let text = std::fs::read_to_string(root.path().join("slipway.toml")).unwrap();
            let manifest = Manifest::parse(application.folder, &text)
                .unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
            for module in &manifest.modules {
                pack_module(
                    root.path(),
                    &manifest,
                    module,
                    &Limits::STANDARD,
                    Vec::new(),
                )
                .unwrap_or_else(|error| panic!("{}: {error}", module.name));
                if number == 1 {
                    assert!(ids.insert(module.id), "{} shares its id", module.name);
                    modules += 1;
                }
            }
        }
    }
    assert_eq!((APPLICATIONS.len(), modules), (9, 20));
    references_exist();
}

/// In their newest editions together, as Development runs them.
fn references_exist() {
    let newest: Vec<Manifest> = APPLICATIONS
        .iter()
        .map(|application| {
            let folder = edition(application.folder, application.editions)
                .unwrap()
                .folder();
            Manifest::parse(application.folder, &folder.files["slipway.toml"]).unwrap()
        })
        .collect();
    let offered: BTreeSet<_> = newest
        .iter()
        .flat_map(|manifest| &manifest.modules)
        .flat_map(|module| {
            module
                .provides
                .iter()
                .map(|e| (&module.name, e.kind, &e.name))
        })
        .collect();
    for module in newest.iter().flat_map(|manifest| &manifest.modules) {
        for uses in &module.uses {
            for element in &uses.elements {
                assert!(
                    offered.contains(&(&uses.module, element.kind, &element.name)),
                    "{} uses {}.{}",
                    module.name,
                    uses.module,
                    element.name
                );
            }
        }
    }
}

/// Changes when what the sample's folders hold changes; then take the new one from the failure.
const DIGEST: u64 = 0xf67d_dd12_5851_e868;

#[test]
fn every_edition_is_the_same_bytes_everywhere() {
    // FNV-1a.
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0]) {
            digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for application in APPLICATIONS {
        for number in 1..=application.editions {
            let folder = edition(application.folder, number).unwrap().folder();
            for (path, content) in &folder.files {
                add(path.as_bytes());
                add(content.as_bytes());
            }
        }
    }
    assert_eq!(digest, DIGEST, "{digest:#018x}");
}

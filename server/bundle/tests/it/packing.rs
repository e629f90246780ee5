//! Packing is reproducible and says no in time; what is packed comes out again.

use bundle::{
    Digest, Limits, Manifest, PackError, Packed, UnpackError, inspect, pack_module, unpack,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub const TOML: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000001"
name = "Shop"
[[module]]
id = "0197a000-0000-7000-8000-000000000002"
name = "Foundation"
kind = "library"
path = "lib"
[[module.provides]]
kind = "theme"
name = "Brand"
content = "theme"
[[module.provides]]
kind = "script"
name = "Money"
content = "money.js"
"#;

pub fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, content) in files {
        let path = root.join("lib").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

pub fn pack(root: &Path, limits: &Limits) -> Result<(Packed, Vec<u8>), PackError> {
    let manifest = Manifest::parse("slipway.toml", TOML).unwrap();
    let mut bytes = Vec::new();
    let packed = pack_module(root, &manifest, &manifest.modules[0], limits, &mut bytes)?;
    Ok((packed, bytes))
}

pub const FILES: [(&str, &str); 4] = [
    ("theme/brand.css", "a{}"),
    ("theme/logo.svg", "<svg/>"),
    ("money.js", "export{}"),
    ("bin/run", "#!/bin/sh"),
];

#[test]
fn the_same_folder_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(one.path(), &FILES);
    let mut backwards = FILES;
    backwards.reverse();
    write(two.path(), &backwards);
    write(
        two.path(),
        &[(".git/config", "x"), ("theme/.DS_Store", "x")],
    );
    fs::set_permissions(
        two.path().join("lib/money.js"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    let (first, bytes) = pack(one.path(), &Limits::STANDARD).unwrap();
    let (second, same) = pack(two.path(), &Limits::STANDARD).unwrap();
    assert_eq!(bytes, same);
    assert_eq!(first, second);
    assert_eq!(first.digest, Digest::of(&bytes));
    assert_eq!(first.size, bytes.len() as u64);
}

#[test]
fn what_is_packed_comes_out_again() {
    let source = tempfile::tempdir().unwrap();
    write(source.path(), &FILES);
    fs::set_permissions(
        source.path().join("lib/bin/run"),
        fs::Permissions::from_mode(0o750),
    )
    .unwrap();
    let (packed, bytes) = pack(source.path(), &Limits::STANDARD).unwrap();
    let target = tempfile::tempdir().unwrap();
    let to = target.path().join("out");
    let unpacked = unpack(&bytes[..], &packed.digest, &to, &Limits::STANDARD).unwrap();
    assert_eq!(unpacked.manifest, packed.manifest);
    assert_eq!(
        (unpacked.bytes, unpacked.entries),
        (packed.unpacked, packed.entries)
    );
    for (path, content) in FILES {
        assert_eq!(fs::read_to_string(to.join(path)).unwrap(), content);
    }
    let mode = |path: &str| fs::metadata(to.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("bin/run"), mode("money.js")), (0o755, 0o644));
    assert_eq!(
        fs::read_dir(target.path()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
    assert_eq!(
        inspect(&bytes[..], &packed.digest, &Limits::STANDARD).unwrap(),
        unpacked
    );
    let there = unpack(&bytes[..], &packed.digest, &to, &Limits::STANDARD);
    assert!(matches!(there, Err(UnpackError::Write(_))));
}

#[test]
fn content_changes_the_full_hash_and_only_of_its_element() {
    let source = tempfile::tempdir().unwrap();
    write(source.path(), &FILES);
    let before = pack(source.path(), &Limits::STANDARD).unwrap().0.manifest;
    write(source.path(), &[("theme/logo.svg", "<svg>new</svg>")]);
    let after = pack(source.path(), &Limits::STANDARD).unwrap().0.manifest;
    let [theme, script] = [bundle::ElementKind::Theme, bundle::ElementKind::Script];
    let element = |m: &bundle::BundleManifest, kind, name| m.element(kind, name).unwrap().clone();
    let (old, new) = (
        element(&before, theme, "brand"),
        element(&after, theme, "BRAND"),
    );
    assert_eq!(old.compatibility_hash, new.compatibility_hash);
    assert_ne!(old.full_hash, new.full_hash);
    assert_eq!(
        element(&before, script, "Money"),
        element(&after, script, "Money")
    );
    fs::rename(
        source.path().join("lib/theme/logo.svg"),
        source.path().join("lib/theme/mark.svg"),
    )
    .unwrap();
    let renamed = pack(source.path(), &Limits::STANDARD).unwrap().0.manifest;
    assert_ne!(element(&renamed, theme, "Brand").full_hash, new.full_hash);
}

#[test]
fn what_cannot_be_packed_is_said_with_its_path() {
    let refused = |prepare: &dyn Fn(&Path), limits: Limits, expected: &str| {
        let source = tempfile::tempdir().unwrap();
        write(source.path(), &FILES);
        prepare(&source.path().join("lib"));
        let error = pack(source.path(), &limits).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nand not\n{expected}");
    };
    let standard = Limits::STANDARD;
    refused(
        &|lib| std::os::unix::fs::symlink("/etc/passwd", lib.join("link")).unwrap(),
        standard,
        "only plain files",
    );
    refused(
        &|lib| fs::write(lib.join("slipway.json"), "").unwrap(),
        standard,
        "Slipway's own",
    );
    refused(
        &|lib| fs::create_dir(lib.join("producers")).unwrap(),
        standard,
        "Slipway's own",
    );
    refused(
        &|lib| fs::write(lib.join("a\\b"), "").unwrap(),
        standard,
        "backslash",
    );
    refused(
        &|lib| fs::remove_file(lib.join("money.js")).unwrap(),
        standard,
        "money.js is not there",
    );
    refused(
        &|lib| fs::remove_dir_all(lib).unwrap(),
        standard,
        "names it",
    );
    let deep = |lib: &Path| {
        let folder = lib.join(format!("{0}/{0}/{0}", "d".repeat(80)));
        fs::create_dir_all(&folder).unwrap();
    };
    refused(&deep, standard, "longer than 240 bytes");
    refused(
        &|_| (),
        Limits {
            entries: 3,
            ..standard
        },
        "at most 3 are allowed",
    );
    refused(
        &|_| (),
        Limits {
            unpacked: 10,
            ..standard
        },
        "at most 10 bytes are allowed",
    );
    refused(
        &|_| (),
        Limits {
            file: 4,
            ..standard
        },
        "at most 4 bytes",
    );
    refused(
        &|_| (),
        Limits {
            packed: 4,
            ..standard
        },
        "packed it has",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::soaked(48)))]

    /// Any tree of plain files survives the journey.
    #[test]
    fn any_tree_comes_out_as_it_went_in(
        tree in proptest::collection::btree_map("[a-c]{1,2}(/[a-c!é]{1,3}){0,3}", proptest::collection::vec(any::<u8>(), 0..300), 0..12)
    ) {
        let source = tempfile::tempdir().unwrap();
        write(source.path(), &FILES);
        let mut written: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (path, content) in tree {
            let to = source.path().join("lib").join(&path);
            if fs::create_dir_all(to.parent().unwrap()).is_ok() && !to.is_dir() && fs::write(&to, &content).is_ok() {
                written.insert(path, content);
            }
        }
        let (packed, bytes) = pack(source.path(), &Limits::STANDARD).unwrap();
        let target = tempfile::tempdir().unwrap();
        let to = target.path().join("out");
        unpack(&bytes[..], &packed.digest, &to, &Limits::STANDARD).unwrap();
        for (path, content) in written {
            prop_assert_eq!(fs::read(to.join(path)).unwrap(), content);
        }
    }
}

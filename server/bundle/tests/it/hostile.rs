//! Archives that no honest packer writes. Each is refused, and nothing of it is left.

use crate::packing::{FILES, pack, write};
use bundle::{BundleManifest, Digest, Limits, UnpackError, inspect, unpack};
use proptest::prelude::*;
use std::fs;
use std::io::Write;

fn manifest() -> (BundleManifest, Vec<u8>) {
    let source = tempfile::tempdir().unwrap();
    write(source.path(), &FILES);
    let (packed, bytes) = pack(source.path(), &Limits::STANDARD).unwrap();
    (packed.manifest, bytes)
}

/// A manifest that provides nothing, so that any files go with it.
fn plain_json() -> Vec<u8> {
    let (mut manifest, _) = manifest();
    manifest.provides.clear();
    manifest.to_json()
}

enum Entry<'a> {
    File(&'a str, &'a [u8]),
    Folder(&'a str),
    Other(&'a str, tar::EntryType),
    /// A header that says another size than there is.
    Lying(&'a str, u64),
}

fn archive(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_ustar();
        let (name, kind, data): (&str, _, &[u8]) = match entry {
            Entry::File(name, data) => (name, tar::EntryType::Regular, data),
            Entry::Folder(name) => (name, tar::EntryType::Directory, &[]),
            Entry::Other(name, kind) => (name, *kind, &[]),
            Entry::Lying(name, _) => (name, tar::EntryType::Regular, &[]),
        };
        // Written by hand: the library would not let these names through.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(match entry {
            Entry::Lying(_, size) => *size,
            _ => data.len() as u64,
        });
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, data).unwrap();
    }
    compress(&builder.into_inner().unwrap())
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// Unpacks under its true name; checks that nothing is left when it is refused.
fn attempt(bytes: &[u8], limits: &Limits) -> Result<(), UnpackError> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("out");
    let digest = Digest::of(bytes);
    let result = unpack(bytes, &digest, &to, limits).map(|_| ());
    if let Err(error) = &result {
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{error}");
        // What belongs to the content is only found when it is unpacked.
        if !matches!(error, UnpackError::Manifest(_) | UnpackError::Write(_)) {
            assert!(inspect(bytes, &digest, limits).is_err());
        }
    }
    result
}

#[test]
fn entries_that_no_honest_bundle_has_are_refused() {
    use tar::EntryType;
    let json = plain_json();
    let first = Entry::File("slipway.json", &json);
    let cases: [(&[Entry<'_>], &str); 17] = [
        (&[Entry::File("../out", b"x")], "leads out"),
        (&[Entry::File("a/../../out", b"x")], "leads out"),
        (&[Entry::File("/etc/cron.d/x", b"x")], "absolute"),
        (&[Entry::File("./a", b"x")], "leads out"),
        (&[Entry::File("a\\b", b"x")], "backslash"),
        (&[Entry::File("a\nb", b"x")], "control character"),
        (&[Entry::Other("link", EntryType::Symlink)], "link"),
        (&[Entry::Other("link", EntryType::Link)], "link"),
        (&[Entry::Other("device", EntryType::Char)], "neither"),
        (&[Entry::Other("pipe", EntryType::Fifo)], "neither"),
        (&[Entry::Other("long", EntryType::GNULongName)], "neither"),
        (&[Entry::Other("pax", EntryType::XHeader)], "neither"),
        (
            &[Entry::File("a", b"1"), Entry::File("a", b"2")],
            "there twice",
        ),
        (
            &[Entry::File("b", b"1"), Entry::File("a", b"2")],
            "not sorted",
        ),
        (&[Entry::File("a/b", b"1")], "folder does not come before"),
        (&[Entry::Folder("producers")], "Slipway's own"),
        (&[Entry::File("slipway.json", b"{}")], "Slipway's own"),
    ];
    for (entries, expected) in cases {
        let mut all = vec![&first];
        all.extend(entries);
        let all: Vec<Entry<'_>> = all
            .into_iter()
            .map(|e| match e {
                Entry::File(n, d) => Entry::File(n, d),
                Entry::Folder(n) => Entry::Folder(n),
                Entry::Other(n, k) => Entry::Other(n, *k),
                Entry::Lying(n, s) => Entry::Lying(n, *s),
            })
            .collect();
        let error = attempt(&archive(&all), &Limits::STANDARD)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}\nand not\n{expected}");
    }
    let honest = [
        Entry::File("slipway.json", &json),
        Entry::Folder("a/"),
        Entry::File("a/b", b"x"),
    ];
    attempt(&archive(&honest), &Limits::STANDARD).unwrap();
}

#[test]
fn the_manifest_must_come_first_and_be_sound() {
    let json = plain_json();
    for entries in [
        &[Entry::File("a", b"x"), Entry::File("slipway.json", &json)][..],
        &[],
        &[Entry::File("slipway.json", b"{}")],
        &[Entry::File("slipway.json", b"{\"format\": 99}")],
    ] {
        assert!(attempt(&archive(entries), &Limits::STANDARD).is_err());
    }
    let newer = attempt(
        &archive(&[Entry::File("slipway.json", b"{\"format\": 99}")]),
        &Limits::STANDARD,
    );
    assert!(newer.unwrap_err().to_string().contains("format 99"));
}

#[test]
fn a_bundle_cannot_lie_about_its_content() {
    let (manifest, _) = manifest();
    let json = manifest.to_json();
    let entries = |css: &'static [u8]| {
        archive(&[
            Entry::File("slipway.json", &json),
            Entry::File("money.js", b"export{}"),
            Entry::Folder("theme/"),
            Entry::File("theme/brand.css", css),
            Entry::File("theme/logo.svg", b"<svg/>"),
        ])
    };
    attempt(&entries(b"a{}"), &Limits::STANDARD).unwrap();
    let error = attempt(&entries(b"evil"), &Limits::STANDARD)
        .unwrap_err()
        .to_string();
    assert!(error.contains("full hash of \"Brand\""), "{error}");
    let missing = archive(&[Entry::File("slipway.json", &json)]);
    let error = attempt(&missing, &Limits::STANDARD)
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not in the bundle"), "{error}");
    let mut lying = manifest;
    lying.provides[0].compatibility_hash = Digest::of("x");
    let json = lying.to_json();
    let error = attempt(
        &archive(&[Entry::File("slipway.json", &json)]),
        &Limits::STANDARD,
    )
    .unwrap_err();
    assert!(error.to_string().contains("compatibility hash"), "{error}");
}

#[test]
fn bombs_are_stopped_while_they_unfold() {
    let json = plain_json();
    let limits = Limits {
        unpacked: 1 << 20,
        file: 1 << 19,
        entries: 100,
        ..Limits::STANDARD
    };
    let zeros = vec![0; 1 << 19];
    let big = archive(&[
        Entry::File("slipway.json", &json),
        Entry::File("a", &vec![0; 1 << 20]),
    ]);
    assert!(
        matches!(attempt(&big, &limits), Err(UnpackError::TooBig(what)) if what.contains("512 KiB"))
    );
    let many = archive(&[
        Entry::File("slipway.json", &json),
        Entry::File("a", &zeros),
        Entry::File("b", &zeros),
        Entry::File("c", &zeros),
    ]);
    assert!(many.len() < 10_000);
    assert!(
        matches!(attempt(&many, &limits), Err(UnpackError::TooBig(what)) if what.contains("1 MiB"))
    );
    let names: Vec<String> = (0..200).map(|n| format!("f{n:03}")).collect();
    let mut files = vec![Entry::File("slipway.json", &json)];
    files.extend(names.iter().map(|name| Entry::File(name, b"")));
    assert!(
        matches!(attempt(&archive(&files), &limits), Err(UnpackError::TooBig(what)) if what.contains("100 files"))
    );
    // A size that is not there, a wall of zeros behind the end, a manifest that never ends.
    let lying = archive(&[
        Entry::File("slipway.json", &json),
        Entry::Lying("a", 400_000),
    ]);
    assert!(matches!(
        attempt(&lying, &limits),
        Err(UnpackError::Damaged)
    ));
    let huge = archive(&[
        Entry::File("slipway.json", &json),
        Entry::Lying("a", u64::MAX >> 1),
    ]);
    assert!(matches!(
        attempt(&huge, &limits),
        Err(UnpackError::TooBig(_))
    ));
    let mut tail = zstd::decode_all(&archive(&[Entry::File("slipway.json", &json)])[..]).unwrap();
    tail.resize(64 << 20, 0);
    assert!(matches!(
        attempt(&compress(&tail), &limits),
        Err(UnpackError::TooBig(_))
    ));
    let long = vec![b' '; 5 << 20];
    let manifest = archive(&[Entry::File("slipway.json", &long)]);
    assert!(
        matches!(attempt(&manifest, &Limits::STANDARD), Err(UnpackError::TooBig(what)) if what.contains("slipway.json"))
    );
    let packed = Limits {
        packed: 100,
        ..Limits::STANDARD
    };
    let (_, honest) = self::manifest();
    assert!(matches!(
        attempt(&honest, &packed),
        Err(UnpackError::TooBig(_))
    ));
}

#[test]
fn what_follows_the_end_is_refused() {
    let (_, honest) = manifest();
    let mut twice = honest.clone();
    twice.extend_from_slice(&honest);
    assert!(attempt(&twice, &Limits::STANDARD).is_err());
    let mut tailed = honest.clone();
    tailed.push(0);
    assert!(attempt(&tailed, &Limits::STANDARD).is_err());
    let mut hidden = zstd::decode_all(&honest[..]).unwrap();
    hidden.write_all(b"smuggled").unwrap();
    assert!(attempt(&compress(&hidden), &Limits::STANDARD).is_err());
}

#[test]
fn a_wrong_name_is_refused_whatever_is_inside() {
    let (_, honest) = manifest();
    let folder = tempfile::tempdir().unwrap();
    let wrong = unpack(
        &honest[..],
        &Digest::of("x"),
        &folder.path().join("out"),
        &Limits::STANDARD,
    );
    assert!(matches!(wrong, Err(UnpackError::WrongDigest { .. })));
    let rubbish = unpack(
        &b"rubbish"[..],
        &Digest::of("x"),
        &folder.path().join("out"),
        &Limits::STANDARD,
    );
    assert!(matches!(rubbish, Err(UnpackError::WrongDigest { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::soaked(300)))]

    /// Cut anywhere: damaged, never half there.
    #[test]
    fn a_cut_bundle_is_damaged(cut in 0.0..1.0_f64) {
        let (_, honest) = manifest();
        let cut = (honest.len() as f64 * cut) as usize;
        prop_assert!(matches!(attempt(&honest[..cut], &Limits::STANDARD), Err(UnpackError::Damaged)));
    }

    /// A byte changed in the archive, then compressed and named truthfully: comes out or is
    /// refused, and never reaches beyond its folder.
    #[test]
    fn a_changed_archive_never_escapes(changes in proptest::collection::vec((0.0..1.0_f64, any::<u8>()), 1..6)) {
        let (_, honest) = manifest();
        let mut bytes = zstd::decode_all(&honest[..]).unwrap();
        for (at, with) in changes {
            let at = (bytes.len() as f64 * at) as usize;
            bytes[at] = with;
        }
        let _ = attempt(&compress(&bytes), &Limits::STANDARD);
    }

    /// A byte changed in the compressed bytes.
    #[test]
    fn changed_bytes_are_refused_or_whole(at in 0.0..1.0_f64, with in any::<u8>()) {
        let (_, honest) = manifest();
        let mut bytes = honest.clone();
        let at = (bytes.len() as f64 * at) as usize;
        bytes[at] = with;
        if bytes != honest {
            let _ = attempt(&bytes, &Limits::STANDARD);
            let folder = tempfile::tempdir().unwrap();
            let named = unpack(&bytes[..], &Digest::of(&honest), &folder.path().join("out"), &Limits::STANDARD);
            prop_assert!(named.is_err());
        }
    }

    /// Noise.
    #[test]
    fn noise_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(attempt(&bytes, &Limits::STANDARD).is_err());
        prop_assert!(attempt(&compress(&bytes), &Limits::STANDARD).is_err());
    }
}

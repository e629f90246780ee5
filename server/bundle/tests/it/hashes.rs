//! What changes which hash.

use bundle::{Digest, ElementKind, Member, MemberRole, Strength, canonical_interface};
use proptest::prelude::*;

fn member(role: MemberRole, name: &str, data_type: &str, mandatory: bool) -> Member {
    Member {
        role,
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        mandatory,
    }
}

fn hash(kind: ElementKind, name: &str, members: &[Member]) -> Digest {
    Digest::of(canonical_interface(kind, name, members))
}

#[test]
fn order_and_case_do_not_matter_everything_else_does() {
    let a = member(MemberRole::Input, "amount", "decimal", true);
    let b = member(MemberRole::Output, "total", "decimal", false);
    let base = hash(ElementKind::ServiceAction, "Price", &[a.clone(), b.clone()]);
    assert_eq!(
        base,
        hash(ElementKind::ServiceAction, "PRICE", &[b.clone(), a.clone()])
    );
    let other = |members: &[Member]| hash(ElementKind::ServiceAction, "Price", members);
    assert_ne!(base, other(std::slice::from_ref(&a)));
    assert_ne!(
        base,
        other(&[member(MemberRole::Input, "amount", "text", true), b.clone()])
    );
    assert_ne!(
        base,
        other(&[
            member(MemberRole::Input, "amount", "decimal", false),
            b.clone()
        ])
    );
    assert_ne!(
        base,
        other(&[
            member(MemberRole::Output, "amount", "decimal", true),
            b.clone()
        ])
    );
    assert_ne!(base, hash(ElementKind::ServerAction, "Price", &[a, b]));
}

#[test]
fn kinds_are_strong_or_weak_as_the_reference_says() {
    for kind in ElementKind::ALL {
        assert_eq!(ElementKind::parse(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
    let weak: Vec<_> = ElementKind::ALL
        .into_iter()
        .filter(|kind| kind.strength() == Strength::Weak)
        .map(ElementKind::as_str)
        .collect();
    assert_eq!(
        weak,
        [
            "screen",
            "service_action",
            "entity",
            "static_entity",
            "structure"
        ]
    );
}

#[test]
fn digests_are_64_lower_case_digits() {
    let digest = Digest::of("x");
    assert_eq!(digest.to_string().parse(), Ok(digest));
    for wrong in [
        "",
        "ab",
        &digest.to_string().to_uppercase(),
        &format!("{digest}0"),
    ] {
        assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
    }
}

proptest! {
    /// No two different interfaces share their bytes, however odd the names are.
    #[test]
    fn different_members_have_different_bytes(
        one in proptest::collection::vec(("[a-z\u{0}-\u{9} ]{0,6}", "[a-z ]{0,6}"), 0..4),
        two in proptest::collection::vec(("[a-z\u{0}-\u{9} ]{0,6}", "[a-z ]{0,6}"), 0..4),
    ) {
        let members = |list: &[(String, String)]| {
            let mut members: Vec<Member> = list
                .iter()
                .map(|(name, data_type)| member(MemberRole::Input, name, data_type, false))
                .collect();
            members.sort();
            members
        };
        let (one, two) = (members(&one), members(&two));
        let bytes = |m: &[Member]| canonical_interface(ElementKind::Block, "B", m);
        prop_assert_eq!(one == two, bytes(&one) == bytes(&two));
    }
}

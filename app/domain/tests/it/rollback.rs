//! What rolling back brings back, and what it cannot.

use domain::plan::{Brought, Choice, PlanStatus, Ran, Returns, Undone, can_roll_back, roll_back};
use domain::{ApplicationId, VersionId, VersionNumber};
use uuid::Uuid;

fn tag(number: &str) -> (VersionId, VersionNumber) {
    let parsed: VersionNumber = number.parse().unwrap();
    let id = u128::from_str_radix(&number.replace('.', "0"), 16).unwrap();
    (VersionId(Uuid::from_u128(id)), parsed)
}

fn ran(number: &str) -> Ran {
    let (version, number) = tag(number);
    Ran::Tag(version, number)
}

/// A plan brought 1.1 where 1.0 ran, and it runs still.
fn undone() -> Undone {
    Undone {
        application: ApplicationId(Uuid::from_u128(7)),
        brought: Brought::Tag(tag("1.1").0, tag("1.1").1),
        before: ran("1.0"),
        now: ran("1.1"),
        as_before: false,
        changed_by: None,
        kept: true,
        tagged_as: Some(tag("1.0.1").1),
    }
}

/// It brought 1.1 where something ran that was made from 1.0 and never tagged.
fn undone_untagged() -> Undone {
    Undone {
        before: Ran::Untagged(Some(tag("1.0").1)),
        ..undone()
    }
}

#[test]
fn what_ran_before_comes_back_or_it_is_said_why_not() {
    let (version, number) = tag("1.0");
    let base = Some(number);
    let cases = [
        (undone(), Returns::Back { version, number }),
        (
            Undone {
                before: Ran::Nothing,
                ..undone()
            },
            Returns::NothingBefore,
        ),
        (
            Undone {
                now: ran("1.0"),
                ..undone()
            },
            Returns::AlreadyBack { ran: ran("1.0") },
        ),
        (
            Undone {
                now: ran("1.2"),
                changed_by: Some(12),
                ..undone()
            },
            Returns::ChangedSince { plan: Some(12) },
        ),
        (
            Undone {
                now: Ran::Untagged(Some(tag("1.1").1)),
                ..undone()
            },
            Returns::ChangedSince { plan: None },
        ),
        (
            Undone {
                now: Ran::Nothing,
                ..undone()
            },
            Returns::ChangedSince { plan: None },
        ),
        (
            Undone {
                kept: false,
                ..undone()
            },
            Returns::NotKept { ran: ran("1.0") },
        ),
        // A tag comes back whoever asks.
        (
            Undone {
                tagged_as: None,
                ..undone()
            },
            Returns::Back { version, number },
        ),
        // Single modules were brought: what runs is a mix.
        (
            Undone {
                brought: Brought::Modules { as_left: true },
                now: Ran::Untagged(base),
                ..undone()
            },
            Returns::Back { version, number },
        ),
        (
            Undone {
                brought: Brought::Modules { as_left: false },
                now: Ran::Untagged(base),
                changed_by: Some(12),
                ..undone()
            },
            Returns::ChangedSince { plan: Some(12) },
        ),
        // Going back failed: some of it is there, some is as before.
        (
            Undone {
                brought: Brought::Part {
                    of: Some(tag("1.1").1),
                    as_left: true,
                },
                now: Ran::Untagged(base),
                ..undone()
            },
            Returns::Back { version, number },
        ),
        (
            Undone {
                brought: Brought::Part {
                    of: None,
                    as_left: false,
                },
                now: Ran::Untagged(base),
                ..undone()
            },
            Returns::ChangedSince { plan: None },
        ),
        // Of another application all went back.
        (
            Undone {
                brought: Brought::Part {
                    of: Some(tag("1.1").1),
                    as_left: true,
                },
                now: ran("1.0"),
                ..undone()
            },
            Returns::AlreadyBack { ran: ran("1.0") },
        ),
    ];
    for (facts, expected) in cases {
        assert_eq!(facts.returns(), expected, "{facts:?}");
    }
}

#[test]
fn what_was_never_tagged_comes_back_with_a_tag() {
    let (base, number) = (Some(tag("1.0").1), tag("1.0.1").1);
    let before = Ran::Untagged(base);
    let mixed = |as_left| Undone {
        brought: Brought::Modules { as_left },
        now: before,
        changed_by: Some(12),
        ..undone_untagged()
    };
    let cases = [
        (undone_untagged(), Returns::BackTagged { base, number }),
        (
            Undone {
                before: Ran::Untagged(None),
                ..undone_untagged()
            },
            Returns::BackTagged { base: None, number },
        ),
        (
            Undone {
                tagged_as: None,
                ..undone_untagged()
            },
            Returns::NoRightToTag { base },
        ),
        // Who might tag it is of no matter once it is gone.
        (
            Undone {
                tagged_as: None,
                kept: false,
                ..undone_untagged()
            },
            Returns::NotKept { ran: before },
        ),
        (
            Undone {
                now: ran("1.2"),
                changed_by: Some(12),
                ..undone_untagged()
            },
            Returns::ChangedSince { plan: Some(12) },
        ),
        (
            Undone {
                now: before,
                as_before: true,
                ..undone_untagged()
            },
            Returns::AlreadyBack { ran: before },
        ),
        // Derived from the same tag, but not the same.
        (
            Undone {
                now: before,
                ..undone_untagged()
            },
            Returns::ChangedSince { plan: None },
        ),
        // One mix after the other.
        (mixed(true), Returns::BackTagged { base, number }),
        (mixed(false), Returns::ChangedSince { plan: Some(12) }),
    ];
    for (facts, expected) in cases {
        assert_eq!(facts.returns(), expected, "{facts:?}");
    }
}

#[test]
fn only_what_is_wanted_and_can_come_back_is_in_the_new_plan() {
    let other = Undone {
        application: ApplicationId(Uuid::from_u128(8)),
        ..undone()
    };
    let stuck = Undone {
        application: ApplicationId(Uuid::from_u128(9)),
        before: Ran::Nothing,
        ..undone()
    };
    // It has no version yet that could be deployed.
    let untagged = Undone {
        application: ApplicationId(Uuid::from_u128(10)),
        ..undone_untagged()
    };
    let all = [undone(), other, stuck, untagged];
    let operations = roll_back(&all, |_| true);
    assert_eq!(operations.len(), 2);
    assert_eq!(
        operations[0].choice,
        Choice::Deploy {
            version: tag("1.0").0
        }
    );
    let one = roll_back(&all, |application| application == all[1].application);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].application, all[1].application);
}

#[test]
fn plans_that_ran_to_their_end_can_be_rolled_back() {
    for status in PlanStatus::ALL {
        let over = status.is_terminal() && status != PlanStatus::Aborted;
        assert_eq!(can_roll_back(status), over, "{status:?}");
    }
}

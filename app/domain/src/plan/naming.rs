//! What a plan is called, and the number a new tag is offered (domain.md 1.7).

use super::PlanKind;
use crate::version::VersionNumber;

/// The name of a plan, made from what it brings: `Policy 5.3 to Quality`,
/// `Policy 5.3 and 3 more to Quality`; what a rollback brings is `back in Quality`. Rows that do
/// nothing are not given to it.
pub fn plan_name(
    kind: PlanKind,
    brings: &[(String, Option<VersionNumber>)],
    target: &str,
) -> String {
    let Some(((name, number), others)) = brings.split_first() else {
        return format!("Plan to {target}");
    };
    let first = match number {
        Some(number) => format!("{name} {number}"),
        None => name.clone(),
    };
    let way = match kind {
        PlanKind::Rollback => "back in",
        PlanKind::Ordinary | PlanKind::Replicate => "to",
    };
    match others.len() {
        0 => format!("{first} {way} {target}"),
        more => format!("{first} and {more} more {way} {target}"),
    }
}

/// The number that tagging proposes (V5): the next second number in development, the next third
/// one for a hotfix or a re-tag, always above `base` and not among `existing`.
pub fn propose_number(
    base: Option<VersionNumber>,
    existing: &[VersionNumber],
    downstream: bool,
) -> VersionNumber {
    let newest = existing.iter().copied().chain(base).max();
    let mut number = match (base, newest) {
        (Some(base), _) if downstream => base.next_hotfix(),
        // In development the newest tag counts, not the one that happens to run.
        (_, Some(newest)) => newest.next_minor(),
        (_, None) => VersionNumber::FIRST,
    };
    // Ends: each round passes one of the existing numbers, or the number stops growing.
    for _ in 0..=existing.len() {
        if !existing.contains(&number) {
            break;
        }
        number = if downstream {
            number.next_hotfix()
        } else {
            number.next_minor()
        };
    }
    number
}

//! Brute-force protection (domain.md 6.3): two counters within an hour, two steps each.

use store::people::Failures;

/// The window in which failures count, in milliseconds.
pub(crate) const WINDOW: i64 = 60 * 60 * 1_000;

/// A pause: it begins with this many failures and lasts this many seconds. Failures above the
/// highest step pause again each time.
struct Step {
    failures: u64,
    seconds: i64,
}

const USER: [Step; 2] = [
    Step {
        failures: 3,
        seconds: 30,
    },
    Step {
        failures: 6,
        seconds: 1_800,
    },
];
const ADDRESS: [Step; 2] = [
    Step {
        failures: 20,
        seconds: 300,
    },
    Step {
        failures: 50,
        seconds: 3_600,
    },
];

/// What the counters say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A try is allowed; this many more failures until a pause.
    Open { tries_left: u32 },
    /// A pause has this long to go.
    Paused { seconds: u32 },
}

/// The verdict on the next try of a login from an address.
pub(crate) fn verdict(user: Failures, address: Failures, now: i64) -> Verdict {
    let paused = remaining(&USER, user, now).max(remaining(&ADDRESS, address, now));
    if paused > 0 {
        Verdict::Paused {
            seconds: u32::try_from(paused).unwrap_or(u32::MAX),
        }
    } else {
        Verdict::Open {
            tries_left: left(&USER, user).min(left(&ADDRESS, address)),
        }
    }
}

/// Seconds, rounded up, for which these failures still pause.
fn remaining(steps: &[Step; 2], failures: Failures, now: i64) -> i64 {
    let [first, second] = steps;
    let seconds = if failures.count >= second.failures {
        second.seconds
    } else if failures.count == first.failures {
        first.seconds
    } else {
        return 0;
    };
    let end = failures.last.saturating_add(seconds * 1_000);
    (end.saturating_sub(now).max(0) + 999) / 1_000
}

fn left(steps: &[Step; 2], failures: Failures) -> u32 {
    let next = steps
        .iter()
        .map(|step| step.failures)
        .find(|limit| *limit > failures.count);
    // Above the highest step each failure pauses.
    next.map_or(1, |limit| {
        u32::try_from(limit - failures.count).unwrap_or(u32::MAX)
    })
}

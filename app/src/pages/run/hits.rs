//! The search in a run's log: what was found, and whether it is known yet.

use crate::error::ApiError;

/// How far the search is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Search {
    /// The server is being asked.
    Pending,
    /// Found, or that there is nothing to find.
    #[default]
    Done,
    /// The server did not say.
    Failed(ApiError),
}

/// The lines with a hit of the search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hits {
    /// Their numbers: the last ones in the log, or all.
    pub numbers: Vec<u64>,
    /// Which of them is the current one.
    pub at: usize,
    /// Whether there are more before them.
    pub more: bool,
    /// Whether that is all that is known.
    pub search: Search,
}

impl Hits {
    /// Nothing yet: the server is being asked.
    pub fn pending() -> Self {
        Self {
            search: Search::Pending,
            ..Self::default()
        }
    }

    /// How many there are and which is the current one.
    pub fn words(&self) -> String {
        match (&self.search, self.numbers.len(), self.more) {
            (Search::Pending, ..) => "searching…".to_owned(),
            (Search::Failed(_), ..) => "not searched".to_owned(),
            (Search::Done, 0, _) => "no hit".to_owned(),
            (Search::Done, n, false) => format!("{} of {n}", self.at + 1),
            // Counted from the end, as long as nobody has read up to the first one.
            (Search::Done, n, true) => format!("{} from the end, of {n} or more", n - self.at),
        }
    }

    /// Puts the hits before a line in front of those that are known. The current one is the last
    /// of the new ones, or the line that somebody is at already.
    pub fn found(&mut self, before: u64, lines: Vec<u64>, more: bool, here: Option<u64>) {
        let last = lines.len().saturating_sub(1);
        // Two presses may have asked for the same lines.
        let known = self.numbers.iter().copied().filter(|n| *n >= before);
        let numbers: Vec<u64> = lines.into_iter().chain(known).collect();
        let at = here
            .and_then(|here| numbers.iter().position(|n| *n == here))
            .unwrap_or(last);
        *self = Self {
            numbers,
            at,
            more,
            search: Search::Done,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hit_is_said_only_when_it_is_known() {
        let mut hits = Hits::pending();
        assert_eq!(hits.words(), "searching…");
        hits.search = Search::Failed(ApiError::Transport(String::new()));
        assert_eq!(hits.words(), "not searched");
        hits.found(u64::MAX, Vec::new(), false, None);
        assert_eq!(hits.words(), "no hit");
        hits.found(u64::MAX, vec![3, 8, 9], false, None);
        assert_eq!(hits.words(), "3 of 3");
    }

    #[test]
    fn earlier_hits_come_in_front_and_a_line_of_the_address_stays_the_current_one() {
        let mut hits = Hits::default();
        hits.found(u64::MAX, vec![30, 40], true, None);
        assert_eq!(hits.words(), "1 from the end, of 2 or more");
        hits.found(30, vec![10, 20], false, None);
        assert_eq!(
            (hits.numbers.as_slice(), hits.at),
            (&[10, 20, 30, 40][..], 1)
        );
        hits.found(u64::MAX, vec![10, 20], false, Some(10));
        assert_eq!(hits.words(), "1 of 2");
        hits.found(u64::MAX, vec![10, 20], false, Some(15));
        assert_eq!(hits.words(), "2 of 2");
    }
}

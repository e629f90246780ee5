//! The lines of a log that the page holds, and what is known of those before and after them. Lines
//! of one kind have gaps in their numbers, so that what to ask for next cannot be computed from
//! the whole log's length.

use domain::view::{LogLine, LogPage};

/// The most lines in the page; more are read again when somebody goes there.
const MAX_LINES: usize = 2_000;

/// A part of a log, or of its lines of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The lines, in order.
    pub lines: Vec<LogLine>,
    /// Whether lines before the first one can be read.
    pub earlier: bool,
    /// Whether lines after the last one were there when it was read.
    pub later: bool,
    /// Number of the last line of the whole log, as far as known.
    pub last: u64,
    /// Everything up to this line was looked at; the next lines come after it.
    read_to: u64,
}

impl Window {
    /// What was read after line `after`.
    pub fn after(page: LogPage, after: u64) -> Self {
        let mut window = Self {
            lines: Vec::new(),
            earlier: after > 0,
            later: false,
            last: page.last,
            read_to: after,
        };
        window.append(page);
        window
    }

    /// What was read from the end backwards.
    pub fn end(page: LogPage) -> Self {
        Self {
            earlier: page.more,
            ..Self::after(
                LogPage {
                    more: false,
                    ..page
                },
                0,
            )
        }
    }

    /// The number to read after.
    pub const fn read_to(&self) -> u64 {
        self.read_to
    }

    /// The number to read before; none if there is nothing before.
    pub fn first(&self) -> Option<u64> {
        self.earlier
            .then(|| self.lines.first().map_or(self.read_to + 1, |l| l.number))
    }

    /// Takes what was read after [`Self::read_to`]. What is too much leaves at the front.
    pub fn append(&mut self, page: LogPage) {
        let known = self.read_to;
        self.lines
            .extend(page.lines.into_iter().filter(|l| l.number > known));
        let held = self.lines.last().map_or(0, |l| l.number);
        self.last = self.last.max(page.last);
        self.later = page.more;
        // Without more to come, every line up to the end of the log was looked at.
        self.read_to = if page.more {
            held.max(known)
        } else {
            page.last.max(held).max(known)
        };
        let surplus = self.lines.len().saturating_sub(MAX_LINES);
        if surplus > 0 {
            self.lines.drain(..surplus);
            self.earlier = true;
        }
    }

    /// Takes what was read before the first line. What is too much leaves at the end; tells
    /// whether something did.
    pub fn prepend(&mut self, page: LogPage) -> bool {
        let first = self.first().unwrap_or(0);
        let mut all: Vec<LogLine> = page
            .lines
            .into_iter()
            .filter(|l| l.number < first)
            .collect();
        all.append(&mut self.lines);
        let cut = all.len() > MAX_LINES;
        all.truncate(MAX_LINES);
        self.lines = all;
        self.earlier = page.more;
        if cut {
            self.later = true;
            self.read_to = self.lines.last().map_or(0, |l| l.number);
        }
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use domain::execution::LogKind;
    use domain::view::LogFilter;

    /// A log as the server answers for it: every fifth line is of kind *step*.
    struct Log(u64);

    impl Log {
        fn read(&self, filter: &LogFilter) -> LogPage {
            let matches = |number: &u64| {
                filter.kinds.is_empty()
                    || number.is_multiple_of(5) == filter.kinds.contains(&LogKind::Step)
            };
            let limit = filter.limit as usize;
            let mut found: Vec<u64> = (1..=self.0)
                .filter(|number| *number > filter.after)
                .filter(|number| filter.before.is_none_or(|before| *number < before))
                .filter(matches)
                .collect();
            let more = found.len() > limit;
            if filter.before.is_some() {
                found.drain(..found.len().saturating_sub(limit));
            }
            found.truncate(limit);
            LogPage {
                lines: found
                    .into_iter()
                    .map(|number| LogLine {
                        number,
                        at: Timestamp(0),
                        kind: LogKind::Step,
                        module: None,
                        text: String::new(),
                    })
                    .collect(),
                last: self.0,
                more,
                complete: false,
            }
        }
    }

    fn steps(after: u64, before: Option<u64>) -> LogFilter {
        LogFilter {
            after,
            before,
            kinds: vec![LogKind::Step],
            limit: 500,
            ..LogFilter::default()
        }
    }

    fn numbers(window: &Window) -> Vec<u64> {
        window.lines.iter().map(|l| l.number).collect()
    }

    #[test]
    fn all_1200_lines_of_a_kind_are_read_and_then_the_new_ones() {
        let log = Log(6_000);
        let mut window = Window::after(log.read(&steps(0, None)), 0);
        let mut reads = 1;
        while window.later {
            window.append(log.read(&steps(window.read_to(), None)));
            reads += 1;
        }
        let wanted: Vec<u64> = (1..=1_200).map(|n| n * 5).collect();
        assert_eq!(numbers(&window), wanted);
        assert_eq!((reads, window.earlier), (3, false));
        // While the run goes on, what comes is found, and what is no step is not read again.
        let log = Log(6_004);
        window.append(log.read(&steps(window.read_to(), None)));
        assert_eq!((window.lines.len(), window.read_to()), (1_200, 6_004));
        let log = Log(6_011);
        window.append(log.read(&steps(window.read_to(), None)));
        assert_eq!(numbers(&window)[1_200..], [6_005, 6_010]);
    }

    #[test]
    fn from_the_end_all_earlier_lines_of_a_kind_are_read() {
        let log = Log(6_003);
        let mut window = Window::end(log.read(&steps(0, Some(u64::MAX))));
        assert_eq!(numbers(&window).last(), Some(&6_000));
        assert_eq!(window.read_to(), 6_003);
        while let Some(first) = window.first() {
            assert!(!window.prepend(log.read(&steps(0, Some(first)))));
        }
        let wanted: Vec<u64> = (1..=1_200).map(|n| n * 5).collect();
        assert_eq!(numbers(&window), wanted);
    }

    #[test]
    fn what_leaves_the_window_can_be_read_again() {
        let log = Log(15_000);
        let mut window = Window::after(log.read(&steps(0, None)), 0);
        while window.later {
            window.append(log.read(&steps(window.read_to(), None)));
        }
        assert_eq!(window.lines.len(), MAX_LINES);
        assert_eq!(window.first(), Some(5_005));
        assert!(window.prepend(log.read(&steps(0, window.first()))));
        assert_eq!(numbers(&window)[0], 2_505);
        assert!(window.later);
        window.append(log.read(&steps(window.read_to(), None)));
        let wanted: Vec<u64> = (1_001..=3_000).map(|n| n * 5).collect();
        assert_eq!(numbers(&window), wanted);
    }

    #[test]
    fn an_empty_log_has_nothing_before_or_after() {
        let window = Window::after(Log(0).read(&steps(0, None)), 0);
        assert_eq!((window.first(), window.later), (None, false));
    }
}

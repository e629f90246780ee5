//! Which rows are in view. All rows have one height, so that this is arithmetic and nothing
//! jumps.

/// Rows in the document before the browser has measured anything.
pub const FIRST_FRAME: u64 = 40;
/// Rows kept above and below what is in view.
const SPARE: u64 = 12;

/// The rows to keep in the document: from the first to before the second.
pub type Span = (u64, u64);

/// What the first frame shows, on the server and in the browser alike.
pub fn first_frame(total: u64) -> Span {
    (0, total.min(FIRST_FRAME))
}

/// The rows to keep, given how far the list's top is above the top of the window (negative while
/// it is still below), the window's height and a row's height, all in pixels.
pub fn span(scrolled: i64, viewport: i64, row: i64, total: u64) -> Span {
    if row <= 0 || viewport <= 0 {
        return first_frame(total);
    }
    let first = u64::try_from(scrolled / row).unwrap_or(0);
    let last = u64::try_from((scrolled + viewport) / row + 1).unwrap_or(0);
    // Whole steps, so that a scroll of a few pixels changes nothing.
    let first = first.saturating_sub(SPARE) / 4 * 4;
    let last = (last + SPARE).div_ceil(4) * 4;
    let last = last.min(total);
    (first.min(last), last)
}

/// How far to scroll so that a row is wholly between the sticky head and the sticky foot: the
/// change in pixels, 0 if it is in view.
pub fn scroll_to_show(top: i64, row: i64, head: i64, foot_at: i64) -> i64 {
    if top < head {
        top - head
    } else if top + row > foot_at {
        top + row - foot_at
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_covers_the_view_and_some_more() {
        assert_eq!(span(-200, 800, 40, 10_000), (0, 28));
        let (first, last) = span(40_000, 800, 40, 10_000);
        assert!((980..=1_000 - SPARE + 4).contains(&first), "{first}");
        assert!((1_021 + SPARE..=1_040).contains(&last), "{last}");
        assert_eq!(span(10_000_000, 800, 40, 100), (100, 100));
        assert_eq!(span(0, 800, 40, 3), (0, 3));
        assert_eq!(span(0, 800, 0, 7), (0, 7));
    }

    #[test]
    fn every_row_that_can_be_seen_is_in_the_span() {
        for row in [32, 40, 113] {
            for scrolled in (-300..50_000).step_by(37) {
                let (first, last) = span(scrolled, 900, row, 2_000);
                for index in 0..2_000_i64 {
                    let top = index * row - scrolled;
                    if top + row > 0 && top < 900 {
                        let index = u64::try_from(index).unwrap_or(0);
                        assert!(first <= index && index < last, "{scrolled} {row} {index}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_behind_the_head_or_the_foot_is_brought_out() {
        assert_eq!(scroll_to_show(100, 40, 52, 700), 0);
        assert_eq!(scroll_to_show(20, 40, 52, 700), -32);
        assert_eq!(scroll_to_show(690, 40, 52, 700), 30);
    }
}

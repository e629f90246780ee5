//! From whose view it is told what differs: what was before and after, or what one place has and
//! the other has not.

use domain::difference::Change;
use domain::view::ComparedSide;

/// What the two sides are called where something is told of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// The first one.
    pub from: String,
    /// The second one.
    pub to: String,
    /// The second one is what becomes, or became, of the first one. Else neither comes first, and
    /// nothing is new or removed.
    pub in_time: bool,
}

impl Sides {
    /// What to call these sides.
    pub fn of(from: &ComparedSide, to: &ComparedSide) -> Self {
        let place = |side: &ComparedSide| side.environment.clone();
        // What a plan makes of its target comes after what that was right before the plan.
        let made = |side: &ComparedSide| {
            let plan = side.plan.map(|number| format!("with plan #{number}"));
            plan.is_some_and(|words| side.title.ends_with(&words))
        };
        let when = |side: &ComparedSide| (side.at.map_or(i64::MAX, |at| at.0), made(side));
        let same_place = place(from).is_some() && place(from) == place(to);
        let in_time = same_place && when(from) <= when(to);
        let named = |side: &ComparedSide| match (same_place, side.plan, side.at) {
            (true, None, Some(_)) => format!("{} then", side.title),
            (true, None, None) => format!("{} now", side.title),
            _ => side.title.clone(),
        };
        Self {
            from: named(from),
            to: named(to),
            in_time,
        }
    }

    /// What became of something in a word, with its tone.
    pub fn change(&self, change: Change) -> (String, &'static str) {
        match (change, self.in_time) {
            (Change::Added, true) => ("New".to_owned(), "ok"),
            (Change::Removed, true) => ("Removed".to_owned(), "bad"),
            (Change::Changed, true) => ("Changed".to_owned(), "move"),
            (Change::Added, false) => (format!("Only in {}", self.to), ""),
            (Change::Removed, false) => (format!("Only in {}", self.from), ""),
            (Change::Changed, false) => ("Differs".to_owned(), "move"),
        }
    }

    /// That nothing became of something.
    pub const fn same(&self) -> &'static str {
        if self.in_time {
            "Unchanged"
        } else {
            "The same"
        }
    }

    /// What became of something where many are counted: "3 **new**".
    pub fn counted(&self, change: Change) -> String {
        match (change, self.in_time) {
            (Change::Added, true) => "new".to_owned(),
            (Change::Removed, true) => "removed".to_owned(),
            (Change::Changed, true) => "changed".to_owned(),
            (Change::Added, false) => format!("only in {}", self.to),
            (Change::Removed, false) => format!("only in {}", self.from),
            (Change::Changed, false) => "different".to_owned(),
        }
    }

    /// That something is one thing on the first side and another on the second.
    pub fn both(&self, from: &str, to: &str) -> String {
        if self.in_time {
            format!("{from} becomes {to}")
        } else {
            format!("{from} in {}, {to} in {}", self.from, self.to)
        }
    }

    /// How what follows is to be read.
    pub fn guide(&self) -> String {
        let Self { from, to, .. } = self;
        if self.in_time {
            format!("Read from {from} to {to}.")
        } else {
            format!("Where two stand side by side, the first is of {from}, the second of {to}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    fn side(place: &str, at: Option<i64>) -> ComparedSide {
        ComparedSide {
            title: place.to_owned(),
            environment: Some(place.to_owned()),
            lane: None,
            plan: None,
            at: at.map(Timestamp),
            unrecorded: false,
        }
    }

    #[test]
    fn between_places_nothing_is_new_or_removed() {
        let sides = Sides::of(&side("Quality", None), &side("Production", None));
        assert!(!sides.in_time);
        assert_eq!(sides.change(Change::Added).0, "Only in Production");
        assert_eq!(sides.same(), "The same");
        assert_eq!(sides.change(Change::Removed).0, "Only in Quality");
        assert_eq!(sides.both("30", "60"), "30 in Quality, 60 in Production");
        assert_eq!(
            sides.guide(),
            "Where two stand side by side, the first is of Quality, the second of Production."
        );
        // Also where one of them is a former state.
        assert!(!Sides::of(&side("Quality", Some(5)), &side("Production", None)).in_time);
    }

    #[test]
    fn what_was_before_and_after_follows_time() {
        let (then, now) = (side("Quality", Some(5)), side("Quality", None));
        let sides = Sides::of(&then, &now);
        assert!(sides.in_time);
        assert_eq!((&*sides.from, &*sides.to), ("Quality then", "Quality now"));
        assert_eq!(sides.change(Change::Added).0, "New");
        assert_eq!(sides.same(), "Unchanged");
        assert_eq!(sides.both("30", "60"), "30 becomes 60");
        // A plan comes after what was before it, also while it has not started.
        let mut plan = side("Quality", None);
        plan.plan = Some(12);
        let before = plan.clone();
        plan.title = "Quality with plan #12".to_owned();
        assert!(Sides::of(&before, &plan).in_time);
        assert!(!Sides::of(&plan, &before).in_time);
        // The wrong way round nothing is called new.
        let back = Sides::of(&now, &then);
        assert_eq!(back.change(Change::Added).0, "Only in Quality then");
    }
}

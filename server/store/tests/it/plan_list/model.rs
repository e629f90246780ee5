//! Plans and queries as they come, and which of the plans a query finds, written plainly.

use crate::plans::{a_plan, operation};
use proptest::prelude::*;
use store::entity::plans::{plan, plan_operation};
use store::plans::{PlanQuery, Reach, Sort, SortKey, Span};
use uuid::Uuid;

pub const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub const PLACES: [(Uuid, &str); 3] = [(id(7), "Development"), (id(8), "Quality"), (id(9), "Live")];
pub const PEOPLE: [(u128, &str, &str); 3] = [
    (31, "Ada Lovelace", "ada"),
    (32, "Bo Xu", "bo"),
    (33, "Çelik", "c_100%"),
];
pub const APPLICATIONS: [(u128, &str); 4] = [
    (100, "Policy"),
    (200, "Claims & co"),
    (300, "Rating_X"),
    (400, "Ünder"),
];
const NUMBERS: [&str; 3] = ["1.2", "1.2.0", "2.0"];
const STATUSES: [&str; 9] = [
    "saved",
    "queued",
    "running",
    "needs_intervention",
    "aborting",
    "aborted",
    "finished_successful",
    "finished_with_warnings",
    "finished_with_errors",
];
const WAITS: [&str; 3] = ["prepared", "needs_value", "suspended"];
const KINDS: [&str; 3] = ["ordinary", "rollback", "replicate"];
const NOTES: [&str; 6] = [
    "",
    "Night shift\nwith \"quotes\" and 100% of C:\\temp",
    "a*b OR c AND NOT near(d)",
    "under_score",
    "ÄRGER mit Größe",
    "qa",
];
const TEXTS: [&str; 24] = [
    "policy",
    "POL",
    "li",
    "l",
    "#1",
    "#12",
    "12",
    "1",
    "%",
    "_",
    "\\",
    "\"",
    "\"quotes\"",
    "100%",
    "a*b",
    "or",
    "under_score",
    "ärger",
    "größe",
    "ada xu",
    "claims &",
    "qa",
    "temp night",
    "zzz",
];

const NAMES: [&str; 4] = ["Temp night", "billing", "Ärger", "Policy 5.3 to Quality"];

const KEYS: [SortKey; 4] = [
    SortKey::Name,
    SortKey::Started,
    SortKey::Finished,
    SortKey::Took,
];

/// A plan of the model: the row and what it brings.
pub type Planned = (plan::Model, Vec<plan_operation::Model>);

fn pick<T: Copy + std::fmt::Debug + 'static>(from: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(from)
}

fn maybe_person() -> impl Strategy<Value = Option<Uuid>> {
    proptest::option::of(pick(&PEOPLE).prop_map(|person| id(person.0)))
}

fn time() -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(0_i64..50)
}

prop_compose! {
    pub fn planned(number: i64)(
        status in prop_oneof![1 => Just("draft"), 9 => pick(&STATUSES)],
        kind in pick(&KINDS),
        ends in (pick(&PLACES), pick(&PLACES)),
        by in proptest::collection::vec(maybe_person(), 6),
        times in (0_i64..50, time(), time()),
        waited in prop_oneof![2 => Just(0_i64), 1 => 0_i64..20],
        // Also of plans that wait no more: only where one stands counts.
        intervention in proptest::option::of(pick(&WAITS)),
        warnings in prop_oneof![3 => Just(0_i64), 1 => Just(2_i64)],
        notes in pick(&NOTES),
        brings in proptest::sample::subsequence(APPLICATIONS.to_vec(), 0..=3),
        versions in proptest::collection::vec(proptest::option::of(pick(&NUMBERS)), 3),
    ) -> Planned {
        let row = plan::Model {
            kind: kind.to_owned(),
            source_id: ends.0.0,
            target_id: ends.1.0,
            created_by: by[0],
            saved_by: by[1],
            queued_by: by[2],
            started_by: by[3],
            continued_by: by[4],
            aborted_by: by[5],
            waited,
            intervention: intervention.map(str::to_owned),
            created: times.0,
            started: times.1,
            finished: times.2,
            warnings,
            notes: notes.to_owned(),
            name: NAMES[usize::try_from(number).unwrap() % NAMES.len()].to_owned(),
            ..a_plan(number, status)
        };
        let operations = (0..)
            .zip(brings.iter().zip(versions))
            .map(|(position, (application, version))| plan_operation::Model {
                number: version.map(str::to_owned),
                ..operation(&row, application.0, position)
            })
            .collect();
        (row, operations)
    }
}

fn span() -> impl Strategy<Value = Span> {
    (time(), time()).prop_map(|(from, until)| Span { from, until })
}

/// Most filters are not set, as in life.
fn rarely<S: Strategy>(of: S, otherwise: S::Value) -> impl Strategy<Value = S::Value>
where
    S::Value: Clone,
{
    prop_oneof![3 => Just(otherwise), 1 => of]
}

prop_compose! {
    pub fn query()(
        text in rarely(pick(&TEXTS), ""),
        statuses in rarely(proptest::sample::subsequence(STATUSES.to_vec(), 0..=3), Vec::new()),
        waits in rarely(proptest::sample::subsequence(WAITS.to_vec(), 0..=2), Vec::new()),
        ends in (
            rarely(pick(&PLACES).prop_map(|place| Some(place.0)), None),
            rarely(pick(&PLACES).prop_map(|place| Some(place.0)), None),
        ),
        application in rarely(pick(&APPLICATIONS).prop_map(|a| Some(id(a.0))), None),
        numbers in rarely(
            prop_oneof![Just(vec!["1.2".to_owned(), "1.2.0".to_owned()]), Just(vec!["2.0".to_owned()])],
            Vec::new(),
        ),
        person in rarely(maybe_person(), None),
        spans in (
            rarely(span(), Span::default()),
            rarely(span(), Span::default()),
            rarely(span(), Span::default()),
        ),
        warnings in rarely(proptest::option::of(any::<bool>()), None),
        kind in rarely(pick(&KINDS).prop_map(Some), None),
        order in (
            any::<bool>(),
            rarely((pick(&KEYS), any::<bool>()).prop_map(|(key, descending)| {
                Some(Sort { key, descending })
            }), None),
        ),
        reach in prop_oneof![
            Just(Reach::default()),
            (1_u64..20, 1_u64..20, 1_u64..20).prop_map(|(compared, window, ordered)| Reach {
                compared,
                window,
                ordered,
            }),
        ],
    ) -> PlanQuery {
        PlanQuery {
            text: text.to_owned(),
            statuses,
            waits,
            source: ends.0,
            target: ends.1,
            application,
            numbers,
            person,
            created: spans.0,
            started: spans.1,
            finished: spans.2,
            warnings,
            kind,
            oldest_first: order.0,
            sort: order.1,
            shelves: None,
            reach,
            way: None,
        }
    }
}

fn within(span: Span, at: Option<i64>) -> bool {
    let open = span.from.is_none() && span.until.is_none();
    open || at.is_some_and(|at| {
        span.from.is_none_or(|from| at >= from) && span.until.is_none_or(|until| at < until)
    })
}

/// Whether a word is in a text, as the list promises it.
fn holds(text: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    text.to_lowercase().split_whitespace().any(|part| {
        let number = word.strip_prefix('#').and_then(|n| n.parse::<u64>().ok());
        match (number, word.chars().count()) {
            (Some(_), _) => part == word,
            (None, 0..3) => part.starts_with(&word),
            _ => part.contains(&word),
        }
    })
}

pub fn matches((row, operations): &Planned, query: &PlanQuery) -> bool {
    let mut text = format!("#{0} {0} {1} {2}", row.number, row.name, row.notes);
    for operation in operations {
        let application = APPLICATIONS
            .iter()
            .find(|a| id(a.0) == operation.application_id);
        text += &format!(
            " {} {}",
            application.unwrap().1,
            operation.number.as_deref().unwrap_or("")
        );
    }
    let people = [
        row.created_by,
        row.saved_by,
        row.queued_by,
        row.started_by,
        row.continued_by,
        row.aborted_by,
    ];
    for (number, name, login) in PEOPLE {
        if people.contains(&Some(id(number))) {
            text += &format!(" {name} {login}");
        }
    }
    let with = operations.iter().any(|operation| {
        query
            .application
            .is_none_or(|a| a == operation.application_id)
            && (query.numbers.is_empty()
                || operation
                    .number
                    .as_ref()
                    .is_some_and(|n| query.numbers.contains(n)))
    });
    let warned = row.warnings > 0 || row.status == "finished_with_warnings";
    row.status != "draft"
        && query.text.split_whitespace().all(|word| holds(&text, word))
        && ((query.statuses.is_empty() && query.waits.is_empty())
            || query.statuses.contains(&row.status.as_str())
            || (row.status == "needs_intervention"
                && row
                    .intervention
                    .as_deref()
                    .is_some_and(|why| query.waits.contains(&why))))
        && query.source.is_none_or(|source| source == row.source_id)
        && query.target.is_none_or(|target| target == row.target_id)
        && ((query.application.is_none() && query.numbers.is_empty()) || with)
        && query
            .person
            .is_none_or(|person| people.contains(&Some(person)))
        && within(query.created, Some(row.created))
        && within(query.started, row.started)
        && within(query.finished, row.finished)
        && query.warnings.is_none_or(|warnings| warnings == warned)
        && query.kind.is_none_or(|kind| kind == row.kind)
}

/// How the list sorts two plans.
pub fn by_key(sort: Sort, a: &plan::Model, b: &plan::Model) -> std::cmp::Ordering {
    let time = |row: &plan::Model| match sort.key {
        SortKey::Started => row.started,
        SortKey::Finished => row.finished,
        _ => row
            .finished
            .zip(row.started)
            .map(|(end, begin)| end - begin - row.waited),
    };
    let order = match (sort.key, time(a), time(b)) {
        (SortKey::Name, ..) => a
            .name
            .to_ascii_lowercase()
            .cmp(&b.name.to_ascii_lowercase()),
        (_, Some(a), Some(b)) => a.cmp(&b),
        // Without one it comes last, whichever the direction.
        (_, a, b) => return b.is_some().cmp(&a.is_some()),
    };
    if sort.descending {
        order.reverse()
    } else {
        order
    }
}

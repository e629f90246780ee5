//! A run's log of a million lines: how long until the first lines are there, those in the middle,
//! and what a search finds.

use super::{open, sign_in};
use backend::{Actor, Backend};
use domain::view::{LogFilter, LogPage};
use std::path::Path;
use std::time::{Duration, Instant};
use store::Store;
use store::testing::log::fill_log;

/// Lines that the page asks for at once.
const WINDOW: u32 = 400;
/// How often each is asked.
const ROUNDS: usize = 30;
/// What the first lines may take.
const TARGET: Duration = Duration::from_millis(300);

/// Fills the log of this plan and of one with a tenth of the lines, and measures both.
pub async fn measure(url: &str, folder: &Path, plans: [u64; 2], lines: u32) {
    let store = Store::open(url).await.unwrap();
    fill_log(&store, plans[0], lines / 10).await;
    fill_log(&store, plans[1], lines).await;
    store.close().await.unwrap();
    let backend = open(url, folder).await;
    let session = sign_in(&backend).await;
    let actor = backend.find_session(&session).await.unwrap().unwrap();
    let few = times(&backend, &actor, plans[0], lines / 10).await;
    let many = times(&backend, &actor, plans[1], lines).await;
    for ((name, few), (_, many)) in few.into_iter().zip(many) {
        let growth = (many.as_secs_f64() / few.as_secs_f64()).log10();
        println!(
            "row\tlog: {name}\t{:.2} ms\t{} ms\t{:.3}\tof {lines} lines, median of {ROUNDS}; grows with the power {growth:.2} from a tenth",
            many.as_secs_f64() * 1_000.0,
            TARGET.as_millis(),
            many.as_secs_f64() / TARGET.as_secs_f64(),
        );
    }
}

async fn times(
    backend: &Backend,
    actor: &Actor,
    plan: u64,
    lines: u32,
) -> Vec<(&'static str, Duration)> {
    let lines = u64::from(lines);
    let window = LogFilter {
        limit: WINDOW,
        ..LogFilter::default()
    };
    let search = |text: &str| LogFilter {
        text: text.to_owned(),
        ..window.clone()
    };
    let questions = [
        (
            "last lines",
            LogFilter {
                after: lines - u64::from(WINDOW),
                ..window.clone()
            },
            WINDOW,
        ),
        (
            "lines in the middle",
            LogFilter {
                after: lines / 2,
                ..window.clone()
            },
            WINDOW,
        ),
        ("first lines", window.clone(), WINDOW),
        (
            "search, found all over",
            search("staged and verified"),
            WINDOW,
        ),
        ("search, first and last line", search("needle"), 2),
        ("search, nothing found", search("zzzz"), 0),
    ];
    let mut found = Vec::new();
    for (name, filter, count) in questions {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let before = Instant::now();
            let page: LogPage = backend.read_log(actor, plan, filter.clone()).await.unwrap();
            times.push(before.elapsed());
            assert_eq!(page.lines.len(), count as usize, "{name}");
        }
        times.sort_unstable();
        found.push((name, times[ROUNDS / 2]));
    }
    found
}

//! A check next to the same question asked of SQLite: a recursive query over indexed tables that
//! finds all modules that a plan depends on, and compares both hashes of the references that it
//! touches. Same run, same factory, same plan; the database is in memory and warm.
//!
//! `cargo bench -p store --bench closure`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use domain::fixtures::{BarePass, Size, calm, random, random_plan};
use domain::impact::{CheckOptions, Index, check};
use domain::landscape::Landscape;
use domain::plan::{Choice, PlanContent};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TABLES: &str = "
CREATE TABLE part (tag INTEGER, module INTEGER, version INTEGER, PRIMARY KEY (tag, module)) WITHOUT ROWID;
CREATE TABLE running (module INTEGER PRIMARY KEY, version INTEGER);
CREATE TABLE offer (version INTEGER, element INTEGER, interface INTEGER, full INTEGER, PRIMARY KEY (version, element)) WITHOUT ROWID;
CREATE TABLE reference (version INTEGER, element INTEGER, producer INTEGER, interface INTEGER, full INTEGER, PRIMARY KEY (version, element)) WITHOUT ROWID;
CREATE INDEX reference_producer ON reference (producer, version, element, interface, full);
CREATE TABLE row (tag INTEGER PRIMARY KEY);
CREATE TABLE module_version (version INTEGER PRIMARY KEY, module INTEGER);
";

/// `needed` is the closure; `touched` are the references of what the plan brings and of all others
/// in the target to that; the answer is how large both are and how many hashes differ.
const QUERY: &str = "
WITH RECURSIVE
  plan (module, version) AS MATERIALIZED (
    SELECT part.module, part.version FROM row JOIN part ON part.tag = row.tag),
  state (module, version) AS MATERIALIZED (
    SELECT running.module, coalesce(plan.version, running.version)
    FROM running LEFT JOIN plan ON plan.module = running.module
    UNION SELECT module, version FROM plan),
  needed (module) AS (
    SELECT module FROM plan
    UNION
    SELECT reference.producer FROM needed
    JOIN state ON state.module = needed.module
    JOIN reference ON reference.version = state.version),
  touched (element, producer, interface, full) AS (
    SELECT element, producer, interface, full FROM plan JOIN reference USING (version)
    UNION ALL
    SELECT reference.element, reference.producer, reference.interface, reference.full
    FROM plan
    JOIN reference ON reference.producer = plan.module
    JOIN module_version ON module_version.version = reference.version
    JOIN running ON running.module = module_version.module AND running.version = reference.version
    WHERE NOT EXISTS (SELECT 1 FROM plan AS other WHERE other.module = running.module))
SELECT
  (SELECT count(*) FROM needed) AS needed,
  count(*) AS touched,
  coalesce(sum((offer.interface IS NOT touched.interface) + (offer.full IS NOT touched.full)), 0) AS different
FROM touched
JOIN state ON state.module = touched.producer
LEFT JOIN offer ON offer.version = state.version AND offer.element = touched.element
";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let quick = std::env::args().any(|a| a == "--test") || cfg!(debug_assertions);
    let scale = if quick { 10 } else { 1 };
    let size = Size {
        applications: 4_000 / scale,
        modules: 10_000 / scale,
        references: 100_000 / scale,
    };
    let whole = random(7, size).unwrap();
    let plan = random_plan(&whole, 7, 1_000 / scale);
    let rounds = if quick { 1 } else { 15 };
    compare("nothing to find", &calm(&whole), &plan, rounds).await;
    compare("with findings", &whole, &plan, rounds).await;
}

async fn compare(what: &str, landscape: &Landscape, plan: &PlanContent, rounds: usize) {
    let database = fill(landscape, plan).await;
    let applications: Vec<_> = plan.operations.iter().map(|o| o.application).collect();
    let slice = Arc::new(landscape.slice(plan.source, plan.target, &applications));
    let index = Index::new(slice, plan.source, plan.target).unwrap();
    let options = CheckOptions {
        parallel_limit: None,
    };
    let (mut asked, mut checked) = (Vec::new(), Vec::new());
    let mut answer = (0, 0, 0);
    for _ in 0..rounds {
        let begin = Instant::now();
        answer = ask(&database).await;
        asked.push(begin.elapsed());
        for _ in 0..20 {
            let begin = Instant::now();
            let report = black_box(check(&index, plan, options));
            checked.push(begin.elapsed());
            drop(report);
        }
    }
    // The database answers the same question, or the comparison says nothing.
    let pass = BarePass::new(landscape, plan);
    assert_eq!(answer.1, i64::try_from(pass.count()).unwrap());
    assert_eq!(answer.2, i64::try_from(pass.run()).unwrap());
    let (asked, checked) = (middle(asked), middle(checked));
    println!(
        "row\tcheck, {what}, against SQLite\t{:.1} µs\tSQLite {:.1} ms\t1/{:.0} (at most 1/50)\trecursive query: {} modules needed, {} references touched",
        checked.as_secs_f64() * 1e6,
        asked.as_secs_f64() * 1e3,
        asked.as_secs_f64() / checked.as_secs_f64(),
        answer.0,
        answer.1,
    );
}

async fn fill(landscape: &Landscape, plan: &PlanContent) -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    let database = Database::connect(options).await.unwrap();
    database.execute_unprepared(TABLES).await.unwrap();
    let target = landscape.environments.iter().zip(0_u32..);
    let target = target.filter(|(e, _)| e.id == plan.target);
    let target = target.map(|(_, i)| i).last().unwrap();
    let states = || landscape.module_versions.iter().zip(0_u64..);
    let module = |version: u32| u64::from(landscape.module_versions[version as usize].module);
    insert(
        &database,
        "module_version",
        states().map(|(s, v)| [v, u64::from(s.module)]),
    )
    .await;
    let offers = states().flat_map(|(state, version)| {
        let offers = state.provides.iter();
        offers.map(move |o| [version, o.element.into(), o.interface.into(), o.full.into()])
    });
    insert(&database, "offer", offers).await;
    let references = states().flat_map(|(state, version)| {
        let elements = &landscape.elements;
        state.uses.iter().map(move |used| {
            let producer = elements[used.element as usize].module;
            let (interface, full) = (used.interface.into(), used.full.into());
            [
                version,
                used.element.into(),
                producer.into(),
                interface,
                full,
            ]
        })
    });
    insert(&database, "reference", references).await;
    let running = landscape.running.iter().filter(|r| r.environment == target);
    let running = running.flat_map(|r| r.modules.iter().map(|v| [module(*v), u64::from(*v)]));
    insert(&database, "running", running).await;
    let tags = || landscape.versions.iter().zip(0_u64..);
    let parts = tags().flat_map(|(tag, t)| {
        tag.modules
            .iter()
            .map(move |v| [t, module(*v), u64::from(*v)])
    });
    insert(&database, "part", parts).await;
    let chosen: Vec<_> = plan
        .operations
        .iter()
        .filter_map(|operation| match operation.choice {
            Choice::Deploy { version } => Some(version),
            Choice::DoNothing | Choice::TagAndDeploy { .. } | Choice::DeployCustom { .. } => None,
        })
        .collect();
    let rows = tags().filter(|(tag, _)| chosen.contains(&tag.id));
    insert(&database, "row", rows.map(|(_, t)| [t])).await;
    database.execute_unprepared("ANALYZE").await.unwrap();
    database
}

async fn insert<const N: usize>(
    database: &DatabaseConnection,
    table: &str,
    rows: impl Iterator<Item = [u64; N]>,
) {
    let rows: Vec<[u64; N]> = rows.collect();
    for rows in rows.chunks(2_000) {
        let mut text = format!("INSERT INTO {table} VALUES ");
        for (i, row) in rows.iter().enumerate() {
            let values: Vec<String> = row.iter().map(u64::to_string).collect();
            let comma = if i > 0 { "," } else { "" };
            write!(text, "{comma}({})", values.join(",")).unwrap();
        }
        database.execute_unprepared(&text).await.unwrap();
    }
}

async fn ask(database: &DatabaseConnection) -> (i64, i64, i64) {
    let statement = Statement::from_string(database.get_database_backend(), QUERY);
    let row = database.query_one_raw(statement).await.unwrap().unwrap();
    let number = |name: &str| row.try_get::<i64>("", name).unwrap();
    (number("needed"), number("touched"), number("different"))
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

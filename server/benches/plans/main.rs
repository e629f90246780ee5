//! Plans, very many of them, and a run with a very long log.
//!
//! The list: how long a page takes, for each filter and for the
//! search, and how many pages a second the console answers next to a handler that runs the same
//! statements and writes the rows as JSON. SQLite, in a file; everything in one process.
//!
//! `cargo bench -p server --bench plans`; `SLIPWAY_BENCH_PLANS=10000` for fewer plans.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

mod log;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use backend::{Backend, Client, Options};
use domain::view::{NewAdministrator, PLAN_COUNT_CAP, PlanCut, PlanFilter, PlanRequest};
use domain::{Day, Timestamp};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use server::ServerState;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Store;
use store::plans::{Cut, PlanQuery};
use store::testing::plans::{APART, BEGIN, application_name, fill_plans};
use tower::ServiceExt;

/// Rows of a page, as the page asks for them.
const PAGE: u32 = 50;
/// Pages of each kind.
const ROUNDS: usize = 200;
/// How long pages are asked for as fast as they come.
const PRESSURE: Duration = Duration::from_secs(3);
/// Lines of the long log.
const LINES: u32 = 1_000_000;
/// What a page may take.
const TARGET: Duration = Duration::from_millis(10);

#[tokio::main]
async fn main() {
    let all: u32 = std::env::var("SLIPWAY_BENCH_PLANS")
        .map_or(100_000, |number| number.parse().expect("a number"));
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("console.db").display());
    let tenth = all / 10;
    // Before there is anybody else: the first account is made with a token of its own.
    sign_up(&open(&url, folder.path()).await).await;
    fill(&url, 1, tenth).await;
    let few = measure(&url, folder.path(), tenth, false).await;
    fill(&url, tenth + 1, all).await;
    let many = measure(&url, folder.path(), all, true).await;
    for (before, (name, p99)) in few.iter().zip(&many) {
        let growth = (p99.as_secs_f64() / before.1.as_secs_f64()).log10();
        println!(
            "row\tplans: {name}, p99\t{:.2} ms\t{} ms\t{:.2}\tone of {all} plans; grows with the power {growth:.2} from a tenth",
            p99.as_secs_f64() * 1_000.0,
            TARGET.as_millis(),
            p99.as_secs_f64() / TARGET.as_secs_f64(),
        );
    }
    // Plans that have finished: the newest two of them.
    let finished = finished(&url, folder.path()).await;
    log::measure(&url, folder.path(), finished, LINES).await;
}

/// The numbers of two plans that have finished.
async fn finished(url: &str, folder: &std::path::Path) -> [u64; 2] {
    let backend = open(url, folder).await;
    let session = sign_in(&backend).await;
    let actor = backend.find_session(&session).await.unwrap().unwrap();
    let page = backend
        .list_plans(&actor, request("status=finished"))
        .await
        .unwrap();
    [page.rows[0].number, page.rows[1].number]
}

async fn fill(url: &str, from: u32, to: u32) {
    let store = Store::open(url).await.unwrap();
    fill_plans(&store, from, to).await;
    store.close().await.unwrap();
}

/// What is asked for: each filter, and the search, by its address.
fn questions(all: u32) -> Vec<(&'static str, String)> {
    let day = |number: u32| Day::of(Timestamp(BEGIN + i64::from(number) * APART));
    let (early, late) = (day(all / 10), day(all / 5));
    let application = domain::view::encode(&application_name(7));
    vec![
        ("first page", String::new()),
        ("status, few", "status=active".to_owned()),
        ("status, many", "status=finished".to_owned()),
        ("source", "source=Quality".to_owned()),
        ("target", "target=Production".to_owned()),
        ("application", format!("application={application}")),
        ("version", "version=1.7".to_owned()),
        ("by whom", "by=person7".to_owned()),
        ("kind", "kind=rollback".to_owned()),
        ("with warnings", "warnings=yes".to_owned()),
        ("without warnings", "warnings=no".to_owned()),
        (
            "created long ago",
            format!("created-from={early}&created-to={late}"),
        ),
        (
            "started long ago",
            format!("started-from={early}&started-to={late}"),
        ),
        ("finished since", format!("finished-from={early}")),
        ("search, many", "search=claims".to_owned()),
        ("search, few", format!("search=%23{}", all / 2)),
        ("search, none", "search=zzzz".to_owned()),
        ("search, two words", "search=claims+rounding".to_owned()),
        ("search, one letter", "search=c".to_owned()),
        (
            "five filters",
            format!("status=finished&source=Quality&by=person7&search=desk&started-from={early}"),
        ),
        // Each of them leaves thousands, all of them together none.
        (
            "filters that leave nothing",
            format!(
                "status=finished&source=Quality&target=Quality&by=person7&started-from={early}"
            ),
        ),
        (
            "a text and filters that leave nothing",
            "search=claims&source=Quality&target=Quality".to_owned(),
        ),
        ("by name", "sort=name".to_owned()),
        ("longest first", "sort=longest".to_owned()),
        (
            "started last, filtered",
            "sort=started-last&source=Quality".to_owned(),
        ),
        // What is asked for lies far from where the order begins.
        (
            "started last, created long ago",
            format!("sort=started-last&created-from={early}&created-to={late}"),
        ),
        ("far in", String::new()),
        ("far in, by name", "sort=name".to_owned()),
        (
            "far in, filtered",
            "status=finished&source=Quality".to_owned(),
        ),
    ]
}

/// The time that 99 of 100 pages keep within, for each question.
async fn measure(
    url: &str,
    folder: &std::path::Path,
    all: u32,
    compare: bool,
) -> Vec<(&'static str, Duration)> {
    let backend = Arc::new(open(url, folder).await);
    let session = sign_in(&backend).await;
    let console = server::router(ServerState::new(Arc::clone(&backend)));
    let mut found = Vec::new();
    for (name, query) in questions(all) {
        let mut times = Vec::with_capacity(ROUNDS);
        let cut = if name.starts_with("far in") {
            PlanCut::After(u64::from(all / 2))
        } else {
            PlanCut::Start
        };
        let asked = PlanRequest {
            cut,
            ..request(&query)
        };
        let body = json!({ "request": asked });
        for _ in 0..ROUNDS {
            let before = Instant::now();
            ask(&console, post(&session, "list_plans", &body)).await;
            times.push(before.elapsed());
        }
        found.push((name, p99(name, all, times)));
    }
    // What stands on the tabs above the list.
    let all_of_them = json!({ "filter": PlanFilter::default() });
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let before = Instant::now();
        ask(&console, post(&session, "count_plans", &all_of_them)).await;
        times.push(before.elapsed());
    }
    found.push((
        "counts of each status",
        p99("counts of each status", all, times),
    ));
    if compare {
        let store = Arc::new(Store::open_beside(url).await.unwrap());
        let plain = Router::new().route("/", get(handler)).with_state(store);
        let ours = pressure(
            || post(&session, "list_plans", &json!({ "request": request("") })),
            console,
        )
        .await;
        let theirs = pressure(|| Request::get("/").body(Body::empty()).unwrap(), plain).await;
        println!(
            "row\tplans: first pages a second\t{ours:.0}\tplain handler {theirs:.0}\t{:.2} (at least 0.50)\t{all} plans, one after the other",
            ours / theirs,
        );
    }
    found
}

/// The time that 99 of 100 keep within.
fn p99(name: &str, all: u32, mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let (middle, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{all} plans, {name}: median {middle:?}, p99 {p99:?}");
    p99
}

const PASSWORD: &str = "Correct-Horse-7";

async fn open(url: &str, folder: &std::path::Path) -> Backend {
    let opened = Backend::open(url, &folder.join("bundles"), Options::default()).await;
    opened.expect("the database opens")
}

async fn sign_up(backend: &Backend) {
    let token = backend.create_setup_token().await.unwrap();
    let new = NewAdministrator {
        token: token.expect("nobody is there yet"),
        name: "Ada Quill".to_owned(),
        login: "ada".to_owned(),
        email: String::new(),
        password: PASSWORD.to_owned(),
    };
    let made = backend.create_administrator(new, &Client::default()).await;
    made.unwrap();
}

async fn sign_in(backend: &Backend) -> String {
    let answer = backend.sign_in("ada", PASSWORD, &Client::default()).await;
    answer.unwrap().1.expect("the password is right")
}

fn request(query: &str) -> PlanRequest {
    PlanRequest {
        filter: PlanFilter::parse(query),
        cut: PlanCut::Start,
        limit: PAGE,
    }
}

/// What the page posts to ask the console something.
fn post(session: &str, function: &str, body: &Value) -> Request<Body> {
    Request::post(format!("/api/{function}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header("sec-fetch-site", "same-origin")
        .header(
            header::COOKIE,
            format!("{}={session}", app::api::SESSION_COOKIE),
        )
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// Asks a router and reads the whole answer.
async fn ask(router: &Router, request: Request<Body>) {
    let answer = router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    axum::body::to_bytes(answer.into_body(), usize::MAX)
        .await
        .unwrap();
}

/// Answers a second, one request after the other.
async fn pressure(request: impl Fn() -> Request<Body>, router: Router) -> f64 {
    let begin = Instant::now();
    let mut answers = 0_u32;
    while begin.elapsed() < PRESSURE {
        ask(&router, request()).await;
        answers += 1;
    }
    f64::from(answers) / begin.elapsed().as_secs_f64()
}

/// The same statements as for a page of the console, and the rows as they are.
async fn handler(State(store): State<Arc<Store>>) -> axum::Json<Value> {
    let connection = store.read();
    let query = PlanQuery::default();
    let all = store::plans::count_plans(connection, &query, PLAN_COUNT_CAP + 1)
        .await
        .unwrap();
    let rows = store::plans::list_plans(connection, &query, Cut::Start, u64::from(PAGE) + 1)
        .await
        .unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let operations = store::plans::list_operation_rows(connection, &ids)
        .await
        .unwrap();
    let checked = store::plans::list_checked(connection, &ids).await.unwrap();
    let people: BTreeSet<_> = rows
        .iter()
        .flat_map(|row| [row.created_by, row.saved_by, row.started_by, row.aborted_by])
        .flatten()
        .collect();
    let people = store::people::users(connection, people).await.unwrap();
    let environments = store::environments::all(connection).await.unwrap();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.id, "number": row.number, "name": row.name, "status": row.status,
                "kind": row.kind, "source": row.source_id, "target": row.target_id,
                "created": row.created, "saved": row.saved, "started": row.started,
                "aborted": row.aborted, "finished": row.finished, "notes": row.notes,
            })
        })
        .collect();
    let operations: Vec<Value> = operations
        .iter()
        .map(|row| json!([row.plan, row.application, row.choice, row.number]))
        .collect();
    let people: Vec<Value> = people
        .iter()
        .map(|row| json!([row.id, row.name, row.login]))
        .collect();
    let environments: Vec<Value> = environments
        .iter()
        .map(|row| json!([row.id, row.name]))
        .collect();
    axum::Json(json!({
        "all": all, "rows": rows, "operations": operations, "people": people,
        "checked": checked.len(), "environments": environments,
    }))
}

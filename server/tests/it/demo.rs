//! `slipway demo` as people use it: what they changed stays, agents that die come back, and Ctrl-C
//! leaves nothing behind.

use crate::harness::slipway;
use crate::installation::http_client;
use backend::{Actor, Backend};
use domain::environment::Purpose;
use domain::view::{EnvironmentDetail, NewEnvironment};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use server::demo::DemoFile;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const PATIENCE: Duration = Duration::from_mins(2);

/// A demo without applications in a folder.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(data: &Path) -> Self {
        let mut child = Command::from(slipway())
            .args([
                "--log",
                "warn",
                "demo",
                "--empty",
                "--listen",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// All lines up to the one with this text.
    async fn says(&mut self, text: &str) -> String {
        let mut said = String::new();
        let heard = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                said.push_str(&line);
                said.push('\n');
                if line.contains(text) {
                    return;
                }
            }
            panic!("it ended without {text:?}:\n{said}");
        };
        tokio::time::timeout(PATIENCE, heard)
            .await
            .unwrap_or_else(|_| panic!("it never says {text:?}"));
        said
    }

    async fn ready(data: &Path) -> (Self, String) {
        let mut demo = Self::start(data);
        let said = demo.says("Ctrl-C").await;
        assert!(said.contains("Slipway is ready"), "{said}");
        (demo, said)
    }

    /// As Ctrl-C does.
    async fn interrupt(mut self) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill(Pid::from_raw(pid), Signal::SIGINT).unwrap();
        let ended = tokio::time::timeout(PATIENCE, self.child.wait());
        let status = ended.await.expect("it stops").unwrap();
        assert_eq!(status.code(), Some(0));
    }
}

/// The agents that run on this folder.
fn agents(data: &Path) -> Vec<Pid> {
    let folder = data.join("agents").display().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else {
            continue;
        };
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&command).contains(&folder) {
            found.push(Pid::from_raw(pid));
        }
    }
    found
}

async fn beside(data: &Path) -> (Backend, Actor) {
    let url = format!("sqlite:{}", data.join("console.db").display());
    let backend = Backend::open_beside(&url, &data.join("bundles"), backend::Options::default())
        .await
        .unwrap();
    (backend, Actor::at_terminal("tester"))
}

/// What was written for tools and tests.
fn told(data: &Path) -> DemoFile {
    let file = std::fs::read_to_string(data.join("demo.json")).unwrap();
    serde_json::from_str(&file).unwrap()
}

/// The last lines on the terminal, word for word.
fn welcome(data: &Path, file: &DemoFile) -> String {
    let [development, quality, production] = file.environments.as_slice() else {
        panic!("three environments, not {:?}", file.environments);
    };
    format!(
        "
Slipway is ready: {}

  Sign in as   {}
  Password     {}
  (also in {}/demo.json)

  Development  {}
  Quality      {}
  Production   {}

Ctrl-C stops all of it; the data is kept.
",
        file.url,
        file.username,
        file.password,
        data.display(),
        development.url,
        quality.url,
        production.url,
    )
}

/// What the terminal says leads where it says: the account opens the console, and each address is
/// of the agent of its environment.
async fn try_out(file: &DemoFile) {
    let http = http_client();
    let call = |function: &str, arguments: serde_json::Value| {
        let request = http.post(format!("{}/api/{function}", file.url));
        let request = request.header("sec-fetch-site", "same-origin");
        request.json(&arguments)
    };
    let entry = serde_json::json!({ "login": file.username, "password": file.password });
    let signed_in = call("sign_in", entry).send().await.unwrap();
    assert_eq!(signed_in.status(), 200);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("slipway_session="), "{cookie}");
    let session = cookie.split(';').next().unwrap().to_owned();
    let all = call("list_environments", serde_json::json!({})).header("cookie", session);
    let all: Vec<EnvironmentDetail> = all.send().await.unwrap().json().await.unwrap();
    for environment in &file.environments {
        let name = &environment.name;
        let known = all.iter().find(|known| known.row.name == *name).unwrap();
        assert_eq!(known.address.as_ref(), Some(&environment.url), "{name}");
        let front_door = http.get(&environment.url).send().await.unwrap();
        assert_eq!(front_door.status(), 200, "{name}");
        let listing = front_door.text().await.unwrap();
        assert!(listing.contains(&format!("<h1>{name}</h1>")), "{listing}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_with_where_to_go_and_how_to_sign_in_and_a_second_start_keeps_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().canonicalize().unwrap();
    let (demo, said) = Running::ready(&data).await;
    let first = told(&data);
    assert!(said.ends_with(&welcome(&data, &first)), "{said}");
    try_out(&first).await;
    let (backend, person) = beside(&data).await;
    let new = NewEnvironment {
        name: "Training".to_owned(),
        purpose: Purpose::Test,
    };
    backend.create_environment(&person, new).await.unwrap();
    let there = async |backend: &Backend| {
        let all = backend.list_environments(&person).await.unwrap();
        let rows = all.into_iter().map(|one| (one.row.id, one.row.name));
        let accounts = backend.list_accounts(&person).await.unwrap();
        let accounts = accounts.into_iter().map(|one| (one.id, one.login));
        (rows.collect::<Vec<_>>(), accounts.collect::<Vec<_>>())
    };
    let kept = there(&backend).await;
    assert_eq!((kept.0.len(), kept.1.len()), (4, 1));
    drop(backend);
    demo.interrupt().await;

    let (demo, said) = Running::ready(&data).await;
    let second = told(&data);
    assert_eq!(
        (&second.username, &second.password),
        (&first.username, &first.password)
    );
    assert!(said.ends_with(&welcome(&data, &second)), "{said}");
    try_out(&second).await;
    let (backend, _) = beside(&data).await;
    assert_eq!(there(&backend).await, kept);
    // It was made once, and its password never changed.
    let audit = backend.list_audit().await;
    let of_accounts = audit.iter().filter(|entry| entry.object_kind == "account");
    let changes: Vec<&str> = of_accounts
        .map(|entry| entry.action.as_str())
        .filter(|action| !action.starts_with("signed_"))
        .collect();
    assert_eq!(changes, ["account_created"]);
    drop(backend);
    demo.interrupt().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_changed_does_not_keep_it_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().canonicalize().unwrap();
    let (demo, said) = Running::ready(&data).await;
    assert!(said.contains("(also in "), "{said}");
    demo.interrupt().await;

    // Another name, another order, an environment without an agent, another password.
    let (backend, person) = beside(&data).await;
    let quality = backend.list_environments(&person).await.unwrap().remove(1);
    backend
        .rename_environment(&person, quality.row.id, quality.revision, "Acceptance")
        .await
        .unwrap();
    let quality = backend.list_environments(&person).await.unwrap().remove(1);
    backend
        .swap_environments(&person, quality.row.id, quality.revision)
        .await
        .unwrap();
    let new = NewEnvironment {
        name: "Training".to_owned(),
        purpose: Purpose::Test,
    };
    backend.create_environment(&person, new).await.unwrap();
    let admin = backend.find_account(&person, "admin").await.unwrap();
    backend
        .reset_account_password(&person, admin.id, admin.revision)
        .await
        .unwrap();
    drop(backend);

    let (demo, said) = Running::ready(&data).await;
    assert!(said.contains("you changed it"), "{said}");
    let file = std::fs::read_to_string(data.join("demo.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    let names: Vec<&str> = file["environments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|environment| environment["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Development", "Production", "Acceptance"]);
    let (backend, person) = beside(&data).await;
    assert_eq!(backend.list_environments(&person).await.unwrap().len(), 4);
    demo.interrupt().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_dies_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().canonicalize().unwrap();
    let (mut demo, _) = Running::ready(&data).await;
    let before = agents(&data);
    assert_eq!(before.len(), 3);
    kill(before[0], Signal::SIGKILL).unwrap();
    demo.says("runs again").await;
    assert_eq!(agents(&data).len(), 3);
    demo.interrupt().await;
    assert_eq!(agents(&data), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_while_it_starts_it_stops_in_peace() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().canonicalize().unwrap();
    let demo = Running::start(&data);
    // The first agent's process is there, and the others are not.
    let started = async {
        while agents(&data).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, started).await.unwrap();
    // Whoever waits for the file waits for all of it.
    assert!(!data.join("demo.json").exists());
    demo.interrupt().await;
    assert_eq!(agents(&data), []);
    // Nothing of it is in the way of the next start.
    let (demo, _) = Running::ready(&data).await;
    let file = std::fs::read_to_string(data.join("demo.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert!(
        !file["environments"].as_array().unwrap().is_empty(),
        "{file}"
    );
    demo.interrupt().await;
}

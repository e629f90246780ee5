//! An application whose service starts when a test lets it: until then a run stands in the middle of
//! its switch.

use crate::harness::write_files;
use domain::ApplicationId;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const TOML: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000041"
name = "Gate"
[[module]]
id = "0197a000-0000-7000-8000-000000000042"
name = "GateService"
kind = "service"
path = "service"
url_path = "/gate"
[module.service]
command = ["sh", "start.sh", "{slipway}"]
health = "/health"
start_seconds = 300
"#;

/// Starts when somebody lets it.
const START: &str = r#"read -r word < "$SLIPWAY_DATA/gate"
exec "$1" sample-service
"#;

/// What the service says of itself once it runs.
pub const SAYS: &str = "\"edition\":7";

pub fn application() -> ApplicationId {
    ApplicationId("0197a000-0000-7000-8000-000000000041".parse().unwrap())
}

/// Its source.
pub fn write(source: &Path) {
    let files = [
        ("slipway.toml", TOML),
        ("service/service.json", r#"{"edition":7}"#),
        ("service/start.sh", START),
    ];
    write_files(source, &files);
}

/// Where the service looks before it starts, at an agent with this folder.
fn place(agent: &Path) -> PathBuf {
    let data = agent.join("data/0197a000-0000-7000-8000-000000000042");
    std::fs::create_dir_all(&data).unwrap();
    data.join("gate")
}

/// From now on the service starts at once there.
pub fn leave_open(agent: &Path) {
    std::fs::write(place(agent), "open\n").unwrap();
}

/// A gate that is closed.
pub struct Gate(PathBuf);

impl Gate {
    /// At an agent with this folder.
    pub fn at(agent: &Path) -> Self {
        let gate = place(agent);
        let made = Command::new("mkfifo").arg(&gate).status();
        assert!(made.unwrap().success());
        Self(gate)
    }

    /// Waits until the service stands before it.
    pub async fn reached(self) -> Reached {
        let open = move || File::options().write(true).open(self.0).unwrap();
        Reached(tokio::task::spawn_blocking(open).await.unwrap())
    }
}

/// A gate before which the service stands.
pub struct Reached(File);

impl Reached {
    /// Lets it in.
    pub fn open(mut self) {
        self.0.write_all(b"open\n").unwrap();
    }
}

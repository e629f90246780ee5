//! `.ci/setup`, which installs what is missing: on machines where it may not, it says what is
//! missing, what for and what to do, and goes on without what can be done without.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What the script takes for granted on any machine.
const ALWAYS_THERE: [&str; 12] = [
    "bash", "cut", "dirname", "env", "head", "id", "ls", "mktemp", "rm", "sed", "tail", "touch",
];

/// A copy of the script in a checkout of its own, on a machine that has nothing else.
struct Machine(TempDir);

impl Machine {
    /// With everything that is built with, and nothing that only tests want.
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        let of_ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for file in ["Cargo.toml", "rust-toolchain.toml", ".ci/env"] {
            machine.write(file, &fs::read_to_string(of_ours.join(file)).unwrap());
        }
        // What lies at fixed places is looked for where this machine's own is not found.
        let mut script = fs::read_to_string(of_ours.join(".ci/setup")).unwrap();
        for fixed in ["/usr/lib/postgresql", "/usr/bin/chromium"] {
            assert!(script.contains(fixed), "{fixed}");
            script = script.replace(fixed, &machine.path("nothing").display().to_string());
        }
        machine.write(".ci/setup", &script);
        machine.write("end2end/package-lock.json", "{}");
        machine.write("end2end/node_modules/.package-lock.json", "{}");
        fs::create_dir(machine.path("bin")).unwrap();
        for program in ALWAYS_THERE {
            let of_machine = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
            let found = of_machine.into_iter().find(|path| path.exists());
            let found = found.unwrap_or_else(|| panic!("there is no {program} here"));
            symlink(found, machine.path("bin").join(program)).unwrap();
        }
        for program in ["cargo", "cc"] {
            machine.has(program, "exit 0");
        }
        let wasm = "rust/lib/rustlib/wasm32-unknown-unknown/lib";
        fs::create_dir_all(machine.path(wasm)).unwrap();
        machine.has(
            "rustc",
            &format!("echo '{}'", machine.path("rust").display()),
        );
        let manifest = fs::read_to_string(machine.path("Cargo.toml")).unwrap();
        let pinned = manifest
            .lines()
            .find_map(|line| line.strip_prefix("wasm-bindgen = \"="))
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap();
        machine.has("wasm-bindgen", &format!("echo wasm-bindgen {pinned}"));
        machine.has("node", "echo true");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Has a program that does this.
    fn has(&self, program: &str, does: &str) {
        self.write(&format!("bin/{program}"), &format!("#!/bin/sh\n{does}\n"));
        let path = self.path("bin").join(program);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn lacks(&self, program: &str) {
        fs::remove_file(self.path("bin").join(program)).unwrap();
    }

    /// Nobody here is root.
    fn is_somebodys(&self) {
        self.lacks("id");
        self.has("id", "echo 1000");
    }

    /// The script's status and what it complains, without colours.
    fn set_up(&self, part: &str) -> (Option<i32>, String) {
        let output = Command::new(self.path("bin/bash"))
            .arg(self.path(".ci/setup"))
            .arg(part)
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.0.path())
            .output()
            .unwrap();
        let mut plain = String::from_utf8(output.stderr).unwrap();
        for colour in ["\u{1b}[33m", "\u{1b}[31m", "\u{1b}[0m"] {
            plain = plain.replace(colour, "");
        }
        (output.status.code(), plain)
    }
}

/// Lines that name a program of which the shell says itself that it is not there.
fn without_the_shells(complained: &str) -> Vec<&str> {
    let own = |line: &&str| !line.contains(": command not found");
    complained.lines().filter(own).collect()
}

#[test]
fn with_everything_there_it_says_nothing() {
    let machine = Machine::new();
    assert_eq!(machine.set_up("build"), (Some(0), String::new()));
    machine.has("initdb", "exit 0");
    machine.has("chromium", "exit 0");
    fs::rename(machine.path("bin/chromium"), machine.path("nothing")).unwrap();
    assert_eq!(machine.set_up("test"), (Some(0), String::new()));
}

#[test]
fn without_a_package_manager_that_it_knows_it_names_what_is_left_out_and_goes_on() {
    let machine = Machine::new();
    let (status, complained) = machine.set_up("test");
    assert_eq!(
        without_the_shells(&complained),
        [
            "tests on PostgreSQL: install postgresql with your system's package manager.",
            "Tests on PostgreSQL will be left out.",
            "tests in a browser: install chromium fonts-liberation with your system's package manager.",
            "Chromium could not be installed: tests in the browser will be left out.",
        ]
    );
    assert_eq!(status, Some(0));
}

#[test]
fn without_the_right_to_install_it_says_what_to_type_and_goes_on() {
    let machine = Machine::new();
    machine.is_somebodys();
    machine.has("apt-get", "echo it was called >&2");
    let wanted = |why: &str| {
        [
            format!("tests on PostgreSQL: run `sudo apt-get install postgresql` ({why})."),
            "Tests on PostgreSQL will be left out.".to_owned(),
            format!(
                "tests in a browser: run `sudo apt-get install chromium fonts-liberation` ({why})."
            ),
            "Chromium could not be installed: tests in the browser will be left out.".to_owned(),
        ]
    };
    let why = "no password-less sudo here";
    let (status, complained) = machine.set_up("test");
    assert_eq!(without_the_shells(&complained), wanted(why));
    assert_eq!(status, Some(0));
    // One that asks for a password is none for a script.
    machine.has("sudo", "exit 1");
    let (status, complained) = machine.set_up("test");
    assert_eq!(without_the_shells(&complained), wanted(why));
    assert_eq!(status, Some(0));
}

#[test]
fn what_the_package_manager_cannot_install_is_said_with_its_words() {
    let machine = Machine::new();
    machine.is_somebodys();
    machine.has("sudo", "shift; \"$@\"");
    machine.has("apt-get", "echo \"E: no network for $1\" >&2; exit 100");
    let (status, complained) = machine.set_up("test");
    let said = without_the_shells(&complained);
    for line in [
        "E: no network for install",
        "tests on PostgreSQL: could not install postgresql.",
        "Tests on PostgreSQL will be left out.",
        "tests in a browser: could not install chromium fonts-liberation.",
        "Chromium could not be installed: tests in the browser will be left out.",
    ] {
        assert!(said.contains(&line), "{line}: {complained}");
    }
    assert_eq!(status, Some(0));
}

#[test]
fn what_npm_should_fetch_and_does_not_is_said() {
    let machine = Machine::new();
    fs::remove_dir_all(machine.path("end2end/node_modules")).unwrap();
    let (status, complained) = machine.set_up("build");
    let words = [
        "npm fetches the tools that shrink the page: install npm with your system's package manager.",
        "npm is missing and could not be installed. The page cannot be built without it: install it, then run this again.",
    ];
    assert_eq!(without_the_shells(&complained), words);
    assert_eq!(status, Some(1));
    machine.has("npm", "echo 'npm error no network' >&2; exit 1");
    let (status, complained) = machine.set_up("build");
    let words = [
        "npm error no network",
        "The page's build tools could not be fetched from npm (it says above why). The page cannot be built without them; run this again when npm can be reached.",
    ];
    assert_eq!(without_the_shells(&complained), words);
    assert_eq!(status, Some(1));
}

#[test]
fn without_what_is_built_with_it_says_so_and_ends() {
    let rust = "Slipway needs Rust: install it from https://rustup.rs, then run this again.";
    let compiler = [
        "a C compiler builds SQLite and zstd: install gcc libc6-dev with your system's package manager.",
        "No C compiler was found (cc).",
    ];
    let node = [
        "Node.js runs the tools that shrink the page: install nodejs npm with your system's package manager.",
        "Slipway needs Node.js 20 or newer to build its page.",
    ];
    for (missing, words) in [("cargo", &[rust][..]), ("cc", &compiler), ("node", &node)] {
        let machine = Machine::new();
        machine.lacks(missing);
        let (status, complained) = machine.set_up("test");
        assert_eq!(without_the_shells(&complained), words, "{missing}");
        assert_eq!(status, Some(1), "{missing}");
    }
    let machine = Machine::new();
    fs::remove_dir_all(machine.path("rust")).unwrap();
    let (status, complained) = machine.set_up("build");
    assert!(
        complained.contains("The WebAssembly target is missing and rustup could not add it.")
            && complained.contains("rustup target add wasm32-unknown-unknown"),
        "{complained}"
    );
    assert_eq!(status, Some(1));
}

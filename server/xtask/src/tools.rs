//! Finding and running other programs.

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// The workspace as cargo sees it.
pub fn metadata() -> Result<Metadata> {
    MetadataCommand::new()
        .exec()
        .context("cargo metadata could not read the workspace")
}

/// The cargo that runs this.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a program; an error names it if it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{} could not be started", words(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", words(command));
    }
    Ok(())
}

/// Runs a program and gives what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("{} could not be started", words(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", words(command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn words(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Prints a line for the person.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// A tool of npm, as `end2end/package-lock.json` pins it; installs them all if it is missing.
pub fn npm_tool(metadata: &Metadata, name: &str) -> Result<PathBuf> {
    let folder = metadata.workspace_root.join("end2end").into_std_path_buf();
    let tool = folder.join("node_modules/.bin").join(name);
    if !tool.exists() {
        say("Installing the pinned npm tools of end2end/package.json");
        run(Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(&folder))
        .context(
            "Node.js with npm is needed to build the page (Debian: apt-get install nodejs npm)",
        )?;
    }
    if !tool.exists() {
        bail!("end2end/package.json does not bring {name}");
    }
    Ok(tool)
}

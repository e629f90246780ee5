//! `docs/configuration.md` lists every option: the table is written from the command line itself.
//! `UPDATE=1 cargo test -p server` writes it anew.

use clap::{Command, CommandFactory};
use server::cli::Cli;
use server::config::configurable;
use std::fmt::Write;

#[test]
fn the_documentation_lists_every_option() {
    let mut text = String::new();
    let cli = Cli::command();
    table(&mut text, "Every command", &cli);
    commands(&mut text, "slipway", &cli);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/options.md");
    let whole = format!(
        "# Options\n\nWritten by a test from the command line itself: `UPDATE=1 cargo test -p server options`.\n{text}"
    );
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &whole).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        committed, whole,
        "docs/options.md is out of date: UPDATE=1 cargo test -p server options"
    );
}

fn commands(text: &mut String, path: &str, command: &Command) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("{path} {}", sub.get_name());
        table(text, &name, sub);
        commands(text, &name, sub);
    }
}

fn table(text: &mut String, title: &str, command: &Command) {
    let rows: Vec<_> = command
        .get_arguments()
        .filter(|a| configurable(a))
        .collect();
    if rows.is_empty() {
        return;
    }
    writeln!(
        text,
        "\n## {title}\n\n| Flag | Variable | Default | Meaning |\n| --- | --- | --- | --- |"
    )
    .unwrap();
    for argument in rows {
        let variable = argument
            .get_env()
            .map(|v| format!("`{}`", v.to_string_lossy()))
            .unwrap_or_default();
        let default: Vec<_> = argument
            .get_default_values()
            .iter()
            .map(|v| format!("`{}`", v.to_string_lossy()))
            .collect();
        writeln!(
            text,
            "| `--{}` | {variable} | {} | {} |",
            argument.get_long().unwrap(),
            default.join(", "),
            argument
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default(),
        )
        .unwrap();
    }
}

//! The configuration file: a TOML table per command, keys named as the command's flags. Its values
//! become the flags' defaults, so flags win over environment variables, those over the file, and
//! the file over what is built in; `--help` then shows what is in force.

use clap::builder::OsStr;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;
use std::path::PathBuf;

/// The command with the file's values as defaults, if a file is named.
pub fn with_file(command: Command, arguments: &[OsString]) -> Result<Command, clap::Error> {
    let Some(path) = file_named(arguments) else {
        return Ok(command);
    };
    let fail = |message: String| {
        Command::new("slipway").error(
            ErrorKind::ValueValidation,
            format!("{}: {message}", path.display()),
        )
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| fail(format!("the configuration file could not be read: {error}")))?;
    let tables: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| fail(error.to_string()))?;
    apply(command, &tables).map_err(fail)
}

/// Looks for `--config` before anything else is understood.
fn file_named(arguments: &[OsString]) -> Option<PathBuf> {
    let mut rest = arguments.iter().skip(1);
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        if text == "--" {
            break;
        }
        if text == "--config" {
            return rest.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    std::env::var_os("SLIPWAY_CONFIG")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

/// Makes each value of the tables the default of its flag. Keys outside a table are the options
/// that every command has.
fn apply(mut command: Command, tables: &toml::Table) -> Result<Command, String> {
    for (key, value) in tables {
        command = match value {
            toml::Value::Table(table) => {
                if !has_subcommand(&command, key) {
                    return Err(format!(
                        "[{key}] is no command; there are {}",
                        names(command.get_subcommands().filter(|c| !c.is_hide_set()))
                    ));
                }
                let mut problem = None;
                let command = command.mut_subcommand(key, |sub| {
                    let keep = sub.clone();
                    apply(sub, table).unwrap_or_else(|message| {
                        problem = Some(format!("[{key}] {message}"));
                        keep
                    })
                });
                if let Some(problem) = problem {
                    return Err(problem);
                }
                command
            }
            value => apply_value(command, key, value)?,
        };
    }
    Ok(command)
}

fn apply_value(command: Command, key: &str, value: &toml::Value) -> Result<Command, String> {
    let known = command
        .get_arguments()
        .find(|argument| configurable(argument) && argument.get_long() == Some(key))
        .map(|argument| argument.get_id().clone());
    let Some(id) = known else {
        let keys: Vec<_> = command
            .get_arguments()
            .filter(|argument| configurable(argument))
            .filter_map(Arg::get_long)
            .collect();
        return Err(format!(
            "{key} is no setting here; there are {}",
            keys.join(", ")
        ));
    };
    let values: Vec<OsStr> = match value {
        toml::Value::String(text) => vec![text.clone().into()],
        toml::Value::Array(items) => items
            .iter()
            .map(|item| {
                item.as_str()
                    .map(|text| OsStr::from(text.to_owned()))
                    .ok_or_else(|| format!("{key}: texts are expected"))
            })
            .collect::<Result<_, _>>()?,
        toml::Value::Integer(_) | toml::Value::Boolean(_) | toml::Value::Float(_) => {
            vec![value.to_string().into()]
        }
        _ => return Err(format!("{key}: a text, a number or true/false is expected")),
    };
    Ok(command.mut_arg(id, |argument| {
        argument.default_values(values).required(false)
    }))
}

/// Whether a flag may stand in the file: it has a long name and takes a value or is a switch.
pub fn configurable(argument: &Arg) -> bool {
    argument.get_long().is_some_and(|long| long != "config")
        && matches!(
            argument.get_action(),
            ArgAction::Set | ArgAction::SetTrue | ArgAction::Append
        )
        && !argument.is_hide_set()
}

fn has_subcommand(command: &Command, name: &str) -> bool {
    command.get_subcommands().any(|sub| sub.get_name() == name)
}

fn names<'a>(commands: impl Iterator<Item = &'a Command>) -> String {
    commands
        .map(Command::get_name)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn configured(text: &str) -> Result<Command, String> {
        apply(crate::cli::Cli::command(), &text.parse().unwrap())
    }

    #[test]
    fn the_file_gives_defaults_and_flags_win() {
        let command = configured("log = \"debug\"\n[serve]\nlisten = \"127.0.0.1:1\"").unwrap();
        let matches = command
            .clone()
            .try_get_matches_from(["slipway", "serve"])
            .unwrap();
        let serve = matches.subcommand_matches("serve").unwrap();
        assert_eq!(serve.get_one::<String>("log").unwrap(), "debug");
        assert_eq!(
            serve
                .get_one::<std::net::SocketAddr>("listen")
                .unwrap()
                .port(),
            1
        );
        let matches = command
            .try_get_matches_from(["slipway", "serve", "--listen", "127.0.0.1:2"])
            .unwrap();
        let serve = matches.subcommand_matches("serve").unwrap();
        assert_eq!(
            serve
                .get_one::<std::net::SocketAddr>("listen")
                .unwrap()
                .port(),
            2
        );
    }

    #[test]
    fn what_is_no_setting_is_named_with_what_there_is() {
        let message = configured("[serve]\nlissen = \"x\"").unwrap_err();
        assert!(
            message.contains("lissen") && message.contains("listen"),
            "{message}"
        );
        let message = configured("[server]\nlisten = \"x\"").unwrap_err();
        assert!(
            message.contains("server") && message.contains("serve,"),
            "{message}"
        );
    }

    #[test]
    fn the_command_line_is_sound() {
        crate::cli::Cli::command().debug_assert();
    }
}

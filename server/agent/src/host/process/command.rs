//! What a manifest's command runs.

use crate::error::Failure;
use std::fs;
use std::path::Path;

/// Turns a manifest's command into a program and arguments: `{slipway}` is `slipway`, relative
/// paths are inside the module's folder, bare names are looked up there and then on the search
/// path. The program must be there.
pub(crate) fn resolve(
    name: &str,
    command: &[String],
    folder: &Path,
    slipway: &Path,
) -> Result<Vec<String>, Failure> {
    let slipway = slipway.display().to_string();
    let mut resolved: Vec<String> = command
        .iter()
        .map(|part| part.replace("{slipway}", &slipway))
        .collect();
    let not_there = |program: &str| {
        Failure::lasting(
            "command_missing",
            format!(
                "The service \"{name}\" shall run `{program}`, which is not there or not \
                 executable. Correct `command` in slipway.toml, or add the file (with its \
                 executable bit) to the module's folder."
            ),
        )
    };
    let Some(program) = resolved.first_mut() else {
        return Err(not_there(""));
    };
    let inside = folder.join(program.as_str());
    if is_executable(&inside) {
        *program = inside.display().to_string();
    } else if program.contains('/') {
        return Err(not_there(program)); // an absolute path has joined to itself above
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .map(|folder| folder.join(program.as_str()))
            .find(|path| is_executable(path));
        match found {
            Some(found) => *program = found.display().to_string(),
            None => return Err(not_there(program)),
        }
    }
    Ok(resolved)
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

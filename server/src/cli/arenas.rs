//! How much memory the C library keeps for itself. Its allocator has an own arena for nearly every
//! thread and gives little of them back: after a few large deployments an idle process would hold
//! half as much again as it uses. What it shall do stands in environment variables that it reads as
//! the process begins, so the process begins once more with them.

use std::ffi::OsString;

/// What is set, unless somebody has set it: a few arenas for all threads, and what is free at the
/// end of them goes back to the system.
const SETTINGS: [(&str, &str); 2] = [
    ("MALLOC_ARENA_MAX", "2"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
];

/// Begins this process once more with what is missing of the settings, as the same process with the
/// same arguments. Answers if there is nothing to do, or if it cannot be done: then the process
/// runs as well, with more memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn limit(arguments: &[OsString]) {
    use std::os::unix::process::CommandExt;
    let (first, _) = SETTINGS[0];
    if std::env::var_os(first).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let mut again = std::process::Command::new(program);
    if let Some((name, rest)) = arguments.split_first() {
        again.arg0(name).args(rest);
    }
    for (name, value) in SETTINGS {
        if std::env::var_os(name).is_none() {
            again.env(name, value);
        }
    }
    let error = again.exec();
    tracing::debug!(%error, "the allocator keeps its arenas");
}

/// Other C libraries have no such arenas.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn limit(_: &[OsString]) {
    let _ = SETTINGS;
}

//! Other processes that tests need: this same binary, told by its environment what to be.

use crate::plans::{DATABASE, be_a_console};

/// Nothing in an ordinary test run; a console where the environment names its database.
#[test]
fn play() {
    let Ok(database) = std::env::var(DATABASE) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let local = tokio::task::LocalSet::new();
    runtime.block_on(local.run_until(be_a_console(&database)));
}

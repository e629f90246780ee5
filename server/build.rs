//! The server carries the page's files. Cargo cannot see that a folder which a macro reads has
//! changed; this tells it. Nothing is built here: `cargo xtask build-page` does that.
//!
//! It also says how the binary is linked: with its relocations packed, where the C library of this
//! machine can unpack them. They are 3 MB otherwise, read whole at each start and kept in memory.

use std::io::Write;
use std::path::Path;

fn main() {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site");
    // An empty folder: the server then says that the page was not built.
    let _ = std::fs::create_dir_all(&site);
    let mut out = std::io::stdout();
    let _ = writeln!(out, "cargo:rerun-if-changed={}", site.display());
    if is_native() && unpacks_relocations() {
        let _ = writeln!(out, "cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Whether the binary is for this machine, and its C library is GNU's.
fn is_native() -> bool {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let target = variable("TARGET");
    target == variable("HOST") && target.ends_with("-linux-gnu")
}

/// Whether the C library says that it can (2.36 and later; before, no such binary would start).
fn unpacks_relocations() -> bool {
    const MARK: &[u8] = b"GLIBC_ABI_DT_RELR";
    let architecture = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    [
        format!("/lib/{architecture}-linux-gnu/libc.so.6"),
        "/lib64/libc.so.6".to_owned(),
        "/usr/lib/libc.so.6".to_owned(),
    ]
    .iter()
    .find_map(|path| std::fs::read(path).ok())
    .is_some_and(|library| library.windows(MARK.len()).any(|part| part == MARK))
}

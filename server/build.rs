//! The server carries the page's files. Cargo cannot see that a folder which a macro reads has
//! changed; this tells it. Nothing is built here: `cargo xtask build-page` does that.

fn main() {
    let site = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site");
    // An empty folder: the server then says that the page was not built.
    let _ = std::fs::create_dir_all(&site);
    let mut out = std::io::stdout();
    let _ = std::io::Write::write_fmt(
        &mut out,
        format_args!("cargo:rerun-if-changed={}\n", site.display()),
    );
}

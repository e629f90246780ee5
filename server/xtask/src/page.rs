//! Building the page: cargo for WebAssembly, wasm-bindgen, wasm-opt, Lightning CSS, names after
//! the content, and Brotli ahead of time. What comes out stands in `target/site`, with a `manifest.json` that says which file is what; the server carries all of it inside.

use crate::names;
use crate::order;
use crate::tools::{cargo, metadata, npm_tool, output, run, say};
use crate::unused;
use crate::wasm;
use anyhow::{Context, Result, anyhow, bail};
use cargo_metadata::Metadata;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Files that would only grow under Brotli.
const COMPRESSED_ALREADY: [&str; 2] = ["woff2", "png"];

/// What the page's WebAssembly may use, as the compiler does.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What every file of the code is called by before the build names the folder after the content.
const SPLIT_LINKS: &str = "./slipway_parts.js";

/// Builds everything into `site`.
pub fn build(release: bool) -> Result<()> {
    let metadata = metadata()?;
    let root = metadata.workspace_root.clone().into_std_path_buf();
    let target = metadata.target_directory.clone().into_std_path_buf();
    let work = target
        .join("page")
        .join(if release { "release" } else { "dev" });
    fs::create_dir_all(&work)?;

    let wasm = build_wasm(&target, release)?;
    let code = work.join("code");
    split_and_bind(&metadata, &wasm, &code)?;
    if release {
        optimise(&metadata, &code)?;
    }
    let style = bundle_style(&metadata, &root, &work, "main.css")?;
    let later_style = bundle_style(&metadata, &root, &work, "later.css")?;

    let mut site = Site::new(&root.join("target/site"), release)?;
    let mut fonts = BTreeMap::new();
    for entry in fs::read_dir(root.join("style/assets/fonts"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "woff2") {
            let name = file_name(&path)?;
            let address = site.add(&name, fs::read(&path)?)?;
            fonts.insert(name, address);
        }
    }
    let mut css = fs::read_to_string(style)?;
    for (name, address) in &fonts {
        css = css.replace(&format!("/assets/fonts/{name}"), address);
    }
    if css.contains("/assets/fonts/") {
        bail!("a style names a font that is not in style/assets/fonts");
    }
    let font = fonts
        .iter()
        .find(|(name, _)| name.contains("next-basic-wght"))
        .map(|(_, address)| address.clone())
        .context("style/assets/fonts lacks the font of the first frame")?;
    let icon = site.add("mark.svg", fs::read(root.join("style/assets/mark.svg"))?)?;
    let style = site.add("slipway.css", css.into_bytes())?;
    let later_style = site.add("later.css", fs::read(later_style)?)?;
    let folder = site.add_together(&code)?;
    let script = format!("{folder}/slipway.js");
    let wasm = format!("{folder}/slipway_bg.wasm");
    let parts = format!("{folder}/slipway_parts.js");

    let manifest = serde_json::json!({
        "script": script, "parts": parts, "wasm": wasm, "style": style,
        "later_style": later_style, "font": font, "icon": icon,
        "release": release,
    });
    site.finish(&manifest)?;
    say(&format!("The page is in {}", site.folder.display()));
    Ok(())
}

fn file_name(path: &Path) -> Result<String> {
    Ok(path
        .file_name()
        .context("a file without a name")?
        .to_string_lossy()
        .into_owned())
}

/// The compiler's flags for the page. They replace those of `.cargo/config.toml`, so its own stands
/// here too. The relocations tell which code only a part that is loaded later needs; where the
/// sources of crates lie on this machine is left out of the messages.
fn wasm_flags() -> Result<String> {
    let mut flags = vec![
        "--cfg".to_owned(),
        "erase_components".to_owned(),
        "-Clink-args=--emit-relocs".to_owned(),
    ];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let sources = home.map(|home| home.join("registry/src"));
    if let Some(sources) = sources.filter(|sources| sources.is_dir()) {
        for registry in fs::read_dir(sources)? {
            flags.push(format!(
                "--remap-path-prefix={}/=",
                registry?.path().display()
            ));
        }
    }
    // A list of strings is written alike in JSON and TOML.
    Ok(format!(
        "target.wasm32-unknown-unknown.rustflags = {}",
        serde_json::to_string(&flags)?
    ))
}

fn build_wasm(target: &Path, release: bool) -> Result<PathBuf> {
    let profile = if release { "wasm-release" } else { "dev" };
    let flags = wasm_flags()?;
    run(cargo().args([
        "--config",
        flags.as_str(),
        "build",
        "-p",
        "frontend",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        profile,
    ]))
    .context("the page's WebAssembly was not built (is the target installed? rustup target add wasm32-unknown-unknown)")?;
    let folder = if release { "wasm-release" } else { "debug" };
    Ok(target
        .join("wasm32-unknown-unknown")
        .join(folder)
        .join("frontend.wasm"))
}

/// Splits off the screens that are loaded when they are first opened, then runs wasm-bindgen,
/// whose version must equal that of the crate. All files refer to each other by relative names.
fn split_and_bind(metadata: &Metadata, wasm: &Path, code: &Path) -> Result<()> {
    let wanted = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "wasm-bindgen")
        .map(|package| package.version.to_string())
        .context("the lock file has no wasm-bindgen")?;
    let install = format!("cargo install wasm-bindgen-cli --version {wanted}");
    let found = output(Command::new("wasm-bindgen").arg("--version"))
        .with_context(|| format!("wasm-bindgen is not installed; run: {install}"))?;
    if found.split_whitespace().nth(1) != Some(wanted.as_str()) {
        bail!(
            "wasm-bindgen is {}, the page needs {wanted}; run: {install}",
            found.trim()
        );
    }
    if code.exists() {
        fs::remove_dir_all(code)?;
    }
    fs::create_dir_all(code)?;
    let input = fs::read(wasm)?;
    let main = wasm.with_file_name("frontend_main.wasm");
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = code;
    options.main_out_path = &main;
    options.main_module = "./slipway.js";
    options.link_name = SPLIT_LINKS;
    wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("the page's code could not be split: {error:#}"))?;
    run(Command::new("wasm-bindgen")
        .args([
            "--target",
            "web",
            "--no-typescript",
            "--keep-lld-exports",
            "--no-demangle",
            "--out-name",
            "slipway",
        ])
        .arg("--out-dir")
        .arg(code)
        .arg(main))
}

fn optimise(metadata: &Metadata, code: &Path) -> Result<()> {
    let script = code.join("slipway.js");
    let wasm = code.join("slipway_bg.wasm");
    let (text, used) = unused::drop_streams(&fs::read_to_string(&script)?, &fs::read(&wasm)?)?;
    let (text, short) = names::shorten(&text, &used)?;
    fs::write(&wasm, short)?;
    fs::write(&script, names::tighten(&text))?;
    let parts = code.join("slipway_parts.js");
    let text = fs::read_to_string(&parts)?;
    fs::write(&parts, names::tighten(&text))?;

    let tool = npm_tool(metadata, "wasm-opt")?;
    let mut files = files_in(code)?;
    files.retain(|path| path.extension().is_some_and(|e| e == "wasm"));
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            shrink(&tool, file)?;
        }
        Ok(())
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| bail!("a worker ended early"))
        })
    })
}

/// Makes one file of WebAssembly small, packed with Brotli.
fn shrink(tool: &Path, plain: &Path) -> Result<()> {
    fs::write(plain, unused::empty_stepwise(&fs::read(plain)?)?)?;
    let small = plain.with_extension("small");
    run(Command::new(tool)
        .args(FEATURES)
        .args([
            "-Oz",
            // A function with one caller stays by itself, beside the others that are made from the
            // same source: Brotli finds them alike, which it does not inside their callers. Larger
            // unpacked, a twelfth smaller packed.
            "--one-caller-inline-max-function-size=0",
            "--strip-debug",
            "--strip-producers",
        ])
        .arg(plain)
        .arg("-o")
        .arg(&small))?;
    fs::write(&small, order::name_by_place(&fs::read(&small)?)?)?;
    run(Command::new(tool)
        .args(FEATURES)
        .args([
            "--reorder-functions-by-name",
            // Once more finds a little that the first time made possible, and leaves the order.
            "-Oz",
            "--one-caller-inline-max-function-size=0",
            "--strip-debug",
        ])
        .arg(&small)
        .arg("-o")
        .arg(plain))?;
    fs::remove_file(small)?;
    Ok(())
}

/// The files directly in a folder, by name.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

/// Bundles a file of `style` and everything it imports. The targets are recent, so that
/// `light-dark()` and `oklch()` stay as written.
fn bundle_style(metadata: &Metadata, root: &Path, work: &Path, name: &str) -> Result<PathBuf> {
    let tool = npm_tool(metadata, "lightningcss")?;
    let source = root.join("style").join(name);
    let out = work.join(name);
    run(Command::new(tool)
        .args(["--bundle", "--minify", "--targets", "last 1 years", "-o"])
        .arg(&out)
        .arg(source))?;
    if name == "main.css" {
        let text = fs::read_to_string(&out)?;
        for kept in ["light-dark(", "oklch("] {
            if !text.contains(kept) {
                bail!("the bundled style lost {kept}: themes would not switch");
            }
        }
    }
    Ok(out)
}

/// The folder that the server will carry.
struct Site {
    folder: PathBuf,
    quality: u32,
    written: Vec<String>,
}

impl Site {
    fn new(folder: &Path, release: bool) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            quality: if release { 11 } else { 4 },
            written: Vec::new(),
        })
    }

    /// Writes a file under a name that changes with its content; gives its address.
    fn add(&mut self, name: &str, content: Vec<u8>) -> Result<String> {
        let digest = hex::encode(Sha256::digest(&content));
        let (stem, extension) = name.rsplit_once('.').context("a file without extension")?;
        let name = format!("{stem}.{}.{extension}", &digest[..12]);
        self.write(&name, &content)?;
        if !COMPRESSED_ALREADY.contains(&extension) {
            self.write(&format!("{name}.br"), &compress(&content, self.quality)?)?;
        }
        Ok(format!("/pkg/{name}"))
    }

    /// Writes files that refer to each other into a folder that is named after all their content;
    /// gives the folder's address.
    fn add_together(&mut self, code: &Path) -> Result<String> {
        let mut digest = Sha256::new();
        let mut files = Vec::new();
        for path in files_in(code)? {
            let name = file_name(&path)?;
            if !(name.ends_with(".js") || name.ends_with(".wasm")) {
                continue;
            }
            let content = fs::read(&path)?;
            digest.update(&name);
            digest.update((content.len() as u64).to_le_bytes());
            digest.update(&content);
            files.push((name, content));
        }
        let folder = hex::encode(digest.finalize())[..12].to_owned();
        fs::create_dir_all(self.folder.join(&folder))?;
        for (name, content) in files {
            let name = format!("{folder}/{name}");
            self.write(&name, &content)?;
            self.write(&format!("{name}.br"), &compress(&content, self.quality)?)?;
        }
        Ok(format!("/pkg/{folder}"))
    }

    fn write(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        // Left alone if nothing changed, so that the server is not built anew.
        if fs::read(&path).ok().as_deref() != Some(content) {
            fs::write(&path, content)?;
        }
        self.written.push(name.to_owned());
        Ok(())
    }

    /// Writes the manifest last, and takes away what an earlier build left.
    fn finish(&mut self, manifest: &serde_json::Value) -> Result<()> {
        self.write(
            "manifest.json",
            serde_json::to_string_pretty(manifest)?.as_bytes(),
        )?;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = file_name(&path)?;
            if path.is_dir() {
                let prefix = format!("{name}/");
                if !self.written.iter().any(|file| file.starts_with(&prefix)) {
                    fs::remove_dir_all(path)?;
                }
            } else if !self.written.contains(&name) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// Brotli, as browsers ask for it. Code and data of WebAssembly are begun anew, since what the one
/// is like says nothing about the other.
pub fn compress(content: &[u8], quality: u32) -> Result<Vec<u8>> {
    let seams = if content.starts_with(b"\0asm") {
        wasm::seams(content)?
    } else {
        Vec::new()
    };
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, quality, 22);
    let mut done = 0;
    for seam in seams {
        writer.write_all(&content[done..seam])?;
        writer.flush()?;
        done = seam;
    }
    writer.write_all(&content[done..])?;
    writer.flush()?;
    Ok(writer.into_inner())
}

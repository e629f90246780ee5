//! Code that the page never runs, and that no tool can leave out by itself, because its address is
//! kept somewhere or because it is offered to the script.

use crate::wasm::{
    CODE, CUSTOM, EXPORTS, IMPORTS, Reader, change_sections, imported_functions, skip_import,
    write_number, write_text,
};
use anyhow::{Result, bail};
use std::collections::BTreeSet;

/// What takes over an erased view step by step. Each view keeps the address of its own beside that
/// of the one that takes it over in one go; only `hydrate_lazy` calls it, and the page takes over in
/// one go (`app::take_over`). No other function has the same code, and so none can have been made
/// one with these: they hold the place in their source that a poll after the end would name.
const STEPWISE: &str = "8into_any13hydrate_async";

/// The ways to take over step by step: with one of them in the page, [`STEPWISE`] is needed.
const STEPWISE_STARTS: [&str; 2] = ["12hydrate_lazy", "18hydrate_from_async"];

/// What ends a function at once: no locals, `unreachable`, `end`.
const TRAP: [u8; 3] = [0x00, 0x00, 0x0b];

/// Empties the functions that take over the page step by step.
pub fn empty_stepwise(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut imported = 0;
    let mut unused = BTreeSet::new();
    change_sections(wasm, |section, content| {
        match section {
            IMPORTS => imported = imported_functions(content)?,
            CUSTOM => {
                for (function, name) in names(content)? {
                    if STEPWISE_STARTS.iter().any(|start| name.contains(start)) {
                        bail!("the page is taken over step by step ({name}): use hydrate_body");
                    }
                    if name.contains(STEPWISE) {
                        unused.insert(function);
                    }
                }
            }
            _ => {}
        }
        Ok(None)
    })?;
    change_sections(wasm, |section, content| {
        if section != CODE {
            return Ok(None);
        }
        let mut read = Reader::new(content);
        let mut out = Vec::with_capacity(content.len());
        let count = read.number()?;
        write_number(&mut out, count);
        for function in imported..imported + count {
            let length = read.number()?;
            let mut body = read.take(length)?;
            if unused.contains(&function) {
                body = &TRAP;
            }
            write_number(&mut out, body.len());
            out.extend_from_slice(body);
        }
        Ok(Some(out))
    })
}

/// The functions' names, if this is the section that holds them.
fn names(content: &[u8]) -> Result<Vec<(usize, &str)>> {
    const FUNCTIONS: u8 = 1;
    let mut read = Reader::new(content);
    let mut names = Vec::new();
    if read.text()? != "name" {
        return Ok(names);
    }
    while !read.is_done() {
        let kind = read.byte()?;
        let length = read.number()?;
        let part = read.take(length)?;
        if kind == FUNCTIONS {
            let mut read = Reader::new(part);
            for _ in 0..read.number()? {
                names.push((read.number()?, read.text()?));
            }
        }
    }
    Ok(names)
}

/// The classes that lend streams of ours to the browser, as the script and the exports call them.
const STREAM_CLASSES: &str = "IntoUnderlying";
const STREAM_EXPORTS: &str = "intounderlying";

/// Takes out the classes for streams, which `server_fn` brings along: the script offers them, so
/// they stay whether anything makes one or not. The WebAssembly would ask for their constructors.
pub fn drop_streams(script: &str, wasm: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut made = false;
    let wasm_without = change_sections(wasm, |section, content| {
        let mut read = Reader::new(content);
        match section {
            IMPORTS => {
                for _ in 0..read.number()? {
                    read.text()?;
                    made |= read.text()?.contains(STREAM_EXPORTS);
                    skip_import(&mut read)?;
                }
                Ok(None)
            }
            EXPORTS => {
                let (mut kept, mut out) = (0, Vec::new());
                for _ in 0..read.number()? {
                    let name = read.text()?;
                    let (kind, index) = (read.byte()?, read.number()?);
                    if !name.contains(STREAM_EXPORTS) {
                        kept += 1;
                        write_text(&mut out, name);
                        out.push(kind);
                        write_number(&mut out, index);
                    }
                }
                let mut section = Vec::with_capacity(out.len() + 5);
                write_number(&mut section, kept);
                section.extend(out);
                Ok(Some(section))
            }
            _ => Ok(None),
        }
    })?;
    if made {
        return Ok((script.to_owned(), wasm.to_vec()));
    }
    Ok((without_classes(script)?, wasm_without))
}

/// The script without the classes: each is declared, given a second name for its destructor, and
/// known to a registry, which is a statement over several lines.
fn without_classes(script: &str) -> Result<String> {
    let class = format!("export class {STREAM_CLASSES}");
    let statements = [
        format!("if (Symbol.dispose) {STREAM_CLASSES}"),
        format!("const {STREAM_CLASSES}"),
    ];
    let mut text = String::with_capacity(script.len());
    let mut lines = script.lines();
    while let Some(line) = lines.next() {
        if line.starts_with(&class) {
            lines.by_ref().find(|line| *line == "}");
        } else if statements.iter().any(|start| line.starts_with(start)) {
            if !line.ends_with(';') {
                lines.by_ref().find(|line| line.ends_with(';'));
            }
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    if text.contains(STREAM_CLASSES) {
        bail!(
            "the script of wasm-bindgen uses {STREAM_CLASSES} in a way that the build does not know"
        );
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wasm::write_section;

    /// A file with one function that is called so, and one export.
    fn file(name: &str, export: &str) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        write_section(&mut wasm, 1, &[1, 0x60, 0, 0]);
        write_section(&mut wasm, 3, &[1, 0]);
        let mut exports = vec![1];
        write_text(&mut exports, export);
        exports.extend([0, 0]);
        write_section(&mut wasm, EXPORTS, &exports);
        write_section(&mut wasm, CODE, &[1, 4, 0, 1, 1, 0x0b]);
        let mut functions = vec![1, 0];
        write_text(&mut functions, name);
        let mut names = vec![];
        write_text(&mut names, "name");
        write_section(&mut names, 1, &functions);
        write_section(&mut wasm, CUSTOM, &names);
        wasm
    }

    #[test]
    fn only_what_takes_over_step_by_step_is_emptied() {
        let other = file("_ZN3app3App17h0123456789abcdefE", "hydrate");
        assert_eq!(empty_stepwise(&other).unwrap(), other);
        let unused = "_ZN62_$LT$T$u20$as$u20$tachys..view..any_view..IntoAny$GT$8into_any13hydrate_async17h0123456789abcdefE";
        let emptied = empty_stepwise(&file(unused, "hydrate")).unwrap();
        assert!(
            emptied
                .windows(6)
                .any(|bytes| bytes == [1, 3, 0, 0, 0x0b, 0])
        );
        let start = "_ZN6leptos5mount12hydrate_lazy17h0123456789abcdefE";
        assert!(empty_stepwise(&file(start, "hydrate")).is_err());
    }

    #[test]
    fn classes_that_nothing_makes_go_with_their_exports() {
        let script = "a();\nexport class IntoUnderlyingSink {\n    free() {\n    }\n}\nif (Symbol.dispose) IntoUnderlyingSink.x = IntoUnderlyingSink.y;\nconst IntoUnderlyingSinkFinalization = (b)\n    ? {}\n    : c();\nd();\n";
        let wasm = file("f", "__wbg_intounderlyingsink_free");
        let (script, wasm) = drop_streams(script, &wasm).unwrap();
        assert_eq!(script, "a();\nd();\n");
        assert!(wasm.windows(3).any(|bytes| bytes == [EXPORTS, 1, 0]));
        assert!(drop_streams("new IntoUnderlyingSink();", &file("f", "x")).is_err());
    }
}

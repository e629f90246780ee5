//! Short names between the page's script and its WebAssembly. wasm-bindgen writes names such as
//! `__wbg_addEventListener_2ed0c1b2f1a3b4c5` into both; their digits cannot be compressed.

use crate::wasm::{
    EXPORTS, IMPORTS, Reader, change_sections, skip_import, write_number, write_text,
};
use anyhow::{Result, bail};
use std::collections::BTreeMap;

/// Gives script and WebAssembly the same short names in place of generated ones.
pub fn shorten(script: &str, wasm: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut names = Names::default();
    let wasm = change_sections(wasm, |section, content| match section {
        IMPORTS | EXPORTS => rename(content, &mut names, section == IMPORTS).map(Some),
        _ => Ok(None),
    })?;
    for short in names.short.values() {
        if identifiers(script).any(|name| name == short) {
            bail!("the script of wasm-bindgen has a name {short} of its own");
        }
    }
    let mut text = String::with_capacity(script.len());
    let mut done = 0;
    for name in identifiers(script) {
        let at = name.as_ptr() as usize - script.as_ptr() as usize;
        if let Some(short) = names.short.get(name) {
            text.push_str(&script[done..at]);
            text.push_str(short);
            done = at + name.len();
        }
    }
    text.push_str(&script[done..]);
    Ok((text, wasm))
}

#[derive(Default)]
struct Names {
    short: BTreeMap<String, String>,
}

impl Names {
    /// The short name, if it is a generated one.
    fn of<'a>(&'a mut self, name: &'a str) -> &'a str {
        if !is_generated(name) {
            return name;
        }
        let next = self.short.len();
        self.short
            .entry(name.to_owned())
            .or_insert_with(|| format!("$${next:x}"))
    }
}

/// Whether only the script and the WebAssembly use a name: a hash ends it, or it is a mangled one.
fn is_generated(name: &str) -> bool {
    name.starts_with("_ZN")
        || name.starts_with("_R")
        || name.starts_with("__wbindgen_generic_")
        || name.starts_with("__wbg_")
            && name.rsplit_once('_').is_some_and(|(_, hash)| {
                hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
}

/// Everything in the script that looks like an identifier, in order.
fn identifiers(script: &str) -> impl Iterator<Item = &str> {
    script
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
        .filter(|name| !name.is_empty())
}

/// One of the two sections, with other names.
fn rename(content: &[u8], names: &mut Names, imports: bool) -> Result<Vec<u8>> {
    let mut read = Reader::new(content);
    let mut out = Vec::with_capacity(content.len());
    let count = read.number()?;
    write_number(&mut out, count);
    for _ in 0..count {
        if imports {
            write_text(&mut out, read.text()?);
        }
        write_text(&mut out, names.of(read.text()?));
        let rest = if imports {
            skip_import(&mut read)?.1
        } else {
            read.since(|read| {
                read.byte()?;
                read.number()
            })?
        };
        out.extend_from_slice(rest);
    }
    Ok(out)
}

/// Takes comments that stand on lines of their own, and indentation, out of the script. A script
/// with text over several lines is left as it is.
pub fn tighten(script: &str) -> String {
    let odd = |line: &str| line.bytes().filter(|byte| *byte == b'`').count() % 2 == 1;
    if script.lines().any(odd) {
        return script.to_owned();
    }
    let mut text = String::with_capacity(script.len());
    let mut comment = false;
    for line in script.lines().map(str::trim) {
        comment = comment || line.starts_with("/*");
        if !comment && !line.is_empty() && !line.starts_with("//") {
            text.push_str(line);
            text.push('\n');
        }
        comment = comment && !line.ends_with("*/");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{shorten, tighten};

    #[test]
    #[allow(clippy::unwrap_used)]
    fn both_sides_get_the_same_names() {
        let script =
            "const a = {__wbg_get_0123456789abcdef: () => 1, __wbg_get_x: 2}; wasm.hydrate();";
        // An import `m.__wbg_get_0123456789abcdef` of type 0, and an export `hydrate`.
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        let name = b"__wbg_get_0123456789abcdef";
        wasm.extend([
            2,
            1 + 2 + 1 + name.len() as u8 + 2,
            1,
            1,
            b'm',
            name.len() as u8,
        ]);
        wasm.extend(name);
        wasm.extend([0, 0]);
        wasm.extend([7, 1 + 1 + 7 + 2, 1, 7]);
        wasm.extend(b"hydrate\0\0");
        let (script, wasm) = shorten(script, &wasm).unwrap();
        assert_eq!(
            script,
            "const a = {$$0: () => 1, __wbg_get_x: 2}; wasm.hydrate();"
        );
        assert_eq!(
            wasm,
            b"\0asm\x01\0\0\0\x02\x09\x01\x01m\x03$$0\0\0\x07\x0b\x01\x07hydrate\0\0"
        );
        assert!(shorten("const a = 1", &wasm[..12]).is_err());
    }

    #[test]
    fn only_comments_and_indentation_go() {
        let script =
            "  /**\n   * Says.\n   */\n  let a = '/* kept */'; // kept\n\n  /* gone */\n  b();\n";
        assert_eq!(tighten(script), "let a = '/* kept */'; // kept\nb();\n");
    }
}

//! Short names between the page's script and its WebAssembly. wasm-bindgen writes names such as
//! `__wbg_addEventListener_2ed0c1b2f1a3b4c5` into both; their digits cannot be compressed.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;

/// The section of a WebAssembly file that lists what it asks for, and the one that lists what it
/// offers.
const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;

/// Gives script and WebAssembly the same short names in place of generated ones.
pub fn shorten(script: &str, wasm: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut names = Names::default();
    let wasm = rename_sections(wasm, &mut names)?;
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

fn rename_sections(wasm: &[u8], names: &mut Names) -> Result<Vec<u8>> {
    let mut read = Reader { bytes: wasm, at: 0 };
    let mut out = read.take(8)?.to_vec();
    while read.at < wasm.len() {
        let section = read.byte()?;
        let length = read.number()?;
        let content = read.take(length)?;
        let content = match section {
            IMPORTS => rename(content, names, true)?,
            EXPORTS => rename(content, names, false)?,
            _ => content.to_vec(),
        };
        out.push(section);
        write_number(&mut out, content.len());
        out.extend_from_slice(&content);
    }
    Ok(out)
}

/// One of the two sections, with other names.
fn rename(content: &[u8], names: &mut Names, imports: bool) -> Result<Vec<u8>> {
    let mut read = Reader {
        bytes: content,
        at: 0,
    };
    let mut out = Vec::with_capacity(content.len());
    let count = read.number()?;
    write_number(&mut out, count);
    for _ in 0..count {
        if imports {
            write_text(&mut out, read.text()?);
        }
        write_text(&mut out, names.of(read.text()?));
        let from = read.at;
        let kind = read.byte()?;
        match kind {
            _ if !imports => _ = read.number()?,
            // function: its type
            0 => _ = read.number()?,
            // table: element type, limits
            1 => {
                read.byte()?;
                read.limits()?;
            }
            // memory: limits
            2 => read.limits()?,
            // global: type, whether it changes
            3 => _ = read.take(2)?,
            // tag: attribute, type
            4 => {
                read.byte()?;
                read.number()?;
            }
            other => bail!("the WebAssembly imports something of the unknown kind {other}"),
        }
        out.extend_from_slice(&content[from..read.at]);
    }
    Ok(out)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let taken = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.get(..length))
            .context("the WebAssembly ends too early")?;
        self.at += length;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Result<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
            if shift > 35 {
                bail!("the WebAssembly has a number that is too long");
            }
        }
    }

    fn limits(&mut self) -> Result<()> {
        let flags = self.byte()?;
        self.number()?;
        if flags & 1 != 0 {
            self.number()?;
        }
        Ok(())
    }

    fn text(&mut self) -> Result<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).context("a name in the WebAssembly is not text")
    }
}

fn write_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_number(out, text.len());
    out.extend_from_slice(text.as_bytes());
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

//! As much of the WebAssembly format as the build of the page needs.

use anyhow::{Context, Result, bail};

/// A section that a tool has put in under a name of its own.
pub const CUSTOM: u8 = 0;
/// What the file asks for.
pub const IMPORTS: u8 = 2;
/// What it offers.
pub const EXPORTS: u8 = 7;
/// The functions' bodies.
pub const CODE: u8 = 10;
/// What the memory begins with.
const DATA: u8 = 11;

/// Copies a file with other sections: `change` gives what takes a section's place, or nothing if
/// it stays.
pub fn change_sections(
    wasm: &[u8],
    mut change: impl FnMut(u8, &[u8]) -> Result<Option<Vec<u8>>>,
) -> Result<Vec<u8>> {
    let mut read = Reader::new(wasm);
    let mut out = read.take(8)?.to_vec();
    while !read.is_done() {
        let section = read.byte()?;
        let length = read.number()?;
        let content = read.take(length)?;
        let changed = change(section, content)?;
        let content = changed.as_deref().unwrap_or(content);
        write_section(&mut out, section, content);
    }
    Ok(out)
}

/// How many functions an import section asks for; the file's own are numbered after them.
pub fn imported_functions(content: &[u8]) -> Result<usize> {
    let mut read = Reader::new(content);
    let mut functions = 0;
    for _ in 0..read.number()? {
        read.text()?;
        read.text()?;
        functions += usize::from(skip_import(&mut read)?.0);
    }
    Ok(functions)
}

/// The places at which a new section begins that is large, and unlike the one before it.
pub fn seams(wasm: &[u8]) -> Result<Vec<usize>> {
    let mut read = Reader::new(wasm);
    read.take(8)?;
    let mut seams = Vec::new();
    while !read.is_done() {
        let at = read.at;
        if matches!(read.byte()?, CODE | DATA) {
            seams.push(at);
        }
        let length = read.number()?;
        read.take(length)?;
    }
    Ok(seams)
}

/// Reads what follows the names of an import: whether it is a function, and the bytes.
pub fn skip_import<'a>(read: &mut Reader<'a>) -> Result<(bool, &'a [u8])> {
    let mut function = false;
    let bytes = read.since(|read| {
        match read.byte()? {
            // function: its type
            0 => {
                function = true;
                read.number()?;
            }
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
        Ok(())
    })?;
    Ok((function, bytes))
}

/// Reads a file, or a part of it, from its beginning.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let taken = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.get(..length))
            .context("the WebAssembly ends too early")?;
        self.at += length;
        Ok(taken)
    }

    pub fn byte(&mut self) -> Result<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub fn number(&mut self) -> Result<usize> {
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

    pub fn limits(&mut self) -> Result<()> {
        let flags = self.byte()?;
        self.number()?;
        if flags & 1 != 0 {
            self.number()?;
        }
        Ok(())
    }

    pub fn text(&mut self) -> Result<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).context("a name in the WebAssembly is not text")
    }

    /// The bytes that something reads.
    pub fn since<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<&'a [u8]> {
        let from = self.at;
        read(self)?;
        Ok(&self.bytes[from..self.at])
    }
}

pub fn write_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A section of a file, or a part of one that is written the same way.
pub fn write_section(out: &mut Vec<u8>, kind: u8, content: &[u8]) {
    out.push(kind);
    write_number(out, content.len());
    out.extend_from_slice(content);
}

pub fn write_text(out: &mut Vec<u8>, text: &str) {
    write_number(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

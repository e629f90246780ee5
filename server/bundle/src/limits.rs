//! What a bundle may hold at most. Stated, so that a refusal can say the number.

/// Limits that packing keeps and unpacking enforces while it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the packed bundle.
    pub packed: u64,
    /// Bytes of all files together, unpacked.
    pub unpacked: u64,
    /// Bytes of one file, unpacked.
    pub file: u64,
    /// Files and folders together.
    pub entries: u64,
    /// Bytes of a path inside the bundle.
    pub path: usize,
    /// Bytes of `slipway.json`.
    pub manifest: u64,
}

impl Limits {
    /// What Slipway allows: 256 MiB packed, 1 GiB unpacked, 512 MiB a file, 20,000 entries,
    /// 240 bytes a path, 4 MiB of manifest.
    pub const STANDARD: Self = Self {
        packed: 256 << 20,
        unpacked: 1 << 30,
        file: 512 << 20,
        entries: 20_000,
        path: 240,
        manifest: 4 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// Says a limit the way people write it.
pub(crate) fn size_words(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            let tenths = bytes.saturating_mul(10) / unit;
            return if tenths.is_multiple_of(10) {
                format!("{} {name}", tenths / 10)
            } else {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{bytes} bytes")
}

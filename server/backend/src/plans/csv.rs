//! Comma-separated values as RFC 4180 has them, and harmless where they are opened.

/// A line of a table that is being written.
#[derive(Debug, Default)]
pub(super) struct Table(String);

impl Table {
    /// Adds a line.
    pub(super) fn line<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (position, cell) in cells.into_iter().enumerate() {
            if position > 0 {
                self.0.push(',');
            }
            self.cell(cell);
        }
        self.0.push_str("\r\n");
    }

    /// All that was written.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn cell(&mut self, text: &str) {
        // Spreadsheets run what begins like a formula; an apostrophe makes it text.
        let formula = text.trim_start().starts_with([
            '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
        ]) || text.starts_with(['\t', '\r', '\n']);
        let quoted = formula || text.contains([',', '"', '\r', '\n']) || text.trim() != text;
        if !quoted {
            self.0.push_str(text);
            return;
        }
        self.0.push('"');
        if formula {
            self.0.push('\'');
        }
        self.0.push_str(&text.replace('"', "\"\""));
        self.0.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        for (text, written) in [
            ("Policy 5.3", "Policy 5.3"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" blank ", "\" blank \""),
            ("=1+1", "\"'=1+1\""),
            ("+49", "\"'+49\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("  =A1", "\"'  =A1\""),
            ("\t=A1", "\"'\t=A1\""),
            ("a=b", "a=b"),
        ] {
            let mut table = Table::default();
            table.line([text, "x"]);
            assert_eq!(table.finish(), format!("{written},x\r\n"));
        }
    }
}

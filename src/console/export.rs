//! Tables that leave the house: CSV and XLSX of the same rows. No cell is ever a formula. Pure.

use crate::error::Error;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use zhangzheng_kinds::Fen;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Money(Fen),
}

impl Cell {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// A table with its head.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: &'static str,
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Csv,
    Xlsx,
}

impl Form {
    /// By its word in the form; CSV unless it says otherwise.
    pub fn by_word(word: &str) -> Self {
        if word == "xlsx" { Self::Xlsx } else { Self::Csv }
    }

    /// The end of the file's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// What it is, for browsers.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// Writes a table.
    ///
    /// # Errors
    /// When a sheet cannot hold it: our mistake.
    pub fn write(self, table: &Table) -> Result<Vec<u8>, Error> {
        match self {
            Self::Csv => Ok(csv(table)),
            Self::Xlsx => xlsx(table).map_err(Error::internal),
        }
    }
}

/// Programs for tables take what begins like this for a formula; a leading apostrophe makes it text.
fn harmless(text: &str) -> String {
    if text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn yuan(amount: Fen) -> String {
    let sign = if amount.0 < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", amount.0.unsigned_abs() / 100, amount.0.unsigned_abs() % 100)
}

/// RFC 4180, with the mark by which spreadsheets know UTF-8.
fn csv(table: &Table) -> Vec<u8> {
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => quoted(harmless(text)),
        Cell::Money(amount) => yuan(*amount),
    };
    let mut text = String::from('\u{feff}');
    text.push_str(&table.head.iter().map(|name| quoted((*name).to_owned())).collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
    for row in &table.rows {
        text.push_str(&row.iter().map(cell).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn xlsx(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(table.name)?;
    let (bold, money) = (Format::new().set_bold(), Format::new().set_num_format("#,##0.00"));
    for (column, name) in (0u16..).zip(&table.head) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
        sheet.set_column_width(column, 18)?;
    }
    for (line, row) in (1u32..).zip(&table.rows) {
        for (column, cell) in (0u16..).zip(row) {
            match cell {
                // Written as a string, whatever it begins with; the apostrophe is for whoever saves it as CSV.
                Cell::Text(text) => sheet.write_string(line, column, harmless(text))?,
                Cell::Money(amount) => sheet.write_number_with_format(line, column, amount.0 as f64 / 100.0, &money)?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let evil = ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "=cmd|' /C calc'!A0", "\"=1"];
        let rows = evil.iter().map(|text| vec![Cell::text(*text), Cell::Money(Fen(-5))]).collect();
        let table = Table { name: "样表", head: vec!["文字", "金额"], rows };
        let text = String::from_utf8(csv(&table)).unwrap();
        for line in text.lines().skip(1) {
            // What a reader of CSV makes of the first cell.
            let cell = line.strip_prefix('"').and_then(|rest| rest.rsplit_once('"')).expect("quoted").0;
            let first = cell.replace("\"\"", "\"").trim_start().chars().next();
            assert!(!matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '＝')), "{line}");
            assert!(line.ends_with(",-0.05"), "amounts are numbers: {line}");
        }
        let book = xlsx(&table).unwrap();
        assert!(book.starts_with(b"PK"), "a zip archive");
    }

    #[test]
    fn quotes_commas_and_lines_stay_in_their_cell() {
        let table = Table {
            name: "样表",
            head: vec!["a"],
            rows: vec![vec![Cell::text("x\",\"y\nz"), Cell::Money(Fen(123_456))]],
        };
        let text = String::from_utf8(csv(&table)).unwrap();
        assert_eq!(text, "\u{feff}\"a\"\r\n\"x\"\",\"\"y\nz\",1234.56\r\n");
    }
}

//! The bank's list of receipts as it is exported: CSV with a heading, in UTF-8. Columns are found by their names.

use super::Line;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use zhangzheng_kinds::Fen;

/// The most lines of one import.
pub const MOST: usize = 500;

/// The names that banks give to the columns that are read; the first is ours.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("交易流水号", &["交易流水号", "流水号", "核心流水号", "交易序号"]),
    ("交易日期", &["交易日期", "交易时间", "记账日期", "入账日期"]),
    ("金额", &["金额", "贷方金额", "收入金额", "交易金额"]),
    ("对方户名", &["对方户名", "付款人名称", "对方名称", "付款人户名"]),
    ("附言", &["附言", "摘要", "用途", "备注"]),
];

/// Reads a whole list, or says which line is wrong and how: nothing is taken from a list that cannot be read.
///
/// # Errors
/// A sentence for finance, naming the line.
pub fn read(text: &str) -> Result<Vec<Line>, String> {
    let rows = rows(text.trim_start_matches('\u{feff}'))?;
    let (heading, rows) = rows.split_first().ok_or("文件是空的，请选择银行导出的收款明细")?;
    let mut places = [0; COLUMNS.len()];
    for (place, (name, names)) in places.iter_mut().zip(COLUMNS) {
        let at = names.iter().find_map(|known| heading.iter().position(|column| column.trim() == *known));
        *place = at.ok_or_else(|| format!("缺少“{name}”一列，请检查表头"))?;
    }
    if rows.len() > MOST {
        return Err(format!("一次最多导入 {MOST} 行，请分批导入"));
    }
    rows.iter()
        .enumerate()
        .map(|(at, row)| line(row, places).map_err(|why| format!("第 {} 行：{why}", at + 2)))
        .collect()
}

fn line(row: &[String], places: [usize; COLUMNS.len()]) -> Result<Line, &'static str> {
    let cell = |at: usize| row.get(at).map_or("", |cell| cell.trim());
    let [number, date, amount, name, remark] = places.map(cell);
    checked(number, date, amount, name, remark)
}

/// One line, from what was typed or exported.
///
/// # Errors
/// What is wrong with it.
pub fn checked(number: &str, date: &str, amount: &str, name: &str, remark: &str) -> Result<Line, &'static str> {
    let (number, name) = (number.trim().trim_start_matches('\''), name.trim());
    if number.is_empty() || number.len() > 64 || !number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err("交易流水号应为 1 至 64 位字母或数字");
    }
    if name.is_empty() || name.chars().count() > 100 || remark.chars().count() > 300 {
        return Err("对方户名不能为空，附言不超过 300 字");
    }
    let amount = fen(amount).filter(|amount| amount.0 > 0).ok_or("金额应为大于 0 的数字，最多两位小数")?;
    let received_at = moment(date.trim()).ok_or("交易日期应写作 2026-11-23 或 2026-11-23 10:00:00")?;
    let (bank_number, payer_name, remark) = (number.to_owned(), name.to_owned(), remark.trim().to_owned());
    Ok(Line { bank_number, received_at, amount, payer_name, remark })
}

/// Yuan as written, in fen: exact, or not at all.
pub fn fen(text: &str) -> Option<Fen> {
    let plain: String = text.trim().trim_start_matches(['¥', '￥', '+']).chars().filter(|c| *c != ',').collect();
    let (yuan, cents) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if yuan.is_empty() || yuan.len() > 12 || cents.len() > 2 || !digits(yuan) || !digits(cents) {
        return None;
    }
    let whole: i64 = yuan.parse().ok()?;
    let part: i64 = format!("{cents:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(part).map(Fen)
}

/// A moment on clocks in Beijing.
fn moment(text: &str) -> Option<chrono::DateTime<Utc>> {
    let whole = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S"];
    let days = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"];
    let at = whole.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let day = || days.iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok());
    let at = at.or_else(|| Some(day()?.and_time(NaiveTime::MIN)))?;
    let beijing = crate::order::beijing(chrono::DateTime::UNIX_EPOCH).timezone();
    Some(beijing.from_local_datetime(&at).single()?.to_utc())
}

/// RFC 4180: quoted cells may hold commas, line ends and doubled quotes. Empty lines are left out.
fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match (quoted, sign) {
            (true, '"') if signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            (true, '"') => quoted = false,
            (true, sign) => cell.push(sign),
            (false, '"') if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            (false, ',' | '\t') => row.push(std::mem::take(&mut cell)),
            (false, '\n') => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (false, '\r') => {}
            (false, sign) => cell.push(sign),
        }
    }
    if quoted {
        return Err("文件没有完整读完：引号不成对".to_owned());
    }
    row.push(cell);
    rows.push(row);
    rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    Ok(rows)
}

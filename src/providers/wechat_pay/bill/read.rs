//! Reading bills: columns by their names, fields behind backticks, amounts in yuan, and sums that must agree with the rows.
//! Pure; whatever is not understood is refused with its line, never guessed.

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone, Utc};
use std::collections::HashMap;
use zhangzheng_kinds::Fen;

/// Why a bill cannot be read: the line, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Unreadable {
    pub line: usize,
    pub what: &'static str,
}

/// 交易账单.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TradeBill {
    pub rows: Vec<TradeRow>,
}

/// A row of 交易账单: a payment, or a refund as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeRow {
    pub at: DateTime<Utc>,
    pub transaction_id: String,
    pub out_trade_no: String,
    /// 手续费 in 1/100 000 yuan; negative when it is given back.
    pub fee: i64,
    pub part: Part,
}

/// What the row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// 订单金额.
    Paid(Fen),
    /// 申请退款金额, with the numbers of the refund and WeChat Pay's word for how it stood then.
    Refund { refund_id: String, out_refund_no: String, amount: Fen, status: String },
}

/// 资金账单.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FundsBill {
    pub rows: Vec<FundRow>,
}

/// A movement of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundRow {
    pub at: DateTime<Utc>,
    /// 微信支付业务单号: a payment's or a refund's.
    pub business_no: String,
    /// 资金流水单号.
    pub flow_no: String,
    /// 业务类型: 交易, 退款, 扣除交易手续费 …
    pub kind: String,
    /// Positive: 收入.
    pub amount: Fen,
}

/// Reads 交易账单.
///
/// # Errors
/// [`Unreadable`] with the line.
pub fn trades(text: &str) -> Result<TradeBill, Unreadable> {
    let sheet = Sheet::read(text)?;
    let rows =
        sheet.rows.iter().map(|(line, fields)| trade(&sheet.row(*line, fields))).collect::<Result<Vec<_>, _>>()?;
    let sum = sheet.summary();
    let paid: i64 = rows.iter().map(|row| if let Part::Paid(amount) = &row.part { amount.0 } else { 0 }).sum();
    let back: i64 = rows.iter().map(|row| if let Part::Refund { amount, .. } = &row.part { amount.0 } else { 0 }).sum();
    sum.agrees("总交易单数", "the number of rows", count(&rows))?;
    sum.agrees_fen("订单总金额", "the sum of payments", paid)?;
    sum.agrees_fen("申请退款总金额", "the sum of refunds", back)?;
    Ok(TradeBill { rows })
}

fn trade(row: &Row<'_>) -> Result<TradeRow, Unreadable> {
    let part = match row.text("交易状态")? {
        "SUCCESS" => Part::Paid(row.fen("订单金额")?),
        "REFUND" | "REVOKED" => Part::Refund {
            refund_id: row.text("微信退款单号")?.to_owned(),
            out_refund_no: row.text("商户退款单号")?.to_owned(),
            amount: row.fen("申请退款金额")?,
            status: row.text("退款状态")?.to_owned(),
        },
        _ => return Err(row.wrong("交易状态 is none that is known")),
    };
    Ok(TradeRow {
        at: row.time("交易时间")?,
        transaction_id: row.number("微信订单号")?,
        out_trade_no: row.number("商户订单号")?,
        fee: row.amount("手续费", 5)?,
        part,
    })
}

/// Reads 资金账单.
///
/// # Errors
/// [`Unreadable`] with the line.
pub fn funds(text: &str) -> Result<FundsBill, Unreadable> {
    let sheet = Sheet::read(text)?;
    let rows =
        sheet.rows.iter().map(|(line, fields)| fund(&sheet.row(*line, fields))).collect::<Result<Vec<_>, _>>()?;
    let sum = sheet.summary();
    let side = |sign: i64| rows.iter().map(|row| (row.amount.0 * sign).max(0)).sum::<i64>();
    sum.agrees("资金流水总笔数", "the number of rows", count(&rows))?;
    sum.agrees_fen("收入金额", "what came in", side(1))?;
    sum.agrees_fen("支出金额", "what went out", side(-1))?;
    Ok(FundsBill { rows })
}

fn fund(row: &Row<'_>) -> Result<FundRow, Unreadable> {
    let amount = row.fen("收支金额(元)")?;
    let amount = match row.text("收支类型")? {
        "收入" => amount,
        "支出" => Fen(-amount.0),
        _ => return Err(row.wrong("收支类型 is neither 收入 nor 支出")),
    };
    Ok(FundRow {
        at: row.time("记账时间")?,
        business_no: row.number("微信支付业务单号")?,
        flow_no: row.number("资金流水单号")?,
        kind: row.text("业务类型")?.to_owned(),
        amount,
    })
}

fn count<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

/// A bill as a table: a head, rows, and the summary with a head of its own.
struct Sheet<'a> {
    head: HashMap<&'a str, usize>,
    /// With the number of the line.
    rows: Vec<(usize, Vec<&'a str>)>,
    sum_head: HashMap<&'a str, usize>,
    sum: (usize, Vec<&'a str>),
}

impl<'a> Sheet<'a> {
    fn read(text: &'a str) -> Result<Self, Unreadable> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).enumerate();
        let mut lines = lines.filter(|(_, line)| !line.is_empty()).map(|(at, line)| (at + 1, line)).peekable();
        let (_, first) = lines.next().ok_or(Unreadable { line: 1, what: "the file is empty" })?;
        let head = columns(first);
        let mut rows = Vec::new();
        while let Some((line, text)) = lines.next_if(|(_, text)| text.starts_with('`')) {
            let fields = fields(text);
            if fields.len() != head.len() {
                return Err(Unreadable { line, what: "another number of fields than the head has" });
            }
            rows.push((line, fields));
        }
        let end = Unreadable { line: rows.last().map_or(1, |(line, _)| *line), what: "the summary is missing" };
        let (_, sum_head) = lines.next().ok_or(end.clone())?;
        let (line, sum) = lines.next().ok_or(end)?;
        let (sum_head, sum) = (columns(sum_head), fields(sum));
        if sum.len() != sum_head.len() {
            return Err(Unreadable { line, what: "another number of fields than the summary's head has" });
        }
        if let Some((line, _)) = lines.next() {
            return Err(Unreadable { line, what: "something stands after the summary" });
        }
        Ok(Self { head, rows, sum_head, sum: (line, sum) })
    }

    fn row<'s>(&'s self, line: usize, fields: &'s [&'a str]) -> Row<'s> {
        Row { line, head: &self.head, fields }
    }

    fn summary(&self) -> Row<'_> {
        Row { line: self.sum.0, head: &self.sum_head, fields: &self.sum.1 }
    }
}

fn columns(line: &str) -> HashMap<&str, usize> {
    line.split(',').enumerate().map(|(at, name)| (name.trim(), at)).collect()
}

/// Every field begins with a backtick; a comma alone may stand within one.
fn fields(line: &str) -> Vec<&str> {
    line.strip_prefix('`').unwrap_or(line).split(",`").collect()
}

/// One row, its fields by the names of their columns.
struct Row<'a> {
    line: usize,
    head: &'a HashMap<&'a str, usize>,
    fields: &'a [&'a str],
}

impl Row<'_> {
    fn wrong(&self, what: &'static str) -> Unreadable {
        Unreadable { line: self.line, what }
    }

    fn text(&self, column: &str) -> Result<&str, Unreadable> {
        let field = self.head.get(column).and_then(|at| self.fields.get(*at));
        field.map(|field| field.trim()).ok_or_else(|| self.wrong("a column is missing"))
    }

    fn number(&self, column: &str) -> Result<String, Unreadable> {
        match self.text(column)? {
            "" => Err(self.wrong("a number is missing")),
            number => Ok(number.to_owned()),
        }
    }

    /// Clocks in bills show Beijing.
    fn time(&self, column: &str) -> Result<DateTime<Utc>, Unreadable> {
        let read = NaiveDateTime::parse_from_str(self.text(column)?, "%Y-%m-%d %H:%M:%S");
        let beijing = FixedOffset::east_opt(8 * 3600).ok_or_else(|| self.wrong("no Beijing"))?;
        let at = read.ok().and_then(|at| beijing.from_local_datetime(&at).single());
        at.map(|at| at.to_utc()).ok_or_else(|| self.wrong("a moment that is none"))
    }

    fn fen(&self, column: &str) -> Result<Fen, Unreadable> {
        match self.amount(column, 2)? {
            amount @ 0.. => Ok(Fen(amount)),
            _ => Err(self.wrong("an amount below nothing")),
        }
    }

    fn amount(&self, column: &str, decimals: usize) -> Result<i64, Unreadable> {
        amount(self.text(column)?, decimals).ok_or_else(|| self.wrong("an amount that is none"))
    }

    fn agrees(&self, column: &str, what: &'static str, ours: i64) -> Result<(), Unreadable> {
        match self.text(column)?.parse::<i64>() {
            Ok(theirs) if theirs == ours => Ok(()),
            _ => Err(self.wrong(what)),
        }
    }

    fn agrees_fen(&self, column: &str, what: &'static str, ours: i64) -> Result<(), Unreadable> {
        match self.amount(column, 2)? == ours {
            true => Ok(()),
            false => Err(self.wrong(what)),
        }
    }
}

/// `-12.3` with at most so many decimals, as a whole number of the smallest: exact, or nothing.
fn amount(text: &str, decimals: usize) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !digits(whole) || part.len() > 9 || !digits(part) {
        return None;
    }
    let (kept, rest) = part.split_at(part.len().min(decimals));
    if rest.bytes().any(|b| b != b'0') {
        return None;
    }
    let padded = format!("{whole}{kept:0<decimals$}");
    Some(sign * padded.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests;

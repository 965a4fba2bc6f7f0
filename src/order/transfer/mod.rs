//! 对公转账: money that comes to our bank account. The rules: how a received line is recognised, and what becomes of it.

pub mod csv;
pub mod flow;

use crate::actions;
use chrono::{DateTime, Utc};
use sea_orm::{DeriveActiveEnum, EnumIter};
use zhangzheng_kinds::{Fen, Random};

/// Where a received line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    /// Entered; its match is looked for.
    Received,
    /// It is the payment of an order.
    Matched,
    /// Finance must look at it.
    Held,
    /// It goes back; finance transfers it.
    GoesBack,
    /// It is back.
    Returned,
}

actions! {
    /// What can be done to a received line.
    "bank_line" {
        Match => "match",
        Hold => "hold",
        SendBack => "send_back",
        Return => "return",
    }
}

impl Status {
    /// The whole machine: a line is one payment, or goes back once.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Received | Held, Match) => Some(Matched),
            (Received, Hold) => Some(Held),
            (Held, SendBack) => Some(GoesBack),
            (GoesBack, Return) => Some(Returned),
            _ => None,
        }
    }

    /// What pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Received => "待匹配",
            Self::Matched => "已匹配",
            Self::Held => "待处理",
            Self::GoesBack => "待退回",
            Self::Returned => "已退回",
        }
    }
}

/// What our bank account tells of one receipt.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// 交易流水号.
    pub bank_number: String,
    pub received_at: DateTime<Utc>,
    pub amount: Fen,
    /// 对方户名.
    pub payer_name: String,
    /// 附言.
    pub remark: String,
}

/// Names are not printed.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("bank_number", &self.bank_number)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// Letters and digits that nobody takes for one another.
const LETTERS: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Every remittance code begins so.
const PREFIX: &str = "ZZ";
/// Characters after the prefix; the last checks the others.
const LENGTH: usize = 9;

/// A new remittance code (附言): `ZZ` and nine characters, the last of which checks the others.
pub fn code(random: &Random) -> String {
    let body = random.pick(LETTERS, LENGTH - 1);
    let check = check(body.as_bytes()).unwrap_or('2');
    format!("{PREFIX}{body}{check}")
}

/// ISO 7064's way: one wrong character, or two that changed places, are found.
fn check(body: &[u8]) -> Option<char> {
    let size = LETTERS.len();
    let mut sum = 0;
    for (place, letter) in body.iter().enumerate() {
        let value = LETTERS.iter().position(|known| known == letter)?;
        sum = (sum + value * (place + 2)) % size;
    }
    LETTERS.get(sum).map(|letter| char::from(*letter))
}

/// The code in a remark, whatever banks and people put around and between; none when there is none, or more than one.
pub fn code_in(remark: &str) -> Option<String> {
    let plain: String =
        remark.chars().map(half_width).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let mut found: Vec<&str> = (0..plain.len()).filter_map(|at| code_at(&plain, at)).collect();
    found.dedup();
    match found.as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    }
}

fn code_at(text: &str, at: usize) -> Option<&str> {
    let candidate = text.get(at..at + PREFIX.len() + LENGTH)?;
    let body = candidate.strip_prefix(PREFIX)?;
    let (letters, last) = body.split_at(LENGTH - 1);
    (check(letters.as_bytes())? == last.chars().next()?).then_some(candidate)
}

/// A letter, digit or sign as it is on a keyboard for Latin letters.
fn half_width(c: char) -> char {
    match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        0x3000 => ' ',
        _ => c,
    }
}

/// Whether two names are one company's: banks write brackets and blanks in their own way.
pub fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        name.chars().map(half_width).filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
    };
    plain(one) == plain(other)
}

/// What a line is compared with: the payment under its code.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub amount: Fen,
    /// The company's name; none when it has none.
    pub payer_name: Option<String>,
    /// Money has come under this code before.
    pub taken: bool,
}

/// Why a line is not matched by itself. The word is kept with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    NoCode,
    UnknownCode,
    Taken,
    OtherSum,
    OtherPayer,
}

impl Trouble {
    const ALL: [Self; 5] = [Self::NoCode, Self::UnknownCode, Self::Taken, Self::OtherSum, Self::OtherPayer];

    /// In the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoCode => "no_code",
            Self::UnknownCode => "unknown_code",
            Self::Taken => "taken",
            Self::OtherSum => "other_sum",
            Self::OtherPayer => "other_payer",
        }
    }

    /// On pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoCode => "附言中没有付款码",
            Self::UnknownCode => "没有这个付款码",
            Self::Taken => "该付款码已收到过款项",
            Self::OtherSum => "金额与订单不一致",
            Self::OtherPayer => "付款户名与企业名称不一致",
        }
    }

    /// The label of what is in the table.
    pub fn said(word: &str) -> &'static str {
        Self::ALL.into_iter().find(|trouble| trouble.word() == word).map_or("请核对", Self::label)
    }
}

/// Whether a line is the payment under its code: code, sum and payer must all agree.
///
/// # Errors
/// The first thing that does not.
pub fn matches(line: &Line, wanted: &Wanted) -> Result<(), Trouble> {
    let same_payer = wanted.payer_name.as_deref().is_some_and(|name| same_name(name, &line.payer_name));
    if wanted.taken {
        Err(Trouble::Taken)
    } else if line.amount != wanted.amount {
        Err(Trouble::OtherSum)
    } else if !same_payer {
        Err(Trouble::OtherPayer)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

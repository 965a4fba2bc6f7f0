//! 告知: who is told when an order is paid, refunded, invoiced or about to expire; by WeChat where the person has subscribed,
//! else by SMS, each once. The words; everything here is pure.

pub mod flow;

use crate::order::beijing;
use chrono::{DateTime, Duration, Utc};
use zhangzheng_kinds::Fen;

/// An unpaid order is spoken of this long before it closes.
pub const BEFORE: Duration = Duration::hours(2);

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Paid,
    Refunded,
    Invoiced,
    Expiring,
}

/// About which order, how much, when.
#[derive(Clone, Debug)]
pub struct News {
    pub about: About,
    /// 订单号.
    pub number: String,
    pub amount: Fen,
    pub at: DateTime<Utc>,
}

impl About {
    /// The template's word, for WeChat and for SMS alike.
    pub const fn template(self) -> &'static str {
        match self {
            Self::Paid => "order_paid",
            Self::Refunded => "order_refunded",
            Self::Invoiced => "invoice_issued",
            Self::Expiring => "order_expiring",
        }
    }
}

impl News {
    /// The fields of the subscription message.
    pub fn fields(&self) -> [(&'static str, String); 3] {
        let at = beijing(self.at).format("%Y年%m月%d日 %H:%M").to_string();
        [("character_string1", self.number.clone()), ("amount2", self.amount.to_string()), ("time3", at)]
    }

    /// The variables of the text: short, as the vendor wants them.
    pub fn variables(&self) -> Vec<String> {
        let yuan = format!("{}.{:02}", self.amount.0 / 100, self.amount.0 % 100);
        let yuan = yuan.strip_suffix(".00").unwrap_or(&yuan).to_owned();
        match self.about {
            About::Expiring => vec![yuan, beijing(self.at).format("%H:%M").to_string()],
            _ => vec![yuan],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_texts_are_short() {
        let at = DateTime::UNIX_EPOCH;
        for (fen, shown) in [(40_000, "400"), (45_050, "450.50"), (290_000, "2900")] {
            let news = News { about: About::Expiring, number: "RS1".into(), amount: Fen(fen), at };
            assert_eq!(news.variables(), [shown, "08:00"]);
            assert!(news.variables().iter().all(|text| text.chars().count() <= 6));
        }
    }
}

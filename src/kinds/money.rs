//! Money: whole fen (分), never a fraction.

use serde::{Deserialize, Serialize};

/// An amount in fen, 1/100 yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    /// The sum, or `None` when it does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
    /// An amount typed in yuan, `400` or `400.00`: exact, or nothing.
    pub fn from_yuan(text: &str) -> Option<Self> {
        let text = text.trim();
        let (yuan, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !(1..=12).contains(&yuan.len()) || part.len() > 2 || !digits(yuan) || !digits(part) {
            return None;
        }
        format!("{yuan}{part:0<2}").parse().ok().map(Self)
    }
    /// The product with a quantity, or `None` when it does not fit.
    pub fn times(self, quantity: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(quantity)).map(Self)
    }
}

/// `¥1,234.50`.
impl std::fmt::Display for Fen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let yuan = (self.0.unsigned_abs() / 100).to_string();
        let mut grouped = String::new();
        for (i, digit) in yuan.chars().enumerate() {
            if i > 0 && (yuan.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}¥{grouped}.{:02}", self.0.unsigned_abs() % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_in_yuan_with_two_decimals() {
        for (fen, shown) in
            [(0, "¥0.00"), (5, "¥0.05"), (40000, "¥400.00"), (123_456_789, "¥1,234,567.89"), (-50, "-¥0.50")]
        {
            assert_eq!(Fen(fen).to_string(), shown);
        }
    }

    #[test]
    fn yuan_are_read_exactly_or_not_at_all() {
        for (text, fen) in [("400", 40_000), ("400.5", 40_050), (" 400.05 ", 40_005), ("0.01", 1), ("1.", 100)] {
            assert_eq!(Fen::from_yuan(text), Some(Fen(fen)), "{text}");
        }
        for text in ["", ".", "-1", "1.005", "1,000", "1e3", "９", "1 0", "+1"] {
            assert_eq!(Fen::from_yuan(text), None, "{text}");
        }
    }

    #[test]
    fn never_overflows_silently() {
        assert_eq!(Fen(i64::MAX).plus(Fen(1)), None);
        assert_eq!(Fen(i64::MAX / 2).times(3), None);
    }
}

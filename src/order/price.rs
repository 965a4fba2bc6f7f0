//! 价格: what is bought, line by line, and the total. The only way to a total is through [`price`].

use poem_openapi::Enum;
use serde::{Deserialize, Serialize};
use zhangzheng_kinds::{Fen, Refused};

/// The most authorisations in one order.
pub const AUTHORISATIONS_MOST: u32 = 50;

/// What can be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename = "OrderItem", rename_all = "snake_case")]
pub enum Item {
    /// 企业/单位手机证书（含电子印章）, for one year.
    Certificate,
    /// 授权使用费: one more person may use what the company has bought.
    Authorisation,
}

impl Item {
    /// The manual's words on the bill.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "企业/单位手机证书（含电子印章）",
            Self::Authorisation => "授权使用费",
        }
    }

    /// 服务名称 in 订单管理.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Certificate => "企业手机证书及电子印章",
            Self::Authorisation => "证章授权",
        }
    }
}

/// One line of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub item: Item,
    pub unit_price: Fen,
    pub quantity: u32,
    pub amount: Fen,
}

/// What things cost at a platform in a region, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    pub certificate: Fen,
    pub authorisation: Fen,
}

/// Lines and their total, which agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    lines: Vec<Line>,
    total: Fen,
}

impl Priced {
    /// The lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
    /// The total.
    pub fn total(&self) -> Fen {
        self.total
    }
}

/// Prices a choice: the certificate unless it is 已购买, and any number of authorisations from 0 to 50. May be empty.
///
/// # Errors
/// More authorisations than one order takes, or prices that make no sum.
pub fn price(prices: Prices, bought: bool, authorisations: u32) -> Result<Priced, Refused> {
    if authorisations > AUTHORISATIONS_MOST {
        return Err(Refused("一次最多购买 50 个授权，请修改数量"));
    }
    let wanted = [
        (Item::Certificate, prices.certificate, u32::from(!bought)),
        (Item::Authorisation, prices.authorisation, authorisations),
    ];
    let too_much = Refused("金额超出范围，请减少数量");
    let (mut lines, mut total) = (Vec::new(), Fen(0));
    for (item, unit_price, quantity) in wanted.into_iter().filter(|(_, _, quantity)| *quantity > 0) {
        let amount = unit_price.times(quantity).ok_or(too_much)?;
        total = total.plus(amount).ok_or(too_much)?;
        lines.push(Line { item, unit_price, quantity, amount });
    }
    Ok(Priced { lines, total })
}

/// An amount as a number of yuan, for fields and buttons: `400.00`.
pub fn yuan(amount: Fen) -> String {
    format!("{}.{:02}", amount.0 / 100, amount.0 % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PRICES: Prices = Prices { certificate: Fen(40_000), authorisation: Fen(5_000) };

    #[test]
    fn m38_the_certificate_is_always_there_until_it_is_bought() {
        let first = price(PRICES, false, 0).unwrap();
        assert_eq!(first.total(), Fen(40_000));
        assert_eq!(first.lines()[0].item, Item::Certificate);
        assert_eq!(price(PRICES, true, 0).unwrap().lines(), []);
    }

    #[test]
    fn m39_authorisations_cost_fifty_yuan_each_and_are_at_most_fifty() {
        assert_eq!(price(PRICES, true, 2).unwrap().total(), Fen(10_000));
        assert_eq!(price(PRICES, false, 50).unwrap().total(), Fen(290_000));
        assert!(price(PRICES, false, 51).is_err());
        assert!(price(PRICES, true, u32::MAX).is_err());
    }

    #[test]
    fn prices_that_overflow_are_refused() {
        let absurd = Prices { certificate: Fen(i64::MAX), authorisation: Fen(i64::MAX / 2) };
        assert!(price(absurd, false, 1).is_err());
        assert!(price(absurd, true, 3).is_err());
    }

    proptest! {
        #[test]
        fn m40_the_total_is_the_sum_of_the_lines(
            certificate in 0i64..10_000_000, authorisation in 0i64..1_000_000, bought: bool, count in 0u32..=50,
        ) {
            let prices = Prices { certificate: Fen(certificate), authorisation: Fen(authorisation) };
            let priced = price(prices, bought, count).unwrap();
            prop_assert_eq!(priced.lines().iter().map(|line| line.amount.0).sum::<i64>(), priced.total().0);
            let expected = if bought { 0 } else { certificate } + authorisation * i64::from(count);
            prop_assert_eq!(priced.total().0, expected);
        }
    }
}

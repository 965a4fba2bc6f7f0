//! 退款规则: what an applicant gets back, by one table, stated before anything is paid. The table decides; nothing else does.

use crate::order::price::{Item, Line};
use chrono::{DateTime, Duration, Utc};
use zhangzheng_kinds::Fen;

/// Authorisations that nobody has used can be given back for so long.
pub const FRESH: Duration = Duration::days(7);

/// How far what was bought has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The certificate is not in force yet.
    BeforeActivation,
    /// In force; what was bought is unused, and was bought lately.
    FreshAndUnused,
    /// In force; used, or bought long ago.
    Settled,
}

/// How much of a line goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    All,
    Nothing,
}

/// The whole rule: a stage, an item, its share.
pub const TABLE: [(Stage, Item, Share); 6] = [
    (Stage::BeforeActivation, Item::Certificate, Share::All),
    (Stage::BeforeActivation, Item::Authorisation, Share::All),
    (Stage::FreshAndUnused, Item::Certificate, Share::Nothing),
    (Stage::FreshAndUnused, Item::Authorisation, Share::All),
    (Stage::Settled, Item::Certificate, Share::Nothing),
    (Stage::Settled, Item::Authorisation, Share::Nothing),
];

/// The rule in words, as stated before payment.
pub const WORDS: [&str; 3] = [
    "审核最终未通过：已付款项全额原路退回，无需申请。",
    "证书激活前：可随时申请全额退款，退款后不再办理。",
    "证书激活后：证书费用不退；授权使用费在付款之日起 7 日内且尚未授权他人使用的，可申请全额退回，其余不退。",
];

/// What the rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The account's certificate is in force.
    pub activated: bool,
    /// The order's authorisations have been given to somebody.
    pub used: bool,
    pub paid_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    /// Its authorisations went back before.
    pub authorisations_returned: bool,
}

/// The stage.
pub fn stage(facts: Facts) -> Stage {
    match (facts.activated, facts.used || facts.now > facts.paid_at + FRESH) {
        (false, _) => Stage::BeforeActivation,
        (true, false) => Stage::FreshAndUnused,
        (true, true) => Stage::Settled,
    }
}

/// What goes back of an order when its applicant asks now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    pub amount: Fen,
    /// Everything: the order ends.
    pub whole: bool,
}

/// Applies the table to the lines of a paid order.
pub fn back(lines: &[Line], facts: Facts) -> Back {
    let stage = stage(facts);
    let share = |item: Item| TABLE.iter().find(|(at, of, _)| *at == stage && *of == item).map(|(_, _, share)| *share);
    let gone = |line: &&Line| line.item == Item::Authorisation && facts.authorisations_returned;
    let goes = |line: &&Line| share(line.item) == Some(Share::All) && !gone(line);
    let amount = lines.iter().filter(goes).map(|line| line.amount.0).sum();
    Back { amount: Fen(amount), whole: stage == Stage::BeforeActivation }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(certificate: bool, authorisations: u32) -> Vec<Line> {
        let line = |item, unit: i64, quantity: u32| Line {
            item,
            unit_price: Fen(unit),
            quantity,
            amount: Fen(unit * i64::from(quantity)),
        };
        let all =
            [line(Item::Certificate, 40_000, u32::from(certificate)), line(Item::Authorisation, 5_000, authorisations)];
        all.into_iter().filter(|line| line.quantity > 0).collect()
    }

    fn facts(activated: bool, used: bool, days: i64) -> Facts {
        let paid_at = DateTime::UNIX_EPOCH;
        Facts { activated, used, paid_at, now: paid_at + Duration::days(days), authorisations_returned: false }
    }

    #[test]
    fn c1_what_goes_back_is_what_the_words_say() {
        let amount = |facts| back(&lines(true, 2), facts).amount.0;
        assert_eq!(amount(facts(false, false, 300)), 50_000);
        assert_eq!(amount(facts(false, true, 0)), 50_000);
        assert_eq!(amount(facts(true, false, 7)), 10_000);
        assert_eq!(amount(facts(true, false, 8)), 0);
        assert_eq!(amount(facts(true, true, 0)), 0);
        assert_eq!(amount(Facts { authorisations_returned: true, ..facts(true, false, 1) }), 0);
        assert!(WORDS[2].contains(&format!("{} 日内", FRESH.num_days())));
    }

    proptest! {
        #[test]
        fn c1_never_more_than_was_paid_and_everything_before_activation(
            certificate: bool, count in 0u32..=50, activated: bool, used: bool, days in 0i64..400, gone: bool,
        ) {
            let lines = lines(certificate, count);
            let total: i64 = lines.iter().map(|line| line.amount.0).sum();
            let facts = Facts { authorisations_returned: gone, ..facts(activated, used, days) };
            let back = back(&lines, facts);
            prop_assert!((0..=total).contains(&back.amount.0));
            prop_assert!(activated || gone || back.amount.0 == total);
            prop_assert_eq!(back.whole, !activated);
        }

        #[test]
        fn c1_waiting_never_gives_more_back(count in 0u32..=50, activated: bool, used: bool, days in 0i64..20) {
            let lines = lines(true, count);
            let today = back(&lines, facts(activated, used, days)).amount;
            prop_assert!(back(&lines, facts(activated, used, days + 1)).amount <= today);
        }
    }

    #[test]
    fn every_stage_and_item_is_in_the_table_once() {
        for stage in [Stage::BeforeActivation, Stage::FreshAndUnused, Stage::Settled] {
            for item in [Item::Certificate, Item::Authorisation] {
                assert_eq!(TABLE.iter().filter(|(at, of, _)| (*at, *of) == (stage, item)).count(), 1);
            }
        }
    }
}

//! What WeChat Pay's answers mean, and when it is asked again.

use super::*;

const OURS: Ours<'_> = Ours { appid: "wx1", mchid: "1900000109", out_trade_no: "RS1P1", amount: Fen(45_000) };

fn paid() -> Transaction {
    Transaction {
        appid: "wx1".into(),
        mchid: "1900000109".into(),
        out_trade_no: "RS1P1".into(),
        transaction_id: Some("4200000001".into()),
        state: TradeState::Paid,
        total: Some(Fen(45_000)),
        payer_total: Some(Fen(45_000)),
        currency: Some("CNY".into()),
        payer_openid: None,
        paid_at: None,
    }
}

#[test]
fn exactly_our_sum_to_us_is_paid() {
    assert_eq!(told(&paid(), OURS), Told::Paid);
    // A coupon may have paid a part: what the order costs is what counts.
    assert_eq!(told(&Transaction { payer_total: Some(Fen(1)), ..paid() }, OURS), Told::Paid);
}

#[test]
fn anything_else_that_was_paid_is_kept_for_finance() {
    let wrong = [
        Transaction { appid: "wx2".into(), ..paid() },
        Transaction { mchid: "1900000110".into(), ..paid() },
        Transaction { out_trade_no: "RS1P2".into(), ..paid() },
        Transaction { total: Some(Fen(45_001)), ..paid() },
        Transaction { total: Some(Fen(44_999)), ..paid() },
        Transaction { total: None, ..paid() },
        Transaction { currency: Some("USD".into()), ..paid() },
        Transaction { currency: None, ..paid() },
        Transaction { transaction_id: None, ..paid() },
        Transaction { state: TradeState::Refunded, ..paid() },
    ];
    for transaction in wrong {
        assert!(matches!(told(&transaction, OURS), Told::Wrong(_)), "{transaction:?}");
    }
}

#[test]
fn what_is_unknown_is_pending() {
    for state in [TradeState::NotPaid, TradeState::Pending("USERPAYING".into()), TradeState::Pending("NEW_WORD".into())]
    {
        assert_eq!(told(&Transaction { state, ..paid() }, OURS), Told::Pending);
    }
    assert_eq!(told(&Transaction { state: TradeState::Closed, ..paid() }, OURS), Told::Closed);
}

#[test]
fn asking_follows_the_ladder_and_goes_on_every_half_hour() {
    let at = |seconds| ask_again_in(Duration::seconds(seconds)).num_seconds();
    assert_eq!([at(0), at(5), at(31), at(60), at(600), at(1799)], [5, 25, 29, 120, 1200, 1]);
    assert_eq!([at(1800), at(86_400)], [1800, 1800]);
}

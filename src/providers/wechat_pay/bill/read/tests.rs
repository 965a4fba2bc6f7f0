//! Bills as WeChat Pay documents them, bills made at random, and bills with something wrong.

use super::*;
use proptest::prelude::*;

/// The columns of 交易账单 (ALL), in the documented order.
const HEAD: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUM_HEAD: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

fn yuan(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

fn line(row: &TradeRow, name: &str) -> String {
    let at = row.at.with_timezone(&FixedOffset::east_opt(8 * 3600).unwrap()).format("%Y-%m-%d %H:%M:%S");
    let fee =
        format!("{}{}.{:05}", if row.fee < 0 { "-" } else { "" }, row.fee.abs() / 100_000, row.fee.abs() % 100_000);
    let (state, total, refund) = match &row.part {
        Part::Paid(total) => ("SUCCESS", total.0, ("0", "0", 0, "")),
        Part::Refund { refund_id, out_refund_no, amount, status } => {
            ("REFUND", 0, (refund_id.as_str(), out_refund_no.as_str(), amount.0, status.as_str()))
        }
    };
    let (refund_id, out_refund_no, back, status) = refund;
    [
        at.to_string(),
        "wx1".into(),
        "1900000109".into(),
        "0".into(),
        String::new(),
        row.transaction_id.clone(),
        row.out_trade_no.clone(),
        "o1".into(),
        "NATIVE".into(),
        state.into(),
        "OTHERS".into(),
        "CNY".into(),
        yuan(total),
        "0.00".into(),
        refund_id.into(),
        out_refund_no.into(),
        yuan(back),
        "0.00".into(),
        "ORIGINAL".into(),
        status.into(),
        name.into(),
        String::new(),
        fee,
        "0.60%".into(),
        yuan(total),
        yuan(back),
        String::new(),
    ]
    .iter()
    .map(|field| format!("`{field}"))
    .collect::<Vec<_>>()
    .join(",")
}

fn bill(rows: &[TradeRow], name: &str, end: &str) -> String {
    let of = |pick: fn(&Part) -> i64| rows.iter().map(|row| pick(&row.part)).sum::<i64>();
    let paid = yuan(of(|part| if let Part::Paid(total) = part { total.0 } else { 0 }));
    let back = yuan(of(|part| if let Part::Refund { amount, .. } = part { amount.0 } else { 0 }));
    let mut lines = vec![HEAD.to_owned()];
    lines.extend(rows.iter().map(|row| line(row, name)));
    lines.push(SUM_HEAD.into());
    lines.push(format!("`{},`{paid},`{back},`0.00,`0.00000,`{paid},`{back}", rows.len()));
    lines.join(end) + end
}

fn row() -> impl Strategy<Value = TradeRow> {
    let part = prop_oneof![
        (0..10_000_000i64).prop_map(|total| Part::Paid(Fen(total))),
        ("[0-9]{20}", "RS[0-9]{20}P1R1", 1..10_000_000i64, "SUCCESS|PROCESSING|FAIL").prop_map(
            |(refund_id, out_refund_no, amount, status)| Part::Refund {
                refund_id,
                out_refund_no,
                amount: Fen(amount),
                status
            }
        ),
    ];
    (1_700_000_000..1_900_000_000i64, "[0-9]{28}", "RS[0-9]{20}P[0-9]", -1_000_000..1_000_000i64, part).prop_map(
        |(at, transaction_id, out_trade_no, fee, part)| {
            let at = DateTime::from_timestamp(at, 0).unwrap();
            TradeRow { at, transaction_id, out_trade_no, fee, part }
        },
    )
}

proptest! {
    #[test]
    fn what_was_written_is_what_is_read(
        rows in proptest::collection::vec(row(), 0..12), windows: bool, mark: bool, name in "[^`\r\n]{0,20}",
    ) {
        let text = bill(&rows, &name, if windows { "\r\n" } else { "\n" });
        let text = if mark { format!("\u{feff}{text}") } else { text };
        prop_assert_eq!(trades(&text).unwrap().rows, rows);
    }

    #[test]
    fn a_row_that_is_gone_or_doubled_is_noticed(rows in proptest::collection::vec(row(), 1..10), at: prop::sample::Index) {
        let text = bill(&rows, "x", "\n");
        let mut lines: Vec<&str> = text.lines().collect();
        let which = 1 + at.index(rows.len());
        let mut doubled = lines.clone();
        doubled.insert(which, lines[which]);
        prop_assert!(trades(&doubled.join("\n")).is_err());
        lines.remove(which);
        prop_assert!(trades(&lines.join("\n")).is_err());
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,200}", cut in 0usize..2000) {
        let _ = trades(&text);
        let _ = funds(&text);
        let whole = bill(&[], "x", "\n");
        let until = whole.floor_char_boundary(cut.min(whole.len()));
        let _ = trades(&whole[..until]);
    }

    #[test]
    fn amounts_are_exact(fen in -1_000_000_000_000i64..1_000_000_000_000) {
        let text = format!("{}{}", if fen < 0 { "-" } else { "" }, yuan(fen.abs()));
        prop_assert_eq!(amount(&text, 2), Some(fen));
        let five = format!("{text}000");
        prop_assert_eq!(amount(&five, 2), Some(fen));
        prop_assert_eq!(amount(&five, 5), Some(fen * 1000));
    }
}

#[test]
fn amounts_that_are_none_are_refused() {
    for text in ["", "-", ".5", "1.005", "1,000.00", "1e3", "+1", "1.2.3", "9999999999999", " 1", "--1"] {
        assert_eq!(amount(text, 2), None, "{text}");
    }
    assert_eq!((amount("7", 2), amount("7.5", 2), amount("7.50000", 2)), (Some(700), Some(750), Some(750)));
}

#[test]
fn the_funds_bill_is_read_with_its_sides() {
    let head = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
    let rows = "`2026-11-24 10:00:01,`4200000001,`1,`交易,`交易,`收入,`450.00,`450.00,`system,`备注, 有逗号,`RS1P1\n\
                `2026-11-24 10:00:02,`4200000001,`2,`扣除交易手续费,`扣除交易手续费,`支出,`2.70,`447.30,`system,`,`RS1P1\n";
    let sum = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`2,`1,`450.00,`1,`2.70\n";
    let bill = funds(&format!("{head}\n{rows}{sum}")).unwrap();
    let amounts: Vec<i64> = bill.rows.iter().map(|row| row.amount.0).collect();
    assert_eq!((amounts, bill.rows[1].kind.as_str()), (vec![45_000, -270], "扣除交易手续费"));
    let wrong = sum.replace("2.70", "2.71");
    assert_eq!(funds(&format!("{head}\n{rows}{wrong}")).unwrap_err().what, "what went out");
}

//! Daily bills (对账单): made of what WeChat Pay itself remembers of the day; ready from nine the next morning.

use super::{Answered, Asked, Refusal, State, VENDOR, auth, orders::Order, refunds};
use crate::{
    calls::json as answer,
    faults::Kind,
    world::{World, random_hex},
};
use chrono::{DateTime, Duration, FixedOffset, NaiveDate, TimeZone, Utc};
use flate2::{Compression, write::GzEncoder};
use poem::{Request, Response, http::StatusCode};
use serde_json::json;
use sha1::{Digest, Sha1};
use std::{collections::BTreeMap, io::Write};

/// What a fault may ask of a bill: a row too few, a row with another amount, a row of nobody's, another digest.
pub(super) const FAULTS: [&str; 4] = ["drop_row", "change_row", "add_row", "wrong_digest"];

/// Files that wait to be fetched: until when, and what.
pub(super) type Files = BTreeMap<String, (DateTime<Utc>, Vec<u8>)>;

const TRADE_HEAD: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const TRADE_SUM: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
const FUNDS_HEAD: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const FUNDS_SUM: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

fn beijing() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).expect("eight hours is a valid offset")
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// 0.6 %, rounded to the fen.
fn fee(total: i64) -> i64 {
    (total * 6 + 500) / 1000
}

fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&beijing()).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A payment or refund of the day.
#[derive(Clone)]
struct Trade {
    at: DateTime<Utc>,
    transaction_id: String,
    out_trade_no: String,
    name: String,
    paid: i64,
    /// WeChat Pay's number, the merchant's, how much, how it stands.
    refund: Option<(String, String, i64, &'static str)>,
}

pub(super) fn trade(asked: &Asked<'_>) -> Answered {
    let day = day(asked)?;
    let mut rows = asked.world.pay.read(|state| trades(state, day));
    rows = spoiled(asked.world, "trade_bill", rows, |row| match &mut row.refund {
        Some(refund) => refund.2 += 1,
        None => row.paid += 1,
    });
    if fault(asked.world, "trade_bill", "add_row") {
        let at = start(day) + Duration::hours(12);
        let number = format!("GHOST{}", random_hex::<6>());
        let transaction_id = format!("4200{}", random_hex::<12>());
        rows.push(Trade {
            at, transaction_id, out_trade_no: number, name: "无主".into(), paid: 12_300, refund: None
        });
    }
    if rows.is_empty() {
        return Err(nothing());
    }
    let (paid, back) = (rows.iter().map(|row| row.paid).sum::<i64>(), refunded(&rows));
    let fees: i64 = rows.iter().map(|row| fee(row.paid)).sum();
    let mut lines = vec![TRADE_HEAD.to_owned()];
    lines.extend(rows.iter().map(|row| trade_line(asked.world, row)));
    lines.push(TRADE_SUM.into());
    lines.push(format!(
        "`{},`{},`{},`0.00,`{}000,`{},`{}",
        rows.len(),
        yuan(paid),
        yuan(back),
        yuan(fees),
        yuan(paid),
        yuan(back)
    ));
    offered(asked, "trade_bill", &lines)
}

fn refunded(rows: &[Trade]) -> i64 {
    rows.iter().filter_map(|row| row.refund.as_ref()).map(|refund| refund.2).sum()
}

fn trades(state: &State, day: NaiveDate) -> Vec<Trade> {
    let paid = |order: &Order| {
        Some(Trade {
            at: order.paid_at.filter(|at| on(*at, day))?,
            transaction_id: order.transaction_id.clone()?,
            out_trade_no: order.out_trade_no.clone(),
            name: order.description.replace(',', "\\ "),
            paid: order.total,
            refund: None,
        })
    };
    let mut rows: Vec<Trade> = state.orders.values().filter_map(paid).collect();
    let asked = state.refunds.values().filter(|refund| on(refund.created, day));
    rows.extend(asked.map(|refund| Trade {
        at: refund.created,
        transaction_id: refund.transaction_id.clone(),
        out_trade_no: refund.out_trade_no.clone(),
        name: "退款".into(),
        paid: 0,
        refund: Some((refund.refund_id.clone(), refund.out_refund_no.clone(), refund.refund, word(refund.status))),
    }));
    rows.sort_by_key(|row| row.at);
    rows
}

fn word(status: refunds::Status) -> &'static str {
    match status {
        refunds::Status::Success => "SUCCESS",
        refunds::Status::Processing => "PROCESSING",
        refunds::Status::Abnormal => "CHANGE",
        refunds::Status::Closed => "FAIL",
    }
}

fn trade_line(world: &World, row: &Trade) -> String {
    let (appid, mchid) = (&world.config.wechat.appid, &world.config.pay.mchid);
    let none = (String::from("0"), String::from("0"), 0, "");
    let (refund_id, out_refund_no, back, status) = row.refund.as_ref().unwrap_or(&none);
    let state = if row.refund.is_some() { "REFUND" } else { "SUCCESS" };
    let (paid, back) = (yuan(row.paid), yuan(*back));
    format!(
        "`{},`{appid},`{mchid},`0,`,`{},`{},`oDESK,`NATIVE,`{state},`OTHERS,`CNY,`{paid},`0.00,`{refund_id},`{out_refund_no},`{back},`0.00,`ORIGINAL,`{status},`{},`,`{}000,`0.60%,`{paid},`{back},`",
        moment(row.at),
        row.transaction_id,
        row.out_trade_no,
        row.name,
        yuan(fee(row.paid)),
    )
}

/// A movement of the account; positive comes in.
struct Movement {
    at: DateTime<Utc>,
    business_no: String,
    kind: &'static str,
    amount: i64,
    voucher: String,
}

pub(super) fn funds(asked: &Asked<'_>) -> Answered {
    let day = day(asked)?;
    let rows = asked.world.pay.read(|state| movements(state, day));
    let rows = spoiled(asked.world, "funds_bill", rows, |row| row.amount += row.amount.signum());
    if rows.is_empty() {
        return Err(nothing());
    }
    let (mut balance, mut lines) = (0, vec![FUNDS_HEAD.to_owned()]);
    for (at, row) in rows.iter().enumerate() {
        balance += row.amount;
        let side = if row.amount > 0 { "收入" } else { "支出" };
        let (sum, left) = (yuan(row.amount.abs()), yuan(balance.max(0)));
        lines.push(format!(
            "`{},`{},`{:028},`{},`{},`{side},`{sum},`{left},`system,`,`{}",
            moment(row.at),
            row.business_no,
            at + 1,
            row.kind,
            row.kind,
            row.voucher
        ));
    }
    let side = |sign: i64| rows.iter().map(|row| row.amount * sign).filter(|amount| *amount > 0).collect::<Vec<_>>();
    let (came, went) = (side(1), side(-1));
    lines.push(FUNDS_SUM.into());
    let (came_sum, went_sum) = (yuan(came.iter().sum()), yuan(went.iter().sum()));
    lines.push(format!("`{},`{},`{came_sum},`{},`{went_sum}", rows.len(), came.len(), went.len()));
    offered(asked, "funds_bill", &lines)
}

fn movements(state: &State, day: NaiveDate) -> Vec<Movement> {
    let mut rows = Vec::new();
    for order in state.orders.values() {
        let (Some(at), Some(id)) = (order.paid_at.filter(|at| on(*at, day)), &order.transaction_id) else { continue };
        let row =
            |kind, amount| Movement { at, business_no: id.clone(), kind, amount, voucher: order.out_trade_no.clone() };
        rows.push(row("交易", order.total));
        rows.extend(Some(row("扣除交易手续费", -fee(order.total))).filter(|row| row.amount != 0));
    }
    let done = state.refunds.values().filter(|refund| refund.status == refunds::Status::Success);
    rows.extend(done.filter(|refund| refund.settled.is_some_and(|at| on(at, day))).map(|refund| Movement {
        at: refund.settled.unwrap_or(refund.created),
        business_no: refund.refund_id.clone(),
        kind: "退款",
        amount: -refund.refund,
        voucher: refund.out_refund_no.clone(),
    }));
    rows.sort_by_key(|row| row.at);
    rows
}

fn start(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_hms_opt(0, 0, 0).expect("every day has a midnight");
    beijing().from_local_datetime(&midnight).single().expect("Beijing has no summer time").to_utc()
}

fn on(at: DateTime<Utc>, day: NaiveDate) -> bool {
    (start(day)..start(day) + Duration::days(1)).contains(&at)
}

/// The day that is asked for: over, not older than three months, and its bill made.
fn day(asked: &Asked<'_>) -> Result<NaiveDate, Refusal> {
    let given = asked.query.get("bill_date").map_or("", String::as_str);
    let wrong = |why: &str| Refusal::field("bill_date", given, why);
    let day = NaiveDate::parse_from_str(given, "%Y-%m-%d").map_err(|_| wrong("is not yyyy-MM-dd"))?;
    if asked.query.get("tar_type").is_some_and(|packed| packed != "GZIP") {
        return Err(Refusal::field("tar_type", asked.query["tar_type"].clone(), "is not GZIP"));
    }
    let (now, over) = (asked.world.clock.now(), start(day) + Duration::days(1));
    match () {
        () if now < over => Err(wrong("the day is not over")),
        () if now > over + Duration::days(92) => Err(wrong("is more than three months ago")),
        () if now < over + Duration::hours(9) => Err(Refusal::new(400, "STATEMENT_CREATING", "账单生成中")),
        () => Ok(day),
    }
}

fn nothing() -> Refusal {
    Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在")
}

fn fault(world: &World, operation: &str, word: &str) -> bool {
    world.faults.take(VENDOR, operation, |kind| *kind == Kind::Outcome(word.into())).is_some()
}

/// A row too few, or a row with another amount, when a fault says so.
fn spoiled<T>(world: &World, operation: &str, mut rows: Vec<T>, change: impl Fn(&mut T)) -> Vec<T> {
    if fault(world, operation, "drop_row") {
        rows.pop();
    }
    if fault(world, operation, "change_row")
        && let Some(row) = rows.first_mut()
    {
        change(row);
    }
    rows
}

/// The address of the file, and the digest of what is in it before it is packed.
fn offered(asked: &Asked<'_>, operation: &str, lines: &[String]) -> Answered {
    let text = format!("\u{feff}{}\r\n", lines.join("\r\n"));
    let mut digest = hex::encode(Sha1::digest(text.as_bytes()));
    if fault(asked.world, operation, "wrong_digest") {
        digest = hex::encode(Sha1::digest(digest.as_bytes()));
    }
    let file = match asked.query.get("tar_type") {
        Some(_) => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::default());
            packed.write_all(text.as_bytes()).and_then(|()| packed.finish()).expect("memory takes what is written")
        }
        None => text.into_bytes(),
    };
    let (token, now) = (random_hex::<16>(), asked.world.clock.now());
    let download_url = format!("{}/pay/v3/billdownload/file?token={token}", asked.world.base_url);
    asked.world.pay.write(|state| {
        state.bill_files.retain(|_, (until, _)| *until > now);
        state.bill_files.insert(token, (now + Duration::minutes(5), file));
    });
    Ok(Some(json!({"hash_type": "SHA1", "hash_value": digest, "download_url": download_url})))
}

/// The file: the request is signed like any other, the answer is not.
pub(super) fn file(world: &World, request: &Request) -> Response {
    if let Err(refusal) = auth::entitled(world, "bill_file", request, b"") {
        return answer(refusal.status, &refusal.body());
    }
    let token = request.uri().query().and_then(|query| query.strip_prefix("token=")).unwrap_or_default();
    let now = world.clock.now();
    let file = world
        .pay
        .read(|state| state.bill_files.get(token).filter(|(until, _)| *until > now).map(|(_, file)| file.clone()));
    match file {
        Some(file) => Response::builder().content_type("application/octet-stream").body(file),
        None => answer(StatusCode::BAD_REQUEST, &json!({"code": "INVALID_REQUEST", "message": "下载链接无效或已过期"})),
    }
}

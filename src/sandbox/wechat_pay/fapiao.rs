//! Electronic invoices (电子发票): accepted at once, issued or reversed later, told by a notification, fetched as PDF.

use super::{Answered, Asked, Refusal, State, VENDOR, fields, notify, paper};
use crate::{
    calls::json as answer,
    clock::beijing,
    faults::Kind,
    world::{World, random, random_hex},
};
use chrono::{DateTime, Duration, Utc};
use poem::{Request, Response, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sm3::{Digest, Sm3};
use std::collections::BTreeMap;

/// What a fault may ask of an invoice: it is accepted, and fails afterwards.
pub(super) const ISSUE_FAILED: &str = "issue_failed";
pub(super) const REVERSE_FAILED: &str = "reverse_failed";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    IssueAccepted,
    Issued,
    IssueFailed,
    ReverseAccepted,
    Reversed,
    ReverseFailed,
}

impl Status {
    /// Whether money is still on this paper, or may come to be.
    fn counts(self) -> bool {
        !matches!(self, Self::IssueFailed | Self::Reversed)
    }
}

/// 发票号码, and when.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Number {
    pub(super) code: String,
    pub(super) number: String,
    pub(super) at: DateTime<Utc>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Fapiao {
    pub(super) fapiao_id: String,
    pub(super) buyer: String,
    pub(super) taxpayer_id: String,
    pub(super) total: i64,
    pub(super) status: Status,
    pub(super) blue: Option<Number>,
    red: Option<Number>,
    /// What is under way ends at this moment, well or not.
    ready: DateTime<Utc>,
    fails: bool,
    openid: String,
    request: Value,
}

/// The invoices of each application, by the payment's transaction_id; where they are told; files that wait to be fetched.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Fapiaos {
    applications: BTreeMap<String, Vec<Fapiao>>,
    callback: Option<String>,
    #[serde(skip)]
    files: BTreeMap<String, (DateTime<Utc>, String, String)>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Application {
    scene: String,
    fapiao_apply_id: String,
    buyer_information: Buyer,
    fapiao_information: Vec<Wanted>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Buyer {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    taxpayer_id: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    fapiao_id: String,
    total_amount: i64,
    need_list: bool,
    remark: Option<String>,
    items: Vec<Item>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Item {
    tax_code: String,
    goods_name: Option<String>,
    unit: Option<String>,
    quantity: i64,
    total_amount: i64,
    tax_rate: i64,
    tax_prefer_mark: Option<String>,
    discount: bool,
}

fn wrong(why: &str) -> Refusal {
    Refusal::new(400, "INVALID_REQUEST", why)
}

pub(super) fn issue(asked: &Asked<'_>) -> Answered {
    let wanted: Application = fields::read(asked.body)?;
    check(&wanted)?;
    let fails = fault(asked.world, "fapiao_issue", ISSUE_FAILED);
    let (now, delay) = (asked.world.clock.now(), asked.world.delay(VENDOR, "fapiao"));
    let request = serde_json::to_value(&wanted).expect("was JSON a moment ago");
    asked.world.pay.write(|state| {
        let order = state.orders.values().find(|order| order.transaction_id.as_ref() == Some(&wanted.fapiao_apply_id));
        let order = order.ok_or_else(|| wrong("该微信支付订单不存在或不属于该商户"))?;
        let (total, openid) = (order.total, order.payer.clone().unwrap_or_default());
        let known = state.fapiaos.applications.entry(wanted.fapiao_apply_id).or_default();
        let one = &wanted.fapiao_information[0];
        if let Some(before) = known.iter().find(|before| before.fapiao_id == one.fapiao_id) {
            return if before.request == request {
                Ok(None)
            } else {
                Err(wrong("商户发票单号重复，且请求参数不一致"))
            };
        }
        let on_paper: i64 = known.iter().filter(|one| one.status.counts()).map(|one| one.total).sum();
        if known.len() >= 5 {
            return Err(wrong("同一个开票申请单最多申请5张发票"));
        }
        if on_paper + one.total_amount > total {
            return Err(wrong("开票金额超过订单金额"));
        }
        known.push(Fapiao {
            fapiao_id: one.fapiao_id.clone(),
            buyer: wanted.buyer_information.name,
            taxpayer_id: wanted.buyer_information.taxpayer_id.unwrap_or_default(),
            total: one.total_amount,
            status: Status::IssueAccepted,
            blue: None,
            red: None,
            ready: now + Duration::seconds(i64::from(delay.seconds)),
            fails,
            openid,
            request,
        });
        asked.world.clock.wake();
        Ok(None)
    })
}

fn check(wanted: &Application) -> Result<(), Refusal> {
    let field = |field: &str, issue: &str| Err(Refusal::field(field, Value::Null, issue));
    if wanted.scene != "WITH_WECHATPAY" {
        return field("/scene", "this sandbox knows WITH_WECHATPAY only");
    }
    fields::number("/fapiao_apply_id", &wanted.fapiao_apply_id, 1, 32, "")?;
    let buyer = &wanted.buyer_information;
    fields::length("/buyer_information/name", &buyer.name, 1, 256)?;
    match (buyer.kind.as_str(), &buyer.taxpayer_id) {
        ("ORGANIZATION", Some(id)) => fields::number("/buyer_information/taxpayer_id", id, 15, 20, "")?,
        ("ORGANIZATION", None) => return field("/buyer_information/taxpayer_id", "单位必须填写纳税人识别号"),
        ("INDIVIDUAL", _) => {}
        _ => return field("/buyer_information/type", "is neither INDIVIDUAL nor ORGANIZATION"),
    }
    let [one] = wanted.fapiao_information.as_slice() else {
        return field("/fapiao_information", "this sandbox takes one at a time");
    };
    fields::number("/fapiao_information/fapiao_id", &one.fapiao_id, 1, 32, "_-")?;
    let sum: i64 = one.items.iter().map(|item| item.total_amount).sum();
    if one.items.is_empty() || one.total_amount < 1 || sum != one.total_amount {
        return field("/fapiao_information/total_amount", "is not the sum of its items");
    }
    for item in &one.items {
        fields::length("/fapiao_information/items/tax_code", &item.tax_code, 19, 19)?;
        if item.quantity < 1 || !(0..=10_000).contains(&item.tax_rate) || item.discount {
            return field("/fapiao_information/items", "quantity, tax_rate or discount is wrong");
        }
    }
    Ok(())
}

/// Whether a fault wants this operation to end like that.
fn fault(world: &World, operation: &str, word: &str) -> bool {
    world.faults.take(VENDOR, operation, |kind| *kind == Kind::Outcome(word.into())).is_some()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reversing {
    reverse_reason: String,
    fapiao_information: Vec<Which>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    fapiao_id: String,
    #[serde(default)]
    fapiao_code: String,
    fapiao_number: String,
}

pub(super) fn reverse(asked: &Asked<'_>, apply_id: &str) -> Answered {
    let wanted: Reversing = fields::read(asked.body)?;
    let reasons = ["ISSUE_ERROR", "SALES_RETURN", "SERVICE_SUSPENTION", "SALES_DISCOUNT"];
    if !reasons.contains(&wanted.reverse_reason.as_str()) {
        return Err(Refusal::field("/reverse_reason", wanted.reverse_reason, "is no reason of 数电票"));
    }
    let fails = fault(asked.world, "fapiao_reverse", REVERSE_FAILED);
    let (now, delay) = (asked.world.clock.now(), asked.world.delay(VENDOR, "fapiao"));
    asked.world.pay.write(|state| {
        settle(asked.world, state);
        let known = state.fapiaos.applications.get_mut(apply_id).ok_or_else(|| Refusal::named("NOT_FOUND"))?;
        for which in &wanted.fapiao_information {
            let one = known.iter_mut().find(|one| one.fapiao_id == which.fapiao_id);
            let one = one.ok_or_else(|| wrong("发票不存在"))?;
            let blue = one.blue.as_ref().ok_or_else(|| wrong("发票未开具"))?;
            if blue.number != which.fapiao_number || blue.code != which.fapiao_code {
                return Err(wrong("发票号码与开具的发票不一致"));
            }
            let again = one.status == Status::ReverseFailed && one.ready + Duration::minutes(5) <= now;
            if one.status != Status::Issued && !again {
                return Err(wrong("发票当前状态不能冲红"));
            }
            one.status = Status::ReverseAccepted;
            (one.ready, one.fails) = (now + Duration::seconds(i64::from(delay.seconds)), fails);
        }
        asked.world.clock.wake();
        Ok(None)
    })
}

pub(super) fn query(asked: &Asked<'_>, apply_id: &str) -> Answered {
    asked.world.pay.write(|state| {
        settle(asked.world, state);
        let known = state.fapiaos.applications.get(apply_id).ok_or_else(|| Refusal::named("NOT_FOUND"))?;
        let wanted = |one: &&Fapiao| asked.query.get("fapiao_id").is_none_or(|id| *id == one.fapiao_id);
        let list: Vec<Value> = known.iter().filter(wanted).map(shown).collect();
        if list.is_empty() {
            return Err(Refusal::named("NOT_FOUND"));
        }
        Ok(Some(json!({"total_count": list.len(), "fapiao_information": list})))
    })
}

fn shown(one: &Fapiao) -> Value {
    let number = |number: &Number| {
        json!({
            "fapiao_code": number.code, "fapiao_number": number.number, "check_code": "69001808340631374774",
            "fapiao_time": beijing(number.at),
        })
    };
    let tax = one.total * 6 / 106;
    let mut shown = json!({
        "fapiao_id": one.fapiao_id, "status": one.status, "total_amount": one.total, "tax_amount": tax,
        "amount": one.total - tax, "buyer_information": {"type": "ORGANIZATION", "name": one.buyer},
    });
    if let Some(blue) = &one.blue {
        shown["blue_fapiao"] = number(blue);
        shown["card_information"] = json!({"card_openid": one.openid, "card_status": "INSERTED"});
    }
    if let Some(red) = &one.red {
        shown["red_fapiao"] = number(red);
    }
    shown
}

/// Where the PDFs are: an address each that lives thirty seconds.
pub(super) fn files(asked: &Asked<'_>, apply_id: &str) -> Answered {
    let now = asked.world.clock.now();
    asked.world.pay.write(|state| {
        settle(asked.world, state);
        let all = &mut state.fapiaos;
        all.files.retain(|_, (until, ..)| *until > now);
        let known = all.applications.get(apply_id).ok_or_else(|| Refusal::named("NOT_FOUND"))?;
        let wanted = |one: &&Fapiao| asked.query.get("fapiao_id").is_none_or(|id| *id == one.fapiao_id);
        let mut list = Vec::new();
        for one in known.iter().filter(wanted) {
            if one.blue.is_none() {
                return Err(wrong("发票尚未开具"));
            }
            let token = random_hex::<16>();
            let url = format!("{}/pay/invoicing/fapiao/fapiao-file?token={token}", asked.world.base_url);
            all.files.insert(token, (now + Duration::seconds(30), apply_id.to_owned(), one.fapiao_id.clone()));
            list.push(json!({"fapiao_id": one.fapiao_id, "download_url": url, "status": one.status}));
        }
        Ok(Some(json!({"fapiao_download_info_list": list})))
    })
}

/// The file itself: nobody signs, but every particular must be right, and the digest is told.
pub(super) fn file(world: &World, request: &Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let query: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let given = |name: &str| query.get(name).map_or("", String::as_str);
    let now = world.clock.now();
    let found = world.pay.read(|state| {
        let (until, apply_id, fapiao_id) = state.fapiaos.files.get(given("token"))?;
        let one = state.fapiaos.applications.get(apply_id)?.iter().find(|one| one.fapiao_id == *fapiao_id)?;
        let blue = one.blue.as_ref()?;
        let right = *until > now
            && given("mchid") == world.config.pay.mchid
            && given("openid") == one.openid
            && given("invoice_code") == blue.code
            && given("invoice_no") == blue.number
            && given("fapiao_id") == *fapiao_id;
        right.then(|| paper::pdf(one, &world.config.pay.payee))
    });
    let Some(mut pdf) = found else {
        return answer(StatusCode::BAD_REQUEST, &json!({"code": "INVALID_REQUEST", "message": "下载链接无效或已过期"}));
    };
    let digest = hex::encode_upper(Sm3::digest(&pdf));
    if fault(world, "fapiao_file", "wrong_digest") {
        pdf.push(b'\n');
    }
    Response::builder()
        .header("SM3-Digest", digest)
        .header("content-type", "application/octet-stream")
        .header("content-disposition", format!("attachment; filename=\"{}.pdf\"", given("fapiao_id")))
        .body(pdf)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Development {
    callback_url: String,
}

pub(super) fn configure(asked: &Asked<'_>) -> Answered {
    let wanted: Development = fields::read(asked.body)?;
    fields::notify_url(asked, &wanted.callback_url)?;
    asked.world.pay.write(|state| state.fapiaos.callback = Some(wanted.callback_url.clone()));
    Ok(Some(json!({"callback_url": wanted.callback_url})))
}

/// Ends what is due, and tells the product, when it has said where.
pub(super) fn settle(world: &World, state: &mut State) {
    let now = world.clock.now();
    let mut told = Vec::new();
    for (apply_id, known) in &mut state.fapiaos.applications {
        for one in known.iter_mut().filter(|one| one.ready <= now) {
            let number = || Number { code: String::new(), number: digits::<20>(), at: now };
            let event = match (one.status, one.fails) {
                (Status::IssueAccepted, true) => (Status::IssueFailed, notify::Event::FapiaoIssued),
                (Status::IssueAccepted, false) => {
                    one.blue = Some(number());
                    (Status::Issued, notify::Event::FapiaoIssued)
                }
                (Status::ReverseAccepted, true) => (Status::ReverseFailed, notify::Event::FapiaoReversed),
                (Status::ReverseAccepted, false) => {
                    one.red = Some(number());
                    (Status::Reversed, notify::Event::FapiaoReversed)
                }
                _ => continue,
            };
            one.status = event.0;
            let which = json!([{"fapiao_id": one.fapiao_id, "fapiao_status": one.status}]);
            let plain =
                json!({"mchid": world.config.pay.mchid, "fapiao_apply_id": apply_id, "fapiao_information": which});
            told.push((event.1, plain));
        }
    }
    let Some(url) = state.fapiaos.callback.clone() else { return };
    for (event, plain) in told {
        notify::enqueue(world, state, event, url.clone(), &plain);
    }
}

/// When the next one ends, if any waits.
pub(super) fn next(state: &State, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let waits = |one: &&Fapiao| matches!(one.status, Status::IssueAccepted | Status::ReverseAccepted);
    state.fapiaos.applications.values().flatten().filter(waits).map(|one| one.ready.max(now)).min()
}

fn digits<const N: usize>() -> String {
    random::<N>().iter().map(|byte| char::from(b'0' + byte % 10)).collect()
}

/// What is there, for the control page and tests: no names.
pub(super) fn all(state: &State) -> Vec<Value> {
    let one = |apply_id: &String, one: &Fapiao| {
        json!({
            "fapiao_apply_id": apply_id, "fapiao_id": one.fapiao_id, "status": one.status, "total": one.total,
            "number": one.blue.as_ref().map(|blue| &blue.number),
        })
    };
    state.fapiaos.applications.iter().flat_map(|(id, list)| list.iter().map(move |f| one(id, f))).collect()
}

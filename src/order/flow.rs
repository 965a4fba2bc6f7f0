//! What people can do with orders: see what something costs, place, confirm the invoice data, cancel, look.

use super::{
    Action, Because, Status,
    entity::{idempotency_key, order as row},
    number,
    price::{self, Item, Line, Priced, Prices},
};
use crate::{
    account, catalogue, change, company,
    db::{Actor, Tx},
    error::{At, Error},
    events::Event,
    jobs::{Job, Outcome},
    journey::{CompanyFact, OrderFact},
    state::State,
    who::Who,
};
use chrono::Duration;
use sea_orm::{
    ActiveValue::Set,
    QueryOrder, QuerySelect, SqlErr,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use sha2::{Digest, Sha256};
use zhangzheng_kinds::{CompanyName, Email, Fen, TaxpayerId};

/// The job that ends an order nobody has paid.
pub const EXPIRE: &str = "order.expire";

/// What a person chooses: everything else about an order is ours to say.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Choice {
    /// 项目类型.
    pub platform: String,
    /// 地区.
    pub region: String,
    /// 授权使用费 × this many.
    pub authorisations: u32,
}

/// What a choice costs now.
#[derive(Clone, Debug)]
pub struct Quote {
    pub platform: catalogue::Platform,
    pub region: catalogue::Region,
    /// 已购买: the certificate is not bought twice.
    pub bought: bool,
    pub priced: Priced,
}

/// Prices a choice. Only what the catalogue offers to applicants can be chosen.
///
/// # Errors
/// [`Error::Invalid`] naming the field that cannot be chosen.
pub async fn quote(state: &State, account_id: Uuid, choice: &Choice) -> Result<Quote, Error> {
    let platform = catalogue::flow::platform(state, &choice.platform).await?;
    let platform = platform.ok_or_else(|| Error::invalid("platform", "请选择项目类型"))?;
    let region = catalogue::flow::region(state, &platform, &choice.region).await?;
    let region = region.ok_or_else(|| Error::invalid("region", "请选择地区"))?;
    let bought = certificate_order(state, account_id).await?.is_some_and(|order| order.status == Status::Paid);
    let prices = Prices { certificate: Fen(region.certificate_price), authorisation: Fen(region.authorisation_price) };
    let priced = price::price(prices, bought, choice.authorisations).at("authorisations")?;
    Ok(Quote { platform, region, bought, priced })
}

/// The order that holds the account's one certificate: open, or paid.
pub async fn certificate_order(state: &State, account_id: Uuid) -> Result<Option<row::Model>, Error> {
    Ok(row::Entity::find().filter(row::Column::Holds.eq(account_id)).one(&state.db.read).await?)
}

/// Whether the account may buy: its company's papers have been submitted, and not been rejected for good.
///
/// # Errors
/// [`Error::Conflict`] with the reason.
pub async fn may_buy(state: &State, account_id: Uuid) -> Result<(), Error> {
    match company::flow::fact(state, account_id).await? {
        CompanyFact::UnderReview | CompanyFact::Returned | CompanyFact::Approved => Ok(()),
        CompanyFact::Rejected => {
            Err(Error::conflict("rejected", "企业审核未通过，暂不能购买；已付款项将全额退回，可重新提交申请"))
        }
        CompanyFact::NotStarted | CompanyFact::Draft => {
            Err(Error::conflict("locked", "提交企业实名资料后才能购买服务，请先完成企业实名认证"))
        }
    }
}

/// 确认购买: places an order at the price of this moment. With an Idempotency-Key, asking again gives the same order.
///
/// # Errors
/// [`Error::Conflict`] when the step is not open, when an order that holds the certificate is open, or when the key was used
/// for something else; [`Error::Invalid`] naming the field.
pub async fn place(state: &State, who: &Who, choice: &Choice, key: Option<&str>) -> Result<row::Model, Error> {
    let key = key.map(|key| check_key(who, key)).transpose()?;
    let asked = Sha256::digest(format!("{}|{}|{}", choice.platform, choice.region, choice.authorisations)).to_vec();
    if let Some(before) = placed_before(state, key.as_deref(), &asked).await? {
        return Ok(before);
    }
    may_buy(state, who.account_id).await?;
    let quote = quote(state, who.account_id, choice).await?;
    if quote.priced.lines().is_empty() {
        return Err(Error::invalid("authorisations", "手机证书已购买，请选择授权数量后再确认购买"));
    }
    match write(state, who, &quote, choice, key.as_deref(), &asked).await {
        Err(Error::Conflict(_)) if key.is_some() => {
            // Somebody was faster: with the same key it is the same order.
            match placed_before(state, key.as_deref(), &asked).await? {
                Some(before) => Ok(before),
                None => Err(open_already()),
            }
        }
        result => result,
    }
}

fn check_key(who: &Who, key: &str) -> Result<String, Error> {
    let plain =
        (8..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !plain {
        return Err(Error::invalid("idempotency-key", "请求编号应为 8 至 64 位字母、数字、- 或 _"));
    }
    Ok(format!("{}:{key}", who.account_id))
}

async fn placed_before(state: &State, key: Option<&str>, asked: &[u8]) -> Result<Option<row::Model>, Error> {
    let Some(key) = key else { return Ok(None) };
    let Some(used) = idempotency_key::Entity::find_by_id(key).one(&state.db.read).await? else { return Ok(None) };
    if used.asked != asked {
        return Err(Error::conflict("key_used", "该请求编号已用于另一笔订单，请刷新页面后重新提交"));
    }
    Ok(row::Entity::find_by_id(used.subject_id).one(&state.db.read).await?)
}

fn open_already() -> Error {
    Error::conflict("order_open", "您有一笔包含手机证书的订单尚未完成，请先支付或取消该订单")
}

async fn write(
    state: &State,
    who: &Who,
    quote: &Quote,
    choice: &Choice,
    key: Option<&str>,
    asked: &[u8],
) -> Result<row::Model, Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let certificate = quote.priced.lines().iter().any(|line| line.item == Item::Certificate);
    let order = row::Model {
        id: tx.id(),
        number: number(tx.now, tx.random()),
        account_id: who.account_id,
        member_id: who.member_id,
        platform: quote.platform.code.clone(),
        platform_name: quote.platform.name.clone(),
        region: quote.region.code.clone(),
        region_name: quote.region.name.clone(),
        lines: serde_json::to_string(quote.priced.lines()).map_err(Error::internal)?,
        certificate,
        authorisations: i32::try_from(choice.authorisations).map_err(Error::internal)?,
        total: quote.priced.total().0,
        status: Status::Draft,
        holds: certificate.then_some(who.account_id),
        because: None,
        buyer_name: None,
        email: None,
        taxpayer_id: None,
        created_at: tx.now,
        expires_at: tx.now + Duration::minutes(state.config.order.unpaid_minutes),
        paid_at: None,
        activated_at: None,
        used_at: None,
        authorisations_returned: 0,
    };
    let taken = |error: DbErr| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => open_already(),
        _ => error.into(),
    };
    row::Entity::insert(row::ActiveModel::from(order.clone()).reset_all())
        .exec_without_returning(&*tx)
        .await
        .map_err(taken)?;
    if let Some(key) = key {
        let used = idempotency_key::ActiveModel {
            key: Set(key.to_owned()),
            asked: Set(asked.to_vec()),
            subject_id: Set(order.id),
            created_at: Set(tx.now),
        };
        idempotency_key::Entity::insert(used).exec_without_returning(&*tx).await.map_err(taken)?;
    }
    tx.say(Event::new("order.place", order.id, Some(order.account_id))).await?;
    tx.enqueue(Job::at(EXPIRE, order.id, order.expires_at)).await?;
    tx.commit().await?;
    Ok(order)
}

/// 确认发票信息, as typed. 发票类型 is always 电子发票.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct InvoiceForm {
    /// 发票抬头.
    pub buyer_name: String,
    /// 电子邮箱.
    pub email: String,
    /// 纳税识别号.
    pub taxpayer_id: String,
}

/// 下一步: takes the invoice data; the order can be paid then.
///
/// # Errors
/// [`Error::Invalid`] naming the field; [`Error::Conflict`] once the order is paid or closed.
pub async fn confirm_invoice(state: &State, who: &Who, id: Uuid, typed: &InvoiceForm) -> Result<(), Error> {
    let wrong_name = |_| Error::invalid("buyer_name", "发票抬头应与营业执照上的企业名称一致，请检查");
    let buyer_name = CompanyName::parse(&typed.buyer_name).map_err(wrong_name)?;
    let email = Email::parse(&typed.email).at("email")?;
    let taxpayer_id = TaxpayerId::parse(&typed.taxpayer_id).at("taxpayer_id")?;
    if let Some(own) = locked_title(state, who.account_id).await? {
        own.agrees(&buyer_name, &taxpayer_id)?;
    }
    let seal = |column: &str, text: &str| Expr::value(state.vault.seal(&format!("customer_order.{column}"), id, text));
    let mut tx = state.db.begin(who.actor()).await?;
    let order = find(&*tx, who.account_id, id).await?;
    change::advance::<row::Entity>(&mut tx, &order, Action::Confirm, |update| {
        update
            .col_expr(row::Column::BuyerName, seal("buyer_name", buyer_name.as_str()))
            .col_expr(row::Column::Email, seal("email", email.as_str()))
            .col_expr(row::Column::TaxpayerId, seal("taxpayer_id", taxpayer_id.as_str()))
    })
    .await?;
    tx.commit().await
}

/// The title that an invoice of an account must bear: the company's own name and number.
pub struct OwnTitle {
    name: CompanyName,
    taxpayer_id: String,
}

impl OwnTitle {
    fn agrees(&self, name: &CompanyName, taxpayer_id: &TaxpayerId) -> Result<(), Error> {
        if self.name != *name {
            let own = self.name.as_str();
            return Err(Error::invalid("buyer_name", format!("发票抬头须为本企业名称“{own}”，请改回后再提交")));
        }
        if self.taxpayer_id != taxpayer_id.as_str() {
            let own = &self.taxpayer_id;
            return Err(Error::invalid("taxpayer_id", format!("纳税识别号须为本企业的 {own}，请改回后再提交")));
        }
        Ok(())
    }
}

/// The title that cannot be changed; None when it is the applicant's choice, or the company has none yet.
pub async fn locked_title(state: &State, account_id: Uuid) -> Result<Option<OwnTitle>, Error> {
    if !state.config.invoice.title_locked {
        return Ok(None);
    }
    let Some(company) = company::flow::of_account(state, account_id).await? else { return Ok(None) };
    let own = company.name.and_then(|name| CompanyName::parse(&name).ok()).zip(company.code);
    Ok(own.map(|(name, code)| OwnTitle { name, taxpayer_id: code.as_str().to_owned() }))
}

/// The invoice data as they were confirmed; before that, the company's own as it has submitted them. A title that cannot
/// be changed follows the company until the order is paid.
pub async fn invoice(state: &State, order: &row::Model) -> Result<InvoiceForm, Error> {
    let mut form = confirmed(state, order).await?;
    if matches!(order.status, Status::Draft | Status::AwaitingPayment)
        && let Some(own) = locked_title(state, order.account_id).await?
    {
        (form.buyer_name, form.taxpayer_id) = (own.name.as_str().to_owned(), own.taxpayer_id);
    }
    Ok(form)
}

async fn confirmed(state: &State, order: &row::Model) -> Result<InvoiceForm, Error> {
    if order.buyer_name.is_none()
        && let Some(company) = company::flow::of_account(state, order.account_id).await?
    {
        // A registration number of 15 digits is the taxpayer's number too.
        let taxpayer_id = company.code.as_ref().map(|code| code.as_str().to_owned()).unwrap_or_default();
        let email = company.email.map(Email::into_string).unwrap_or_default();
        return Ok(InvoiceForm { buyer_name: company.name.unwrap_or_default(), email, taxpayer_id });
    }
    let open = |column: &str, sealed: &Option<Vec<u8>>| match sealed {
        Some(sealed) => state.vault.open(&format!("customer_order.{column}"), order.id, sealed),
        None => Ok(String::new()),
    };
    Ok(InvoiceForm {
        buyer_name: open("buyer_name", &order.buyer_name)?,
        email: open("email", &order.email)?,
        taxpayer_id: open("taxpayer_id", &order.taxpayer_id)?,
    })
}

/// 取消订单, before it is paid. What WeChat Pay knows of it is closed there first, by a job.
///
/// # Errors
/// [`Error::Conflict`] once it is paid.
pub async fn cancel(state: &State, who: &Who, id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let order = find(&*tx, who.account_id, id).await?;
    end(&mut tx, &order, Action::Cancel, Because::Cancelled).await?;
    tx.commit().await
}

/// Ends an unpaid order: a draft at once, another once its payments are closed.
pub(super) async fn end(tx: &mut Tx, order: &row::Model, action: Action, because: Because) -> Result<(), Error> {
    let at_once = order.status == Status::Draft;
    change::advance::<row::Entity>(tx, order, action, |update| {
        let update = update.col_expr(row::Column::Because, Expr::value(because));
        if at_once { update.col_expr(row::Column::Holds, Expr::value(None::<Uuid>)) } else { update }
    })
    .await?;
    Ok(())
}

/// The job [`EXPIRE`]: the last moment to pay has passed.
pub async fn expire(state: &State, id: Uuid) -> Outcome {
    match try_expire(state, id).await {
        Ok(outcome) => outcome,
        Err(error) => super::payment::flow::later(&error),
    }
}

async fn try_expire(state: &State, id: Uuid) -> Result<Outcome, Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(order) = row::Entity::find_by_id(id).one(&*tx).await? else { return Ok(Outcome::Done) };
    if !matches!(order.status, Status::Draft | Status::AwaitingPayment) {
        return Ok(Outcome::Done);
    }
    // 对公转账 has given it more time.
    if tx.now < order.expires_at {
        return Ok(Outcome::Later(order.expires_at - tx.now));
    }
    end(&mut tx, &order, Action::Expire, Because::Expired).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

async fn find(c: &impl ConnectionTrait, account_id: Uuid, id: Uuid) -> Result<row::Model, Error> {
    row::Entity::find_by_id(id).filter(row::Column::AccountId.eq(account_id)).one(c).await?.ok_or_else(Error::not_found)
}

/// An order of the account.
///
/// # Errors
/// [`Error::NotFound`], also for somebody else's.
pub async fn one(state: &State, account_id: Uuid, id: Uuid) -> Result<row::Model, Error> {
    find(&state.db.read, account_id, id).await
}

/// An order of the account, held until the act ends: two acts on it take turns.
pub(super) async fn held(tx: &mut Tx, account_id: Uuid, id: Uuid) -> Result<row::Model, Error> {
    let order = row::Entity::find_by_id(id).filter(row::Column::AccountId.eq(account_id)).lock_exclusive();
    order.one(&**tx).await?.ok_or_else(Error::not_found)
}

/// Whether anything of the account is paid and stands.
pub async fn any_paid(c: &impl ConnectionTrait, account_id: Uuid) -> Result<bool, Error> {
    let paid =
        row::Entity::find().filter(row::Column::AccountId.eq(account_id)).filter(row::Column::Status.eq(Status::Paid));
    Ok(paid.one(c).await?.is_some())
}

/// Holds the account's orders until the act ends, and looks that none is paid: a payment that comes at the same moment waits.
///
/// # Errors
/// [`Error::Conflict`] when one is.
pub async fn none_paid(tx: &mut Tx, account_id: Uuid) -> Result<(), Error> {
    let all = row::Entity::find().filter(row::Column::AccountId.eq(account_id)).order_by_asc(row::Column::Id);
    let all = all.lock_exclusive().all(&**tx).await?;
    if all.iter().any(|order| order.status == Status::Paid) {
        return Err(Error::conflict(
            "just_paid",
            "该企业刚刚完成付款，不予通过将退还款项，请刷新页面后提请另一位同事复核",
        ));
    }
    Ok(())
}

/// Whether the account's certificate is in force: what was bought with it has been delivered.
pub async fn is_activated(c: &impl ConnectionTrait, account_id: Uuid) -> Result<bool, Error> {
    let held = row::Entity::find().filter(row::Column::Holds.eq(account_id)).one(c).await?;
    Ok(held.is_some_and(|order| order.activated_at.is_some()))
}

/// The account's certificate comes into force in this act. `false`: it is not paid for any more, so it must not.
pub async fn activate(tx: &mut Tx, account_id: Uuid) -> Result<bool, Error> {
    let since = Expr::col(row::Column::ActivatedAt).if_null(tx.now);
    let paid = row::Entity::update_many()
        .col_expr(row::Column::ActivatedAt, since)
        .filter(row::Column::Holds.eq(account_id))
        .filter(row::Column::Status.eq(Status::Paid))
        .exec(&**tx)
        .await?;
    Ok(paid.rows_affected == 1)
}

/// So many authorisations of the account are given out now: the orders they come from, the oldest first, count as used.
///
/// # Errors
/// [`Error::Conflict`] when so many are not bought any more: some were given back at the same moment.
pub async fn use_authorisations(tx: &mut Tx, account_id: Uuid, given: u32) -> Result<(), Error> {
    let paid = row::Entity::find()
        .filter(row::Column::AccountId.eq(account_id))
        .filter(row::Column::Status.eq(Status::Paid))
        .order_by_asc(row::Column::PaidAt)
        .lock_exclusive()
        .all(&**tx)
        .await?;
    let (now, mut left) = (tx.now, i64::from(given));
    for order in paid.iter().filter(|order| lives(order, now)) {
        if left <= 0 {
            break;
        }
        left -= i64::from(good(order));
        if good(order) > 0 && order.used_at.is_none() {
            row::Entity::update_many()
                .col_expr(row::Column::UsedAt, Expr::value(now))
                .filter(row::Column::Id.eq(order.id))
                .exec(&**tx)
                .await?;
        }
    }
    if left > 0 {
        return Err(Error::conflict("none_left", "可用授权数量有变化，请刷新页面核对"));
    }
    Ok(())
}

/// Whether the year of what was bought is not over.
fn lives(order: &row::Model, now: DateTimeUtc) -> bool {
    order.paid_at.is_some_and(|at| now < at + super::SERVICE_LIFE)
}

/// The authorisations of an order that were not given back.
fn good(order: &row::Model) -> i32 {
    order.authorisations - order.authorisations_returned
}

/// The lines of an order, with the prices as they were.
pub fn lines(order: &row::Model) -> Result<Vec<Line>, Error> {
    serde_json::from_str(&order.lines).map_err(Error::internal)
}

/// Where the account stands with 服务购买.
pub async fn fact(state: &State, account_id: Uuid) -> Result<OrderFact, Error> {
    if let Some(order) = certificate_order(state, account_id).await? {
        return Ok(if order.status == Status::Paid { OrderFact::Paid } else { OrderFact::Unpaid });
    }
    let refunded = row::Entity::find()
        .filter(row::Column::AccountId.eq(account_id))
        .filter(row::Column::Certificate.eq(true))
        .filter(row::Column::Status.is_in([Status::Refunding, Status::Refunded]))
        .one(&state.db.read)
        .await?;
    Ok(if refunded.is_some() { OrderFact::Refunded } else { OrderFact::None })
}

/// What the account has paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The order with the certificate.
    pub order_id: Uuid,
    /// 项目: its code.
    pub platform: String,
    /// 地区: its code.
    pub region: String,
    /// How many people may be authorised now: of every paid order whose year is not over.
    pub authorisations: u32,
    pub paid_at: DateTimeUtc,
}

/// What the account has paid for, if the certificate is among it.
pub async fn paid(state: &State, account_id: Uuid) -> Result<Option<Paid>, Error> {
    let paid: Vec<row::Model> = row::Entity::find()
        .filter(row::Column::AccountId.eq(account_id))
        .filter(row::Column::Status.eq(Status::Paid))
        .all(&state.db.read)
        .await?;
    let now = state.clock.now();
    let count = paid.iter().filter(|order| lives(order, now)).map(good).sum::<i32>();
    let Some(order) = paid.into_iter().find(|order| order.certificate) else { return Ok(None) };
    let paid_at = order.paid_at.ok_or_else(|| Error::internal("a paid order without its time"))?;
    let authorisations = u32::try_from(count).map_err(Error::internal)?;
    Ok(Some(Paid { order_id: order.id, platform: order.platform, region: order.region, authorisations, paid_at }))
}

/// The platform that the applicant came for, when applicants may choose it: preselected as 项目类型.
pub async fn came_for(state: &State, who: &Who) -> Result<Option<String>, Error> {
    let account = account::flow::account(state, who).await?;
    let Some(code) = account.platform else { return Ok(None) };
    Ok(catalogue::flow::platform(state, &code).await?.map(|platform| platform.code))
}

/// The order with this number (订单号).
pub async fn by_number(state: &State, number: &str) -> Result<Option<row::Model>, Error> {
    Ok(row::Entity::find().filter(row::Column::Number.eq(number)).one(&state.db.read).await?)
}

/// Whose order has this number (订单号).
pub async fn account_of(state: &State, number: &str) -> Result<Option<Uuid>, Error> {
    Ok(by_number(state, number).await?.map(|order| order.account_id))
}

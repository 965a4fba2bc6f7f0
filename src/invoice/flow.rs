//! Bringing the invoice of an order to where the money is. WeChat Pay is asked outside transactions, always under our own
//! number, and always asked how it stands before anything is sent: what may have been accepted is never sent as another.

use super::{
    Action, BY_ITSELF, MOST, Status, Step,
    entity::{invoice as row, invoice_mail},
    mail, step,
};
use crate::{
    change,
    db::{Actor, Tx},
    error::Error,
    jobs::{Job, Outcome},
    order::{
        self,
        entity::{order as order_row, payment_row, refund_row},
        flow as orders, payment, refund,
    },
    papers,
    state::State,
};
use chrono::Duration;
use sea_orm::{PaginatorTrait, QueryOrder, entity::prelude::*, sea_query::Expr};
use sha2::{Digest, Sha256};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::{
    Error as Trouble,
    wechat_pay::{Fapiao, FapiaoLine, FapiaoOrder, FapiaoState, Reversal},
};

/// The job that compares the invoice of an order with its money.
pub const ADJUST: &str = "invoice.adjust";
/// The same, for a refund that has ended.
pub const REFUNDED: &str = "invoice.refunded";
/// The job that brings one invoice to its end.
pub const WORK: &str = "invoice.work";
/// The job that tries a failed one again, under another number.
pub const RETRY: &str = "invoice.retry";
/// The job that tells WeChat Pay where invoices are to be told.
pub const CONFIGURE: &str = "invoice.configure";

/// A failed one is tried again after this long.
const PAUSE: Duration = Duration::minutes(10);

fn done(result: Result<(), Error>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(error) => later(&error),
    }
}

/// What fails for now is tried again in a minute, however often: an invoice is owed.
fn later(error: &Error) -> Outcome {
    tracing::warn!(error.cause = %error, "an invoice waits");
    Outcome::Later(Duration::minutes(1))
}

/// The job [`ADJUST`].
pub async fn adjust(state: &State, order_id: Uuid) -> Outcome {
    done(try_adjust(state, order_id).await)
}

/// The job [`REFUNDED`].
pub async fn refunded(state: &State, refund_id: Uuid) -> Outcome {
    let found = refund_row::Entity::find_by_id(refund_id).one(&state.db.read).await;
    match found {
        Ok(Some(refund)) => adjust(state, refund.order_id).await,
        Ok(None) => Outcome::Done,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

/// What an order has kept of what was paid for it, and the payment.
async fn kept(c: &impl ConnectionTrait, order: &order_row::Model) -> Result<Option<(payment_row::Model, Fen)>, Error> {
    use order::Status::{Paid, Refunded, Refunding};
    if !matches!(order.status, Paid | Refunding | Refunded) {
        return Ok(None);
    }
    let paid = payment_row::Entity::find()
        .filter(payment_row::Column::OrderId.eq(order.id))
        .filter(payment_row::Column::Status.eq(payment::Status::Paid))
        .one(c)
        .await?;
    let Some(paid) = paid else { return Ok(None) };
    let back = refund_row::Entity::find()
        .filter(refund_row::Column::PaymentId.eq(paid.id))
        .filter(refund_row::Column::Status.eq(refund::Status::Done))
        .all(c)
        .await?;
    let kept = paid.amount - back.iter().map(|refund| refund.amount).sum::<i64>();
    Ok(Some((paid, Fen(kept.max(0)))))
}

async fn live(c: &impl ConnectionTrait, order_id: Uuid) -> Result<Option<row::Model>, Error> {
    Ok(row::Entity::find().filter(row::Column::LiveOf.eq(order_id)).one(c).await?)
}

async fn try_adjust(state: &State, order_id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(order) = order_row::Entity::find_by_id(order_id).one(&*tx).await? else { return Ok(()) };
    settle(&mut tx, &order).await?;
    tx.commit().await
}

/// Takes the step that the rule says, and the next one where it is known.
async fn settle(tx: &mut Tx, order: &order_row::Model) -> Result<(), Error> {
    let Some((paid, kept)) = kept(&**tx, order).await? else { return Ok(()) };
    let mut now = live(&**tx, order.id).await?;
    if step(kept, now.as_ref().map(|one| (one.status, Fen(one.amount)))) == Step::Drop
        && let Some(one) = now.take()
    {
        drop_one(tx, &one).await?;
    }
    match (step(kept, now.as_ref().map(|one| (one.status, Fen(one.amount)))), now) {
        (Step::Open(amount), None) => open(tx, order, &paid, amount).await,
        (Step::Reverse, Some(one)) => {
            change::advance::<row::Entity>(tx, &one, Action::Reverse, |update| update).await?;
            tx.enqueue(Job::now(WORK, one.id)).await
        }
        _ => Ok(()),
    }
}

async fn drop_one(tx: &mut Tx, one: &row::Model) -> Result<(), Error> {
    change::advance::<row::Entity>(tx, one, Action::Drop, |update| {
        update.col_expr(row::Column::LiveOf, Expr::value(None::<Uuid>))
    })
    .await?;
    Ok(())
}

/// Writes a new one down, before WeChat Pay hears of it.
async fn open(tx: &mut Tx, order: &order_row::Model, paid: &payment_row::Model, amount: Fen) -> Result<(), Error> {
    let before = row::Entity::find().filter(row::Column::OrderId.eq(order.id)).count(&**tx).await?;
    let attempt = i32::try_from(before).map_err(Error::internal)? + 1;
    let refused = match (&paid.transaction_id, attempt) {
        (None, _) => Some("不是通过微信支付付款，请在税务平台手工开具后登记发票号码"),
        (Some(_), MOST..) if attempt > MOST => Some("同一笔支付最多开具 5 张发票，请手工开具后登记发票号码"),
        _ => None,
    };
    let one = row::Model {
        id: tx.id(),
        order_id: order.id,
        account_id: order.account_id,
        fapiao_id: format!("{}F{attempt}", order.number),
        transaction_id: paid.transaction_id.clone(),
        attempt,
        amount: amount.0,
        status: if refused.is_some() { Status::Failed } else { Status::Asked },
        live_of: Some(order.id),
        by_hand: false,
        number: None,
        red_number: None,
        paper_id: None,
        trouble: refused.map(str::to_owned),
        created_at: tx.now,
        issued_at: None,
        reversed_at: None,
    };
    let (id, account_id) = (one.id, one.account_id);
    row::Entity::insert(row::ActiveModel::from(one).reset_all()).exec_without_returning(&**tx).await?;
    tx.say(crate::events::Event::new("invoice.ask", id, Some(account_id))).await?;
    tx.enqueue(Job::now(WORK, id)).await
}

/// The job [`WORK`].
pub async fn work(state: &State, id: Uuid) -> Outcome {
    match try_work(state, id).await {
        Ok(outcome) => outcome,
        Err(error) => later(&error),
    }
}

async fn try_work(state: &State, id: Uuid) -> Result<Outcome, Error> {
    let Some(one) = row::Entity::find_by_id(id).one(&state.db.read).await? else { return Ok(Outcome::Done) };
    let Some(transaction_id) = one.transaction_id.clone() else { return by_hand_only(state, &one).await };
    let waits = match one.status {
        Status::Asked | Status::Issuing | Status::Reversing => true,
        Status::Issued => one.paper_id.is_none() && !one.by_hand,
        _ => false,
    };
    if !waits {
        return Ok(Outcome::Done);
    }
    if one.by_hand {
        return by_hand_only(state, &one).await;
    }
    let told = match state.providers.wechat_pay.fapiao(&transaction_id, &one.fapiao_id).await {
        Ok(told) => told,
        Err(error) => return wait_or_fail(state, &one, &error).await,
    };
    match (one.status, told) {
        (Status::Asked, None) => send(state, &one, &transaction_id).await,
        (_, None) => Ok(Outcome::Later(Duration::minutes(1))),
        (Status::Asked | Status::Issuing, Some(told)) => issued(state, &one, &told).await,
        (Status::Issued, Some(told)) => fetch(state, &one, &transaction_id, &told).await,
        (_, Some(told)) => reversed(state, &one, &transaction_id, &told).await,
    }
}

/// What WeChat Pay did not issue, it does not reverse.
async fn by_hand_only(state: &State, one: &row::Model) -> Result<Outcome, Error> {
    if one.status == Status::Reversing {
        fail(state, one, "该发票由人工开具，请在税务平台冲红后登记红字发票号码".into()).await?;
    }
    Ok(Outcome::Done)
}

/// What the vendor cannot do for now is waited for; what it will never do is for finance.
async fn wait_or_fail(state: &State, one: &row::Model, error: &Trouble) -> Result<Outcome, Error> {
    if error.is_temporary() {
        return Ok(Outcome::Later(Duration::minutes(1)));
    }
    fail(state, one, error.to_string()).await?;
    Ok(Outcome::Done)
}

/// How long to wait before asking again, by how long it has been under way.
fn again(state: &State, one: &row::Model) -> Outcome {
    let ago = state.clock.now() - one.created_at;
    Outcome::Later(if ago < Duration::minutes(10) { Duration::seconds(15) } else { Duration::minutes(10) })
}

/// WeChat Pay has never heard of it: it is sent, if it is still wanted.
async fn send(state: &State, one: &row::Model, transaction_id: &str) -> Result<Outcome, Error> {
    let order = order_row::Entity::find_by_id(one.order_id).one(&state.db.read).await?;
    let order = order.ok_or_else(|| Error::internal("an invoice without its order"))?;
    let still = kept(&state.db.read, &order).await?.map_or(Fen(0), |(_, kept)| kept);
    if still != Fen(one.amount) {
        let mut tx = state.db.begin(Actor::System).await?;
        let Some(now) = row::Entity::find_by_id(one.id).one(&*tx).await? else { return Ok(Outcome::Done) };
        if now.status == Status::Asked {
            drop_one(&mut tx, &now).await?;
            settle(&mut tx, &order).await?;
            tx.commit().await?;
        }
        return Ok(Outcome::Done);
    }
    let title = orders::invoice(state, &order).await?;
    let remark = format!("订单号 {}", order.number);
    let wanted = FapiaoOrder {
        transaction_id,
        fapiao_id: &one.fapiao_id,
        buyer_name: &title.buyer_name,
        taxpayer_id: &title.taxpayer_id,
        remark: &remark,
        lines: lines(state, &order, Fen(one.amount))?,
    };
    let client = &state.providers.wechat_pay;
    if let Err(error) = client.issue_fapiao(&wanted).await {
        // A refusal may only say that another try was faster: how it stands decides.
        return match client.fapiao(transaction_id, &one.fapiao_id).await {
            Ok(Some(told)) => issued(state, one, &told).await,
            _ => wait_or_fail(state, one, &error).await,
        };
    }
    moved(state, one, Action::Accept, |update| update).await?;
    Ok(Outcome::Later(Duration::seconds(5)))
}

/// The lines of the bill; when a part went back, one line for what is left.
fn lines<'a>(state: &'a State, order: &order_row::Model, amount: Fen) -> Result<Vec<FapiaoLine<'a>>, Error> {
    let set = &state.config.invoice;
    let line = |name: &'a str, quantity, amount| FapiaoLine {
        tax_code: &set.tax_code,
        name,
        quantity,
        amount,
        tax_rate: set.tax_rate,
    };
    if amount != Fen(order.total) {
        return Ok(vec![line(&set.goods_name, 1, amount)]);
    }
    let bought = orders::lines(order)?;
    Ok(bought.iter().map(|bought| line(bought.item.service(), bought.quantity, bought.amount)).collect())
}

/// Draws the consequence of what WeChat Pay says about one that is under way.
async fn issued(state: &State, one: &row::Model, told: &Fapiao) -> Result<Outcome, Error> {
    match told.state {
        FapiaoState::Accepted | FapiaoState::Pending(_) => {
            if one.status == Status::Asked {
                moved(state, one, Action::Accept, |update| update).await?;
            }
            Ok(again(state, one))
        }
        FapiaoState::Failed => {
            fail(state, one, "税务侧开票失败".into()).await?;
            Ok(Outcome::Done)
        }
        _ if told.total != Some(Fen(one.amount)) => {
            fail(state, one, "微信支付所开金额与订单不一致，请核对".into()).await?;
            Ok(Outcome::Done)
        }
        _ => {
            let number = told.blue.as_ref().map(|blue| format!("{}{}", blue.code, blue.number));
            let at = told.blue.as_ref().map_or_else(|| state.clock.now(), |blue| blue.at);
            moved(state, one, Action::Issue, |update| {
                update
                    .col_expr(row::Column::Number, Expr::value(number))
                    .col_expr(row::Column::IssuedAt, Expr::value(at))
                    .col_expr(row::Column::Trouble, Expr::value(None::<String>))
            })
            .await?;
            // Its file.
            Ok(Outcome::Later(Duration::zero()))
        }
    }
}

/// Fetches the PDF of an issued one, keeps it, and has it mailed; once.
async fn fetch(state: &State, one: &row::Model, transaction_id: &str, told: &Fapiao) -> Result<Outcome, Error> {
    if told.state == FapiaoState::Reversed {
        return reversed(state, one, transaction_id, told).await;
    }
    let file = match state.providers.wechat_pay.fapiao_file(transaction_id, told).await {
        Ok(file) => file,
        Err(error) => {
            tracing::warn!(error.cause = %error, "the file of an invoice waits");
            return Ok(again(state, one));
        }
    };
    let kept = papers::keep(state, one.order_id, "application/pdf", &Sha256::digest(&file), &file).await?;
    let order = order_row::Entity::find_by_id(one.order_id).one(&state.db.read).await?;
    let order = order.ok_or_else(|| Error::internal("an invoice without its order"))?;
    let email = orders::invoice(state, &order).await?.email;
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(now) = row::Entity::find_by_id(one.id).one(&*tx).await? else { return Ok(Outcome::Done) };
    if now.paper_id.is_none() {
        let paper_id = papers::record(&mut tx, kept).await?;
        row::Entity::update_many()
            .col_expr(row::Column::PaperId, Expr::value(paper_id))
            .filter(row::Column::Id.eq(one.id))
            .exec(&*tx)
            .await?;
        tx.say(crate::events::Event::new("invoice.keep", one.id, Some(one.account_id))).await?;
        if !email.is_empty() {
            mail::write(&mut tx, state, one.id, &email, Some(format!("issued:{}", one.id))).await?;
        }
    }
    settle(&mut tx, &order).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Asks for 冲红, or draws the consequence of how it stands.
async fn reversed(state: &State, one: &row::Model, transaction_id: &str, told: &Fapiao) -> Result<Outcome, Error> {
    let order = order_row::Entity::find_by_id(one.order_id).one(&state.db.read).await?;
    let order = order.ok_or_else(|| Error::internal("an invoice without its order"))?;
    match told.state {
        FapiaoState::Issued => {
            let left = kept(&state.db.read, &order).await?.map_or(Fen(0), |(_, kept)| kept);
            let why = if left.0 == 0 { Reversal::Returned } else { Reversal::Reduced };
            match state.providers.wechat_pay.reverse_fapiao(transaction_id, told, why).await {
                Ok(()) => Ok(Outcome::Later(Duration::seconds(5))),
                Err(error) => wait_or_fail(state, one, &error).await,
            }
        }
        // Asked for again by finance: WeChat Pay takes it five minutes after it has failed.
        FapiaoState::ReverseFailed if one.trouble.is_some() => {
            let asked = state.providers.wechat_pay.reverse_fapiao(transaction_id, told, Reversal::Reduced).await;
            if asked.is_ok() {
                moved_trouble(state, one.id).await?;
            }
            Ok(Outcome::Later(Duration::minutes(1)))
        }
        FapiaoState::ReverseFailed | FapiaoState::Failed => {
            fail(state, one, "税务侧冲红失败".into()).await?;
            Ok(Outcome::Done)
        }
        FapiaoState::Reversed => {
            let number = told.red.as_ref().map(|red| format!("{}{}", red.code, red.number));
            let at = told.red.as_ref().map_or_else(|| state.clock.now(), |red| red.at);
            redden(state, one.id, number, at).await?;
            Ok(Outcome::Done)
        }
        FapiaoState::Accepted | FapiaoState::Reversing | FapiaoState::Pending(_) => Ok(again(state, one)),
    }
}

/// The trouble is forgotten: whatever comes next is a new answer.
async fn moved_trouble(state: &State, id: Uuid) -> Result<(), Error> {
    row::Entity::update_many()
        .col_expr(row::Column::Trouble, Expr::value(None::<String>))
        .filter(row::Column::Id.eq(id))
        .exec(state.db.machinery())
        .await?;
    Ok(())
}

async fn redden(state: &State, id: Uuid, number: Option<String>, at: DateTimeUtc) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(one) = row::Entity::find_by_id(id).one(&*tx).await? else { return Ok(()) };
    redden_in(&mut tx, &one, number, at).await?;
    tx.commit().await
}

/// It is reversed; what is left of the sum gets another.
async fn redden_in(tx: &mut Tx, one: &row::Model, number: Option<String>, at: DateTimeUtc) -> Result<(), Error> {
    change::advance::<row::Entity>(tx, one, Action::Redden, |update| {
        update
            .col_expr(row::Column::RedNumber, Expr::value(number))
            .col_expr(row::Column::ReversedAt, Expr::value(at))
            .col_expr(row::Column::LiveOf, Expr::value(None::<Uuid>))
            .col_expr(row::Column::Trouble, Expr::value(None::<String>))
    })
    .await?;
    tx.enqueue(Job::now(ADJUST, one.order_id)).await
}

/// Moves it, unless somebody has moved it already.
async fn moved(
    state: &State,
    one: &row::Model,
    action: Action,
    set: impl FnOnce(sea_orm::UpdateMany<row::Entity>) -> sea_orm::UpdateMany<row::Entity>,
) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(now) = row::Entity::find_by_id(one.id).one(&*tx).await? else { return Ok(()) };
    if now.status != one.status {
        return Ok(());
    }
    change::advance::<row::Entity>(&mut tx, &now, action, set).await?;
    if action == Action::Issue {
        // Money may have gone back meanwhile.
        tx.enqueue(Job::now(ADJUST, now.order_id)).await?;
    }
    tx.commit().await
}

/// Finance sees it; the first failures are tried again without a person.
async fn fail(state: &State, one: &row::Model, why: String) -> Result<(), Error> {
    tracing::error!(invoice.id = %one.id, invoice.trouble = why, "an invoice has failed");
    let action = if one.status == Status::Reversing { Action::RefuseReversal } else { Action::Fail };
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(now) = row::Entity::find_by_id(one.id).one(&*tx).await? else { return Ok(()) };
    if now.status != one.status {
        return Ok(());
    }
    change::advance::<row::Entity>(&mut tx, &now, action, |update| {
        update.col_expr(row::Column::Trouble, Expr::value(why))
    })
    .await?;
    if now.attempt < BY_ITSELF && !now.by_hand {
        let at = tx.now + PAUSE;
        tx.enqueue(Job::at(RETRY, now.id, at).once(format!("{RETRY}@{}", now.id))).await?;
    }
    tx.commit().await
}

/// The job [`RETRY`]: as finance's *try again*, unless somebody was faster.
pub async fn retry(state: &State, id: Uuid) -> Outcome {
    match try_again(state, Actor::System, id).await {
        Ok(()) | Err(Error::Conflict(_)) => Outcome::Done,
        Err(error) => later(&error),
    }
}

/// Tries a failed one again: another number for what was not issued, the same for what was not reversed.
///
/// # Errors
/// [`Error::Conflict`] when it has not failed.
pub async fn try_again(state: &State, actor: Actor, id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(actor).await?;
    let one = row::Entity::find_by_id(id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    match one.status {
        Status::Failed => {
            let order = order_row::Entity::find_by_id(one.order_id).one(&*tx).await?.ok_or_else(Error::not_found)?;
            drop_one(&mut tx, &one).await?;
            settle(&mut tx, &order).await?;
        }
        Status::ReverseFailed => {
            change::advance::<row::Entity>(&mut tx, &one, Action::Reverse, |update| update).await?;
            tx.enqueue(Job::now(WORK, one.id)).await?;
        }
        _ => return Err(Error::conflict("not_failed", "该发票没有异常或已在处理中，请刷新页面查看")),
    }
    tx.commit().await
}

/// Finance has issued, or reversed, by hand what could not be done here, and says the number.
///
/// # Errors
/// [`Error::Invalid`] naming `number`; [`Error::Conflict`] when it has not failed.
pub async fn record(state: &State, actor: Actor, id: Uuid, number: &str) -> Result<(), Error> {
    let number = number.trim();
    if !(8..=20).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::invalid("number", "发票号码应为 8 至 20 位数字，请对照发票检查"));
    }
    let mut tx = state.db.begin(actor).await?;
    let one = row::Entity::find_by_id(id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    let now = tx.now;
    match one.status {
        Status::Failed => {
            change::advance::<row::Entity>(&mut tx, &one, Action::Issue, |update| {
                update
                    .col_expr(row::Column::Number, Expr::value(number))
                    .col_expr(row::Column::ByHand, Expr::value(true))
                    .col_expr(row::Column::IssuedAt, Expr::value(now))
                    .col_expr(row::Column::Trouble, Expr::value(None::<String>))
            })
            .await?;
            tx.enqueue(Job::now(ADJUST, one.order_id)).await?;
        }
        Status::ReverseFailed => redden_in(&mut tx, &one, Some(number.to_owned()), now).await?,
        _ => return Err(Error::conflict("not_failed", "该发票没有异常或已在处理中，请刷新页面查看")),
    }
    tx.commit().await
}

/// The job [`CONFIGURE`].
pub async fn configure(state: &State) -> Outcome {
    match state.providers.wechat_pay.tell_fapiao_address().await {
        Ok(()) => Outcome::Done,
        Err(error) if error.is_temporary() => Outcome::Retry(error.to_string()),
        // Without it invoices are asked for, which is enough.
        Err(error) => Outcome::GiveUp(error.to_string()),
    }
}

/// A verified notice says that something happened to an invoice of this payment: a reason to ask. `false`: not ours.
pub async fn noticed(state: &State, transaction_id: &str, notice_id: &str) -> Result<bool, Error> {
    let of = row::Entity::find().filter(row::Column::TransactionId.eq(transaction_id));
    let Some(one) = of.filter(row::Column::LiveOf.is_not_null()).one(&state.db.read).await? else { return Ok(false) };
    let mut tx = state.db.begin(Actor::System).await?;
    tx.enqueue(Job::now(WORK, one.id).once(format!("{WORK}@{notice_id}"))).await?;
    tx.commit().await?;
    Ok(true)
}

/// The invoices of an order, the newest first, with how the mails about each went.
pub async fn of_order(state: &State, order_id: Uuid) -> Result<Vec<(row::Model, Vec<invoice_mail::Model>)>, Error> {
    let of = row::Entity::find().filter(row::Column::OrderId.eq(order_id)).order_by_desc(row::Column::Id);
    let mut list = Vec::new();
    for one in of.all(&state.db.read).await? {
        let mails = invoice_mail::Entity::find()
            .filter(invoice_mail::Column::InvoiceId.eq(one.id))
            .order_by_desc(invoice_mail::Column::Id)
            .all(&state.db.read)
            .await?;
        list.push((one, mails));
    }
    Ok(list)
}

/// An invoice of the account's.
///
/// # Errors
/// [`Error::NotFound`], also for somebody else's.
pub async fn one(state: &State, account_id: Uuid, id: Uuid) -> Result<row::Model, Error> {
    let found = row::Entity::find_by_id(id).filter(row::Column::AccountId.eq(account_id));
    found.one(&state.db.read).await?.ok_or_else(Error::not_found)
}

/// The PDF.
///
/// # Errors
/// [`Error::NotFound`] when there is none (yet).
pub async fn file(state: &State, one: &row::Model) -> Result<Vec<u8>, Error> {
    let paper_id = one.paper_id.ok_or_else(Error::not_found)?;
    Ok(papers::content(state, one.order_id, paper_id).await?.1)
}

/// Those that finance must look at, oldest first.
pub async fn failed(state: &State) -> Result<Vec<row::Model>, Error> {
    let stuck = row::Column::Status.is_in([Status::Failed, Status::ReverseFailed]);
    Ok(row::Entity::find().filter(stuck).order_by_asc(row::Column::Id).all(&state.db.read).await?)
}

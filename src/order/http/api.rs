//! The API of 服务购买. Amounts are integers in fen; only the server computes them.

use crate::{
    account::http::{Done, done},
    catalogue,
    error::Error,
    order::{
        Because, Status, beijing,
        doable::Doable,
        entity::refund_row,
        flow::{self, Choice, InvoiceForm},
        list::{self, Listed},
        payment::{self, rail::Ready},
        price::{AUTHORISATIONS_MOST, Item, Line},
        refund,
        transfer::flow::Instructions,
    },
    state::State,
    who::{Auth, Who},
};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi, Tags,
    param::{Header, Path, Query},
    payload::Json,
};
use std::sync::Arc;
use uuid::Uuid;
use zhangzheng_kinds::Fen;

#[derive(Tags)]
enum Tag {
    /// 服务购买: catalogue, orders, payment.
    Order,
}

/// A region (地区) with its prices.
#[derive(Object)]
struct Region {
    code: String,
    name: String,
    /// 企业/单位手机证书（含电子印章）, a year, in fen.
    certificate_price: i64,
    /// 授权使用费, each, in fen.
    authorisation_price: i64,
}

/// A relying platform (项目类型) with its regions.
#[derive(Object)]
struct Platform {
    code: String,
    name: String,
    regions: Vec<Region>,
}

/// What can be chosen.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct Catalogue {
    platforms: Vec<Platform>,
    /// 项目类型 that the applicant came for.
    platform: Option<String>,
    /// 已购买: the certificate.
    bought: bool,
    /// An order with the certificate that is not finished yet: pay it, or cancel it.
    open_order: Option<Uuid>,
    /// The most authorisations in one order.
    authorisations_most: u32,
    /// 退款规则, as stated before payment.
    refund_rule: Vec<String>,
    /// 对公转账 is offered.
    transfer: bool,
}

#[derive(Object)]
struct OrderChoice {
    platform: String,
    region: String,
    /// 0 to 50.
    authorisations: u32,
}

impl From<OrderChoice> for Choice {
    fn from(asked: OrderChoice) -> Self {
        Self { platform: asked.platform, region: asked.region, authorisations: asked.authorisations }
    }
}

/// A line of a bill.
#[derive(Object)]
struct OrderLine {
    item: Item,
    name: String,
    /// In fen.
    unit_price: i64,
    quantity: u32,
    /// In fen.
    amount: i64,
}

impl From<&Line> for OrderLine {
    fn from(line: &Line) -> Self {
        Self {
            item: line.item,
            name: line.item.name().into(),
            unit_price: line.unit_price.0,
            quantity: line.quantity,
            amount: line.amount.0,
        }
    }
}

/// What a choice costs now.
#[derive(Object)]
struct OrderQuote {
    lines: Vec<OrderLine>,
    /// In fen.
    total: i64,
    bought: bool,
}

/// 发票信息.
#[derive(Object)]
struct OrderInvoice {
    /// 发票抬头
    buyer_name: String,
    /// 电子邮箱
    email: String,
    /// 纳税识别号
    taxpayer_id: String,
}

/// An order (订单).
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct OrderView {
    id: Uuid,
    /// 订单号
    number: String,
    /// 服务名称
    services: String,
    /// 项目类型
    platform: String,
    /// 地区
    region: String,
    lines: Vec<OrderLine>,
    /// 金额, in fen.
    total: i64,
    status: Status,
    /// 状态
    status_label: String,
    because: Option<Because>,
    /// 操作
    actions: Vec<Doable>,
    /// 可退金额, in fen, when the person who looks may ask for it now.
    refundable: Option<i64>,
    /// The whole order ends with it; otherwise its certificate stays.
    refund_is_whole: bool,
    refunds: Vec<OrderRefund>,
    /// 对公转账 is offered.
    may_transfer: bool,
    /// 发票类型
    invoice_type: String,
    /// As confirmed; before that, what is proposed.
    invoice: OrderInvoice,
    /// The title and the taxpayer's number are the company's own: only the e-mail address can be changed.
    title_locked: bool,
    /// The templates of 订阅消息 to ask for as the order is placed.
    ask_to_tell: Vec<String>,
    created_at: chrono::DateTime<chrono::Utc>,
    /// The last moment to pay.
    expires_at: chrono::DateTime<chrono::Utc>,
    paid_at: Option<chrono::DateTime<chrono::Utc>>,
    /// 授权有效期自购买之日起计算: the day on which what was bought ends, Beijing time.
    valid_until: Option<String>,
}

/// Parameters of `wx.requestPayment`, by its names.
#[derive(Object)]
#[oai(rename_all = "camelCase")]
struct RequestPayment {
    time_stamp: String,
    nonce_str: String,
    package: String,
    sign_type: String,
    pay_sign: String,
}

#[derive(Object)]
struct PayRequest {
    channel: payment::Channel,
}

/// What the payer needs now. Whatever the phone says afterwards, only the server knows whether it is paid: ask `check`.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct PayAnswer {
    /// It is paid already.
    paid: bool,
    /// For `native`: what the QR code says.
    code_url: Option<String>,
    /// For `mini_program`.
    request_payment: Option<RequestPayment>,
    /// For `bank_transfer`.
    transfer: Option<TransferInstructions>,
}

/// What a person is told of an order, as far as WeChat has templates for it: three at most may be asked for at once.
fn templates(state: &State) -> Vec<String> {
    let names = ["order_expiring", "invoice_issued", "order_refunded"].into_iter();
    names.filter_map(|name| state.providers.wechat.template(name)).map(str::to_owned).collect()
}

/// 对公转账: where to transfer what, and the words to write beside it.
#[derive(Object)]
struct TransferInstructions {
    /// 收款户名
    payee: String,
    /// 开户银行
    bank: String,
    /// 收款帐号
    account: String,
    /// In fen: exactly this sum.
    amount: i64,
    /// 附言
    code: String,
    /// The transfer must have come by then.
    until: chrono::DateTime<chrono::Utc>,
}

impl From<Instructions> for TransferInstructions {
    fn from(to: Instructions) -> Self {
        let Instructions { payee, bank, account, amount, code, until } = to;
        Self { payee, bank, account, amount: amount.0, code, until }
    }
}

/// Money of an order that goes back.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct OrderRefund {
    /// In fen.
    amount: i64,
    cause: refund::Cause,
    status: refund::Status,
    status_label: String,
    created_at: chrono::DateTime<chrono::Utc>,
    done_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl From<&refund_row::Model> for OrderRefund {
    fn from(row: &refund_row::Model) -> Self {
        Self {
            amount: row.amount,
            cause: row.cause,
            status: row.status,
            status_label: row.status.label().into(),
            created_at: row.created_at,
            done_at: row.done_at,
        }
    }
}

/// 申请退款.
#[derive(Object)]
struct RefundRequest {
    /// The sum that the person has seen, in fen: another one is refused.
    amount: i64,
}

async fn view(state: &State, listed: Listed) -> Result<OrderView, Error> {
    let order = &listed.order;
    let lines = flow::lines(order)?;
    let invoice = flow::invoice(state, order).await?;
    let until = order.paid_at.filter(|_| order.status == Status::Paid).map(|at| at + crate::order::SERVICE_LIFE);
    Ok(OrderView {
        id: order.id,
        services: listed.services()?,
        lines: lines.iter().map(OrderLine::from).collect(),
        total: order.total,
        status: order.status,
        status_label: listed.state(),
        because: order.because,
        refundable: listed.back.map(|back| back.amount.0),
        refund_is_whole: listed.back.is_some_and(|back| back.whole),
        refunds: listed.refunds.iter().map(OrderRefund::from).collect(),
        title_locked: state.config.invoice.title_locked && !invoice.buyer_name.is_empty(),
        ask_to_tell: templates(state),
        may_transfer: state.config.order.transfer.is_offered(),
        invoice_type: "电子发票".into(),
        invoice: OrderInvoice {
            buyer_name: invoice.buyer_name,
            email: invoice.email,
            taxpayer_id: invoice.taxpayer_id,
        },
        created_at: order.created_at,
        expires_at: order.expires_at,
        paid_at: order.paid_at,
        valid_until: until.map(|at| beijing(at).format("%Y-%m-%d").to_string()),
        number: order.number.clone(),
        platform: order.platform_name.clone(),
        region: order.region_name.clone(),
        actions: listed.actions,
    })
}

async fn view_of(state: &State, who: &Who, id: Uuid) -> Result<Json<OrderView>, Error> {
    Ok(Json(view(state, list::one(state, who, id).await?).await?))
}

/// 服务购买.
pub struct Api;

#[OpenApi(prefix_path = "/api", tag = "Tag::Order")]
impl Api {
    /// What can be bought, where, at what price.
    #[oai(path = "/catalogue", method = "get", operation_id = "get_catalogue")]
    async fn catalogue(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<Catalogue>, Error> {
        let held = flow::certificate_order(&state, who.account_id).await?;
        let bought = held.as_ref().is_some_and(|order| order.status == Status::Paid);
        let mut platforms = Vec::new();
        for platform in catalogue::flow::platforms(&state).await? {
            let regions = catalogue::flow::regions(&state, &platform.code).await?.into_iter().map(|region| Region {
                code: region.code,
                name: region.name,
                certificate_price: region.certificate_price,
                authorisation_price: region.authorisation_price,
            });
            platforms.push(Platform { regions: regions.collect(), code: platform.code, name: platform.name });
        }
        Ok(Json(Catalogue {
            platforms,
            platform: flow::came_for(&state, &who).await?,
            bought,
            open_order: held.filter(|_| !bought).map(|order| order.id),
            authorisations_most: AUTHORISATIONS_MOST,
            refund_rule: refund::policy::WORDS.map(str::to_owned).to_vec(),
            transfer: state.config.order.transfer.is_offered(),
        }))
    }

    /// What a choice costs now.
    #[oai(path = "/orders/quote", method = "post", operation_id = "quote_order")]
    async fn quote(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        body: Json<OrderChoice>,
    ) -> Result<Json<OrderQuote>, Error> {
        let quote = flow::quote(&state, who.account_id, &body.0.into()).await?;
        let lines = quote.priced.lines().iter().map(OrderLine::from).collect();
        Ok(Json(OrderQuote { lines, total: quote.priced.total().0, bought: quote.bought }))
    }

    /// 确认购买. With the header `Idempotency-Key`, asking again gives the same order.
    #[oai(path = "/orders", method = "post", operation_id = "place_order")]
    async fn place(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
        body: Json<OrderChoice>,
    ) -> Result<Json<OrderView>, Error> {
        let order = flow::place(&state, &who, &body.0.into(), key.0.as_deref()).await?;
        view_of(&state, &who, order.id).await
    }

    /// 订单管理, the newest first, twenty at a time; `before` is the last one of the page before.
    #[oai(path = "/orders", method = "get", operation_id = "list_orders")]
    async fn list(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        before: Query<Option<Uuid>>,
    ) -> Result<Json<Vec<OrderView>>, Error> {
        let (page, _) = list::page(&state, &who, before.0).await?;
        let mut views = Vec::with_capacity(page.len());
        for listed in page {
            views.push(view(&state, listed).await?);
        }
        Ok(Json(views))
    }

    /// One order.
    #[oai(path = "/orders/:id", method = "get", operation_id = "get_order")]
    async fn one(&self, state: Data<&Arc<State>>, who: Auth, id: Path<Uuid>) -> Result<Json<OrderView>, Error> {
        view_of(&state, &who, id.0).await
    }

    /// 确认发票信息; the order can be paid then.
    #[oai(path = "/orders/:id/invoice", method = "post", operation_id = "confirm_order_invoice")]
    async fn invoice(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        id: Path<Uuid>,
        body: Json<OrderInvoice>,
    ) -> Result<Json<OrderView>, Error> {
        let OrderInvoice { buyer_name, email, taxpayer_id } = body.0;
        flow::confirm_invoice(&state, &who, id.0, &InvoiceForm { buyer_name, email, taxpayer_id }).await?;
        view_of(&state, &who, id.0).await
    }

    /// 支付: gives what the payer needs. Asking again, or through the other channel, never makes anybody pay twice.
    #[oai(path = "/orders/:id/pay", method = "post", operation_id = "pay_order")]
    async fn pay(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        id: Path<Uuid>,
        body: Json<PayRequest>,
    ) -> Result<Json<PayAnswer>, Error> {
        let ready = match body.channel {
            payment::Channel::Native => payment::flow::by_code(&state, &who, id.0).await?,
            payment::Channel::MiniProgram => payment::flow::in_app(&state, &who, id.0).await?,
            payment::Channel::BankTransfer => payment::flow::by_transfer(&state, &who, id.0).await?,
        };
        let nothing = PayAnswer { paid: false, code_url: None, request_payment: None, transfer: None };
        Ok(Json(match ready {
            Ready::Paid => PayAnswer { paid: true, ..nothing },
            Ready::Code(code) => PayAnswer { code_url: Some(code), ..nothing },
            Ready::Transfer(to) => PayAnswer { transfer: Some(to.into()), ..nothing },
            Ready::InApp(request) => PayAnswer {
                request_payment: Some(RequestPayment {
                    time_stamp: request.time_stamp,
                    nonce_str: request.nonce_str,
                    package: request.package,
                    sign_type: request.sign_type,
                    pay_sign: request.pay_sign,
                }),
                ..nothing
            },
        }))
    }

    /// Asks WeChat Pay now whether it is paid.
    #[oai(path = "/orders/:id/check", method = "post", operation_id = "check_order")]
    async fn check(&self, state: Data<&Arc<State>>, who: Auth, id: Path<Uuid>) -> Result<Json<OrderView>, Error> {
        payment::flow::check(&state, &who, id.0).await?;
        view_of(&state, &who, id.0).await
    }

    /// 取消订单, before it is paid.
    #[oai(path = "/orders/:id/cancel", method = "post", operation_id = "cancel_order")]
    async fn cancel(&self, state: Data<&Arc<State>>, who: Auth, id: Path<Uuid>) -> Result<Json<Done>, Error> {
        flow::cancel(&state, &who, id.0).await?;
        Ok(done())
    }

    /// 申请退款 by whoever has placed the order: what the rule gives, as shown.
    #[oai(path = "/orders/:id/refund", method = "post", operation_id = "refund_order")]
    async fn refund(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        id: Path<Uuid>,
        body: Json<RefundRequest>,
    ) -> Result<Json<OrderView>, Error> {
        refund::flow::ask(&state, &who, id.0, Fen(body.amount)).await?;
        view_of(&state, &who, id.0).await
    }
}

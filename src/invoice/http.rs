//! How people come to their invoices: 查看发票 on the desktop, the same for the phone, and WeChat Pay's notices.

use super::{
    Status, flow, mail,
    view::{self, View},
};
use crate::{
    account::http::{Done, done},
    error::{Error, Problem},
    journey::Step,
    order::{self, entity::order as order_row, http::notify},
    page::{self, Frame},
    state::State,
    who::{Auth, Posted, Who},
};
use askama::Template;
use poem::{
    Body, Request, Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Path as Segments},
};
use poem_openapi::{
    Object, OpenApi, Tags,
    param::Path,
    payload::{Attachment, AttachmentType, Json},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;
use zhangzheng_providers::wechat_pay::Notice;

/// Adds the pages and the door for notices.
pub fn routes(route: Route) -> Route {
    route
        .at("/enrol/order/:id/invoices", get(list))
        .at("/enrol/order/:id/invoices/:invoice_id/send", post(send))
        .at("/enrol/order/:id/invoices/:invoice_id/file", get(download))
        .at("/notify/wechat-pay/fapiao", post(told))
}

#[derive(Template)]
#[template(path = "invoice/list.html", config = "config/askama.toml")]
struct ListPage<'a> {
    frame: Frame,
    order: order_row::Model,
    invoices: Vec<View>,
    problem: Option<&'a Problem>,
}

async fn show(state: &State, who: &Who, order_id: Uuid, problem: Option<&Problem>) -> Result<Response, Error> {
    let mut frame = Frame::step(state, who, Step::Order).await?;
    frame.title = "查看发票".into();
    let order = order::flow::one(state, who.account_id, order_id).await?;
    let invoices = view::of_order(state, order_id).await?;
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &ListPage { frame, order, invoices, problem })
}

#[handler]
async fn list(state: Data<&Arc<State>>, who: Who, Segments(id): Segments<Uuid>) -> Result<Response, Error> {
    show(&state, &who, id, None).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SendForm {
    email: String,
}

/// 重新发送.
#[handler]
async fn send(
    state: Data<&Arc<State>>,
    who: Who,
    Segments((id, invoice_id)): Segments<(Uuid, Uuid)>,
    Posted(form): Posted<SendForm>,
) -> Result<Response, Error> {
    match mail::again(&state, &who, invoice_id, &form.email).await {
        Ok(()) => Ok(page::see_other(&format!("/enrol/order/{id}/invoices"))),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_) | Error::TooMany(_))) => {
            show(&state, &who, id, Some(error.problem())).await
        }
        Err(error) => Err(error),
    }
}

/// 下载.
#[handler]
async fn download(
    state: Data<&Arc<State>>,
    who: Who,
    Segments((id, invoice_id)): Segments<(Uuid, Uuid)>,
) -> Result<Response, Error> {
    let one = flow::one(&state, who.account_id, invoice_id).await?;
    if one.order_id != id {
        return Err(Error::not_found());
    }
    let name = format!("attachment; filename=\"fapiao-{}.pdf\"", one.number.as_deref().unwrap_or("invoice"));
    Ok(Response::builder()
        .content_type("application/pdf")
        .header("content-disposition", name)
        .header("cache-control", "private, no-store")
        .body(flow::file(&state, &one).await?))
}

/// WeChat Pay says that something happened to an invoice: verified, written down as a job, answered. The job asks.
#[handler]
async fn told(state: Data<&Arc<State>>, request: &Request, body: Body) -> Response {
    let verified = match notify::verified(&state, request.headers(), body).await {
        Ok(verified) => verified,
        Err(refused) => return refused,
    };
    let Notice::Fapiao(transaction_id) = &verified.notice else { return notify::answer(StatusCode::NO_CONTENT) };
    match flow::noticed(&state, transaction_id, &verified.id).await {
        Ok(known) => {
            if !known {
                tracing::warn!(notice.id = verified.id, "a notice about an invoice that is not ours");
            }
            notify::answer(StatusCode::NO_CONTENT)
        }
        Err(_) => notify::answer(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

#[derive(Tags)]
enum Tag {
    /// 发票: the invoices of an order.
    Invoice,
}

/// An invoice (电子发票) of an order.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct InvoiceView {
    id: Uuid,
    status: Status,
    /// 状态
    status_label: String,
    /// 价税合计, in fen.
    amount: i64,
    /// 发票号码
    number: Option<String>,
    /// 开票日期, Beijing time.
    day: Option<String>,
    /// There is a PDF to look at.
    file: bool,
    /// It may be mailed again.
    may_send: bool,
    /// Where it was mailed last, shortened.
    sent_to: Option<String>,
    /// The last mail was refused by the server of that address.
    undelivered: bool,
}

impl From<View> for InvoiceView {
    fn from(view: View) -> Self {
        Self {
            id: view.row.id,
            status: view.row.status,
            status_label: view.row.status.label().into(),
            amount: view.row.amount,
            day: view.day(),
            file: view.has_file(),
            may_send: view.may_send(),
            number: view.row.number,
            sent_to: view.sent_to,
            undelivered: view.undelivered,
        }
    }
}

/// To another address than the order's; empty: the order's.
#[derive(Object)]
struct InvoiceSend {
    email: String,
}

/// 发票.
pub struct Api;

#[OpenApi(prefix_path = "/api", tag = "Tag::Invoice")]
impl Api {
    /// 查看发票: the newest first.
    #[oai(path = "/orders/:id/invoices", method = "get", operation_id = "list_invoices")]
    async fn list(&self, state: Data<&Arc<State>>, who: Auth, id: Path<Uuid>) -> Result<Json<Vec<InvoiceView>>, Error> {
        order::flow::one(&state, who.account_id, id.0).await?;
        Ok(Json(view::of_order(&state, id.0).await?.into_iter().map(InvoiceView::from).collect()))
    }

    /// 重新发送 by mail; a few times a day.
    #[oai(path = "/invoices/:id/send", method = "post", operation_id = "send_invoice")]
    async fn send(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        id: Path<Uuid>,
        body: Json<InvoiceSend>,
    ) -> Result<Json<Done>, Error> {
        mail::again(&state, &who, id.0, &body.email).await?;
        Ok(done())
    }

    /// The PDF.
    #[oai(path = "/invoices/:id/file", method = "get", operation_id = "get_invoice_file")]
    async fn file(&self, state: Data<&Arc<State>>, who: Auth, id: Path<Uuid>) -> Result<Attachment<Vec<u8>>, Error> {
        let one = flow::one(&state, who.account_id, id.0).await?;
        let name = format!("fapiao-{}.pdf", one.number.as_deref().unwrap_or("invoice"));
        Ok(Attachment::new(flow::file(&state, &one).await?).attachment_type(AttachmentType::Inline).filename(name))
    }
}

//! 支付与退款通知: WeChat Pay says that something happened. Verified, then written down as a job, then answered: within
//! milliseconds, whatever else is slow. What a notice says is never believed; the job asks.

use crate::{
    error::Error,
    order::{payment, refund},
    state::State,
};
use poem::{
    Body, Request, Response, Route, handler,
    http::{HeaderMap, StatusCode},
    post,
    web::Data,
};
use std::sync::Arc;
use zhangzheng_providers::{
    Error as Doubt,
    wechat_pay::{Notice, VerifiedNotice},
};

/// A notice is a few kilobytes; more is not one.
const LARGEST: usize = 64 * 1024;

/// Longer than this nobody is kept waiting.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(4);

pub(super) fn routes(route: Route) -> Route {
    route.at("/notify/wechat-pay", post(take)).at("/notify/wechat-pay/refund", post(take))
}

#[handler]
async fn take(state: Data<&Arc<State>>, request: &Request, body: Body) -> Response {
    // WeChat Pay waits five seconds; what is slow is given up in time, and comes again.
    match tokio::time::timeout(PATIENCE, heard(&state, request.headers(), body)).await {
        Ok(answer) => answer,
        Err(_) => {
            tracing::warn!("a notice could not be written down in time");
            answer(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn heard(state: &State, headers: &HeaderMap, body: Body) -> Response {
    let notice = match verified(state, headers, body).await {
        Ok(notice) => notice,
        Err(refused) => return refused,
    };
    match believed(state, &notice).await {
        Ok(status) => answer(status),
        Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A notice that WeChat Pay has signed; or the answer for one that it has not.
pub(crate) async fn verified(state: &State, headers: &HeaderMap, body: Body) -> Result<VerifiedNotice, Response> {
    let body = body.into_bytes_limit(LARGEST).await.map_err(|_| answer(StatusCode::PAYLOAD_TOO_LARGE))?;
    state.providers.wechat_pay.verify_notice(headers, &body).await.map_err(|doubt| {
        tracing::warn!(notice.doubt = doubt.outcome(), error.cause = %doubt, "a notice is refused");
        answer(match doubt {
            Doubt::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        })
    })
}

async fn believed(state: &State, verified: &VerifiedNotice) -> Result<StatusCode, Error> {
    if !state.providers.wechat_pay.owns(verified) {
        tracing::error!(notice.id = verified.id, "a notice for another merchant or mini-program");
        return Ok(StatusCode::BAD_REQUEST);
    }
    let known = match &verified.notice {
        Notice::Payment(transaction) => payment::flow::noticed(state, &transaction.out_trade_no, &verified.id).await?,
        Notice::Refund(told) => refund::flow::noticed(state, &told.out_refund_no, &verified.id).await?,
        Notice::Fapiao(_) | Notice::Other(_) => true,
    };
    if !known {
        tracing::error!(notice.id = verified.id, "a notice about a number that is not ours");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The status decides; the body is for people who read traffic.
pub(crate) fn answer(status: StatusCode) -> Response {
    let answer = Response::builder().status(status);
    if status.is_success() {
        return answer.finish();
    }
    answer.content_type("application/json").body(r#"{"code":"FAIL","message":"失败"}"#)
}

//! The rail of WeChat Pay: our tries in its words. It is asked outside transactions, always under our own number.

use super::{
    Ours, Told,
    rail::{Closing, Offered, Payer, Ready, Stands},
    told,
};
use crate::{error::Error, order::entity::payment_row as row, state::State};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::{
    self as providers,
    wechat_pay::{self, Order, Prepaid},
};

/// A code or sheet. The same number with the same particulars is the same request.
pub(super) async fn offer(state: &State, payment: &row::Model, payer: &Payer, number: &str) -> Result<Offered, Error> {
    let now = state.clock.now();
    if let (Payer::Native, Some(code), Some(until)) = (payer, &payment.code_url, payment.code_until)
        && until > now
    {
        return Ok(Offered::Ready(Ready::Code(code.clone())));
    }
    let description = format!("企业手机证书服务 {number}");
    let wanted = Order {
        out_trade_no: &payment.out_trade_no,
        description: &description,
        total: Fen(payment.amount),
        expires: payment.expires_at,
    };
    let client = &state.providers.wechat_pay;
    let prepaid = match payer {
        Payer::MiniProgram { openid, .. } => {
            client.prepay_in_app(&wanted, openid).await.map(|sheet| in_ours(sheet, Ready::InApp))
        }
        _ => client.prepay_by_code(&wanted).await.map(|code| in_ours(code, Ready::Code)),
    };
    match prepaid {
        Err(error @ providers::Error::Refused { .. }) => refused(state, payment, error).await,
        prepaid => prepaid.map_err(trouble),
    }
}

fn in_ours<T>(prepaid: Prepaid<T>, ready: impl FnOnce(T) -> Ready) -> Offered {
    match prepaid {
        Prepaid::Ready(what) => Offered::Ready(ready(what)),
        Prepaid::AlreadyPaid => Offered::AlreadyPaid,
        Prepaid::Closed => Offered::Closed,
        Prepaid::Different => Offered::Different,
    }
}

/// A no of another kind: the query alone says whether money came under this number before.
async fn refused(state: &State, payment: &row::Model, error: providers::Error) -> Result<Offered, Error> {
    let known = state.providers.wechat_pay.query(&payment.out_trade_no).await.map_err(trouble)?;
    match known.map(|transaction| transaction.state) {
        Some(state) if state.was_paid() => Ok(Offered::AlreadyPaid),
        Some(wechat_pay::TradeState::Closed) => Ok(Offered::Closed),
        _ => Err(trouble(error)),
    }
}

/// The truth about a number.
pub(super) async fn ask(state: &State, payment: &row::Model) -> Result<Option<Stands>, Error> {
    let known = state.providers.wechat_pay.query(&payment.out_trade_no).await.map_err(trouble)?;
    let pay = &state.config.providers.wechat_pay;
    let ours =
        Ours { appid: &pay.appid, mchid: &pay.mchid, out_trade_no: &payment.out_trade_no, amount: Fen(payment.amount) };
    Ok(known.map(|transaction| Stands {
        told: told(&transaction, ours),
        transaction_id: transaction.transaction_id,
        paid_at: transaction.paid_at,
    }))
}

/// Closes at WeChat Pay. After a no of any kind, the query decides: what was paid is paid, what is open stays open here.
pub(super) async fn close(state: &State, payment: &row::Model) -> Result<Closing, Error> {
    match state.providers.wechat_pay.close(&payment.out_trade_no).await {
        Ok(wechat_pay::Closing::Closed | wechat_pay::Closing::Unknown) => Ok(Closing::Closed),
        Ok(wechat_pay::Closing::AlreadyPaid) => Ok(Closing::AlreadyPaid),
        Err(error @ providers::Error::Refused { .. }) => match ask(state, payment).await?.map(|stands| stands.told) {
            Some(Told::Paid | Told::Wrong(_)) => Ok(Closing::AlreadyPaid),
            Some(Told::Closed) => Ok(Closing::Closed),
            Some(Told::Pending) | None => Err(trouble(error)),
        },
        Err(error) => Err(trouble(error)),
    }
}

/// What the person in front of the page reads; nothing has been taken twice, whatever it was.
pub(super) fn trouble(error: providers::Error) -> Error {
    if error.is_temporary() {
        Error::unavailable("微信支付暂时没有回应，请稍后再试；不会重复扣款", error)
    } else {
        tracing::error!(error.cause = %error, "WeChat Pay refuses");
        Error::unavailable("暂时无法发起支付，请稍后再试或联系客服", error)
    }
}

//! How the phone asks: look at a ticket, confirm it, refuse it.

use super::{Purpose, flow};
use crate::{
    account::http::{Done, Me, done, me},
    error::Error,
    state::State,
    who::Machine,
};
use poem::{Request, web::Data};
use poem_openapi::{Object, OpenApi, Tags, payload::Json};
use std::sync::Arc;

#[derive(Tags)]
enum Tag {
    /// 扫码接力: from desktop to phone.
    Handoff,
}

#[derive(Object)]
struct TicketRequest {
    /// What the QR code's link ends with.
    ticket: String,
    /// A fresh code of `wx.login`.
    code: String,
}

/// What is being asked, and by which machine.
#[derive(Object)]
struct HandoffLook {
    purpose: Purpose,
    account_name: String,
    browser: String,
    system: String,
    place: String,
    expires_at: chrono::DateTime<chrono::Utc>,
}

/// The phone is signed in as the member whose desktop asked.
#[derive(Object)]
struct HandoffConfirmed {
    token: String,
    me: Me,
    purpose: Purpose,
}

/// 扫码接力.
pub struct Api;

#[OpenApi(prefix_path = "/api/handoffs", tag = "Tag::Handoff")]
impl Api {
    /// Opens a ticket: the desktop shows 已扫描; only this WeChat user can go on.
    #[oai(path = "/look", method = "post", operation_id = "look_at_handoff")]
    async fn look(&self, state: Data<&Arc<State>>, body: Json<TicketRequest>) -> Result<Json<HandoffLook>, Error> {
        let look = flow::look(&state, &body.ticket, &body.code).await?;
        Ok(Json(HandoffLook {
            purpose: look.row.purpose,
            account_name: look.account_name,
            browser: look.row.browser,
            system: look.row.system,
            place: look.row.place,
            expires_at: look.row.expires_at,
        }))
    }

    /// Confirms: binds this WeChat to the member and signs the phone in.
    #[oai(path = "/confirm", method = "post", operation_id = "confirm_handoff")]
    async fn confirm(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<TicketRequest>,
    ) -> Result<Json<HandoffConfirmed>, Error> {
        let machine = Machine::of(request, state.config.http.trust_forwarded);
        let (token, who, purpose) = flow::confirm(&state, &machine, &body.ticket, &body.code).await?;
        Ok(Json(HandoffConfirmed { token, me: me(&state, &who).await?, purpose }))
    }

    /// Refuses: the desktop is told.
    #[oai(path = "/refuse", method = "post", operation_id = "refuse_handoff")]
    async fn refuse(&self, state: Data<&Arc<State>>, body: Json<TicketRequest>) -> Result<Json<Done>, Error> {
        flow::refuse(&state, &body.ticket, &body.code).await?;
        Ok(done())
    }
}

//! The QR code on the desktop, as a part of any page: shown, scanned, confirmed, refused, expired.

use super::{Purpose, Status, flow};
use crate::{
    error::Error,
    page,
    state::State,
    who::{Machine, Who},
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Adds the part and the page that a browser other than WeChat's sees behind the link.
pub fn routes(route: Route) -> Route {
    route.at("/parts/handoff/:purpose", get(part)).at("/h/:ticket", get(not_wechat)).at("/h/i/:ticket", get(not_wechat))
}

/// The QR code and where it stands.
#[derive(Template)]
#[template(path = "handoff/code.html", config = "config/askama.toml")]
struct CodePart {
    id: Uuid,
    purpose: Purpose,
    /// None once it has been scanned.
    svg: Option<String>,
    link: String,
    status: Status,
    /// Seconds until the page should ask for a fresh one.
    fresh_in: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PartQuery {
    id: Option<Uuid>,
}

/// The current ticket of the page, or a fresh one when there is none or it has run out.
#[handler]
async fn part(
    state: Data<&Arc<State>>,
    who: Who,
    machine: Machine,
    Path(purpose): Path<String>,
    Query(query): Query<PartQuery>,
) -> Result<Response, Error> {
    let purpose = Purpose::by_word(&purpose).ok_or_else(Error::not_found)?;
    let now = state.clock.now();
    if let Some(id) = query.id
        && let Some(row) = flow::of_session(&state, &who, id).await?
        && row.status != Status::Shown
        && row.expires_at > now
    {
        let fresh_in = (row.expires_at - now).num_seconds().max(1);
        let part = CodePart { id, purpose, svg: None, link: String::new(), status: row.status, fresh_in };
        return page::html(&part);
    }
    let shown = flow::show(&state, &who, &machine, purpose).await?;
    let fresh_in = ((shown.expires_at - now).num_seconds() - 10).max(5);
    let svg = Some(page::qr_svg(&shown.link)?);
    page::html(&CodePart { id: shown.id, purpose, svg, link: shown.link, status: Status::Shown, fresh_in })
}

#[derive(Template)]
#[template(path = "handoff/not_wechat.html", config = "config/askama.toml")]
struct NotWechat {
    frame: page::Frame,
}

/// WeChat opens this address in the mini-program; another browser is told to use WeChat.
#[handler]
async fn not_wechat(state: Data<&Arc<State>>) -> Result<Response, Error> {
    page::html(&NotWechat { frame: page::Frame::bare(&state, "请使用微信扫描") })
}

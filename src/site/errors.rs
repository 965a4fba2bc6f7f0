//! An error as a page: the same calm sentence, for people.

use crate::{page::Frame, state::State};
use askama::Template;
use poem::{Response, http::StatusCode};

#[derive(Template)]
#[template(path = "site/error.html", config = "config/askama.toml")]
struct ErrorPage {
    frame: Frame,
    detail: String,
    request_id: String,
}

/// The page, with the status it belongs to.
pub fn page(state: &State, status: StatusCode, detail: &str, request_id: &str) -> Response {
    let title = match status.as_u16() {
        404 => "没有找到",
        403 => "不能进行此操作",
        429 => "请稍后再试",
        500.. => "系统繁忙",
        _ => "请检查后重试",
    };
    let page = ErrorPage {
        frame: Frame::bare(state, title),
        detail: detail.to_owned(),
        request_id: request_id.to_owned(),
    };
    let text = page.render().unwrap_or_else(|_| detail.to_owned());
    Response::builder().status(status).content_type("text/html; charset=utf-8").body(text)
}

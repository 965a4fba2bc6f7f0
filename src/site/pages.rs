//! Home, agreements, notices, the overview of the journey.

use super::{assets, live, notices};
use crate::{
    agreements::Text,
    catalogue,
    error::Error,
    page::{self, Frame},
    state::State,
    who::{MaybeWho, Who},
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    web::{Data, Path, cookie::CookieJar},
};
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/", get(home))
        .at("/enrol", get(enrol))
        .at("/agreements/:id", get(agreement))
        .at("/notices", get(notice_list))
        .at("/notices/:id", get(notice_page))
        .at("/live", get(live::stream))
        .at("/live/seen", get(live::seen))
        .at("/static/:version/:name", get(assets::static_file))
        .at("/:file", get(verification_file))
}

#[derive(Template)]
#[template(path = "site/home.html", config = "config/askama.toml")]
struct Home {
    frame: Frame,
    platforms: Vec<catalogue::Platform>,
    notices: Vec<notices::entity::Model>,
}

#[handler]
async fn home(state: Data<&Arc<State>>, who: MaybeWho, jar: &CookieJar) -> Result<Response, Error> {
    page::html(&Home {
        frame: Frame::open(&state, &who, jar, "首页").await?,
        platforms: catalogue::flow::platforms(&state).await?,
        notices: notices::list(&state, 5).await?,
    })
}

#[derive(Template)]
#[template(path = "site/enrol.html", config = "config/askama.toml")]
struct Enrol {
    frame: Frame,
}

/// 手机证书办理: the five steps at one look.
#[handler]
async fn enrol(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    let mut frame = Frame::signed_in(&state, &who, "手机证书办理").await?;
    frame.journey = Some((state.journey)(&state, &who).await?);
    page::html(&Enrol { frame })
}

#[derive(Template)]
#[template(path = "site/text.html", config = "config/askama.toml")]
struct TextPage {
    frame: Frame,
    /// A line under the title.
    line: String,
    html: String,
}

#[handler]
async fn agreement(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let text = Text::by_id(&id).ok_or_else(Error::not_found)?;
    page::html(&TextPage {
        frame: Frame::open(&state, &who, jar, text.title()).await?,
        line: format!("版本 {}", text.version()),
        html: text.html(&state.config.service),
    })
}

#[derive(Template)]
#[template(path = "site/notices.html", config = "config/askama.toml")]
struct Notices {
    frame: Frame,
    notices: Vec<notices::entity::Model>,
}

#[handler]
async fn notice_list(state: Data<&Arc<State>>, who: MaybeWho, jar: &CookieJar) -> Result<Response, Error> {
    let frame = Frame::open(&state, &who, jar, "通知中心").await?;
    page::html(&Notices { frame, notices: notices::list(&state, 100).await? })
}

#[handler]
async fn notice_page(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    Path(id): Path<Uuid>,
) -> Result<Response, Error> {
    let notice = notices::one(&state, id).await?;
    let mut html = String::new();
    // Staff write text, not markup: raw HTML in a notice is shown as it was typed.
    let events = pulldown_cmark::Parser::new(&notice.body).map(|event| match event {
        pulldown_cmark::Event::Html(raw) | pulldown_cmark::Event::InlineHtml(raw) => pulldown_cmark::Event::Text(raw),
        other => other,
    });
    pulldown_cmark::html::push_html(&mut html, events);
    page::html(&TextPage {
        frame: Frame::open(&state, &who, jar, &notice.title).await?,
        line: notice.published_at.format("%Y-%m-%d").to_string(),
        html,
    })
}

/// The file by which WeChat checks that links to this host may open the mini-program.
#[handler]
async fn verification_file(state: Data<&Arc<State>>, Path(file): Path<String>) -> Result<Response, Error> {
    let link = &state.config.wechat_link;
    match (&link.verification_file, &link.verification_content) {
        (Some(name), Some(content)) if *name == file => {
            Ok(Response::builder().content_type("text/plain; charset=utf-8").body(content.clone()))
        }
        _ => Err(Error::not_found()),
    }
}

//! What every desktop page has: the frame around it, and how a template becomes an answer.

use crate::{
    account,
    error::Error,
    events,
    journey::{Journey, Step},
    state::State,
    who::{self, MaybeWho, Who},
};
use poem::{IntoResponse, Response, http::StatusCode, web::cookie::CookieJar};

/// The frame: header, menu, footer. A page makes it before it reads what it shows, so that nothing falls between the two.
#[derive(Clone, Debug)]
pub struct Frame {
    pub title: String,
    pub name: String,
    pub company: String,
    pub hotline: String,
    pub filing_number: Option<String>,
    pub licence_number: Option<String>,
    /// The token that every form carries.
    pub csrf: String,
    pub signed_in: Option<SignedIn>,
    /// Shown as a rail beside the steps' pages.
    pub journey: Option<Journey>,
    /// How many events the account had before anything on the page was read: one more is news to it.
    pub seen: u64,
    /// The step that the page belongs to.
    pub here: Option<Step>,
}

/// The menu of a signed-in person.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub account: String,
    pub mobile: String,
}

impl Frame {
    /// The frame of a page that anybody may see. Sets the form cookie when nobody is signed in.
    pub async fn open(state: &State, who: &MaybeWho, jar: &CookieJar, title: &str) -> Result<Self, Error> {
        let mut frame = Self::bare(state, title);
        match &who.0 {
            Some(who) => {
                frame.seen = events::count(state, who.account_id).await?;
                frame.csrf.clone_from(&who.csrf);
                frame.signed_in = Some(signed_in(state, who).await?);
            }
            None => {
                let kept = jar.get(who::FORM_COOKIE).map(|cookie| cookie.value_str().to_owned());
                frame.csrf = match kept.filter(|token| token.len() == 64) {
                    Some(token) => token,
                    None => {
                        let token = state.random.token();
                        jar.add(who::form_cookie(state, &token));
                        token
                    }
                };
            }
        }
        Ok(frame)
    }

    /// The frame of a step's page.
    pub async fn step(state: &State, who: &Who, here: Step) -> Result<Self, Error> {
        let mut frame = Self::signed_in(state, who, here.label()).await?;
        frame.journey = Some((state.journey)(state, who).await?);
        frame.here = Some(here);
        Ok(frame)
    }

    /// The frame of a page for signed-in people.
    pub async fn signed_in(state: &State, who: &Who, title: &str) -> Result<Self, Error> {
        let mut frame = Self::bare(state, title);
        frame.seen = events::count(state, who.account_id).await?;
        frame.csrf.clone_from(&who.csrf);
        frame.signed_in = Some(signed_in(state, who).await?);
        Ok(frame)
    }

    /// Whether the page belongs to this step.
    pub fn is_here(&self, step: &Step) -> bool {
        self.here.as_ref() == Some(step)
    }

    /// A frame around nobody: errors.
    pub fn bare(state: &State, title: &str) -> Self {
        let service = &state.config.service;
        Self {
            title: title.to_owned(),
            name: service.name.clone(),
            company: service.company.clone(),
            hotline: service.hotline.clone(),
            filing_number: service.filing_number.clone(),
            licence_number: service.licence_number.clone(),
            csrf: String::new(),
            signed_in: None,
            journey: None,
            seen: 0,
            here: None,
        }
    }
}

async fn signed_in(state: &State, who: &Who) -> Result<SignedIn, Error> {
    let account = account::flow::account(state, who).await?;
    let member = account::flow::member(state, who.account_id, who.member_id).await?;
    Ok(SignedIn { account: account.name, mobile: account::flow::mobile(state, &member)?.masked() })
}

/// A page.
///
/// # Errors
/// When the template cannot be rendered: our mistake.
pub fn html(page: &impl askama::Template) -> Result<Response, Error> {
    html_with(StatusCode::OK, page)
}

/// A page with another status: a form that was refused.
///
/// # Errors
/// When the template cannot be rendered: our mistake.
pub fn html_with(status: StatusCode, page: &impl askama::Template) -> Result<Response, Error> {
    let text = page.render().map_err(Error::internal)?;
    Ok(Response::builder().status(status).content_type("text/html; charset=utf-8").body(text))
}

/// 303 after a POST.
pub fn see_other(to: &str) -> Response {
    poem::web::Redirect::see_other(to).into_response()
}

/// Whether the request came from htmx: it wants the part, not the page.
pub fn wants_part(request: &poem::Request) -> bool {
    request.header("hx-request") == Some("true")
}

/// A QR code as SVG, dark on white with its quiet zone, whatever the page's colours.
///
/// # Errors
/// When the text is too long for a QR code: our mistake.
pub fn qr_svg(text: &str) -> Result<String, Error> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).map_err(Error::internal)?;
    Ok(code
        .render::<qrcode::render::svg::Color>()
        .min_dimensions(220, 220)
        .dark_color(qrcode::render::svg::Color("#10233d"))
        .light_color(qrcode::render::svg::Color("#ffffff"))
        .build())
}

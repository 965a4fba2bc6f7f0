//! 法定代表人在线确认: the API for both sides, and its part of the desktop's form.

use super::{
    api::{CompanyState, state_of},
    pages,
};
use crate::{
    account::http::{Done, Me, done, me},
    company::{
        flow::View,
        invitation::{self, Blocked, Mandate, Status, Status as Invited, answer, flow},
    },
    error::{Error, Problem},
    page,
    state::State,
    who::{Auth, Machine, PhoneAuth, Posted, Who},
};
use askama::Template;
use poem::{Request, Response, Route, get, handler, http::StatusCode, post, web::Data};
use poem_openapi::{Object, OpenApi, Tags, payload::Json};
use sea_orm::prelude::DateTimeUtc;
use std::{collections::HashMap, sync::Arc};

#[derive(Tags)]
enum Tag {
    /// 法定代表人在线确认.
    Invitation,
}

/// How an invitation stands, for the company's people.
#[derive(Object)]
#[oai(rename = "CompanyInvitation", skip_serializing_if_is_none)]
pub(super) struct InvitationView {
    status: Status,
    /// Nobody has answered in time.
    expired: bool,
    /// What it says of itself.
    sentence: String,
    /// What the QR code says.
    link: Option<String>,
    /// What a WeChat card opens.
    path: Option<String>,
    mobile_masked: String,
    messages_left: u32,
    /// Seconds until another message may be asked for.
    message_wait: u32,
    expires_at: DateTimeUtc,
    answered_at: Option<DateTimeUtc>,
}

impl InvitationView {
    pub(super) fn of(standing: &flow::Standing, now: DateTimeUtc) -> Self {
        Self {
            status: standing.status,
            expired: standing.expired,
            sentence: sentence(standing),
            link: standing.link.clone(),
            path: standing.path.clone(),
            mobile_masked: standing.mobile_masked.clone(),
            messages_left: standing.messages_left,
            message_wait: wait(standing, now),
            expires_at: standing.expires_at,
            answered_at: standing.answered_at,
        }
    }
}

fn wait(standing: &flow::Standing, now: DateTimeUtc) -> u32 {
    let next = standing.message_asked_at.map(|at| at + chrono::Duration::seconds(invitation::MESSAGE_PAUSE.into()));
    next.and_then(|next| u32::try_from((next - now).num_seconds()).ok()).unwrap_or_default()
}

/// Where it stands, in one sentence.
fn sentence(standing: &flow::Standing) -> String {
    match standing.status {
        Status::Sent | Status::Opened if standing.expired => "邀请已过期，请重新邀请法定代表人".into(),
        Status::Sent => format!("等待法定代表人（手机号 {}）打开邀请", standing.mobile_masked),
        Status::Opened if standing.verified => "法定代表人已完成个人实名认证，等待其核对并确认".into(),
        Status::Opened => "法定代表人已打开邀请，正在进行个人实名认证".into(),
        Status::Confirmed => "法定代表人已在手机上确认".into(),
        Status::Declined => "法定代表人未同意。请与其沟通后重新邀请，或改为上传授权委托书".into(),
        Status::Revoked => "邀请已撤回".into(),
        Status::Void => "填写的信息已有变化，原邀请已作废，请重新邀请法定代表人确认".into(),
    }
}

/// What anybody with the link sees.
#[derive(Object)]
struct InvitationLook {
    company_name: String,
    agent_masked: String,
    mobile_masked: String,
    expires_at: DateTimeUtc,
}

/// An invitation as the representative sees it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct InvitationAsked {
    status: Status,
    expired: bool,
    company_name: String,
    agent_name: String,
    blocked: Option<Blocked>,
    /// What to do about it.
    advice: Option<String>,
    /// The words to be confirmed; empty until the person may answer.
    lines: Vec<String>,
    /// SHA-256 of them: goes back with the answer.
    hash: String,
    expires_at: DateTimeUtc,
    answered_at: Option<DateTimeUtc>,
}

/// The QR code as an address that a picture takes.
#[derive(Object)]
struct InvitationCode {
    image: String,
}

#[derive(Object)]
struct MandateRequest {
    mandate: Mandate,
}

#[derive(Object)]
struct InvitationTicket {
    ticket: String,
}

#[derive(Object)]
struct InvitationOpening {
    ticket: String,
    /// A fresh code of `wx.login`.
    code: String,
    /// The code of the phone-number button.
    phone_code: String,
}

/// The phone is signed in as the representative.
#[derive(Object)]
struct InvitationOpened {
    token: String,
    me: Me,
}

#[derive(Object)]
struct InvitationAnswer {
    /// The hash that came with the words.
    hash: String,
}

async fn asked(state: &State, who: &Who) -> Result<Json<InvitationAsked>, Error> {
    let asked = answer::asked(state, who).await?;
    Ok(Json(InvitationAsked {
        status: asked.status,
        expired: asked.expired,
        company_name: asked.company_name,
        agent_name: asked.agent_name,
        blocked: asked.blocked,
        advice: asked.blocked.map(|blocked| blocked.advice().into()),
        lines: asked.lines,
        hash: asked.hash,
        expires_at: asked.expires_at,
        answered_at: asked.answered_at,
    }))
}

/// 法定代表人在线确认.
pub struct InvitationApi;

#[OpenApi(prefix_path = "/api", tag = "Tag::Invitation")]
impl InvitationApi {
    /// 上传授权委托书 or 法定代表人在线确认.
    #[oai(path = "/company/mandate", method = "post", operation_id = "choose_company_mandate")]
    async fn mandate(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        body: Json<MandateRequest>,
    ) -> Result<Json<CompanyState>, Error> {
        flow::choose(&state, &who, body.mandate).await?;
        Ok(Json(state_of(&state, &who).await?))
    }

    /// 邀请法定代表人, for the form as it stands; the invitation before is void.
    #[oai(path = "/company/invitation", method = "post", operation_id = "invite_representative")]
    async fn invite(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<CompanyState>, Error> {
        flow::invite(&state, &who).await?;
        Ok(Json(state_of(&state, &who).await?))
    }

    /// The QR code of the invitation, as a picture for the agent's phone.
    #[oai(path = "/company/invitation/code", method = "get", operation_id = "get_invitation_code")]
    async fn code(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<InvitationCode>, Error> {
        use base64::Engine;
        let view = crate::company::flow::view(&state, &who).await?;
        let link = view.and_then(|view| view.invitation?.link).ok_or_else(Error::not_found)?;
        let svg = base64::engine::general_purpose::STANDARD.encode(page::qr_svg(&link)?);
        Ok(Json(InvitationCode { image: format!("data:image/svg+xml;base64,{svg}") }))
    }

    /// 发送短信.
    #[oai(path = "/company/invitation/message", method = "post", operation_id = "send_invitation_message")]
    async fn message(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<CompanyState>, Error> {
        flow::message(&state, &who).await?;
        Ok(Json(state_of(&state, &who).await?))
    }

    /// 撤回邀请.
    #[oai(path = "/company/invitation/revoke", method = "post", operation_id = "revoke_invitation")]
    async fn revoke(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<CompanyState>, Error> {
        flow::revoke(&state, &who).await?;
        Ok(Json(state_of(&state, &who).await?))
    }

    /// Looks at an invitation before anything is given away.
    #[oai(path = "/invitations/look", method = "post", operation_id = "look_at_invitation")]
    async fn look(
        &self,
        state: Data<&Arc<State>>,
        body: Json<InvitationTicket>,
    ) -> Result<Json<InvitationLook>, Error> {
        let answer::Look { company_name, agent_masked, mobile_masked, expires_at } =
            answer::look(&state, &body.ticket).await?;
        Ok(Json(InvitationLook { company_name, agent_masked, mobile_masked, expires_at }))
    }

    /// Opens it with the representative's mobile number, and signs the phone in.
    #[oai(path = "/invitations/accept", method = "post", operation_id = "open_invitation")]
    async fn accept(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<InvitationOpening>,
    ) -> Result<Json<InvitationOpened>, Error> {
        let machine = Machine::of(request, state.config.http.trust_forwarded);
        let (token, who) = answer::accept(&state, &machine, &body.ticket, &body.code, &body.phone_code).await?;
        Ok(Json(InvitationOpened { token, me: me(&state, &who).await? }))
    }

    /// The invitation that I have opened, with the words to be confirmed.
    #[oai(path = "/invitation", method = "get", operation_id = "get_invitation")]
    async fn asked(&self, state: Data<&Arc<State>>, who: PhoneAuth) -> Result<Json<InvitationAsked>, Error> {
        asked(&state, &who.0).await
    }

    /// 确认: exactly the words that were read.
    #[oai(path = "/invitation/confirm", method = "post", operation_id = "confirm_invitation")]
    async fn confirm(
        &self,
        state: Data<&Arc<State>>,
        who: PhoneAuth,
        body: Json<InvitationAnswer>,
    ) -> Result<Json<InvitationAsked>, Error> {
        answer::confirm(&state, &who.0, &body.hash).await?;
        asked(&state, &who.0).await
    }

    /// 不同意.
    #[oai(path = "/invitation/decline", method = "post", operation_id = "decline_invitation")]
    async fn decline(&self, state: Data<&Arc<State>>, who: PhoneAuth) -> Result<Json<Done>, Error> {
        answer::decline(&state, &who.0).await?;
        Ok(done())
    }
}

/// Adds the desktop's part.
pub(super) fn routes(route: Route) -> Route {
    route
        .at("/enrol/company/mandate", post(choose))
        .at("/enrol/company/invitation", get(part).post(invite))
        .at("/enrol/company/invitation/message", post(message))
        .at("/enrol/company/invitation/revoke", post(revoke))
}

/// What the form shows of it.
pub(super) struct InvitationBox {
    /// None when nobody was invited yet.
    pub status: Option<Status>,
    pub sentence: String,
    pub svg: Option<String>,
    pub link: Option<String>,
    pub until: Option<DateTimeUtc>,
    pub messages_left: u32,
    pub message_wait: u32,
    /// The number that the representative has proven, to be put into a field that is still empty.
    pub number: Option<String>,
    pub problem: Option<String>,
}

impl InvitationBox {
    pub(super) fn of(view: &View, now: DateTimeUtc, problem: Option<String>) -> Result<Self, Error> {
        let Some(standing) = &view.invitation else {
            let sentence =
                "填好企业名称、代码、法定代表人姓名和手机号后，邀请法定代表人在手机上确认，无需纸质授权委托书".into();
            return Ok(Self {
                status: None,
                sentence,
                svg: None,
                link: None,
                until: None,
                messages_left: 0,
                message_wait: 0,
                number: None,
                problem,
            });
        };
        let field = crate::company::Field::RepresentativeIdNumber;
        let confirmed = standing.status == Status::Confirmed;
        Ok(Self {
            status: Some(standing.status),
            sentence: sentence(standing),
            svg: standing.link.as_deref().map(page::qr_svg).transpose()?,
            link: standing.link.clone(),
            until: standing.link.is_some().then_some(standing.expires_at),
            messages_left: standing.messages_left,
            message_wait: wait(standing, now),
            number: confirmed.then(|| view.fields.get(field).to_owned()),
            problem,
        })
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.status == Some(Status::Confirmed)
    }
}

#[derive(Template)]
#[template(path = "company/invitation.html", config = "config/askama.toml")]
struct InvitationPart<'a> {
    csrf: &'a str,
    invitation: &'a InvitationBox,
}

async fn show(state: &State, who: &Who, problem: Option<&Problem>) -> Result<Response, Error> {
    let view = crate::company::flow::view(state, who).await?;
    let ours = |view: &View| view.row.status.is_editable() && view.row.mandate == Mandate::Invitation;
    let Some(view) = view.filter(ours) else { return Ok(pages::reload()) };
    let invitation = InvitationBox::of(&view, state.clock.now(), problem.map(|problem| problem.detail.clone()))?;
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &InvitationPart { csrf: &who.csrf, invitation: &invitation })
}

#[handler]
async fn part(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    show(&state, &who, None).await
}

async fn after(state: &State, request: &Request, who: &Who, acted: Result<(), Error>) -> Result<Response, Error> {
    if !page::wants_part(request) {
        return pages::after(state, who, acted, false).await;
    }
    match acted {
        Ok(()) => show(state, who, None).await,
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => show(state, who, Some(error.problem())).await,
    }
}

#[handler]
async fn choose(
    state: Data<&Arc<State>>,
    who: Who,
    Posted(form): Posted<HashMap<String, String>>,
) -> Result<Response, Error> {
    let acted = match form.get("mandate").and_then(|word| Mandate::by_word(word)) {
        Some(mandate) => flow::choose(&state, &who, mandate).await,
        None => Err(Error::invalid("mandate", "请选择授权方式")),
    };
    pages::after(&state, &who, acted, false).await
}

/// What has been typed comes with it, so that nothing is missing that stands on the page.
#[handler]
async fn invite(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    Posted(form): Posted<HashMap<String, String>>,
) -> Result<Response, Error> {
    let acted = match crate::company::flow::save(&state, &who, &pages::typed(&form)).await {
        Ok(()) => flow::invite(&state, &who).await,
        refused => refused,
    };
    after(&state, request, &who, acted).await
}

#[handler]
async fn message(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    _: Posted<HashMap<String, String>>,
) -> Result<Response, Error> {
    let acted = flow::message(&state, &who).await;
    after(&state, request, &who, acted).await
}

#[handler]
async fn revoke(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    _: Posted<HashMap<String, String>>,
) -> Result<Response, Error> {
    let acted = flow::revoke(&state, &who).await;
    after(&state, request, &who, acted).await
}

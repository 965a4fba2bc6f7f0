//! What the company's people can do: choose the way without paper, invite, send a message, take the invitation back; and what
//! becomes of it when the form changes.

use super::{
    ASKED_AS, Action, ITEM, LIFE, MESSAGE_PAUSE, MOST_MESSAGES, Mandate, Statement, Status,
    entity::{Column, Entity, Model},
};
use crate::{
    account, change,
    company::{
        Field, Fields, Open, Role,
        entity::{company, company_decision},
        flow,
    },
    db::{Actor, Tx},
    error::Error,
    events::Event,
    jobs::{Job, Outcome},
    limits, notice, person,
    state::State,
    who::{self, Who},
};
use chrono::Duration;
use sea_orm::{
    ActiveValue::Set,
    QueryOrder,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use zhangzheng_kinds::{Mobile, ResidentId};

/// The job that sends the message.
pub const MESSAGE: &str = "invitation.message";
/// Where card, code and message lead, in the mini-program.
pub const PAGE: &str = "packages/company/pages/invitation/invitation";
/// What the QR code's link has before the ticket, after the public address.
pub const LINK: &str = "/h/i/";

/// The invitation of a company that counts, if any.
pub(in crate::company) async fn live(c: &impl ConnectionTrait, company_id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::LiveFor.eq(company_id)).one(c).await?)
}

async fn latest(c: &impl ConnectionTrait, company_id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::CompanyId.eq(company_id)).order_by_desc(Column::Id).one(c).await?)
}

/// 上传授权委托书 or 法定代表人在线确认. Going back to paper ends an invitation that still counts.
///
/// # Errors
/// [`Error::Conflict`] for a representative, and when only other things may be changed now.
pub async fn choose(state: &State, who: &Who, mandate: Mandate) -> Result<(), Error> {
    flow::verified(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = flow::held(&tx, who).await?;
    if row.mandate == mandate {
        return Ok(());
    }
    if row.role != Role::Agent {
        return Err(Error::conflict("no_letter", "法定代表人本人办理无需授权"));
    }
    if flow::open_now(&*tx, &row).await? != Open::Everything {
        return Err(Error::conflict("not_open", "授权方式无需修改，请只修改审核意见中列出的内容"));
    }
    end(&mut tx, row.id, Action::Revoke).await?;
    company::Entity::update_many()
        .col_expr(company::Column::Mandate, Expr::value(mandate))
        .filter(company::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    tx.say(Event::new("company.choose_mandate", row.id, Some(row.account_id))).await?;
    tx.commit().await
}

/// Ends the invitation that counts, if there is one.
pub(in crate::company) async fn end(tx: &mut Tx, company_id: Uuid, action: Action) -> Result<(), Error> {
    let Some(row) = live(&**tx, company_id).await? else { return Ok(()) };
    change::advance::<Entity>(tx, &row, action, |update| {
        update
            .col_expr(Column::LiveFor, Expr::value(None::<Uuid>))
            .col_expr(Column::Ticket, Expr::value(None::<Vec<u8>>))
    })
    .await?;
    Ok(())
}

/// 128 bits as 32 characters, as for a hand-off.
fn ticket(tx: &Tx) -> String {
    hex::encode(tx.random().bytes::<16>())
}

/// 邀请法定代表人: an invitation for the form as it stands; the one before is void.
///
/// # Errors
/// [`Error::Invalid`] naming the field that is missing, or that names the agent; [`Error::Conflict`] when the company has not
/// chosen this way.
pub async fn invite(state: &State, who: &Who) -> Result<(), Error> {
    let agent = flow::verified(state, who).await?;
    let account = account::flow::account(state, who).await?;
    let whom = who.account_id.simple().to_string();
    limits::count(&state.db, "invitation", &whom, state.config.limits.invitations_per_account).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = flow::held(&tx, who).await?;
    if row.role != Role::Agent || row.mandate != Mandate::Invitation {
        return Err(Error::conflict("another_way", "请先选择“法定代表人在线确认”"));
    }
    let fields = flow::fields(state, &row)?;
    let statement = Statement::of(state, &account.name, &fields, &agent)?;
    not_oneself(&statement, &fields, &agent)?;
    end(&mut tx, row.id, Action::Revoke).await?;
    let (id, ticket) = (tx.id(), ticket(&tx));
    let invitation = super::entity::ActiveModel {
        id: Set(id),
        company_id: Set(row.id),
        account_id: Set(row.account_id),
        status: Set(Status::Sent),
        live_for: Set(Some(row.id)),
        invited_by: Set(who.member_id),
        ticket_hash: Set(who::digest(&ticket)),
        ticket: Set(Some(state.vault.seal("invitation.ticket", id, &ticket))),
        statement_index: Set(statement.index(state)),
        messages: Set(0),
        created_at: Set(tx.now),
        expires_at: Set(tx.now + LIFE),
        ..Default::default()
    };
    Entity::insert(invitation).exec_without_returning(&*tx).await?;
    tx.say(Event::new("invitation.invite", id, Some(row.account_id))).await?;
    tx.commit().await
}

/// An agent who is the representative, or who would be asked in their place.
fn not_oneself(statement: &Statement, fields: &Fields, agent: &person::Verified) -> Result<(), Error> {
    if ResidentId::parse(fields.get(Field::RepresentativeIdNumber)).as_ref() == Ok(&agent.resident_id) {
        return Err(Error::conflict("is_representative", super::Blocked::Agent.advice()));
    }
    if statement.representative_mobile == agent.mobile.as_str() {
        let sentence = "法定代表人手机号与经办人相同，请填写法定代表人本人的手机号";
        return Err(Error::invalid(Field::RepresentativeMobile.word(), sentence));
    }
    Ok(())
}

/// 发送短信: asks for the message; a job sends it.
///
/// # Errors
/// [`Error::Conflict`] when there is no invitation to answer; [`Error::TooMany`] too soon or too often.
pub async fn message(state: &State, who: &Who) -> Result<(), Error> {
    flow::verified(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let company = flow::held(&tx, who).await?;
    let row = waiting(live(&*tx, company.id).await?, tx.now)?;
    if row.messages >= MOST_MESSAGES {
        return Err(Error::too_many(
            format!("短信已发送 {MOST_MESSAGES} 次，请改用二维码或微信转发，或重新邀请"),
            3600,
        ));
    }
    let next = row.message_asked_at.map(|at| at + Duration::seconds(i64::from(MESSAGE_PAUSE)));
    if let Some(next) = next.filter(|next| *next > tx.now) {
        let wait = u32::try_from((next - tx.now).num_seconds() + 1).unwrap_or(MESSAGE_PAUSE);
        return Err(Error::too_many(format!("短信刚刚发送过，请 {wait} 秒后再试"), wait));
    }
    Entity::update_many()
        .col_expr(Column::Messages, Expr::value(row.messages + 1))
        .col_expr(Column::MessageAskedAt, Expr::value(tx.now))
        .filter(Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    tx.say(Event::new("invitation.ask_message", row.id, Some(row.account_id))).await?;
    tx.enqueue(Job::now(MESSAGE, row.id)).await?;
    tx.commit().await
}

/// The invitation, if it can still be answered.
pub(super) fn waiting(row: Option<Model>, now: DateTimeUtc) -> Result<Model, Error> {
    let over = || Error::conflict("invitation_over", "邀请已失效，请经办人重新邀请");
    row.filter(|row| row.status.is_waiting() && row.expires_at > now).ok_or_else(over)
}

/// 撤回邀请: also one that has been confirmed, as long as nothing has been submitted.
///
/// # Errors
/// [`Error::Conflict`] when there is none.
pub async fn revoke(state: &State, who: &Who) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let row = flow::held(&tx, who).await?;
    if live(&*tx, row.id).await?.is_none() {
        return Err(Error::conflict("invitation_over", "没有可以撤回的邀请，请刷新查看最新进度"));
    }
    end(&mut tx, row.id, Action::Revoke).await?;
    tx.commit().await
}

/// Sends the message that was asked for, once.
pub async fn send(state: &State, id: Uuid) -> Outcome {
    try_send(state, id).await.unwrap_or_else(|error| Outcome::Retry(error.to_string()))
}

async fn try_send(state: &State, id: Uuid) -> Result<Outcome, Error> {
    let Some(row) = Entity::find_by_id(id).one(&state.db.read).await? else { return Ok(Outcome::Done) };
    let left = row.expires_at - state.clock.now();
    let asked = row.message_asked_at.is_some() && row.message_sent_at < row.message_asked_at;
    let (true, true, Some(sealed)) = (asked, row.status.is_waiting() && left > Duration::minutes(5), &row.ticket)
    else {
        return Ok(Outcome::Done);
    };
    let ticket = state.vault.open("invitation.ticket", row.id, sealed)?;
    let Some(company) = company::Entity::find_by_id(row.company_id).one(&state.db.read).await? else {
        return Ok(Outcome::Done);
    };
    let Some(mobile) = flow::open_row(state, &company)?.representative_mobile else { return Ok(Outcome::Done) };
    let link = match state.providers.wechat.url_link(PAGE, &format!("t={ticket}"), left).await {
        Ok(link) => link,
        Err(error) => return Ok(Outcome::Retry(error.to_string())),
    };
    let link = link.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let mut tx = state.db.begin(Actor::System).await?;
    let first = Entity::update_many()
        .col_expr(Column::MessageSentAt, Expr::value(tx.now))
        .filter(Column::Id.eq(id))
        .filter(Column::MessageAskedAt.eq(row.message_asked_at))
        .filter(
            Column::MessageSentAt.is_null().or(Expr::col(Column::MessageSentAt).lt(Expr::col(Column::MessageAskedAt))),
        )
        .exec(&*tx)
        .await?;
    if first.rows_affected == 1 {
        notice::sms(&mut tx, state, &mobile, notice::Text::RepresentativeInvited { link }).await?;
        tx.say(Event::new("invitation.send_message", id, Some(row.account_id))).await?;
        tx.commit().await?;
    }
    Ok(Outcome::Done)
}

/// What an invitation would say now, by the agent who made it; None when the form no longer says enough.
pub(super) async fn statement_now(state: &State, row: &Model, fields: &Fields) -> Result<Option<Statement>, Error> {
    let Some(agent) = person::flow::verified(state, row.invited_by).await? else { return Ok(None) };
    let account = account::flow::account_by_id(state, row.account_id).await?;
    Ok(Statement::of(state, &account.name, fields, &agent).ok())
}

/// Whether an invitation still says what the form says.
async fn still_so(state: &State, row: &Model, fields: &Fields) -> Result<bool, Error> {
    let same = statement_now(state, row, fields).await?.is_some_and(|now| now.index(state) == row.statement_index);
    Ok(same && same_number(state, row, fields))
}

/// Whether the number on the form is that of the person who has confirmed; a number nobody has typed is no other.
fn same_number(state: &State, row: &Model, fields: &Fields) -> bool {
    let typed = fields.get(Field::RepresentativeIdNumber);
    let Some(confirmed) = &row.resident_id_index else { return true };
    let index = ResidentId::parse(typed).map(|id| state.vault.index("invitation.resident_id", id.as_str()));
    typed.is_empty() || index.as_ref() == Ok(confirmed)
}

/// After a change of the form: an invitation that said something else is void, and the open pages are told.
pub(in crate::company) async fn void_if_changed(
    tx: &mut Tx,
    state: &State,
    company_id: Uuid,
    fields: &Fields,
) -> Result<(), Error> {
    let Some(row) = live(&**tx, company_id).await? else { return Ok(()) };
    if still_so(state, &row, fields).await? {
        return Ok(());
    }
    end(tx, company_id, Action::Void).await
}

/// Whether the representative has confirmed what is about to be submitted.
///
/// # Errors
/// [`Error::Invalid`] naming `invitation`, with what to do.
pub(in crate::company) async fn ready(
    tx: &Tx,
    state: &State,
    row: &company::Model,
    statement: &Statement,
    fields: &Fields,
    returned: Option<&company_decision::Model>,
) -> Result<(), Error> {
    let refuse = |sentence: &str| Err(Error::invalid(ITEM, sentence));
    let Some(invitation) = live(&**tx, row.id).await? else {
        return refuse("请先邀请法定代表人在手机上确认");
    };
    let anew = returned.filter(|said| flow::items(said).contains(&ASKED_AS));
    match invitation.status {
        Status::Confirmed if anew.is_some_and(|said| invitation.answered_at <= Some(said.at)) => {
            refuse("请按审核意见重新邀请法定代表人确认")
        }
        Status::Confirmed if invitation.statement_index != statement.index(state) => {
            refuse("法定代表人确认的内容与当前填写不一致，请由发起邀请的经办人提交，或重新邀请法定代表人确认")
        }
        Status::Confirmed if !same_number(state, &invitation, fields) => {
            refuse("填写的法定代表人身份证号与确认人不一致，请更正，或重新邀请法定代表人确认")
        }
        Status::Confirmed => Ok(()),
        _ => refuse("法定代表人尚未确认，请等待其在手机上确认后再提交"),
    }
}

/// How the invitation stands, for the company's people.
#[derive(Clone, Debug)]
pub struct Standing {
    pub status: Status,
    /// Nobody has answered in time.
    pub expired: bool,
    /// What the QR code says; None once it cannot be opened any more.
    pub link: Option<String>,
    /// What a WeChat card opens.
    pub path: Option<String>,
    pub mobile_masked: String,
    /// Whether the representative's 个人实名认证 is done.
    pub verified: bool,
    pub messages_left: u32,
    pub message_asked_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub answered_at: Option<DateTimeUtc>,
}

/// How a company's last invitation stands; None when nobody was invited.
pub async fn standing(state: &State, company: &company::Model) -> Result<Option<Standing>, Error> {
    let Some(row) = latest(&state.db.read, company.id).await? else { return Ok(None) };
    let expired = row.status.is_waiting() && row.expires_at <= state.clock.now();
    let open = row.status.is_waiting() && !expired;
    let ticket =
        row.ticket.as_ref().filter(|_| open).map(|sealed| state.vault.open("invitation.ticket", row.id, sealed));
    let ticket = ticket.transpose()?;
    let verified = match row.member_id {
        Some(member_id) => person::flow::verified(state, member_id).await?.is_some(),
        None => false,
    };
    let mobile = flow::open_row(state, company)?.representative_mobile;
    Ok(Some(Standing {
        status: row.status,
        expired,
        link: ticket.as_ref().map(|ticket| state.config.public(&format!("{LINK}{ticket}"))),
        path: ticket.as_ref().map(|ticket| format!("/{PAGE}?t={ticket}")),
        mobile_masked: mobile.as_ref().map(Mobile::masked).unwrap_or_default(),
        verified,
        messages_left: u32::try_from(MOST_MESSAGES - row.messages).unwrap_or_default(),
        message_asked_at: row.message_asked_at,
        created_at: row.created_at,
        expires_at: row.expires_at,
        answered_at: row.answered_at,
    }))
}

/// A confirmation as evidence: for the review desk.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub id: Uuid,
    pub text_version: String,
    pub text: String,
    /// SHA-256 of the text, hexadecimal.
    pub text_hash: String,
    pub person_id: Uuid,
    pub session_id: Uuid,
    pub confirmed_at: DateTimeUtc,
    /// False when it was taken back, or the form has changed since.
    pub stands: bool,
}

impl Evidence {
    /// The paragraphs; identity numbers are masked unless they may be seen.
    pub fn lines(&self, clear: bool) -> Vec<String> {
        self.text.lines().map(|line| if clear { line.to_owned() } else { masked(line) }).collect()
    }
}

/// Masks whatever is an identity number, wherever it stands.
fn masked(line: &str) -> String {
    let mut shown = line.to_owned();
    for word in line.split(|c: char| !c.is_ascii_alphanumeric()) {
        if let Ok(number) = ResidentId::parse(word) {
            shown = shown.replace(word, &number.masked());
        }
    }
    shown
}

/// Every confirmation that a company's representative has given, newest first.
pub async fn evidence(state: &State, company_id: Uuid) -> Result<Vec<Evidence>, Error> {
    let rows = Entity::find()
        .filter(Column::CompanyId.eq(company_id))
        .filter(Column::TextHash.is_not_null())
        .order_by_desc(Column::Id)
        .all(&state.db.read)
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let (Some(text), Some(hash), Some(version)) = (&row.text, &row.text_hash, &row.text_version) else { continue };
        let (Some(person_id), Some(session_id), Some(at)) = (row.person_id, row.session_id, row.answered_at) else {
            continue;
        };
        found.push(Evidence {
            id: row.id,
            text_version: version.clone(),
            text: state.vault.open("invitation.text", row.id, text)?,
            text_hash: hex::encode(hash),
            person_id,
            session_id,
            confirmed_at: at,
            stands: row.status == Status::Confirmed,
        });
    }
    Ok(found)
}

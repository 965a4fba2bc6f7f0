//! What the representative can do: open the invitation with the own mobile number, read what is asked, confirm or decline.
//! Whoever else comes by the link learns the company's name and whose phone is meant, and nothing more.

use super::{
    Action, Blocked, Statement, Status, VERSION,
    entity::{Column, Entity, Model},
    flow::{statement_now, waiting},
    may_answer,
};
use crate::{
    account::{
        self,
        wechat::{self, WechatUser},
    },
    agreements, change,
    company::{Field, entity::company, flow},
    db::{Actor, Tx},
    error::Error,
    limits, person,
    state::State,
    who::{self, Channel, Machine, Who},
};
use sea_orm::{QueryOrder, entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::ResidentId;

/// What anybody with the link sees.
#[derive(Clone, Debug)]
pub struct Look {
    pub company_name: String,
    pub agent_masked: String,
    pub mobile_masked: String,
    pub expires_at: DateTimeUtc,
}

async fn by_ticket(c: &impl ConnectionTrait, ticket: &str, now: DateTimeUtc) -> Result<Model, Error> {
    let row = Entity::find().filter(Column::TicketHash.eq(who::digest(ticket))).one(c).await?;
    waiting(row, now)
}

async fn company_of(c: &impl ConnectionTrait, row: &Model) -> Result<company::Model, Error> {
    company::Entity::find_by_id(row.company_id).one(c).await?.ok_or_else(Error::not_found)
}

/// Looks at an invitation before anything is given away.
///
/// # Errors
/// [`Error::Conflict`] for unknown, answered, expired and void ones alike.
pub async fn look(state: &State, ticket: &str) -> Result<Look, Error> {
    let row = by_ticket(&state.db.read, ticket, state.clock.now()).await?;
    let company = flow::open_row(state, &company_of(&state.db.read, &row).await?)?;
    let agent = person::flow::verified(state, row.invited_by).await?;
    Ok(Look {
        company_name: company.name.unwrap_or_default(),
        agent_masked: agent.map(|agent| agent.name.masked()).unwrap_or_default(),
        mobile_masked: company.representative_mobile.map(|mobile| mobile.masked()).unwrap_or_default(),
        expires_at: row.expires_at,
    })
}

/// Opens it: the mobile number that WeChat has verified must be the representative's. The phone is signed in as that person,
/// who becomes one of the account's people; nobody else can open it from now on.
///
/// # Errors
/// [`Error::Conflict`] for another person's phone; [`Error::TooMany`] when too many have tried.
pub async fn accept(
    state: &State,
    machine: &Machine,
    ticket: &str,
    code: &str,
    phone_code: &str,
) -> Result<(String, Who), Error> {
    let row = by_ticket(&state.db.read, ticket, state.clock.now()).await?;
    let limit = state.config.limits.invitation_opens;
    limits::count(&state.db, "invitation_open", &row.id.simple().to_string(), limit).await?;
    let user = WechatUser::from_code(state, code).await?;
    let mobile = wechat::verified_mobile(state, phone_code).await?;
    let mut tx = state.db.begin(Actor::System).await?;
    let row = by_ticket(&*tx, ticket, tx.now).await?;
    let wanted = flow::open_row(state, &company_of(&*tx, &row).await?)?.representative_mobile;
    if wanted.as_ref() != Some(&mobile) {
        let whose = wanted.map(|wanted| wanted.masked()).unwrap_or_default();
        let sentence =
            format!("这份邀请只能由法定代表人本人（手机号 {whose}）打开。如号码有误，请经办人更正后重新邀请");
        return Err(Error::conflict("another_person", sentence));
    }
    let known = account::flow::member_by_mobile(state, row.account_id, &mobile).await?;
    let member_id = match known {
        Some(member) => member.id,
        None => account::flow::add_member(&mut tx, state, row.account_id, &mobile, None).await?,
    };
    if member_id == row.invited_by {
        return Err(Error::conflict("is_representative", Blocked::Agent.advice()));
    }
    tx.actor = Actor::Member(member_id);
    let member = account::flow::member_in(&tx, row.account_id, member_id).await?;
    wechat::bind(&mut tx, state, &user, &member).await?;
    if row.status == Status::Sent {
        let now = tx.now;
        change::advance::<Entity>(&mut tx, &row, Action::Open, |update| {
            update.col_expr(Column::MemberId, Expr::value(member_id)).col_expr(Column::OpenedAt, Expr::value(now))
        })
        .await?;
    } else if row.member_id != Some(member_id) {
        return Err(Error::conflict("invitation_over", "邀请已失效，请经办人重新邀请"));
    }
    let token = who::open(&mut tx, state, member_id, row.account_id, Channel::Phone, machine).await?;
    tx.commit().await?;
    let who = who::find(state, &token).await?.ok_or_else(|| Error::internal("a session just opened"))?;
    Ok((token, who))
}

/// An invitation as the representative sees it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub status: Status,
    pub expired: bool,
    pub company_name: String,
    pub agent_name: String,
    /// What keeps the person from answering.
    pub blocked: Option<Blocked>,
    /// The words to be confirmed; empty until the person may answer.
    pub lines: Vec<String>,
    /// SHA-256 of them: sent back with the answer, so that what is confirmed is what was read.
    pub hash: String,
    pub expires_at: DateTimeUtc,
    pub answered_at: Option<DateTimeUtc>,
}

async fn of_member(c: &impl ConnectionTrait, who: &Who) -> Result<Option<Model>, Error> {
    let mine = Entity::find().filter(Column::MemberId.eq(who.member_id)).filter(Column::AccountId.eq(who.account_id));
    Ok(mine.order_by_desc(Column::Id).one(c).await?)
}

/// Whether the person who asks has been asked and has not answered yet.
pub async fn waits_for(state: &State, who: &Who) -> Result<bool, Error> {
    Ok(waiting(of_member(&state.db.read, who).await?, state.clock.now()).is_ok())
}

/// The invitation that the person who asks has opened.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn asked(state: &State, who: &Who) -> Result<Asked, Error> {
    let row = of_member(&state.db.read, who).await?.ok_or_else(Error::not_found)?;
    let company = company_of(&state.db.read, &row).await?;
    let judged = judge(state, &row, &company).await?;
    let expired = row.status.is_waiting() && row.expires_at <= state.clock.now();
    let agent = person::flow::verified(state, row.invited_by).await?;
    let (blocked, lines) = match judged {
        Judged::Blocked(blocked) => (Some(blocked), Vec::new()),
        Judged::Ready { lines, .. } if row.status == Status::Opened && !expired => (None, lines),
        Judged::Ready { .. } | Judged::Over => (None, Vec::new()),
    };
    Ok(Asked {
        status: row.status,
        expired,
        company_name: flow::fields(state, &company)?.get(Field::Name).to_owned(),
        agent_name: agent.map(|agent| agent.name.as_str().to_owned()).unwrap_or_default(),
        blocked: blocked.filter(|_| row.status.is_waiting()),
        hash: hex::encode(Statement::hash(&lines)),
        lines,
        expires_at: row.expires_at,
        answered_at: row.answered_at,
    })
}

enum Judged {
    Blocked(Blocked),
    Ready {
        person: Box<person::Verified>,
        lines: Vec<String>,
    },
    /// The form or the agent no longer says what the invitation said.
    Over,
}

/// Whether the member behind an invitation is the person it asks for.
async fn judge(state: &State, row: &Model, company: &company::Model) -> Result<Judged, Error> {
    let Some(member_id) = row.member_id else { return Ok(Judged::Over) };
    let fields = flow::fields(state, company)?;
    let Some(statement) = statement_now(state, row, &fields).await? else { return Ok(Judged::Over) };
    if statement.index(state) != row.statement_index {
        return Ok(Judged::Over);
    }
    let verified = person::flow::verified(state, member_id).await?;
    let number = ResidentId::parse(fields.get(Field::RepresentativeIdNumber)).ok();
    let representative = (statement.representative_name.as_str(), number.as_ref().map(ResidentId::as_str));
    let proven = verified.as_ref().map(|person| (person.name.as_str(), person.resident_id.as_str()));
    Ok(match (may_answer(proven, representative, &statement.agent_id_number), verified) {
        (Err(blocked), _) => Judged::Blocked(blocked),
        (Ok(()), Some(person)) => {
            let lines = statement.lines(person.resident_id.as_str());
            Judged::Ready { person: Box::new(person), lines }
        }
        (Ok(()), None) => Judged::Blocked(Blocked::NotVerified),
    })
}

/// The invitation opened by the person who asks, and its company, both held until the transaction ends.
async fn held(tx: &Tx, who: &Who) -> Result<(Model, company::Model), Error> {
    let company = flow::held(tx, who).await?;
    let row = of_member(&**tx, who).await?.filter(|row| row.company_id == company.id);
    Ok((waiting(row, tx.now)?, company))
}

/// 确认: exactly the words that were shown, by the verified representative, on this phone. They are kept as evidence.
///
/// # Errors
/// [`Error::Conflict`] when the invitation is over, the words have changed, or the person is not the one who is asked.
pub async fn confirm(state: &State, who: &Who, hash: &str) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let (row, company) = held(&tx, who).await?;
    let (person, lines) = match judge(state, &row, &company).await? {
        Judged::Blocked(blocked) => return Err(Error::conflict("blocked", blocked.advice())),
        Judged::Over => return Err(Error::conflict("invitation_over", "资料已有变化，请经办人重新邀请")),
        Judged::Ready { person, lines } => (person, lines),
    };
    let text_hash = Statement::hash(&lines);
    if !who::same(&hex::encode(&text_hash), hash) {
        return Err(Error::conflict("changed", "确认内容刚刚有变化，请重新阅读后再确认"));
    }
    let index = state.vault.index("invitation.resident_id", person.resident_id.as_str());
    let (now, text) = (tx.now, state.vault.seal("invitation.text", row.id, &lines.join("\n")));
    change::advance::<Entity>(&mut tx, &row, Action::Confirm, |update| {
        update
            .col_expr(Column::Ticket, Expr::value(None::<Vec<u8>>))
            .col_expr(Column::AnsweredAt, Expr::value(now))
            .col_expr(Column::TextVersion, Expr::value(VERSION))
            .col_expr(Column::Text, Expr::value(text))
            .col_expr(Column::TextHash, Expr::value(text_hash))
            .col_expr(Column::PersonId, Expr::value(person.person_id))
            .col_expr(Column::SessionId, Expr::value(who.session_id))
            .col_expr(Column::ResidentIdIndex, Expr::value(index))
    })
    .await?;
    agreements::record(&mut tx, who.member_id, who.account_id, agreements::Text::CertificateUse).await?;
    fill_number(&tx, state, &company, &person).await?;
    tx.commit().await
}

/// The representative's number, where nobody has typed it: it is proven now.
async fn fill_number(tx: &Tx, state: &State, row: &company::Model, person: &person::Verified) -> Result<(), Error> {
    let mut fields = flow::fields(state, row)?;
    if !fields.get(Field::RepresentativeIdNumber).is_empty() {
        return Ok(());
    }
    fields.set(Field::RepresentativeIdNumber, person.resident_id.as_str());
    company::Entity::update_many()
        .col_expr(company::Column::Fields, Expr::value(flow::sealed(state, "company.fields", row.id, &fields)?))
        .filter(company::Column::Id.eq(row.id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// 不同意: before the answer, or after it as long as nothing has been submitted.
///
/// # Errors
/// [`Error::Conflict`] when there is nothing to decline.
pub async fn decline(state: &State, who: &Who) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let company = flow::held(&tx, who).await?;
    let row = of_member(&*tx, who).await?.filter(|row| row.company_id == company.id && row.status.is_live());
    let row = row.ok_or_else(|| Error::conflict("invitation_over", "邀请已失效，无需再操作"))?;
    let now = tx.now;
    change::advance::<Entity>(&mut tx, &row, Action::Decline, |update| {
        update
            .col_expr(Column::LiveFor, Expr::value(None::<Uuid>))
            .col_expr(Column::Ticket, Expr::value(None::<Vec<u8>>))
            .col_expr(Column::AnsweredAt, Expr::value(now))
    })
    .await?;
    tx.commit().await
}

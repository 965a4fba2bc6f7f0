//! What people can do with a hand-off: show it on the desktop; look, confirm or refuse on the phone.

use super::{Action, Purpose, Status, entity};
use crate::{
    account::{
        self,
        wechat::{self, WechatUser},
    },
    change,
    db::Actor,
    error::Error,
    state::State,
    who::{self, Channel, Machine, Who},
};
use chrono::Duration;
use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::Random;

/// The path of the ordinary link: WeChat opens whatever begins with it in the mini-program.
pub const LINK: &str = "/h/";

/// A ticket just made.
#[derive(Clone, Debug)]
pub struct Shown {
    pub id: Uuid,
    /// What the QR code says.
    pub link: String,
    pub expires_at: DateTimeUtc,
}

/// Makes a ticket for the desktop session that asks.
pub async fn show(state: &State, who: &Who, machine: &Machine, purpose: Purpose) -> Result<Shown, Error> {
    let ticket = ticket(&state.random);
    let mut tx = state.db.begin(who.actor()).await?;
    let id = tx.id();
    let expires_at = tx.now + Duration::seconds(state.config.handoff.unscanned_seconds);
    let row = entity::ActiveModel {
        id: Set(id),
        ticket_hash: Set(who::digest(&ticket)),
        session_id: Set(who.session_id),
        account_id: Set(who.account_id),
        member_id: Set(who.member_id),
        purpose: Set(purpose),
        status: Set(Status::Shown),
        browser: Set(machine.browser.clone()),
        system: Set(machine.system.clone()),
        place: Set(machine.place.clone()),
        scanned_by: Set(None),
        expires_at: Set(expires_at),
        created_at: Set(tx.now),
    };
    // A page shows one code at a time: what it showed before and nobody has scanned is void now.
    entity::Entity::delete_many()
        .filter(entity::Column::SessionId.eq(who.session_id))
        .filter(entity::Column::Purpose.eq(purpose))
        .filter(entity::Column::Status.eq(Status::Shown))
        .filter(entity::Column::ExpiresAt.lt(tx.now + Duration::seconds(state.config.handoff.unscanned_seconds / 2)))
        .exec(&*tx)
        .await?;
    entity::Entity::insert(row).exec_without_returning(&*tx).await?;
    tx.say(crate::events::Event::new("handoff.show", id, None)).await?;
    tx.commit().await?;
    Ok(Shown { id, link: state.config.public(&format!("{LINK}{ticket}")), expires_at })
}

/// 128 bits as 32 characters: also fits the `scene` of a mini-program code.
fn ticket(random: &Random) -> String {
    hex::encode(random.bytes::<16>())
}

/// What the phone shows before confirming.
#[derive(Clone, Debug)]
pub struct Look {
    pub row: entity::Model,
    pub account_name: String,
}

/// The phone has opened a ticket. The first phone to do so is the only one that can go on.
///
/// # Errors
/// [`Error::NotFound`] for unknown, expired, used and foreign tickets alike.
pub async fn look(state: &State, ticket: &str, code: &str) -> Result<Look, Error> {
    let user = WechatUser::from_code(state, code).await?;
    let index = state.vault.index("wechat.openid", user.openid());
    let mut tx = state.db.begin(Actor::System).await?;
    let mut row = find(state, &*tx, ticket).await?;
    match row.status {
        Status::Shown => {
            let expires_at = tx.now + Duration::seconds(state.config.handoff.scanned_seconds);
            let scanned_by = index.clone();
            row.status = change::advance::<entity::Entity>(&mut tx, &row, Action::Scan, |update| {
                update
                    .col_expr(entity::Column::ScannedBy, Expr::value(scanned_by))
                    .col_expr(entity::Column::ExpiresAt, Expr::value(expires_at))
            })
            .await?;
            row.expires_at = expires_at;
        }
        _ if row.scanned_by.as_deref() == Some(index.as_slice()) => {}
        _ => return Err(void()),
    }
    tx.commit().await?;
    let account = account::entity::account::Entity::find_by_id(row.account_id).one(&state.db.read).await?;
    let account_name = account.ok_or_else(Error::not_found)?.name;
    Ok(Look { row, account_name })
}

fn void() -> Error {
    Error::conflict("void", "二维码已失效，请在电脑上刷新后重新扫描")
}

async fn find(state: &State, c: &impl ConnectionTrait, ticket: &str) -> Result<entity::Model, Error> {
    let row = entity::Entity::find()
        .filter(entity::Column::TicketHash.eq(who::digest(ticket)))
        .filter(entity::Column::ExpiresAt.gt(state.clock.now()))
        .one(c)
        .await?
        .ok_or_else(void)?;
    let open = who::entity::Entity::find()
        .filter(who::entity::Column::Id.eq(row.session_id))
        .filter(who::entity::Column::ExpiresAt.gt(state.clock.now()))
        .one(c)
        .await?;
    if open.is_none() { Err(void()) } else { Ok(row) }
}

/// The person on the phone confirms: this WeChat is bound to the member whose desktop asks, and signed in.
///
/// # Errors
/// [`Error::Conflict`] when the ticket is void, was scanned by another phone, or the member is bound to another WeChat.
pub async fn confirm(
    state: &State,
    machine: &Machine,
    ticket: &str,
    code: &str,
) -> Result<(String, Who, Purpose), Error> {
    let user = WechatUser::from_code(state, code).await?;
    let index = state.vault.index("wechat.openid", user.openid());
    let mut tx = state.db.begin(Actor::System).await?;
    let row = find(state, &*tx, ticket).await?;
    if row.status != Status::Scanned || row.scanned_by.as_deref() != Some(index.as_slice()) {
        return Err(void());
    }
    tx.actor = Actor::Member(row.member_id);
    let member = account::flow::member(state, row.account_id, row.member_id).await?;
    wechat::bind(&mut tx, state, &user, &member).await?;
    change::advance::<entity::Entity>(&mut tx, &row, Action::Confirm, |update| update).await?;
    let token = who::open(&mut tx, state, member.id, member.account_id, Channel::Phone, machine).await?;
    tx.commit().await?;
    let who = who::find(state, &token).await?.ok_or_else(|| Error::internal("a session just opened"))?;
    Ok((token, who, row.purpose))
}

/// The person on the phone refuses; nobody else can who came by the ticket.
///
/// # Errors
/// [`Error::Conflict`] when the ticket is void or was scanned by another phone.
pub async fn refuse(state: &State, ticket: &str, code: &str) -> Result<(), Error> {
    let user = WechatUser::from_code(state, code).await?;
    let index = state.vault.index("wechat.openid", user.openid());
    let mut tx = state.db.begin(Actor::System).await?;
    let row = find(state, &*tx, ticket).await?;
    if row.scanned_by.as_deref() != Some(index.as_slice()) {
        return Err(void());
    }
    change::advance::<entity::Entity>(&mut tx, &row, Action::Refuse, |update| update).await?;
    tx.commit().await
}

/// The ticket that a desktop page shows, for the page itself.
pub async fn of_session(state: &State, who: &Who, id: Uuid) -> Result<Option<entity::Model>, Error> {
    Ok(entity::Entity::find_by_id(id).filter(entity::Column::SessionId.eq(who.session_id)).one(&state.db.read).await?)
}

/// Forgets tickets of yesterday. Run now and then.
pub async fn sweep(state: &State) -> Result<(), Error> {
    let old = state.clock.now() - Duration::days(1);
    entity::Entity::delete_many().filter(entity::Column::ExpiresAt.lt(old)).exec(state.db.machinery()).await?;
    Ok(())
}

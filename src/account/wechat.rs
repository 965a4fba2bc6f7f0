//! Signing in by one tap in the mini-program: which WeChat user is which member. A person may belong to several accounts.

use super::{
    BIND_LIFE,
    entity::{account, member, wechat_binding},
    flow,
};
use crate::{
    db::{Actor, Tx},
    error::Error,
    events::Event,
    state::State,
    who::{self, Channel, Machine, Who},
};
use sea_orm::{
    ActiveValue::Set,
    FromQueryResult, QueryOrder,
    entity::prelude::*,
    sea_query::{Alias, Expr, ExprTrait, JoinType, Order, Query, UnionType},
};
use zhangzheng_kinds::Mobile;

/// A WeChat user, as WeChat's server has told us (never as a phone claims).
#[derive(Clone, Debug)]
pub struct WechatUser {
    openid: String,
}

impl WechatUser {
    /// Exchanges the code of `wx.login`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the code is not (or no longer) good, [`Error::Unavailable`] when WeChat does not answer.
    pub async fn from_code(state: &State, code: &str) -> Result<Self, Error> {
        let asked = state.providers.wechat.session(code).await;
        let session = asked.map_err(|error| Error::unavailable("微信暂时没有回应，请稍后再试", error))?;
        let session = session.ok_or_else(|| Error::invalid("code", "微信登录已过期，请返回小程序重新进入"))?;
        Ok(Self { openid: session.openid })
    }

    /// The same for everybody who knows the user: for payment and messages.
    pub fn openid(&self) -> &str {
        &self.openid
    }

    fn index(&self, state: &State) -> Vec<u8> {
        state.vault.index("wechat.openid", &self.openid)
    }
}

/// How a tap ended.
#[derive(Debug)]
pub enum Tapped {
    SignedIn {
        token: String,
        who: Who,
    },
    /// Nobody yet: this ticket says which WeChat user asked.
    Unbound {
        bind_ticket: String,
    },
}

/// One tap: the member used last by this WeChat user.
pub async fn tap(state: &State, machine: &Machine, code: &str) -> Result<Tapped, Error> {
    let user = WechatUser::from_code(state, code).await?;
    let binding = wechat_binding::Entity::find()
        .filter(wechat_binding::Column::OpenidIndex.eq(user.index(state)))
        .order_by_desc(wechat_binding::Column::UsedAt)
        .one(&state.db.read)
        .await?;
    match binding {
        Some(binding) => {
            let (token, who) = sign_in_as(state, machine, binding.member_id).await?;
            Ok(Tapped::SignedIn { token, who })
        }
        None => Ok(Tapped::Unbound { bind_ticket: bind_ticket(state, &user) }),
    }
}

async fn sign_in_as(state: &State, machine: &Machine, member_id: Uuid) -> Result<(String, Who), Error> {
    let member = member::Entity::find_by_id(member_id).one(&state.db.read).await?.ok_or_else(Error::not_found)?;
    let mut tx = state.db.begin(Actor::Member(member.id)).await?;
    touch(&mut tx, member.id).await?;
    let token = who::open(&mut tx, state, member.id, member.account_id, Channel::Phone, machine).await?;
    tx.commit().await?;
    let who = who::find(state, &token).await?.ok_or_else(|| Error::internal("a session just opened"))?;
    Ok((token, who))
}

async fn touch(tx: &mut Tx, member_id: Uuid) -> Result<(), Error> {
    wechat_binding::Entity::update_many()
        .col_expr(wechat_binding::Column::UsedAt, Expr::value(tx.now))
        .filter(wechat_binding::Column::MemberId.eq(member_id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// A sealed note to ourselves: which WeChat user, until when.
fn bind_ticket(state: &State, user: &WechatUser) -> String {
    use base64::Engine;
    let until = (state.clock.now() + BIND_LIFE).timestamp();
    let sealed = state.vault.seal("wechat.bind_ticket", Uuid::nil(), &format!("{until} {}", user.openid));
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sealed)
}

fn open_ticket(state: &State, ticket: &str) -> Result<WechatUser, Error> {
    use base64::Engine;
    let stale = || Error::invalid("bind_ticket", "绑定已超时，请返回小程序重新登录");
    let sealed = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(ticket).map_err(|_| stale())?;
    let plain = state.vault.open("wechat.bind_ticket", Uuid::nil(), &sealed).map_err(|_| stale())?;
    let (until, openid) = plain.split_once(' ').ok_or_else(stale)?;
    if until.parse::<i64>().map_err(|_| stale())? < state.clock.now().timestamp() {
        return Err(stale());
    }
    Ok(WechatUser { openid: openid.to_owned() })
}

/// Binds a WeChat user to the member whose credentials were typed, and signs in.
pub async fn bind_by_password(
    state: &State,
    machine: &Machine,
    ticket: &str,
    account: &str,
    mobile: &str,
    password: &str,
) -> Result<(String, Who), Error> {
    let user = open_ticket(state, ticket)?;
    let member = flow::check_password(state, machine, account, mobile, password).await?;
    bind_and_open(state, machine, &user, &member).await
}

/// Binds by the mobile number that WeChat itself has verified: every account with a member of this number, the newest first.
///
/// # Errors
/// [`Error::NotFound`]-like conflict when nobody has this number: register first.
pub async fn bind_by_mobile(
    state: &State,
    machine: &Machine,
    code: &str,
    phone_code: &str,
) -> Result<(String, Who), Error> {
    let user = WechatUser::from_code(state, code).await?;
    let mobile = verified_mobile(state, phone_code).await?;
    let index = state.vault.index("member.mobile", mobile.as_str());
    let members = member::Entity::find()
        .filter(member::Column::MobileIndex.eq(index))
        .order_by_desc(member::Column::Id)
        .all(&state.db.read)
        .await?;
    let mut signed_in = None;
    for member in members.iter().rev() {
        if bound_to_other(state, &user, member.id).await? {
            continue;
        }
        signed_in = Some(bind_and_open(state, machine, &user, member).await?);
    }
    signed_in.ok_or_else(|| Error::conflict("no_member", "该手机号尚未注册，请先注册企业帐号"))
}

/// Exchanges the code of the phone-number button.
pub async fn verified_mobile(state: &State, phone_code: &str) -> Result<Mobile, Error> {
    let asked = state.providers.wechat.mobile(phone_code).await;
    let mobile = asked.map_err(|error| Error::unavailable("微信暂时没有回应，请稍后再试", error))?;
    mobile.ok_or_else(|| Error::invalid("phone_code", "未能取得手机号，请重新点击获取"))
}

async fn bound_to_other(state: &State, user: &WechatUser, member_id: Uuid) -> Result<bool, Error> {
    let binding = wechat_binding::Entity::find()
        .filter(wechat_binding::Column::MemberId.eq(member_id))
        .one(&state.db.read)
        .await?;
    Ok(binding.is_some_and(|binding| binding.openid_index != user.index(state)))
}

async fn bind_and_open(
    state: &State,
    machine: &Machine,
    user: &WechatUser,
    member: &member::Model,
) -> Result<(String, Who), Error> {
    let mut tx = state.db.begin(Actor::Member(member.id)).await?;
    bind(&mut tx, state, user, member).await?;
    let token = who::open(&mut tx, state, member.id, member.account_id, Channel::Phone, machine).await?;
    tx.commit().await?;
    let who = who::find(state, &token).await?.ok_or_else(|| Error::internal("a session just opened"))?;
    Ok((token, who))
}

/// Binds in a transaction of the caller's. Binding again is nothing new.
///
/// # Errors
/// [`Error::Conflict`] when the member is bound to another WeChat user.
pub async fn bind(tx: &mut Tx, state: &State, user: &WechatUser, member: &member::Model) -> Result<(), Error> {
    let index = user.index(state);
    let bound =
        wechat_binding::Entity::find().filter(wechat_binding::Column::MemberId.eq(member.id)).one(&**tx).await?;
    match bound {
        Some(binding) if binding.openid_index == index => touch(tx, member.id).await,
        Some(_) => Err(Error::conflict(
            "bound_elsewhere",
            "该成员已绑定另一个微信，请用原来的微信操作，或先在原微信「我的」中解除绑定",
        )),
        None => {
            let id = tx.id();
            let row = wechat_binding::ActiveModel {
                id: Set(id),
                member_id: Set(member.id),
                openid_index: Set(index),
                openid: Set(state.vault.seal("wechat_binding.openid", id, &user.openid)),
                used_at: Set(tx.now),
            };
            wechat_binding::Entity::insert(row).exec_without_returning(&**tx).await?;
            tx.say(Event::new("member.bind_wechat", member.id, Some(member.account_id))).await
        }
    }
}

/// The openid bound to a member, for payment and messages.
pub async fn openid(state: &State, member_id: Uuid) -> Result<Option<String>, Error> {
    let binding = wechat_binding::Entity::find()
        .filter(wechat_binding::Column::MemberId.eq(member_id))
        .one(&state.db.read)
        .await?;
    binding.map(|row| state.vault.open("wechat_binding.openid", row.id, &row.openid)).transpose()
}

/// An account that the same WeChat user belongs to.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Belongs {
    pub member_id: Uuid,
    pub account_name: String,
    /// Sealed at `member.mobile`.
    pub mobile: Vec<u8>,
}

/// The member's own account, and every other one of the same WeChat user: 切换账号. One statement, as every page asks.
pub async fn belongs(state: &State, who: &Who) -> Result<Vec<Belongs>, Error> {
    let (mine, other) = (Alias::new("mine"), Alias::new("other"));
    let same_wechat = Query::select()
        .column((other.clone(), wechat_binding::Column::MemberId))
        .from_as(wechat_binding::Entity, mine.clone())
        .join_as(
            JoinType::InnerJoin,
            wechat_binding::Entity,
            other.clone(),
            Expr::col((other, wechat_binding::Column::OpenidIndex))
                .equals((mine.clone(), wechat_binding::Column::OpenidIndex)),
        )
        .and_where(Expr::col((mine, wechat_binding::Column::MemberId)).eq(who.member_id))
        .to_owned();
    let them = Query::select().expr(Expr::value(who.member_id)).union(UnionType::All, same_wechat).to_owned();
    let query = Query::select()
        .expr_as(Expr::col((member::Entity, member::Column::Id)), "member_id")
        .expr_as(Expr::col((account::Entity, account::Column::Name)), "account_name")
        .column((member::Entity, member::Column::Mobile))
        .from(member::Entity)
        .inner_join(
            account::Entity,
            Expr::col((account::Entity, account::Column::Id)).equals((member::Entity, member::Column::AccountId)),
        )
        .and_where(Expr::col((member::Entity, member::Column::Id)).in_subquery(them))
        .order_by((member::Entity, member::Column::Id), Order::Asc)
        .to_owned();
    let read = &state.db.read;
    Ok(Belongs::find_by_statement(read.get_database_backend().build(&query)).all(read).await?)
}

/// 切换账号: signs in as another member of the same WeChat user; the session before ends.
pub async fn switch(state: &State, machine: &Machine, who: &Who, member_id: Uuid) -> Result<(String, Who), Error> {
    let mine = belongs(state, who).await?;
    if !mine.iter().any(|other| other.member_id == member_id) {
        return Err(Error::not_found());
    }
    flow::sign_out(state, who).await?;
    sign_in_as(state, machine, member_id).await
}

/// 解除绑定: this WeChat no longer signs in as this member; the member's phone sessions end.
pub async fn unbind(state: &State, who: &Who) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    wechat_binding::Entity::delete_many().filter(wechat_binding::Column::MemberId.eq(who.member_id)).exec(&*tx).await?;
    who::entity::Entity::delete_many()
        .filter(who::entity::Column::MemberId.eq(who.member_id))
        .filter(who::entity::Column::Channel.eq(Channel::Phone))
        .exec(&*tx)
        .await?;
    tx.say(Event::new("member.unbind_wechat", who.member_id, Some(who.account_id))).await?;
    tx.commit().await
}

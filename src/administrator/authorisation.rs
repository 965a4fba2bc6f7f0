//! 授权 / 撤销授权: the administrator gives a bought authorisation to one of the company's people, and takes it back.

use super::{
    entity::authorisation::{ActiveModel, Column, Entity},
    flow::live,
    free_place, needs,
};
use crate::{account, error::Error, events::Event, state::State, who::Who};
use sea_orm::{ActiveValue::Set, QueryOrder, SqlErr, entity::prelude::*, sea_query::Expr};

/// An authorisation that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub id: Uuid,
    pub member_id: Uuid,
    pub since: DateTimeUtc,
}

/// How many were bought, and who has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub bought: u32,
    pub given: Vec<Given>,
}

/// What was bought and given out.
pub async fn standing(state: &State, account_id: Uuid) -> Result<Standing, Error> {
    let bought = needs::bought(state, account_id).await?.map_or(0, |bought| bought.authorisations);
    let rows = Entity::find()
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::RevokedAt.is_null())
        .order_by_asc(Column::Id)
        .all(&state.db.read)
        .await?;
    let given = rows.into_iter().map(|row| Given { id: row.id, member_id: row.granted_to, since: row.created_at });
    Ok(Standing { bought, given: given.collect() })
}

async fn must_be_administrator(state: &State, who: &Who) -> Result<(), Error> {
    let confirmed = live(&state.db.read, who.account_id).await?.confirmed;
    if confirmed.is_some_and(|row| row.member_id == who.member_id) {
        return Ok(());
    }
    Err(Error::forbidden("not_administrator", "只有已确认的管理员可以授权或撤销授权"))
}

/// 授权 to a person of the account who has done 个人实名认证.
///
/// # Errors
/// [`Error::Forbidden`] for everybody but the administrator, [`Error::Conflict`] when none is left or the person has one.
pub async fn grant(state: &State, who: &Who, member_id: Uuid) -> Result<Uuid, Error> {
    must_be_administrator(state, who).await?;
    let member = account::flow::member(state, who.account_id, member_id).await?;
    if member.id == who.member_id {
        return Err(Error::invalid("member_id", "管理员本人可直接使用证书，无需授权"));
    }
    if needs::verified_name(state, member.id).await?.is_none() {
        return Err(Error::invalid("member_id", "此人尚未完成个人实名认证，完成后才能授权"));
    }
    let none_left = || Error::conflict("none_left", "已购买的授权已全部使用，请先撤销或购买更多授权");
    let bought = needs::bought(state, who.account_id).await?.ok_or_else(none_left)?;
    let mut tx = state.db.begin(who.actor()).await?;
    let standing = Entity::find()
        .filter(Column::AccountId.eq(who.account_id))
        .filter(Column::OrderId.eq(bought.order_id))
        .filter(Column::RevokedAt.is_null())
        .all(&*tx)
        .await?;
    let taken: Vec<u32> =
        standing.iter().filter_map(|row| row.place.as_deref()?.rsplit(':').next()?.parse().ok()).collect();
    let place = free_place(&taken, bought.authorisations).ok_or_else(none_left)?;
    let id = tx.id();
    let row = ActiveModel {
        id: Set(id),
        account_id: Set(who.account_id),
        order_id: Set(bought.order_id),
        granted_to: Set(member.id),
        granted_by: Set(who.member_id),
        created_at: Set(tx.now),
        revoked_at: Set(None),
        place: Set(Some(format!("{}:{place}", bought.order_id))),
        holder: Set(Some(format!("{}:{}", bought.order_id, member.id))),
    };
    Entity::insert(row).exec_without_returning(&*tx).await.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::conflict("has_one", "此人已有授权，无需重复授权"),
        _ => error.into(),
    })?;
    needs::use_authorisations(&mut tx, who.account_id, taken.len() + 1).await?;
    tx.say(Event::new("authorisation.grant", id, Some(who.account_id))).await?;
    tx.commit().await?;
    Ok(id)
}

/// 撤销授权. Taking back what is no longer given is nothing.
///
/// # Errors
/// [`Error::Forbidden`] for everybody but the administrator, [`Error::NotFound`] for other companies' authorisations.
pub async fn revoke(state: &State, who: &Who, id: Uuid) -> Result<(), Error> {
    must_be_administrator(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = Entity::find_by_id(id).filter(Column::AccountId.eq(who.account_id)).one(&*tx).await?;
    let row = row.ok_or_else(Error::not_found)?;
    let taken_back = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(tx.now))
        .col_expr(Column::Place, Expr::value(None::<String>))
        .col_expr(Column::Holder, Expr::value(None::<String>))
        .filter(Column::Id.eq(row.id))
        .filter(Column::RevokedAt.is_null())
        .exec(&*tx)
        .await?;
    if taken_back.rows_affected == 1 {
        tx.say(Event::new("authorisation.revoke", id, Some(who.account_id))).await?;
        tx.commit().await?;
    }
    Ok(())
}

//! A crowd of members who are signed in on a desktop and on a phone, verified, with a company begun.

use crate::{holder, process::Product};
use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;
use zhangzheng::{
    account::entity::wechat_binding,
    db::Actor,
    who::{self, Channel, Machine},
};

/// One of them.
pub struct Member {
    pub account_id: Uuid,
    pub member_id: Uuid,
    /// The desktop's session cookie.
    pub desktop: String,
    /// The phone's bearer token.
    pub phone: String,
}

/// Makes so many, straight in the database.
pub async fn crowd(product: &Product, count: usize) -> anyhow::Result<Vec<Member>> {
    let world = &product.world;
    let machine =
        Machine { browser: "bench".into(), system: "bench".into(), place: "本机".into(), ip: String::new() };
    let mut all = Vec::with_capacity(count);
    for number in 0..count {
        let (account_id, member_id) = holder::account(world, number).await;
        holder::verify(world, account_id, member_id, holder::WANG.2).await;
        let mut tx = world.state.db.begin(Actor::System).await?;
        let desktop = who::open(&mut tx, &world.state, member_id, account_id, Channel::Desktop, &machine).await?;
        let phone = who::open(&mut tx, &world.state, member_id, account_id, Channel::Phone, &machine).await?;
        let id = tx.id();
        let openid = format!("oBENCH{number:022}");
        let binding = wechat_binding::ActiveModel {
            id: Set(id),
            member_id: Set(member_id),
            openid_index: Set(world.state.vault.index("wechat.openid", &openid)),
            openid: Set(world.state.vault.seal("wechat_binding.openid", id, &openid)),
            used_at: Set(tx.now),
        };
        wechat_binding::Entity::insert(binding).exec_without_returning(&*tx).await?;
        tx.commit().await?;
        all.push(Member { account_id, member_id, desktop, phone });
    }
    world.work().await;
    Ok(all)
}

//! The step as shown: who is named, who is confirmed, the company's people, what may be done. Names and mobiles are masked.

use super::{
    Blocked, How, KeyStatus, Status,
    entity::{administrator, signing_key},
    flow, needs,
};
use crate::{account, error::Error, state::State, who::Who};
use sea_orm::entity::prelude::*;
use zhangzheng_kinds::PersonName;

/// Somebody named or confirmed.
#[derive(Clone, Debug)]
pub struct Holder {
    pub status: Status,
    pub how: How,
    pub is_me: bool,
    pub name: Option<String>,
    pub mobile: String,
    /// Named or confirmed at this time.
    pub since: DateTimeUtc,
    /// Whether the SMS to somebody named by another person is on its way.
    pub invited: bool,
}

/// One of the company's people.
#[derive(Clone, Debug)]
pub struct Colleague {
    pub member_id: Uuid,
    pub is_me: bool,
    /// None until 个人实名认证 is done.
    pub name: Option<String>,
    pub mobile: String,
    /// The authorisation that this person has been given.
    pub authorisation: Option<Uuid>,
}

/// Everything that desktop and phone show of this step.
#[derive(Clone, Debug)]
pub struct View {
    pub paid: bool,
    /// Bought authorisations.
    pub bought: u32,
    pub may_name: bool,
    pub confirmed: Option<Holder>,
    pub named: Option<Holder>,
    /// What keeps me from confirming, when I am the one named.
    pub blocked: Option<Blocked>,
    /// The administrator's key, when I am the administrator.
    pub key: Option<signing_key::Model>,
    pub people: Vec<Colleague>,
}

impl View {
    /// Whether the person who asks is the administrator.
    pub fn i_am(&self) -> bool {
        self.confirmed.as_ref().is_some_and(|holder| holder.is_me)
    }

    /// How many authorisations are given out.
    pub fn given(&self) -> usize {
        self.people.iter().filter(|person| person.authorisation.is_some()).count()
    }

    /// A key that signs no more, of a confirmed administrator: the way out is a new one.
    pub fn key_is_dead(&self) -> bool {
        self.key.as_ref().is_some_and(|key| key.status == KeyStatus::Locked)
    }
}

/// Reads it for the person who asks.
pub async fn view(state: &State, who: &Who) -> Result<View, Error> {
    let live = flow::live(&state.db.read, who.account_id).await?;
    let standing = flow::standing(state, who.account_id).await?;
    let may_name = flow::who_may_name(state, who, &live).await?;
    let blocked = match live.named.as_ref().filter(|row| row.member_id == who.member_id) {
        Some(row) => flow::blocked(state, row).await?,
        None => None,
    };
    let key = match live.confirmed.as_ref().filter(|row| row.member_id == who.member_id) {
        Some(row) => flow::key_of(&state.db.read, row).await?,
        None => None,
    };
    Ok(View {
        paid: needs::bought(state, who.account_id).await?.is_some(),
        bought: standing.bought,
        may_name,
        confirmed: holder(state, who, live.confirmed).await?,
        named: holder(state, who, live.named).await?,
        blocked,
        key,
        people: people(state, who, &standing).await?,
    })
}

async fn holder(state: &State, who: &Who, row: Option<administrator::Model>) -> Result<Option<Holder>, Error> {
    let Some(row) = row else { return Ok(None) };
    let member = account::flow::member(state, row.account_id, row.member_id).await?;
    let name = match flow::given_name(state, &row)? {
        Some(name) => Some(name),
        None => needs::verified_name(state, row.member_id).await?,
    };
    Ok(Some(Holder {
        status: row.status,
        how: row.how,
        is_me: row.member_id == who.member_id,
        name: name.as_ref().map(PersonName::masked),
        mobile: account::flow::mobile(state, &member)?.masked(),
        since: row.confirmed_at.unwrap_or(row.created_at),
        invited: row.invited_at.is_some(),
    }))
}

/// The company's people, in the order in which they joined.
async fn people(state: &State, who: &Who, standing: &flow::Standing) -> Result<Vec<Colleague>, Error> {
    let mut people = Vec::new();
    for member in account::flow::members(state, who.account_id).await? {
        let name = needs::verified_name(state, member.id).await?;
        people.push(Colleague {
            member_id: member.id,
            is_me: member.id == who.member_id,
            name: name.as_ref().map(PersonName::masked),
            mobile: account::flow::mobile(state, &member)?.masked(),
            authorisation: standing.given.iter().find(|given| given.member_id == member.id).map(|given| given.id),
        });
    }
    people.sort_by_key(|person| person.member_id);
    Ok(people)
}

//! 双人复核: what nobody does alone. The first proposes, with a reason; somebody else with the right role confirms or declines
//! within a day, or else it lapses. One at a time about each subject.

use super::{
    Role, Roles, case, catalogue,
    decision::{Decision, Kind, Why},
    entity::{proposal, staff},
    payments,
    session::Staffer,
    staffing,
};
use crate::{
    actions, change,
    db::{Actor, Tx},
    error::Error,
    events::Event,
    jobs::{Job, Outcome},
    state::State,
};
use chrono::Duration;
use sea_orm::{
    ActiveValue::Set, DeriveActiveEnum, EnumIter, QueryOrder, QuerySelect, SqlErr, entity::prelude::*, sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Nobody waits longer than this.
pub const LIFE: Duration = Duration::hours(24);
/// The job that lets a proposal lapse.
pub const LAPSE: &str = "proposal.lapse";
/// Longest reason, in characters.
const LONGEST_REASON: usize = 1000;

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    /// For a second person.
    Waiting,
    Confirmed,
    Declined,
    /// By whoever proposed it.
    Withdrawn,
    /// Nobody has answered in time.
    Lapsed,
}

actions! {
    /// What can be done to a proposal.
    "proposal" {
        Confirm => "confirm",
        Decline => "decline",
        Withdraw => "withdraw",
        Lapse => "lapse",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        match (self, action) {
            (Self::Waiting, Action::Confirm) => Some(Self::Confirmed),
            (Self::Waiting, Action::Decline) => Some(Self::Declined),
            (Self::Waiting, Action::Withdraw) => Some(Self::Withdrawn),
            (Self::Waiting, Action::Lapse) => Some(Self::Lapsed),
            _ => None,
        }
    }

    /// What pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "待复核",
            Self::Confirmed => "已确认",
            Self::Declined => "已否决",
            Self::Withdrawn => "已撤回",
            Self::Lapsed => "已过期",
        }
    }
}

/// What will be done when it is confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A decision about the submission that was looked at.
    Case { decision: Decision, seen: String },
    /// Somebody's roles: those they had and those they get.
    Roles { was: String, now_is: String },
    /// Money that is moved by hand.
    Payment(payments::Act),
    /// The draft of the catalogue that was looked at, and from when on.
    Catalogue { version: Uuid, number: i32, seen: String, from: Option<DateTimeUtc> },
}

/// A proposal, opened.
#[derive(Clone)]
pub struct Proposal {
    pub id: Uuid,
    pub why: Why,
    pub status: Status,
    pub subject_id: Uuid,
    pub proposer_id: Uuid,
    pub reason: String,
    pub act: Act,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub settled_by: Option<Uuid>,
    pub settled_at: Option<DateTimeUtc>,
}

/// Reasons may name people.
impl std::fmt::Debug for Proposal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proposal").field("id", &self.id).field("why", &self.why).finish_non_exhaustive()
    }
}

impl Proposal {
    /// The page of what it is about.
    pub fn path(&self) -> String {
        match &self.act {
            Act::Case { decision, .. } => decision.kind.path(self.subject_id),
            Act::Roles { .. } => "/console/staff".to_owned(),
            Act::Payment(_) => "/console/payments".to_owned(),
            Act::Catalogue { .. } => "/console/catalogue".to_owned(),
        }
    }

    /// Whether this member of staff may be the second person.
    pub fn may_settle(&self, staffer: &Staffer) -> bool {
        staffer.id != self.proposer_id && staffer.can(self.why.needs()) && !self.is_about(staffer.id)
    }

    fn is_about(&self, staff_id: Uuid) -> bool {
        self.why == Why::Roles && self.subject_id == staff_id
    }
}

fn opened(state: &State, row: &proposal::Model) -> Result<Proposal, Error> {
    let why = serde_json::from_value(row.kind.clone().into()).map_err(Error::internal)?;
    let act = state.vault.open("proposal.act", row.id, &row.act)?;
    Ok(Proposal {
        id: row.id,
        why,
        status: row.status,
        subject_id: row.subject_id,
        proposer_id: row.proposer_id,
        reason: state.vault.open("proposal.reason", row.id, &row.reason)?,
        act: serde_json::from_str(&act).map_err(Error::internal)?,
        created_at: row.created_at,
        expires_at: row.expires_at,
        settled_by: row.settled_by,
        settled_at: row.settled_at,
    })
}

/// Proposes.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming `reason`; [`Error::Conflict`] when one waits about the same
/// subject already, or the person has had a hand in the case.
pub async fn open(
    state: &State,
    staffer: &Staffer,
    why: Why,
    subject_id: Uuid,
    reason: &str,
    act: Act,
) -> Result<Uuid, Error> {
    staffer.may(why.proposes())?;
    let reason = reason.trim();
    if !(1..=LONGEST_REASON).contains(&reason.chars().count()) {
        return Err(Error::invalid("reason", format!("请写明理由，不超过 {LONGEST_REASON} 字")));
    }
    let mut tx = state.db.begin(staffer.actor()).await?;
    if matches!(act, Act::Case { .. }) {
        case::hands_off(&*tx, staffer.id, subject_id).await?;
    }
    lapse_before(&mut tx, subject_id).await?;
    let id = tx.id();
    let text = serde_json::to_string(&act).map_err(Error::internal)?;
    let kind = serde_json::to_value(why).map_err(Error::internal)?;
    let row = proposal::ActiveModel {
        id: Set(id),
        kind: Set(kind.as_str().unwrap_or_default().to_owned()),
        status: Set(Status::Waiting),
        subject_id: Set(subject_id),
        open_for: Set(Some(subject_id)),
        proposer_id: Set(staffer.id),
        reason: Set(state.vault.seal("proposal.reason", id, reason)),
        act: Set(state.vault.seal("proposal.act", id, &text)),
        created_at: Set(tx.now),
        expires_at: Set(tx.now + LIFE),
        settled_by: Set(None),
        settled_at: Set(None),
    };
    let kept = proposal::Entity::insert(row).exec_without_returning(&*tx).await;
    kept.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => already_waits(),
        _ => error.into(),
    })?;
    tx.say(Event::new("proposal.open", id, None)).await?;
    tx.say(Event::new("console.propose", subject_id, None)).await?;
    let expires_at = tx.now + LIFE;
    tx.enqueue(Job::at(LAPSE, id, expires_at)).await?;
    tx.commit().await?;
    Ok(id)
}

/// What nobody has answered in time makes way, also before its job has run.
async fn lapse_before(tx: &mut Tx, subject_id: Uuid) -> Result<(), Error> {
    let over = proposal::Entity::find()
        .filter(proposal::Column::OpenFor.eq(subject_id))
        .filter(proposal::Column::ExpiresAt.lte(tx.now))
        .one(&**tx)
        .await?;
    match over {
        Some(row) => close(tx, &row, Action::Lapse, None).await,
        None => Ok(()),
    }
}

fn already_waits() -> Error {
    Error::conflict("second_person", "该事项正在等待另一位同事复核，复核完成前不能再作决定")
}

/// Nothing is decided about what waits for a second person.
///
/// # Errors
/// [`Error::Conflict`] when it does.
pub async fn none_waits(tx: &Tx, subject_id: Uuid) -> Result<(), Error> {
    let waiting = proposal::Entity::find()
        .filter(proposal::Column::OpenFor.eq(subject_id))
        .filter(proposal::Column::ExpiresAt.gt(tx.now))
        .one(&**tx)
        .await?;
    if waiting.is_some() { Err(already_waits()) } else { Ok(()) }
}

/// Proposes other roles for a member of staff.
///
/// # Errors
/// [`Error::Invalid`] naming `roles`; [`Error::NotFound`] for somebody who is not there; as [`open`].
pub async fn propose_roles(
    state: &State,
    staffer: &Staffer,
    name: &str,
    roles: &str,
    reason: &str,
) -> Result<Uuid, Error> {
    staffer.may(Why::Roles.proposes())?;
    let words: Vec<&str> = roles.split_whitespace().collect();
    let known: Option<Vec<Role>> = words.iter().map(|word| Role::by_word(word)).collect();
    let roles: Roles = known.filter(|roles| !roles.is_empty()).into_iter().flatten().collect();
    if roles.is_empty() {
        return Err(Error::invalid("roles", "请至少选择一个岗位"));
    }
    let name = super::staff_name(name).map_err(|refused| Error::invalid("name", refused))?;
    let row = staff::Entity::find()
        .filter(staff::Column::Name.eq(name))
        .filter(staff::Column::DisabledAt.is_null())
        .one(&state.db.read)
        .await?
        .ok_or_else(Error::not_found)?;
    if Roles::parse(&row.roles) == roles {
        return Err(Error::invalid("roles", "岗位没有变化"));
    }
    let act = Act::Roles { was: row.roles, now_is: roles.words() };
    open(state, staffer, Why::Roles, row.id, reason, act).await
}

/// What the second person answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Confirm,
    Decline,
}

/// The second person confirms, and it is done in the same transaction; or declines. Of two who answer, one is heard.
///
/// # Errors
/// [`Error::Forbidden`] for whoever proposed it, is its subject, or has not the role; [`Error::Conflict`] when it no longer
/// waits, its time is over, either of the two has lost the role meanwhile, or what was looked at has changed.
pub async fn settle(state: &State, staffer: &Staffer, id: Uuid, answer: Answer) -> Result<Proposal, Error> {
    if answer == Answer::Confirm {
        before(state, id).await?;
    }
    let mut tx = state.db.begin(staffer.actor()).await?;
    let row = proposal::Entity::find_by_id(id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    let found = opened(state, &row)?;
    staffer.may(found.why.needs())?;
    if staffer.id == found.proposer_id || found.is_about(staffer.id) {
        return Err(Error::forbidden("own_proposal", "不能复核自己提出或与自己有关的事项，请由其他同事复核"));
    }
    still(&tx, staffer.id, found.why.needs()).await?;
    if found.status == Status::Waiting && found.expires_at <= tx.now {
        return Err(Error::conflict("lapsed", "该事项超过 24 小时未复核，已自动失效，请重新提出"));
    }
    let action = if answer == Answer::Confirm { Action::Confirm } else { Action::Decline };
    close(&mut tx, &row, action, Some(staffer.id)).await?;
    if answer == Answer::Confirm {
        still(&tx, found.proposer_id, found.why.proposes()).await?;
        carry_out(&mut tx, state, &found, staffer.id).await?;
    }
    tx.commit().await?;
    Ok(found)
}

/// What must be asked of others before anything is held.
async fn before(state: &State, id: Uuid) -> Result<(), Error> {
    let row = proposal::Entity::find_by_id(id).one(&state.db.read).await?.ok_or_else(Error::not_found)?;
    match opened(state, &row)? {
        Proposal { act: Act::Payment(act), status: Status::Waiting, .. } => payments::before(state, &act).await,
        _ => Ok(()),
    }
}

async fn close(tx: &mut Tx, row: &proposal::Model, action: Action, by: Option<Uuid>) -> Result<(), Error> {
    let now = tx.now;
    change::advance::<proposal::Entity>(tx, row, action, |update| {
        update
            .col_expr(proposal::Column::OpenFor, Expr::value(None::<Uuid>))
            .col_expr(proposal::Column::SettledBy, Expr::value(by))
            .col_expr(proposal::Column::SettledAt, Expr::value(now))
    })
    .await?;
    Ok(())
}

/// Roles are read again where it matters: in the transaction, the row held.
async fn still(tx: &Tx, staff_id: Uuid, permission: super::Permission) -> Result<(), Error> {
    let row = staff::Entity::find_by_id(staff_id).lock_shared().one(&**tx).await?;
    let may = row.is_some_and(|row| row.disabled_at.is_none() && Roles::parse(&row.roles).can(permission));
    if may {
        return Ok(());
    }
    Err(Error::conflict("role_lost", "提出人或复核人的岗位已变更，该事项不能再确认，请否决后由有权限的同事重新处理"))
}

async fn carry_out(tx: &mut Tx, state: &State, found: &Proposal, second: Uuid) -> Result<(), Error> {
    match &found.act {
        Act::Case { decision, seen } => {
            case::hands_off(&**tx, second, found.subject_id).await?;
            let (first, id) = (found.proposer_id, found.subject_id);
            case::carry_out(tx, state, first, Some(second), id, decision, seen).await
        }
        Act::Roles { was, now_is } => staffing::apply_roles(tx, found.subject_id, was, now_is).await,
        Act::Payment(act) => payments::carry_out(tx, act).await,
        Act::Catalogue { version, seen, from, .. } => catalogue::carry_out(tx, *version, seen, *from, second).await,
    }
}

/// Takes one's own proposal back.
///
/// # Errors
/// [`Error::Forbidden`] for somebody else's, [`Error::Conflict`] when it no longer waits.
pub async fn withdraw(state: &State, staffer: &Staffer, id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(staffer.actor()).await?;
    let row = proposal::Entity::find_by_id(id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    if row.proposer_id != staffer.id {
        return Err(Error::forbidden("not_own", "只有提出人可以撤回"));
    }
    close(&mut tx, &row, Action::Withdraw, Some(staffer.id)).await?;
    tx.commit().await
}

/// Lets a proposal lapse whose time is over. Doing it again is nothing.
pub async fn lapse(state: &State, id: Uuid) -> Outcome {
    let lapsed = async {
        let mut tx = state.db.begin(Actor::System).await?;
        let row = proposal::Entity::find_by_id(id).one(&*tx).await?;
        let Some(row) = row.filter(|row| row.status == Status::Waiting && row.expires_at <= tx.now) else {
            return Ok(());
        };
        close(&mut tx, &row, Action::Lapse, None).await?;
        tx.commit().await
    };
    lapsed.await.into()
}

/// Those that wait, oldest first, and those that were settled last.
pub async fn list(state: &State) -> Result<(Vec<Proposal>, Vec<Proposal>), Error> {
    let now = state.clock.now();
    let waiting = proposal::Entity::find()
        .filter(proposal::Column::Status.eq(Status::Waiting))
        .filter(proposal::Column::ExpiresAt.gt(now))
        .order_by_asc(proposal::Column::Id)
        .all(&state.db.read)
        .await?;
    let settled = proposal::Entity::find()
        .filter(proposal::Column::Status.ne(Status::Waiting))
        .order_by_desc(proposal::Column::SettledAt)
        .limit(50)
        .all(&state.db.read)
        .await?;
    let open = |rows: Vec<proposal::Model>| rows.iter().map(|row| opened(state, row)).collect::<Result<Vec<_>, _>>();
    Ok((open(waiting)?, open(settled)?))
}

/// Everything that was ever proposed about a subject, newest first.
pub async fn about(state: &State, subject_id: Uuid) -> Result<Vec<Proposal>, Error> {
    let of = proposal::Entity::find().filter(proposal::Column::SubjectId.eq(subject_id));
    let rows = of.order_by_desc(proposal::Column::Id).all(&state.db.read).await?;
    rows.iter().map(|row| opened(state, row)).collect()
}

/// The subjects about which something waits.
pub async fn open_subjects(state: &State) -> Result<HashSet<Uuid>, Error> {
    let waiting = proposal::Entity::find()
        .filter(proposal::Column::OpenFor.is_not_null())
        .filter(proposal::Column::ExpiresAt.gt(state.clock.now()))
        .all(&state.db.read)
        .await?;
    Ok(waiting.into_iter().filter_map(|row| row.open_for).collect())
}

/// Whether it is about a case of this kind.
pub fn is_of(proposal: &Proposal, kind: Kind) -> bool {
    matches!(&proposal.act, Act::Case { decision, .. } if decision.kind == kind)
}

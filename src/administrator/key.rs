//! 两方密钥: the server's half of an administrator's key, and the doors through which the phone makes it and signs with it.
//! What is under way lives in memory only: a restart forgets it, and the phone begins again.

use super::{KeyStatus, MOST_FAILURES, SESSION_LIFE, entity::signing_key, flow, key_action};
use crate::{change, db::Tx, error::Error, events::Event, keys::Making, state::State, who::Who};
use sea_orm::{
    ActiveValue::Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use zhangzheng_pki::{
    cosign::{Answer, Commitment, KeyId, KeygenOpening, Opening, Point, Proof, ServerKey, ServerKeygen, SessionId},
    csr::CsrInfo,
    name::Subject,
    rand_core::CryptoRng,
    random::Fill,
    sm::PublicKey,
};

fn rng(state: &State) -> impl CryptoRng + '_ {
    Fill(|buffer: &mut [u8]| state.random.fill(buffer))
}

fn kid_of(id: Uuid) -> KeyId {
    KeyId::new(*id.as_bytes())
}

fn id_of(kid: KeyId) -> Uuid {
    Uuid::from_bytes(*kid.as_bytes())
}

fn over() -> Error {
    Error::conflict("session_over", "操作已超时或已中断，请重新开始")
}

fn locked() -> Error {
    Error::conflict("locked", "PIN 码连续输错 5 次，密钥已锁定，请重新设定管理员并设置新的 PIN 码")
}

/// What the phone needs to begin.
pub struct Started {
    pub kid: KeyId,
    pub commitment: Commitment,
    pub pepper: [u8; 32],
    pub expires_at: DateTimeUtc,
}

/// Step 1 of key generation, for the person named: the server draws its half and commits to it.
pub async fn start(state: &State, who: &Who) -> Result<Started, Error> {
    let row = flow::must_be_named(state, who).await?;
    let now = state.clock.now();
    let expires_at = now + SESSION_LIFE;
    let kid = KeyId::draw(&mut rng(state));
    let (keygen, commitment) = ServerKeygen::start(kid, &mut rng(state));
    let pepper = state.random.bytes::<32>();
    let making = Making { keygen, owner_id: row.id, member_id: who.member_id, pepper, expires_at };
    let mut all = state.keys.making();
    all.retain(|_, other| other.expires_at > now && other.owner_id != row.id);
    all.insert(kid, making);
    Ok(Started { kid, commitment, pepper, expires_at })
}

/// Step 3 of key generation: the phone's half arrives, the joint key is made and the server's half sealed.
///
/// # Errors
/// [`Error::Conflict`] when the time is over or the server has restarted; [`Error::Invalid`] when the proof does not hold.
pub async fn holder_half(
    state: &State,
    who: &Who,
    kid: KeyId,
    p1: Point,
    proof: &Proof,
) -> Result<KeygenOpening, Error> {
    let taken = {
        let mut all = state.keys.making();
        let mine = all.get(&kid).is_some_and(|making| making.member_id == who.member_id);
        if mine { all.remove(&kid) } else { None }
    };
    let making = taken.filter(|making| making.expires_at > state.clock.now()).ok_or_else(over)?;
    let refused = |_| Error::invalid("proof", "密钥生成未通过校验，请重新开始");
    let (key, opening) = making.keygen.finish(p1, proof).map_err(refused)?;
    let id = id_of(kid);
    let share = key.seal(&state.keys.kek, &mut rng(state));
    let mut tx = state.db.begin(who.actor()).await?;
    let named = flow::named_me(&*tx, who).await?.filter(|row| row.id == making.owner_id);
    let named = named.ok_or_else(flow::not_named)?;
    revoke_all(&mut tx, state, named.id).await?;
    let row = signing_key::ActiveModel {
        id: Set(id),
        administrator_id: Set(named.id),
        account_id: Set(named.account_id),
        member_id: Set(who.member_id),
        status: Set(KeyStatus::Pending),
        public_key: Set(key.public().to_sec1().to_vec()),
        share: Set(share),
        pepper: Set(state.vault.seal("signing_key.pepper", id, &hex::encode(making.pepper))),
        failures: Set(0),
        csr: Set(None),
        created_at: Set(tx.now),
    };
    signing_key::Entity::insert(row).exec_without_returning(&*tx).await?;
    tx.say(Event::new("signing_key.make", id, Some(named.account_id))).await?;
    tx.commit().await?;
    Ok(opening)
}

/// A key of the person who asks.
pub async fn mine(state: &State, who: &Who, kid: KeyId) -> Result<signing_key::Model, Error> {
    signing_key::Entity::find_by_id(id_of(kid))
        .filter(signing_key::Column::AccountId.eq(who.account_id))
        .filter(signing_key::Column::MemberId.eq(who.member_id))
        .one(&state.db.read)
        .await?
        .ok_or_else(Error::not_found)
}

/// What the phone mixes into the PIN, in hexadecimal.
pub fn pepper(state: &State, row: &signing_key::Model) -> Result<String, Error> {
    state.vault.open("signing_key.pepper", row.id, &row.pepper)
}

async fn may_sign(state: &State, who: &Who, kid: KeyId) -> Result<signing_key::Model, Error> {
    let row = mine(state, who, kid).await?;
    match row.status {
        KeyStatus::Locked => Err(locked()),
        KeyStatus::Revoked => Err(Error::conflict("revoked", "该密钥已停用，请刷新查看最新进度")),
        KeyStatus::Pending | KeyStatus::Active => Ok(row),
    }
}

fn unsealed(state: &State, row: &signing_key::Model) -> Result<ServerKey, Error> {
    ServerKey::unseal(kid_of(row.id), &row.share, &state.keys.kek).map_err(Error::internal)
}

/// The request that proves possession. It names the key only: certificates carry the subject that we set.
fn request(state: &State, row: &signing_key::Model) -> Result<CsrInfo, Error> {
    let subject = Subject::authority(&state.config.service.company, &kid_of(row.id).to_string());
    let public = PublicKey::from_sec1(&row.public_key).map_err(Error::internal)?;
    CsrInfo::new(&subject.map_err(Error::internal)?, &public).map_err(Error::internal)
}

/// A signature offered to the phone.
pub struct Offered {
    pub sid: SessionId,
    /// The exact bytes to be signed.
    pub tbs: Vec<u8>,
    pub expires_at: DateTimeUtc,
}

/// Offers the key's certificate request for signature. An older open session of the key is dropped.
pub async fn offer(state: &State, who: &Who, kid: KeyId) -> Result<Offered, Error> {
    let row = may_sign(state, who, kid).await?;
    let tbs = request(state, &row)?.tbs().to_vec();
    let now = state.clock.now();
    let expires_at = now + SESSION_LIFE;
    let mut sessions = state.keys.sessions();
    sessions.sweep(now);
    let sid = sessions.offer(kid, tbs.clone(), expires_at, &mut rng(state));
    Ok(Offered { sid, tbs, expires_at })
}

/// Answers the phone's commitment, once a session.
///
/// # Errors
/// [`Error::Conflict`] when the session is unknown, expired or already answered.
pub async fn commit(
    state: &State,
    who: &Who,
    kid: KeyId,
    sid: SessionId,
    commitment: Commitment,
) -> Result<Answer, Error> {
    let row = may_sign(state, who, kid).await?;
    let key = unsealed(state, &row)?;
    let mut sessions = state.keys.sessions();
    sessions.commit(&key, sid, commitment, state.clock.now(), &mut rng(state)).map_err(|_| over())
}

/// Takes the phone's share and makes the signature: the only check of the PIN. A try is counted before the answer is known.
///
/// # Errors
/// [`Error::Conflict`] `session_over` when the session is gone (which is no wrong PIN), `locked` after too many tries;
/// [`Error::Invalid`] naming `pin` when the share does not fit.
pub async fn open(state: &State, who: &Who, kid: KeyId, sid: SessionId, opening: &Opening) -> Result<(), Error> {
    let row = may_sign(state, who, kid).await?;
    let key = unsealed(state, &row)?;
    let now = state.clock.now();
    let session = state.keys.sessions().take(kid, sid, now).map_err(|_| over())?;
    count(state, &row).await?;
    let Ok(signature) = session.finish(&key, opening, now) else { return Err(wrong(state, who, row.id).await?) };
    let csr = request(state, &row)?.assemble(&signature).map_err(Error::internal)?;
    let mut tx = state.db.begin(who.actor()).await?;
    let proved = signing_key::Entity::update_many()
        .col_expr(signing_key::Column::Failures, Expr::value(0))
        .col_expr(signing_key::Column::Csr, Expr::value(csr.der().to_vec()))
        .filter(signing_key::Column::Id.eq(row.id))
        .filter(signing_key::Column::Status.eq(row.status))
        .exec(&*tx)
        .await?;
    if proved.rows_affected != 1 {
        return Err(over());
    }
    tx.say(Event::new("signing_key.prove", row.id, Some(row.account_id))).await?;
    tx.commit().await
}

/// Counts a try before its answer is known, so that nobody saves tries by cutting the line.
async fn count(state: &State, row: &signing_key::Model) -> Result<(), Error> {
    let counted = signing_key::Entity::update_many()
        .col_expr(signing_key::Column::Failures, Expr::col(signing_key::Column::Failures).add(1))
        .filter(signing_key::Column::Id.eq(row.id))
        .filter(signing_key::Column::Status.eq(row.status))
        .filter(signing_key::Column::Failures.lt(MOST_FAILURES))
        .exec(state.db.machinery())
        .await?;
    if counted.rows_affected == 1 { Ok(()) } else { Err(locked()) }
}

/// What is said of a wrong PIN; the fifth in a row locks the key.
async fn wrong(state: &State, who: &Who, id: Uuid) -> Result<Error, Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let row = signing_key::Entity::find_by_id(id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    tx.say(Event::new("signing_key.wrong_pin", id, Some(row.account_id))).await?;
    let left = MOST_FAILURES - row.failures;
    if left <= 0 && row.status.may_sign() {
        change::advance::<signing_key::Entity>(&mut tx, &row, key_action::Action::Lock, |update| update).await?;
        state.keys.sessions().discard(kid_of(id));
    }
    tx.commit().await?;
    Ok(if left <= 0 {
        locked()
    } else {
        Error::invalid("pin", format!("PIN 码不正确，还可以再试 {left} 次"))
    })
}

/// The administrator has confirmed with it.
pub async fn activate(tx: &mut Tx, row: &signing_key::Model) -> Result<(), Error> {
    change::advance::<signing_key::Entity>(tx, row, key_action::Action::Activate, |update| update).await?;
    Ok(())
}

/// Every key of an administrator signs no more.
pub async fn revoke_all(tx: &mut Tx, state: &State, administrator_id: Uuid) -> Result<(), Error> {
    state.keys.making().retain(|_, making| making.owner_id != administrator_id);
    let rows = signing_key::Entity::find()
        .filter(signing_key::Column::AdministratorId.eq(administrator_id))
        .filter(signing_key::Column::Status.ne(KeyStatus::Revoked))
        .all(&**tx)
        .await?;
    for row in rows {
        change::advance::<signing_key::Entity>(tx, &row, key_action::Action::Revoke, |update| update).await?;
        state.keys.sessions().discard(kid_of(row.id));
    }
    Ok(())
}

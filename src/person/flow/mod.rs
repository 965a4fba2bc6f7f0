//! What people can do: photograph the card, confirm what it says, consent or not, read a number aloud, or ask for 人工审核.

mod call;
mod face;
mod hosted;
mod manual;
mod verdict;
mod waiting;

pub use call::{Called, appoint, called, calls, record_call, upload_statement};
pub use face::{Begun, Shown, begin, checks_left, routes, submit};
pub use hosted::finished;
pub use manual::{
    Decided, ManualCase, ManualDetail, approve_manual, decide_manual, decline, manual_case, manual_cases, photo,
    refuse_manual,
};
pub use verdict::{CHECK_FACE, check_face};
pub use waiting::{Waiting, how_many, waiting, waiting_of};

use super::{
    Action, Side, Status, Verified,
    card::{self, Fields, Reading, Typed},
    day,
    entity::{call_back, face_check, person},
};
use crate::{
    account::{self, entity::member},
    agreements::{self, Text},
    change,
    db::Tx,
    error::Error,
    finding,
    jobs::{Job, Outcome},
    journey::PersonFact,
    limits, papers,
    state::State,
    who::Who,
};
use sea_orm::{ActiveValue::Set, JoinType, QuerySelect, SqlErr, entity::prelude::*, sea_query::Expr};
use zhangzheng_documents::photo::Limits;
use zhangzheng_providers::ocr;

/// The job that destroys a paper's content.
pub const ERASE: &str = "person.erase_paper";

/// The row of a member.
pub async fn of_member(c: &impl ConnectionTrait, member_id: Uuid) -> Result<Option<person::Model>, Error> {
    Ok(person::Entity::find().filter(person::Column::MemberId.eq(member_id)).one(c).await?)
}

async fn mine(c: &impl ConnectionTrait, who: &Who) -> Result<person::Model, Error> {
    of_member(c, who.member_id).await?.ok_or_else(|| Error::conflict("not_begun", "请先拍摄上传您的二代身份证"))
}

/// Refuses early what the rule will refuse anyway, before anybody is paid.
fn allow(row: &person::Model, action: Action) -> Result<(), Error> {
    let sentence = match row.status {
        _ if row.status.on(action).is_some() => return Ok(()),
        Status::Checking => "正在比对，请等待结果",
        Status::ManualReview => "已转人工审核，请等待结果",
        Status::Verified => "已完成个人实名认证",
        Status::Draft => "请先核对并确认证件信息",
        Status::Confirmed | Status::Recording | Status::Failed => "请先获取数字，再录制视频",
    };
    Err(Error::conflict("not_now", sentence))
}

/// What the journey shows.
pub async fn fact(state: &State, member_id: Uuid) -> Result<PersonFact, Error> {
    let row = of_member(&state.db.read, member_id).await?;
    let begun =
        |row: &person::Model| row.status != Status::Draft || row.portrait_paper.is_some() || row.emblem_paper.is_some();
    Ok(row.filter(begun).map_or(PersonFact::NotStarted, |row| row.status.fact()))
}

/// Who a member has proven to be; None until then.
pub async fn verified(state: &State, member_id: Uuid) -> Result<Option<Verified>, Error> {
    let member: RelationDef =
        person::Entity::belongs_to(member::Entity).from(person::Column::MemberId).to(member::Column::Id).into();
    let both = person::Entity::find().filter(person::Column::MemberId.eq(member_id)).select_also(member::Entity);
    let found = both.join(JoinType::InnerJoin, member).one(&state.db.read).await?;
    let Some((row, Some(member))) = found else { return Ok(None) };
    let (Status::Verified, Some(verified_at)) = (row.status, row.verified_at) else { return Ok(None) };
    let fields = fields_of(state, &row)?.ok_or_else(|| Error::internal("a verified person without fields"))?;
    let mobile = account::flow::mobile(state, &member)?;
    let (name, resident_id) = (fields.name, fields.resident_id);
    Ok(Some(Verified { person_id: row.id, name, resident_id, mobile, verified_at }))
}

pub(super) fn reading_of(state: &State, row: &person::Model) -> Result<Reading, Error> {
    let Some(sealed) = &row.reading else { return Ok(Reading::default()) };
    serde_json::from_str(&state.vault.open("person.reading", row.id, sealed)?).map_err(Error::internal)
}

pub(super) fn fields_of(state: &State, row: &person::Model) -> Result<Option<Fields>, Error> {
    let Some(sealed) = &row.fields else { return Ok(None) };
    serde_json::from_str(&state.vault.open("person.fields", row.id, sealed)?).map(Some).map_err(Error::internal)
}

/// Everything that the phone needs to go on where the person stopped.
pub struct Standing {
    /// None when nothing has been done yet.
    pub row: Option<person::Model>,
    pub reading: Reading,
    pub fields: Option<Fields>,
    pub face_consent: bool,
    pub transfer_consent: bool,
    pub provide_to_ca_consent: bool,
    /// Videos that may still be handed in today.
    pub checks_left: u32,
    pub check: Option<face_check::Model>,
    /// What the reviewer found who refused it last.
    pub findings: Vec<finding::View>,
    /// The call back, when 人工审核 was chosen.
    pub call: Option<call_back::Model>,
    /// Whether a signed statement was handed in.
    pub has_statement: bool,
}

/// Where the person who asks stands.
pub async fn standing(state: &State, who: &Who) -> Result<Standing, Error> {
    let face_consent = agreements::stands(state, who.member_id, Text::Face).await?;
    let transfer_consent = agreements::stands(state, who.member_id, Text::FaceTransfer).await?;
    let provide_to_ca_consent = agreements::stands(state, who.member_id, Text::ProvideToCa).await?;
    let mut standing = Standing {
        row: None,
        reading: Reading::default(),
        fields: None,
        face_consent,
        transfer_consent,
        provide_to_ca_consent,
        checks_left: super::CHECKS_PER_DAY,
        check: None,
        findings: Vec::new(),
        call: None,
        has_statement: false,
    };
    if let Some(row) = of_member(&state.db.read, who.member_id).await? {
        standing.reading = reading_of(state, &row)?;
        standing.fields = fields_of(state, &row)?;
        standing.checks_left = checks_left(&state.db.read, row.id, state.clock.now()).await?;
        if let Some(id) = row.face_check_id {
            standing.check = face_check::Entity::find_by_id(id).one(&state.db.read).await?;
        }
        standing.findings = manual::findings(state, &row).await?;
        standing.call = call::latest(&state.db.read, row.id).await?;
        standing.has_statement = row.statement_paper.is_some();
        standing.row = Some(row);
    }
    Ok(standing)
}

/// The row of the person who asks, made when there is none.
async fn started(state: &State, who: &Who) -> Result<person::Model, Error> {
    if let Some(row) = of_member(&state.db.read, who.member_id).await? {
        return Ok(row);
    }
    let mut tx = state.db.begin(who.actor()).await?;
    let id = tx.id();
    let row = person::ActiveModel {
        id: Set(id),
        account_id: Set(who.account_id),
        member_id: Set(who.member_id),
        status: Set(Status::Draft),
        declined_face: Set(false),
        created_at: Set(tx.now),
        updated_at: Set(tx.now),
        ..Default::default()
    };
    match person::Entity::insert(row).exec_without_returning(&*tx).await {
        Ok(_) => {
            tx.say(crate::events::Event::new("person.start", id, Some(who.account_id))).await?;
            tx.commit().await?;
        }
        // The other side's photo came in at the same moment.
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => drop(tx),
        Err(error) => return Err(error.into()),
    }
    mine(&state.db.read, who).await
}

enum Read {
    Portrait(ocr::Read<ocr::PortraitSide>),
    Emblem(ocr::Read<ocr::EmblemSide>),
}

/// Asks the vendor what a side says.
async fn read(state: &State, side: Side, jpeg: &[u8]) -> Result<Read, Error> {
    let busy = |error| Error::unavailable("证件识别服务暂时繁忙，请稍后再试", error);
    let retake = |advice: Vec<ocr::Advice>| {
        let first = advice.first().copied().unwrap_or(ocr::Advice::Unreadable);
        Error::invalid("file", card::advice(side, first))
    };
    match side {
        Side::Portrait => match state.providers.ocr.portrait_side(jpeg).await.map_err(busy)? {
            ocr::Reading::Read(read) => Ok(Read::Portrait(read)),
            ocr::Reading::Retake(advice) => Err(retake(advice)),
        },
        Side::Emblem => match state.providers.ocr.emblem_side(jpeg).await.map_err(busy)? {
            ocr::Reading::Read(read) => match read.paper.valid_until {
                ocr::ValidUntil::Day(until) if until < day(state.clock.now()) => {
                    Err(retake(vec![ocr::Advice::Expired]))
                }
                _ => Ok(Read::Emblem(read)),
            },
            ocr::Reading::Retake(advice) => Err(retake(advice)),
        },
    }
}

/// 点击拍摄/上传人像面, 国徽面: looked at, read, then kept. What was confirmed before must be confirmed again.
///
/// # Errors
/// [`Error::Invalid`] naming `file`, with what to do (太模糊, the other side, expired …); nothing is kept then.
pub async fn photograph(state: &State, who: &Who, side: Side, upload: Vec<u8>) -> Result<(), Error> {
    let row = started(state, who).await?;
    allow(&row, Action::Photograph)?;
    let limits = Limits { max_bytes: papers::LARGEST_PHOTO, ..Limits::default() };
    let photo = papers::check_photo(upload, limits).await?;
    let whom = who.member_id.simple().to_string();
    limits::count(&state.db, "person_photo", &whom, state.config.limits.person_photo_per_member).await?;
    let read = read(state, side, &photo.jpeg).await?;
    let kept = papers::keep(state, row.id, "image/jpeg", &photo.upload_hash, &photo.jpeg).await?;

    let mut tx = state.db.begin(who.actor()).await?;
    let row = mine(&*tx, who).await?;
    let paper_id = papers::record(&mut tx, kept).await?;
    let mut reading = reading_of(state, &row)?;
    let (column, replaced) = match read {
        Read::Portrait(read) => {
            reading.take_portrait(read);
            (person::Column::PortraitPaper, row.portrait_paper)
        }
        Read::Emblem(read) => {
            reading.take_emblem(read);
            (person::Column::EmblemPaper, row.emblem_paper)
        }
    };
    let reading = serde_json::to_string(&reading).map_err(Error::internal)?;
    let reading = state.vault.seal("person.reading", row.id, &reading);
    let now = tx.now;
    change::advance::<person::Entity>(&mut tx, &row, Action::Photograph, |update| {
        update
            .col_expr(column, Expr::value(paper_id))
            .col_expr(person::Column::Reading, Expr::value(reading))
            .col_expr(person::Column::Fields, Expr::value(None::<Vec<u8>>))
            .col_expr(person::Column::Corrected, Expr::value(None::<String>))
            .col_expr(person::Column::ResidentIdIndex, Expr::value(None::<Vec<u8>>))
            .col_expr(person::Column::FaceCheckId, Expr::value(None::<Uuid>))
            .col_expr(person::Column::UpdatedAt, Expr::value(now))
    })
    .await?;
    if let Some(replaced) = replaced {
        tx.enqueue(Job::now(ERASE, replaced)).await?;
    }
    tx.commit().await
}

/// The person's own photo of a side, JPEG. After the verification nobody needs it on a phone.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or the person is verified.
pub async fn own_photo(state: &State, who: &Who, side: Side) -> Result<Vec<u8>, Error> {
    let row = of_member(&state.db.read, who.member_id).await?.filter(|row| row.status != Status::Verified);
    manual::photo(state, row.ok_or_else(Error::not_found)?.id, side).await
}

/// The person confirms what the card says, or corrects it: corrections are marked for the reviewer.
///
/// # Errors
/// [`Error::Invalid`] naming the field; [`Error::Conflict`] when another member of the account is this person.
pub async fn confirm(state: &State, who: &Who, typed: &Typed) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let row = mine(&*tx, who).await?;
    allow(&row, Action::Confirm)?;
    for (side, paper, field) in
        [(Side::Portrait, row.portrait_paper, "portrait"), (Side::Emblem, row.emblem_paper, "emblem")]
    {
        if paper.is_none() {
            return Err(Error::invalid(field, format!("请先拍摄上传身份证{}", side.label())));
        }
    }
    let fields = card::check(typed, day(tx.now))?;
    let index = state.vault.index("person.resident_id", fields.resident_id.as_str());
    if verified_elsewhere(&tx, &row, &index).await? {
        return Err(Error::conflict("already_verified", super::Failure::VerifiedElsewhere.sentence()));
    }
    let mut reading = reading_of(state, &row)?;
    let corrected = fields.corrected(&reading);
    reading.emblem_noticed.retain(|noticed| noticed != card::SIDES_DISAGREE);
    if !card::sides_agree(&fields) {
        reading.emblem_noticed.push(card::SIDES_DISAGREE.to_owned());
    }
    let reading = serde_json::to_string(&reading).map_err(Error::internal)?;
    let reading = state.vault.seal("person.reading", row.id, &reading);
    let fields = serde_json::to_string(&fields).map_err(Error::internal)?;
    let fields = state.vault.seal("person.fields", row.id, &fields);
    let now = tx.now;
    change::advance::<person::Entity>(&mut tx, &row, Action::Confirm, |update| {
        update
            .col_expr(person::Column::Fields, Expr::value(fields))
            .col_expr(person::Column::Reading, Expr::value(reading))
            .col_expr(person::Column::Corrected, Expr::value(corrected))
            .col_expr(person::Column::ResidentIdIndex, Expr::value(index))
            .col_expr(person::Column::FaceCheckId, Expr::value(None::<Uuid>))
            .col_expr(person::Column::UpdatedAt, Expr::value(now))
    })
    .await?;
    tx.commit().await
}

/// Whether another member of the same account has been verified with this identity card.
async fn verified_elsewhere(tx: &Tx, row: &person::Model, index: &[u8]) -> Result<bool, Error> {
    let other = person::Entity::find()
        .filter(person::Column::AccountId.eq(row.account_id))
        .filter(person::Column::VerifiedIndex.eq(index))
        .filter(person::Column::Id.ne(row.id))
        .one(&**tx)
        .await?;
    Ok(other.is_some())
}

/// Which of the separate consents were ticked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ticks {
    pub face: bool,
    pub transfer: bool,
    pub provide_to_ca: bool,
}

/// 同意授权: three consents, three acts, each recorded by itself (PIPL art. 23, 29). One that stands is not recorded again.
///
/// # Errors
/// [`Error::Invalid`] naming the one that was not ticked.
pub async fn consent(state: &State, who: &Who, ticks: Ticks) -> Result<(), Error> {
    let asked = [
        (ticks.face, "face", Text::Face),
        (ticks.transfer, "transfer", Text::FaceTransfer),
        (ticks.provide_to_ca, "provide_to_ca", Text::ProvideToCa),
    ];
    for (ticked, field, text) in asked {
        if !ticked {
            return Err(Error::invalid(field, format!("请阅读并勾选《{}》", text.title())));
        }
    }
    let mut wanted = Vec::new();
    for text in agreements::SEPARATE {
        if !agreements::stands(state, who.member_id, *text).await? {
            wanted.push(*text);
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let mut tx = state.db.begin(who.actor()).await?;
    mine(&*tx, who).await?;
    for text in wanted {
        agreements::record(&mut tx, who.member_id, who.account_id, text).await?;
    }
    tx.commit().await
}

/// Withdraws one of the separate consents: as easy as giving it. A video that is still being compared is not compared any
/// further. Withdrawing what was not given is nothing.
///
/// # Errors
/// [`Error::NotFound`] for a text that is no separate consent.
pub async fn withdraw_consent(state: &State, who: &Who, text: Text) -> Result<(), Error> {
    if !agreements::SEPARATE.contains(&text) {
        return Err(Error::not_found());
    }
    let given = agreements::last(state, who.member_id, text).await?.filter(|consent| consent.withdrawn_at.is_none());
    if given.is_none() {
        return Ok(());
    }
    let mut tx = state.db.begin(who.actor()).await?;
    agreements::withdraw(&mut tx, who.member_id, who.account_id, text).await?;
    tx.commit().await
}

/// A separate consent as its owner sees it.
#[derive(Clone, Debug)]
pub struct Consent {
    pub text: Text,
    /// None when it was never given.
    pub given_at: Option<DateTimeUtc>,
    pub version: Option<String>,
    pub withdrawn_at: Option<DateTimeUtc>,
}

impl Consent {
    /// Whether it was given and not taken back.
    pub fn stands(&self) -> bool {
        self.given_at.is_some() && self.withdrawn_at.is_none()
    }
}

/// The separate consents of the person who asks.
pub async fn consents(state: &State, who: &Who) -> Result<Vec<Consent>, Error> {
    let mut all = Vec::with_capacity(agreements::SEPARATE.len());
    for text in agreements::SEPARATE {
        let last = agreements::last(state, who.member_id, *text).await?;
        all.push(Consent {
            text: *text,
            given_at: last.as_ref().map(|consent| consent.given_at),
            version: last.as_ref().map(|consent| consent.version.clone()),
            withdrawn_at: last.and_then(|consent| consent.withdrawn_at),
        });
    }
    Ok(all)
}

/// Destroys the content of a paper that is not needed any more. Doing it again is nothing.
pub async fn erase_paper(state: &State, paper_id: Uuid) -> Outcome {
    let erased = async {
        let row = papers::entity::Entity::find_by_id(paper_id).one(&state.db.read).await?;
        match row {
            Some(row) if row.erased_at.is_none() => papers::erase(state, row.case_id, row.id).await,
            _ => Ok(()),
        }
    };
    erased.await.into()
}

//! What an applicant can do with 企业实名认证: choose the role, fill in, submit, start anew; and what other steps may ask.

use super::{
    Action, Company, Field, Fields, Item, LONGEST, Open, Origin, PaperKind, Reading, Role, Status,
    entity::{company, company_decision, company_paper},
    invitation::{self, Mandate},
    power_of_attorney,
};
use crate::{
    change,
    db::Tx,
    error::Error,
    events::Event,
    finding::{self, Finding},
    journey::CompanyFact,
    person,
    state::State,
    who::Who,
};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::{CompanyCode, CompanyName, Email, Mobile, PersonName, ResidentId, SealNumber};

pub use super::papers::{cut_of, paper_of, remove, thumbnail, upload};
pub use super::power_of_attorney::pdf;
pub use super::registry::{CHECK_REGISTRY, Registry, check_registry};
pub use super::review::{
    Case, CasePaper, Decided, Listed, Other, approve, case, decide_in, listed, paper, paper_by_id, reject, send_back,
    submitted,
};
pub use super::submission::submit;
pub use super::waiting::{DecidedRow, Known, Waiting, decided, found, how_many, not_among, reasons_since, waiting};

/// Where the account's company stands.
pub async fn fact(state: &State, account_id: Uuid) -> Result<CompanyFact, Error> {
    let row = find(&state.db.read, account_id).await?;
    Ok(row.map_or(CompanyFact::NotStarted, |row| row.status.fact()))
}

/// The account's company, opened.
pub async fn of_account(state: &State, account_id: Uuid) -> Result<Option<Company>, Error> {
    find(&state.db.read, account_id).await?.map(|row| open_row(state, &row)).transpose()
}

pub(super) async fn find(c: &impl ConnectionTrait, account_id: Uuid) -> Result<Option<company::Model>, Error> {
    Ok(company::Entity::find().filter(company::Column::AccountId.eq(account_id)).one(c).await?)
}

pub(super) fn open_row(state: &State, row: &company::Model) -> Result<Company, Error> {
    let fields = fields(state, row)?;
    let number = |field: Field| match fields.asks_for(field) {
        true => SealNumber::parse(fields.get(field)).ok(),
        false => None,
    };
    Ok(Company {
        id: row.id,
        account_id: row.account_id,
        applicant_id: row.applicant_id,
        status: row.status,
        role: row.role,
        name: CompanyName::parse(fields.get(Field::Name)).ok().map(CompanyName::into_string),
        code: CompanyCode::parse(fields.get(Field::Code)).ok(),
        representative_name: PersonName::parse(fields.get(Field::RepresentativeName)).ok(),
        representative_id_number: ResidentId::parse(fields.get(Field::RepresentativeIdNumber)).ok(),
        representative_mobile: Mobile::parse(fields.get(Field::RepresentativeMobile)).ok(),
        email: Email::parse(fields.get(Field::Email)).ok(),
        seal_number: number(Field::SealNumber),
        representative_seal_number: number(Field::RepresentativeSealNumber),
        submitted_at: row.submitted_at,
        decided_at: row.decided_at,
    })
}

pub(super) fn fields(state: &State, row: &company::Model) -> Result<Fields, Error> {
    let json = state.vault.open("company.fields", row.id, &row.fields)?;
    serde_json::from_str(&json).map_err(Error::internal)
}

pub(super) fn reading(state: &State, row: &company::Model) -> Result<Reading, Error> {
    let json = state.vault.open("company.reading", row.id, &row.reading)?;
    serde_json::from_str(&json).map_err(Error::internal)
}

pub(super) fn sealed(state: &State, place: &str, id: Uuid, value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_string(value).map_err(Error::internal)?;
    Ok(state.vault.seal(place, id, &json))
}

/// The person who asks, proven by 个人实名认证.
///
/// # Errors
/// [`Error::Conflict`] when that is still to be done.
pub(super) async fn verified(state: &State, who: &Who) -> Result<person::Verified, Error> {
    let verified = person::flow::verified(state, who.member_id).await?;
    verified.ok_or_else(|| Error::conflict("person_first", "请先完成个人实名认证，再办理企业实名认证"))
}

/// The account's row, held until the transaction ends, if it may be edited.
///
/// # Errors
/// [`Error::Conflict`] saying why not.
pub(super) async fn held(tx: &Tx, who: &Who) -> Result<company::Model, Error> {
    let own = company::Entity::find().filter(company::Column::AccountId.eq(who.account_id));
    let row = own.lock_exclusive().one(&**tx).await?;
    editable(row.ok_or_else(role_first)?)
}

pub(super) fn role_first() -> Error {
    Error::conflict("role_first", "请先选择“我是法人”或“我是企业经办”")
}

pub(super) fn editable(row: company::Model) -> Result<company::Model, Error> {
    match row.status {
        Status::Draft | Status::Returned => Ok(row),
        Status::UnderReview => Err(Error::conflict("under_review", "资料正在审核中，暂时不能修改")),
        Status::Approved => Err(Error::conflict("approved", "企业实名认证已通过，资料不能再修改")),
        Status::Rejected => Err(Error::conflict("rejected", "本次申请未通过，请先点击“重新申请”")),
    }
}

/// What the last decision said, and what is open because of it.
pub(super) async fn last_decision(
    c: &impl ConnectionTrait,
    company_id: Uuid,
) -> Result<Option<company_decision::Model>, Error> {
    Ok(company_decision::Entity::find()
        .filter(company_decision::Column::CompanyId.eq(company_id))
        .order_by_desc(company_decision::Column::Id)
        .one(c)
        .await?)
}

pub(super) fn items(decision: &company_decision::Model) -> Vec<Item> {
    decision.items.split_whitespace().filter_map(Item::by_word).collect()
}

pub(super) async fn open_now(c: &impl ConnectionTrait, row: &company::Model) -> Result<Open, Error> {
    let named = match row.status {
        Status::Returned => last_decision(c, row.id).await?.map(|decision| items(&decision)).unwrap_or_default(),
        _ => Vec::new(),
    };
    Ok(Open::of(row.status, &named))
}

pub(super) fn closed(item: Item) -> Error {
    Error::conflict("not_open", format!("“{}”无需修改，请只修改审核意见中列出的内容", item.label()))
}

/// 【我是法人】 / 【我是企业经办】. A representative's own particulars are filled in where nothing is typed yet. Gives back the
/// application as it leaves it.
///
/// # Errors
/// [`Error::Conflict`] before 个人实名认证, and when the application cannot be edited.
pub async fn choose_role(state: &State, who: &Who, role: Role) -> Result<company::Model, Error> {
    let person = verified(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let own = company::Entity::find().filter(company::Column::AccountId.eq(who.account_id));
    let Some(row) = own.lock_exclusive().one(&*tx).await? else {
        let row = begin(&mut tx, state, who, role, &person).await?;
        tx.commit().await?;
        return Ok(row);
    };
    let mut row = editable(row)?;
    if open_now(&*tx, &row).await? != Open::Everything {
        return Err(Error::conflict("not_open", "办理身份无需修改，请只修改审核意见中列出的内容"));
    }
    let mut fields = fields(state, &row)?;
    if role == Role::Representative {
        fill_from(&mut fields, &person);
    }
    // Only agents invite.
    if role == Role::Representative && row.role == Role::Agent {
        invitation::flow::end(&mut tx, row.id, invitation::Action::Revoke).await?;
    }
    (row.role, row.applicant_id) = (role, who.member_id);
    row.fields = sealed(state, "company.fields", row.id, &fields)?;
    company::Entity::update_many()
        .col_expr(company::Column::Role, Expr::value(role))
        .col_expr(company::Column::ApplicantId, Expr::value(who.member_id))
        .col_expr(company::Column::Fields, Expr::value(row.fields.clone()))
        .filter(company::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    tx.say(Event::new("company.choose_role", row.id, Some(row.account_id))).await?;
    tx.commit().await?;
    Ok(row)
}

fn fill_from(fields: &mut Fields, person: &person::Verified) {
    let own = [
        (Field::RepresentativeName, person.name.as_str()),
        (Field::RepresentativeIdNumber, person.resident_id.as_str()),
        (Field::RepresentativeMobile, person.mobile.as_str()),
    ];
    for (field, text) in own {
        if fields.get(field).is_empty() {
            fields.set(field, text);
        }
    }
}

async fn begin(
    tx: &mut Tx,
    state: &State,
    who: &Who,
    role: Role,
    person: &person::Verified,
) -> Result<company::Model, Error> {
    let id = tx.id();
    let mut fields = Fields::default();
    if role == Role::Representative {
        fill_from(&mut fields, person);
    }
    let row = company::Model {
        id,
        account_id: who.account_id,
        applicant_id: who.member_id,
        role,
        mandate: Mandate::Letter,
        status: Status::Draft,
        fields: sealed(state, "company.fields", id, &fields)?,
        reading: sealed(state, "company.reading", id, &Reading::default())?,
        code_index: None,
        registry: None,
        submitted_at: None,
        decided_at: None,
        created_at: tx.now,
        revised: 0,
    };
    let twice = |error: DbErr| match error.sql_err() {
        Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => {
            Error::conflict("changed", "刚刚有人更新了这一步，请刷新页面查看最新进度")
        }
        _ => Error::from(error),
    };
    let insert = company::Entity::insert(row.clone().into_active_model());
    insert.exec_without_returning(&**tx).await.map_err(twice)?;
    tx.say(Event::new("company.start", id, Some(who.account_id))).await?;
    Ok(row)
}

/// Keeps what was typed, right or wrong. Leaves no event: typing is not an act.
///
/// # Errors
/// [`Error::Invalid`] for a text that is too long to keep; [`Error::Conflict`] for what may not be changed now.
pub async fn save(state: &State, who: &Who, typed: &[(Field, String)]) -> Result<(), Error> {
    if let Some((field, _)) = typed.iter().find(|(_, text)| text.chars().count() > LONGEST) {
        return Err(Error::invalid(field.word(), format!("{}过长，请检查", field.label())));
    }
    verified(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = held(&tx, who).await?;
    if let Some(fields) = retyped(&tx, state, &row, typed).await? {
        company::Entity::update_many()
            .col_expr(company::Column::Fields, Expr::value(sealed(state, "company.fields", row.id, &fields)?))
            .col_expr(company::Column::ApplicantId, Expr::value(who.member_id))
            .filter(company::Column::Id.eq(row.id))
            .exec(&*tx)
            .await?;
        invitation::flow::void_if_changed(&mut tx, state, row.id, &fields).await?;
    }
    tx.commit().await
}

/// The fields with what was typed in them; None when nothing changes.
async fn retyped(
    tx: &Tx,
    state: &State,
    row: &company::Model,
    typed: &[(Field, String)],
) -> Result<Option<Fields>, Error> {
    let was = fields(state, row)?;
    let mut fields = was.clone();
    let open = open_now(&**tx, row).await?;
    for (field, text) in typed {
        if was.get(*field) != text.trim() {
            if !open.holds(Item::Field(*field)) {
                return Err(closed(Item::Field(*field)));
            }
            fields.set(*field, text);
        }
    }
    Ok((fields != was).then_some(fields))
}

pub(super) async fn current_papers(
    c: &impl ConnectionTrait,
    company_id: Uuid,
) -> Result<Vec<company_paper::Model>, Error> {
    Ok(company_paper::Entity::find()
        .filter(company_paper::Column::CompanyId.eq(company_id))
        .filter(company_paper::Column::ReplacedAt.is_null())
        .all(c)
        .await?)
}

/// 重新申请, after a final rejection: everything typed and uploaded is still there and may be changed.
pub async fn restart(state: &State, who: &Who) -> Result<(), Error> {
    verified(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = find(&*tx, who.account_id).await?.ok_or_else(Error::not_found)?;
    invitation::flow::end(&mut tx, row.id, invitation::Action::Revoke).await?;
    change::advance::<company::Entity>(&mut tx, &row, Action::Restart, |update| {
        update
            .col_expr(company::Column::SubmittedAt, Expr::value(None::<DateTimeUtc>))
            .col_expr(company::Column::Revised, Expr::value(0))
            .col_expr(company::Column::DecidedAt, Expr::value(None::<DateTimeUtc>))
            .col_expr(company::Column::CodeIndex, Expr::value(None::<Vec<u8>>))
            .col_expr(company::Column::Registry, Expr::value(None::<String>))
    })
    .await?;
    tx.commit().await
}

/// Everything that the applicant is shown.
#[derive(Clone, Debug)]
pub struct View {
    pub row: company::Model,
    pub fields: Fields,
    pub reading: Reading,
    pub papers: Vec<company_paper::Model>,
    pub open: Open,
    /// The last decision's note and items, while they matter: returned or rejected.
    pub said: Option<Said>,
    /// 授权委托书, for agents on paper.
    pub letter: Option<power_of_attorney::Standing>,
    /// 法定代表人在线确认, for agents without; None when nobody was invited yet.
    pub invitation: Option<invitation::flow::Standing>,
}

/// What the reviewer said, for the applicant.
#[derive(Clone, Debug)]
pub struct Said {
    pub reason_code: String,
    pub note: String,
    pub items: Vec<Item>,
    /// What was found with each, and where.
    pub findings: Vec<Finding>,
    pub at: DateTimeUtc,
}

impl View {
    /// The current paper of a kind.
    pub fn paper(&self, kind: PaperKind) -> Option<&company_paper::Model> {
        self.papers.iter().find(|paper| paper.kind == kind)
    }

    /// Whether a field may be left empty: the representative's number, which the person who confirms proves.
    pub fn is_optional(&self, field: Field) -> bool {
        let invited = self.row.role == Role::Agent && self.row.mandate == Mandate::Invitation;
        invited && field == Field::RepresentativeIdNumber
    }

    /// Where what stands in a field came from.
    pub fn origin(&self, field: Field) -> Origin {
        self.reading.origin(field, &self.fields)
    }

    /// Whether the reviewer asked for this very thing and it has not been replaced since.
    pub fn is_asked_for(&self, item: Item) -> bool {
        let Some(said) = self.said.as_ref().filter(|_| self.row.status == Status::Returned) else { return false };
        let fresh = match item {
            Item::Paper(kind) => self.paper(kind).is_some_and(|paper| paper.created_at > said.at),
            Item::Field(_) => false,
        };
        said.items.contains(&item) && !fresh
    }
}

impl View {
    /// What was found with the items that are still to be corrected, as the applicant reads it.
    pub fn findings(&self) -> Vec<finding::View> {
        let found = self.said.iter().flat_map(|said| &said.findings);
        let view = |found: &Finding| {
            let item = Item::by_word(&found.item)?;
            let current = found.place.and_then(|(id, _)| self.papers.iter().find(|paper| paper.id == id));
            let open = self.row.status != Status::Returned || self.is_asked_for(item);
            open.then(|| finding::View::of(found, item.label(), current.map(|paper| paper.id)))
        };
        found.filter_map(view).collect()
    }
}

/// The account's application as the applicant sees it; None before a role is chosen.
pub async fn view(state: &State, who: &Who) -> Result<Option<View>, Error> {
    match find(&state.db.read, who.account_id).await? {
        Some(row) => view_of(state, who, row).await.map(Some),
        None => Ok(None),
    }
}

/// The same of a row that was just read or written.
pub async fn view_of(state: &State, who: &Who, row: company::Model) -> Result<View, Error> {
    let papers = current_papers(&state.db.read, row.id).await?;
    let decision = match row.status {
        Status::Returned | Status::Rejected => last_decision(&state.db.read, row.id).await?,
        _ => None,
    };
    let said = match decision {
        Some(decision) => Some(said(state, &decision).await?),
        None => None,
    };
    let open = Open::of(row.status, said.as_ref().map(|said| said.items.as_slice()).unwrap_or_default());
    let (fields, reading) = (fields(state, &row)?, reading(state, &row)?);
    let (mut letter, mut invitation) = (None, None);
    match (row.role, row.mandate) {
        (Role::Agent, Mandate::Letter) => {
            letter = Some(power_of_attorney::standing(state, who, &row, &fields, &papers).await?);
        }
        (Role::Agent, Mandate::Invitation) => invitation = invitation::flow::standing(state, &row).await?,
        (Role::Representative, _) => {}
    }
    Ok(View { row, fields, reading, papers, open, said, letter, invitation })
}

async fn said(state: &State, decision: &company_decision::Model) -> Result<Said, Error> {
    Ok(Said {
        reason_code: decision.reason_code.clone(),
        note: state.vault.open("company_decision.applicant_note", decision.id, &decision.applicant_note)?,
        items: items(decision),
        findings: finding::of_decision(&state.db.read, state, decision.id).await?,
        at: decision.at,
    })
}

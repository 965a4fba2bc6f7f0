//! 印章样稿: at the seal desk one makes the proof of a seal, from the impression or from the template, and another checks it;
//! only then it is the seal. Used when the setting `seal.desk` is `people`.

use super::{
    entity::{electronic_seal, seal_proof},
    needs::{self, Approved},
    seal::{self, Kind},
};
use crate::{
    actions, change, company,
    db::{Actor, Tx},
    error::Error,
    events::Event,
    papers,
    state::State,
};
use sea_orm::{
    ActiveValue::Set,
    DeriveActiveEnum, EnumIter, QueryOrder, QuerySelect, SqlErr,
    entity::prelude::*,
    sea_query::{Expr, Query},
};
use sha2::{Digest, Sha256};
use zhangzheng_documents::{
    photo::{self, Limits},
    seal_photo::{self, Shape, signature},
};

/// Longest note, in characters.
const LONGEST_NOTE: usize = 500;
/// Longest list of companies that wait.
const MOST: u64 = 200;

/// What a proof is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Source {
    /// 印模: cut out of the applicant's photo.
    Impression,
    /// 模板: drawn from the name and the number.
    Template,
}

impl Source {
    /// The source with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        [Self::Impression, Self::Template].into_iter().find(|source| source.word() == word)
    }

    /// The word in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Impression => "impression",
            Self::Template => "template",
        }
    }

    /// What pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Impression => "印模提取",
            Self::Template => "模板绘制",
        }
    }
}

/// Where a proof stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    /// For somebody else to check.
    Made,
    /// It is the seal now.
    Checked,
    /// To be made again.
    Refused,
}

actions! {
    /// What can be done to a proof.
    "seal" {
        Pass => "check",
        Refuse => "refuse",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        match (self, action) {
            (Self::Made, Action::Pass) => Some(Self::Checked),
            (Self::Made, Action::Refuse) => Some(Self::Refused),
            _ => None,
        }
    }

    /// What pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Made => "待检验",
            Self::Checked => "已通过",
            Self::Refused => "已退回",
        }
    }
}

/// A company whose seals are still to be made.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub case_id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub representative: Option<String>,
    pub seal_number: Option<String>,
    /// Each kind that is missing, and its newest proof.
    pub kinds: Vec<(Kind, Option<seal_proof::Model>)>,
}

/// The approved companies that have not all their seals, oldest approval first.
pub async fn waiting(state: &State) -> Result<Vec<Waiting>, Error> {
    use company::entity::company::{Column, Entity};
    let sealed = |kind: Kind| {
        let mut cases = Query::select();
        cases.column(electronic_seal::Column::CaseId).from(electronic_seal::Entity);
        cases.and_where(electronic_seal::Column::Kind.eq(kind)).to_owned()
    };
    let lacks = |kind: Kind| Column::Id.not_in_subquery(sealed(kind));
    let rows = Entity::find()
        .filter(Column::Status.eq(company::Status::Approved))
        .filter(sea_orm::Condition::any().add(lacks(Kind::Company)).add(lacks(Kind::Representative)))
        .order_by_asc(Column::DecidedAt)
        .limit(MOST)
        .all(&state.db.read)
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(company) = needs::approved(state, row.account_id).await? else { continue };
        let mut kinds = Vec::new();
        for kind in wanted(&company) {
            if seal::find(state, row.account_id, kind).await?.is_none() {
                kinds.push((kind, newest(state, row.account_id, kind).await?));
            }
        }
        if kinds.is_empty() {
            continue;
        }
        all.push(Waiting {
            case_id: row.id,
            account_id: row.account_id,
            name: company.name,
            representative: company.representative_name,
            seal_number: company.seal_number,
            kinds,
        });
    }
    Ok(all)
}

/// The seals that a company gets.
pub(super) fn wanted(company: &Approved) -> Vec<Kind> {
    match company.representative_name {
        Some(_) => vec![Kind::Company, Kind::Representative],
        None => vec![Kind::Company],
    }
}

/// The newest proof of a kind.
pub async fn newest(state: &State, account_id: Uuid, kind: Kind) -> Result<Option<seal_proof::Model>, Error> {
    Ok(seal_proof::Entity::find()
        .filter(seal_proof::Column::AccountId.eq(account_id))
        .filter(seal_proof::Column::Kind.eq(kind))
        .order_by_desc(seal_proof::Column::Id)
        .one(&state.db.read)
        .await?)
}

/// A proof's picture, PNG.
///
/// # Errors
/// [`Error::NotFound`] when there is no such proof.
pub async fn picture(state: &State, proof_id: Uuid) -> Result<Vec<u8>, Error> {
    let row = seal_proof::Entity::find_by_id(proof_id).one(&state.db.read).await?.ok_or_else(Error::not_found)?;
    Ok(papers::content(state, row.case_id, row.paper_id).await?.1)
}

/// Makes a proof.
///
/// # Errors
/// [`Error::Invalid`] naming `source`, with what to do, when nothing can be cut out or drawn; [`Error::Conflict`] when the
/// seal is there already, or a proof of it waits to be checked.
pub async fn make(state: &State, actor: Actor, account_id: Uuid, kind: Kind, source: Source) -> Result<Uuid, Error> {
    let Actor::Staff(maker_id) = actor else {
        return Err(Error::forbidden("staff_only", "只有制章人员可以制作样稿"));
    };
    let company = needs::approved(state, account_id).await?.ok_or_else(Error::not_found)?;
    if seal::find(state, account_id, kind).await?.is_some() {
        return Err(Error::conflict("made", "该印章已制作完成，无需重复制作"));
    }
    let png = match source {
        Source::Template => seal::template(&company, kind)?,
        Source::Impression => cut_out(state, &company, kind).await?,
    };
    let kept = papers::keep(state, company.case_id, "image/png", &Sha256::digest(&png), &png).await?;
    let mut tx = state.db.begin(actor).await?;
    let paper_id = papers::record(&mut tx, kept).await?;
    let id = tx.id();
    let row = seal_proof::ActiveModel {
        id: Set(id),
        account_id: Set(account_id),
        case_id: Set(company.case_id),
        kind: Set(kind),
        source: Set(source),
        status: Set(Status::Made),
        paper_id: Set(paper_id),
        maker_id: Set(maker_id),
        made_at: Set(tx.now),
        open_for: Set(Some(company.case_id)),
        checker_id: Set(None),
        checked_at: Set(None),
        note: Set(None),
    };
    seal_proof::Entity::insert(row).exec_without_returning(&*tx).await.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::conflict("waits", "该印章已有样稿等待检验"),
        _ => error.into(),
    })?;
    tx.say(Event::new("seal.proof", id, Some(account_id))).await?;
    tx.commit().await?;
    Ok(id)
}

/// The impression, or the signature, out of the applicant's photo.
async fn cut_out(state: &State, company: &Approved, kind: Kind) -> Result<Vec<u8>, Error> {
    let paper = match kind {
        Kind::Company => company::PaperKind::CompanySeal,
        Kind::Representative => company::PaperKind::RepresentativeSeal,
    };
    let (_, jpeg) = company::flow::paper(state, company.case_id, paper).await?;
    let cut = tokio::task::spawn_blocking(move || extract(&jpeg, kind)).await.map_err(Error::internal)?;
    cut.map_err(|advice| {
        Error::invalid("source", format!("无法从印模照片提取：{advice}；可改用模板绘制，或退回申请人重拍"))
    })
}

fn extract(jpeg: &[u8], kind: Kind) -> Result<Vec<u8>, &'static str> {
    let picture = photo::decode(jpeg, &Limits::default()).map_err(|refused| refused.advice())?;
    match kind {
        Kind::Company => {
            seal_photo::extract(&picture, Some(Shape::Round)).map(|cut| cut.png()).map_err(|no| no.advice())
        }
        Kind::Representative => match seal_photo::extract(&picture, Some(Shape::Square)) {
            Ok(cut) => Ok(cut.png()),
            // 如无实体印模，则在空白纸上签名
            Err(_) => signature::cut_out(&picture).map(|cut| cut.png()).map_err(|no| no.advice()),
        },
    }
}

/// Another than the maker checks a proof: what passes is the seal, what does not is made again.
///
/// # Errors
/// [`Error::Forbidden`] for the maker, [`Error::Invalid`] naming `note` for a refusal without one, [`Error::Conflict`] when
/// it has been checked already.
pub async fn check(state: &State, actor: Actor, proof_id: Uuid, action: Action, note: &str) -> Result<(), Error> {
    let Actor::Staff(checker_id) = actor else {
        return Err(Error::forbidden("staff_only", "只有工作人员可以检验样稿"));
    };
    let note = note.trim();
    if note.chars().count() > LONGEST_NOTE || (action == Action::Refuse && note.is_empty()) {
        return Err(Error::invalid("note", format!("请写明退回的原因，不超过 {LONGEST_NOTE} 字")));
    }
    let mut tx = state.db.begin(actor).await?;
    let row = seal_proof::Entity::find_by_id(proof_id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    if row.maker_id == checker_id {
        return Err(Error::forbidden("own_proof", "制作人不能检验自己的样稿，请由其他同事检验"));
    }
    let (now, sealed) = (tx.now, state.vault.seal("seal_proof.note", proof_id, note));
    change::advance::<seal_proof::Entity>(&mut tx, &row, action, |update| {
        update
            .col_expr(seal_proof::Column::OpenFor, Expr::value(None::<Uuid>))
            .col_expr(seal_proof::Column::CheckerId, Expr::value(checker_id))
            .col_expr(seal_proof::Column::CheckedAt, Expr::value(now))
            .col_expr(seal_proof::Column::Note, Expr::value(sealed))
    })
    .await?;
    if action == Action::Pass {
        becomes_seal(&mut tx, &row).await?;
    }
    tx.commit().await
}

async fn becomes_seal(tx: &mut Tx, row: &seal_proof::Model) -> Result<(), Error> {
    let id = tx.id();
    let made = electronic_seal::ActiveModel {
        id: Set(id),
        account_id: Set(row.account_id),
        case_id: Set(row.case_id),
        kind: Set(row.kind),
        paper_id: Set(row.paper_id),
        made_at: Set(tx.now),
    };
    let kept = electronic_seal::Entity::insert(made).exec_without_returning(&**tx).await;
    kept.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::conflict("made", "该印章已制作完成，无需重复制作"),
        _ => error.into(),
    })?;
    tx.say(Event::new("seal.make", id, Some(row.account_id))).await
}

/// What a checker wrote; empty when nothing.
pub fn note(state: &State, row: &seal_proof::Model) -> Result<String, Error> {
    row.note.as_deref().map_or_else(|| Ok(String::new()), |sealed| state.vault.open("seal_proof.note", row.id, sealed))
}

/// The proofs that an applicant sees: those that wait to be checked.
pub async fn shown(state: &State, account_id: Uuid) -> Result<Vec<(Kind, Uuid)>, Error> {
    let rows = seal_proof::Entity::find()
        .filter(seal_proof::Column::AccountId.eq(account_id))
        .filter(seal_proof::Column::OpenFor.is_not_null())
        .order_by_asc(seal_proof::Column::Id)
        .all(&state.db.read)
        .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_checked_once() {
        for status in [Status::Checked, Status::Refused] {
            for action in Action::ALL {
                assert_eq!(status.on(*action), None);
            }
        }
        assert_eq!(Status::Made.on(Action::Pass), Some(Status::Checked));
        assert_eq!(Status::Made.on(Action::Refuse), Some(Status::Refused));
    }
}

//! 授权委托书: the letter that an agent needs. Its number stays; its version rises when what it says changes, and only a
//! photo of the current version counts, because the code on it says which one was signed.

use super::{
    BEIJING, Field, Fields, PaperKind, Role,
    entity::{company, company_paper, power_of_attorney},
    flow,
    intake::Whose,
    invitation::Mandate,
};
use crate::{db::Tx, error::Error, events::Event, person, state::State, who::Who};
use chrono::NaiveDate;
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};
use zhangzheng_documents::letter::{Mark, PowerOfAttorney};

/// What the letter says, but for number, version and date.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Words {
    certification_company: String,
    company_name: String,
    company_code: String,
    representative_name: String,
    agent_name: String,
    agent_id_number: String,
    account_name: String,
}

impl Words {
    /// The words, once the fields they come from are there and right.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field that is still missing or wrong.
    pub(super) fn of(
        state: &State,
        account_name: &str,
        fields: &Fields,
        agent: &person::Verified,
    ) -> Result<Self, Error> {
        let word = |field: Field| match fields.problem(field) {
            None => Ok(field.tidy(fields.get(field))),
            Some(problem) => Err(Error::invalid(field.word(), format!("生成授权委托书前，{problem}"))),
        };
        Ok(Self {
            certification_company: state.config.service.company.clone(),
            company_name: word(Field::Name)?,
            company_code: word(Field::Code)?,
            representative_name: word(Field::RepresentativeName)?,
            agent_name: agent.name.as_str().to_owned(),
            agent_id_number: agent.resident_id.as_str().to_owned(),
            account_name: account_name.to_owned(),
        })
    }

    fn index(&self, state: &State) -> Vec<u8> {
        let words = [
            &self.certification_company,
            &self.company_name,
            &self.company_code,
            &self.representative_name,
            &self.agent_name,
            &self.agent_id_number,
            &self.account_name,
        ];
        let text: Vec<&str> = words.into_iter().map(String::as_str).collect();
        state.vault.index("power_of_attorney.fields", &text.join("\u{1f}"))
    }

    fn letter(self, of: &power_of_attorney::Model) -> Result<PowerOfAttorney, Error> {
        Ok(PowerOfAttorney {
            document_number: of.document_number.clone(),
            version: u32::try_from(of.version).map_err(Error::internal)?,
            certification_company: self.certification_company,
            company_name: self.company_name,
            company_code: self.company_code,
            representative_name: self.representative_name,
            agent_name: self.agent_name,
            agent_id_number: self.agent_id_number,
            account_name: self.account_name,
            date: day(of.made_at),
        })
    }
}

fn day(at: DateTimeUtc) -> NaiveDate {
    at.with_timezone(&BEIJING).date_naive()
}

async fn latest(c: &impl ConnectionTrait, company_id: Uuid) -> Result<Option<power_of_attorney::Model>, Error> {
    Ok(power_of_attorney::Entity::find()
        .filter(power_of_attorney::Column::CompanyId.eq(company_id))
        .order_by_desc(power_of_attorney::Column::Version)
        .one(c)
        .await?)
}

/// The letter as PDF, as the fields stand; a new version is kept only when what it says has changed.
///
/// # Errors
/// [`Error::Invalid`] naming the field that the letter still needs; [`Error::Conflict`] when there is no letter to be had.
pub async fn pdf(state: &State, who: &Who) -> Result<Vec<u8>, Error> {
    let agent = flow::verified(state, who).await?;
    let account = crate::account::flow::account(state, who).await?;
    let row = flow::find(&state.db.read, who.account_id).await?.ok_or_else(flow::role_first)?;
    if row.role != Role::Agent {
        return Err(Error::conflict("no_letter", "法定代表人本人办理无需授权委托书"));
    }
    if row.mandate != Mandate::Letter {
        return Err(Error::conflict("no_letter", "您已选择法定代表人在线确认，无需授权委托书"));
    }
    let words = Words::of(state, &account.name, &flow::fields(state, &row)?, &agent)?;
    let last = latest(&state.db.read, row.id).await?;
    let version = match last.filter(|last| last.fields_index == words.index(state)) {
        Some(current) => current,
        None => make(state, who, &account.name, &agent).await?,
    };
    words.letter(&version)?.pdf().map_err(|error| match error {
        zhangzheng_documents::letter::LetterError::Pdf(cause) => Error::internal(cause),
        refused => Error::invalid(Field::Name.word(), refused.to_string()),
    })
}

/// Keeps the version that the fields ask for now.
async fn make(
    state: &State,
    who: &Who,
    account_name: &str,
    agent: &person::Verified,
) -> Result<power_of_attorney::Model, Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let row = flow::held(&tx, who).await?;
    let fields_index = Words::of(state, account_name, &flow::fields(state, &row)?, agent)?.index(state);
    let last = latest(&*tx, row.id).await?;
    if let Some(current) = last.as_ref().filter(|last| last.fields_index == fields_index) {
        return Ok(current.clone());
    }
    let made = power_of_attorney::Model {
        id: tx.id(),
        company_id: row.id,
        document_number: match &last {
            Some(last) => last.document_number.clone(),
            None => format!("PA{}{}", day(tx.now).format("%Y%m%d"), tx.random().digits(8)),
        },
        version: last.map_or(1, |last| last.version + 1),
        fields_index,
        made_at: tx.now,
    };
    let insert = power_of_attorney::ActiveModel {
        id: Set(made.id),
        company_id: Set(made.company_id),
        document_number: Set(made.document_number.clone()),
        version: Set(made.version),
        fields_index: Set(made.fields_index.clone()),
        made_at: Set(made.made_at),
    };
    power_of_attorney::Entity::insert(insert).exec_without_returning(&*tx).await?;
    tx.say(Event::new("company.make_letter", row.id, Some(row.account_id))).await?;
    tx.commit().await?;
    Ok(made)
}

/// What the code on a photographed letter must say: the version that it turned out to be.
///
/// # Errors
/// [`Error::Invalid`] naming `file`, with what to do: no code, another company's letter, an old version.
pub(super) async fn recognise(state: &State, whose: Whose<'_>, code: Option<&str>) -> Result<i32, Error> {
    let Whose { who, row, person: agent } = whose;
    let refuse = |detail: String| Error::invalid("file", detail);
    let last = latest(&state.db.read, row.id).await?;
    let Some(last) = last else {
        return Err(refuse("请先下载授权委托书，签字盖章后再拍照或扫描上传".into()));
    };
    let Some(code) = code else {
        return Err(refuse("没有读出授权委托书上的二维码，请将整页拍（扫）清晰后重新上传".into()));
    };
    let mark: Option<Mark> = code.parse().ok();
    let Some(mark) = mark.filter(|mark| mark.document_number == last.document_number) else {
        return Err(refuse(format!("这不是本次申请的授权委托书，请上传编号为 {} 的那一份", last.document_number)));
    };
    let account = crate::account::flow::account(state, who).await?;
    let words = Words::of(state, &account.name, &flow::fields(state, row)?, agent)?;
    if last.fields_index != words.index(state) {
        return Err(refuse("填写的信息已有变化，请重新下载授权委托书，签字盖章后再上传".into()));
    }
    if i64::from(mark.version) != i64::from(last.version) {
        let (has, is) = (mark.version, last.version);
        return Err(refuse(format!("这是第 {has} 版授权委托书，当前为第 {is} 版，请重新下载、签字盖章后再上传")));
    }
    Ok(last.version)
}

/// Whether the uploaded letter still says what the fields say.
///
/// # Errors
/// [`Error::Invalid`] naming `power_of_attorney`.
pub(super) async fn up_to_date(
    tx: &Tx,
    state: &State,
    row: &company::Model,
    words: &Words,
    papers: &[company_paper::Model],
) -> Result<(), Error> {
    let last = latest(&**tx, row.id).await?;
    let uploaded = uploaded(papers);
    let current = last.is_some_and(|last| last.fields_index == words.index(state) && uploaded == Some(last.version));
    if current {
        return Ok(());
    }
    let kind = PaperKind::PowerOfAttorney;
    Err(Error::invalid(kind.word(), "填写的信息与已上传的授权委托书不一致，请重新下载、签字盖章后再上传"))
}

fn uploaded(papers: &[company_paper::Model]) -> Option<i32> {
    papers.iter().find(|paper| paper.kind == PaperKind::PowerOfAttorney)?.letter_version
}

/// How the letter stands, for the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// None until the letter was made first.
    pub document_number: Option<String>,
    pub version: Option<i32>,
    /// What the letter still needs before it can be made.
    pub missing: Option<String>,
    /// A photo is there, but of a letter that says something else.
    pub outdated: bool,
}

pub(super) async fn standing(
    state: &State,
    who: &Who,
    row: &company::Model,
    fields: &Fields,
    papers: &[company_paper::Model],
) -> Result<Standing, Error> {
    let last = latest(&state.db.read, row.id).await?;
    let words = match person::flow::verified(state, who.member_id).await? {
        Some(agent) => {
            let account = crate::account::flow::account(state, who).await?;
            Words::of(state, &account.name, fields, &agent)
        }
        None => Err(Error::conflict("person_first", "请先完成个人实名认证")),
    };
    let current = match (&words, &last) {
        (Ok(words), Some(last)) => last.fields_index == words.index(state) && uploaded(papers) == Some(last.version),
        _ => false,
    };
    Ok(Standing {
        document_number: last.as_ref().map(|last| last.document_number.clone()),
        version: last.as_ref().map(|last| last.version),
        missing: words.err().map(|error| error.problem().detail.clone()),
        outdated: uploaded(papers).is_some() && !current,
    })
}

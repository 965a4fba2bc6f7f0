//! 查找: cases by company, code, mobile number or order number. Names lie encrypted; they are found by blind indexes of
//! every two letters that stand side by side, which say nothing to whoever has no key.

use super::{Permission, entity::case_term, session::Staffer};
use crate::{
    account,
    company::{
        self, Company,
        flow::{Known, found},
    },
    error::Error,
    events::Event,
    limits, order, person,
    state::State,
};
use sea_orm::{
    ActiveValue::Set,
    QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};
use std::collections::BTreeSet;
use zhangzheng_kinds::{CompanyCode, Mobile};

/// Puts a case into the index, after it has been submitted.
pub const INDEX: &str = "console.index";

/// Longest list of findings.
const MOST: u64 = 50;

/// What somebody is looking for.
#[derive(Clone, Debug)]
enum Sought {
    Mobile(Mobile),
    Code(CompanyCode),
    Order(String),
    Name(String),
}

impl Sought {
    /// Told by its shape.
    fn parse(text: &str) -> Result<Self, Error> {
        let folded = folded(text);
        if let Ok(mobile) = Mobile::parse(&folded) {
            return Ok(Self::Mobile(mobile));
        }
        if let Ok(code) = CompanyCode::parse(&folded) {
            return Ok(Self::Code(code));
        }
        let digits =
            folded.strip_prefix("RS").is_some_and(|rest| rest.len() > 6 && rest.bytes().all(|b| b.is_ascii_digit()));
        if digits {
            return Ok(Self::Order(folded));
        }
        match folded.chars().count() {
            2..=60 => Ok(Self::Name(folded)),
            _ => Err(Error::invalid("term", "请输入企业名称中连续的两个字以上、统一社会信用代码、手机号或订单号")),
        }
    }
}

/// Without blanks, with brackets and letters of one width and case.
fn folded(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        c => c,
    };
    text.chars().filter(|c| !c.is_whitespace()).map(narrow).flat_map(char::to_uppercase).collect()
}

/// The blind indexes of every two letters side by side.
fn pairs(state: &State, folded: &str) -> BTreeSet<Vec<u8>> {
    let letters: Vec<char> = folded.chars().collect();
    letters.windows(2).map(|two| state.vault.index("case_term.name", &two.iter().collect::<String>())).collect()
}

fn mobile_term(state: &State, mobile: &Mobile) -> Vec<u8> {
    state.vault.index("case_term.mobile", mobile.as_str())
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    pub companies: Vec<Company>,
    /// People who wait for 人工审核.
    pub people: Vec<person::flow::ManualCase>,
}

/// Looks up; written down without what was looked for.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::Invalid`] naming `term`, [`Error::TooMany`].
pub async fn search(state: &State, staffer: &Staffer, term: &str) -> Result<Findings, Error> {
    staffer.may(Permission::Search)?;
    let sought = Sought::parse(term)?;
    limits::count(&state.db, "staff_search", &staffer.id.to_string(), state.config.limits.staff_search).await?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    tx.say(Event::new("console.search", staffer.id, None)).await?;
    tx.commit().await?;
    find(state, &sought).await
}

async fn find(state: &State, sought: &Sought) -> Result<Findings, Error> {
    let mut findings = Findings::default();
    match sought {
        Sought::Code(code) => findings.companies = found(state, Known::Code(code.clone()), MOST).await?,
        Sought::Order(number) => {
            let accounts = order::flow::account_of(state, number).await?.into_iter().collect();
            findings.companies = found(state, Known::Accounts(accounts), MOST).await?;
        }
        Sought::Mobile(mobile) => {
            let members = account::flow::members_with(state, mobile).await?;
            let accounts = members.iter().map(|member| member.account_id).collect();
            findings.companies = found(state, Known::Accounts(accounts), MOST).await?;
            let named = with_all(state, &BTreeSet::from([mobile_term(state, mobile)])).await?;
            let known: Vec<Uuid> = findings.companies.iter().map(|company| company.id).collect();
            let others = named.into_iter().filter(|id| !known.contains(id)).collect();
            findings.companies.extend(found(state, Known::Ids(others), MOST).await?);
            let ids = members.iter().map(|member| member.id).collect();
            findings.people = person::flow::waiting_of(state, ids).await?;
        }
        Sought::Name(name) => {
            let ids = with_all(state, &pairs(state, name)).await?;
            let named = |company: &Company| company.name.as_ref().is_some_and(|whole| folded(whole).contains(name));
            findings.companies = found(state, Known::Ids(ids), MOST).await?;
            findings.companies.retain(named);
        }
    }
    Ok(findings)
}

/// The cases that have every one of these terms.
async fn with_all(state: &State, terms: &BTreeSet<Vec<u8>>) -> Result<Vec<Uuid>, Error> {
    let count = i64::try_from(terms.len()).unwrap_or(i64::MAX);
    let rows = case_term::Entity::find()
        .select_only()
        .column(case_term::Column::CaseId)
        .filter(case_term::Column::Term.is_in(terms.iter().cloned()))
        .group_by(case_term::Column::CaseId)
        .having(Expr::col(case_term::Column::Term).count().eq(count))
        .limit(MOST * 4)
        .into_tuple()
        .all(&state.db.read)
        .await?;
    Ok(rows)
}

/// Puts a company's case into the index, in the place of what was there.
pub async fn index(state: &State, company_id: Uuid) -> Result<(), Error> {
    let company = found(state, Known::Ids(vec![company_id]), 1).await?.into_iter().next();
    let mut terms = BTreeSet::new();
    if let Some(company) = &company {
        terms.extend(company.name.iter().flat_map(|name| pairs(state, &folded(name))));
        terms.extend(company.representative_mobile.iter().map(|mobile| mobile_term(state, mobile)));
    }
    let tx = state.db.begin(crate::db::Actor::System).await?;
    case_term::Entity::delete_many().filter(case_term::Column::CaseId.eq(company_id)).exec(&*tx).await?;
    let rows = terms.into_iter().map(|term| case_term::ActiveModel { case_id: Set(company_id), term: Set(term) });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        let once = OnConflict::columns([case_term::Column::CaseId, case_term::Column::Term]).do_nothing().to_owned();
        case_term::Entity::insert_many(rows).on_conflict(once).exec_without_returning(&*tx).await?;
    }
    tx.commit().await
}

/// Puts into the index what was submitted before there was one. Run now and then.
pub async fn sweep(state: &State) -> Result<(), Error> {
    let mut indexed = Query::select();
    indexed.column(case_term::Column::CaseId).from(case_term::Entity);
    for id in company::flow::not_among(state, indexed, 500).await? {
        index(state, id).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sought_is_told_by_its_shape() {
        let shape = |text: &str| match Sought::parse(text) {
            Ok(Sought::Mobile(_)) => "mobile",
            Ok(Sought::Code(_)) => "code",
            Ok(Sought::Order(_)) => "order",
            Ok(Sought::Name(_)) => "name",
            Err(_) => "nothing",
        };
        assert_eq!(shape(" 199 0000 0002 "), "mobile");
        assert_eq!(shape("91350100M000100Y43"), "code");
        assert_eq!(shape("rs2026112300001234"), "order");
        assert_eq!([shape("瑞成科技"), shape("瑞 成"), shape("ABC")], ["name"; 3]);
        assert_eq!([shape(""), shape("瑞"), shape(&"长".repeat(61))], ["nothing"; 3]);
        assert_eq!(folded("福州（红隼） ａbc"), "福州(红隼)ABC");
    }
}

//! 企业工商信息核验: after a submission the company register is asked whether code, name and representative belong
//! together. What it says is kept for the reviewer; it never decides by itself.

use super::{Status, entity::company, flow};
use crate::{db::Actor, error::Error, events::Event, jobs::Outcome, state::State};
use sea_orm::{entity::prelude::*, sea_query::Expr};
use serde::{Deserialize, Serialize};
use zhangzheng_kinds::CompanyCode;
use zhangzheng_providers::registry::Verdict;

/// The job that asks.
pub const CHECK_REGISTRY: &str = "company.check_registry";

/// What the register said, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// The adapter's words by what they are about: `code`, `name`, `representative`, `id_number`, `overall` are `matches`,
    /// `differs` or `unknown`; `operating` is `open`, `moved`, `closed` or `unknown`.
    pub said: serde_json::Map<String, serde_json::Value>,
    /// False for a 15-digit registration number, which the register cannot be asked about.
    pub could_be_asked: bool,
    /// The vendor's number of the call.
    pub request_id: Option<String>,
    pub checked_at: DateTimeUtc,
}

impl Registry {
    /// What the register has said against the company, in the reviewer's words. Not knowing is not against it.
    pub fn failures(&self) -> Vec<&'static str> {
        let says = |about: &str, words: &[&str]| {
            self.said.get(about).and_then(serde_json::Value::as_str).is_some_and(|word| words.contains(&word))
        };
        let against = [
            ("name", &["differs"][..], "企业名称与工商登记不一致"),
            ("code", &["differs"], "企业代码与工商登记不一致"),
            ("representative", &["differs"], "法定代表人与工商登记不一致"),
            ("id_number", &["differs"], "法定代表人身份证号与工商登记不一致"),
            ("operating", &["closed", "moved"], "企业登记状态不是存续"),
        ];
        let mut failures: Vec<&'static str> = if self.could_be_asked {
            against.into_iter().filter(|(about, words, _)| says(about, words)).map(|(_, _, said)| said).collect()
        } else {
            Vec::new()
        };
        if failures.is_empty() && self.could_be_asked && says("overall", &["differs"]) {
            failures.push("工商核验结论不一致");
        }
        failures
    }
}

/// Asks the register about a submission that it has not been asked about.
pub async fn check_registry(state: &State, company_id: Uuid) -> Outcome {
    match try_check(state, company_id).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

async fn try_check(state: &State, company_id: Uuid) -> Result<Outcome, Error> {
    let Some(row) = company::Entity::find_by_id(company_id).one(&state.db.read).await? else {
        return Ok(Outcome::Done);
    };
    if row.status != Status::UnderReview || row.registry.is_some() {
        return Ok(Outcome::Done);
    }
    let checked = flow::fields(state, &row)?.check().map_err(|(field, _)| Error::internal(field.word()))?;
    let verdict = match &checked.code {
        CompanyCode::Registration(_) => None,
        CompanyCode::Uscc(code) => {
            let (name, representative) = (&checked.name, &checked.representative_name);
            let id_number = &checked.representative_id_number;
            match state.providers.registry.check_with_id(code, name, representative, id_number).await {
                Ok(verdict) => Some(verdict),
                Err(error) if error.is_temporary() => return Ok(Outcome::Retry(error.to_string())),
                Err(error) => return Ok(Outcome::GiveUp(error.to_string())),
            }
        }
    };
    keep(state, &row, verdict).await?;
    Ok(Outcome::Done)
}

/// Keeps it with the submission that was asked about, and with no other.
async fn keep(state: &State, row: &company::Model, verdict: Option<Verdict>) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let registry = Registry {
        could_be_asked: verdict.is_some(),
        request_id: verdict.as_ref().map(|verdict| verdict.request_id.clone()),
        said: verdict.as_ref().map(words).transpose()?.unwrap_or_default(),
        checked_at: tx.now,
    };
    let kept = company::Entity::update_many()
        .col_expr(company::Column::Registry, Expr::value(serde_json::to_string(&registry).map_err(Error::internal)?))
        .filter(company::Column::Id.eq(row.id))
        .filter(company::Column::SubmittedAt.eq(row.submitted_at))
        .filter(company::Column::Status.eq(Status::UnderReview))
        .exec(&*tx)
        .await?;
    if kept.rows_affected == 1 {
        tx.say(Event::new("company.check_registry", row.id, Some(row.account_id))).await?;
    }
    tx.commit().await
}

fn words(verdict: &Verdict) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
    let answers = [
        ("code", verdict.code),
        ("name", verdict.name),
        ("representative", verdict.representative),
        ("id_number", verdict.id_number),
        ("overall", verdict.overall),
    ];
    let mut said = serde_json::Map::new();
    for (about, answer) in answers {
        said.insert(about.into(), serde_json::to_value(answer).map_err(Error::internal)?);
    }
    said.insert("operating".into(), serde_json::to_value(verdict.operating).map_err(Error::internal)?);
    Ok(said)
}

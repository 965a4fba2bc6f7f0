//! 提交: what must be there and agree before an application goes to the reviewers.

use super::{
    Action, Checked, Field, Fields, Item, PaperKind, Reading, Role, Status,
    entity::{company, company_decision, company_paper},
    flow::{current_papers, fields, held, items, last_decision, reading, verified},
    intake,
    invitation::{self, Mandate},
    power_of_attorney,
};
use crate::{agreements, change, db::Tx, error::Error, person, state::State, who::Who};
use sea_orm::sea_query::Expr;

/// 提交, first or after corrections.
///
/// # Errors
/// [`Error::Invalid`] naming the first field or paper that is missing or wrong; [`Error::Conflict`] before 个人实名认证, while
/// under review, or when the person is not the representative that the form names.
pub async fn submit(state: &State, who: &Who, agreed: bool) -> Result<(), Error> {
    let person = verified(state, who).await?;
    let account = crate::account::flow::account(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = held(&tx, who).await?;
    let papers = current_papers(&*tx, row.id).await?;
    let fields = fields(state, &row)?;
    let checked = fields.check().map_err(|(field, detail)| Error::invalid(field.word(), detail))?;
    if row.role == Role::Representative {
        is_representative(&checked, &person, &reading(state, &row)?)?;
    }
    let returned = match row.status {
        Status::Returned => last_decision(&*tx, row.id).await?,
        _ => None,
    };
    let handed = Handed { row: &row, fields: &fields, papers: &papers, returned: returned.as_ref() };
    papers_ready(state, &handed)?;
    if row.role == Role::Agent {
        mandate_ready(&tx, state, &account.name, &person, &handed).await?;
    }
    if !agreed {
        return Err(Error::invalid("agreed", "请阅读并勾选同意《数字证书申请及使用协议》"));
    }
    agreements::record(&mut tx, who.member_id, who.account_id, agreements::Text::CertificateUse).await?;
    let (now, code_index) = (tx.now, state.vault.index("company.code", checked.code.as_str()));
    let revised = row.revised + i32::from(row.status == Status::Returned);
    change::advance::<company::Entity>(&mut tx, &row, Action::Submit, |update| {
        update
            .col_expr(company::Column::ApplicantId, Expr::value(who.member_id))
            .col_expr(company::Column::CodeIndex, Expr::value(code_index))
            .col_expr(company::Column::SubmittedAt, Expr::value(now))
            .col_expr(company::Column::Revised, Expr::value(revised))
            .col_expr(company::Column::Registry, Expr::value(None::<String>))
    })
    .await?;
    tx.commit().await
}

/// What is handed in, read once for all that looks at it.
struct Handed<'a> {
    row: &'a company::Model,
    fields: &'a Fields,
    papers: &'a [company_paper::Model],
    /// The decision that it answers, if it was returned.
    returned: Option<&'a company_decision::Model>,
}

/// An agent's letter or invitation says what the form says.
async fn mandate_ready(
    tx: &Tx,
    state: &State,
    account_name: &str,
    agent: &person::Verified,
    handed: &Handed<'_>,
) -> Result<(), Error> {
    let Handed { row, fields, papers, returned } = *handed;
    match row.mandate {
        Mandate::Letter => {
            let letter = power_of_attorney::Words::of(state, account_name, fields, agent)?;
            power_of_attorney::up_to_date(tx, state, row, &letter, papers).await
        }
        Mandate::Invitation => {
            let statement = invitation::Statement::of(state, account_name, fields, agent)?;
            invitation::flow::ready(tx, state, row, &statement, fields, returned).await
        }
    }
}

/// 我是法人: the person who submits is the one whom licence and form name. What a machine may have misread is the reviewer's.
fn is_representative(checked: &Checked, person: &person::Verified, reading: &Reading) -> Result<(), Error> {
    let advice = "与您的个人实名信息不一致。您选择了“我是法人”，请填写您本人的信息；如由他人代办，请改选“我是企业经办”";
    if checked.representative_name != person.name {
        let field = Field::RepresentativeName;
        return Err(Error::invalid(field.word(), format!("{}{advice}", field.label())));
    }
    if checked.representative_id_number != person.resident_id {
        let field = Field::RepresentativeIdNumber;
        return Err(Error::invalid(field.word(), format!("{}{advice}", field.label())));
    }
    let read = reading.values.get(&Field::RepresentativeName).map(String::as_str).unwrap_or_default();
    if super::is_another_name(read, person.name.as_str()) {
        let sentence = format!(
            "营业执照上的法定代表人识别为“{read}”，与您的实名姓名不一致。您选择了“我是法人”，须由法定代表人本人办理；\
             由您代办的，请改选“我是企业经办”；照片识别有误的，请重新拍摄营业执照"
        );
        return Err(Error::invalid(PaperKind::BusinessLicence.word(), sentence));
    }
    Ok(())
}

/// Every paper that the role needs is there, and those that the reviewer named are new.
fn papers_ready(state: &State, handed: &Handed<'_>) -> Result<(), Error> {
    let Handed { row, papers, returned, fields } = *handed;
    let named = returned.map(items).unwrap_or_default();
    for kind in row.role.papers(row.mandate) {
        let Some(paper) = papers.iter().find(|paper| paper.kind == *kind) else {
            return Err(Error::invalid(kind.word(), format!("请上传{}", kind.label())));
        };
        if intake::is_outdated(state, paper, fields) {
            return Err(Error::invalid(kind.word(), "法定代表人姓名已修改，请重新制作个人印章"));
        }
        let stale = returned.is_some_and(|decision| paper.created_at <= decision.at);
        if stale && named.contains(&Item::Paper(*kind)) {
            return Err(Error::invalid(kind.word(), format!("请按审核意见重新上传{}", kind.label())));
        }
    }
    Ok(())
}

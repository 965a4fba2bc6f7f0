//! What the earlier steps know: the approved company, whether it has paid, who an administrator is. The only calls to them.

use crate::{administrator, company, db::Tx, error::Error, order, state::State};
use uuid::Uuid;

/// A company whose 企业实名认证 is approved: what certificate and seals are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    pub case_id: Uuid,
    pub name: String,
    /// As on the licence: 18 or 15 characters.
    pub code: String,
    pub representative_name: Option<String>,
    pub seal_number: Option<String>,
}

/// The approved company of an account.
pub async fn approved(state: &State, account_id: Uuid) -> Result<Option<Approved>, Error> {
    let Some(company) = company::flow::of_account(state, account_id).await? else { return Ok(None) };
    let (company::Status::Approved, Some(name), Some(code)) = (company.status, company.name, company.code) else {
        return Ok(None);
    };
    Ok(Some(Approved {
        case_id: company.id,
        name,
        code: code.as_str().to_owned(),
        representative_name: company.representative_name.map(|name| name.as_str().to_owned()),
        seal_number: company.seal_number.map(|number| number.as_str().to_owned()),
    }))
}

/// Whether the account has bought the service, and not been given its money back.
pub async fn paid(state: &State, account_id: Uuid) -> Result<bool, Error> {
    Ok(administrator::flow::bought(state, account_id).await?.is_some())
}

/// Whether a member has done 个人实名认证.
pub async fn verified(state: &State, member_id: Uuid) -> Result<bool, Error> {
    Ok(administrator::flow::verified_name(state, member_id).await?.is_some())
}

/// The certificate comes into force in this act. `false`: the account has been given its money back meanwhile.
pub async fn deliver(tx: &mut Tx, account_id: Uuid) -> Result<bool, Error> {
    order::flow::activate(tx, account_id).await
}

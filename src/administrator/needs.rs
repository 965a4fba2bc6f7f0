//! What the earlier steps know: who a member is, what the account has bought. The only calls of this step to them.

use crate::{error::Error, state::State};
use uuid::Uuid;
use zhangzheng_kinds::PersonName;

/// What was bought and still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bought {
    pub order_id: Uuid,
    pub authorisations: u32,
}

/// The name of a member who has done 个人实名认证.
pub async fn verified_name(_state: &State, _member_id: Uuid) -> Result<Option<PersonName>, Error> {
    Ok(None)
}

/// What the account has paid for.
pub async fn bought(_state: &State, _account_id: Uuid) -> Result<Option<Bought>, Error> {
    Ok(None)
}

/// The company's name for messages: as submitted, else the account's.
pub async fn company_name(_state: &State, _account_id: Uuid) -> Result<Option<String>, Error> {
    Ok(None)
}

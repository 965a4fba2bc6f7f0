//! What the earlier steps know: who a member is, what the account has bought. The only calls of this step to them.

use crate::{db::Tx, error::Error, order, person, state::State};
use uuid::Uuid;
use zhangzheng_kinds::PersonName;

/// What was bought and still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bought {
    pub order_id: Uuid,
    /// How many people may be authorised at once.
    pub authorisations: u32,
}

/// The name of a member who has done 个人实名认证.
pub async fn verified_name(state: &State, member_id: Uuid) -> Result<Option<PersonName>, Error> {
    Ok(person::flow::verified(state, member_id).await?.map(|verified| verified.name))
}

/// What the account has paid for.
pub async fn bought(state: &State, account_id: Uuid) -> Result<Option<Bought>, Error> {
    let paid = order::flow::paid(state, account_id).await?;
    Ok(paid.map(|paid| Bought { order_id: paid.order_id, authorisations: paid.authorisations }))
}

/// So many authorisations are given out now.
///
/// # Errors
/// [`Error::Conflict`] when some were given back at the same moment.
pub async fn use_authorisations(tx: &mut Tx, account_id: Uuid, given: usize) -> Result<(), Error> {
    let given = u32::try_from(given).map_err(Error::internal)?;
    order::flow::use_authorisations(tx, account_id, given).await
}

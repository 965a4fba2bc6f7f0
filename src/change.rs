//! The one door through which a status changes: rule, guard in the `WHERE`, audit row, one transaction.

use crate::{db::Tx, error::Error, events::Event};
use sea_orm::{ActiveEnum, EntityTrait, QueryFilter, UpdateMany, entity::prelude::*, sea_query::Expr};

/// Declares the actions of a state machine: the enum, its list and its names (`<subject>.<action>` is the event).
#[macro_export]
macro_rules! actions {
    ($(#[$meta:meta])* $subject:literal { $($(#[$doc:meta])* $variant:ident => $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action { $($(#[$doc])* $variant),+ }

        impl Action {
            /// Every action, in the order of the journey.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The event that this action leaves.
            pub const fn event(self) -> &'static str {
                match self { $(Self::$variant => concat!($subject, ".", $name)),+ }
            }
        }
    };
}

/// A table with a status column and a rule.
pub trait Stateful: EntityTrait {
    /// The column, the JSON and the rule, once.
    type Status: ActiveEnum<Value = String> + Copy + PartialEq + std::fmt::Debug + Into<Value> + Send;
    /// What can be done to it.
    type Action: Copy + std::fmt::Debug + Send;
    /// The columns.
    const ID: Self::Column;
    const STATUS: Self::Column;

    /// The row's id, status and account (whose open pages hear of the change).
    fn facts(row: &Self::Model) -> (Uuid, Self::Status, Option<Uuid>);
    /// The rule.
    fn next(from: Self::Status, action: Self::Action) -> Option<Self::Status>;
    /// The event that an action leaves.
    fn event(action: Self::Action) -> &'static str;
}

/// Moves one row, read before in the same transaction. `set` writes the columns that come with the new status.
///
/// # Errors
/// [`Error::Conflict`] when the rule forbids it from where the row stands, or when somebody else moved it first.
pub async fn advance<E: Stateful>(
    tx: &mut Tx,
    row: &E::Model,
    action: E::Action,
    set: impl FnOnce(UpdateMany<E>) -> UpdateMany<E>,
) -> Result<E::Status, Error> {
    let (id, was, account_id) = E::facts(row);
    let Some(now_is) = E::next(was, action) else {
        tracing::info!(event.name = E::event(action), status = ?was, "refused by the rule");
        return Err(Error::conflict("not_now", "当前状态不能进行此操作，请刷新页面查看最新进度"));
    };
    let moved = set(E::update_many())
        .col_expr(E::STATUS, Expr::value(now_is))
        .filter(E::ID.eq(id))
        .filter(E::STATUS.eq(was))
        .exec(&**tx)
        .await?;
    if moved.rows_affected != 1 {
        return Err(Error::conflict("changed", "刚刚有人更新了这一步，请刷新页面查看最新进度"));
    }
    let (was, now_is_text) = (was.to_value(), now_is.to_value());
    let change = Some((was.as_str(), now_is_text.as_str()));
    tx.say(Event { name: E::event(action), subject_id: id, account_id, change }).await?;
    Ok(now_is)
}

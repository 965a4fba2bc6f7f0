//! Checks on a vendor's own page: WeChat's, and E证通. We begin them for the person on the confirmed card, and ask the vendor
//! afterwards; that the phone says it is through only starts the asking.

use super::{
    CHECK_FACE, allow,
    face::{consent_needed, consented, some_left},
    mine,
};
use crate::{
    account, change,
    error::Error,
    jobs::Job,
    person::{
        Action, Route,
        card::Fields,
        entity::{face_check, person},
    },
    state::State,
    who::Who,
};
use sea_orm::{entity::prelude::*, sea_query::Expr};
use zhangzheng_providers::{Result as Answer, face, wechat::FaceCheck};

/// Our number for an attempt: 32 characters, the same at every vendor.
fn number(id: Uuid) -> String {
    id.simple().to_string()
}

/// Asks the vendor for an attempt. What it gives is for the phone.
///
/// # Errors
/// [`Error::Conflict`] when WeChat does not know who holds the phone.
pub(super) async fn begin(
    state: &State,
    who: &Who,
    route: Route,
    id: Uuid,
    fields: &Fields,
) -> Result<Answer<String>, Error> {
    let out_seq_no = number(id);
    let (name, resident_id) = (&fields.name, &fields.resident_id);
    if route == Route::Eid {
        return Ok(state.providers.face.begin_eid(name, resident_id, &out_seq_no).await);
    }
    let openid = account::wechat::openid(state, who.member_id).await?;
    let openid = openid.ok_or_else(|| Error::conflict("no_wechat", "请先在微信中登录本小程序，再进行人脸验证"))?;
    let check = FaceCheck { out_seq_no: &out_seq_no, openid: &openid, name, id: resident_id };
    Ok(state.providers.wechat.begin_face_check(check).await)
}

/// What the vendor says came of it; or why it cannot be asked: a word for logs.
pub(super) async fn outcome(
    state: &State,
    row: &person::Model,
    check: &face_check::Model,
    fields: &Fields,
    token: &str,
) -> Result<Answer<face::Outcome>, String> {
    let out_seq_no = number(check.id);
    if check.route == Route::Eid {
        return Ok(state.providers.face.eid_outcome(token, &out_seq_no).await);
    }
    let openid = account::wechat::openid(state, row.member_id).await.map_err(|error| error.to_string())?;
    let openid = openid.ok_or("no openid")?;
    let asked = FaceCheck { out_seq_no: &out_seq_no, openid: &openid, name: &fields.name, id: &fields.resident_id };
    Ok(state.providers.wechat.face_outcome(token, asked).await)
}

/// The phone says that the person is through, or has left: the vendor is asked.
///
/// # Errors
/// [`Error::Conflict`] when the attempt is not the person's latest, or has been handed in.
pub async fn finished(state: &State, who: &Who, check_id: Uuid) -> Result<(), Error> {
    if !consented(state, who.member_id).await? {
        return Err(consent_needed());
    }
    let mut tx = state.db.begin(who.actor()).await?;
    let (row, now) = (mine(&*tx, who).await?, tx.now);
    allow(&row, Action::Submit)?;
    let own = face_check::Entity::find_by_id(check_id).filter(face_check::Column::PersonId.eq(row.id));
    let check = own.one(&*tx).await?.filter(|check| row.face_check_id == Some(check.id) && check.token.is_some());
    if check.is_none_or(|check| check.submitted_at.is_some()) {
        return Err(Error::conflict("check_void", "这次验证已失效，请重新开始"));
    }
    some_left(&*tx, row.id, now).await?;
    face_check::Entity::update_many()
        .col_expr(face_check::Column::SubmittedAt, Expr::value(now))
        .filter(face_check::Column::Id.eq(check_id))
        .exec(&*tx)
        .await?;
    change::advance::<person::Entity>(&mut tx, &row, Action::Submit, |update| {
        update.col_expr(person::Column::UpdatedAt, Expr::value(now))
    })
    .await?;
    tx.enqueue(Job::now(CHECK_FACE, check_id)).await?;
    tx.commit().await
}

//! 图形验证码: four characters, case-insensitive, three minutes, one answer; refreshable, and spoken for those who cannot see it.

use super::{CAPTCHA_LIFE, entity::captcha};
use crate::{error::Error, state::State};
use sea_orm::{ActiveValue::Set, entity::prelude::*};
use zhangzheng_documents::{captcha as drawing, speech};

/// How many digits a spoken one has.
pub const SPOKEN_LENGTH: usize = speech::LENGTH;

const PLACE: &str = "captcha.answer";

/// Makes one. A spoken one consists of digits only.
pub async fn make(state: &State, spoken: bool) -> Result<Uuid, Error> {
    let now = state.clock.now();
    let id = state.random.id(now);
    let answer = match spoken {
        true => state.random.digits(speech::LENGTH),
        false => state.random.pick(drawing::ALPHABET, drawing::LENGTH),
    };
    let row = captcha::ActiveModel {
        id: Set(id),
        answer: Set(state.vault.seal(PLACE, id, &answer)),
        expires_at: Set(now + CAPTCHA_LIFE),
    };
    captcha::Entity::insert(row).exec_without_returning(state.db.machinery()).await?;
    Ok(id)
}

/// The picture, PNG.
pub async fn picture(state: &State, id: Uuid) -> Result<Vec<u8>, Error> {
    let answer = answer(state, id).await?;
    Ok(drawing::image(&answer, seed(id)))
}

/// The voice, WAV; only for a spoken one.
pub async fn voice(state: &State, id: Uuid) -> Result<Vec<u8>, Error> {
    let answer = answer(state, id).await?;
    speech::wav(&answer, seed(id)).map_err(|_| Error::not_found())
}

fn seed(id: Uuid) -> u64 {
    id.as_u64_pair().1
}

/// What it says: for the rehearsal's script, which cannot see. Not in a production build.
#[cfg(feature = "sandbox")]
pub async fn read_aloud(state: &State, id: Uuid) -> Result<String, Error> {
    answer(state, id).await
}

async fn answer(state: &State, id: Uuid) -> Result<String, Error> {
    let row = captcha::Entity::find_by_id(id)
        .filter(captcha::Column::ExpiresAt.gt(state.clock.now()))
        .one(&state.db.read)
        .await?
        .ok_or_else(Error::not_found)?;
    state.vault.open(PLACE, id, &row.answer)
}

/// Takes the answer: right or wrong, this captcha is used up.
///
/// # Errors
/// [`Error::Invalid`] naming `captcha`.
pub async fn answered(state: &State, id: Option<Uuid>, typed: &str) -> Result<(), Error> {
    let wrong = || Error::invalid("captcha", "图形验证码不正确或已过期，请看新图重新填写");
    let id = id.ok_or_else(wrong)?;
    let taken = captcha::Entity::delete_many()
        .filter(captcha::Column::Id.eq(id))
        .exec_with_returning(state.db.machinery())
        .await?;
    let row = taken.into_iter().next().filter(|row| row.expires_at > state.clock.now()).ok_or_else(wrong)?;
    let answer = state.vault.open(PLACE, id, &row.answer)?;
    if crate::who::same(&answer.to_ascii_uppercase(), &typed.trim().to_ascii_uppercase()) {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// Forgets pictures that nobody answered. Run now and then.
pub async fn sweep(state: &State) -> Result<(), Error> {
    let over = captcha::Column::ExpiresAt.lt(state.clock.now());
    captcha::Entity::delete_many().filter(over).exec(state.db.machinery()).await?;
    Ok(())
}

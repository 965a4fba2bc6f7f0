//! What staff are shown of a paper: a copy with their name and the time written across it. The paper that is kept stays as
//! it is.

use super::{notices::beijing, session::Staffer};
use crate::{error::Error, state::State};
use tokio::sync::Semaphore;
use zhangzheng_documents::watermark;

/// Decoding a large photo takes memory: few at once.
static PRINTERS: Semaphore = Semaphore::const_new(2);

/// What is written: who, when (Beijing), what for.
pub fn text(name: &str, at: chrono::DateTime<chrono::Utc>) -> String {
    format!("{name} {} 仅供审核", beijing(at).format("%Y-%m-%d %H:%M"))
}

/// A copy for the eyes of one member of staff: content type and bytes. What is no photo has nothing to write on and is
/// given as it is; the log says who has seen it in either case.
///
/// # Errors
/// [`Error::Internal`] when a photo that we have kept cannot be read any more.
pub async fn for_eyes_of(
    state: &State,
    staffer: &Staffer,
    content_type: String,
    bytes: Vec<u8>,
) -> Result<(String, Vec<u8>), Error> {
    if !matches!(content_type.as_str(), "image/jpeg" | "image/png") {
        return Ok((content_type, bytes));
    }
    let text = text(&staffer.name, state.clock.now());
    let _turn = PRINTERS.acquire().await.map_err(Error::internal)?;
    let stamped =
        tokio::task::spawn_blocking(move || watermark::stamp(&bytes, &text)).await.map_err(Error::internal)?;
    Ok(("image/jpeg".to_owned(), stamped.map_err(Error::internal)?))
}

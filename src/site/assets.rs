//! Style sheet, scripts and icons: compiled in, sent with a hash in the address and a year of caching.

use crate::error::Error;
use poem::{Request, Response, handler, http::StatusCode, web::Path};
use rust_embed::RustEmbed;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "src/site/static"]
struct Files;

/// A word that changes when any file changes: part of every address of a file.
pub static VERSION: LazyLock<String> = LazyLock::new(|| {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for name in Files::iter() {
        if let Some(file) = Files::get(&name) {
            hash.update(file.metadata.sha256_hash());
        }
    }
    hex::encode(&hash.finalize()[..5])
});

/// A file. An old version's address still works, uncached.
#[handler]
pub async fn static_file(request: &Request, Path((version, name)): Path<(String, String)>) -> Result<Response, Error> {
    let file = Files::get(&name).ok_or_else(Error::not_found)?;
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..10]));
    let caching = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    let answer = Response::builder().header("etag", &tag).header("cache-control", caching);
    if request.header("if-none-match") == Some(tag.as_str()) {
        return Ok(answer.status(StatusCode::NOT_MODIFIED).finish());
    }
    let kind = file.metadata.mimetype();
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    Ok(answer.content_type(kind).body(file.data.into_owned()))
}

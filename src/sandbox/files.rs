//! The phone on the desk at `/`: the static files of its build, and nothing outside that folder.

use crate::world::World;
use poem::{Endpoint, Request, Response, endpoint::make, http::Method, http::StatusCode, http::header};
use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

pub(crate) fn routes(world: Arc<World>) -> impl Endpoint<Output = Response> {
    make(move |request| {
        let world = world.clone();
        async move { Ok::<_, poem::Error>(serve(&world, &request).await) }
    })
}

async fn serve(world: &World, request: &Request) -> Response {
    let Some(root) = &world.config.phone_dir else {
        return text(StatusCode::NOT_FOUND, "The phone on the desk is not built here. /control works.");
    };
    if *request.method() != Method::GET && *request.method() != Method::HEAD {
        return text(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    let Some(file) = inside(root, request.uri().path()) else {
        return text(StatusCode::NOT_FOUND, "No such file.");
    };
    let file = if file.is_dir() { file.join("index.html") } else { file };
    match tokio::fs::read(&file).await {
        Ok(bytes) => {
            Response::builder().content_type(kind(&file)).header(header::CACHE_CONTROL, "no-cache").body(bytes)
        }
        Err(_) => text(StatusCode::NOT_FOUND, "No such file."),
    }
}

/// The file a path names, or `None` when it would leave the folder.
fn inside(root: &Path, path: &str) -> Option<PathBuf> {
    let text = percent_decoded(path)?;
    let relative = Path::new(text.trim_start_matches('/'));
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| root.join(relative))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let pair = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(pair, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("wasm") => "application/wasm",
        Some("mp4") => "video/mp4",
        _ => "application/octet-stream",
    }
}

fn text(status: StatusCode, text: &'static str) -> Response {
    Response::builder().status(status).content_type("text/plain; charset=utf-8").body(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_served() {
        let root = Path::new("/phone");
        for path in ["/../secret", "/a/../../secret", "/%2e%2e/secret", "/a/%2e%2e/%2e%2e/x", "/%zz", "/%"] {
            assert_eq!(inside(root, path), None, "{path}");
        }
        assert_eq!(inside(root, "//etc/passwd"), Some("/phone/etc/passwd".into()));
        assert_eq!(inside(root, "/a%20b.js"), Some("/phone/a b.js".into()));
    }
}

//! Objects as files: written beside their place, flushed, then linked into it, so that a crash leaves all or nothing.

use super::{Key, VENDOR};
use crate::{Error, Result};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};
use zhangzheng_kinds::{Clock, Random};

/// A folder of objects. Several processes may use it at once.
#[derive(Clone, Debug)]
pub struct Local {
    folder: PathBuf,
    random: Random,
}

impl Local {
    /// Makes the folder when missing, and sweeps away what crashes left behind more than a day ago.
    pub(super) fn open(folder: &Path, clock: &Clock, random: Random) -> Result<Self> {
        fs::create_dir_all(folder.join("parts")).map_err(failed)?;
        for part in fs::read_dir(folder.join("parts")).map_err(failed)?.flatten() {
            let written = part.metadata().and_then(|data| data.modified()).map(DateTime::<Utc>::from);
            if written.is_ok_and(|at| clock.now() - at > chrono::Duration::days(1)) {
                fs::remove_file(part.path()).map_err(failed)?;
            }
        }
        Ok(Self { folder: folder.to_owned(), random })
    }

    /// `<two hexadecimal digits>/<key with ~ for />`: at most 256 folders, and names a person can still find.
    fn place(&self, key: &Key) -> PathBuf {
        let fan = hex::encode(&Sha256::digest(key.as_str())[..1]);
        self.folder.join(fan).join(key.as_str().replace('/', "~"))
    }

    /// Whether the name was already taken.
    pub(super) async fn put(&self, key: &Key, bytes: Bytes) -> Result<bool> {
        let place = self.place(key);
        let part = self.folder.join("parts").join(format!("{}.part", self.random.token()));
        aside(move || write(&part, &place, &bytes)).await
    }

    pub(super) async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        let place = self.place(key);
        aside(move || found(fs::read(place)).map(|bytes| bytes.map(Bytes::from))).await
    }

    pub(super) async fn head(&self, key: &Key) -> Result<Option<u64>> {
        let place = self.place(key);
        aside(move || found(fs::metadata(place)).map(|data| data.map(|data| data.len()))).await
    }

    pub(super) async fn delete(&self, key: &Key) -> Result<()> {
        let place = self.place(key);
        aside(move || {
            if found(fs::remove_file(&place))?.is_some() {
                flush_folder(&place)?;
            }
            Ok(())
        })
        .await
    }
}

/// Writes and flushes the part, links it into place (which fails when the place is taken), flushes the folder.
fn write(part: &Path, place: &Path, bytes: &[u8]) -> io::Result<bool> {
    let folder = place.parent().unwrap_or(place);
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        flush_folder(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let linked = written.and_then(|()| match fs::hard_link(part, place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(true),
        linked => linked.map(|()| false),
    });
    // What cannot be removed now is swept at a later start.
    let _swept = fs::remove_file(part);
    let taken = linked?;
    flush_folder(place)?;
    Ok(taken)
}

/// Makes a new or removed name in the folder of `place` last.
fn flush_folder(place: &Path) -> io::Result<()> {
    match place.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Files are waited for off the threads that answer.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(failed),
        Err(_) => Err(Error::unavailable(VENDOR, "the file worker stopped")),
    }
}

fn failed(error: io::Error) -> Error {
    Error::Unavailable { vendor: VENDOR, reason: format!("files: {}", error.kind()), cause: Some(Box::new(error)) }
}

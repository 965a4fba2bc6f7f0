//! Where the objects are: their descriptions in the kept state, their bytes in memory or in a folder.

use super::Refusal;
use crate::world::World;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Mutex,
};

/// What the bucket holds, by key.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) objects: BTreeMap<String, Object>,
}

/// An object without its bytes.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) etag: String,
    /// Decimal, as the vendor writes it.
    pub(crate) crc64: String,
    pub(crate) content_type: String,
    pub(crate) size: usize,
    pub(crate) modified: String,
    /// Names the bytes.
    body: String,
}

/// The objects' bytes.
pub(crate) enum Bodies {
    Memory(Mutex<HashMap<String, Bytes>>),
    Folder(PathBuf),
}

impl Bodies {
    /// In `<dir>/oss`, or in memory without a folder.
    pub(crate) fn open(dir: Option<&Path>) -> std::io::Result<Self> {
        let Some(dir) = dir else { return Ok(Self::Memory(Mutex::default())) };
        let folder = dir.join("oss");
        std::fs::create_dir_all(&folder)?;
        Ok(Self::Folder(folder))
    }

    fn put(&self, name: &str, bytes: &Bytes) -> std::io::Result<()> {
        match self {
            Self::Memory(map) => {
                map.lock().unwrap_or_else(|broken| broken.into_inner()).insert(name.into(), bytes.clone());
                Ok(())
            }
            Self::Folder(folder) => std::fs::write(folder.join(name), bytes),
        }
    }

    fn get(&self, name: &str) -> Option<Bytes> {
        match self {
            Self::Memory(map) => map.lock().unwrap_or_else(|broken| broken.into_inner()).get(name).cloned(),
            Self::Folder(folder) => std::fs::read(folder.join(name)).ok().map(Bytes::from),
        }
    }

    fn delete(&self, name: &str) {
        match self {
            Self::Memory(map) => {
                map.lock().unwrap_or_else(|broken| broken.into_inner()).remove(name);
            }
            // A file that is already gone is as deleted as can be.
            Self::Folder(folder) => drop(std::fs::remove_file(folder.join(name))),
        }
    }
}

pub(super) fn put(
    world: &World,
    key: &str,
    kind: &str,
    bytes: &Bytes,
    etag: String,
    keep: bool,
) -> Result<Object, Refusal> {
    let object = Object {
        etag,
        crc64: crc64(bytes).to_string(),
        content_type: kind.to_owned(),
        size: bytes.len(),
        modified: world.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        body: hex::encode(Sha256::digest(key.as_bytes())),
    };
    world.oss.write(|state| {
        if keep && state.objects.contains_key(key) {
            let text = "The object you specified already exists and can not be overwritten.";
            return Err(Refusal::new(409, "FileAlreadyExists", text, "0026-00000001"));
        }
        let failed = |_| Refusal::new(500, "InternalError", "We encountered an internal error. Please try again.", "");
        world.oss_bodies.put(&object.body, bytes).map_err(failed)?;
        state.objects.insert(key.to_owned(), object.clone());
        Ok(object.clone())
    })
}

pub(super) fn get(world: &World, key: &str) -> Result<(Object, Bytes), Refusal> {
    let object = world.oss.read(|state| state.objects.get(key).cloned());
    let found = object.and_then(|object| world.oss_bodies.get(&object.body).map(|bytes| (object, bytes)));
    found.ok_or_else(|| Refusal::new(404, "NoSuchKey", "The specified key does not exist.", "0026-00000001"))
}

pub(super) fn delete(world: &World, key: &str) -> Result<(), Refusal> {
    if let Some(object) = world.oss.write(|state| state.objects.remove(key)) {
        world.oss_bodies.delete(&object.body);
    }
    Ok(())
}

/// CRC-64/XZ, the vendor's `x-oss-hash-crc64ecma`.
fn crc64(bytes: &[u8]) -> u64 {
    !bytes.iter().fold(!0u64, |crc, &byte| {
        (0..8).fold(
            crc ^ u64::from(byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xc96c_5795_d787_0f42 } else { crc >> 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_vendors() {
        assert_eq!(super::crc64(b"123456789"), 11_051_210_869_376_104_954);
        assert_eq!(super::crc64(b"hello oss"), 15_021_467_531_229_347_219);
    }
}

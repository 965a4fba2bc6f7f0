//! 备份: the authority (every generation, and the key files that open them) as one encrypted file, and back again.
//! `ZZCA1 ‖ salt (16) ‖ sealed archive`, under a passphrase stretched with Argon2id.

use super::{Authority, Place, disk};
use crate::vault::write_private;
use anyhow::{Context, ensure};
use std::{
    io::Read,
    path::{Component, Path},
};
use zeroize::Zeroizing;
use zhangzheng_kinds::{Clock, Random};
use zhangzheng_pki::{
    keystore::{Kek, Purpose},
    random::Fill,
};

const MAGIC: &[u8] = b"ZZCA1";
const VERSION: u32 = 1;
/// What opens the authority; the vault's and the holders' keys are not in it, they go with the database.
const KEY_FILES: [&str; 4] = ["keys/ca.key", "keys/ca.key.salt", "keys/root.key", "keys/root.key.salt"];

/// The authority as one encrypted file.
///
/// # Errors
/// A passphrase of fewer than 12 bytes, files that cannot be read.
pub fn backup(place: &Place<'_>, passphrase: &[u8], random: &Random) -> anyhow::Result<Vec<u8>> {
    ensure!(disk::made(&disk::folder(place.data)), "there is no authority in {}", place.data.display());
    let mut archive = tar::Builder::new(Vec::new());
    archive.mode(tar::HeaderMode::Deterministic);
    archive.append_dir_all("ca", disk::folder(place.data)).context("read the authority's folder")?;
    for file in KEY_FILES.iter().filter(|file| place.data.join(file).exists()) {
        archive.append_path_with_name(place.data.join(file), file).with_context(|| format!("read {file}"))?;
    }
    let archive = Zeroizing::new(archive.into_inner()?);
    let salt = random.bytes::<16>();
    let kek = Kek::from_passphrase(passphrase, &salt, VERSION)?;
    let sealed = kek.seal(Purpose::Backup, "1", &archive, &mut Fill(|buffer: &mut [u8]| random.fill(buffer)));
    Ok([MAGIC, &salt, &sealed].concat())
}

/// Puts an authority back from its backup, where there is none. Opens it before it is moved into place.
///
/// # Errors
/// Not a backup, another passphrase, an authority or other key files already there, an authority that does not open.
pub fn restore(
    place: &Place<'_>,
    passphrase: &[u8],
    backup: &[u8],
    clock: &Clock,
    random: &Random,
) -> anyhow::Result<()> {
    let folder = disk::folder(place.data);
    ensure!(!folder.exists(), "{} is already there: move it away first", folder.display());
    let rest = backup.strip_prefix(MAGIC).context("this is no backup of an authority")?;
    let (salt, sealed) = rest.split_at_checked(16).context("the backup is cut off")?;
    let kek = Kek::from_passphrase(passphrase, salt.try_into()?, VERSION)?;
    let archive =
        kek.open(Purpose::Backup, "1", sealed).context("the passphrase is wrong, or the backup was changed")?;
    let aside = place.data.join(format!("restore-{}", &random.token()[..8]));
    unpack(&archive, &aside)?;
    let opened = Authority::open_or_create(&Place { data: &aside, ..place.clone() }, clock, random);
    let put = opened.and_then(|_| put(&aside, place.data));
    std::fs::remove_dir_all(&aside).context("clear up")?;
    put
}

fn unpack(archive: &[u8], aside: &Path) -> anyhow::Result<()> {
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.into_owned();
        let plain = name.components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(plain && (name.starts_with("ca") || name.starts_with("keys")), "a file that is not an authority's");
        if entry.header().entry_type().is_file() {
            let mut bytes = Zeroizing::new(Vec::new());
            entry.read_to_end(&mut bytes)?;
            write_private(&aside.join(&name), &bytes)?;
        }
    }
    Ok(())
}

/// Key files first: the authority's folder says that it is there.
fn put(aside: &Path, data: &Path) -> anyhow::Result<()> {
    for file in KEY_FILES.iter().filter(|file| aside.join(file).exists()) {
        let bytes = Zeroizing::new(std::fs::read(aside.join(file))?);
        match std::fs::read(data.join(file)).map(Zeroizing::new) {
            Ok(there) if there == bytes => {}
            Ok(_) => anyhow::bail!("another {file} is already there: move it away first"),
            Err(_) => write_private(&data.join(file), &bytes)?,
        }
    }
    Ok(std::fs::rename(disk::folder(aside), disk::folder(data))?)
}

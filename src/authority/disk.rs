//! 证书签发机构 on disk. The first generation lies in `ca/`, each later one in a folder of its own beside it, with its root's
//! certificate; the root's sealed key lies where that root was made, and may be taken away.

use super::{Generation, Place};
use crate::vault::{key_file, write_private};
use anyhow::{Context, bail, ensure};
use chrono::Duration;
use std::path::{Path, PathBuf};
use zhangzheng_kinds::{Clock, Random, Secret};
use zhangzheng_pki::{
    ca::{AuthorityParams, Ca, Root},
    certificate::{Certificate, Validity},
    key::{Algorithm, SigningKey},
    keystore::{Kek, Purpose},
    name::Subject,
    profile::{MAX_DAYS, Uris},
    random::Fill,
};

/// The version of key-encryption keys says where they come from.
const FROM_FILE: u32 = 1;
const FROM_PASSPHRASE: u32 = 2;
const ROOT: &str = "root.pem";
const ROOT_KEY: &str = "root.key.sealed";
const ISSUING: &str = "issuing.pem";
const ISSUING_KEY: &str = "issuing.key.sealed";
/// What passphrases are stretched with; beside what they seal, and no secret.
const SALT: &str = "salt";

/// The authority's folder.
pub(super) fn folder(data: &Path) -> PathBuf {
    data.join("ca")
}

/// Whether there is one.
pub(super) fn made(folder: &Path) -> bool {
    folder.join(ROOT).exists()
}

fn generation_folder(folder: &Path, number: u32) -> PathBuf {
    if number == 1 { folder.to_owned() } else { folder.join(format!("generation-{number}")) }
}

/// The word in file names and addresses: nothing for the first.
fn suffix(number: u32) -> String {
    if number == 1 { String::new() } else { format!("-{number}") }
}

fn kek(
    place: &Place<'_>,
    passphrase: Option<&Secret<String>>,
    file: &str,
    setting: &str,
    random: &Random,
) -> anyhow::Result<Kek> {
    let Some(passphrase) = passphrase else {
        let path = place.data.join("keys").join(file);
        let contents = key_file(&path, random)?;
        return Kek::from_key_file(&*contents, FROM_FILE).with_context(|| format!("{}", path.display()));
    };
    let path = place.data.join("keys").join(format!("{file}.{SALT}"));
    let salt = match std::fs::read(&path) {
        Ok(salt) => {
            <[u8; 16]>::try_from(salt).map_err(|_| anyhow::anyhow!("{}: a salt has 16 bytes", path.display()))?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let salt = random.bytes::<16>();
            write_private(&path, &salt)?;
            salt
        }
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    Kek::from_passphrase(passphrase.expose().as_bytes(), &salt, FROM_PASSPHRASE).with_context(|| setting.to_owned())
}

/// What seals the issuing keys and those of the platform's services.
pub(super) fn issuing_kek(place: &Place<'_>, random: &Random) -> anyhow::Result<Kek> {
    kek(place, place.passphrase, "ca.key", "ca.passphrase", random)
}

fn root_kek(place: &Place<'_>, random: &Random) -> anyhow::Result<Kek> {
    kek(place, place.root_passphrase, "root.key", "ca.root_passphrase", random)
}

fn unseal(kek: &Kek, purpose: Purpose, id: &str, sealed: &[u8]) -> anyhow::Result<zeroize::Zeroizing<Vec<u8>>> {
    match (Kek::version_of(sealed), kek.version()) {
        (Some(FROM_PASSPHRASE), FROM_FILE) => bail!("the key is sealed with a passphrase: set it in [ca]"),
        (Some(FROM_FILE), FROM_PASSPHRASE) => bail!("the key is sealed with a key file: unset the passphrase in [ca]"),
        _ => kek.open(purpose, id, sealed).context("the key does not open: another key file or passphrase sealed it"),
    }
}

fn read(folder: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    std::fs::read(folder.join(name)).with_context(|| format!("read {}", folder.join(name).display()))
}

fn certificate(folder: &Path, name: &str) -> anyhow::Result<Certificate> {
    Certificate::from_pem(&String::from_utf8(read(folder, name)?)?).with_context(|| format!("{name} is no certificate"))
}

/// Every generation, oldest first.
pub(super) fn open(place: &Place<'_>, kek: &Kek) -> anyhow::Result<Vec<Generation>> {
    let top = folder(place.data);
    let mut generations: Vec<Generation> = Vec::new();
    for number in 1.. {
        let folder = generation_folder(&top, number);
        if !folder.join(ISSUING).exists() {
            break;
        }
        let (root, issuing) = (certificate(&folder, ROOT)?, certificate(&folder, ISSUING)?);
        let key = unseal(kek, Purpose::Issuing, &number.to_string(), &read(&folder, ISSUING_KEY)?)?;
        let key = SigningKey::from_bytes(issuing.public_key().algorithm(), &key)?;
        let made_by = generations.iter().find(|before| *before.ca.root() == root).map_or(number, |before| before.root);
        let ca = Ca::open(root, issuing, key).with_context(|| format!("generation {number}"))?;
        generations.push(Generation { number, ca, root: made_by, uris: uris(place, number)? });
    }
    ensure!(!generations.is_empty(), "{} is missing", top.join(ISSUING).display());
    Ok(generations)
}

fn uris(place: &Place<'_>, number: u32) -> anyhow::Result<Uris> {
    let at = |file: String| format!("{}/pki/{file}", place.address);
    let (list, issuer) = (at(format!("issuing{}.crl", suffix(number))), at(format!("issuing{}.cer", suffix(number))));
    Ok(Uris::new(Some(&list), Some(&at("ocsp".into())), Some(&issuer))?)
}

/// The root with its key, of the generation given: `None` when the key has been taken away.
///
/// # Errors
/// A key that is there but does not open, or is not the certificate's.
pub fn open_root(place: &Place<'_>, root: u32, random: &Random) -> anyhow::Result<Option<Root>> {
    let folder = generation_folder(&folder(place.data), root);
    let key_at_hand = place.root_passphrase.is_some() || place.data.join("keys/root.key").exists();
    if !folder.join(ROOT_KEY).exists() || !key_at_hand {
        return Ok(None);
    }
    let certificate = certificate(&folder, ROOT)?;
    let key = unseal(&root_kek(place, random)?, Purpose::Root, &root.to_string(), &read(&folder, ROOT_KEY)?)?;
    let key = SigningKey::from_bytes(certificate.public_key().algorithm(), &key)?;
    Ok(Some(Root::open(certificate, key)?))
}

/// Makes root and first generation.
pub(super) fn make(place: &Place<'_>, clock: &Clock, random: &Random) -> anyhow::Result<()> {
    let files = Files::with_new_root(place, 1, clock, random)?;
    files.put(place, &folder(place.data), random)?;
    tracing::info!(ca.folder = %folder(place.data).display(), "authority made; keep root.key and root.key.sealed apart from this machine");
    Ok(())
}

/// Makes the next generation: below the same root, or, with `new_root` or another algorithm than the root's, below a new one.
/// Gives its number. A server takes it up when it starts again.
///
/// # Errors
/// When the root's key is needed and has been taken away; files that cannot be written.
pub fn rotate(place: &Place<'_>, new_root: bool, clock: &Clock, random: &Random) -> anyhow::Result<u32> {
    let generations = open(place, &issuing_kek(place, random)?)?;
    let last = generations.last().context("an authority has a generation")?;
    let number = last.number + 1;
    let above = last.ca.root();
    let files = if new_root || above.public_key().algorithm() != place.algorithm {
        Files::with_new_root(place, number, clock, random)?
    } else {
        let Some(root) = open_root(place, last.root, random)? else {
            bail!("the root's key has been taken away: bring back keys/root.key and {ROOT_KEY}, and try again");
        };
        Files::below(place, number, &root, clock, random)?
    };
    files.put(place, &generation_folder(&folder(place.data), number), random)?;
    Ok(number)
}

/// A generation about to be written.
struct Files {
    number: u32,
    ca: Ca,
    /// Only if it was made with it.
    root: Option<Root>,
}

impl Files {
    fn with_new_root(place: &Place<'_>, number: u32, clock: &Clock, random: &Random) -> anyhow::Result<Self> {
        let kind = match place.algorithm {
            Algorithm::Sm2Sm3 => "SM2",
            Algorithm::P256Sha256 => "P-256",
        };
        let name =
            format!("{} {kind} 根证书{}", place.name, if number == 1 { String::new() } else { format!(" {number}") });
        let params = AuthorityParams {
            subject: Subject::authority(place.organisation, &name)?,
            algorithm: place.algorithm,
            validity: lasting(MAX_DAYS, clock)?,
            uris: Uris::default(),
        };
        let root = Root::generate(&params, &mut Fill(|buffer: &mut [u8]| random.fill(buffer)))?;
        let below = Self::below_numbered(place, number, number, &root, clock, random)?;
        Ok(Self { root: Some(root), ..below })
    }

    fn below(place: &Place<'_>, number: u32, root: &Root, clock: &Clock, random: &Random) -> anyhow::Result<Self> {
        let generations = open(place, &issuing_kek(place, random)?)?;
        let made_by = generations.iter().find(|before| before.ca.root() == root.certificate());
        let made_by = made_by.context("the root is nobody's")?.root;
        Self::below_numbered(place, number, made_by, root, clock, random)
    }

    fn below_numbered(
        place: &Place<'_>,
        number: u32,
        root_number: u32,
        root: &Root,
        clock: &Clock,
        random: &Random,
    ) -> anyhow::Result<Self> {
        let at = |file: &str| format!("{}/pki/root{}.{file}", place.address, suffix(root_number));
        let kind = match root.certificate().public_key().algorithm() {
            Algorithm::Sm2Sm3 => "SM2",
            Algorithm::P256Sha256 => "P-256",
        };
        let wanted = lasting(MAX_DAYS - 1, clock)?;
        let until = Ord::min(wanted.not_after(), root.certificate().not_after());
        let from = Ord::max(wanted.not_before(), root.certificate().not_before());
        let params = AuthorityParams {
            subject: Subject::authority(place.organisation, &format!("{} {kind} 签发证书 {number}", place.name))?,
            algorithm: place.algorithm,
            validity: Validity::new(from, until)?,
            uris: Uris::new(Some(&at("crl")), None, Some(&at("cer")))?,
        };
        let ca = root.make_issuing(&params, &mut Fill(|buffer: &mut [u8]| random.fill(buffer)))?;
        Ok(Self { number, ca, root: None })
    }

    /// Writes everything beside its place, and moves it there whole.
    fn put(self, place: &Place<'_>, folder: &Path, random: &Random) -> anyhow::Result<()> {
        let mut rng = Fill(|buffer: &mut [u8]| random.fill(buffer));
        let new = super::disk::folder(place.data).with_extension(format!("new-{}", &random.token()[..8]));
        let id = self.number.to_string();
        if let Some(root) = &self.root {
            let sealed = root_kek(place, random)?.seal(Purpose::Root, &id, &*root.key().to_bytes(), &mut rng);
            write_private(&new.join(ROOT_KEY), &sealed)?;
        }
        let sealed = issuing_kek(place, random)?.seal(Purpose::Issuing, &id, &*self.ca.key().to_bytes(), &mut rng);
        write_private(&new.join(ISSUING_KEY), &sealed)?;
        write_private(&new.join(ISSUING), self.ca.issuing().pem().as_bytes())?;
        write_private(&new.join(ROOT), self.ca.root().pem().as_bytes())?;
        match std::fs::rename(&new, folder) {
            Ok(()) => Ok(()),
            // Another process was faster: its authority is the one.
            Err(_) if folder.join(ROOT).exists() => Ok(std::fs::remove_dir_all(&new)?),
            Err(error) => Err(error.into()),
        }
    }
}

fn lasting(days: i64, clock: &Clock) -> anyhow::Result<Validity> {
    let from = clock.now() - Duration::minutes(5);
    Ok(Validity::new(from, from + Duration::days(days) - Duration::seconds(1))?)
}

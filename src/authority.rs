//! 证书签发机构 on disk: root and issuing authority are made at the first start; their keys are sealed, each under a key file
//! of its own, so that the root's can be taken away.

use crate::vault::{key_file, write_private};
use anyhow::Context;
use chrono::Duration;
use std::path::{Path, PathBuf};
use zhangzheng_kinds::{Clock, Random};
use zhangzheng_pki::{
    ca::{AuthorityParams, Ca},
    certificate::{Certificate, Validity},
    keystore::{Kek, Purpose},
    name::Subject,
    profile::{MAX_DAYS, Uris},
    random::Fill,
    sm::SigningKey,
};

const KEK_VERSION: u32 = 1;
const ROOT: &str = "root.pem";
const ROOT_KEY: &str = "root.key.sealed";
const ISSUING: &str = "issuing.pem";
const ISSUING_KEY: &str = "issuing.key.sealed";
/// What sealed keys are bound to, besides their purpose.
const GENERATION: &str = "1";

/// Where the authority is kept, what it is called, and under which address verifiers find it.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The data folder.
    pub data: &'a Path,
    pub organisation: &'a str,
    pub name: &'a str,
    /// `https://host`, without a slash at the end.
    pub address: &'a str,
}

/// The authority that signs our certificates.
#[derive(Debug)]
pub struct Authority {
    pub ca: Ca,
    /// What subscribers' certificates point to.
    pub uris: Uris,
    pub folder: PathBuf,
}

impl Authority {
    /// Opens the authority in the data folder, or makes it when there is none yet. What is made is moved into place whole:
    /// a start that is interrupted leaves nothing half done.
    ///
    /// # Errors
    /// Files that cannot be read or written, or do not belong together.
    pub fn open_or_create(place: &Place<'_>, clock: &Clock, random: &Random) -> anyhow::Result<Self> {
        let folder = place.data.join("ca");
        let keys = place.data.join("keys");
        let issuing_kek = kek(&keys.join("ca.key"), random)?;
        if !folder.join(ROOT).exists() {
            make(place, clock, random, &folder, &issuing_kek, &kek(&keys.join("root.key"), random)?)
                .with_context(|| format!("make the authority in {}", folder.display()))?;
        }
        let ca = open(&folder, &issuing_kek).with_context(|| format!("the authority in {}", folder.display()))?;
        let [list, issuer] = ["issuing.crl", "issuing.cer"].map(|file| format!("{}/pki/{file}", place.address));
        Ok(Self { ca, uris: Uris::new(Some(&list), None, Some(&issuer))?, folder })
    }

    /// The certificates from the issuing authority up to the root, PEM.
    pub fn chain(&self) -> String {
        self.ca.issuing().pem() + &self.ca.root().pem()
    }
}

fn kek(path: &Path, random: &Random) -> anyhow::Result<Kek> {
    let contents = key_file(path, random)?;
    Kek::from_key_file(&*contents, KEK_VERSION).with_context(|| format!("{}", path.display()))
}

fn make(
    place: &Place<'_>,
    clock: &Clock,
    random: &Random,
    folder: &Path,
    issuing_kek: &Kek,
    root_kek: &Kek,
) -> anyhow::Result<()> {
    let mut rng = Fill(|buffer: &mut [u8]| random.fill(buffer));
    let (organisation, name) = (place.organisation, place.name);
    let not_before = clock.now() - Duration::minutes(5);
    let until = |days| Validity::new(not_before, not_before + Duration::days(days) - Duration::seconds(1));
    let root = AuthorityParams {
        subject: Subject::authority(organisation, &format!("{name} SM2 根证书"))?,
        validity: until(MAX_DAYS)?,
        uris: Uris::default(),
    };
    let issuing = AuthorityParams {
        subject: Subject::authority(organisation, &format!("{name} SM2 签发证书 {GENERATION}"))?,
        validity: until(MAX_DAYS - 1)?,
        uris: Uris::new(None, None, Some(&format!("{}/pki/root.cer", place.address)))?,
    };
    let (ca, root) = Ca::generate(&root, &issuing, &mut rng)?;
    let new = folder.with_extension(format!("new-{}", &random.token()[..8]));
    write_private(&new.join(ROOT_KEY), &root_kek.seal(Purpose::Root, GENERATION, &*root.key().to_bytes(), &mut rng))?;
    let sealed = issuing_kek.seal(Purpose::Issuing, GENERATION, &*ca.key().to_bytes(), &mut rng);
    write_private(&new.join(ISSUING_KEY), &sealed)?;
    write_private(&new.join(ISSUING), ca.issuing().pem().as_bytes())?;
    write_private(&new.join(ROOT), ca.root().pem().as_bytes())?;
    match std::fs::rename(&new, folder) {
        Ok(()) => {
            tracing::info!(ca.folder = %folder.display(), "authority made; keep root.key and root.key.sealed apart from this machine");
            Ok(())
        }
        // Another process was faster: its authority is the one.
        Err(_) if folder.join(ROOT).exists() => Ok(std::fs::remove_dir_all(&new)?),
        Err(error) => Err(error.into()),
    }
}

fn open(folder: &Path, kek: &Kek) -> anyhow::Result<Ca> {
    let read = |name: &str| std::fs::read(folder.join(name)).with_context(|| format!("read {name}"));
    let root = Certificate::from_pem(&String::from_utf8(read(ROOT)?)?)?;
    let issuing = Certificate::from_pem(&String::from_utf8(read(ISSUING)?)?)?;
    let key = kek.open(Purpose::Issuing, GENERATION, &read(ISSUING_KEY)?).context("the issuing key does not open")?;
    Ok(Ca::open(root, issuing, SigningKey::from_bytes(&key)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(data: &Path) -> Place<'_> {
        Place { data, organisation: "样例认证有限公司", name: "样例", address: "http://127.0.0.1:8080" }
    }

    #[test]
    fn b13_the_authority_is_made_once_sealed_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        let first = Authority::open_or_create(&place, &Clock::real(), &Random::system()).unwrap();
        let again = Authority::open_or_create(&place, &Clock::real(), &Random::system()).unwrap();
        assert_eq!(first.ca.root(), again.ca.root());
        first.ca.issuing().check_issued_by(first.ca.root()).unwrap();
        let key = first.ca.key().to_bytes();
        for entry in std::fs::read_dir(folder.path().join("ca")).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(32).any(|window| window == &key[..]), "{} holds the key", path.display());
        }
        // Without the root's key files the authority goes on issuing.
        std::fs::remove_file(folder.path().join("keys/root.key")).unwrap();
        std::fs::remove_file(folder.path().join("ca").join(ROOT_KEY)).unwrap();
        Authority::open_or_create(&place, &Clock::real(), &Random::system()).unwrap();
        // With another key file it does not open, and no other authority takes its place.
        std::fs::write(folder.path().join("keys/ca.key"), [7; 32]).unwrap();
        assert!(Authority::open_or_create(&place, &Clock::real(), &Random::system()).is_err());
    }
}

//! 证书签发机构: the root, the generations of the issuing authority below it, and the platform's own keys that it certified.
//! Kept in the data folder and made at the first start; keys are sealed, the root's under a key of its own, so that it can be
//! taken away.

pub mod backup;
mod disk;
mod reason;
pub mod responders;
pub mod service;

pub use disk::{open_root, rotate};
pub use reason::Reason;

use crate::config::Config;
use anyhow::Context;
use std::path::{Path, PathBuf};
use zhangzheng_kinds::{Clock, Random, Secret};
use zhangzheng_pki::{ca::Ca, certificate::Certificate, key::Algorithm, keystore::Kek, profile::Uris};

/// Where the authority is kept, what it is called, and under which address verifiers find it.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// The data folder.
    pub data: &'a Path,
    pub organisation: &'a str,
    pub name: &'a str,
    /// `https://host`, without a slash at the end.
    pub address: &'a str,
    /// With what new authorities sign.
    pub algorithm: Algorithm,
    /// Seals the issuing keys; unset = a key file does.
    pub passphrase: Option<&'a Secret<String>>,
    /// Seals the root's key; unset = a key file does.
    pub root_passphrase: Option<&'a Secret<String>>,
}

impl<'a> Place<'a> {
    /// As the settings say; `address` is [`Config::public`] of nothing.
    pub fn of(config: &'a Config, address: &'a str) -> Self {
        Self {
            data: &config.data.folder,
            organisation: &config.service.company,
            name: &config.service.name,
            address,
            algorithm: config.ca.algorithm.into(),
            passphrase: config.ca.passphrase.as_ref(),
            root_passphrase: config.ca.root_passphrase.as_ref(),
        }
    }
}

/// A generation of the issuing authority: the first, or one that a rotation made. All of them stay open, for their lists and
/// their status service; the last one issues.
#[derive(Debug)]
pub struct Generation {
    /// From 1, without gaps.
    pub number: u32,
    pub ca: Ca,
    /// The generation that made the root above it: a root may outlast several.
    pub root: u32,
    /// What its certificates point to.
    pub uris: Uris,
}

impl Generation {
    /// The certificates from the issuing authority up to the root, PEM.
    pub fn chain(&self) -> String {
        self.ca.issuing().pem() + &self.ca.root().pem()
    }

    /// What its certificate is called.
    pub fn name(&self) -> String {
        self.ca.issuing().subject_part("CN").unwrap_or_default()
    }
}

/// The authority that signs our certificates.
#[derive(Debug)]
pub struct Authority {
    /// Oldest first; never empty.
    generations: Vec<Generation>,
    /// Seals issuing keys and those of the platform's services.
    pub(crate) kek: Kek,
    pub(crate) responders: responders::Responders,
    pub folder: PathBuf,
}

impl Authority {
    /// Opens the authority in the data folder, or makes it when there is none yet. What is made is moved into place whole:
    /// a start that is interrupted leaves nothing half done.
    ///
    /// # Errors
    /// Files that cannot be read or written, or do not belong together; a passphrase that is missing or wrong.
    pub fn open_or_create(place: &Place<'_>, clock: &Clock, random: &Random) -> anyhow::Result<Self> {
        let folder = disk::folder(place.data);
        if !disk::made(&folder) {
            disk::make(place, clock, random).with_context(|| format!("make the authority in {}", folder.display()))?;
        }
        let kek = disk::issuing_kek(place, random)?;
        let generations = disk::open(place, &kek).with_context(|| format!("the authority in {}", folder.display()))?;
        Ok(Self { generations, kek, responders: responders::Responders::default(), folder })
    }

    /// Every generation, oldest first.
    pub fn generations(&self) -> &[Generation] {
        &self.generations
    }

    /// The generation that issues: the last.
    pub fn current(&self) -> &Generation {
        let [.., last] = self.generations.as_slice() else { unreachable!("opened with at least one generation") };
        last
    }

    /// The generation with this number.
    pub fn generation(&self, number: u32) -> Option<&Generation> {
        self.generations.iter().find(|generation| generation.number == number)
    }

    /// The generation that issued a certificate, whatever its dates: by signature, not by name.
    pub fn issuer_of(&self, certificate: &Certificate) -> Option<&Generation> {
        self.generations.iter().find(|generation| certificate.check_issued_by(generation.ca.issuing()).is_ok())
    }

    /// The certificates above a generation's, PEM; the current one's for a number that we do not know.
    pub fn chain(&self, number: u32) -> String {
        self.generation(number).unwrap_or_else(|| self.current()).chain()
    }
}

#[cfg(test)]
mod tests;

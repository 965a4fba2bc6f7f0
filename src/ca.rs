//! `zhangzheng ca …`: what an operator does with the certification authority.

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use zhangzheng::{
    app,
    authority::{self, Place, backup},
    config::Config,
    kinds::{Clock, Random},
    pki::certificate::Certificate,
    validation::lists::{self, Issuer},
};

#[derive(Subcommand)]
pub enum Ca {
    /// Makes root and issuing authority, unless they are there, and says where.
    Init,
    /// Prints the generations of the authority, and whether the roots' keys are at hand.
    Show,
    /// Makes the next generation of the issuing authority; the ones before keep their lists and their status service.
    Rotate {
        /// Below a new root. Another ca.algorithm than the root's makes one in any case.
        #[arg(long)]
        new_root: bool,
    },
    /// Makes the revocation lists that are due, the root's too if its key is at hand, and prints what is in force.
    Crl,
    /// Writes the authority, with the key files that open it, as one encrypted file.
    Backup {
        file: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
    /// Puts the authority back from a backup, where there is none.
    Restore {
        file: PathBuf,
        #[command(flatten)]
        passphrase: Passphrase,
    },
}

/// What encrypts a backup: 12 bytes or more.
#[derive(Args)]
pub struct Passphrase {
    /// A file whose first line is the passphrase; unset = the environment variable ZHANGZHENG_BACKUP_PASSPHRASE.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    fn read(&self) -> anyhow::Result<String> {
        let Some(file) = &self.passphrase_file else {
            return std::env::var("ZHANGZHENG_BACKUP_PASSPHRASE")
                .context("give --passphrase-file, or set ZHANGZHENG_BACKUP_PASSPHRASE");
        };
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

impl Ca {
    /// Does it.
    pub async fn run(self, config: Config) -> anyhow::Result<()> {
        let (clock, random) = (Clock::real(), Random::system());
        let address = config.public("");
        match self {
            Self::Init => {
                let authority = app::open_authority(&config, &clock, &random)?;
                println!("{}", authority.folder.display());
                print!("{}", authority.current().chain());
                Ok(())
            }
            Self::Show => show(&Place::of(&config, &address), &config, &clock, &random),
            Self::Rotate { new_root } => {
                let number = authority::rotate(&Place::of(&config, &address), new_root, &clock, &random)?;
                println!("generation {number} made: restart every server, then run zhangzheng ca crl, ca backup");
                Ok(())
            }
            Self::Crl => crl(config, clock, random).await,
            Self::Backup { file, passphrase } => {
                let bytes = backup::backup(&Place::of(&config, &address), passphrase.read()?.as_bytes(), &random)?;
                ensure!(!file.exists(), "{} is already there", file.display());
                std::fs::write(&file, bytes).with_context(|| format!("write {}", file.display()))?;
                println!("{}: keep file and passphrase apart", file.display());
                Ok(())
            }
            Self::Restore { file, passphrase } => {
                let bytes = std::fs::read(&file).with_context(|| format!("read {}", file.display()))?;
                let place = Place::of(&config, &address);
                backup::restore(&place, passphrase.read()?.as_bytes(), &bytes, &clock, &random)?;
                show(&place, &config, &clock, &random)
            }
        }
    }
}

fn show(place: &Place<'_>, config: &Config, clock: &Clock, random: &Random) -> anyhow::Result<()> {
    let authority = app::open_authority(config, clock, random)?;
    println!("{}", authority.folder.display());
    for generation in authority.generations() {
        let (issuing, root) = (generation.ca.issuing(), generation.ca.root());
        let algorithm = generation.ca.key().algorithm().name();
        println!("generation {}  {algorithm}  {}", generation.number, generation.name());
        println!("  serial {}  until {}", issuing.serial_hex(), issuing.not_after().format("%Y-%m-%d"));
        let name = root.subject_part("CN").unwrap_or_default();
        println!("  root {}  {name}  until {}", generation.root, root.not_after().format("%Y-%m-%d"));
        if generation.root == generation.number {
            let key = authority::open_root(place, generation.root, random)?;
            println!("  root key {}", if key.is_some() { "at hand: take it away" } else { "away" });
        }
    }
    Ok(())
}

async fn crl(config: Config, clock: Clock, random: Random) -> anyhow::Result<()> {
    let state = app::build(config, clock, random).await?;
    lists::publish(&state).await?;
    for generation in state.authority.generations() {
        let issuers = [Some(Issuer::Issuing(generation.number)), Some(Issuer::Root(generation.root))];
        let own = generation.root == generation.number;
        for issuer in issuers.into_iter().flatten().filter(|of| own || matches!(of, Issuer::Issuing(_))) {
            match lists::in_force(&state, issuer).await {
                Ok(list) => println!(
                    "{}  number {}  {} entries  until {}",
                    list.issuer,
                    list.number,
                    list.entries,
                    list.next_update.format("%Y-%m-%d %H:%M")
                ),
                Err(_) => println!("{issuer:?}  none: bring back the root's key, and try again"),
            }
        }
    }
    Ok(())
}

/// The certificates of a PEM file, in its order.
pub fn certificates(path: &Path) -> anyhow::Result<Vec<Certificate>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let end = "-----END CERTIFICATE-----\n";
    let read = |part: &str| Certificate::from_pem(part).with_context(|| format!("{}", path.display()));
    text.split_inclusive(end).filter(|part| part.contains("-----BEGIN")).map(read).collect()
}

/// The certificates of every generation in a data folder, newest first: `issuing.pem` or `root.pem`.
fn of_every_generation(data: &Path, name: &str) -> anyhow::Result<Vec<Certificate>> {
    let mut files = vec![data.join("ca").join(name)];
    files.extend((2..).map(|n| data.join(format!("ca/generation-{n}")).join(name)).take_while(|file| file.exists()));
    let mut found = Vec::new();
    for file in files.iter().rev() {
        found.extend(certificates(file)?);
    }
    Ok(found)
}

/// The roots in a data folder, newest first.
pub fn roots(data: &Path) -> anyhow::Result<Vec<Certificate>> {
    of_every_generation(data, "root.pem")
}

/// The issuing authorities in a data folder, newest first.
pub fn issuing(data: &Path) -> anyhow::Result<Vec<Certificate>> {
    of_every_generation(data, "issuing.pem")
}

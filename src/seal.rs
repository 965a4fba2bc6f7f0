//! `zhangzheng seal …`: electronic seals, checked offline.

use crate::ca;
use anyhow::{Context, bail};
use clap::Subcommand;
use std::path::{Path, PathBuf};
use zhangzheng::{
    config::Config,
    kinds::Clock,
    pki::{certificate::Certificate, seal},
};

#[derive(Subcommand)]
pub enum Seal {
    /// Checks a seal (.esl), offline: every byte, its maker up to the root, dates. Whether a certificate was revoked meanwhile
    /// is asked for on the page /check.
    Verify {
        file: PathBuf,
        /// The certificates to trust, PEM: issuing authority, then root; unset = those in the data folder.
        #[arg(long)]
        chain: Option<PathBuf>,
    },
}

impl Seal {
    /// Does it.
    pub fn run(self, settings: &[&Path]) -> anyhow::Result<()> {
        let Self::Verify { file, chain } = self;
        let (issuing, roots) = match chain {
            Some(chain) => {
                let all = ca::certificates(&chain)?;
                let (roots, issuing) = all.into_iter().partition(|one: &Certificate| one.check_issued_by(one).is_ok());
                (issuing, roots)
            }
            None => {
                let data = Config::load(settings)?.data.folder;
                (ca::issuing(&data)?, ca::roots(&data)?)
            }
        };
        let bytes = std::fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        let seal = seal::Seal::parse(&bytes)
            .with_context(|| format!("{} 校验未通过：不是完整的电子印章，或内容被改动", file.display()))?;
        let trusted = |of: &&Certificate| roots.iter().any(|root| of.check_issued_by(root).is_ok());
        let Some(issuer) = issuing.iter().filter(trusted).find(|of| seal.check_maker(of).is_ok()) else {
            bail!("{} 校验未通过：制作者不是信任的机构", file.display());
        };
        let now = Clock::real().now();
        let picture = seal.picture();
        println!("印章 {}  编号 {}", seal.name(), seal.id());
        println!("图片 {} {}×{} 毫米，{} 字节", picture.format, picture.width, picture.height, picture.data.len());
        println!("制作者 {}", seal.maker().subject_part("CN").unwrap_or_default());
        println!("签发者 {}", issuer.subject_part("CN").unwrap_or_default());
        for holder in seal.holders() {
            if holder.check_issued_by(issuer).is_err() && !issuing.iter().any(|of| holder.check_issued_by(of).is_ok()) {
                bail!("{} 校验未通过：持有者的证书不是信任的机构签发的", file.display());
            }
            println!("持有者 {}  证书 {}", holder.subject_part("O").unwrap_or_default(), holder.serial_hex());
        }
        let (from, until) = (seal.validity().not_before(), seal.validity().not_after());
        println!("有效期 {} 至 {}", from.format("%Y-%m-%d"), until.format("%Y-%m-%d"));
        if now < from || now > until {
            bail!("{} 印章完好，但不在有效期内", file.display());
        }
        println!("校验通过");
        Ok(())
    }
}

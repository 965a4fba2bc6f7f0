//! The configuration: one struct a section, unknown keys refuse to boot, everything parsed at boot.
//! `config/default.toml` holds every key, its default and one sentence about it: it is the manual.

use anyhow::Context;
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use zhangzheng_kinds::Secret;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data: Data,
    pub http: Http,
    pub log: Log,
    pub service: Service,
    pub sign_in: SignIn,
    pub console: Console,
    pub limits: Limits,
    pub face: Face,
    pub handoff: Handoff,
    pub order: Order,
    pub ca: Ca,
    pub invoice: Invoice,
    pub seal: Seal,
    pub wechat_link: WechatLink,
    pub providers: zhangzheng_providers::Config,
}

/// Where things are kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub folder: PathBuf,
    pub database: Option<Secret<String>>,
    pub connections: u32,
    pub master_key: Option<PathBuf>,
}

impl Data {
    /// The database's URL: as set, or SQLite in the folder.
    pub fn database_url(&self) -> String {
        match &self.database {
            Some(url) => url.expose().clone(),
            None => format!("sqlite:{}", self.folder.join("zhangzheng.db").display()),
        }
    }
    /// The master key's file: as set, or in the folder.
    pub fn master_key(&self) -> PathBuf {
        self.master_key.clone().unwrap_or_else(|| self.folder.join("keys/master.key"))
    }
}

/// How the server listens and what it is called from outside.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: String,
    pub public_url: url::Url,
    pub max_connections: usize,
    pub stall_seconds: u64,
    pub request_seconds: u64,
    pub grace_seconds: u64,
    pub trust_forwarded: bool,
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub json: bool,
}

/// Who offers the service: shown on every page and named in the papers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    pub name: String,
    pub company: String,
    pub hotline: String,
    pub filing_number: Option<String>,
    pub licence_number: Option<String>,
}

/// Sessions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub desktop_hours: i64,
    pub phone_days: i64,
    pub staff_hours: i64,
}

/// Whether staff sign in with a code beside the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// Everybody does; whoever has no app yet sets it up at the first sign-in.
    Required,
    /// Whoever has set it up does. Not in production.
    Optional,
}

/// The review desk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    pub second_factor: SecondFactor,
    /// Clock time in Beijing, `HH:MM`.
    pub opens: String,
    pub closes: String,
    pub company_promise_minutes: i64,
    pub person_promise_minutes: i64,
    pub holidays: Option<PathBuf>,
}

/// How often a thing may be tried: `count` times in `seconds`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub count: i64,
    pub seconds: i64,
}

/// What strangers may do how often.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub sms_per_mobile: Limit,
    pub sms_per_mobile_day: Limit,
    pub sms_per_ip: Limit,
    pub sign_in_per_account: Limit,
    pub sign_in_per_ip: Limit,
    pub register_per_ip: Limit,
    pub captcha_per_ip: Limit,
    pub person_photo_per_member: Limit,
    pub face_number_per_member: Limit,
    pub paper_uploads_per_account: Limit,
    pub staff_code: Limit,
    pub staff_search: Limit,
    pub call_backs_per_member: Limit,
    pub invitations_per_account: Limit,
    pub invitation_opens: Limit,
    pub certificate_checks_per_ip: Limit,
    pub invoice_mails_per_account: Limit,
}

/// The ways of checking a face.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Face {
    pub routes: Vec<zhangzheng_providers::face::Route>,
}

/// The QR code from desktop to phone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handoff {
    pub unscanned_seconds: i64,
    pub scanned_seconds: i64,
}

/// Orders.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub unpaid_minutes: i64,
    /// In fen.
    pub second_person_above: i64,
    pub transfer: Transfer,
}

/// 对公转账: our bank account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    pub payee: String,
    pub bank: String,
    pub account: String,
    pub days: i64,
}

impl Transfer {
    /// Whether there is an account to transfer to.
    pub fn is_offered(&self) -> bool {
        ![&self.payee, &self.bank, &self.account].iter().any(|text| text.trim().is_empty())
    }
}

/// Electronic invoices.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// The buyer is the company of the account and nobody else.
    pub title_locked: bool,
    /// 税收分类编码.
    pub tax_code: String,
    /// In hundredths of a percent.
    pub tax_rate: u32,
    pub goods_name: String,
}

/// With what new authorities sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaAlgorithm {
    /// SM2 with SM3.
    Sm2,
    /// ECDSA on P-256 with SHA-256.
    P256,
}

impl From<CaAlgorithm> for zhangzheng_pki::key::Algorithm {
    fn from(algorithm: CaAlgorithm) -> Self {
        match algorithm {
            CaAlgorithm::Sm2 => Self::Sm2Sm3,
            CaAlgorithm::P256 => Self::P256Sha256,
        }
    }
}

/// The certification authority.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ca {
    pub algorithm: CaAlgorithm,
    pub passphrase: Option<Secret<String>>,
    pub root_passphrase: Option<Secret<String>>,
}

/// Who makes the electronic seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealDesk {
    /// Drawn from the template as soon as the company is approved.
    Automatic,
    /// One makes a proof, another checks it.
    People,
}

impl SealDesk {
    /// Whether nobody is needed.
    pub const fn is_automatic(self) -> bool {
        matches!(self, Self::Automatic)
    }
}

/// Electronic seals.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    pub desk: SealDesk,
}

/// The ordinary link that WeChat opens in the mini-program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatLink {
    pub verification_file: Option<String>,
    pub verification_content: Option<String>,
}

/// Every key with its default.
pub const DEFAULT: &str = include_str!("../config/default.toml");

impl Config {
    /// Defaults, then the given files in order, then the environment (`ZHANGZHENG__HTTP__LISTEN=…`).
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key, a value of the wrong shape: it names the key.
    pub fn load(files: &[&Path]) -> anyhow::Result<Self> {
        let mut figment = Figment::new().merge(Toml::string(DEFAULT));
        for file in files {
            anyhow::ensure!(file.exists(), "configuration file {} does not exist", file.display());
            figment = figment.merge(Toml::file(file));
        }
        let config: Self =
            figment.merge(Env::prefixed("ZHANGZHENG__").split("__")).extract().context("configuration")?;
        config.check()?;
        Ok(config)
    }

    /// What cannot be said with types: a production build talks to real vendors only.
    fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.http.public_url.host_str().is_some(), "http.public_url needs a host");
        let tax_code = &self.invoice.tax_code;
        let right = tax_code.len() == 19 && tax_code.bytes().all(|b| b.is_ascii_digit());
        anyhow::ensure!(
            right && self.invoice.tax_rate <= 10_000,
            "invoice.tax_code has 19 digits, invoice.tax_rate is at most 10000"
        );
        if cfg!(not(feature = "sandbox")) {
            anyhow::ensure!(self.http.public_url.scheme() == "https", "http.public_url must be https in production");
            self.providers.refuse_sandbox()?;
            let required = self.console.second_factor == SecondFactor::Required;
            anyhow::ensure!(required, "console.second_factor must be required in production");
        }
        Ok(())
    }

    /// Whether cookies may travel over https only.
    pub fn secure_cookies(&self) -> bool {
        self.http.public_url.scheme() == "https"
    }

    /// An address of ours as others see it.
    pub fn public(&self, path: &str) -> String {
        format!("{}{path}", self.http.public_url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
    }

    #[test]
    fn the_production_example_is_complete_and_names_real_vendors() {
        let config = Config::load(&[&file("production.example.toml")]).unwrap();
        config.providers.refuse_sandbox().unwrap();
        assert!(config.secure_cookies());
    }

    #[test]
    fn a_production_build_would_refuse_the_sandbox() {
        let mut config = Config::load(&[&file("production.example.toml")]).unwrap();
        config.providers.wechat_pay.base_url = "http://127.0.0.1:8081/pay".into();
        let refused = config.providers.refuse_sandbox().unwrap_err().to_string();
        assert!(refused.contains("wechat_pay"), "{refused}");
    }

    #[test]
    fn unknown_keys_refuse_to_boot() {
        let folder = tempfile::tempdir().unwrap();
        let extra = folder.path().join("extra.toml");
        std::fs::write(&extra, "[http]\nlisten_on = \"x\"\n").unwrap();
        let refused = Config::load(&[&file("production.example.toml"), &extra]).unwrap_err();
        assert!(format!("{refused:#}").contains("listen_on"), "{refused:#}");
    }
}

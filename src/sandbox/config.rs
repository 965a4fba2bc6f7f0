//! The sandbox's settings: where it listens, where it keeps its state, and the vendors' half of every credential.

use crate::{throw_away, world::random_hex};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

mod cloud;
mod keys;
pub use keys::KeyPair;

/// All settings. Unknown keys are refused.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where all vendors answer over HTTP. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the mail inbox answers SMTP.
    pub smtp_listen: SocketAddr,
    /// Where state is kept as JSON; without it nothing survives a restart.
    #[serde(default)]
    pub data_dir: Option<PathBuf>,
    /// The built phone on the desk, served at `/`.
    #[serde(default)]
    pub phone_dir: Option<PathBuf>,
    /// The product, behind `/api-proxy/`.
    pub product_url: String,
    /// The hosts a notification may be sent to.
    #[serde(default = "loopback")]
    pub notify_allowed: Vec<String>,
    pub wechat: WechatConfig,
    pub pay: PayConfig,
    pub tencent: TencentConfig,
    pub oss: OssConfig,
}

/// The mini-program, as its console at WeChat would show it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatConfig {
    pub appid: String,
    pub secret: String,
    /// Ordinary links that open the mini-program: prefix → page.
    pub link_rules: Vec<LinkRule>,
    /// The pages of the released version, for `check_path`; empty lets every page pass.
    #[serde(default)]
    pub pages: Vec<String>,
    pub templates: Vec<Template>,
}

/// An ordinary link (普通链接二维码) rule of the mini-program's console.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRule {
    pub prefix: String,
    pub page: String,
}

/// A chosen subscription message template: its id, and its fields in order, as `thing1` → label.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub id: String,
    /// The key by which the product's settings name it.
    pub key: String,
    pub title: String,
    pub fields: Vec<(String, String)>,
}

/// The merchant, as WeChat Pay knows it, and WeChat Pay's own keys.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayConfig {
    pub mchid: String,
    /// Shown on the payment sheet.
    pub payee: String,
    /// The merchant API certificate's serial, 40 upper-case hexadecimal digits.
    pub merchant_serial: String,
    pub merchant: KeyPair,
    pub apiv3_key: String,
    /// WeChat Pay's public-key mode: `PUB_KEY_ID_…`.
    pub public_key_id: String,
    pub wechat_pay: KeyPair,
    /// WeChat Pay's platform certificate mode.
    pub platform_serial: String,
    pub platform: KeyPair,
    /// The platform certificate, PEM.
    pub platform_certificate: String,
    /// Whether this merchant still has platform certificates (a new merchant has none).
    #[serde(default = "yes")]
    pub has_platform_certificates: bool,
}

/// One Tencent Cloud key for each service.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TencentConfig {
    pub ocr: TencentKey,
    pub faceid: TencentKey,
    pub sms: SmsConfig,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TencentKey {
    pub secret_id: String,
    pub secret_key: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    pub secret_id: String,
    pub secret_key: String,
    pub sdk_app_id: String,
    pub sign_name: String,
    /// Messages a day to one number.
    #[serde(default = "hundred")]
    pub daily_limit: u32,
    pub templates: Vec<SmsTemplate>,
}

/// An approved SMS template: `{1}`, `{2}` … are its variables.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsTemplate {
    pub id: String,
    /// The key by which the product's settings name it.
    pub key: String,
    pub text: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OssConfig {
    pub access_key_id: String,
    pub access_key_secret: String,
    pub bucket: String,
    pub region: String,
}

fn loopback() -> Vec<String> {
    ["127.0.0.1", "localhost", "[::1]"].map(String::from).to_vec()
}

fn hundred() -> u32 {
    100
}

fn yes() -> bool {
    true
}

impl Config {
    /// Settings for a developer's machine: made once in `dir` (new keys and secrets, only this machine has them), read
    /// again after that. `product.toml` beside them holds the product's half.
    ///
    /// # Errors
    /// When `dir` cannot be written, or what is there is not ours.
    pub fn for_development(dir: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let file = dir.join("sandbox.toml");
        let config = if file.exists() {
            let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            toml::from_str(&text).with_context(|| format!("{} is not ours", file.display()))?
        } else {
            let config = Self::fresh(dir)?;
            write_private(&file, &toml::to_string_pretty(&config)?)?;
            config
        };
        config.write_product_settings(dir)?;
        Ok(config)
    }

    /// Writes `product.toml` into `dir`: the product's half, for the address configured now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_product_settings(&self, dir: &Path) -> anyhow::Result<()> {
        let base_url = format!("http://{}", self.listen);
        write_private(&dir.join("product.toml"), &self.product_settings(&base_url))
    }

    /// Settings for tests: free ports, nothing kept, keys that everybody knows.
    pub fn for_tests() -> Self {
        let mut config = Self::with_pay(throw_away::pay());
        config.listen = ([127, 0, 0, 1], 0).into();
        config.smtp_listen = ([127, 0, 0, 1], 0).into();
        config
    }

    fn fresh(dir: &Path) -> anyhow::Result<Self> {
        let platform = KeyPair::generate()?;
        let platform_serial = random_hex::<19>().to_ascii_uppercase();
        // The first byte is fixed, so that the serial is a positive 20-byte number.
        let platform_serial = format!("5A{platform_serial}");
        let pay = PayConfig {
            mchid: "1900000109".into(),
            payee: "掌证测试商户".into(),
            merchant_serial: random_hex::<20>().to_ascii_uppercase(),
            merchant: KeyPair::generate()?,
            apiv3_key: random_hex::<16>(),
            public_key_id: "PUB_KEY_ID_0119000001092026112300000000000001".into(),
            wechat_pay: KeyPair::generate()?,
            platform_certificate: platform.self_signed(&platform_serial)?,
            platform_serial,
            platform,
            has_platform_certificates: true,
        };
        let mut config = Self::with_pay(pay);
        config.data_dir = Some(dir.join("state"));
        config.wechat.secret = random_hex::<16>();
        for key in [&mut config.tencent.ocr, &mut config.tencent.faceid] {
            key.secret_key = random_hex::<16>();
        }
        config.tencent.sms.secret_key = random_hex::<16>();
        config.oss.access_key_secret = random_hex::<15>();
        Ok(config)
    }

    fn with_pay(pay: PayConfig) -> Self {
        let key = |name: &str| TencentKey {
            secret_id: format!("AKIDsandbox{name}00000000000000000000"),
            secret_key: "00112233445566778899aabbccddeeff".into(),
        };
        let sms = key("sms");
        Self {
            listen: ([127, 0, 0, 1], 8081).into(),
            smtp_listen: ([127, 0, 0, 1], 8025).into(),
            data_dir: None,
            phone_dir: None,
            product_url: "http://127.0.0.1:8080".into(),
            notify_allowed: loopback(),
            wechat: WechatConfig {
                appid: "wx5a4e8d0b00000001".into(),
                secret: "0123456789abcdef0123456789abcdef".into(),
                link_rules: vec![LinkRule {
                    prefix: "http://127.0.0.1:8080/h/".into(),
                    page: "pages/handoff/handoff".into(),
                }],
                pages: vec![],
                templates: templates(),
            },
            pay,
            tencent: TencentConfig {
                ocr: key("ocr"),
                faceid: key("faceid"),
                sms: SmsConfig {
                    secret_id: sms.secret_id,
                    secret_key: sms.secret_key,
                    sdk_app_id: "1400000001".into(),
                    sign_name: "掌证".into(),
                    daily_limit: hundred(),
                    templates: cloud::sms_templates(),
                },
            },
            oss: OssConfig {
                access_key_id: "LTAIsandbox000000000000".into(),
                access_key_secret: "0123456789abcdefghijklmnopqrst".into(),
                bucket: "zhangzheng-desk".into(),
                region: "cn-hangzhou".into(),
            },
        }
    }

    /// The product's half of every credential as TOML, for a sandbox that answers at `base_url`.
    pub fn product_settings(&self, base_url: &str) -> String {
        let (wechat, pay) = (&self.wechat, &self.pay);
        let templates: toml::Table =
            wechat.templates.iter().map(|t| (t.key.clone(), toml::Value::String(t.id.clone()))).collect();
        let mut settings = toml::Table::new();
        let mut section = |name: &str, pairs: &[(&str, &str)]| {
            let table: toml::Table = pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), toml::Value::String((*value).to_owned())))
                .collect();
            settings.insert(name.to_owned(), toml::Value::Table(table));
        };
        section(
            "wechat",
            &[("base_url", &format!("{base_url}/wechat")), ("appid", &wechat.appid), ("secret", &wechat.secret)],
        );
        section(
            "wechat_pay",
            &[
                ("base_url", &format!("{base_url}/pay")),
                ("appid", &wechat.appid),
                ("mchid", &pay.mchid),
                ("merchant_serial", &pay.merchant_serial),
                ("merchant_key", &pay.merchant.private),
                ("apiv3_key", &pay.apiv3_key),
                ("public_key_id", &pay.public_key_id),
                ("public_key", &pay.wechat_pay.public),
                ("notify_url", &format!("{}/notify/wechat-pay", self.product_url)),
                ("refund_notify_url", &format!("{}/notify/wechat-pay/refund", self.product_url)),
                ("fapiao_notify_url", &format!("{}/notify/wechat-pay/fapiao", self.product_url)),
            ],
        );
        if let Some(toml::Value::Table(section)) = settings.get_mut("wechat") {
            section.insert("templates".into(), toml::Value::Table(templates));
        }
        settings.extend(self.cloud_settings(base_url));
        let mut product = toml::Table::new();
        product.insert("providers".into(), toml::Value::Table(settings));
        product.to_string()
    }
}

fn templates() -> Vec<Template> {
    let template = |key: &str, title: &str, fields: &[(&str, &str)]| Template {
        id: format!("desk-{:-<38}", key.replace('_', "-")),
        key: key.into(),
        title: title.into(),
        fields: fields.iter().map(|(name, label)| ((*name).into(), (*label).into())).collect(),
    };
    vec![
        template(
            "review_result",
            "审核结果通知",
            &[("thing1", "审核事项"), ("phrase2", "审核结果"), ("thing3", "说明"), ("time4", "审核时间")],
        ),
        template(
            "certificate_active",
            "证书激活通知",
            &[("thing1", "企业名称"), ("character_string2", "证书序列号"), ("time3", "有效期至")],
        ),
        template(
            "order_paid",
            "支付成功通知",
            &[("character_string1", "订单号"), ("amount2", "支付金额"), ("time3", "支付时间")],
        ),
        template(
            "order_refunded",
            "退款成功通知",
            &[("character_string1", "订单号"), ("amount2", "退款金额"), ("time3", "退款时间")],
        ),
        template(
            "invoice_issued",
            "电子发票开具通知",
            &[("character_string1", "订单号"), ("amount2", "开票金额"), ("time3", "开票时间")],
        ),
        template(
            "order_expiring",
            "订单待支付提醒",
            &[("character_string1", "订单号"), ("amount2", "待付金额"), ("time3", "支付截止时间")],
        ),
    ]
}

/// Writes a file that only its owner can read.
fn write_private(file: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(file)
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))
}

//! Everything on one machine: the product at one address; every vendor, and the phone on the desk, at another.

use anyhow::Context;
use clap::{Args, Subcommand};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};
use zhangzheng::{
    app,
    config::Config,
    kinds::{Clock, Random},
    state::State,
    telemetry,
};
use zhangzheng_sandbox::{
    Config as SandboxConfig, Sandbox,
    samples::{Paper, Photo},
};

/// `zhangzheng dev`.
#[derive(Args)]
pub struct Dev {
    /// Everything is kept here: database, papers, keys, the sandbox's state.
    #[arg(long, default_value = "data", env = "ZHANGZHENG_FOLDER")]
    folder: PathBuf,
    /// Where the desktop is.
    #[arg(long, default_value_t = 8080, env = "ZHANGZHENG_PORT")]
    port: u16,
    /// Where the vendors and the phone are.
    #[arg(long, default_value_t = 8081, env = "ZHANGZHENG_SANDBOX_PORT")]
    sandbox_port: u16,
    /// Where the sandbox takes mail.
    #[arg(long, default_value_t = 8025, env = "ZHANGZHENG_SMTP_PORT")]
    smtp_port: u16,
    /// The mini-program, built for the browser.
    #[arg(long, default_value = "miniprogram/dist/phone")]
    phone: PathBuf,
}

fn here(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

impl Dev {
    /// Serves until told to stop.
    pub async fn run(self, files: &[&Path]) -> anyhow::Result<()> {
        let began = std::time::Instant::now();
        let desktop = format!("http://127.0.0.1:{}", self.port);
        let settings = self.sandbox(&desktop)?;
        let own = self.write_own_settings(&desktop)?;
        let vendors = self.folder.join("sandbox/product.toml");
        let mut all: Vec<&Path> = vec![&own, &vendors];
        all.extend_from_slice(files);
        let config = Config::load(&all)?;
        telemetry::init(&config.log);
        let address = here(self.port);
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .with_context(|| format!("port {} is taken: choose another with --port", self.port))?;
        let sandbox = Sandbox::start(settings).await?;
        let state = app::build(config, Clock::real(), Random::system()).await?;
        self.welcome(&state, &desktop, began).await?;
        super::stop_when_told(&state);
        app::serve(state, listener, true).await?;
        sandbox.shutdown().await;
        Ok(())
    }

    fn sandbox(&self, desktop: &str) -> anyhow::Result<SandboxConfig> {
        let folder = self.folder.join("sandbox");
        let mut settings = SandboxConfig::for_development(&folder)?;
        settings.listen = here(self.sandbox_port);
        settings.smtp_listen = here(self.smtp_port);
        settings.product_url = desktop.to_owned();
        settings.phone_dir = Some(self.phone.clone());
        for rule in &mut settings.wechat.link_rules {
            rule.prefix = format!("{desktop}{}", zhangzheng::handoff::flow::LINK);
        }
        settings.write_product_settings(&folder)?;
        Ok(settings)
    }

    fn write_own_settings(&self, desktop: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join("dev.toml");
        let mut data = toml::Table::new();
        data.insert("folder".into(), self.folder.display().to_string().into());
        let mut http = toml::Table::new();
        http.insert("listen".into(), here(self.port).to_string().into());
        http.insert("public_url".into(), desktop.into());
        // Nobody needs an authenticator app to try things out; whoever has set one up is asked for its code.
        let mut console = toml::Table::new();
        console.insert("second_factor".into(), "optional".into());
        let mut settings = toml::Table::new();
        settings.insert("order".into(), sample_bank_account().into());
        settings.insert("console".into(), console.into());
        settings.insert("data".into(), data.into());
        settings.insert("http".into(), http.into());
        std::fs::write(&path, settings.to_string()).with_context(|| format!("write {}", path.display()))?;
        Ok(path)
    }

    async fn welcome(&self, state: &State, desktop: &str, began: std::time::Instant) -> anyhow::Result<()> {
        let phone = format!("http://127.0.0.1:{}", self.sandbox_port);
        println!();
        println!(
            "  掌证 is ready after {} ms. Everything is kept in {}.",
            began.elapsed().as_millis(),
            self.folder.display()
        );
        println!();
        println!("  desktop            {desktop}");
        println!("  review console     {desktop}/console");
        if let Some((name, password)) = zhangzheng::console::flow::first_staff(state).await? {
            println!("                     name {name}, password {password} (shown this once)");
        }
        println!("  API                {desktop}/docs");
        println!("  phone on the desk  {phone}");
        println!("  vendors' controls  {phone}/control");
        println!();
        Ok(())
    }
}

/// An account of a bank that does not exist, so that 对公转账 can be tried.
fn sample_bank_account() -> toml::Table {
    let account =
        [("payee", "掌证电子认证服务有限公司"), ("bank", "样本银行福州分行"), ("account", "6200 0000 0000 0000 019")];
    let account: toml::Table = account.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    toml::Table::from_iter([("transfer".to_owned(), account.into())])
}

/// Tools of the sandbox.
#[derive(Subcommand)]
pub enum Tool {
    /// Prints what a captcha says, for scripts that cannot see.
    ReadCaptcha {
        /// The folder of `dev`.
        #[arg(long, default_value = "data", env = "ZHANGZHENG_FOLDER")]
        folder: PathBuf,
        id: uuid::Uuid,
    },
    /// Draws a sample paper and photographs it: `zhangzheng sample id_portrait name=王芳 … -o card.jpg`. A field that is
    /// missing or unknown is named.
    Sample {
        /// id_portrait, id_emblem, licence, company_seal, representative_seal, power_of_attorney, not_a_paper.
        kind: String,
        /// What is on it: `name=value`.
        fields: Vec<String>,
        /// Where the picture goes: JPEG.
        #[arg(short, long)]
        out: PathBuf,
        /// Blur in pixels, 0 to 40; from about 3 nothing can be read.
        #[arg(long, default_value_t = 0.0)]
        blur: f32,
        /// 0 (daylight) to 1 (nothing to see).
        #[arg(long, default_value_t = 0.0)]
        dark: f32,
        /// Degrees, clockwise.
        #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
        rotate: f32,
        /// JPEG quality, 1 to 100.
        #[arg(long, default_value_t = 85)]
        quality: u8,
    },
}

impl Tool {
    /// Does it.
    pub async fn run(self, _files: &[&Path]) -> anyhow::Result<()> {
        match self {
            Self::ReadCaptcha { folder, id } => {
                let config = Config::load(&[&folder.join("dev.toml"), &folder.join("sandbox/product.toml")])?;
                let state = app::build(config, Clock::real(), Random::system()).await?;
                println!("{}", zhangzheng::account::captcha::read_aloud(&state, id).await?);
                Ok(())
            }
            Self::Sample { kind, fields, out, blur, dark, rotate, quality } => {
                let photo = Photo { blur, dark, rotate, quality, ..Photo::default() };
                std::fs::write(&out, paper(&kind, &fields)?.jpeg(photo))
                    .with_context(|| format!("write {}", out.display()))
            }
        }
    }
}

/// A paper of words: every field is text, but for `true` and `false`.
fn paper(kind: &str, fields: &[String]) -> anyhow::Result<Paper> {
    let mut said = serde_json::Map::new();
    for field in fields {
        let (name, value) = field.split_once('=').with_context(|| format!("{field}: write name=value"))?;
        let value = match value {
            "true" | "false" => serde_json::Value::Bool(value == "true"),
            text => text.into(),
        };
        said.insert(name.to_owned(), value);
    }
    let paper = serde_json::json!({ "kind": kind, "fields": said });
    serde_json::from_value(paper).with_context(|| format!("a sample of kind {kind}"))
}

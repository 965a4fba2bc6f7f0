//! The command line: serve, work, and what operators need.

mod ca;
#[cfg(feature = "sandbox")]
mod dev;
mod seal;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use zhangzheng::{
    app,
    config::Config,
    console, evidence,
    kinds::{Clock, Random},
    state::State,
    telemetry,
};

/// 掌证: mobile e-signature certificates for companies.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Settings {
    /// A configuration file; may be given several times, later ones win.
    #[arg(long = "config", global = true)]
    files: Vec<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves pages and API, and works through the queue.
    Serve {
        /// Leave the queue to others.
        #[arg(long)]
        no_work: bool,
    },
    /// Works through the queue only.
    Work,
    /// Brings the database up to date.
    Migrate,
    /// Prints the API's document (OpenAPI).
    Openapi,
    /// Who works at the review desk.
    Staff {
        #[command(subcommand)]
        act: StaffAct,
    },
    /// The certification authority in the data folder.
    #[command(subcommand)]
    Ca(ca::Ca),
    /// Electronic seals (GB/T 38540).
    #[command(subcommand)]
    Seal(seal::Seal),
    /// Evidence files that the review desk has given out.
    #[command(subcommand)]
    Evidence(Evidence),
    /// Serves the product and, beside it, every vendor and the phone on the desk.
    #[cfg(feature = "sandbox")]
    Dev(dev::Dev),
    /// Tools of the sandbox: draw sample papers, read a captcha that cannot be seen.
    #[cfg(feature = "sandbox")]
    #[command(flatten)]
    Tool(dev::Tool),
}

#[derive(Subcommand)]
enum StaffAct {
    /// Adds somebody, and prints the password once.
    Add {
        name: String,
        /// reviewer, senior_reviewer, seal_maker, finance, catalogue_editor, support, auditor, owner; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
    },
    /// Shuts the door for somebody; what they did stays.
    Disable { name: String },
    /// Gives somebody a new password, and prints it once.
    Password { name: String },
    /// Forgets the authenticator app and the recovery codes of somebody who has lost both.
    TotpReset { name: String },
    /// Prints who is there.
    List,
}

#[derive(Subcommand)]
enum Evidence {
    /// Checks a file, offline: every byte, the order, the signature, up to the root.
    Verify {
        file: PathBuf,
        /// The root certificate to trust, PEM; unset = the one in the data folder.
        #[arg(long)]
        root: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Openapi) {
        print!("{}", app::openapi());
        return Ok(());
    }
    zhangzheng::providers::http::install_crypto();
    let files: Vec<&Path> = cli.settings.files.iter().map(PathBuf::as_path).collect();
    match cli.command {
        #[cfg(feature = "sandbox")]
        Command::Dev(dev) => dev.run(&files).await,
        #[cfg(feature = "sandbox")]
        Command::Tool(tool) => tool.run(&files).await,
        Command::Serve { no_work } => serve(configure(&files)?, !no_work).await,
        Command::Work => {
            let state = app::build(configure(&files)?, Clock::real(), Random::system()).await?;
            stop_when_told(&state);
            app::work(state).await;
            Ok(())
        }
        Command::Migrate => app::build(configure(&files)?, Clock::real(), Random::system()).await.map(drop),
        Command::Openapi => Ok(()),
        Command::Staff { act } => staff(configure(&files)?, act).await,
        Command::Evidence(Evidence::Verify { file, root }) => verify(&files, &file, root),
        Command::Ca(act) => act.run(configure(&files)?).await,
        Command::Seal(act) => act.run(&files),
    }
}

fn verify(files: &[&Path], file: &Path, root: Option<PathBuf>) -> anyhow::Result<()> {
    let roots = match root {
        Some(root) => ca::certificates(&root)?,
        None => ca::roots(&Config::load(files)?.data.folder)?,
    };
    let bytes = std::fs::read(file).with_context(|| format!("{}", file.display()))?;
    // Evidence of any generation: the one root that fits decides, or else the newest says what is wrong.
    let mut checked = Err(evidence::Broken::Chain("没有信任的根证书"));
    for root in &roots {
        checked = evidence::verify(&bytes, root);
        if checked.is_ok() {
            break;
        }
    }
    let report = checked.with_context(|| format!("{} 校验未通过", file.display()))?;
    for entry in &report.entries {
        println!("{:>4}  {}  {:<14} {}", entry.number, entry.at.format("%Y-%m-%d %H:%M:%S"), entry.kind, entry.by);
    }
    println!("校验通过：{} 条记录，{} 份材料，签名者 {}", report.entries.len(), report.papers, report.signer);
    Ok(())
}

fn configure(files: &[&Path]) -> anyhow::Result<Config> {
    let config = Config::load(files)?;
    telemetry::init(&config.log);
    Ok(config)
}

async fn staff(config: Config, act: StaffAct) -> anyhow::Result<()> {
    let state = app::build(config, Clock::real(), Random::system()).await?;
    match act {
        StaffAct::Add { name, roles } => {
            let known =
                |word: &String| console::Role::by_word(word).with_context(|| format!("there is no role {word}"));
            let roles = roles.iter().map(known).collect::<anyhow::Result<console::Roles>>()?;
            println!("{name}  {}", console::flow::add(&state, &name, &roles).await?);
        }
        StaffAct::Disable { name } => console::flow::disable(&state, &name).await?,
        StaffAct::Password { name } => println!("{name}  {}", console::flow::new_password(&state, &name).await?),
        StaffAct::TotpReset { name } => console::flow::totp_reset(&state, &name).await?,
        StaffAct::List => {
            for row in console::flow::everybody(&state).await? {
                println!("{}  {}{}", row.name, row.roles, if row.disabled_at.is_some() { "  (disabled)" } else { "" });
            }
        }
    }
    Ok(())
}

async fn serve(config: Config, workers: bool) -> anyhow::Result<()> {
    let address = config.http.listen.clone();
    let listener = tokio::net::TcpListener::bind(&address).await.with_context(|| format!("listen on {address}"))?;
    let state = app::build(config, Clock::real(), Random::system()).await?;
    if let Some((name, password)) = console::flow::first_staff(&state).await? {
        // On the screen once, never in the log.
        println!("审核台 {}  工号 {name}  密码 {password}", state.config.public("/console"));
    }
    tracing::info!(http.listen = address, "ready");
    stop_when_told(&state);
    app::serve(state, listener, workers).await
}

/// Cancels the state's token on SIGTERM or Ctrl-C.
fn stop_when_told(state: &Arc<State>) {
    let stop = state.stop.clone();
    tokio::spawn(async move {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        let Ok(mut terminate) = terminate else { return };
        tokio::select! { _ = terminate.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
        stop.cancel();
    });
}

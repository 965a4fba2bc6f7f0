//! The command line: serve, work, and what operators need.

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::path::{Path, PathBuf};
use zhangzheng::{
    app,
    config::Config,
    kinds::{Clock, Random},
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
    /// The certification authority in the data folder.
    #[command(subcommand)]
    Ca(Ca),
}

#[derive(Subcommand)]
enum Ca {
    /// Makes root and issuing authority, unless they are there, and says where.
    Init,
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
    let config = Config::load(&files)?;
    telemetry::init(&config.log);
    match cli.command {
        Command::Serve { no_work } => serve(config, !no_work).await,
        Command::Work => {
            let state = app::build(config, Clock::real(), Random::system()).await?;
            let stop = state.stop.clone();
            tokio::spawn(async move {
                told_to_stop().await;
                stop.cancel();
            });
            app::work(state).await;
            Ok(())
        }
        Command::Migrate => app::build(config, Clock::real(), Random::system()).await.map(drop),
        Command::Openapi => Ok(()),
        Command::Ca(Ca::Init) => {
            let authority = app::authority(&config, &Clock::real(), &Random::system())?;
            println!("{}", authority.folder.display());
            print!("{}", authority.chain());
            Ok(())
        }
    }
}

async fn serve(config: Config, workers: bool) -> anyhow::Result<()> {
    let address = config.http.listen.clone();
    let listener = tokio::net::TcpListener::bind(&address).await.with_context(|| format!("listen on {address}"))?;
    let state = app::build(config, Clock::real(), Random::system()).await?;
    tracing::info!(http.listen = address, "ready");
    let stop = state.stop.clone();
    tokio::spawn(async move {
        told_to_stop().await;
        stop.cancel();
    });
    app::serve(state, listener, workers).await
}

/// SIGTERM or Ctrl-C.
async fn told_to_stop() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    if let Ok(mut terminate) = terminate {
        tokio::select! { _ = terminate.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
    } else {
        // Without signals there is nobody to tell us.
        std::future::pending::<()>().await;
    }
}

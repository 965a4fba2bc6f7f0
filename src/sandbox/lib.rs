//! The vendors from the other side (沙盒): strict, resettable, and honest about what they do not do. See `README.md` here.
//! One process and one address; each vendor has a path prefix and knows nothing of the product but what is on the wire.

mod calls;
mod clock;
mod config;
mod control;
mod faults;
mod files;
mod kept;
mod log;
mod oss;
mod people;
mod phone;
mod proxy;
pub mod samples;
mod smtp;
mod tencent;
mod throw_away;
mod wechat;
mod wechat_pay;
mod world;

pub use config::{
    Config, KeyPair, OssConfig, PayConfig, SmsConfig, SmsTemplate, TencentConfig, TencentKey, WechatConfig,
};
pub use people::Person;

use anyhow::Context;
use poem::{
    Endpoint, EndpointExt, Route, Server,
    listener::{Acceptor, Listener, TcpListener},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use world::World;

/// The sandbox: start it with [`Sandbox::start`].
pub struct Sandbox;

/// A sandbox that is answering. Dropping it stops it; [`Running::shutdown`] also waits until its state is on disk.
pub struct Running {
    /// `http://127.0.0.1:8081`, without a slash at the end.
    pub base_url: String,
    /// Where the mail inbox answers.
    pub smtp_addr: SocketAddr,
    world: Arc<World>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Binds the address (port 0 takes a free one) and answers until stopped.
    ///
    /// # Errors
    /// When the address is taken, or the state on disk cannot be read.
    pub async fn start(mut config: Config) -> anyhow::Result<Running> {
        let listen = config.listen;
        let acceptor =
            TcpListener::bind(listen).into_acceptor().await.with_context(|| format!("cannot listen on {listen}"))?;
        let bound = acceptor.local_addr().pop().and_then(|address| address.as_socket_addr().copied());
        let base_url = format!("http://{}", bound.unwrap_or(listen));
        let mail_listen = config.smtp_listen;
        let mail = tokio::net::TcpListener::bind(mail_listen).await;
        let mail = mail.with_context(|| format!("cannot listen on {mail_listen}"))?;
        let smtp_addr = mail.local_addr()?;
        config.smtp_listen = smtp_addr;
        let world = Arc::new(World::open(config, base_url.clone())?);
        let stop = CancellationToken::new();
        let server = Server::new_with_acceptor(acceptor);
        let serving = server.run_with_graceful_shutdown(
            routes(world.clone()),
            stop.clone().cancelled_owned(),
            Some(Duration::from_millis(500)),
        );
        let tasks = vec![
            tokio::spawn(async move {
                if let Err(error) = serving.await {
                    tracing::error!(error.message = %error, "the sandbox stopped answering");
                }
            }),
            tokio::spawn(wechat_pay::deliver(world.clone(), stop.clone())),
            tokio::spawn(smtp::serve(world.clone(), mail, stop.clone())),
            tokio::spawn(world.clone().keep(stop.clone())),
        ];
        Ok(Running { base_url, smtp_addr, world, stop, tasks })
    }
}

impl Running {
    /// The product's half of every credential, as TOML: what `product.toml` holds.
    pub fn product_settings(&self) -> String {
        self.world.config.product_settings(&self.base_url)
    }

    /// Stops answering, lets calls in flight end, and writes the state to disk.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            // A task that panicked has already said so; the state is saved all the same.
            let _ended = task.await;
        }
        self.world.save();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Who answers what: the vendors by prefix, then what surrounds them.
fn routes(world: Arc<World>) -> impl Endpoint {
    Route::new()
        .nest("/wechat", wechat::routes(world.clone()))
        .nest("/pay", wechat_pay::routes(world.clone()))
        .nest("/tencent", tencent::routes(world.clone()))
        .nest("/oss", oss::routes(world.clone()))
        .nest("/samples", samples::routes())
        .nest("/phone", phone::routes())
        .nest("/control", control::routes())
        .nest("/api-proxy", proxy::routes(world.clone()))
        .nest("/", files::routes(world.clone()))
        .data(world)
}

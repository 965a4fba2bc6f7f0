//! Mail (邮件) by SMTP, with TLS from the start, STARTTLS, or in clear to this machine only.

use crate::{Error, Result};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart, header::ContentType},
    transport::smtp::authentication::Credentials,
};
use serde::Deserialize;
use std::time::{Duration, Instant, SystemTime};
use zhangzheng_kinds::{Clock, Email, Secret};

const VENDOR: &str = "mail";

/// `[mail]` of the settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub host: String,
    pub port: u16,
    pub security: Security,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<Secret>,
    /// `掌证 <no-reply@example.cn>`.
    pub from: String,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// TLS from the first byte (port 465).
    Tls,
    /// STARTTLS, required (port 587).
    Starttls,
    /// In clear; refused unless the host is this machine.
    Plain,
}

/// A mail to one person.
#[derive(Clone)]
pub struct Mail {
    pub to: Email,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub attachments: Vec<Enclosure>,
    /// Ours, unique: becomes the Message-ID, so that the same mail sent again is known as the same.
    pub id: String,
}

/// A file that goes along.
#[derive(Clone)]
pub struct Enclosure {
    pub name: String,
    /// `application/pdf` …
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// The client; it keeps a few connections open.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    clock: Clock,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer {
    /// # Errors
    /// When `from` is no address, TLS cannot be set up, or mail would go in clear to another machine.
    pub fn new(config: &Config, clock: Clock) -> Result<Self> {
        crate::http::install_crypto();
        let from = config.from.parse().map_err(|_| Error::misconfigured(VENDOR, "from is not an address"))?;
        let host = config.host.as_str();
        let local = crate::http::is_loopback(&format!("http://{host}/")) || host == "::1";
        let builder = match config.security {
            Security::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host).map_err(set_up)?,
            Security::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host).map_err(set_up)?,
            Security::Plain if local => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
            Security::Plain => return Err(Error::misconfigured(VENDOR, "mail in clear goes to this machine only")),
        };
        let mut builder = builder.port(config.port).timeout(Some(Duration::from_secs(20)));
        if let (Some(name), Some(password)) = (&config.username, &config.password) {
            builder = builder.credentials(Credentials::new(name.clone(), password.expose().clone()));
        }
        Ok(Self { transport: builder.build(), from, clock })
    }

    /// Sends a mail. Sending it again after [`Error::Unavailable`] can deliver it twice, with the same Message-ID.
    ///
    /// # Errors
    /// [`Error::Refused`] when the server will never take it, [`Error::Unavailable`] when it may later.
    pub async fn send(&self, mail: &Mail) -> Result<()> {
        let message = self.compose(mail)?;
        let started = Instant::now();
        let result = self.transport.send(message).await.map(drop).map_err(understand);
        let outcome = result.as_ref().err().map_or("ok", Error::outcome);
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            vendor.name = VENDOR,
            vendor.operation = "send",
            vendor.outcome = outcome,
            duration_ms = millis,
            "vendor call"
        );
        result
    }

    fn compose(&self, mail: &Mail) -> Result<lettre::Message> {
        let to = mail.to.as_str().parse().map_err(|_| Error::refused(VENDOR, "address", "not an address"))?;
        let domain = self.from.email.domain().to_owned();
        let builder = MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .date(SystemTime::from(self.clock.now()))
            .message_id(Some(format!("<{}@{domain}>", mail.id)))
            .subject(mail.subject.clone());
        let words = match &mail.html {
            Some(html) => MultiPart::alternative_plain_html(mail.text.clone(), html.clone()),
            None => MultiPart::mixed().singlepart(SinglePart::plain(mail.text.clone())),
        };
        let mut whole = MultiPart::mixed().multipart(words);
        for file in &mail.attachments {
            let kind = ContentType::parse(&file.content_type)
                .map_err(|_| Error::refused(VENDOR, "content_type", "not a content type"))?;
            whole = whole.singlepart(Attachment::new(file.name.clone()).body(file.bytes.clone(), kind));
        }
        builder.multipart(whole).map_err(|_| Error::refused(VENDOR, "message", "cannot be composed"))
    }
}

fn set_up(error: lettre::transport::smtp::Error) -> Error {
    Error::misconfigured(VENDOR, error.to_string())
}

fn understand(error: lettre::transport::smtp::Error) -> Error {
    match error.status() {
        Some(status) if error.is_permanent() => {
            // The server's own words may repeat the address: only the number is kept.
            Error::refused(VENDOR, status.to_string(), "the server refused the mail")
        }
        Some(status) => Error::unavailable(VENDOR, status.to_string()),
        None if error.is_timeout() => Error::unavailable(VENDOR, "timeout"),
        None => Error::unavailable(VENDOR, "connection lost"),
    }
}

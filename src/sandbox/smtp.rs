//! The mail inbox (邮件收件箱): a small SMTP server on its own port (RFC 5321) that keeps what it is given and delivers
//! nothing. Strict about line ends, lengths and sizes; patient with pipelining.

use crate::{
    calls::{json, refuse},
    world::{World, random_hex},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use mail_parser::{MessageParser, MimeHeaders};
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    web::{Data, Path, Query},
};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

/// The longest message, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;
/// The longest line of a command, its end included (RFC 5321 §4.5.3.1.4 and .6).
const LINE: usize = 1000;
const RECIPIENTS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);
/// Connections at one time; more wait.
const AT_ONCE: usize = 32;
const KEPT: usize = 200;

/// The mail that has arrived.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) mails: Vec<Mail>,
}

/// One mail, understood.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Mail {
    pub(crate) id: String,
    /// Beijing time.
    pub(crate) at: String,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) attachments: Vec<Attachment>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) size: usize,
    base64: String,
}

/// Answers until stopped.
pub(crate) async fn serve(world: Arc<World>, listener: TcpListener, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        // A peer that is gone before it was accepted costs nothing.
        let Ok((stream, _)) = accepted else { continue };
        let (world, stop) = (world.clone(), stop.clone());
        tokio::spawn(async move {
            let talk = Session::new(world, stream).run();
            tokio::select! {
                _ended = talk => {}
                () = stop.cancelled() => {}
            }
            drop(place);
        });
    }
}

struct Session<S> {
    world: Arc<World>,
    stream: BufReader<S>,
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// A line, or why there is none that can be used.
enum Line {
    Text(String),
    TooLong,
    BareLineFeed,
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    fn new(world: Arc<World>, stream: S) -> Self {
        Self { world, stream: BufReader::new(stream), greeted: false, from: None, to: vec![] }
    }

    async fn run(mut self) -> std::io::Result<()> {
        self.say("220 desk.invalid ESMTP").await?;
        loop {
            let line = match tokio::time::timeout(PATIENCE, self.line()).await {
                Err(_) => return self.say("421 4.4.2 too slow, closing").await,
                Ok(line) => line?,
            };
            match line {
                Line::End => return Ok(()),
                Line::TooLong => self.say("500 5.5.2 line too long").await?,
                Line::BareLineFeed => return self.say("500 5.5.2 lines end with CRLF, closing").await,
                Line::Text(line) if line.eq_ignore_ascii_case("QUIT") => return self.say("221 2.0.0 bye").await,
                Line::Text(line) => {
                    if !self.obey(&line).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        self.stream.flush().await
    }

    /// Reads to CRLF. Of a longer line the rest is thrown away, so that memory stays bounded.
    async fn line(&mut self) -> std::io::Result<Line> {
        let mut bytes = Vec::new();
        let limit = LINE as u64;
        (&mut self.stream).take(limit).read_until(b'\n', &mut bytes).await?;
        if bytes.len() == LINE && !bytes.ends_with(b"\n") {
            loop {
                bytes.clear();
                (&mut self.stream).take(limit).read_until(b'\n', &mut bytes).await?;
                if bytes.is_empty() || bytes.ends_with(b"\n") {
                    return Ok(Line::TooLong);
                }
            }
        }
        Ok(match bytes.strip_suffix(b"\r\n") {
            Some(text) if !text.contains(&b'\r') => Line::Text(String::from_utf8_lossy(text).into_owned()),
            _ if bytes.ends_with(b"\n") => Line::BareLineFeed,
            _ => Line::End,
        })
    }

    /// Obeys one command; false when the talk is over.
    async fn obey(&mut self, line: &str) -> std::io::Result<bool> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.greeted = true;
                let size = format!("250-SIZE {LARGEST}");
                for text in
                    ["250-desk.invalid", &size, "250-8BITMIME", "250-PIPELINING", "250-SMTPUTF8", "250 AUTH PLAIN"]
                {
                    self.say(text).await?;
                }
            }
            "HELO" => {
                self.greeted = true;
                self.say("250 desk.invalid").await?;
            }
            "NOOP" => self.say("250 2.0.0 ok").await?,
            "RSET" => {
                (self.from, self.to) = (None, vec![]);
                self.say("250 2.0.0 ok").await?;
            }
            "AUTH" => return self.authenticate(rest).await.map(|()| true),
            "MAIL" => self.mail(rest).await?,
            "RCPT" => self.recipient(rest).await?,
            "DATA" => return self.data().await,
            "VRFY" => self.say("252 2.5.2 send and see").await?,
            _ => self.say("502 5.5.1 not understood").await?,
        }
        Ok(true)
    }

    /// AUTH PLAIN is optional here; any name with any password is welcome, a malformed one is not.
    async fn authenticate(&mut self, rest: &str) -> std::io::Result<()> {
        let words = rest.strip_prefix("PLAIN ").and_then(|text| STANDARD.decode(text).ok());
        match words {
            Some(words) if words.split(|&b| b == 0).count() == 3 => self.say("235 2.7.0 welcome").await,
            Some(_) => self.say("535 5.7.8 not the form of PLAIN").await,
            None => self.say("504 5.5.4 only AUTH PLAIN with an initial response").await,
        }
    }

    async fn mail(&mut self, rest: &str) -> std::io::Result<()> {
        let Some(from) = address(rest, "FROM:") else { return self.say("501 5.5.4 MAIL FROM:<address>").await };
        let size = rest.to_ascii_uppercase().split_once(" SIZE=").map(|(_, size)| size.to_owned());
        let size = size.and_then(|size| size.split(' ').next()?.parse::<usize>().ok());
        match () {
            () if !self.greeted => self.say("503 5.5.1 say EHLO first").await,
            () if self.from.is_some() => self.say("503 5.5.1 one mail at a time").await,
            () if size.is_some_and(|size| size > LARGEST) => self.say("552 5.3.4 too large").await,
            () => {
                self.from = Some(from);
                self.say("250 2.1.0 ok").await
            }
        }
    }

    async fn recipient(&mut self, rest: &str) -> std::io::Result<()> {
        let to = address(rest, "TO:").filter(|to| to.contains('@'));
        let Some(to) = to else { return self.say("501 5.1.3 RCPT TO:<address>").await };
        let wanted = self.world.faults.outcome("mail", "RCPT");
        match () {
            () if self.from.is_none() => self.say("503 5.5.1 MAIL first").await,
            () if self.to.len() >= RECIPIENTS => self.say("452 4.5.3 too many recipients").await,
            () if wanted.is_some() || to.starts_with("later@") => self.say("451 4.7.1 try again later").await,
            () if to.starts_with("nobody@") => self.say("550 5.1.1 no such person").await,
            () => {
                self.to.push(to);
                self.say("250 2.1.5 ok").await
            }
        }
    }

    async fn data(&mut self) -> std::io::Result<bool> {
        if self.to.is_empty() {
            return self.say("503 5.5.1 RCPT first").await.map(|()| true);
        }
        self.say("354 end with <CRLF>.<CRLF>").await?;
        let mut mail = Vec::new();
        let mut too_large = false;
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut self.stream).take(LARGEST as u64);
            let read = limited.read_until(b'\n', &mut line);
            match tokio::time::timeout(PATIENCE, read).await {
                Err(_) => return self.say("421 4.4.2 too slow, closing").await.map(|()| false),
                Ok(read) => read?,
            };
            if !line.ends_with(b"\r\n") {
                // A bare line feed here is how mails are smuggled; a missing end is a lost peer.
                self.say("550 5.6.0 lines end with CRLF, closing").await?;
                return Ok(false);
            }
            if line == b".\r\n" {
                break;
            }
            let text = if line.starts_with(b".") { &line[1..] } else { &line[..] };
            too_large |= mail.len() + text.len() > LARGEST;
            if !too_large {
                mail.extend_from_slice(text);
            }
        }
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        if too_large {
            return self.say("552 5.3.4 too large").await.map(|()| true);
        }
        let id = keep(&self.world, from, to, &mail);
        self.say(&format!("250 2.0.0 kept as {id}")).await.map(|()| true)
    }
}

/// `FROM:<a@b.cn> SIZE=…` → `a@b.cn`.
fn address(rest: &str, word: &str) -> Option<String> {
    let head = rest.get(..word.len())?;
    let rest = rest.get(word.len()..)?.trim_start();
    let inner = rest.strip_prefix('<')?.split_once('>')?.0;
    let right = head.eq_ignore_ascii_case(word) && inner.len() <= 254 && !inner.contains([' ', '<']);
    right.then(|| inner.to_owned())
}

fn keep(world: &World, from: String, to: Vec<String>, raw: &[u8]) -> String {
    let parsed = MessageParser::default().parse(raw);
    let id = random_hex::<8>();
    let part = |text: Option<std::borrow::Cow<'_, str>>| text.map(std::borrow::Cow::into_owned).unwrap_or_default();
    let attachments = parsed.iter().flat_map(|mail| mail.attachments()).map(|part| Attachment {
        name: part.attachment_name().unwrap_or("").to_owned(),
        content_type: part
            .content_type()
            .map_or_else(String::new, |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("octet-stream"))),
        size: part.contents().len(),
        base64: STANDARD.encode(part.contents()),
    });
    let mail = Mail {
        id: id.clone(),
        at: world.clock.beijing(),
        from,
        to,
        subject: parsed.as_ref().and_then(|mail| mail.subject()).unwrap_or("").to_owned(),
        text: part(parsed.as_ref().and_then(|mail| mail.body_text(0))),
        html: part(parsed.as_ref().and_then(|mail| mail.body_html(0))),
        attachments: attachments.collect(),
    };
    let at = world.clock.beijing();
    world.log.add(at, "mail", "DATA".into(), "250 kept".into(), 0);
    world.mail.write(|state| {
        if state.mails.len() >= KEPT {
            state.mails.remove(0);
        }
        state.mails.push(mail);
    });
    id
}

/// Adds `/mail` to the phone's routes.
pub(crate) fn phone(route: Route) -> Route {
    route.at("/mail", get(inbox)).at("/mail/:id/:number", get(attachment))
}

/// `/control/api/mail/…`.
pub(crate) fn control() -> Route {
    Route::new().at("/", get(inbox).delete(clear))
}

#[derive(Deserialize)]
struct Whose {
    #[serde(default)]
    to: String,
}

/// Newest last; without `to`, everybody's. Attachments by name and size; their bytes are at `/phone/mail/<id>/<number>`.
#[handler]
fn inbox(Data(world): Data<&Arc<World>>, Query(whose): Query<Whose>) -> Response {
    let wanted = |mail: &&Mail| whose.to.is_empty() || mail.to.iter().any(|to| to.eq_ignore_ascii_case(&whose.to));
    world.mail.read(|state| {
        let mut mails: Vec<Mail> = state.mails.iter().filter(wanted).cloned().collect();
        mails.iter_mut().flat_map(|mail| &mut mail.attachments).for_each(|part| part.base64.clear());
        json(StatusCode::OK, &mails)
    })
}

#[handler]
fn attachment(Data(world): Data<&Arc<World>>, Path((id, number)): Path<(String, usize)>) -> Response {
    let found = world.mail.read(|state| {
        state.mails.iter().find(|mail| mail.id == id).and_then(|mail| mail.attachments.get(number).cloned())
    });
    match found.and_then(|part| Some((STANDARD.decode(&part.base64).ok()?, part.content_type))) {
        Some((bytes, kind)) => Response::builder().content_type(kind).body(bytes),
        None => refuse(StatusCode::NOT_FOUND, "no such attachment"),
    }
}

#[handler]
fn clear(Data(world): Data<&Arc<World>>) -> Response {
    world.mail.write(|state| state.mails.clear());
    json(StatusCode::OK, &serde_json::json!({}))
}

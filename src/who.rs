//! Who is asking: sessions (a cookie on the desktop, a bearer token on the phone), and the guard against forged posts.

use crate::{db::Tx, error::Error, state::State};
use poem::{
    FromRequest, Request, RequestBody,
    http::Method,
    web::cookie::{Cookie, SameSite},
};
use poem_openapi::{
    SecurityScheme,
    auth::{ApiKey, Bearer},
};
use sea_orm::{ActiveValue::Set, DeriveActiveEnum, EnumIter, entity::prelude::*};
use sha2::{Digest, Sha256};
use std::{net::IpAddr, sync::Arc};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The desktop's session cookie.
pub const COOKIE: &str = "zhangzheng";
/// Before sign-in: the double-submit token of forms.
pub const FORM_COOKIE: &str = "zhangzheng_form";

/// Where a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Channel {
    Desktop,
    Phone,
}

/// The table `session`. Tokens are kept as SHA-256 digests.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: Vec<u8>,
        pub id: Uuid,
        pub account_id: Uuid,
        pub member_id: Uuid,
        pub channel: Channel,
        pub csrf: String,
        pub browser: String,
        pub system: String,
        pub place: String,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The signed-in member behind a request.
#[derive(Clone, Debug)]
pub struct Who {
    pub session_id: Uuid,
    pub account_id: Uuid,
    pub member_id: Uuid,
    pub channel: Channel,
    pub csrf: String,
}

impl From<entity::Model> for Who {
    fn from(row: entity::Model) -> Self {
        Self {
            session_id: row.id,
            account_id: row.account_id,
            member_id: row.member_id,
            channel: row.channel,
            csrf: row.csrf,
        }
    }
}

impl Who {
    /// The actor for the audit trail.
    pub fn actor(&self) -> crate::db::Actor {
        crate::db::Actor::Member(self.member_id)
    }
}

/// What the request says about the machine that asks: shown on the phone before a hand-off is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub browser: String,
    pub system: String,
    pub place: String,
    pub ip: String,
}

impl Machine {
    /// Reads it off the request.
    pub fn of(request: &Request, trust_forwarded: bool) -> Self {
        let agent = request.header("user-agent").unwrap_or_default();
        let ip = address(request, trust_forwarded);
        Self {
            browser: browser(agent).into(),
            system: system(agent).into(),
            place: place(ip),
            ip: ip.map(|ip| ip.to_string()).unwrap_or_default(),
        }
    }
}

fn address(request: &Request, trust_forwarded: bool) -> Option<IpAddr> {
    let forwarded = request.header("x-forwarded-for").filter(|_| trust_forwarded);
    match forwarded.and_then(|list| list.rsplit(',').next()) {
        Some(last) => last.trim().parse().ok(),
        None => request.remote_addr().as_socket_addr().map(|address| address.ip()),
    }
}

fn browser(agent: &str) -> &'static str {
    let known = [
        ("MicroMessenger", "微信"),
        ("Edg", "Edge 浏览器"),
        ("QQBrowser", "QQ 浏览器"),
        ("360SE", "360 浏览器"),
        ("Firefox", "Firefox 浏览器"),
        ("Chrome", "Chrome 浏览器"),
        ("Safari", "Safari 浏览器"),
    ];
    known.iter().find(|(mark, _)| agent.contains(mark)).map_or("其他浏览器", |(_, name)| name)
}

fn system(agent: &str) -> &'static str {
    let known = [
        ("Windows", "Windows 电脑"),
        ("Android", "安卓手机"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "Mac 电脑"),
        ("Linux", "Linux 电脑"),
    ];
    known.iter().find(|(mark, _)| agent.contains(mark)).map_or("其他设备", |(_, name)| name)
}

/// Where an address is, as far as can be said without asking anybody: this machine, the same network, or the outer part of the address.
fn place(ip: Option<IpAddr>) -> String {
    match ip {
        Some(ip) if ip.is_loopback() => "本机".into(),
        Some(IpAddr::V4(ip)) if ip.is_private() => "局域网".into(),
        Some(IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("网络地址 {a}.{b}.{c}.*")
        }
        Some(IpAddr::V6(ip)) => format!("网络地址 {:x}:{:x}:*", ip.segments()[0], ip.segments()[1]),
        None => "未知位置".into(),
    }
}

/// Opens a session in the transaction that signs the member in; gives back the token.
pub async fn open(
    tx: &mut Tx,
    state: &State,
    member_id: Uuid,
    account_id: Uuid,
    channel: Channel,
    machine: &Machine,
) -> Result<String, Error> {
    let token = tx.random().token();
    let life = match channel {
        Channel::Desktop => chrono::Duration::hours(state.config.sign_in.desktop_hours),
        Channel::Phone => chrono::Duration::days(state.config.sign_in.phone_days),
    };
    let id = tx.id();
    let row = entity::ActiveModel {
        token_hash: Set(digest(&token)),
        id: Set(id),
        account_id: Set(account_id),
        member_id: Set(member_id),
        channel: Set(channel),
        csrf: Set(tx.random().token()),
        browser: Set(machine.browser.clone()),
        system: Set(machine.system.clone()),
        place: Set(machine.place.clone()),
        created_at: Set(tx.now),
        expires_at: Set(tx.now + life),
    };
    entity::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(crate::events::Event::new("session.open", id, Some(account_id))).await?;
    Ok(token)
}

/// Ends one session.
pub async fn close(tx: &mut Tx, who: &Who) -> Result<(), Error> {
    entity::Entity::delete_many().filter(entity::Column::Id.eq(who.session_id)).exec(&**tx).await?;
    tx.say(crate::events::Event::new("session.close", who.session_id, Some(who.account_id))).await
}

/// Ends every session of a member (退出所有设备), but for the one given.
pub async fn close_all(tx: &mut Tx, member_id: Uuid, account_id: Uuid, but: Option<Uuid>) -> Result<(), Error> {
    let mut gone = entity::Entity::delete_many().filter(entity::Column::MemberId.eq(member_id));
    if let Some(kept) = but {
        gone = gone.filter(entity::Column::Id.ne(kept));
    }
    gone.exec(&**tx).await?;
    tx.say(crate::events::Event::new("session.close_all", member_id, Some(account_id))).await
}

/// The session behind a token, unless it has ended.
pub async fn find(state: &State, token: &str) -> Result<Option<Who>, Error> {
    let row = entity::Entity::find_by_id(digest(token))
        .filter(entity::Column::ExpiresAt.gt(state.clock.now()))
        .one(&state.db.read)
        .await?;
    Ok(row.map(Who::from))
}

/// Forgets sessions that have ended. Run now and then.
pub async fn sweep(state: &State) -> Result<(), Error> {
    let ended = entity::Column::ExpiresAt.lt(state.clock.now());
    entity::Entity::delete_many().filter(ended).exec(state.db.machinery()).await?;
    Ok(())
}

pub(crate) fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Whether two texts are equal, in constant time.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// A browser says where a request comes from: posts by other sites are refused, whatever else they carry.
pub fn from_elsewhere(request: &Request) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    match (request.header("sec-fetch-site"), request.header("origin"), request.header("host")) {
        (Some(site), _, _) => site != "same-origin",
        (None, Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, from)| from != host),
        _ => false,
    }
}

/// The state behind a request.
pub fn state(request: &Request) -> Result<&Arc<State>, Error> {
    request.data::<Arc<State>>().ok_or_else(|| Error::internal("a route without state"))
}

async fn by_cookie(request: &Request) -> Result<Option<Who>, Error> {
    let Some(cookie) = request.cookie().get(COOKIE) else { return Ok(None) };
    if from_elsewhere(request) {
        return Err(Error::forbidden("forged", "请求来源不正确，请回到页面后重试"));
    }
    let who = find(state(request)?, cookie.value_str()).await?;
    Ok(who.filter(|who| who.channel == Channel::Desktop))
}

/// For pages: `Who` as a parameter asks for a signed-in desktop, `Option`-like uses take [`MaybeWho`].
impl<'a> FromRequest<'a> for Who {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        by_cookie(request).await?.ok_or_else(|| Error::sign_in().into())
    }
}

/// For pages that anybody may see, and that show who is signed in.
#[derive(Clone, Debug)]
pub struct MaybeWho(pub Option<Who>);

impl<'a> FromRequest<'a> for MaybeWho {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(by_cookie(request).await?))
    }
}

impl<'a> FromRequest<'a> for Machine {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request, state(request)?.config.http.trust_forwarded))
    }
}

/// A phone: `Authorization: Bearer …`.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", checker = "check_bearer")]
pub struct PhoneAuth(pub Who);

async fn check_bearer(request: &Request, bearer: Bearer) -> poem::Result<Who> {
    let who = find(state(request)?, &bearer.token).await?;
    who.filter(|who| who.channel == Channel::Phone).ok_or_else(|| Error::sign_in().into())
}

/// A desktop: the session cookie.
#[derive(SecurityScheme)]
#[oai(ty = "api_key", key_name = "zhangzheng", key_in = "cookie", checker = "check_cookie")]
pub struct DesktopAuth(pub Who);

async fn check_cookie(request: &Request, _: ApiKey) -> poem::Result<Who> {
    by_cookie(request).await?.ok_or_else(|| Error::sign_in().into())
}

/// Either of them.
#[derive(SecurityScheme)]
pub enum Auth {
    Phone(PhoneAuth),
    Desktop(DesktopAuth),
}

impl std::ops::Deref for Auth {
    type Target = Who;
    fn deref(&self) -> &Who {
        match self {
            Self::Phone(PhoneAuth(who)) | Self::Desktop(DesktopAuth(who)) => who,
        }
    }
}

/// A form posted by a page of ours: urlencoded, with the page's token in the field `csrf`.
#[derive(Debug)]
pub struct Posted<T>(pub T);

impl<'a, T: serde::de::DeserializeOwned> FromRequest<'a> for Posted<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let bytes = body.take()?.into_bytes_limit(256 * 1024).await?;
        #[derive(serde::Deserialize)]
        struct Token {
            #[serde(default)]
            csrf: String,
        }
        let token: Token = form(&bytes)?;
        check_token(request, &token.csrf).await?;
        Ok(Self(form(&bytes)?))
    }
}

fn form<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_urlencoded::from_bytes(bytes).map_err(|refused| {
        tracing::debug!(error.cause = %refused, "form");
        Error::invalid("form", "表单内容不完整，请刷新页面后重新填写")
    })
}

/// Checks the token of a form: of the session when there is one, else of the form cookie.
///
/// # Errors
/// [`Error::Forbidden`] when it is missing, another page's, or the request comes from another site.
pub async fn check_token(request: &Request, token: &str) -> Result<(), Error> {
    let stale = || Error::forbidden("stale_page", "页面已过期，请刷新后重新提交");
    if from_elsewhere(request) {
        return Err(stale());
    }
    let expected = match by_cookie(request).await? {
        Some(who) => who.csrf,
        None => request.cookie().get(FORM_COOKIE).map(|c| c.value_str().to_owned()).unwrap_or_default(),
    };
    if expected.is_empty() || !same(&expected, token) { Err(stale()) } else { Ok(()) }
}

/// The session cookie.
pub fn session_cookie(state: &State, token: &str) -> Cookie {
    let mut cookie = Cookie::new_with_str(COOKIE, token);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    cookie.set_secure(state.config.secure_cookies());
    cookie.set_max_age(std::time::Duration::from_secs(
        u64::try_from(state.config.sign_in.desktop_hours * 3600).unwrap_or_default(),
    ));
    cookie
}

/// The form cookie, with a fresh token.
pub fn form_cookie(state: &State, token: &str) -> Cookie {
    let mut cookie = Cookie::new_with_str(FORM_COOKIE, token);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_path("/");
    cookie.set_secure(state.config.secure_cookies());
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_named_as_people_would() {
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36";
        assert_eq!((browser(agent), system(agent)), ("Chrome 浏览器", "Windows 电脑"));
        assert_eq!((browser(""), system("")), ("其他浏览器", "其他设备"));
        assert_eq!(place("203.0.113.7".parse().ok()), "网络地址 203.0.113.*");
        assert_eq!(place("127.0.0.1".parse().ok()), "本机");
    }

    #[test]
    fn posts_from_other_sites_are_noticed() {
        let request = |headers: &[(&str, &str)]| {
            let mut builder = Request::builder().method(Method::POST);
            for (name, value) in headers {
                builder = builder.header(*name, *value);
            }
            builder.finish()
        };
        assert!(from_elsewhere(&request(&[("sec-fetch-site", "cross-site")])));
        assert!(from_elsewhere(&request(&[("sec-fetch-site", "same-site")])));
        assert!(from_elsewhere(&request(&[("origin", "https://evil.example"), ("host", "zz.example")])));
        assert!(!from_elsewhere(&request(&[("sec-fetch-site", "same-origin")])));
        assert!(!from_elsewhere(&request(&[("origin", "https://zz.example"), ("host", "zz.example")])));
    }
}

//! How the phone asks about 确认管理员: who is named, naming, confirming, authorisations, and the two-party key.

use super::{
    ASK_SELF, Blocked, DUTIES, How, KeyStatus, MOST_FAILURES, Status,
    flow::{self, Nominee},
    key,
    view::{self, Colleague, Holder, View},
};
use crate::{
    account::{
        SMS_CODE_PAUSE,
        http::{Done, done},
    },
    error::Error,
    state::State,
    who::{Auth, Machine, PhoneAuth, Who},
};
use chrono::{DateTime, Utc};
use poem::{Request, web::Data};
use poem_openapi::{Object, OpenApi, Tags, param::Path, payload::Json};
use std::{str::FromStr, sync::Arc};
use uuid::Uuid;
use zhangzheng_pki::cosign::{KeyId, Opening};

#[derive(Tags)]
enum Tag {
    /// 确认管理员: who may use the company's certificate, and the two-party key.
    Administrator,
}

/// Somebody named or confirmed as administrator.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct AdministratorView {
    status: Status,
    how: How,
    is_me: bool,
    name_masked: Option<String>,
    mobile_masked: String,
    since: DateTime<Utc>,
}

/// One of the company's people.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct ColleagueView {
    member_id: Uuid,
    is_me: bool,
    /// None until 个人实名认证 is done.
    name_masked: Option<String>,
    mobile_masked: String,
    /// The authorisation that this person has been given.
    authorisation_id: Option<Uuid>,
}

/// A key as its holder's phone sees it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct KeyView {
    kid: String,
    status: KeyStatus,
    /// `04‖X‖Y` in hexadecimal.
    public_key: String,
    /// Wrong PINs that are still allowed.
    tries_left: i32,
    /// What the phone mixes into the PIN; only to a phone that asks for this key by its id.
    pepper: Option<String>,
}

/// 确认管理员, as the person who asks sees it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct AdministratorAnswer {
    /// What an administrator may do.
    duties: String,
    /// What is asked before naming oneself.
    ask_self: String,
    paid: bool,
    may_name: bool,
    confirmed: Option<AdministratorView>,
    named: Option<AdministratorView>,
    /// What keeps me from confirming, when I am the one named.
    blocked: Option<Blocked>,
    /// What to do about it.
    advice: Option<String>,
    /// My key, when I am the administrator.
    key: Option<KeyView>,
    authorisations_bought: u32,
    authorisations_given: u32,
    people: Vec<ColleagueView>,
}

impl From<Holder> for AdministratorView {
    fn from(holder: Holder) -> Self {
        let Holder { status, how, is_me, name, mobile, since, invited: _ } = holder;
        Self { status, how, is_me, name_masked: name, mobile_masked: mobile, since }
    }
}

impl From<Colleague> for ColleagueView {
    fn from(person: Colleague) -> Self {
        let Colleague { member_id, is_me, name, mobile, authorisation } = person;
        Self { member_id, is_me, name_masked: name, mobile_masked: mobile, authorisation_id: authorisation }
    }
}

impl From<View> for AdministratorAnswer {
    fn from(view: View) -> Self {
        let given = u32::try_from(view.given()).unwrap_or(u32::MAX);
        Self {
            duties: DUTIES.into(),
            ask_self: ASK_SELF.into(),
            paid: view.paid,
            may_name: view.may_name,
            confirmed: view.confirmed.map(Into::into),
            named: view.named.map(Into::into),
            blocked: view.blocked,
            advice: view.blocked.map(|blocked| blocked.advice().into()),
            key: view.key.map(|row| key_view(&row, None)),
            authorisations_bought: view.bought,
            authorisations_given: given,
            people: view.people.into_iter().map(Into::into).collect(),
        }
    }
}

fn key_view(row: &super::entity::signing_key::Model, pepper: Option<String>) -> KeyView {
    KeyView {
        kid: row.id.simple().to_string(),
        status: row.status,
        public_key: hex::encode(&row.public_key),
        tries_left: (MOST_FAILURES - row.failures).max(0),
        pepper,
    }
}

#[derive(Object)]
struct NomineeRequest {
    name: String,
    mobile: String,
    sms_code: String,
}

#[derive(Object)]
struct NomineeCodeRequest {
    mobile: String,
}

/// The code is on its way.
#[derive(Object)]
struct NomineeCodeSent {
    /// Seconds until another one can be asked for.
    retry_after: u32,
}

#[derive(Object)]
struct ChooseRequest {
    member_id: Uuid,
}

#[derive(Object)]
struct ConfirmRequest {
    kid: String,
}

/// The server has drawn its half and commits to it.
#[derive(Object)]
struct KeyStarted {
    kid: String,
    commitment: String,
    /// What the phone mixes into the PIN.
    pepper: String,
    expires_at: DateTime<Utc>,
}

#[derive(Object)]
struct HolderHalf {
    p1: String,
    proof: String,
}

/// The server opens its commitment: names as in the mini-program's `crypto/cosign.ts`.
#[derive(Object)]
struct KeyOpened {
    p2: String,
    proof: String,
    blinder: String,
    public_key: String,
}

/// The exact bytes to be signed, in hexadecimal: the certificate request of the key.
#[derive(Object)]
struct SigningOffered {
    sid: String,
    tbs: String,
    expires_at: DateTime<Utc>,
}

#[derive(Object)]
struct SigningCommitment {
    commitment: String,
}

#[derive(Object)]
struct SigningAnswer {
    q: String,
    proof: String,
}

#[derive(Object)]
struct SigningOpening {
    k: String,
    blinder: String,
    share: String,
}

/// A message of the protocol, or a 400 that names it.
fn read<T: FromStr>(field: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::invalid(field, "密钥数据格式不正确，请更新小程序后重试"))
}

fn kid(text: &str) -> Result<KeyId, Error> {
    text.parse().map_err(|_| Error::not_found())
}

fn key_id(text: &str) -> Result<Uuid, Error> {
    Ok(Uuid::from_bytes(*kid(text)?.as_bytes()))
}

async fn answer(state: &State, who: &Who) -> Result<Json<AdministratorAnswer>, Error> {
    Ok(Json(view::view(state, who).await?.into()))
}

/// 确认管理员.
pub struct Api;

#[OpenApi(prefix_path = "/api", tag = "Tag::Administrator")]
impl Api {
    /// Who is named and confirmed, and what may be done.
    #[oai(path = "/administrator", method = "get", operation_id = "get_administrator")]
    async fn administrator(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<AdministratorAnswer>, Error> {
        answer(&state, &who).await
    }

    /// 我是管理员.
    #[oai(path = "/administrator/self", method = "post", operation_id = "name_myself_administrator")]
    async fn name_self(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<AdministratorAnswer>, Error> {
        flow::name_self(&state, &who).await?;
        answer(&state, &who).await
    }

    /// 获取验证码 for somebody to be named.
    #[oai(path = "/administrator/sms-code", method = "post", operation_id = "send_nominee_code")]
    async fn sms_code(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        who: Auth,
        body: Json<NomineeCodeRequest>,
    ) -> Result<Json<NomineeCodeSent>, Error> {
        let machine = Machine::of(request, state.config.http.trust_forwarded);
        flow::ask_code(&state, &who, &machine, &body.mobile).await?;
        Ok(Json(NomineeCodeSent { retry_after: SMS_CODE_PAUSE }))
    }

    /// 指定他人为管理员.
    #[oai(path = "/administrator/other", method = "post", operation_id = "name_another_administrator")]
    async fn name_other(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        body: Json<NomineeRequest>,
    ) -> Result<Json<AdministratorAnswer>, Error> {
        let Json(NomineeRequest { name, mobile, sms_code }) = body;
        flow::name_other(&state, &who, &Nominee { name, mobile, sms_code }).await?;
        answer(&state, &who).await
    }

    /// 变更管理员: one of the company's people.
    #[oai(path = "/administrator/change", method = "post", operation_id = "change_administrator")]
    async fn change(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        body: Json<ChooseRequest>,
    ) -> Result<Json<AdministratorAnswer>, Error> {
        flow::choose(&state, &who, body.member_id).await?;
        answer(&state, &who).await
    }

    /// Takes a naming back, or declines it.
    #[oai(path = "/administrator/withdraw", method = "post", operation_id = "withdraw_administrator")]
    async fn withdraw(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<AdministratorAnswer>, Error> {
        flow::withdraw(&state, &who).await?;
        answer(&state, &who).await
    }

    /// 确认: with a key whose possession is proved.
    #[oai(path = "/administrator/confirm", method = "post", operation_id = "confirm_administrator")]
    async fn confirm(
        &self,
        state: Data<&Arc<State>>,
        who: PhoneAuth,
        body: Json<ConfirmRequest>,
    ) -> Result<Json<AdministratorAnswer>, Error> {
        flow::confirm(&state, &who.0, key_id(&body.kid)?).await?;
        answer(&state, &who.0).await
    }

    /// 授权.
    #[oai(path = "/authorisations", method = "post", operation_id = "grant_authorisation")]
    async fn grant(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        body: Json<ChooseRequest>,
    ) -> Result<Json<AdministratorAnswer>, Error> {
        flow::grant(&state, &who, body.member_id).await?;
        answer(&state, &who).await
    }

    /// 撤销授权.
    #[oai(path = "/authorisations/:id/revoke", method = "post", operation_id = "revoke_authorisation")]
    async fn revoke(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        id: Path<Uuid>,
    ) -> Result<Json<AdministratorAnswer>, Error> {
        flow::revoke(&state, &who, id.0).await?;
        answer(&state, &who).await
    }

    /// Begins a two-party key, for the person named.
    #[oai(path = "/keys", method = "post", operation_id = "start_key")]
    async fn start_key(&self, state: Data<&Arc<State>>, who: PhoneAuth) -> Result<Json<KeyStarted>, Error> {
        let started = key::start(&state, &who.0).await?;
        Ok(Json(KeyStarted {
            kid: started.kid.to_string(),
            commitment: started.commitment.to_string(),
            pepper: hex::encode(started.pepper),
            expires_at: started.expires_at,
        }))
    }

    /// My key, with what the phone mixes into the PIN.
    #[oai(path = "/keys/:kid", method = "get", operation_id = "get_key")]
    async fn key(
        &self,
        state: Data<&Arc<State>>,
        who: PhoneAuth,
        #[oai(name = "kid")] kid_text: Path<String>,
    ) -> Result<Json<KeyView>, Error> {
        let row = key::mine(&state, &who.0, kid(&kid_text)?).await?;
        Ok(Json(key_view(&row, Some(key::pepper(&state, &row)?))))
    }

    /// The phone's half; the server opens its own.
    #[oai(path = "/keys/:kid/holder-half", method = "post", operation_id = "give_holder_half")]
    async fn holder_half(
        &self,
        state: Data<&Arc<State>>,
        who: PhoneAuth,
        #[oai(name = "kid")] kid_text: Path<String>,
        body: Json<HolderHalf>,
    ) -> Result<Json<KeyOpened>, Error> {
        let (p1, proof) = (read("p1", &body.p1)?, read("proof", &body.proof)?);
        let opening = key::holder_half(&state, &who.0, kid(&kid_text)?, p1, &proof).await?;
        Ok(Json(KeyOpened {
            p2: opening.p2.to_string(),
            proof: opening.proof.to_string(),
            blinder: opening.blinder.to_string(),
            public_key: hex::encode(opening.public.to_sec1()),
        }))
    }

    /// Offers the key's certificate request for signature.
    #[oai(path = "/keys/:kid/signings", method = "post", operation_id = "offer_signing")]
    async fn offer(
        &self,
        state: Data<&Arc<State>>,
        who: PhoneAuth,
        #[oai(name = "kid")] kid_text: Path<String>,
    ) -> Result<Json<SigningOffered>, Error> {
        let offered = key::offer(&state, &who.0, kid(&kid_text)?).await?;
        Ok(Json(SigningOffered {
            sid: offered.sid.to_string(),
            tbs: hex::encode(offered.tbs),
            expires_at: offered.expires_at,
        }))
    }

    /// Answers the phone's commitment, once.
    #[oai(path = "/keys/:kid/signings/:sid/commit", method = "post", operation_id = "commit_signing")]
    async fn commit(
        &self,
        state: Data<&Arc<State>>,
        who: PhoneAuth,
        #[oai(name = "kid")] kid_text: Path<String>,
        sid: Path<String>,
        body: Json<SigningCommitment>,
    ) -> Result<Json<SigningAnswer>, Error> {
        let (sid, commitment) = (read("sid", &sid)?, read("commitment", &body.commitment)?);
        let answer = key::commit(&state, &who.0, kid(&kid_text)?, sid, commitment).await?;
        Ok(Json(SigningAnswer { q: answer.q.to_string(), proof: answer.proof.to_string() }))
    }

    /// Takes the phone's share: right PIN, or one try less.
    #[oai(path = "/keys/:kid/signings/:sid/open", method = "post", operation_id = "open_signing")]
    async fn open(
        &self,
        state: Data<&Arc<State>>,
        who: PhoneAuth,
        #[oai(name = "kid")] kid_text: Path<String>,
        sid: Path<String>,
        body: Json<SigningOpening>,
    ) -> Result<Json<Done>, Error> {
        let opening = Opening {
            k: read("k", &body.k)?,
            blinder: read("blinder", &body.blinder)?,
            share: read("share", &body.share)?,
        };
        key::open(&state, &who.0, kid(&kid_text)?, read("sid", &sid)?, &opening).await?;
        Ok(done())
    }
}

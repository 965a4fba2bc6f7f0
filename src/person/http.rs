//! How the phone asks: the card, the fields, the consents, the number and the video; and where the person stands.

use super::{
    CHECKS_PER_DAY, CallOutcome, Failure, Route, Side, Slot, Status,
    card::{Fields, Reading, Typed},
    flow::{self, Shown, Standing, Ticks},
    slots,
};
use crate::{
    agreements::Text,
    error::Error,
    finding, papers,
    state::State,
    who::{Auth, PhoneAuth, Who},
};
use chrono::{DateTime, NaiveDate, Utc};
use poem::web::{Data, Multipart};
use poem_openapi::{
    Object, OpenApi, Tags,
    param::Path,
    payload::{Binary, Json, Response},
};
use std::sync::Arc;
use uuid::Uuid;
use zhangzheng_kinds::{ResidentId, Sex};

#[derive(Tags)]
enum Tag {
    /// 个人实名认证.
    Person,
}

/// Videos are read up to here; a larger upload is cut off.
const LARGEST_VIDEO: usize = 20 * 1024 * 1024;

/// Which sides of the card are there.
#[derive(Object)]
struct CardPhotos {
    portrait: bool,
    emblem: bool,
}

/// What the card says: as confirmed, else as read. Once verified, the number is masked.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct CardFields {
    name: String,
    resident_id: String,
    /// 男 or 女, as the number says.
    sex: Option<String>,
    /// As the number says.
    born: Option<NaiveDate>,
    address: String,
    valid_from: Option<NaiveDate>,
    valid_until: Option<NaiveDate>,
    /// 长期
    long_term: bool,
    /// Whether the person has confirmed them.
    confirmed: bool,
    /// The fields that the person has corrected.
    corrected: Vec<String>,
}

/// The consents that stand.
#[derive(Object)]
struct PersonConsent {
    face: bool,
    transfer: bool,
    provide_to_ca: bool,
}

/// The attempt in hand. The number or token itself was shown once.
#[derive(Object)]
struct FaceCheckView {
    id: Uuid,
    route: Route,
    expires_at: DateTime<Utc>,
}

/// 回访电话: when, and what came of it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct CallView {
    /// None: at any working hour.
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    outcome: Option<CallOutcome>,
}

/// A time in which a call can be asked for.
#[derive(Object)]
struct CallSlot {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// A consent of its own.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct ConsentView {
    /// The text's word in addresses.
    id: String,
    title: String,
    version: Option<String>,
    given_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
    stands: bool,
    /// What follows for the certificate when it is withdrawn: to be shown, and understood, before it is.
    follows: Option<String>,
}

/// What the person knows who withdraws a consent.
#[derive(Object)]
struct WithdrawConsentRequest {
    /// What follows was shown, and is wanted all the same.
    #[oai(default)]
    understood: bool,
}

/// Why it failed last, and what to do.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct PersonFailed {
    failure: Failure,
    sentence: String,
    /// What a reviewer has written.
    note: Option<String>,
    /// Whether the card's fields should be looked at again first.
    about_the_card: bool,
    /// What the reviewer found with each item, and where on its photo.
    findings: Vec<finding::View>,
}

/// Where the person stands: all that the phone needs to go on.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct PersonView {
    status: Status,
    photos: CardPhotos,
    fields: Option<CardFields>,
    consent: PersonConsent,
    checks_left: u32,
    checks_per_day: u32,
    check: Option<FaceCheckView>,
    /// The call back, once 人工审核 was chosen.
    call: Option<CallView>,
    /// Whether a signed statement was handed in.
    has_statement: bool,
    /// The face checks that are offered, the preferred one first; empty: 人工审核 only.
    routes: Vec<Route>,
    failed: Option<PersonFailed>,
    verified_at: Option<DateTime<Utc>>,
}

impl PersonView {
    fn new(standing: Standing, routes: Vec<Route>) -> Self {
        let Standing {
            row, reading, fields, face_consent, transfer_consent, provide_to_ca_consent, checks_left, ..
        } = standing;
        let Standing { check, call, has_statement, findings, .. } = standing;
        let status = row.as_ref().map_or(Status::Draft, |row| row.status);
        let corrected = row.as_ref().and_then(|row| row.corrected.as_deref()).unwrap_or_default();
        let photos = CardPhotos {
            portrait: row.as_ref().is_some_and(|row| row.portrait_paper.is_some()),
            emblem: row.as_ref().is_some_and(|row| row.emblem_paper.is_some()),
        };
        let failed = row.as_ref().filter(|row| row.status == Status::Failed).and_then(|row| {
            row.failure.map(|failure| PersonFailed {
                failure,
                sentence: failure.sentence().into(),
                note: row.note.clone().filter(|_| failure == Failure::Refused),
                about_the_card: failure.is_about_the_card(),
                findings,
            })
        });
        let fields = match fields {
            Some(fields) => Some(confirmed(fields, corrected, status)),
            None => (photos.portrait || photos.emblem).then(|| as_read(reading)),
        };
        let check = check.filter(|check| check.submitted_at.is_none());
        Self {
            status,
            photos,
            fields,
            consent: PersonConsent {
                face: face_consent,
                transfer: transfer_consent,
                provide_to_ca: provide_to_ca_consent,
            },
            checks_left,
            checks_per_day: CHECKS_PER_DAY,
            call: call.map(|call| CallView { from: call.from_at, until: call.until_at, outcome: call.outcome }),
            has_statement,
            routes,
            check: check.map(|check| FaceCheckView { id: check.id, route: check.route, expires_at: check.expires_at }),
            failed,
            verified_at: row.and_then(|row| row.verified_at),
        }
    }
}

fn sex(id: &ResidentId) -> String {
    match id.sex() {
        Sex::Female => "女".into(),
        Sex::Male => "男".into(),
    }
}

fn confirmed(fields: Fields, corrected: &str, status: Status) -> CardFields {
    let hide = status == Status::Verified;
    CardFields {
        name: fields.name.as_str().into(),
        resident_id: if hide { fields.resident_id.masked() } else { fields.resident_id.as_str().into() },
        sex: (!hide).then(|| sex(&fields.resident_id)),
        born: (!hide).then(|| fields.resident_id.born()),
        address: if hide { String::new() } else { fields.address },
        valid_from: Some(fields.valid_from),
        valid_until: fields.valid_until,
        long_term: fields.valid_until.is_none(),
        confirmed: true,
        corrected: corrected.split_whitespace().map(String::from).collect(),
    }
}

fn as_read(reading: Reading) -> CardFields {
    let id = ResidentId::parse(&reading.resident_id).ok();
    CardFields {
        name: reading.name,
        resident_id: reading.resident_id,
        sex: id.as_ref().map(sex),
        born: id.as_ref().map(ResidentId::born),
        address: reading.address,
        valid_from: reading.valid_from,
        valid_until: reading.valid_until,
        long_term: reading.long_term,
        confirmed: false,
        corrected: Vec::new(),
    }
}

/// What the person confirms or corrects. Dates as `2015-03-01`; `valid_until` is empty when `long_term`.
#[derive(Object)]
struct CardFieldsRequest {
    name: String,
    resident_id: String,
    address: String,
    #[oai(default)]
    valid_from: String,
    #[oai(default)]
    valid_until: String,
    #[oai(default)]
    long_term: bool,
}

/// Three consents, each ticked by itself.
#[derive(Object)]
struct ConsentRequest {
    /// 《个人信息使用授权书》
    face: bool,
    /// Face data over the internet.
    #[oai(default)]
    transfer: bool,
    /// Giving identity data to the certification authority.
    provide_to_ca: bool,
}

#[derive(Object)]
struct ManualReviewRequest {
    /// Giving identity data to the certification authority.
    provide_to_ca: bool,
    /// When the chosen slot for the call back begins; any working hour when none is chosen.
    call_at: Option<DateTime<Utc>>,
}

#[derive(Object)]
struct CallRequest {
    call_at: DateTime<Utc>,
}

/// Which way; the preferred one when none is named.
#[derive(Object)]
struct FaceCheckRequest {
    route: Option<Route>,
}

/// An attempt begun: a number to read aloud, or a token for the vendor's page. Shown here and nowhere else.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct FaceCheckBegun {
    id: Uuid,
    route: Route,
    number: Option<String>,
    /// What WeChat's or E证通's page is opened with.
    vendor_token: Option<String>,
    expires_at: DateTime<Utc>,
    checks_left: u32,
}

async fn view(state: &State, who: &Who) -> Result<Json<PersonView>, Error> {
    Ok(Json(PersonView::new(flow::standing(state, who).await?, flow::routes(state))))
}

fn date(text: &str, field: &str) -> Result<Option<NaiveDate>, Error> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong = |_| Error::invalid(field, "日期格式应为 2015-03-01，请检查");
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map(Some).map_err(wrong)
}

type Photo = Response<Binary<Vec<u8>>>;
async fn consents(state: &State, who: &Who) -> Result<Json<Vec<ConsentView>>, Error> {
    let shown = |consent: flow::Consent| ConsentView {
        id: consent.text.id().into(),
        title: consent.text.title().into(),
        stands: consent.stands(),
        version: consent.version,
        given_at: consent.given_at,
        withdrawn_at: consent.withdrawn_at,
        follows: consent.follows,
    };
    Ok(Json(flow::consents(state, who).await?.into_iter().map(shown).collect()))
}

/// 个人实名认证.
pub struct Api;

#[OpenApi(prefix_path = "/api/person", tag = "Tag::Person")]
impl Api {
    /// Where the person stands.
    #[oai(path = "/", method = "get", operation_id = "get_person")]
    async fn get(&self, state: Data<&Arc<State>>, auth: Auth) -> Result<Json<PersonView>, Error> {
        view(&state, &auth).await
    }

    /// Uploads one side of the card (form field `file`): checked, read, kept.
    #[oai(path = "/photos/:side", method = "post", operation_id = "upload_card_photo")]
    async fn photograph(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        side: Path<Side>,
        form: Multipart,
    ) -> Result<Json<PersonView>, Error> {
        let upload = papers::receive(form, papers::LARGEST_PHOTO).await?;
        flow::photograph(&state, &auth.0, side.0, upload.bytes).await?;
        view(&state, &auth.0).await
    }

    /// The person's own photo of a side, as JPEG, while it may still have to be taken again.
    #[oai(path = "/photos/:side", method = "get", operation_id = "get_card_photo")]
    async fn photo(&self, state: Data<&Arc<State>>, auth: PhoneAuth, side: Path<Side>) -> Result<Photo, Error> {
        let jpeg = flow::own_photo(&state, &auth.0, side.0).await?;
        Ok(Response::new(Binary(jpeg)).header("content-type", "image/jpeg").header("cache-control", "no-store"))
    }

    /// Confirms or corrects what was read.
    #[oai(path = "/fields", method = "post", operation_id = "confirm_card_fields")]
    async fn confirm(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        body: Json<CardFieldsRequest>,
    ) -> Result<Json<PersonView>, Error> {
        let CardFieldsRequest { name, resident_id, address, valid_from, valid_until, long_term } = body.0;
        let valid_from = date(&valid_from, "valid_from")?;
        let valid_until = if long_term { None } else { date(&valid_until, "valid_until")? };
        let typed = Typed { name, resident_id, address, valid_from, valid_until, long_term };
        flow::confirm(&state, &auth.0, &typed).await?;
        view(&state, &auth.0).await
    }

    /// 同意授权: three consents, recorded one by one.
    #[oai(path = "/consent", method = "post", operation_id = "give_person_consent")]
    async fn consent(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        body: Json<ConsentRequest>,
    ) -> Result<Json<PersonView>, Error> {
        let ticks = Ticks { face: body.face, transfer: body.transfer, provide_to_ca: body.provide_to_ca };
        flow::consent(&state, &auth.0, ticks).await?;
        view(&state, &auth.0).await
    }

    /// Withdraws the face consent.
    #[oai(path = "/consent/withdraw-face", method = "post", operation_id = "withdraw_face_consent")]
    async fn withdraw(&self, state: Data<&Arc<State>>, auth: Auth) -> Result<Json<PersonView>, Error> {
        flow::withdraw_consent(&state, &auth, Text::Face, true).await?;
        view(&state, &auth).await
    }

    /// My separate consents, given or taken back.
    #[oai(path = "/consents", method = "get", operation_id = "list_consents")]
    async fn consents(&self, state: Data<&Arc<State>>, auth: Auth) -> Result<Json<Vec<ConsentView>>, Error> {
        consents(&state, &auth).await
    }

    /// Takes one of them back.
    #[oai(path = "/consents/:text/withdraw", method = "post", operation_id = "withdraw_consent")]
    async fn withdraw_one(
        &self,
        state: Data<&Arc<State>>,
        auth: Auth,
        text: Path<String>,
        body: Json<WithdrawConsentRequest>,
    ) -> Result<Json<Vec<ConsentView>>, Error> {
        let text = Text::by_id(&text.0).ok_or_else(Error::not_found)?;
        flow::withdraw_consent(&state, &auth, text, body.understood).await?;
        consents(&state, &auth).await
    }

    /// Gives one of them, again or for the first time.
    #[oai(path = "/consents/:text/give", method = "post", operation_id = "give_consent")]
    async fn give_one(
        &self,
        state: Data<&Arc<State>>,
        auth: Auth,
        text: Path<String>,
    ) -> Result<Json<Vec<ConsentView>>, Error> {
        let text = Text::by_id(&text.0).ok_or_else(Error::not_found)?;
        flow::give_consent(&state, &auth, text).await?;
        consents(&state, &auth).await
    }

    /// The times in which a call back can be asked for.
    #[oai(path = "/call-slots", method = "get", operation_id = "list_call_slots")]
    async fn slots(&self, state: Data<&Arc<State>>, _auth: PhoneAuth) -> Result<Json<Vec<CallSlot>>, Error> {
        let slot = |slot: Slot| CallSlot { from: slot.from, until: slot.until };
        Ok(Json(slots(state.clock.now(), &state.working_time).into_iter().map(slot).collect()))
    }

    /// Chooses another time for the call back.
    #[oai(path = "/call", method = "post", operation_id = "appoint_call")]
    async fn appoint(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        body: Json<CallRequest>,
    ) -> Result<Json<PersonView>, Error> {
        flow::appoint(&state, &auth.0, body.call_at).await?;
        view(&state, &auth.0).await
    }

    /// Hands in a photo (form field `file`) of the statement signed on paper.
    #[oai(path = "/statement", method = "post", operation_id = "upload_statement")]
    async fn statement(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        form: Multipart,
    ) -> Result<Json<PersonView>, Error> {
        let upload = papers::receive(form, papers::LARGEST_PHOTO).await?;
        flow::upload_statement(&state, &auth.0, upload.bytes).await?;
        view(&state, &auth.0).await
    }

    /// Begins an attempt: a number to read aloud (five minutes, one video), or a token for a vendor's page. The one before is
    /// void.
    #[oai(path = "/face-checks", method = "post", operation_id = "begin_face_check")]
    async fn begin(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        body: Json<FaceCheckRequest>,
    ) -> Result<Json<FaceCheckBegun>, Error> {
        let flow::Begun { id, route, shown, expires_at, checks_left } =
            flow::begin(&state, &auth.0, body.route).await?;
        let (number, vendor_token) = match shown {
            Shown::Number(number) => (Some(number.expose().clone()), None),
            Shown::Token(token) => (None, Some(token.expose().clone())),
        };
        Ok(Json(FaceCheckBegun { id, route, number, vendor_token, expires_at, checks_left }))
    }

    /// The person is through with a vendor's page, or has left it: the vendor is asked what came of it.
    #[oai(path = "/face-checks/:id/finished", method = "post", operation_id = "finish_face_check")]
    async fn finished(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        id: Path<String>,
    ) -> Result<Json<PersonView>, Error> {
        let id: Uuid = id.parse().map_err(|_| Error::not_found())?;
        flow::finished(&state, &auth.0, id).await?;
        view(&state, &auth.0).await
    }

    /// Hands in the video (form field `file`) of the attempt named by the path.
    #[oai(path = "/face-checks/:id/video", method = "post", operation_id = "upload_face_video")]
    async fn submit(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        id: Path<String>,
        form: Multipart,
    ) -> Result<Json<PersonView>, Error> {
        let id: Uuid = id.parse().map_err(|_| Error::not_found())?;
        let upload = papers::receive(form, LARGEST_VIDEO).await?;
        flow::submit(&state, &auth.0, id, &upload.bytes).await?;
        view(&state, &auth.0).await
    }

    /// 人工审核 instead of the face check.
    #[oai(path = "/manual-review", method = "post", operation_id = "ask_manual_review")]
    async fn decline(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        body: Json<ManualReviewRequest>,
    ) -> Result<Json<PersonView>, Error> {
        flow::decline(&state, &auth.0, body.provide_to_ca, body.call_at).await?;
        view(&state, &auth.0).await
    }
}

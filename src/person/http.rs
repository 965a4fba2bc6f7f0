//! How the phone asks: the card, the fields, the consents, the number and the video; and where the person stands.

use super::{
    CHECKS_PER_DAY, Failure, Side, Status,
    card::{Fields, Reading, Typed},
    flow::{self, Standing},
};
use crate::{
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
    provide_to_ca: bool,
}

/// The attempt in hand. The number itself was shown once.
#[derive(Object)]
struct FaceCheckView {
    id: Uuid,
    expires_at: DateTime<Utc>,
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
    failed: Option<PersonFailed>,
    verified_at: Option<DateTime<Utc>>,
}

impl PersonView {
    fn new(standing: Standing) -> Self {
        let Standing { row, reading, fields, face_consent, provide_to_ca_consent, checks_left, check, findings } =
            standing;
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
            consent: PersonConsent { face: face_consent, provide_to_ca: provide_to_ca_consent },
            checks_left,
            checks_per_day: CHECKS_PER_DAY,
            check: check.map(|check| FaceCheckView { id: check.id, expires_at: check.expires_at }),
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

/// Two consents, each ticked by itself.
#[derive(Object)]
struct ConsentRequest {
    /// 《个人信息使用授权书》
    face: bool,
    /// Giving identity data to the certification authority.
    provide_to_ca: bool,
}

#[derive(Object)]
struct ManualReviewRequest {
    /// Giving identity data to the certification authority.
    provide_to_ca: bool,
}

/// A number to read aloud. It is shown here and nowhere else.
#[derive(Object)]
struct FaceCheckBegun {
    id: Uuid,
    number: String,
    expires_at: DateTime<Utc>,
    checks_left: u32,
}

async fn view(state: &State, who: &Who) -> Result<Json<PersonView>, Error> {
    Ok(Json(PersonView::new(flow::standing(state, who).await?)))
}

fn date(text: &str, field: &str) -> Result<Option<NaiveDate>, Error> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong = |_| Error::invalid(field, "日期格式应为 2015-03-01，请检查");
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map(Some).map_err(wrong)
}

type Photo = Response<Binary<Vec<u8>>>;

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

    /// 同意授权: two consents, recorded one by one.
    #[oai(path = "/consent", method = "post", operation_id = "give_person_consent")]
    async fn consent(
        &self,
        state: Data<&Arc<State>>,
        auth: PhoneAuth,
        body: Json<ConsentRequest>,
    ) -> Result<Json<PersonView>, Error> {
        flow::consent(&state, &auth.0, body.face, body.provide_to_ca).await?;
        view(&state, &auth.0).await
    }

    /// Withdraws the face consent.
    #[oai(path = "/consent/withdraw-face", method = "post", operation_id = "withdraw_face_consent")]
    async fn withdraw(&self, state: Data<&Arc<State>>, auth: Auth) -> Result<Json<PersonView>, Error> {
        flow::withdraw_face_consent(&state, &auth).await?;
        view(&state, &auth).await
    }

    /// Asks for a number to read aloud: five minutes, one video. The one before is void.
    #[oai(path = "/face-checks", method = "post", operation_id = "begin_face_check")]
    async fn begin(&self, state: Data<&Arc<State>>, auth: PhoneAuth) -> Result<Json<FaceCheckBegun>, Error> {
        let begun = flow::begin(&state, &auth.0).await?;
        let (number, checks_left) = (begun.number.expose().clone(), begun.checks_left);
        Ok(Json(FaceCheckBegun { id: begun.id, number, expires_at: begun.expires_at, checks_left }))
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
        flow::decline(&state, &auth.0, body.provide_to_ca).await?;
        view(&state, &auth.0).await
    }
}

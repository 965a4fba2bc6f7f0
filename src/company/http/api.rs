//! The API of 企业实名认证.

use super::invitation::InvitationView;
use crate::{
    company::{
        Field, Item, LONGEST, Origin, PaperKind, Role, Status,
        flow::{self, View},
        invitation::{Mandate, answer},
    },
    error::Error,
    finding,
    journey::PersonFact,
    papers, person,
    state::State,
    who::{Auth, Who},
};
use poem::web::{Data, Multipart};
use poem_openapi::{
    Object, OpenApi, Tags,
    param::Path,
    payload::{Binary, Json, Response},
};
use std::sync::Arc;

#[derive(Tags)]
enum Tag {
    /// 企业实名认证.
    Company,
}

#[derive(Object)]
#[oai(rename = "CompanyRoleRequest")]
struct RoleRequest {
    role: Role,
}

/// A field as typed. What is wrong with it is kept all the same, and said in the answer.
#[derive(Object)]
#[oai(rename = "TypedCompanyField")]
struct TypedField {
    field: Field,
    /// For the two questions about seal numbers: `yes` or `no`.
    text: String,
}

#[derive(Object)]
#[oai(rename = "CompanyDraftRequest")]
struct DraftRequest {
    /// Those that changed.
    #[oai(validator(max_items = 20))]
    fields: Vec<TypedField>,
}

#[derive(Object)]
#[oai(rename = "CompanySubmitRequest")]
struct SubmitRequest {
    /// 我已阅读并同意《数字证书申请及使用协议》.
    agreed: bool,
}

/// A field of the form.
#[derive(Object)]
#[oai(rename = "CompanyFieldView", skip_serializing_if_is_none)]
struct FieldView {
    field: Field,
    label: String,
    placeholder: String,
    /// As typed or as read.
    text: String,
    origin: Origin,
    /// Whether it may be changed now.
    open: bool,
    /// Whether the form asks for it.
    asked: bool,
    /// Whether it may be left empty: the representative's number, which the person who confirms proves.
    optional: bool,
    /// Whether the reviewer asked to have it corrected.
    must_fix: bool,
    /// What is wrong with what was typed.
    problem: Option<String>,
}

/// A paper that the role needs.
#[derive(Object)]
#[oai(rename = "CompanyPaperView", skip_serializing_if_is_none)]
struct PaperView {
    kind: PaperKind,
    label: String,
    hint: String,
    uploaded_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Whether a seal or signature was cut out of it.
    cut: bool,
    /// Why none could be cut out, and what to do.
    cut_advice: Option<String>,
    open: bool,
    must_fix: bool,
}

/// 授权委托书.
#[derive(Object)]
#[oai(rename = "PowerOfAttorneyView", skip_serializing_if_is_none)]
struct LetterView {
    document_number: Option<String>,
    version: Option<i32>,
    /// What it still needs before it can be made.
    missing: Option<String>,
    /// A photo is there, but of a letter that says something else.
    outdated: bool,
}

/// What the reviewer said.
#[derive(Object)]
struct CompanyReturned {
    note: String,
    /// What must be corrected; nothing means anything may be.
    items: Vec<CompanyReturnedItem>,
    /// What was found with those that are still to be corrected: why, how to put it right, and where on the photo.
    findings: Vec<finding::View>,
    at: chrono::DateTime<chrono::Utc>,
}

/// One thing to correct.
#[derive(Object)]
struct CompanyReturnedItem {
    /// The word of a field or of a paper.
    item: String,
    label: String,
}

/// Everything that the applicant needs to go on, wherever they stopped.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub(super) struct CompanyState {
    /// Whether 个人实名认证 is done, so that this step can be worked at.
    person_verified: bool,
    /// None before a role is chosen.
    status: Option<Status>,
    role: Option<Role>,
    /// How an agent shows the company's mandate.
    mandate: Option<Mandate>,
    editable: bool,
    fields: Vec<FieldView>,
    papers: Vec<PaperView>,
    power_of_attorney: Option<LetterView>,
    /// The last invitation to the legal representative, when that way was chosen.
    invitation: Option<InvitationView>,
    /// Whether the person who asks is the one invited, and has not answered yet.
    asked_of_me: bool,
    /// Whether role and way may still be chosen.
    may_choose: bool,
    /// When returned or rejected.
    returned: Option<CompanyReturned>,
    submitted_at: Option<chrono::DateTime<chrono::Utc>>,
    longest_field: u32,
}

pub(super) async fn state_of(state: &State, who: &Who) -> Result<CompanyState, Error> {
    let person_verified = person::flow::fact(state, who.member_id).await? == PersonFact::Verified;
    let view = flow::view(state, who).await?;
    shown(state, who, person_verified, view.as_ref()).await
}

async fn shown(state: &State, who: &Who, person_verified: bool, view: Option<&View>) -> Result<CompanyState, Error> {
    Ok(CompanyState {
        person_verified,
        status: view.map(|view| view.row.status),
        role: view.map(|view| view.row.role),
        mandate: view.filter(|view| view.row.role == Role::Agent).map(|view| view.row.mandate),
        editable: person_verified && view.is_none_or(|view| view.row.status.is_editable()),
        fields: view.map(|view| Field::ALL.iter().map(|field| field_view(view, *field)).collect()).unwrap_or_default(),
        papers: view
            .map(|view| view.row.role.papers(view.row.mandate).iter().map(|kind| paper_view(view, *kind)).collect())
            .unwrap_or_default(),
        power_of_attorney: view.and_then(|view| view.letter.as_ref()).map(|letter| LetterView {
            document_number: letter.document_number.clone(),
            version: letter.version,
            missing: letter.missing.clone(),
            outdated: letter.outdated,
        }),
        invitation: view
            .and_then(|view| view.invitation.as_ref())
            .map(|standing| InvitationView::of(standing, state.clock.now())),
        asked_of_me: answer::waits_for(state, who).await?,
        may_choose: view.is_none_or(|view| view.open == crate::company::Open::Everything),
        returned: view.and_then(|view| Some(returned(view, view.said.as_ref()?))),
        submitted_at: view.and_then(|view| view.row.submitted_at),
        longest_field: u32::try_from(LONGEST).unwrap_or(u32::MAX),
    })
}

fn returned(view: &View, said: &flow::Said) -> CompanyReturned {
    let item = |item: &Item| CompanyReturnedItem { item: item.word().into(), label: item.label().into() };
    let items = said.items.iter().map(item).collect();
    CompanyReturned { note: said.note.clone(), items, findings: view.findings(), at: said.at }
}

fn field_view(view: &View, field: Field) -> FieldView {
    FieldView {
        field,
        label: field.label().into(),
        placeholder: field.placeholder().into(),
        text: view.fields.get(field).into(),
        origin: view.origin(field),
        open: view.open.holds(Item::Field(field)),
        asked: view.fields.asks_for(field),
        optional: view.is_optional(field),
        must_fix: view.is_asked_for(Item::Field(field)),
        problem: view.fields.mistake(field),
    }
}

fn paper_view(view: &View, kind: PaperKind) -> PaperView {
    PaperView {
        kind,
        label: kind.label().into(),
        hint: kind.hint().into(),
        uploaded_at: view.paper(kind).map(|paper| paper.created_at),
        cut: view.paper(kind).is_some_and(|paper| paper.cut_paper.is_some()),
        cut_advice: view.paper(kind).and_then(|paper| paper.cut_advice.clone()),
        open: view.open.holds(Item::Paper(kind)),
        must_fix: view.is_asked_for(Item::Paper(kind)),
    }
}

type File = Response<Binary<Vec<u8>>>;

fn private(bytes: Vec<u8>, kind: &str) -> File {
    Response::new(Binary(bytes)).header("content-type", kind).header("cache-control", "no-store")
}

/// 企业实名认证.
pub struct Api;

#[OpenApi(prefix_path = "/api", tag = "Tag::Company")]
impl Api {
    /// Where it stands, with everything typed and uploaded so far.
    #[oai(path = "/company", method = "get", operation_id = "get_company")]
    async fn get(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<CompanyState>, Error> {
        Ok(Json(state_of(&state, &who).await?))
    }

    /// 【我是法人】 / 【我是企业经办】.
    #[oai(path = "/company/role", method = "post", operation_id = "choose_company_role")]
    async fn role(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        body: Json<RoleRequest>,
    ) -> Result<Json<CompanyState>, Error> {
        let row = flow::choose_role(&state, &who, body.role).await?;
        let view = flow::view_of(&state, &who, row).await?;
        Ok(Json(shown(&state, &who, true, Some(&view)).await?))
    }

    /// Keeps what was typed, right or wrong; the answer says what is wrong.
    #[oai(path = "/company/draft", method = "post", operation_id = "save_company_draft")]
    async fn draft(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        body: Json<DraftRequest>,
    ) -> Result<Json<CompanyState>, Error> {
        let typed: Vec<_> = body.0.fields.into_iter().map(|typed| (typed.field, typed.text)).collect();
        flow::save(&state, &who, &typed).await?;
        Ok(Json(state_of(&state, &who).await?))
    }

    /// Uploads a photo of a paper (multipart, field `file`, JPEG or PNG, at most 10 MB). It is read at once, and fields that
    /// are still empty are filled in from it.
    #[oai(path = "/company/papers/:kind", method = "post", operation_id = "upload_company_paper")]
    async fn upload(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        kind: Path<PaperKind>,
        multipart: Multipart,
    ) -> Result<Json<CompanyState>, Error> {
        let upload = papers::receive(multipart, papers::LARGEST_PHOTO).await?;
        flow::upload(&state, &who, kind.0, upload.bytes).await?;
        Ok(Json(state_of(&state, &who).await?))
    }

    /// The account's own photo of a paper, as JPEG.
    #[oai(path = "/company/papers/:kind", method = "get", operation_id = "get_company_paper")]
    async fn paper(&self, state: Data<&Arc<State>>, who: Auth, kind: Path<PaperKind>) -> Result<File, Error> {
        Ok(private(flow::paper_of(&state, &who, kind.0).await?, "image/jpeg"))
    }

    /// The seal or signature cut out of the account's own photo, as a transparent PNG.
    #[oai(path = "/company/papers/:kind/cut", method = "get", operation_id = "get_company_paper_cut")]
    async fn cut(&self, state: Data<&Arc<State>>, who: Auth, kind: Path<PaperKind>) -> Result<File, Error> {
        Ok(private(flow::cut_of(&state, &who, kind.0).await?, "image/png"))
    }

    /// Takes a paper away.
    #[oai(path = "/company/papers/:kind/remove", method = "post", operation_id = "remove_company_paper")]
    async fn remove(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        kind: Path<PaperKind>,
    ) -> Result<Json<CompanyState>, Error> {
        flow::remove(&state, &who, kind.0).await?;
        Ok(Json(state_of(&state, &who).await?))
    }

    /// 授权委托书 as PDF, made from the fields as they stand.
    #[oai(path = "/company/power-of-attorney", method = "get", operation_id = "get_power_of_attorney")]
    async fn power_of_attorney(&self, state: Data<&Arc<State>>, who: Auth) -> Result<File, Error> {
        Ok(private(flow::pdf(&state, &who).await?, "application/pdf"))
    }

    /// 提交, first or after corrections.
    #[oai(path = "/company/submit", method = "post", operation_id = "submit_company")]
    async fn submit(
        &self,
        state: Data<&Arc<State>>,
        who: Auth,
        body: Json<SubmitRequest>,
    ) -> Result<Json<CompanyState>, Error> {
        flow::submit(&state, &who, body.agreed).await?;
        Ok(Json(state_of(&state, &who).await?))
    }

    /// 重新申请, after a final rejection.
    #[oai(path = "/company/restart", method = "post", operation_id = "restart_company")]
    async fn restart(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<CompanyState>, Error> {
        flow::restart(&state, &who).await?;
        Ok(Json(state_of(&state, &who).await?))
    }
}

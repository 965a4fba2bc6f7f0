//! The pages of 企业实名认证: choosing the role, the form with its papers, and what became of it.

use super::invitation::InvitationBox;
use crate::{
    agreements,
    company::{
        Field, Item, Origin, PaperKind, Role, Status,
        flow::{self, Said, View},
        invitation::{ITEM, Mandate, Status as Invited},
    },
    error::{Error, Problem},
    finding,
    journey::{PersonFact, Step},
    page::{self, Frame},
    papers, person,
    state::State,
    who::{self, Posted, Who},
};
use askama::Template;
use poem::{
    Request, Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Multipart, Path, Query},
};
use sea_orm::prelude::DateTimeUtc;
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

const HERE: &str = "/enrol/company";

/// Adds the pages.
pub(super) fn routes(route: Route) -> Route {
    route
        .at(HERE, get(company_page))
        .at("/enrol/company/role", post(choose_role))
        .at("/enrol/company/draft", post(save_draft))
        .at("/enrol/company/submit", post(submit_form))
        .at("/enrol/company/restart", post(start_again))
        .at("/enrol/company/papers", get(papers_part))
        .at("/enrol/company/papers/:paper", get(paper_image).post(upload_paper))
        .at("/enrol/company/papers/:paper/remove", post(remove_paper))
        .at("/enrol/company/papers/:paper/cut.png", get(paper_cut))
        .at("/enrol/company/power-of-attorney.pdf", get(letter_pdf))
}

/// One paper of the form.
struct PaperBox {
    kind: PaperKind,
    /// The row of the photo that is there: its address changes with it.
    photo: Option<Uuid>,
    /// A seal or signature was cut out of it.
    cut: bool,
    /// Why none could be.
    cut_advice: Option<String>,
    must_fix: bool,
    /// A letter that says something else than the form.
    outdated: bool,
    problem: Option<String>,
    /// What the reviewer found, and where.
    finding: Option<finding::View>,
}

impl PaperBox {
    /// The place that the reviewer marked on the photo that is there.
    fn mark(&self) -> Option<finding::Mark> {
        self.finding.as_ref()?.mark
    }
    /// Whether fields are filled in from it.
    fn is_read(&self) -> bool {
        matches!(self.kind, PaperKind::BusinessLicence | PaperKind::RepresentativeIdPortrait)
    }
}

/// One field of the form.
struct FieldBox {
    field: Field,
    text: String,
    origin: Origin,
    must_fix: bool,
    optional: bool,
    problem: Option<String>,
    /// What the reviewer found.
    finding: Option<finding::View>,
}

impl FieldBox {
    fn is_choice(&self) -> bool {
        matches!(self.field, Field::HasSealNumber | Field::HasRepresentativeSealNumber)
    }
    fn is_number(&self) -> bool {
        matches!(self.field, Field::SealNumber | Field::RepresentativeSealNumber)
    }
    fn keyboard(&self) -> &'static str {
        match self.field {
            Field::RepresentativeMobile => "tel",
            Field::Email => "email",
            Field::SealNumber | Field::RepresentativeSealNumber => "numeric",
            _ => "text",
        }
    }
}

/// What the form shows.
struct Form {
    csrf: String,
    role: Role,
    returned: Option<Said>,
    papers: Vec<PaperBox>,
    fields: Vec<FieldBox>,
    /// None for a representative, and when the reviewer is content with the letter.
    letter: Option<Letter>,
    mandate: Mandate,
    /// For an agent without paper.
    invitation: Option<InvitationBox>,
    /// Read values that a script may put into empty fields.
    filled: Vec<(Field, String)>,
    /// What is wrong that belongs to no field.
    problem: Option<String>,
    agreed: bool,
    agreed_problem: Option<String>,
    may_change_role: bool,
}

/// 授权委托书 as the form shows it.
struct Letter {
    version: Option<i32>,
    document_number: Option<String>,
    missing: Option<String>,
}

/// Where the page stands.
enum Stage {
    /// 个人实名认证 comes first.
    Locked,
    /// 【我是法人】 / 【我是企业经办】.
    Choose,
    Form(Box<Form>),
    UnderReview {
        name: String,
        submitted_at: Option<DateTimeUtc>,
    },
    Approved {
        name: String,
    },
    Rejected {
        note: String,
    },
}

#[derive(Template)]
#[template(path = "company/page.html", config = "config/askama.toml")]
struct CompanyPage {
    frame: Frame,
    stage: Stage,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "company/paper.html", config = "config/askama.toml")]
struct PaperPart<'a> {
    form: &'a Form,
    paper: &'a PaperBox,
}

#[derive(Template)]
#[template(path = "company/papers.html", config = "config/askama.toml")]
struct PapersPart<'a> {
    form: &'a Form,
}

#[derive(Template)]
#[template(path = "company/saved.html", config = "config/askama.toml")]
struct SavedPart<'a> {
    form: &'a Form,
}

impl Form {
    fn of(state: &State, view: &View, who: &Who, problem: Option<&Problem>) -> Result<Self, Error> {
        let about = |word: &str| problem.filter(|problem| problem.field.as_deref() == Some(word));
        let sentence = |word: &str| about(word).map(|problem| problem.detail.clone());
        let findings = view.findings();
        let found = |word: &str| findings.iter().find(|finding| finding.item == word).cloned();
        let outdated = view.letter.as_ref().is_some_and(|letter| letter.outdated);
        let shown = |item: Item| match &view.open {
            crate::company::Open::Only(items) => {
                items.contains(&item) || (item == Item::Paper(PaperKind::PowerOfAttorney) && outdated)
            }
            open => open.holds(item),
        };
        let papers =
            view.row.role.papers(view.row.mandate).iter().filter(|kind| shown(Item::Paper(**kind))).map(|kind| {
                PaperBox {
                    kind: *kind,
                    photo: view.paper(*kind).map(|paper| paper.id),
                    cut: view.paper(*kind).is_some_and(|paper| paper.cut_paper.is_some()),
                    cut_advice: view.paper(*kind).and_then(|paper| paper.cut_advice.clone()),
                    must_fix: view.is_asked_for(Item::Paper(*kind)),
                    outdated: outdated && *kind == PaperKind::PowerOfAttorney,
                    problem: sentence(kind.word()),
                    finding: found(kind.word()),
                }
            });
        let fields = Field::ALL.iter().filter(|field| shown(Item::Field(**field))).map(|field| FieldBox {
            field: *field,
            text: view.fields.get(*field).to_owned(),
            origin: view.origin(*field),
            must_fix: view.is_asked_for(Item::Field(*field)),
            optional: view.is_optional(*field),
            problem: sentence(field.word()).or_else(|| view.fields.mistake(*field)),
            finding: found(field.word()),
        });
        let (papers, fields): (Vec<_>, Vec<_>) = (papers.collect(), fields.collect());
        let invitation = match (view.row.role, view.row.mandate) {
            (Role::Agent, Mandate::Invitation) => Some(InvitationBox::of(view, state.clock.now(), sentence(ITEM))?),
            _ => None,
        };
        let is_shown = |word: &str| {
            papers.iter().any(|paper| paper.kind.word() == word)
                || fields.iter().any(|field| field.field.word() == word)
                || word == "agreed"
                || (word == ITEM && invitation.is_some())
        };
        let elsewhere = problem.filter(|problem| !problem.field.as_deref().is_some_and(is_shown));
        let letter = papers.iter().any(|paper| paper.kind == PaperKind::PowerOfAttorney);
        Ok(Self {
            csrf: who.csrf.clone(),
            role: view.row.role,
            mandate: view.row.mandate,
            returned: view.said.clone(),
            letter: view.letter.as_ref().filter(|_| letter).map(|letter| Letter {
                version: letter.version,
                document_number: letter.document_number.clone(),
                missing: letter.missing.clone(),
            }),
            filled: view.reading.values.iter().map(|(field, text)| (*field, text.clone())).collect(),
            problem: elsewhere.map(|problem| problem.detail.clone()),
            agreed: false,
            agreed_problem: sentence("agreed"),
            may_change_role: view.open == crate::company::Open::Everything,
            invitation,
            papers,
            fields,
        })
    }

    fn agreement(&self) -> agreements::Text {
        agreements::Text::CertificateUse
    }
}

async fn stage(state: &State, who: &Who, problem: Option<&Problem>, agreed: bool) -> Result<Stage, Error> {
    let verified = person::flow::fact(state, who.member_id).await? == PersonFact::Verified;
    let Some(view) = flow::view(state, who).await? else {
        return Ok(if verified { Stage::Choose } else { Stage::Locked });
    };
    let name = view.fields.get(Field::Name).to_owned();
    Ok(match view.row.status {
        Status::Draft | Status::Returned if !verified => Stage::Locked,
        Status::Draft | Status::Returned => {
            Stage::Form(Box::new(Form { agreed, ..Form::of(state, &view, who, problem)? }))
        }
        Status::UnderReview => Stage::UnderReview { name, submitted_at: view.row.submitted_at },
        Status::Approved => Stage::Approved { name },
        Status::Rejected => Stage::Rejected { note: view.said.map(|said| said.note).unwrap_or_default() },
    })
}

async fn show(state: &State, who: &Who, problem: Option<&Problem>, agreed: bool) -> Result<Response, Error> {
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let frame = Frame::step(state, who, Step::Company).await?;
    let stage = stage(state, who, problem, agreed).await?;
    let outside = match &stage {
        Stage::Form(_) => None,
        _ => problem.map(|problem| problem.detail.clone()),
    };
    let page = CompanyPage { frame, stage, problem: outside };
    page::html_with(status, &page)
}

/// After an act: the page anew, or with what was refused.
pub(super) async fn after(state: &State, who: &Who, acted: Result<(), Error>, agreed: bool) -> Result<Response, Error> {
    match acted {
        Ok(()) => Ok(page::see_other(HERE)),
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => show(state, who, Some(error.problem()), agreed).await,
    }
}

#[handler]
async fn company_page(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    show(&state, &who, None, false).await
}

#[derive(Deserialize)]
struct RoleForm {
    #[serde(default)]
    role: String,
}

#[handler]
async fn choose_role(state: Data<&Arc<State>>, who: Who, Posted(form): Posted<RoleForm>) -> Result<Response, Error> {
    let acted = match Role::by_word(&form.role) {
        Some(role) => flow::choose_role(&state, &who, role).await.map(drop),
        None => Err(Error::invalid("role", "请选择“我是法人”或“我是企业经办”")),
    };
    after(&state, &who, acted, false).await
}

/// A form with nothing but its token.
#[derive(Deserialize)]
struct Nothing {}

pub(super) fn typed(form: &HashMap<String, String>) -> Vec<(Field, String)> {
    let known = |(word, text): (&String, &String)| Some((Field::by_word(word)?, text.clone()));
    form.iter().filter_map(known).collect()
}

/// What is open and editable, as a form; None when the page has moved on.
async fn form_of(state: &State, who: &Who, problem: Option<&Problem>) -> Result<Option<Box<Form>>, Error> {
    Ok(match stage(state, who, problem, false).await? {
        Stage::Form(form) => Some(form),
        _ => None,
    })
}

/// The page has moved on: htmx loads it anew.
pub(super) fn reload() -> Response {
    Response::builder().header("hx-refresh", "true").finish()
}

#[handler]
async fn save_draft(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    Posted(form): Posted<HashMap<String, String>>,
) -> Result<Response, Error> {
    let acted = flow::save(&state, &who, &typed(&form)).await;
    if !page::wants_part(request) {
        return after(&state, &who, acted, false).await;
    }
    let problem = match &acted {
        Err(Error::Internal(_) | Error::Unavailable(_)) => return acted.map(|()| reload()),
        Err(error) => Some(error.problem()),
        Ok(()) => None,
    };
    match form_of(&state, &who, problem).await? {
        Some(form) => page::html(&SavedPart { form: &form }),
        None => Ok(reload()),
    }
}

#[handler]
async fn submit_form(
    state: Data<&Arc<State>>,
    who: Who,
    Posted(form): Posted<HashMap<String, String>>,
) -> Result<Response, Error> {
    let agreed = form.contains_key("agreed");
    let acted = match flow::save(&state, &who, &typed(&form)).await {
        Ok(()) => flow::submit(&state, &who, agreed).await,
        refused => refused,
    };
    after(&state, &who, acted, agreed).await
}

#[handler]
async fn start_again(state: Data<&Arc<State>>, who: Who, _: Posted<Nothing>) -> Result<Response, Error> {
    let acted = flow::restart(&state, &who).await;
    after(&state, &who, acted, false).await
}

/// The column of papers, for pages on which something has been uploaded elsewhere.
#[handler]
async fn papers_part(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    match form_of(&state, &who, None).await? {
        Some(form) => page::html(&PapersPart { form: &form }),
        None => Ok(reload()),
    }
}

/// A paper's box after an act upon it, or the page for browsers without script.
async fn after_paper(
    state: &State,
    request: &Request,
    who: &Who,
    kind: PaperKind,
    acted: Result<(), Error>,
) -> Result<Response, Error> {
    let refused = match acted {
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
        Err(error) => Some(Problem { field: Some(kind.word().to_owned()), ..error.problem().clone() }),
        Ok(()) => None,
    };
    if !page::wants_part(request) {
        return match refused {
            Some(problem) => show(state, who, Some(&problem), false).await,
            None => Ok(page::see_other(&format!("{HERE}#{}", kind.word()))),
        };
    }
    let Some(form) = form_of(state, who, refused.as_ref()).await? else { return Ok(reload()) };
    let Some(paper) = form.papers.iter().find(|paper| paper.kind == kind) else { return Ok(reload()) };
    let status = refused.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &PaperPart { form: &form, paper })
}

#[handler]
async fn upload_paper(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    Path(paper): Path<String>,
    multipart: Multipart,
) -> Result<Response, Error> {
    let kind = PaperKind::by_word(&paper).ok_or_else(Error::not_found)?;
    let acted = match papers::receive(multipart, papers::LARGEST_PHOTO).await {
        Ok(upload) => {
            who::check_token(request, upload.fields.get("csrf").map_or("", String::as_str)).await?;
            flow::upload(&state, &who, kind, upload.bytes).await
        }
        Err(refused) => Err(refused),
    };
    after_paper(&state, request, &who, kind, acted).await
}

#[handler]
async fn remove_paper(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    Path(paper): Path<String>,
    _: Posted<Nothing>,
) -> Result<Response, Error> {
    let kind = PaperKind::by_word(&paper).ok_or_else(Error::not_found)?;
    let acted = flow::remove(&state, &who, kind).await;
    after_paper(&state, request, &who, kind, acted).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ThumbnailQuery {
    whole: Option<String>,
}

/// The account's own photo of a paper: decrypted for this answer, kept by nobody.
#[handler]
async fn paper_image(
    state: Data<&Arc<State>>,
    who: Who,
    Path(paper): Path<String>,
    Query(query): Query<ThumbnailQuery>,
) -> Result<Response, Error> {
    let kind = paper.strip_suffix(".jpg").and_then(PaperKind::by_word).ok_or_else(Error::not_found)?;
    let jpeg = match query.whole {
        Some(_) => flow::paper_of(&state, &who, kind).await?,
        None => flow::thumbnail(&state, &who, kind).await?,
    };
    Ok(Response::builder().content_type("image/jpeg").header("cache-control", "no-store").body(jpeg))
}

/// The seal or signature cut out of it.
#[handler]
async fn paper_cut(state: Data<&Arc<State>>, who: Who, Path(paper): Path<String>) -> Result<Response, Error> {
    let kind = PaperKind::by_word(&paper).ok_or_else(Error::not_found)?;
    let png = flow::cut_of(&state, &who, kind).await?;
    Ok(Response::builder().content_type("image/png").header("cache-control", "no-store").body(png))
}

/// 授权委托书.pdf.
#[handler]
async fn letter_pdf(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    let pdf = flow::pdf(&state, &who).await?;
    Ok(Response::builder()
        .content_type("application/pdf")
        .header("cache-control", "no-store")
        .header("content-disposition", "inline; filename*=UTF-8''%E6%8E%88%E6%9D%83%E5%A7%94%E6%89%98%E4%B9%A6.pdf")
        .body(pdf))
}

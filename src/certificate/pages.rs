//! The desktop page of 激活证书, its downloads.

use super::{
    proof,
    seal::{self, Kind},
    structure,
    view::{self, View},
};
use crate::{
    error::Error,
    journey::{Step, StepView},
    page::{self, Frame},
    state::State,
    who::Who,
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    web::{Data, Path},
};
use std::sync::Arc;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/enrol/certificate", get(certificate_page))
        .at("/enrol/certificate/certificate.pem", get(certificate_file))
        .at("/enrol/certificate/chain.pem", get(chain_file))
        .at("/enrol/certificate/seals/:file", get(seal_file))
        .at("/enrol/certificate/proofs/:file", get(proof_file))
        .at("/enrol/certificate/structures/:file", get(structure_file))
}

#[derive(Template)]
#[template(path = "certificate/page.html", config = "config/askama.toml")]
struct CertificatePage {
    frame: Frame,
    step: StepView,
    view: View,
    /// The address on which anybody may check the certificate, as a QR code.
    check_code: String,
}

#[handler]
async fn certificate_page(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    let frame = Frame::step(&state, &who, Step::Certificate).await?;
    let journey = frame.journey.as_ref().ok_or_else(|| Error::internal("a step's page without its journey"))?;
    let step = journey.step(Step::Certificate).clone();
    let view = view::view(&state, &who).await?;
    let check_code = view.check.as_deref().map(page::qr_svg).transpose()?.unwrap_or_default();
    page::html(&CertificatePage { frame, step, view, check_code })
}

fn attachment(name: &str, content_type: &str, body: impl Into<poem::Body>) -> Response {
    Response::builder()
        .content_type(content_type)
        .header("content-disposition", format!("attachment; filename=\"{name}\""))
        .header("cache-control", "no-store")
        .body(body)
}

#[handler]
async fn certificate_file(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    Ok(attachment("certificate.pem", "application/x-pem-file", view::own(&state, &who).await?))
}

#[handler]
async fn chain_file(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    Ok(attachment("chain.pem", "application/x-pem-file", view::chain(&state, &who).await?))
}

#[handler]
async fn seal_file(state: Data<&Arc<State>>, who: Who, Path(file): Path<String>) -> Result<Response, Error> {
    let kind = match file.as_str() {
        "company.png" => Kind::Company,
        "representative.png" => Kind::Representative,
        _ => return Err(Error::not_found()),
    };
    let png = seal::picture(&state, who.account_id, kind).await?;
    Ok(Response::builder().content_type("image/png").header("cache-control", "no-store").body(png))
}

/// A proof that waits to be checked: the account's own.
#[handler]
async fn proof_file(state: Data<&Arc<State>>, who: Who, Path(file): Path<String>) -> Result<Response, Error> {
    let kind = file.strip_suffix(".png").and_then(Kind::by_word).ok_or_else(Error::not_found)?;
    let proofs = proof::shown(&state, who.account_id).await?;
    let (_, id) = proofs.into_iter().find(|(shown, _)| *shown == kind).ok_or_else(Error::not_found)?;
    let png = proof::picture(&state, id).await?;
    Ok(Response::builder().content_type("image/png").header("cache-control", "no-store").body(png))
}

/// A seal as a signed structure: the account's own.
#[handler]
async fn structure_file(state: Data<&Arc<State>>, who: Who, Path(file): Path<String>) -> Result<Response, Error> {
    let kind = file.strip_suffix(".esl").and_then(Kind::by_word).ok_or_else(Error::not_found)?;
    let der = structure::download(&state, who.account_id, kind).await?;
    Ok(attachment(&format!("{}.esl", kind.word()), "application/octet-stream", der))
}

//! 证据文件 of a case: who verified what, when, with which vendor and which version of which text; put together here, written
//! and verified by [`crate::evidence`].

use super::{
    Permission,
    case::{self, Detail},
    claim,
    decision::Kind,
    flow, proposal,
    session::Staffer,
};
use crate::{
    agreements, certificate,
    company::{self, flow::Case},
    error::Error,
    events,
    evidence::{self, Fact, sha256},
    papers,
    person::{self, Route},
    state::State,
};
use sea_orm::{QueryOrder, entity::prelude::*};
use serde_json::json;
use std::collections::HashMap;

/// Who the vendors are, as the file names them.
const fn face_vendor(route: Route) -> &'static str {
    match route {
        Route::NumberVideo => "腾讯云 人脸核身",
        Route::Wechat => "微信 人脸核身",
        Route::Eid => "腾讯云 E证通",
    }
}
const REGISTER: &str = "腾讯云 企业工商信息核验";

type Names = HashMap<Uuid, String>;

/// The evidence file of a case, written down before it is given out.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::NotFound`] when there is no such case.
pub async fn export(
    state: &State,
    staffer: &Staffer,
    kind: Kind,
    id: Uuid,
    with_papers: bool,
) -> Result<Vec<u8>, Error> {
    staffer.may(Permission::Export)?;
    let detail = case::look(state, staffer, kind, id).await?;
    flow::log(state, staffer, "console.export_evidence", id).await?;
    let names = claim::names(state).await?;
    let mut facts = Vec::new();
    let mut included = Vec::new();
    let mut subjects = vec![id];
    match &detail {
        Detail::Company(case) => {
            facts.extend(of_company(state, case, &names).await?);
            facts.extend(consents(state, case.company.applicant_id).await?);
            if let Some(row) = person::flow::of_member(&state.db.read, case.company.applicant_id).await? {
                facts.extend(of_person(state, row.id).await?);
                subjects.push(row.id);
            }
            facts.extend(certificates(state, case.company.account_id).await?);
        }
        Detail::Person(detail) => {
            facts.extend(consents(state, detail.case.member_id).await?);
            facts.extend(of_person(state, id).await?);
        }
    }
    let papers = papers_of(state, &subjects, with_papers, &mut included).await?;
    facts.extend(papers);
    facts.extend(proposals(state, id, &names).await?);
    facts.extend(happened(state, &subjects, &names).await?);
    facts.sort_by_key(|fact| fact.at);
    let now = state.clock.now();
    let what = json!({ "case": id, "kind": kind.word(), "papers_included": with_papers, "by": staffer.name });
    facts.insert(0, Fact { at: now, kind: "export", by: state.config.service.company.clone(), said: what });
    evidence::write(facts, included, &state.authority.current().ca).map_err(Error::internal)
}

fn staff(names: &Names, id: Uuid) -> String {
    names.get(&id).map_or_else(|| format!("staff:{id}"), |name| format!("工作人员 {name}"))
}

async fn of_company(state: &State, case: &Case, names: &Names) -> Result<Vec<Fact>, Error> {
    let company = &case.company;
    let mut facts = Vec::new();
    if let Some(at) = company.submitted_at {
        let said = json!({
            "name": company.name, "code": company.code.as_ref().map(|code| code.as_str()), "role": company.role.word(),
            "representative": company.representative_name.as_ref().map(|name| name.as_str()),
            "representative_id_number": company.representative_id_number.as_ref().map(|number| number.masked()),
            "revised": case.revised,
        });
        facts.push(Fact { at, kind: "company", by: "申请人".into(), said });
    }
    if let Some(registry) = &case.registry {
        let said = json!({ "request_id": registry.request_id, "could_be_asked": registry.could_be_asked, "said": registry.said });
        facts.push(Fact { at: registry.checked_at, kind: "registry", by: REGISTER.into(), said });
    }
    for decided in &case.decisions {
        let said = json!({
            "led_to": decided.decision.to_value(), "reason_code": decided.said.reason_code,
            "items": decided.said.items.iter().map(|item| item.word()).collect::<Vec<_>>(),
            "told_applicant": decided.said.applicant_note, "second": decided.said.second.map(|id| staff(names, id)),
        });
        facts.push(Fact { at: decided.at, kind: "decision", by: staff(names, decided.staff_id), said });
    }
    for kept in &case.confirmations {
        let said = json!({
            "invitation": kept.id, "text_version": kept.text_version, "text_sha256": kept.text_hash, "person": kept.person_id,
            "session": kept.session_id, "stands": kept.stands,
        });
        facts.push(Fact { at: kept.confirmed_at, kind: "confirmation", by: "法定代表人".into(), said });
    }
    let letters = company::entity::power_of_attorney::Entity::find()
        .filter(company::entity::power_of_attorney::Column::CompanyId.eq(company.id))
        .all(&state.db.read)
        .await?;
    for letter in letters {
        let said = json!({ "document_number": letter.document_number, "version": letter.version });
        facts.push(Fact { at: letter.made_at, kind: "letter", by: "系统".into(), said });
    }
    Ok(facts)
}

/// Which version of which text was agreed to, with its hash.
async fn consents(state: &State, member_id: Uuid) -> Result<Vec<Fact>, Error> {
    let given = agreements::entity::Entity::find()
        .filter(agreements::entity::Column::MemberId.eq(member_id))
        .order_by_asc(agreements::entity::Column::Id)
        .all(&state.db.read)
        .await?;
    let fact = |row: agreements::entity::Model| {
        let title = agreements::Text::by_id(&row.text).map_or_else(|| row.text.clone(), |text| text.title().to_owned());
        let said = json!({
            "text": row.text, "title": title, "version": row.version, "text_sha256": hex::encode(&row.hash),
            "withdrawn_at": row.withdrawn_at,
        });
        Fact { at: row.given_at, kind: "consent", by: "申请人".into(), said }
    };
    Ok(given.into_iter().map(fact).collect())
}

async fn of_person(state: &State, person_id: Uuid) -> Result<Vec<Fact>, Error> {
    let Ok(detail) = person::flow::manual_case(state, person_id).await else { return Ok(Vec::new()) };
    let (name, number) = (detail.fields.name.as_str(), detail.fields.resident_id.masked());
    let said = json!({
        "name": name, "resident_id": number, "status": detail.status.to_value(), "declined_face": detail.case.declined_face,
        "corrected": detail.corrected,
    });
    let mut facts = vec![Fact { at: detail.case.since, kind: "person", by: "申请人".into(), said }];
    for check in detail.checks.iter().filter(|check| check.settled_at.is_some()) {
        let said = json!({
            "route": check.route.to_value(), "outcome": check.outcome.map(|outcome| outcome.to_value()), "code": check.code, "request_id": check.request_id,
            "score": check.score, "video_sha256": check.video_hash.as_ref().map(hex::encode),
            "best_frame_sha256": check.best_frame_hash.as_ref().map(hex::encode),
        });
        let at = check.settled_at.unwrap_or(check.created_at);
        facts.push(Fact { at, kind: "face_check", by: face_vendor(check.route).into(), said });
    }
    let names = claim::names(state).await?;
    for call in &detail.calls {
        let (Some(outcome), Some(at), Some(staff_id)) = (call.outcome, call.called_at, call.staff_id) else { continue };
        let said = json!({ "outcome": outcome.word() });
        facts.push(Fact { at, kind: "call", by: staff(&names, staff_id), said });
    }
    for decided in &detail.decisions {
        let said = json!({
            "led_to": decided.decision.to_value(), "reason_code": decided.said.reason_code,
            "told_applicant": decided.said.applicant_note, "second": decided.said.second.map(|id| staff(&names, id)),
        });
        facts.push(Fact { at: decided.at, kind: "decision", by: staff(&names, decided.staff_id), said });
    }
    Ok(facts)
}

/// Every paper with its hashes: of what was uploaded, and of what we keep of it.
async fn papers_of(
    state: &State,
    cases: &[Uuid],
    with_papers: bool,
    included: &mut Vec<Vec<u8>>,
) -> Result<Vec<Fact>, Error> {
    let rows = papers::entity::Entity::find()
        .filter(papers::entity::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(papers::entity::Column::Id)
        .all(&state.db.read)
        .await?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        let kept = match row.erased_at {
            Some(_) => None,
            None => Some(papers::content(state, row.case_id, row.id).await?.1),
        };
        let kind = company::entity::company_paper::Entity::find()
            .filter(company::entity::company_paper::Column::PaperId.eq(row.id))
            .one(&state.db.read)
            .await?
            .map(|paper| paper.kind.word());
        let said = json!({
            "paper": row.id, "kind": kind, "content_type": row.content_type, "upload_sha256": hex::encode(&row.upload_hash),
            "sha256": kept.as_deref().map(sha256), "erased_at": row.erased_at,
        });
        facts.push(Fact { at: row.created_at, kind: "paper", by: "申请人".into(), said });
        included.extend(kept.filter(|_| with_papers));
    }
    Ok(facts)
}

async fn proposals(state: &State, id: Uuid, names: &Names) -> Result<Vec<Fact>, Error> {
    let fact = |one: proposal::Proposal| {
        let said = json!({
            "why": one.why, "status": one.status.to_value(), "expires_at": one.expires_at,
            "settled_by": one.settled_by.map(|id| staff(names, id)), "settled_at": one.settled_at,
        });
        Fact { at: one.created_at, kind: "proposal", by: staff(names, one.proposer_id), said }
    };
    Ok(proposal::about(state, id).await?.into_iter().map(fact).collect())
}

async fn certificates(state: &State, account_id: Uuid) -> Result<Vec<Fact>, Error> {
    let Some(row) = certificate::flow::newest(state, account_id).await? else { return Ok(Vec::new()) };
    let said = json!({ "serial": row.serial, "certificate_sha256": sha256(&row.der), "not_before": row.not_before, "not_after": row.not_after });
    Ok(vec![Fact { at: row.created_at, kind: "certificate", by: state.config.service.company.clone(), said }])
}

/// The audit trail of the case, who looked at it included.
async fn happened(state: &State, subjects: &[Uuid], names: &Names) -> Result<Vec<Fact>, Error> {
    use events::entity::{Column, Entity};
    let about = Column::SubjectId.is_in(subjects.iter().copied());
    let rows = Entity::find().filter(about).order_by_asc(Column::Id).all(&state.db.read).await?;
    let actor = |text: &str| match text.split_once(':') {
        Some(("staff", id)) => id.parse().map_or_else(|_| text.to_owned(), |id| staff(names, id)),
        Some(_) => "申请人".to_owned(),
        None => "系统".to_owned(),
    };
    let fact = |row: events::entity::Model| {
        let said = json!({ "name": row.name, "subject": row.subject_id, "was": row.was, "now_is": row.now_is });
        Fact { at: row.at, kind: "event", by: actor(&row.actor), said }
    };
    Ok(rows.into_iter().map(fact).collect())
}

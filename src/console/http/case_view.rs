//! What the page of a case shows, made from either kind.

use super::{
    case_parts::{Change, Decided, Pair, Picture, Row, changes, decisions, name, pairs, pictures, replaced, rows},
    compare::{self, Line, Mark as Said},
    desk::{Desk, Hold, age, moment},
    log,
};
use crate::{
    account,
    company::{self, Status},
    console::{
        Permission,
        case::{self, Detail},
        claim,
        decision::{Kind, Typed},
        flow, notes,
        proposal::{self, Proposal},
        queue,
        reasons::{self, Outcome, Reason},
        session::Staffer,
    },
    error::{Error, Problem},
    page,
    person::{self, CallOutcome},
    state::State,
};
use askama::Template;
use poem::{Response, http::StatusCode};
use sea_orm::prelude::DateTimeUtc;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a page shows beside the case itself.
#[derive(Default)]
pub struct Asked<'a> {
    /// Numbers in the clear.
    pub clear: bool,
    pub typed: Option<&'a Typed>,
    pub problem: Option<&'a Problem>,
}

/// A warning above the case.
#[derive(Clone, Debug)]
pub struct Warning {
    pub text: String,
    pub links: Vec<(String, String)>,
}

/// A name and what it says.
type Fact = (&'static str, String);

#[derive(Template)]
#[template(path = "console/case.html", config = "config/askama.toml")]
struct CasePage<'a> {
    desk: Desk,
    kind: Kind,
    id: Uuid,
    detail: &'a Detail,
    pictures: Vec<Picture>,
    replaced: Vec<Picture>,
    pairs: Vec<Pair>,
    changes: Vec<Change>,
    lines: Vec<Line>,
    registry: Vec<(&'static str, Said)>,
    licence: BTreeMap<String, String>,
    noticed: Vec<&'a str>,
    warnings: Vec<Warning>,
    facts: Vec<Fact>,
    revised: i32,
    failures: Vec<&'static str>,
    paid: bool,
    hold: Hold,
    clear: bool,
    may_reveal: bool,
    may_reject: bool,
    may_note: bool,
    may_export: bool,
    rows: Vec<Row>,
    returns: Vec<&'static Reason>,
    rejections: Vec<&'static Reason>,
    typed: &'a Typed,
    problem: Option<&'a Problem>,
    seen: String,
    waiting: Option<(Proposal, String)>,
    decisions: Vec<Decided>,
    notes: Vec<(String, notes::Note)>,
    history: Vec<log::Line>,
    age: Option<String>,
    /// The product's name, for the script of the call.
    service: &'a str,
}

impl CasePage<'_> {
    fn was_called(&self) -> bool {
        matches!(self.detail, Detail::Person(detail) if detail.calls.iter().any(|call| call.outcome.is_some()))
    }
    /// The words of the call: who calls, and what must be heard.
    fn script(&self) -> [String; 4] {
        [
            format!("您好，这里是{}客服，请问是申请人本人吗？", self.service),
            "请您说出姓名和身份证号码的后四位。（与核对栏对照，不要替对方说出）".into(),
            "您是否本人申请企业手机证书，并自愿选择人工审核、不采集人脸信息？".into(),
            "本次通话仅用于核实身份。我们不会向您索要验证码、PIN 码或付款。".into(),
        ]
    }
    fn base(&self) -> String {
        self.kind.path(self.id)
    }
    fn waits(&self) -> bool {
        self.detail.waits()
    }
    fn may_decide(&self) -> bool {
        self.waits() && self.hold.may_decide && self.waiting.is_none()
    }
    fn queue(&self) -> &'static str {
        match self.kind {
            Kind::Company => "企业审核",
            Kind::Person => "个人人工审核",
        }
    }
    fn status(&self) -> &'static str {
        match self.detail {
            Detail::Company(case) => status_label(case.company.status),
            Detail::Person(_) => "",
        }
    }
    fn reason(&self) -> &'static str {
        match self.detail {
            Detail::Company(_) => "",
            Detail::Person(detail) => queue::why(detail.case.declined_face),
        }
    }
    fn checks(&self) -> &[person::entity::face_check::Model] {
        match self.detail {
            Detail::Company(_) => &[],
            Detail::Person(detail) => &detail.checks,
        }
    }
    fn to_confirm(&self) -> bool {
        self.problem.is_some_and(|problem| problem.field.as_deref() == Some("confirmed"))
    }
}

fn status_label(status: Status) -> &'static str {
    match status {
        Status::Approved => "已通过",
        Status::Returned => "已退回",
        Status::Rejected => "不予通过",
        Status::UnderReview => "审核中",
        Status::Draft => "",
    }
}

/// The page.
pub async fn show(state: &State, staffer: &Staffer, kind: Kind, id: Uuid, asked: Asked<'_>) -> Result<Response, Error> {
    let detail = case::look(state, staffer, kind, id).await?;
    let facts = case::facts(state, &detail).await?;
    let claim = claim::of(state, id).await?;
    let names = claim::names(state).await?;
    let pictures = pictures(&detail);
    let replaced = replaced(&detail);
    let proposals = proposal::about(state, id).await?;
    let proposed = proposals.iter().map(|one| one.id);
    let subjects =
        [id].into_iter().chain(proposed).chain(pictures.iter().chain(&replaced).map(|picture| picture.id)).collect();
    let history = log::lines(flow::history(state, subjects, 60).await?, &names);
    let now = state.clock.now();
    let waits = |one: &Proposal| one.status == proposal::Status::Waiting && one.expires_at > now;
    let waiting = proposals.into_iter().find(waits).map(|one| {
        let by = name(&names, one.proposer_id);
        (one, by)
    });
    let notes = notes::of(state, id).await?.into_iter().map(|note| (name(&names, note.staff_id), note)).collect();
    let status = asked.problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let blank = Typed::default();
    let about = kind.about();
    let shown = CasePage {
        desk: Desk::of(state, staffer, &title(&detail), &format!("/console/{}", kind.word())),
        pairs: pairs(&detail, &pictures, &replaced),
        changes: changes(&detail, asked.clear),
        lines: lines(&detail, asked.clear),
        registry: if let Detail::Company(case) = &detail {
            compare::registry(case.registry.as_ref())
        } else {
            Vec::new()
        },
        licence: if let Detail::Company(case) = &detail { case.reading.licence.clone() } else { BTreeMap::new() },
        noticed: noticed(&detail),
        warnings: warnings(&detail),
        facts: applicant(state, &detail, asked.clear).await?,
        revised: revised(&detail),
        rows: rows(&detail, kind),
        decisions: decisions(&detail, &names),
        age: since(&detail).map(|at| age(now, at)),
        hold: Hold::of(staffer, id, claim.as_ref()),
        clear: asked.clear,
        may_reveal: staffer.can(Permission::Reveal),
        may_reject: kind == Kind::Company && staffer.can(Permission::RejectFinally),
        may_note: staffer.can(Permission::Decide),
        may_export: staffer.can(Permission::Export),
        returns: reasons::of(about, Outcome::Return).collect(),
        rejections: reasons::of(about, Outcome::Reject).collect(),
        typed: asked.typed.unwrap_or(&blank),
        problem: asked.problem,
        seen: detail.seen(),
        failures: facts.failures,
        paid: facts.paid,
        kind,
        id,
        pictures,
        replaced,
        waiting,
        notes,
        history,
        service: &state.config.service.name,
        detail: &detail,
    };
    page::html_with(status, &shown)
}

fn title(detail: &Detail) -> String {
    match detail {
        Detail::Company(case) => case.company.name.clone().unwrap_or_else(|| "企业审核".into()),
        Detail::Person(detail) => detail.fields.name.as_str().to_owned(),
    }
}

fn since(detail: &Detail) -> Option<DateTimeUtc> {
    match detail {
        Detail::Company(case) => case.company.submitted_at,
        Detail::Person(detail) => Some(detail.case.since),
    }
}

fn revised(detail: &Detail) -> i32 {
    match detail {
        Detail::Company(case) => case.revised,
        Detail::Person(detail) => i32::try_from(detail.decisions.len()).unwrap_or(i32::MAX),
    }
}

fn noticed(detail: &Detail) -> Vec<&str> {
    match detail {
        Detail::Company(case) => compare::noticed(&case.reading.noticed),
        Detail::Person(detail) => {
            let reading = &detail.reading;
            let mut said = compare::noticed(&reading.portrait_noticed);
            said.extend(compare::noticed(&reading.emblem_noticed));
            said
        }
    }
}

fn lines(detail: &Detail, clear: bool) -> Vec<Line> {
    match detail {
        Detail::Company(case) => compare::company(case, clear),
        Detail::Person(detail) => compare::person(detail, clear),
    }
}

/// The same company in another account is for the reviewer to judge, not an error for the applicant.
fn warnings(detail: &Detail) -> Vec<Warning> {
    let Detail::Company(case) = detail else { return Vec::new() };
    if case.same_code.is_empty() {
        return Vec::new();
    }
    let count = case.same_code.len();
    let enrolled = case.same_code.iter().any(|other| other.status == Status::Approved);
    let text = if enrolled {
        format!("该企业已由其他帐号通过认证（另有 {count} 个帐号提交过同一企业代码），请联系企业核实由谁办理：")
    } else {
        format!("另有 {count} 个帐号提交过同一企业代码，请核实是否重复或冒用：")
    };
    let link = |other: &company::flow::Other| {
        let when = other.submitted_at.map(|at| moment(&at)).unwrap_or_default();
        (Kind::Company.path(other.id), format!("{} {when}", status_label(other.status)))
    };
    let seen = case.same_code.iter().filter(|other| other.status != Status::Draft);
    vec![Warning { text, links: seen.map(link).collect() }]
}

async fn applicant(state: &State, detail: &Detail, clear: bool) -> Result<Vec<Fact>, Error> {
    match detail {
        Detail::Company(case) => {
            let Some(person) = person::flow::verified(state, case.company.applicant_id).await? else {
                return Ok(Vec::new());
            };
            let (id, mobile) = (&person.resident_id, &person.mobile);
            Ok(vec![
                ("身份", case.company.role.label().to_owned()),
                ("姓名", person.name.as_str().to_owned()),
                ("身份证号", if clear { id.as_str().to_owned() } else { id.masked() }),
                ("手机号", if clear { mobile.as_str().to_owned() } else { mobile.masked() }),
            ])
        }
        Detail::Person(detail) => {
            let member = account::flow::member(state, detail.case.account_id, detail.case.member_id).await?;
            let mobile = account::flow::mobile(state, &member)?;
            Ok(vec![("回访手机号", if clear { mobile.as_str().to_owned() } else { mobile.masked() })])
        }
    }
}

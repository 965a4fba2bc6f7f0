//! The parts of a case's page: its pictures, what has changed, what can be named, and what was decided.

use super::{compare, desk::moment};
use crate::{
    company::{self, Source, Status, flow::CasePaper},
    console::{
        case::Detail,
        decision::{Kind, Ruling},
        reasons::{self, Outcome, Reason},
    },
    finding::{Finding, Mark},
    person::{self, flow::ManualDetail},
};
use sea_orm::prelude::DateTimeUtc;
use std::collections::HashMap;
use uuid::Uuid;

/// A picture of the case.
#[derive(Clone, Debug)]
pub struct Picture {
    pub id: Uuid,
    pub word: String,
    pub label: String,
    pub at: Option<DateTimeUtc>,
    /// Handed in after the last decision.
    pub is_new: bool,
    /// Places that were marked on it.
    pub marks: Vec<Mark>,
}

/// The picture before a correction, and the one after.
#[derive(Clone, Debug)]
pub struct Pair {
    pub before: Picture,
    pub after: Picture,
}

impl Pair {
    /// Before, then after.
    pub fn both(&self) -> [(&Picture, &'static str); 2] {
        [(&self.before, "修改前"), (&self.after, "修改后")]
    }
}

/// A field before a correction, and after.
#[derive(Clone, Debug)]
pub struct Change {
    pub label: &'static str,
    pub before: String,
    pub after: String,
}

/// One item that can be returned.
#[derive(Clone, Debug)]
pub struct Row {
    pub word: &'static str,
    pub label: &'static str,
    /// Its own picture.
    pub picture: Option<Uuid>,
    /// The reasons that name it come first.
    pub reasons: Vec<&'static Reason>,
}

/// A decision that was made.
#[derive(Clone, Debug)]
pub struct Decided {
    pub ruling: &'static str,
    pub by: String,
    pub second: Option<String>,
    pub at: DateTimeUtc,
    pub reasons: Vec<String>,
    pub findings: Vec<(String, Finding)>,
    pub applicant_note: String,
    pub internal_note: String,
}

pub(super) fn name(names: &HashMap<Uuid, String>, id: Uuid) -> String {
    names.get(&id).cloned().unwrap_or_else(|| "工作人员".into())
}

fn findings(detail: &Detail) -> Vec<&Finding> {
    match detail {
        Detail::Company(case) => case.decisions.iter().flat_map(|decided| &decided.said.findings).collect(),
        Detail::Person(detail) => detail.decisions.iter().flat_map(|decided| &decided.said.findings).collect(),
    }
}

fn marks(detail: &Detail, id: Uuid) -> Vec<Mark> {
    let places = findings(detail).into_iter().filter_map(|finding| finding.place);
    places.filter(|(paper, _)| *paper == id).map(|(_, mark)| mark).collect()
}

/// What a page is, and whether we have drawn it ourselves.
fn label(paper: &CasePaper) -> String {
    let name = paper.kind.label();
    match paper.source {
        Source::Photo => name.to_owned(),
        Source::Pdf => format!("{name}（PDF 第 {} 页）", paper.page),
        Source::Template => format!("{name}（按模板制作）"),
    }
}

fn of_company(detail: &Detail, last: Option<DateTimeUtc>, paper: &CasePaper) -> Picture {
    Picture {
        id: paper.id,
        word: paper.kind.word().to_owned(),
        label: label(paper),
        at: Some(paper.created_at),
        is_new: last.is_some_and(|last| paper.created_at > last),
        marks: marks(detail, paper.id),
    }
}

pub(super) fn pictures(detail: &Detail) -> Vec<Picture> {
    match detail {
        Detail::Company(case) => {
            let last = case.decisions.first().map(|last| last.at);
            let current = case.papers.iter().filter(|paper| paper.replaced_at.is_none());
            let mut shown: Vec<&CasePaper> = current.collect();
            shown.sort_by_key(|paper| (paper.kind, paper.page));
            shown.into_iter().map(|paper| of_company(detail, last, paper)).collect()
        }
        Detail::Person(person) => {
            let last = person.decisions.first().map(|last| last.at);
            let side = |(id, word): (Uuid, String)| {
                let at = person.handed_in.get(&id).copied();
                Picture {
                    id,
                    label: if word == "statement" { "本人签名声明" } else { person::item_label(&word) }.to_owned(),
                    word,
                    at,
                    is_new: last.is_some_and(|last| at.is_some_and(|at| at > last)),
                    marks: marks(detail, id),
                }
            };
            detail.pictures().into_iter().map(side).collect()
        }
    }
}

pub(super) fn replaced(detail: &Detail) -> Vec<Picture> {
    let Detail::Company(case) = detail else { return Vec::new() };
    let older = case.papers.iter().filter(|paper| paper.replaced_at.is_some());
    older.map(|paper| of_company(detail, None, paper)).collect()
}

pub(super) fn pairs(detail: &Detail, pictures: &[Picture], replaced: &[Picture]) -> Vec<Pair> {
    let Detail::Company(case) = detail else { return Vec::new() };
    let pair = |after: &Picture| {
        let paper = case.papers.iter().find(|paper| paper.id == after.id)?;
        let before = case.before(paper)?.id;
        let before = replaced.iter().find(|picture| picture.id == before)?.clone();
        Some(Pair { before, after: after.clone() })
    };
    pictures.iter().filter_map(pair).collect()
}

pub(super) fn changes(detail: &Detail, clear: bool) -> Vec<Change> {
    match detail {
        Detail::Company(case) => {
            let change = |(field, before): (company::Field, &str)| Change {
                label: field.label(),
                before: compare::shown(field, before, clear),
                after: compare::shown(field, case.fields.get(field), clear),
            };
            case.changed().into_iter().map(change).collect()
        }
        Detail::Person(detail) => person_changes(detail, clear),
    }
}

fn person_changes(detail: &ManualDetail, clear: bool) -> Vec<Change> {
    let Some(before) = detail.decisions.first().and_then(|last| last.fields.as_ref()) else { return Vec::new() };
    let (was, now_is) = (compare::person_fields(before, clear), compare::person_fields(&detail.fields, clear));
    let pairs = was.into_iter().zip(now_is).filter(|(was, now_is)| was != now_is);
    let fields = pairs.map(|((label, before), (_, after))| Change { label, before, after });
    photo_changes(detail).into_iter().chain(fields).collect()
}

/// Which photos of the card have been taken again since the last decision. Those before are destroyed as soon as they are
/// replaced: nobody needs two.
fn photo_changes(detail: &ManualDetail) -> Vec<Change> {
    let Some(last) = detail.decisions.first().map(|last| last.at) else { return Vec::new() };
    let sides = detail.photos.iter().zip(["portrait", "emblem"]);
    let taken_again = sides.filter_map(|(id, side)| {
        let at = *detail.handed_in.get(id.as_ref()?)?;
        (at > last).then(|| Change {
            label: person::item_label(side),
            before: "原照片（替换时已删除）".into(),
            after: format!("{} 重新拍摄", moment(&at)),
        })
    });
    taken_again.collect()
}

pub(super) fn rows(detail: &Detail, kind: Kind) -> Vec<Row> {
    let pictures = detail.pictures();
    let row = |(word, label): (&'static str, &'static str)| {
        let (mut own, mut rest): (Vec<_>, Vec<_>) =
            reasons::of(kind.about(), Outcome::Return).partition(|reason| reason.items.iter().any(|item| item == word));
        rest.retain(|reason| reason.items.is_empty());
        own.append(&mut rest);
        let picture = pictures.iter().find(|(_, item)| item == word).map(|(id, _)| *id);
        Row { word, label, picture, reasons: own }
    };
    detail.items().into_iter().map(row).collect()
}

pub(super) fn decisions(detail: &Detail, names: &HashMap<Uuid, String>) -> Vec<Decided> {
    let labels = |codes: &str| codes.split_whitespace().map(|code| reasons::label(code).to_owned()).collect();
    match detail {
        Detail::Company(case) => {
            let label =
                |item: &str| company::Item::by_word(item).map_or(item.to_owned(), |item| item.label().to_owned());
            let decided = |one: &company::flow::Decided| Decided {
                ruling: match one.decision {
                    Status::Approved => Ruling::Approve.label(),
                    Status::Rejected => Ruling::Reject.label(),
                    _ => Ruling::Return.label(),
                },
                by: name(names, one.staff_id),
                second: one.said.second.map(|id| name(names, id)),
                at: one.at,
                reasons: labels(&one.said.reason_code),
                findings: one.said.findings.iter().map(|found| (label(&found.item), found.clone())).collect(),
                applicant_note: one.said.applicant_note.clone(),
                internal_note: one.said.internal_note.clone(),
            };
            case.decisions.iter().map(decided).collect()
        }
        Detail::Person(detail) => {
            let label = |item: &str| person::item_label(item).to_owned();
            let decided = |one: &person::flow::Decided| Decided {
                ruling: if one.decision == person::Status::Verified { "通过" } else { Ruling::Return.label() },
                by: name(names, one.staff_id),
                second: one.said.second.map(|id| name(names, id)),
                at: one.at,
                reasons: labels(&one.said.reason_code),
                findings: one.said.findings.iter().map(|found| (label(&found.item), found.clone())).collect(),
                applicant_note: one.said.applicant_note.clone(),
                internal_note: one.said.internal_note.clone(),
            };
            detail.decisions.iter().map(decided).collect()
        }
    }
}

//! 决定: what a reviewer typed becomes one decision, whatever it is about: approve, return item by item, reject. Here too is
//! the rule of four eyes: what nobody does alone.

use super::{
    Permission, Roles,
    reasons::{self, About, Outcome, Reason},
};
use crate::{
    company::{self, Item},
    error::Error,
    finding::{Finding, Mark},
    person,
};
use sea_orm::prelude::Uuid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 企业实名认证
    Company,
    /// 个人人工审核
    Person,
}

impl Kind {
    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Company => "companies",
            Self::Person => "people",
        }
    }

    /// Whose reasons.
    pub const fn about(self) -> About {
        match self {
            Self::Company => About::Company,
            Self::Person => About::Person,
        }
    }

    /// Longest text that a reviewer adds for the applicant, in characters.
    const fn longest_added(self) -> usize {
        match self {
            Self::Company => 600,
            Self::Person => 300,
        }
    }

    /// The case's page.
    pub fn path(self, id: Uuid) -> String {
        format!("/console/{}/{id}", self.word())
    }
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// 通过
    Approve,
    /// 退回
    Return,
    /// 不予通过: final.
    Reject,
}

impl Ruling {
    /// What pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Approve => "通过",
            Self::Return => "退回修改",
            Self::Reject => "不予通过",
        }
    }
}

/// What a reviewer types.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// `approve`, `return`, `reject`; and `reject_confirmed`, because a final rejection is asked for twice.
    pub decision: String,
    /// The reason for every item that has none of its own.
    pub reason_code: String,
    /// Words of what must be corrected, separated by blanks.
    pub items: String,
    pub applicant_note: String,
    pub internal_note: String,
    /// Which submission was looked at.
    pub seen: String,
    /// `reason.<item>`, `note.<item>`, `mark.<item>`.
    #[serde(flatten)]
    pub each: BTreeMap<String, String>,
}

impl Typed {
    /// What was typed for one item: `reason`, `note` or `mark`.
    pub fn of(&self, what: &str, item: &str) -> &str {
        self.each.get(&format!("{what}.{item}")).map_or("", |text| text.trim())
    }

    /// Whether an item is ticked.
    pub fn ticked(&self, item: &str) -> bool {
        self.items.split_whitespace().any(|word| word == item)
    }
}

/// One decision, as one person makes it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub kind: Kind,
    pub ruling: Ruling,
    /// Codes of config/reason_codes.toml, separated by blanks; empty with an approval.
    pub reason_code: String,
    pub applicant_note: String,
    pub internal_note: String,
    pub findings: Vec<Finding>,
}

/// Notes may name people.
impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, ruling, reason_code, .. } = self;
        write!(f, "Decision({kind:?} {ruling:?} {reason_code})")
    }
}

/// What the rules need to know about a case.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What can be named: words and labels.
    pub items: Vec<(&'static str, &'static str)>,
    /// The pictures that are there: row and item.
    pub pictures: Vec<(Uuid, String)>,
    /// What automatic checks have said against it.
    pub failures: Vec<&'static str>,
    /// Whether money has been taken and not been given back.
    pub paid: bool,
}

/// Why a second person is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// An automatic check has said no, and the case is approved all the same.
    Override,
    /// A final rejection gives money back.
    RejectPaid,
    /// Somebody's roles change.
    Roles,
    /// Money is moved by hand.
    Payment,
    /// Another version of the catalogue.
    Catalogue,
}

impl Why {
    /// What pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Override => "自动核验未通过，人工通过",
            Self::RejectPaid => "已付款案件不予通过",
            Self::Roles => "岗位变更",
            Self::Payment => "款项处理",
            Self::Catalogue => "发布目录",
        }
    }

    /// What the second person must be permitted to do.
    pub const fn needs(self) -> Permission {
        match self {
            Self::Override | Self::RejectPaid => Permission::Second,
            Self::Roles => Permission::ChangeRoles,
            Self::Payment => Permission::SecondPayments,
            Self::Catalogue => Permission::PublishCatalogue,
        }
    }

    /// What the first person must be permitted to do.
    pub const fn proposes(self) -> Permission {
        match self {
            Self::Override => Permission::Decide,
            Self::RejectPaid => Permission::RejectFinally,
            Self::Roles => Permission::ChangeRoles,
            Self::Payment => Permission::MovePayments,
            Self::Catalogue => Permission::EditCatalogue,
        }
    }
}

impl Decision {
    /// Reads what was typed about a case.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field; [`Error::Forbidden`] for a final rejection by somebody who may not.
    pub fn read(kind: Kind, typed: &Typed, facts: &Facts, roles: &Roles) -> Result<Self, Error> {
        let most = kind.longest_added();
        if typed.applicant_note.trim().chars().count() > most {
            let said = format!("给申请人的补充说明过长，请控制在 {most} 字以内");
            return Err(Error::invalid("applicant_note", said));
        }
        match (kind, typed.decision.as_str()) {
            (_, "approve") => Ok(Self::empty(kind, Ruling::Approve, typed)),
            (_, "return") => returned(kind, typed, facts),
            (Kind::Company, rejected @ ("reject" | "reject_confirmed")) => {
                roles.may(Permission::RejectFinally)?;
                let reason = reasons::choose(kind.about(), Outcome::Reject, &typed.reason_code)?;
                if rejected != "reject_confirmed" {
                    return Err(Error::invalid("confirmed", "不予通过是最终决定，请再次确认"));
                }
                Ok(Self {
                    reason_code: reason.code.clone(),
                    applicant_note: reason.said(&typed.applicant_note),
                    ..Self::empty(kind, Ruling::Reject, typed)
                })
            }
            (Kind::Company, _) => Err(Error::invalid("decision", "请选择通过、退回或不予通过")),
            (Kind::Person, _) => Err(Error::invalid("decision", "请选择通过或退回")),
        }
    }

    fn empty(kind: Kind, ruling: Ruling, typed: &Typed) -> Self {
        let internal_note = typed.internal_note.trim().to_owned();
        let (reason_code, applicant_note) = (String::new(), String::new());
        Self { kind, ruling, reason_code, applicant_note, internal_note, findings: Vec::new() }
    }

    /// Why nobody makes this decision alone; None when one person is enough.
    pub fn needs_second(&self, facts: &Facts) -> Option<Why> {
        match self.ruling {
            Ruling::Approve if !facts.failures.is_empty() => Some(Why::Override),
            Ruling::Reject if facts.paid => Some(Why::RejectPaid),
            _ => None,
        }
    }

    /// In the words of the company's rules.
    pub fn of_company(&self, second: Option<Uuid>) -> (company::Action, company::Decision) {
        let action = match self.ruling {
            Ruling::Approve => company::Action::Approve,
            Ruling::Return => company::Action::SendBack,
            Ruling::Reject => company::Action::Reject,
        };
        let said = company::Decision {
            reason_code: self.reason_code.clone(),
            applicant_note: self.applicant_note.clone(),
            internal_note: self.internal_note.clone(),
            items: self.findings.iter().filter_map(|finding| Item::by_word(&finding.item)).collect(),
            findings: self.findings.clone(),
            second,
        };
        (action, said)
    }

    /// In the words of the person's rules.
    pub fn of_person(&self, second: Option<Uuid>) -> (person::Action, person::Decision) {
        let action = match self.ruling {
            Ruling::Approve => person::Action::Approve,
            Ruling::Return | Ruling::Reject => person::Action::Refuse,
        };
        let said = person::Decision {
            reason_code: self.reason_code.clone(),
            applicant_note: self.applicant_note.clone(),
            internal_note: self.internal_note.clone(),
            findings: self.findings.clone(),
            second,
        };
        (action, said)
    }
}

/// A return: every item that is ticked with its own reason, or the one reason with the items that it names.
fn returned(kind: Kind, typed: &Typed, facts: &Facts) -> Result<Decision, Error> {
    let common = typed.reason_code.trim();
    let ticked: Vec<&str> = typed.items.split_whitespace().collect();
    let about_all = match common {
        "" => None,
        code => Some(reasons::choose(kind.about(), Outcome::Return, code)?),
    };
    let words: Vec<&str> = match about_all {
        Some(reason) if ticked.is_empty() => {
            let named = reason.items.iter().map(String::as_str);
            named.filter(|word| facts.items.iter().any(|(item, _)| item == word)).collect()
        }
        _ => ticked,
    };
    let mut found = Vec::new();
    for word in words {
        found.push(one(kind, typed, facts, word)?);
    }
    if found.is_empty() {
        // A person's call back is about no item; a company's return opens what it names, so it must name something.
        let reason = reasons::choose(kind.about(), Outcome::Return, common)?;
        if kind == Kind::Company {
            return Err(Error::invalid("items", "请勾选需要修改的内容"));
        }
        return Ok(Decision {
            reason_code: reason.code.clone(),
            applicant_note: reason.said(&typed.applicant_note),
            ..Decision::empty(kind, Ruling::Return, typed)
        });
    }
    let said = said(&found, typed);
    let mut codes: Vec<&str> = found.iter().map(|(_, _, reason)| reason.code.as_str()).collect();
    codes.dedup();
    let reason_code = codes.join(" ");
    let findings = found.into_iter().map(|(finding, _, _)| finding).collect();
    Ok(Decision { reason_code, applicant_note: said, findings, ..Decision::empty(kind, Ruling::Return, typed) })
}

type Found = (Finding, &'static str, &'static Reason);

fn one(kind: Kind, typed: &Typed, facts: &Facts, word: &str) -> Result<Found, Error> {
    let unknown = || Error::invalid("items", "请重新勾选需要修改的内容");
    let (item, label) = facts.items.iter().copied().find(|(item, _)| *item == word).ok_or_else(unknown)?;
    let own = typed.of("reason", item);
    let code = if own.is_empty() { typed.reason_code.trim() } else { own };
    let reason = reasons::choose(kind.about(), Outcome::Return, code)?;
    let note = typed.of("note", item);
    let most = kind.longest_added();
    if note.chars().count() > most {
        return Err(Error::invalid("items", format!("“{label}”的说明过长，请控制在 {most} 字以内")));
    }
    if reason.items.is_empty() && note.is_empty() && typed.applicant_note.trim().is_empty() {
        return Err(Error::invalid("applicant_note", "请写明需要申请人修改什么"));
    }
    let place = match typed.of("mark", item) {
        "" => None,
        text => Some(
            place(text, item, facts)
                .ok_or_else(|| Error::invalid("items", format!("“{label}”的图上标记已失效，请重新标记")))?,
        ),
    };
    let finding = Finding { item: item.to_owned(), reason_code: reason.code.clone(), words: reason.words(note), place };
    Ok((finding, label, reason))
}

/// `<paper> x y width height`, on a picture that is there; a paper's mark is on that paper.
fn place(text: &str, item: &str, facts: &Facts) -> Option<(Uuid, Mark)> {
    let (paper, mark) = text.split_once(' ')?;
    let (paper, mark): (Uuid, Mark) = (paper.parse().ok()?, Mark::parse(mark)?);
    let (_, of) = facts.pictures.iter().find(|(id, _)| *id == paper)?;
    let is_paper = facts.pictures.iter().any(|(_, of)| of == item);
    (of == item || !is_paper).then_some((paper, mark))
}

/// What the applicant reads: each reason once, with what it is about when there are several.
fn said(found: &[Found], typed: &Typed) -> String {
    let mut reasons: Vec<(&Reason, Vec<&str>, Vec<&str>)> = Vec::new();
    for (finding, label, reason) in found {
        let at = reasons.iter().position(|(other, _, _)| other.code == reason.code);
        let at = at.unwrap_or_else(|| {
            reasons.push((reason, Vec::new(), Vec::new()));
            reasons.len() - 1
        });
        let (_, labels, notes) = &mut reasons[at];
        labels.push(label);
        if !finding.words.note.is_empty() {
            notes.push(&finding.words.note);
        }
    }
    let several = reasons.len() > 1;
    let line = |(reason, labels, notes): &(&Reason, Vec<&str>, Vec<&str>)| {
        let about = if several { format!("{}：", labels.join("、")) } else { String::new() };
        format!("{about}{}{}{}", reason.applicant, reason.fix, notes.join("；"))
    };
    let lines = reasons.iter().map(line).collect::<Vec<_>>().join("\n");
    match typed.applicant_note.trim() {
        "" => lines,
        added => format!("{lines}\n补充说明：{added}"),
    }
}

#[cfg(test)]
mod schedules;
#[cfg(test)]
mod tests;

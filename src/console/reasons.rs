//! 原因代码: why a case is returned or rejected, in config/reason_codes.toml: one text for the applicant, how to put it
//! right, and what opens again.

use crate::{
    company::{Decision, Item},
    error::Error,
};
use serde::Deserialize;
use std::sync::LazyLock;

/// What a reason is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    Company,
    Person,
}

/// What it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 退回: may be corrected.
    Return,
    /// 不予通过: final.
    Reject,
}

/// One reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub code: String,
    pub about: About,
    pub outcome: Outcome,
    /// For the reviewer.
    pub label: String,
    /// What the applicant reads …
    pub applicant: String,
    /// … and how to put it right.
    pub fix: String,
    /// Words of what opens again; none makes the reviewer tick what.
    pub items: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    reason: Vec<Reason>,
}

static REASONS: LazyLock<Vec<Reason>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../config/reason_codes.toml"))
        .expect("a test reads the compiled-in config/reason_codes.toml");
    file.reason
});

/// The reasons for a kind of case and an outcome, in the order of the file.
pub fn of(about: About, outcome: Outcome) -> impl Iterator<Item = &'static Reason> {
    REASONS.iter().filter(move |reason| reason.about == about && reason.outcome == outcome)
}

/// What the reviewer calls a code that was given once; the code itself when it is no longer in the file.
pub fn label(code: &str) -> &str {
    REASONS.iter().find(|reason| reason.code == code).map_or(code, |reason| &reason.label)
}

/// The reason that was chosen.
///
/// # Errors
/// [`Error::Invalid`] naming `reason_code` when it is none for this kind of case and outcome.
pub fn choose(about: About, outcome: Outcome, code: &str) -> Result<&'static Reason, Error> {
    let chosen = of(about, outcome).find(|reason| reason.code == code);
    chosen.ok_or_else(|| {
        Error::invalid(
            "reason_code",
            match outcome {
                Outcome::Return => "请选择退回的原因",
                Outcome::Reject => "请选择不予通过的原因",
            },
        )
    })
}

impl Reason {
    /// What the applicant reads: what is wrong, how to put it right, and what the reviewer has added.
    pub fn said(&self, added: &str) -> String {
        match added.trim() {
            "" => format!("{}{}", self.applicant, self.fix),
            added => format!("{}{}\n补充说明：{added}", self.applicant, self.fix),
        }
    }

    /// The decision to return a company's case: the items ticked, else the reason's own.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming `items` for a word that is none or when nothing is named, `applicant_note` when only
    /// the reviewer's words can say what is meant.
    pub fn decision(&self, ticked: &str, applicant_note: &str, internal_note: &str) -> Result<Decision, Error> {
        let own = self.items.join(" ");
        let words = if ticked.trim().is_empty() { own.as_str() } else { ticked };
        let unknown = || Error::invalid("items", "请重新勾选需要修改的内容");
        let items: Option<Vec<Item>> = words.split_whitespace().map(Item::by_word).collect();
        let items = items.ok_or_else(unknown)?;
        if self.outcome == Outcome::Return && items.is_empty() {
            return Err(Error::invalid("items", "请勾选需要修改的内容"));
        }
        if self.items.is_empty() && self.outcome == Outcome::Return && applicant_note.trim().is_empty() {
            return Err(Error::invalid("applicant_note", "请写明需要申请人修改什么"));
        }
        let items = if self.outcome == Outcome::Reject { Vec::new() } else { items };
        Ok(Decision {
            reason_code: self.code.clone(),
            applicant_note: self.said(applicant_note),
            internal_note: internal_note.trim().to_owned(),
            items,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_can_be_read_and_acted_on() {
        let codes: BTreeSet<&str> = REASONS.iter().map(|reason| reason.code.as_str()).collect();
        assert_eq!(codes.len(), REASONS.len(), "each code once");
        for reason in REASONS.iter() {
            let code = &reason.code;
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
            assert!(
                !reason.label.is_empty() && reason.applicant.ends_with('。') && reason.fix.ends_with('。'),
                "{code}"
            );
            assert!(reason.said("").chars().count() < 180, "{code}: there is room for the reviewer's own words");
            for word in &reason.items {
                assert!(Item::by_word(word).is_some(), "{code}: {word}");
            }
            let finally = reason.outcome == Outcome::Reject || reason.about == About::Person;
            assert!(!finally || reason.items.is_empty(), "{code}");
        }
        assert!(of(About::Company, Outcome::Return).count() >= 12);
    }

    #[test]
    fn a_return_names_what_opens() {
        let reason = choose(About::Company, Outcome::Return, "company_seal_unclear").unwrap();
        let decision = reason.decision("", " 请用红色印泥 ", "").unwrap();
        assert_eq!(decision.items.iter().map(|item| item.word()).collect::<Vec<_>>(), ["company_seal"]);
        assert!(decision.applicant_note.ends_with("\n补充说明：请用红色印泥"));
        let ticked = reason.decision("company_seal seal_number", "", "").unwrap();
        assert_eq!(ticked.items.len(), 2);
        let field = |refused: Result<Decision, Error>| refused.unwrap_err().problem().field.clone().unwrap();
        assert_eq!(field(reason.decision("company_seal everything", "", "")), "items");
        let other = choose(About::Company, Outcome::Return, "other").unwrap();
        assert_eq!(field(other.decision("", "说明", "")), "items");
        assert_eq!(field(other.decision("email", " ", "")), "applicant_note");
        assert!(choose(About::Company, Outcome::Return, "forged_papers").is_err(), "a final reason returns nothing");
        assert!(choose(About::Person, Outcome::Return, "other").is_err());
    }
}

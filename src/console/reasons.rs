//! 原因代码: why a case is returned or rejected, in config/reason_codes.toml: one text for the applicant, how to put it
//! right, and what opens again.

use crate::{error::Error, finding::Words};
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

    /// The same as kept with an item.
    pub fn words(&self, note: &str) -> Words {
        Words { reason: self.applicant.clone(), fix: self.fix.clone(), note: note.trim().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{company::Item, person};
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
                let known = match reason.about {
                    About::Company => Item::by_word(word).is_some(),
                    About::Person => person::ITEMS.iter().any(|(item, _)| item == word),
                };
                assert!(known, "{code}: {word}");
            }
            assert!(reason.outcome == Outcome::Return || reason.items.is_empty(), "{code}");
        }
        assert!(of(About::Company, Outcome::Return).count() >= 12);
    }
}

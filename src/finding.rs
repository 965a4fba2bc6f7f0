//! 审核意见: what a reviewer found wrong with one item of a case: the reason and how to put it right as said then, and the
//! place on the picture, in fractions of it.

use crate::{db::Tx, error::Error, state::State};
use poem_openapi::Object;
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};
use serde::{Deserialize, Serialize};

/// Nothing smaller than this can be seen: a hundredth of the picture.
const SMALLEST: f64 = 0.01;

/// A rectangle on a picture, in fractions of its width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Object)]
pub struct Mark {
    /// From the left edge, 0 to 1.
    pub x: f64,
    /// From the upper edge, 0 to 1.
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Mark {
    /// Reads `x y width height`. None for what lies outside the picture or is too small to be seen.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<f64>> = text.split_whitespace().map(|word| word.parse().ok()).collect();
        let [x, y, width, height] = numbers?.try_into().ok()?;
        let inside = |from: f64, long: f64| from >= 0.0 && long >= SMALLEST && from + long <= 1.0005;
        let round = |number: f64| (number * 10_000.0).round() / 10_000.0;
        (inside(x, width) && inside(y, height)).then(|| {
            let (x, y) = (round(x), round(y));
            Self { x, y, width: round(width.min(1.0 - x)), height: round(height.min(1.0 - y)) }
        })
    }

    /// As kept.
    pub fn text(&self) -> String {
        format!("{} {} {} {}", self.x, self.y, self.width, self.height)
    }
}

/// What was said about an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What is wrong.
    pub reason: String,
    /// How to put it right.
    pub fix: String,
    /// What the reviewer has added; may be empty.
    pub note: String,
}

/// One thing that a reviewer found.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The word of a field or of a paper.
    pub item: String,
    pub reason_code: String,
    pub words: Words,
    /// The paper's row, and where on it.
    pub place: Option<(Uuid, Mark)>,
}

/// The words may name people.
impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finding")
            .field("item", &self.item)
            .field("reason_code", &self.reason_code)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// The table `finding`. Never changed.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "finding")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub decision_id: Uuid,
        /// The person or company.
        pub case_id: Uuid,
        /// The first is 0.
        pub place_in_list: i32,
        pub item: String,
        pub reason_code: String,
        /// Sealed at `finding.said`: the words, as JSON.
        pub said: Vec<u8>,
        /// The paper that the mark is on.
        pub paper_id: Option<Uuid>,
        /// `x y width height`, fractions of the picture.
        pub mark: Option<String>,
        pub at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Keeps what was found, with the decision that it led to.
pub async fn keep(
    tx: &mut Tx,
    state: &State,
    case_id: Uuid,
    decision_id: Uuid,
    findings: &[Finding],
) -> Result<(), Error> {
    for (place_in_list, finding) in (0..).zip(findings) {
        let id = tx.id();
        let words = serde_json::to_string(&finding.words).map_err(Error::internal)?;
        let row = entity::ActiveModel {
            id: Set(id),
            decision_id: Set(decision_id),
            case_id: Set(case_id),
            place_in_list: Set(place_in_list),
            item: Set(finding.item.clone()),
            reason_code: Set(finding.reason_code.clone()),
            said: Set(state.vault.seal("finding.said", id, &words)),
            paper_id: Set(finding.place.map(|(paper_id, _)| paper_id)),
            mark: Set(finding.place.map(|(_, mark)| mark.text())),
            at: Set(tx.now),
        };
        entity::Entity::insert(row).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// What a decision found, in the order in which it was said.
pub async fn of_decision(c: &impl ConnectionTrait, state: &State, decision_id: Uuid) -> Result<Vec<Finding>, Error> {
    let of = entity::Entity::find().filter(entity::Column::DecisionId.eq(decision_id));
    let rows = of.order_by_asc(entity::Column::PlaceInList).all(c).await?;
    rows.into_iter().map(|row| opened(state, row)).collect()
}

fn opened(state: &State, row: entity::Model) -> Result<Finding, Error> {
    let words = serde_json::from_str(&state.vault.open("finding.said", row.id, &row.said)?).map_err(Error::internal)?;
    let mark = row.mark.as_deref().and_then(Mark::parse);
    Ok(Finding { item: row.item, reason_code: row.reason_code, words, place: row.paper_id.zip(mark) })
}

/// A finding as the applicant reads it.
#[derive(Clone, Debug, Object)]
#[oai(rename = "Finding", skip_serializing_if_is_none)]
pub struct View {
    /// The word of a field or of a paper.
    pub item: String,
    pub label: String,
    /// What is wrong.
    pub reason: String,
    /// How to put it right.
    pub fix: String,
    /// What the reviewer has added; may be empty.
    pub note: String,
    /// The place on the picture that is there now; none once it has been replaced.
    pub mark: Option<Mark>,
    /// The page of the paper that the mark is on; the first is 1.
    pub page: i32,
}

impl View {
    /// `current` is the row of the item's picture that is there now.
    pub fn of(finding: &Finding, label: &str, current: Option<Uuid>) -> Self {
        let words = finding.words.clone();
        let mark = finding.place.filter(|(paper_id, _)| Some(*paper_id) == current).map(|(_, mark)| mark);
        let (item, label) = (finding.item.clone(), label.to_owned());
        Self { item, label, reason: words.reason, fix: words.fix, note: words.note, mark, page: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mark_lies_on_the_picture() {
        let mark = Mark::parse("0.5 0.25 0.1 0.2").expect("a mark");
        assert_eq!(Mark::parse(&mark.text()), Some(mark));
        for wrong in [
            "",
            "0 0 1",
            "0 0 1 1 1",
            "-0.1 0 0.5 0.5",
            "0.6 0 0.5 0.5",
            "0 0 0.001 0.5",
            "NaN 0 1 1",
            "0 inf 1 1",
            "a b c d",
        ] {
            assert_eq!(Mark::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_was_drawn(x in 0.0..0.9f64, y in 0.0..0.9f64, w in 0.02..0.1f64, h in 0.02..0.1f64) {
            let mark = Mark::parse(&format!("{x} {y} {w} {h}")).expect("inside");
            prop_assert!((mark.x - x).abs() < 1e-4 && (mark.height - h).abs() < 2e-4);
            prop_assert!(mark.x + mark.width <= 1.00001 && mark.y + mark.height <= 1.00001);
            prop_assert_eq!(Mark::parse(&mark.text()), Some(mark));
        }
    }
}

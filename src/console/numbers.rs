//! 数据: how much waits, how long it takes, how it is decided, week by week; computed from the events, in business hours.
//! Each week that is published has cases enough that none of them can be told.

use super::{
    Permission,
    queue::{self, Queue, Standing},
    session::Staffer,
};
use crate::{company, error::Error, events, state::State};
use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many weeks are shown, the present one with them.
pub const WEEKS: i64 = 12;
/// Of weeks with fewer decisions, no times are published.
pub const FEWEST: usize = 5;

/// What happened to a case, as far as the numbers care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Submitted,
    Claimed,
    Decided { passed: bool },
}

/// The queue that an event belongs to, and the step it is. A claim is of whichever queue the case is in.
fn step_of(name: &str) -> Option<(Option<Queue>, Step)> {
    let (companies, people) = (Some(Queue::Companies), Some(Queue::People));
    Some(match name {
        "company.submit" => (companies, Step::Submitted),
        "company.approve" => (companies, Step::Decided { passed: true }),
        "company.return" | "company.reject" => (companies, Step::Decided { passed: false }),
        "person.decline" | "person.escalate" => (people, Step::Submitted),
        "person.approve" => (people, Step::Decided { passed: true }),
        "person.refuse" => (people, Step::Decided { passed: false }),
        "console.claim" => (None, Step::Claimed),
        _ => return None,
    })
}

const STEPS: [&str; 9] = [
    "company.submit",
    "company.approve",
    "company.return",
    "company.reject",
    "person.decline",
    "person.escalate",
    "person.approve",
    "person.refuse",
    "console.claim",
];
const DECISIONS: [&str; 5] = ["company.approve", "company.return", "company.reject", "person.approve", "person.refuse"];

/// One submission that was decided. Times are business hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decided {
    queue: Queue,
    at: DateTime<Utc>,
    /// Until somebody took it.
    waited: Duration,
    /// From then on until the decision.
    reviewed: Duration,
    passed: bool,
    /// The first decision of the case.
    first: bool,
}

/// A span of times: the middle one, and the one that 95 of 100 do not exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub median: Duration,
    pub p95: Duration,
}

impl Times {
    fn of(mut all: Vec<Duration>) -> Option<Self> {
        all.sort_unstable();
        // The nearest rank: always a time that has been.
        let rank = |percent: usize| all.get((all.len() * percent).div_ceil(100).max(1) - 1).copied();
        Some(Self { median: rank(50)?, p95: rank(95)? })
    }
}

/// One week of a queue, from Monday on, by the day of the decision in Beijing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week {
    pub monday: NaiveDate,
    pub decided: usize,
    /// First decisions, and those of them that approved.
    pub first: usize,
    pub first_passed: usize,
    /// None in a week without decisions.
    pub waited: Option<Times>,
    pub reviewed: Option<Times>,
    /// From submission to decision.
    pub whole: Option<Times>,
}

impl Week {
    /// The share of cases that passed at once, in percent.
    pub fn first_pass(&self) -> Option<usize> {
        (self.first > 0).then(|| self.first_passed * 100 / self.first)
    }
}

/// The numbers of a queue.
#[derive(Clone, Debug)]
pub struct OfQueue {
    pub queue: Queue,
    /// The oldest first.
    pub weeks: Vec<Week>,
}

/// Everything on the page.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub standing: Vec<Standing>,
    pub queues: Vec<OfQueue>,
    /// Why companies were returned or rejected in these weeks, the most frequent first.
    pub reasons: Vec<(String, u64)>,
}

fn monday(at: DateTime<Utc>) -> NaiveDate {
    let day = super::notices::beijing(at).date_naive();
    day - Duration::days(i64::from(day.weekday().num_days_from_monday()))
}

/// The numbers, for who may see them.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn numbers(state: &State, staffer: &Staffer) -> Result<Numbers, Error> {
    staffer.may(Permission::SeeNumbers)?;
    let since = first_week(state);
    let codes = company::flow::reasons_since(state, since).await?;
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for code in codes.into_iter().filter(|code| !code.is_empty()) {
        *counted.entry(super::reasons::label(&code).to_owned()).or_default() += 1;
    }
    let mut reasons: Vec<(String, u64)> = counted.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(Numbers { standing: queue::standing(state, staffer).await?, queues: queues(state).await?, reasons })
}

/// When the first of the weeks began.
fn first_week(state: &State) -> DateTime<Utc> {
    let first = monday(state.clock.now()) - Duration::weeks(WEEKS - 1);
    first.and_time(chrono::NaiveTime::MIN).and_utc() - Duration::hours(8)
}

/// The weeks of every queue.
pub async fn queues(state: &State) -> Result<Vec<OfQueue>, Error> {
    let since = first_week(state);
    let all = decided(state, since).await?;
    let this = monday(state.clock.now());
    let of = |queue: Queue| {
        let week = |back: i64| week(&all, queue, this - Duration::weeks(back));
        OfQueue { queue, weeks: (0..WEEKS).rev().map(week).collect() }
    };
    Ok(Queue::ALL.into_iter().map(of).collect())
}

fn week(all: &[Decided], queue: Queue, begins: NaiveDate) -> Week {
    let here: Vec<&Decided> = all.iter().filter(|one| one.queue == queue && monday(one.at) == begins).collect();
    let times = |of: fn(&Decided) -> Duration| Times::of(here.iter().map(|one| of(one)).collect());
    Week {
        monday: begins,
        decided: here.len(),
        first: here.iter().filter(|one| one.first).count(),
        first_passed: here.iter().filter(|one| one.first && one.passed).count(),
        waited: times(|one| one.waited),
        reviewed: times(|one| one.reviewed),
        whole: times(|one| one.waited + one.reviewed),
    }
}

type Row = (String, Uuid, DateTime<Utc>);

/// What was decided since a moment, from the events. What was submitted long before has its beginning read with it.
async fn decided(state: &State, since: DateTime<Utc>) -> Result<Vec<Decided>, Error> {
    use events::entity::{Column, Entity};
    let rows: Vec<Row> = Entity::find()
        .select_only()
        .columns([Column::Name, Column::SubjectId, Column::At])
        .filter(Column::Name.is_in(STEPS))
        .filter(Column::At.gte(since - Duration::weeks(WEEKS)))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(&state.db.read)
        .await?;
    let before: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::SubjectId)
        .filter(Column::Name.is_in(DECISIONS))
        .filter(Column::At.lt(since - Duration::weeks(WEEKS)))
        .distinct()
        .into_tuple()
        .all(&state.db.read)
        .await?;
    let all = follow(&rows, before.into_iter().collect(), &|from, to| state.working_time.between(from, to));
    Ok(all.into_iter().filter(|one| one.at >= since).collect())
}

/// Follows every case through its steps. `before`: the cases with a decision earlier than the first row.
fn follow(
    rows: &[Row],
    mut before: HashSet<Uuid>,
    between: &dyn Fn(DateTime<Utc>, DateTime<Utc>) -> Duration,
) -> Vec<Decided> {
    let mut open: HashMap<Uuid, (DateTime<Utc>, Option<DateTime<Utc>>)> = HashMap::new();
    let mut all = Vec::new();
    for (name, id, at) in rows {
        match step_of(name) {
            Some((_, Step::Submitted)) => {
                open.insert(*id, (*at, None));
            }
            Some((_, Step::Claimed)) => {
                if let Some((_, claimed)) = open.get_mut(id) {
                    claimed.get_or_insert(*at);
                }
            }
            Some((Some(queue), Step::Decided { passed })) => {
                let first = before.insert(*id);
                if let Some((submitted, claimed)) = open.remove(id) {
                    let claimed = claimed.unwrap_or(*at);
                    let (waited, reviewed) = (between(submitted, claimed), between(claimed, *at));
                    all.push(Decided { queue, at: *at, waited, reviewed, passed, first });
                }
            }
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-11-23T02:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(minutes)
    }

    fn minutes(times: Option<Times>) -> (i64, i64) {
        times.map(|times| (times.median.num_minutes(), times.p95.num_minutes())).unwrap()
    }

    #[test]
    fn a_case_is_followed_from_submission_to_claim_to_decision_every_time() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let row = |name: &str, id, minute| (name.to_owned(), id, at(minute));
        let rows = [
            row("company.submit", a, 0),
            row("person.decline", b, 5),
            row("console.claim", a, 10),
            row("console.claim", a, 15),
            row("company.return", a, 30),
            row("company.submit", a, 100),
            row("console.claim", b, 105),
            row("person.approve", b, 106),
            row("company.approve", a, 140),
            row("company.approve", Uuid::from_u128(3), 150),
        ];
        let all = follow(&rows, HashSet::new(), &|from, to| to - from);
        let told = |one: &Decided| (one.waited.num_minutes(), one.reviewed.num_minutes(), one.passed, one.first);
        let told: Vec<_> = all.iter().map(told).collect();
        assert_eq!(told, [(10, 20, false, true), (100, 1, true, true), (40, 0, true, false)]);
        let week = week(&all, Queue::Companies, monday(at(0)));
        assert_eq!((week.decided, week.first, week.first_passed, week.first_pass()), (2, 1, 0, Some(0)));
        let known = follow(&rows, HashSet::from([a]), &|from, to| to - from);
        assert!(!known[0].first, "it was decided long ago");
    }

    #[test]
    fn the_middle_and_the_95th_are_times_that_have_been() {
        let times = |all: &[i64]| Times::of(all.iter().map(|one| Duration::minutes(*one)).collect());
        assert_eq!(times(&[]), None);
        assert_eq!(minutes(times(&[7])), (7, 7));
        assert_eq!(minutes(times(&[4, 1, 3, 2])), (2, 4));
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!(minutes(times(&hundred)), (50, 95));
    }

    #[test]
    fn weeks_begin_on_monday_in_beijing() {
        let monday_of = |text: &str| monday(text.parse().unwrap()).to_string();
        assert_eq!(monday_of("2026-11-22T15:59:00Z"), "2026-11-16");
        assert_eq!(monday_of("2026-11-22T16:00:00Z"), "2026-11-23");
    }
}

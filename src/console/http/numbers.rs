//! 数据: the page with its drawings, and the part that is published.

use super::desk::{Desk, age};
use crate::{
    console::{
        numbers::{self, FEWEST, Numbers, OfQueue, Times, Week},
        session::Staffer,
    },
    error::Error,
    page,
    state::State,
};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use poem::{Response, Route, get, handler, web::Data};
use poem_openapi::{Object, OpenApi, Tags, payload::Json};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Adds the page.
pub fn routes(route: Route) -> Route {
    route.at("/console/numbers", get(show))
}

/// One bar of a drawing.
struct Bar {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    second: bool,
    label: String,
    value: String,
}

const WIDTH: usize = 720;
const HIGH: usize = 150;
const TOP: usize = 24;

/// Bars side by side, one or two a week; weeks without a value have none.
fn columns(weeks: &[Week], of: impl Fn(&Week) -> Vec<Option<(usize, String)>>) -> Vec<Bar> {
    let most = weeks.iter().flat_map(&of).flatten().map(|(value, _)| value).max().unwrap_or(0).max(1);
    let step = WIDTH / weeks.len().max(1);
    let mut bars = Vec::new();
    for (place, week) in weeks.iter().enumerate() {
        let values = of(week);
        let width = (step - 12) / values.len().max(1);
        for (nth, value) in values.into_iter().enumerate() {
            let Some((value, text)) = value else { continue };
            // Next to nothing is still something to see.
            let height = (value * HIGH).div_ceil(most).max(2);
            let (x, y) = (place * step + 6 + nth * width, TOP + HIGH - height);
            let label = if nth == 0 { week.monday.format("%m-%d").to_string() } else { String::new() };
            bars.push(Bar { x, y, width: width.saturating_sub(2), height, second: nth == 1, label, value: text });
        }
    }
    bars
}

/// Bars below one another.
fn rows(reasons: &[(String, u64)]) -> Vec<Bar> {
    let most = reasons.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let long = |count: u64| usize::try_from(count * 380 / most).unwrap_or(380).max(2);
    let bar = |(place, (label, count)): (usize, &(String, u64))| Bar {
        x: 250,
        y: place * 28 + 4,
        width: long(*count),
        height: 20,
        second: false,
        label: label.clone(),
        value: count.to_string(),
    };
    reasons.iter().take(12).enumerate().map(bar).collect()
}

/// `3.5 时`, of business hours; under an hour in minutes.
fn span(time: Duration) -> String {
    match time.num_minutes() {
        minutes @ ..60 => format!("{minutes} 分"),
        minutes => format!("{:.1} 时", minutes as f64 / 60.0),
    }
}

fn spans(times: &Option<Times>) -> String {
    times.map_or_else(|| "—".into(), |times| format!("{} / {}", span(times.median), span(times.p95)))
}

fn long(time: Duration) -> (usize, String) {
    (usize::try_from(time.num_minutes()).unwrap_or(0), span(time))
}

struct Drawn<'a> {
    of: &'a OfQueue,
    times: Vec<Bar>,
    passes: Vec<Bar>,
}

#[derive(Template)]
#[template(path = "console/numbers.html", config = "config/askama.toml")]
struct NumbersPage<'a> {
    desk: Desk,
    numbers: &'a Numbers,
    queues: Vec<Drawn<'a>>,
    reasons: Vec<Bar>,
    now: DateTime<Utc>,
}

#[handler]
async fn show(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let numbers = numbers::numbers(&state, &staffer).await?;
    fn drawn(of: &OfQueue) -> Drawn<'_> {
        let weeks = &of.weeks;
        let times = columns(weeks, |week| vec![week.whole.map(|t| long(t.median)), week.whole.map(|t| long(t.p95))]);
        let passes = columns(weeks, |week| vec![week.first_pass().map(|share| (share, format!("{share}%")))]);
        Drawn { of, times, passes }
    }
    page::html(&NumbersPage {
        desk: Desk::of(&state, &staffer, "数据", "/console/numbers"),
        queues: numbers.queues.iter().map(drawn).collect(),
        reasons: rows(&numbers.reasons),
        numbers: &numbers,
        now: state.clock.now(),
    })
}

#[derive(Tags)]
enum Tag {
    /// How long reviews take.
    ReviewTimes,
}

/// Minutes of business hours: the middle, and what 95 of 100 cases do not exceed.
#[derive(Clone, Object)]
struct ReviewMinutes {
    median: i64,
    p95: i64,
}

impl From<Times> for ReviewMinutes {
    fn from(times: Times) -> Self {
        Self { median: times.median.num_minutes(), p95: times.p95.num_minutes() }
    }
}

/// A week of a queue.
#[derive(Clone, Object)]
#[oai(skip_serializing_if_is_none)]
struct ReviewWeek {
    /// Its Monday, in Beijing.
    week: chrono::NaiveDate,
    /// False when there were too few decisions to be published: then there are no numbers.
    published: bool,
    decided: Option<u64>,
    /// From submission until a reviewer took the case.
    queue_time: Option<ReviewMinutes>,
    /// From then until the decision.
    review_time: Option<ReviewMinutes>,
    /// Cases approved at the first submission, in percent.
    first_pass_percent: Option<u64>,
}

/// A queue, week by week.
#[derive(Clone, Object)]
struct ReviewQueue {
    /// `companies` (企业审核) or `people` (个人人工审核).
    queue: String,
    /// What is promised, in minutes of business hours.
    promised_minutes: i64,
    /// The oldest first; the last is the present week.
    weeks: Vec<ReviewWeek>,
}

/// How long reviews take, published.
#[derive(Clone, Object)]
struct ReviewTimes {
    computed_at: DateTime<Utc>,
    queues: Vec<ReviewQueue>,
}

fn published(week: &Week) -> ReviewWeek {
    let enough = week.decided >= FEWEST;
    let times = |times: Option<Times>| times.filter(|_| enough).map(ReviewMinutes::from);
    ReviewWeek {
        week: week.monday,
        published: enough,
        decided: enough.then_some(week.decided as u64),
        queue_time: times(week.waited),
        review_time: times(week.reviewed),
        first_pass_percent: week.first_pass().filter(|_| enough && week.first >= FEWEST).map(|share| share as u64),
    }
}

/// Computed anew after this long: a stranger's request costs nothing in between.
const FRESH: Duration = Duration::minutes(10);

/// What the review desk publishes.
#[derive(Default)]
pub struct Api {
    kept: Mutex<Option<ReviewTimes>>,
}

#[OpenApi(prefix_path = "/api", tag = "Tag::ReviewTimes")]
impl Api {
    /// Queue time and review time of the last twelve weeks. For anybody; at most ten minutes old.
    #[oai(path = "/review-times", method = "get", operation_id = "get_review_times")]
    async fn review_times(&self, state: Data<&Arc<State>>) -> Result<Json<ReviewTimes>, Error> {
        let now = state.clock.now();
        let mut kept = self.kept.lock().await;
        if let Some(fresh) = kept.as_ref().filter(|kept| now - kept.computed_at < FRESH) {
            return Ok(Json(fresh.clone()));
        }
        let queue = |of: OfQueue| ReviewQueue {
            queue: of.queue.word().to_owned(),
            promised_minutes: of.queue.promise(&state).num_minutes(),
            weeks: of.weeks.iter().map(published).collect(),
        };
        let queues = numbers::queues(&state).await?.into_iter().map(queue).collect();
        let times = ReviewTimes { computed_at: now, queues };
        *kept = Some(times.clone());
        Ok(Json(times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_with_few_cases_is_not_published() {
        let times = Some(Times { median: Duration::minutes(30), p95: Duration::minutes(90) });
        let week = |decided, first| Week {
            decided,
            first,
            first_passed: 4,
            waited: times,
            reviewed: times,
            ..Week::default()
        };
        let few = published(&week(4, 4));
        assert!(
            !few.published && few.decided.is_none() && few.queue_time.is_none() && few.first_pass_percent.is_none()
        );
        let enough = published(&week(6, 5));
        assert_eq!((enough.decided, enough.first_pass_percent), (Some(6), Some(80)));
        assert_eq!(enough.review_time.map(|time| (time.median, time.p95)), Some((30, 90)));
        assert_eq!(published(&week(6, 4)).first_pass_percent, None, "four of six cannot be told either");
    }

    #[test]
    fn bars_stand_on_one_line_and_none_is_higher_than_the_drawing() {
        let week = |median: i64| Week {
            whole: Some(Times { median: Duration::minutes(median), p95: Duration::minutes(median * 3) }),
            ..Week::default()
        };
        let weeks = [week(10), Week::default(), week(400)];
        let bars = columns(&weeks, |week| vec![week.whole.map(|t| long(t.median)), week.whole.map(|t| long(t.p95))]);
        assert_eq!(bars.len(), 4);
        assert!(bars.iter().all(|bar| bar.y + bar.height == TOP + HIGH && bar.y >= TOP && bar.x + bar.width <= WIDTH));
        assert_eq!((bars[3].height, bars[3].second), (HIGH, true));
    }
}

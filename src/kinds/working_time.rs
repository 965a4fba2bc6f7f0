//! 工作时间: business hours on working days in China, and how long something has waited in them. Weekends count unless they
//! are made up for (调休), weekdays unless they are holidays, as the State Council publishes them for each year.

use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use std::collections::{BTreeMap, BTreeSet};

const BEIJING: FixedOffset = FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");
/// No search goes further: with less than one working day in ten years the calendar is wrong.
const FURTHEST: usize = 3660;

/// What is known of a year's holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// As published by the State Council.
    Published,
    /// Only the days that the law fixes; shifts of weekends are not published yet.
    Provisional,
    /// Nothing: every weekday counts as a working day.
    Nothing,
}

/// The calendar and the hours.
#[derive(Clone, Debug)]
pub struct WorkingTime {
    opens: NaiveTime,
    closes: NaiveTime,
    off: BTreeSet<NaiveDate>,
    made_up: BTreeSet<NaiveDate>,
    years: BTreeMap<i32, Known>,
}

impl WorkingTime {
    /// A calendar of weekdays. None when it would never open.
    pub fn new(opens: NaiveTime, closes: NaiveTime) -> Option<Self> {
        let (off, made_up, years) = Default::default();
        (opens < closes).then_some(Self { opens, closes, off, made_up, years })
    }

    /// Adds a year: days off, and weekend days that are worked.
    pub fn add_year(&mut self, year: i32, known: Known, off: &[NaiveDate], made_up: &[NaiveDate]) {
        self.years.insert(year, known);
        self.off.extend(off);
        self.made_up.extend(made_up);
    }

    /// What is known of a year.
    pub fn known(&self, year: i32) -> Known {
        self.years.get(&year).copied().unwrap_or(Known::Nothing)
    }

    /// Whether people work on a day.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        self.made_up.contains(&day) || (!weekend && !self.off.contains(&day))
    }

    /// When people begin and stop working on a day; None on a day off.
    pub fn hours(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if !self.is_working_day(day) {
            return None;
        }
        let at = |time: NaiveTime| BEIJING.from_local_datetime(&day.and_time(time)).single().map(|at| at.to_utc());
        Some((at(self.opens)?, at(self.closes)?))
    }

    /// The business hours between two moments; none when the second is not later.
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        let (first, last) = (day_of(from), day_of(to));
        let days = first.iter_days().take_while(|day| *day <= last).take(FURTHEST);
        let worked = days.filter_map(|day| self.hours(day)).map(|(opens, closes)| closes.min(to) - opens.max(from));
        worked.filter(|worked| *worked > Duration::zero()).sum()
    }

    /// The moment by which so much of business hours has gone by.
    pub fn after(&self, from: DateTime<Utc>, amount: Duration) -> DateTime<Utc> {
        let mut left = amount;
        for day in day_of(from).iter_days().take(FURTHEST) {
            let Some((opens, closes)) = self.hours(day) else { continue };
            let begins = opens.max(from);
            let here = (closes - begins).max(Duration::zero());
            if here >= left && closes > begins {
                return begins + left;
            }
            left -= here;
        }
        from + amount
    }

    /// The latest moment since which so much of business hours has gone by: what has waited since then or longer, and
    /// nothing else, has waited as long. Nothing is later than any amount above zero.
    pub fn before(&self, to: DateTime<Utc>, amount: Duration) -> DateTime<Utc> {
        let (mut left, mut day) = (amount, day_of(to));
        for _ in 0..FURTHEST {
            if let Some((opens, closes)) = self.hours(day) {
                let ends = closes.min(to);
                let here = (ends - opens).max(Duration::zero());
                if here >= left && ends > opens {
                    return ends - left;
                }
                left -= here;
            }
            let Some(earlier) = day.pred_opt() else { break };
            day = earlier;
        }
        to - amount
    }
}

fn day_of(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&BEIJING).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// On clocks in Beijing.
    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_str(&format!("{text} +0800"), "%Y-%m-%d %H:%M %z").unwrap().to_utc()
    }

    /// Around the Spring Festival of 2026.
    fn calendar() -> WorkingTime {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let mut calendar = WorkingTime::new(hour(9), hour(18)).unwrap();
        let off: Vec<NaiveDate> = day("2026-02-15").iter_days().take(9).collect();
        calendar.add_year(2026, Known::Published, &off, &[day("2026-02-14"), day("2026-02-28")]);
        calendar
    }

    #[test]
    fn nights_weekends_and_holidays_do_not_count_and_made_up_days_do() {
        let calendar = calendar();
        let hours = |from: &str, to: &str| calendar.between(at(from), at(to)).num_minutes() as f64 / 60.0;
        assert_eq!(hours("2026-02-11 10:00", "2026-02-11 12:30"), 2.5);
        assert_eq!(hours("2026-02-11 17:00", "2026-02-12 10:00"), 2.0, "over night");
        assert_eq!(hours("2026-02-06 17:00", "2026-02-09 10:00"), 2.0, "over a weekend");
        assert_eq!(hours("2026-02-14 08:00", "2026-02-14 20:00"), 9.0, "a Saturday that is made up for");
        assert_eq!(hours("2026-02-14 17:00", "2026-02-24 10:00"), 2.0, "over the Spring Festival");
        assert_eq!(hours("2026-02-16 09:00", "2026-02-20 18:00"), 0.0);
        assert_eq!(hours("2026-02-12 10:00", "2026-02-11 10:00"), 0.0, "backwards");
        assert_eq!(calendar.after(at("2026-02-14 17:00"), Duration::hours(9)), at("2026-02-24 17:00"));
        assert_eq!(calendar.after(at("2026-02-13 09:00"), Duration::hours(9)), at("2026-02-13 18:00"));
        assert_eq!(calendar.before(at("2026-02-24 10:00"), Duration::hours(2)), at("2026-02-14 17:00"));
        assert_eq!((calendar.known(2026), calendar.known(2027)), (Known::Published, Known::Nothing));
    }

    #[test]
    fn a_desk_that_never_opens_is_refused() {
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
        assert!(WorkingTime::new(nine, nine).is_none());
    }

    fn moment() -> impl Strategy<Value = DateTime<Utc>> {
        // January to April 2026, to the minute.
        (0i64..170_000).prop_map(|minutes| at("2026-01-01 00:00") + Duration::minutes(minutes))
    }

    proptest! {
        #[test]
        fn due_is_when_the_promise_has_gone_by(from in moment(), minutes in 1i64..6000) {
            let (calendar, amount) = (calendar(), Duration::minutes(minutes));
            let due = calendar.after(from, amount);
            prop_assert_eq!(calendar.between(from, due), amount);
            prop_assert!(calendar.between(from, due - Duration::minutes(1)) < amount, "and not before");
        }

        #[test]
        fn who_came_later_is_due_no_earlier(a in moment(), b in moment(), minutes in 1i64..6000) {
            let (calendar, amount) = (calendar(), Duration::minutes(minutes));
            let (a, b) = (a.min(b), a.max(b));
            prop_assert!(calendar.after(a, amount) <= calendar.after(b, amount));
        }

        #[test]
        fn what_has_waited_so_long_has_waited_since_before(since in moment(), now in moment(), minutes in 1i64..6000) {
            let (calendar, amount) = (calendar(), Duration::minutes(minutes));
            let waited = calendar.between(since, now) >= amount;
            prop_assert_eq!(waited, since <= calendar.before(now, amount));
        }
    }
}

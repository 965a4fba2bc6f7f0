//! 回访时段: when somebody may ask to be called: the mornings and afternoons in which the review desk works, by its own clock.

use super::{BEIJING, day};
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use zhangzheng_kinds::WorkingTime;

/// Working days ahead of which slots are offered.
const DAYS: usize = 3;
/// Nobody is called at noon: from this hour to that.
const NOON: (u32, u32) = (12, 14);
/// No search for a working day goes further.
const FURTHEST: usize = 60;

/// A stretch of time in which a call may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// The slots that can be chosen now, the earliest first.
pub fn slots(now: DateTime<Utc>, office: &WorkingTime) -> Vec<Slot> {
    let days = day(now).iter_days().take(FURTHEST);
    let open = days.filter_map(|day| Some((day, office.hours(day)?))).take(DAYS + 1);
    open.flat_map(|(day, hours)| halves(day, hours)).filter(|slot| slot.from > now).take(DAYS * 2).collect()
}

/// What is before noon of the hours of a day, and what is after.
fn halves(day: NaiveDate, (opens, closes): (DateTime<Utc>, DateTime<Utc>)) -> impl Iterator<Item = Slot> {
    let at = |hour: u32| BEIJING.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).single().map(|at| at.to_utc());
    let morning = at(NOON.0).map(|noon| Slot { from: opens, until: closes.min(noon) });
    let afternoon = at(NOON.1).map(|noon| Slot { from: opens.max(noon), until: closes });
    [morning, afternoon].into_iter().flatten().filter(|slot| slot.from < slot.until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Duration, NaiveTime};
    use proptest::prelude::*;
    use zhangzheng_kinds::Known;

    fn hour(hour: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, 0, 0).unwrap()
    }

    /// The National Day of 2026: off from Thursday the 1st to Wednesday the 7th, and Saturday the 10th is worked.
    fn office(opens: u32, closes: u32) -> WorkingTime {
        let mut office = WorkingTime::new(hour(opens), hour(closes)).unwrap();
        let october = |day: u32| NaiveDate::from_ymd_opt(2026, 10, day).unwrap();
        let off: Vec<NaiveDate> = (1..=7).map(october).collect();
        office.add_year(2026, Known::Published, &off, &[october(10)]);
        office
    }

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_str(&format!("{text} +0800"), "%Y-%m-%d %H:%M %z").unwrap().to_utc()
    }

    fn shown(now: &str, office: &WorkingTime) -> Vec<String> {
        let beijing = |at: DateTime<Utc>| at.with_timezone(&BEIJING);
        let show = |slot: Slot| {
            format!("{}-{}", beijing(slot.from).format("%m-%d %H:%M"), beijing(slot.until).format("%H:%M"))
        };
        slots(at(now), office).into_iter().map(show).collect()
    }

    #[test]
    fn b4_nobody_is_called_on_a_holiday_and_a_made_up_saturday_is_a_working_day() {
        let expected = [
            "09-30 14:00-18:00",
            "10-08 09:00-12:00",
            "10-08 14:00-18:00",
            "10-09 09:00-12:00",
            "10-09 14:00-18:00",
            "10-10 09:00-12:00",
        ];
        assert_eq!(shown("2026-09-30 09:30", &office(9, 18)), expected);
    }

    #[test]
    fn b4_the_desks_own_hours_are_the_hours_of_calls() {
        assert_eq!(shown("2026-11-24 08:00", &office(10, 16))[..2], ["11-24 10:00-12:00", "11-24 14:00-16:00"]);
        assert_eq!(shown("2026-11-24 08:00", &office(13, 20))[..2], ["11-24 14:00-20:00", "11-25 14:00-20:00"]);
        assert_eq!(shown("2026-11-24 08:00", &office(8, 12))[..2], ["11-25 08:00-12:00", "11-26 08:00-12:00"]);
    }

    proptest! {
        #[test]
        fn b4_every_slot_is_in_the_working_time_of_the_desk(minutes in 0i64..600_000, opens in 0u32..20, long in 1u32..4) {
            let office = office(opens, opens + long);
            let now = at("2026-01-01 00:00") + Duration::minutes(minutes);
            for slot in slots(now, &office) {
                prop_assert!(slot.from > now);
                prop_assert_eq!(office.between(slot.from, slot.until), slot.until - slot.from);
            }
        }
    }
}

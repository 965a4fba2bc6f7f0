//! The working-day clock as configured: business hours, and the file of holidays.

use crate::config;
use anyhow::Context;
use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use zhangzheng_kinds::{Known, WorkingTime};

/// The file that comes with the product.
const BUILT_IN: &str = include_str!("../config/holidays.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    year: Vec<Year>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    year: i32,
    /// The notice that says so.
    #[serde(rename = "source")]
    _source: String,
    #[serde(default)]
    provisional: bool,
    off: Vec<String>,
    work: Vec<String>,
}

/// Reads hours and holidays.
///
/// # Errors
/// A file that cannot be read or names a day of another year, hours that are none.
pub fn load(settings: &config::Console) -> anyhow::Result<WorkingTime> {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").with_context(|| format!("{text} is no HH:MM"));
    let (opens, closes) = (time(&settings.opens)?, time(&settings.closes)?);
    let mut calendar = WorkingTime::new(opens, closes).context("console.opens must be before console.closes")?;
    anyhow::ensure!(
        settings.company_promise_minutes > 0 && settings.person_promise_minutes > 0,
        "a promise of console needs at least a minute"
    );
    let text = match &settings.holidays {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("holidays {}", path.display()))?,
        None => BUILT_IN.to_owned(),
    };
    let file: File = toml::from_str(&text).context("holidays")?;
    for year in file.year {
        let known = if year.provisional { Known::Provisional } else { Known::Published };
        calendar.add_year(year.year, known, &days(&year.off, year.year)?, &days(&year.work, year.year)?);
    }
    Ok(calendar)
}

/// Days and spans of days, all of one year.
fn days(texts: &[String], year: i32) -> anyhow::Result<Vec<NaiveDate>> {
    let mut all = Vec::new();
    for text in texts {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let read = |day: &str| day.parse::<NaiveDate>().with_context(|| format!("holidays: {text}"));
        let (first, last) = (read(first)?, read(last)?);
        let of_year = [first, last].iter().all(|day| chrono::Datelike::year(day) == year);
        anyhow::ensure!(of_year && first <= last, "holidays: {text} is not within {year}");
        all.extend(first.iter_days().take_while(|day| *day <= last));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, Weekday};
    use std::path::Path;

    fn settings() -> config::Console {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/production.example.toml");
        config::Config::load(&[&example]).unwrap().console
    }

    #[test]
    fn the_holidays_that_come_with_the_product_are_sound() {
        let calendar = load(&settings()).unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let off = ["2026-02-17", "2026-10-05", "2027-02-05", "2027-09-15", "2026-11-22"];
        assert!(off.into_iter().all(|text| !calendar.is_working_day(day(text))));
        assert!(["2026-02-14", "2026-10-10", "2026-11-23"].into_iter().all(|text| calendar.is_working_day(day(text))));
        let file: File = toml::from_str(BUILT_IN).unwrap();
        for year in &file.year {
            for made_up in days(&year.work, year.year).unwrap() {
                assert!(matches!(made_up.weekday(), Weekday::Sat | Weekday::Sun), "{made_up} is worked in any case");
            }
            // The law fixes 13 days; with weekends and shifts a year has 248 to 252 working days.
            let first = NaiveDate::from_ymd_opt(year.year, 1, 1).unwrap();
            let worked = first.iter_days().take(365).filter(|day| calendar.is_working_day(*day)).count();
            assert!((246..=254).contains(&worked), "{}: {worked}", year.year);
        }
        assert_eq!((calendar.known(2026), calendar.known(2027)), (Known::Published, Known::Provisional));
    }

    #[test]
    fn wrong_hours_and_wrong_days_refuse_to_boot() {
        let with = |change: &dyn Fn(&mut config::Console)| {
            let mut settings = settings();
            change(&mut settings);
            load(&settings).is_err()
        };
        assert!(with(&|s| s.opens = "9am".into()));
        assert!(with(&|s| s.closes = "08:00".into()));
        assert!(with(&|s| s.person_promise_minutes = 0));
        assert!(with(&|s| s.holidays = Some("/no/such/file.toml".into())));
        assert!(days(&["2027-01-01".into()], 2026).is_err() && days(&["2026-03-02..2026-03-01".into()], 2026).is_err());
    }
}

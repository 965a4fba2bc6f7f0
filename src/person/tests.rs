//! The machine as a table, and as strangers play with it.

use super::{Action, Status};
use crate::journey::PersonFact;
use proptest::prelude::*;
use sea_orm::Iterable;

#[test]
fn m14_the_machine() {
    let mut table = String::new();
    for status in Status::iter() {
        table.push_str(&format!("{status:?}:"));
        for action in Action::ALL {
            if let Some(next) = status.on(*action) {
                table.push_str(&format!(" {action:?}→{next:?}"));
            }
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table, @r"
    Draft: Photograph→Draft Confirm→Confirmed
    Confirmed: Photograph→Draft Confirm→Confirmed Begin→Recording Decline→ManualReview
    Recording: Photograph→Draft Confirm→Confirmed Begin→Recording Submit→Checking Decline→ManualReview
    Checking: Pass→Verified Fail→Failed Escalate→ManualReview
    Failed: Photograph→Draft Confirm→Confirmed Begin→Recording Decline→ManualReview
    ManualReview: Approve→Verified Refuse→Failed
    Verified:
    ");
}

fn schedule() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(prop::sample::select(Action::ALL), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever order people, vendor and staff act in: nobody is verified but by the vendor's word on a video handed in
    /// after a number, or by a reviewer; and what was confirmed before the last photo does not count.
    #[test]
    fn m18_nobody_is_verified_by_the_phone(schedule in schedule()) {
        let mut status = Status::Draft;
        let (mut confirmed, mut number, mut video, mut reviewer_asked) = (false, false, false, false);
        for action in schedule {
            let Some(next) = status.on(action) else { continue };
            match action {
                Action::Photograph => (confirmed, number, video) = (false, false, false),
                Action::Confirm => (confirmed, number, video) = (true, false, false),
                Action::Begin => { prop_assert!(confirmed); (number, video) = (true, false); }
                Action::Submit => { prop_assert!(number); (number, video) = (false, true); }
                Action::Pass => prop_assert!(confirmed && video),
                Action::Fail => video = false,
                Action::Escalate => { prop_assert!(video); reviewer_asked = true; }
                Action::Decline => { prop_assert!(confirmed); reviewer_asked = true; }
                Action::Approve => prop_assert!(confirmed && reviewer_asked),
                Action::Refuse => reviewer_asked = false,
            }
            if next == Status::Verified {
                prop_assert!(matches!(action, Action::Pass | Action::Approve));
            }
            status = next;
        }
    }

    /// From wherever people get to, there is a way on.
    #[test]
    fn m15_there_is_no_dead_end(schedule in schedule()) {
        let status = schedule.into_iter().fold(Status::Draft, |status, action| status.on(action).unwrap_or(status));
        let mut reached = vec![status];
        for _ in 0..8 {
            let more: Vec<Status> =
                reached.iter().flat_map(|from| Action::ALL.iter().filter_map(|action| from.on(*action))).collect();
            reached.extend(more);
            reached.dedup();
            reached.truncate(5000);
        }
        prop_assert!(reached.contains(&Status::Verified), "{status:?}");
    }
}

#[test]
fn every_status_has_its_place_in_the_journey() {
    assert_eq!(Status::Verified.fact(), PersonFact::Verified);
    assert_eq!(Status::ManualReview.fact(), PersonFact::UnderReview);
    assert_eq!(Status::iter().filter(|status| status.fact() == PersonFact::Verified).count(), 1);
}

#[test]
fn the_day_begins_at_midnight_in_beijing() {
    let at = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(super::day_began(at("2026-11-23T15:59:59Z")), at("2026-11-22T16:00:00Z"));
    assert_eq!(super::day_began(at("2026-11-23T16:00:00Z")), at("2026-11-23T16:00:00Z"));
    assert_eq!(super::day(at("2026-11-23T16:00:00Z")).to_string(), "2026-11-24");
}

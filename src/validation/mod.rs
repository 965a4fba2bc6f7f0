//! 证书查验: what verifiers ask of us: signed lists, the status service, and a page on which anybody checks a certificate or a
//! seal. Here are the rules: when a list is due, and what is said of a certificate.

pub mod check;
pub mod entity;
pub mod http;
pub mod lists;
pub mod ocsp;
mod pages;

pub use pages::routes;

use crate::authority::Reason;
use chrono::{DateTime, Duration, Utc};

/// How long lists are good for, and how long before their end the next one is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    pub good_for: Duration,
    pub ahead: Duration,
}

/// Of issuing authorities: a new list each day, good for two.
pub const DAILY: Rhythm = Rhythm { good_for: Duration::days(2), ahead: Duration::days(1) };
/// Of the root, whose key is mostly away: good for a year, renewed in the last two months.
pub const YEARLY: Rhythm = Rhythm { good_for: Duration::days(365), ahead: Duration::days(60) };

/// Whether a new list is needed: there is none, it says something else, or its end is near.
pub fn due(rhythm: Rhythm, last: Option<(&[u8], DateTime<Utc>)>, content: &[u8], now: DateTime<Utc>) -> bool {
    last.is_none_or(|(said, next_update)| said != content || next_update - now <= rhythm.ahead)
}

/// The number of the next list: grows with every list, on every instance, also after a database was put back from a backup.
pub fn next_number(last: Option<i64>, now: DateTime<Utc>) -> i64 {
    Ord::max(last.unwrap_or_default() + 1, now.timestamp_millis())
}

/// What is said of a certificate or a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Valid,
    NotYet,
    Expired,
    Revoked {
        at: DateTime<Utc>,
        reason: Reason,
    },
    /// Signed by us, but not in our books.
    Unknown,
    /// Another authority's, or nobody's.
    NotOurs,
    /// A seal whose holder's certificate is not good any more, or whose maker's is not.
    Outdated,
}

impl Verdict {
    /// A certificate of ours: what the books say comes before what the calendar says.
    pub fn of(
        books: Option<Option<(DateTime<Utc>, Reason)>>,
        period: (DateTime<Utc>, DateTime<Utc>),
        now: DateTime<Utc>,
    ) -> Self {
        match books {
            None => Self::Unknown,
            Some(Some((at, reason))) => Self::Revoked { at, reason },
            Some(None) if now < period.0 => Self::NotYet,
            Some(None) if now > period.1 => Self::Expired,
            Some(None) => Self::Valid,
        }
    }

    /// Whether one may rely on it now.
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Valid)
    }

    /// The word in the API.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::NotYet => "not_yet_valid",
            Self::Expired => "expired",
            Self::Revoked { reason, .. } if reason.is_hold() => "suspended",
            Self::Revoked { .. } => "revoked",
            Self::Unknown => "unknown",
            Self::NotOurs => "not_ours",
            Self::Outdated => "outdated",
        }
    }

    /// What people are told.
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::Valid => "有效：由本机构签发，在有效期内，未被吊销",
            Self::NotYet => "尚未生效，请在有效期开始后使用",
            Self::Expired => "已过期，请不要再依赖它确认新的签名",
            Self::Revoked { reason, .. } if reason.is_hold() => "已暂停使用，恢复之前请不要依赖它",
            Self::Revoked { .. } => "已吊销，请不要依赖它",
            Self::Unknown => "带有本机构的签名，但没有签发记录，请不要依赖它，并联系客服核实",
            Self::NotOurs => "不是本机构签发的，无法确认其真伪",
            Self::Outdated => "印章本身完好，但它所属的证书已失效，请不要依赖它",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    proptest! {
        #[test]
        fn b13_numbers_grow_whatever_the_clock_does(clocks in prop::collection::vec(-100_000i64..100_000, 1..40)) {
            let mut last = None;
            for clock in clocks {
                let next = next_number(last, at(clock));
                prop_assert!(last.is_none_or(|last| next > last));
                last = Some(next);
            }
        }

        #[test]
        fn b13_a_list_is_never_out_of_date_when_it_is_looked_after_hourly(begins in 0i64..1_000_000) {
            let mut next_update = at(begins) + DAILY.good_for;
            for hour in 0..24 * 30 {
                let now = at(begins) + Duration::hours(hour);
                prop_assert!(now < next_update);
                if due(DAILY, Some((b"same", next_update)), b"same", now) {
                    next_update = now + DAILY.good_for;
                }
            }
        }

        #[test]
        fn b13_only_a_certificate_in_the_books_in_time_and_not_revoked_is_good(
            listed in any::<bool>(), revoked in any::<bool>(), from in -10i64..10, lasts in 1i64..10, now in -20i64..20,
        ) {
            let books = listed.then(|| revoked.then(|| (at(0), Reason::KeyCompromise)));
            let verdict = Verdict::of(books, (at(from), at(from + lasts)), at(now));
            prop_assert_eq!(verdict.is_good(), listed && !revoked && (from..=from + lasts).contains(&now));
        }
    }

    #[test]
    fn b13_a_list_is_made_when_it_says_something_new_or_ends_soon() {
        let end = at(0) + DAILY.good_for;
        assert!(due(DAILY, None, b"", at(0)));
        assert!(due(DAILY, Some((b"a", end)), b"b", at(0)));
        assert!(!due(DAILY, Some((b"a", end)), b"a", at(0)));
        assert!(due(DAILY, Some((b"a", end)), b"a", at(86_400)));
    }
}

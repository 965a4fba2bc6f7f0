//! What goes wrong on purpose: a queue of rules, each for a vendor and an operation, after some calls, some times.

use serde::{Deserialize, Serialize};
use std::sync::Mutex;

/// A rule. It lives until it has fired `times` times.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default)]
    pub(crate) id: u64,
    /// `wechat`, `wechat_pay`, `ocr` …
    pub(crate) vendor: String,
    /// The operation as the log shows it, or `*` for all of the vendor.
    #[serde(default = "any")]
    pub(crate) operation: String,
    /// Calls let through first.
    #[serde(default)]
    pub(crate) after: u32,
    #[serde(default = "once")]
    pub(crate) times: u32,
    pub(crate) kind: Kind,
    /// For `timeout` and `slow`.
    #[serde(default)]
    pub(crate) ms: Option<u64>,
}

fn any() -> String {
    "*".into()
}

fn once() -> u32 {
    1
}

/// What happens: something every vendor can suffer, or an outcome in the vendor's own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Kind {
    Common(Common),
    Outcome(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Common {
    /// An empty 500, nothing done.
    #[serde(rename = "http_500")]
    Http500,
    /// A proxy's 502 page, nothing done.
    #[serde(rename = "http_502")]
    Http502,
    /// No answer for `ms` (30 s by default), then the connection ends; nothing done.
    Timeout,
    /// The connection ends at once, nothing done.
    Reset,
    /// Everything is done, and the connection ends before the answer.
    LostReply,
    /// Everything is done and answered, `ms` (2 s by default) late.
    Slow,
    /// The vendor's own "too many requests".
    RateLimited,
    /// The answer, or the notification, is signed wrongly.
    BadSignature,
    /// The notification is sent twice at once.
    DuplicateNotification,
    /// The notification waits until the next one has been sent.
    ReorderNotifications,
    /// The notification is never sent.
    DropNotification,
}

impl Common {
    /// Whether every vendor's door applies it, before the vendor's own code.
    pub(crate) fn is_transport(self) -> bool {
        matches!(self, Self::Http500 | Self::Http502 | Self::Timeout | Self::Reset | Self::LostReply | Self::Slow)
    }
}

#[derive(Default)]
pub(crate) struct Faults(Mutex<(u64, Vec<Fault>)>);

impl Faults {
    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, Vec<Fault>)> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Adds a rule and gives its id.
    pub(crate) fn add(&self, mut fault: Fault) -> u64 {
        let mut rules = self.lock();
        rules.0 += 1;
        fault.id = rules.0;
        rules.1.push(fault);
        rules.0
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.lock().1.clone()
    }

    /// Takes a rule away; whether it was there.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut rules = self.lock();
        let before = rules.1.len();
        rules.1.retain(|fault| fault.id != id);
        rules.1.len() < before
    }

    pub(crate) fn clear(&self) {
        self.lock().1.clear();
    }

    /// The first rule for this call whose kind is `wanted` and whose turn it is. Counts the call on every such rule.
    pub(crate) fn take(&self, vendor: &str, operation: &str, wanted: impl Fn(&Kind) -> bool) -> Option<Fault> {
        let mut rules = self.lock();
        let mut fired = None;
        for fault in &mut rules.1 {
            let concerns = fault.vendor == vendor && (fault.operation == "*" || fault.operation == operation);
            if !concerns || !wanted(&fault.kind) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
            } else if fired.is_none() && fault.times > 0 {
                fault.times -= 1;
                fired = Some(fault.clone());
            }
        }
        rules.1.retain(|fault| fault.times > 0);
        fired
    }

    /// The transport fault of this call, if any.
    pub(crate) fn transport(&self, vendor: &str, operation: &str) -> Option<(Common, Option<u64>)> {
        let fault =
            self.take(vendor, operation, |kind| matches!(kind, Kind::Common(common) if common.is_transport()))?;
        let Kind::Common(common) = fault.kind else { return None };
        Some((common, fault.ms))
    }

    /// Whether a common fault that the vendor itself applies is due for this call.
    pub(crate) fn is_due(&self, vendor: &str, operation: &str, common: Common) -> bool {
        self.take(vendor, operation, |kind| *kind == Kind::Common(common)).is_some()
    }

    /// The vendor's own word this call is to end in; `rate_limited` comes as that word.
    pub(crate) fn outcome(&self, vendor: &str, operation: &str) -> Option<String> {
        let wanted = |kind: &Kind| matches!(kind, Kind::Outcome(_) | Kind::Common(Common::RateLimited));
        match self.take(vendor, operation, wanted)?.kind {
            Kind::Outcome(word) => Some(word),
            Kind::Common(_) => Some("rate_limited".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: &str, after: u32, times: u32) -> Fault {
        let rule = serde_json::json!({"vendor": "v", "operation": "o", "kind": kind, "after": after, "times": times});
        serde_json::from_value(rule).unwrap()
    }

    #[test]
    fn a_rule_waits_its_turn_and_then_goes() {
        let faults = Faults::default();
        faults.add(fault("http_500", 1, 2));
        let fires: Vec<bool> = (0..4).map(|_| faults.transport("v", "o").is_some()).collect();
        assert_eq!(fires, [false, true, true, false]);
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_rule_concerns_its_own_vendor_operation_and_kind() {
        let faults = Faults::default();
        faults.add(fault("NOT_ENOUGH", 0, 1));
        assert!(faults.transport("v", "o").is_none());
        assert!(faults.outcome("v", "other").is_none());
        assert!(faults.outcome("w", "o").is_none());
        assert_eq!(faults.outcome("v", "o").as_deref(), Some("NOT_ENOUGH"));
    }
}

//! Notifications (通知): encrypted, signed, sent again on the documented ladder, by the sandbox's clock.

use super::{
    State, VENDOR, auth, fapiao,
    keys::{Signer, encrypt},
    refunds,
};
use crate::{
    clock::beijing,
    faults::{Common, Kind},
    world::{World, random_hex},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{sync::Arc, time::Instant};
use tokio_util::sync::CancellationToken;

/// Seconds between one attempt and the next: fifteen repeats in 24 h 4 min.
const LADDER: [i64; 15] = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Paid,
    Refunded,
    RefundAbnormal,
    RefundClosed,
    FapiaoIssued,
    FapiaoReversed,
}

impl Event {
    /// `event_type`, `original_type`, `summary`, and the operation in the log and in faults.
    fn words(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Paid => ("TRANSACTION.SUCCESS", "transaction", "支付成功", "notify_paid"),
            Self::Refunded => ("REFUND.SUCCESS", "refund", "退款成功", "notify_refund"),
            Self::RefundAbnormal => ("REFUND.ABNORMAL", "refund", "退款异常", "notify_refund"),
            Self::RefundClosed => ("REFUND.CLOSED", "refund", "退款关闭", "notify_refund"),
            Self::FapiaoIssued => ("FAPIAO.ISSUED", "fapiao", "发票开具结果", "notify_fapiao"),
            Self::FapiaoReversed => ("FAPIAO.REVERSED", "fapiao", "发票冲红结果", "notify_fapiao"),
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Notice {
    pub(super) id: String,
    event_type: String,
    operation: String,
    url: String,
    body: String,
    /// When it is sent next; none when it is over.
    pub(super) due: Option<DateTime<Utc>>,
    attempts: usize,
    /// What the last attempt ended in.
    last: String,
    /// Waits for the next one to go first.
    held: bool,
    #[serde(skip)]
    in_flight: bool,
}

impl Notice {
    /// For the control page: no body.
    pub(super) fn summary(&self) -> Value {
        json!({
            "id": self.id, "event_type": self.event_type, "url": self.url, "attempts": self.attempts,
            "last": self.last, "due": self.due.map(beijing),
        })
    }
}

/// Puts a notification on its way.
pub(super) fn enqueue(world: &World, state: &mut State, event: Event, url: String, plain: &Value) {
    let (event_type, original_type, summary, operation) = event.words();
    let (now, id, nonce) = (world.clock.now(), format!("EV-{}", random_hex::<12>()), random_hex::<6>());
    let ciphertext = encrypt(&world.config.pay.apiv3_key, &nonce, original_type, plain.to_string().as_bytes());
    let body = json!({
        "id": id, "create_time": beijing(now), "resource_type": "encrypt-resource", "event_type": event_type,
        "summary": summary,
        "resource": {
            "original_type": original_type, "algorithm": "AEAD_AES_256_GCM", "ciphertext": ciphertext,
            "associated_data": original_type, "nonce": nonce,
        },
    });
    let dropped = world.faults.is_due(VENDOR, operation, Common::DropNotification);
    let held = world.faults.is_due(VENDOR, operation, Common::ReorderNotifications);
    let due = if held { now + Duration::minutes(15) } else { now };
    state.notices.push(Notice {
        id,
        event_type: event_type.into(),
        operation: operation.into(),
        url,
        body: body.to_string(),
        due: (!dropped).then_some(due),
        attempts: 0,
        last: if dropped { "fault drop_notification" } else { "" }.into(),
        held,
        in_flight: false,
    });
    world.clock.wake();
}

/// Sends notifications and settles refunds when they are due, until stopped.
pub(crate) async fn deliver(world: Arc<World>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let changed = world.clock.changed();
        let now = world.clock.now();
        let (due, next) = world.pay.write(|state| {
            refunds::settle(&world, state);
            fapiao::settle(&world, state);
            let ready = |notice: &&mut Notice| !notice.in_flight && notice.due.is_some_and(|due| due <= now);
            let due: Vec<Notice> = state
                .notices
                .iter_mut()
                .filter(ready)
                .map(|notice| {
                    notice.in_flight = true;
                    notice.clone()
                })
                .collect();
            let waiting = state.notices.iter().filter(|notice| !notice.in_flight).filter_map(|notice| notice.due);
            (due, waiting.chain(refunds::next(state, now)).chain(fapiao::next(state, now)).min())
        });
        for notice in due {
            tokio::spawn(attempt(world.clone(), notice));
        }
        let next = next.unwrap_or(now + Duration::hours(1));
        tokio::select! {
            () = stop.cancelled() => {}
            () = changed => {}
            () = world.clock.reaches(next) => {}
        }
    }
}

/// One attempt (two at once when a fault says so), and what follows from it.
async fn attempt(world: Arc<World>, notice: Notice) {
    let twice = world.faults.is_due(VENDOR, &notice.operation, Common::DuplicateNotification);
    let delivered = if twice {
        let (first, second) = tokio::join!(post(&world, &notice), post(&world, &notice));
        first && second
    } else {
        post(&world, &notice).await
    };
    let now = world.clock.now();
    world.pay.write(|state| {
        if let Some(known) = state.notices.iter_mut().find(|known| known.id == notice.id) {
            known.in_flight = false;
            known.held = false;
            known.last = if delivered { "delivered" } else { "not taken" }.into();
            let pause = LADDER.get(known.attempts).map(|seconds| now + Duration::seconds(*seconds));
            known.due = if delivered { None } else { pause };
            known.attempts += 1;
        }
        // What was held back goes now that another has gone.
        for held in state.notices.iter_mut().filter(|other| other.held && other.id != notice.id) {
            (held.held, held.due) = (false, Some(now));
        }
        while state.notices.len() > 1000 {
            state.notices.remove(0);
        }
    });
    world.clock.wake();
}

/// Whether the product took it: 200 or 204 within five seconds.
async fn post(world: &World, notice: &Notice) -> bool {
    let started = Instant::now();
    let platform = Kind::Outcome("platform_certificate".into());
    let by_platform = world.faults.take(VENDOR, &notice.operation, |kind| *kind == platform).is_some();
    let signer = if by_platform { Signer::Platform } else { Signer::PublicKeyMode };
    let mut headers = auth::signature_headers(world, signer, &notice.body);
    if world.faults.is_due(VENDOR, &notice.operation, Common::BadSignature) {
        headers[2].1 = spoiled(&headers[2].1);
    } else if auth::is_probe_due(world, &notice.operation) {
        headers[2].1 = auth::probe(&headers[2].1);
    }
    let mut request = world.http.post(&notice.url).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.header("user-agent", "Mozilla/4.0").body(notice.body.clone());
    let answer = request.timeout(std::time::Duration::from_secs(5)).send().await;
    let (taken, outcome) = match answer {
        Ok(answer) => (matches!(answer.status().as_u16(), 200 | 204), answer.status().as_u16().to_string()),
        Err(error) if error.is_timeout() => (false, "no answer in time".into()),
        Err(error) if error.is_connect() => (false, "nobody there".into()),
        Err(_) => (false, "a broken connection".into()),
    };
    let latency = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    world.log.add(world.clock.beijing(), VENDOR, notice.operation.clone(), format!("sent, got {outcome}"), latency);
    taken
}

/// A signature that is well-formed and wrong.
pub(super) fn spoiled(signature: &str) -> String {
    let first = if signature.starts_with('A') { "B" } else { "A" };
    format!("{first}{}", signature.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_ladder_is_as_long_as_documented() {
        assert_eq!(super::LADDER.iter().sum::<i64>(), 24 * 3600 + 4 * 60);
    }
}

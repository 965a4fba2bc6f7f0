//! What the status service keeps in memory: the open responder of each generation, and answers that may be given again.

use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use zhangzheng_pki::ocsp::{Responder, Status};

/// Answers kept at most; beyond them, all are forgotten.
const MOST: usize = 4096;

/// An answer that was signed.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub statuses: Vec<Status>,
    pub until: DateTime<Utc>,
    pub der: Arc<[u8]>,
}

/// Responders and answers, of this process.
#[derive(Debug, Default)]
pub(crate) struct Responders {
    open: Mutex<HashMap<u32, Arc<Responder>>>,
    answers: Mutex<HashMap<[u8; 32], Signed>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|broken| broken.into_inner())
}

impl Responders {
    pub(crate) fn open(&self, generation: u32) -> Option<Arc<Responder>> {
        lock(&self.open).get(&generation).cloned()
    }

    pub(crate) fn keep(&self, generation: u32, responder: Arc<Responder>) {
        lock(&self.open).insert(generation, responder);
    }

    /// The answer to the same question, while what it says is still so.
    pub(crate) fn answer(&self, question: &[u8; 32], statuses: &[Status], now: DateTime<Utc>) -> Option<Signed> {
        lock(&self.answers).get(question).filter(|kept| kept.statuses == statuses && now < kept.until).cloned()
    }

    pub(crate) fn remember(&self, question: [u8; 32], signed: Signed) {
        let mut answers = lock(&self.answers);
        if answers.len() >= MOST {
            answers.clear();
        }
        answers.insert(question, signed);
    }
}

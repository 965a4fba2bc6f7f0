//! State that survives a restart: one mutex and one JSON file for each part, written shortly after it changes.

use anyhow::Context;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

/// A part of the sandbox's state. Clones are the same part.
pub(crate) struct Kept<T>(Arc<Inner<T>>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Inner<T> {
    value: Mutex<T>,
    file: Option<PathBuf>,
    changed: AtomicBool,
    fresh: fn() -> T,
}

/// What the keeper can do with any part.
pub(crate) trait Keep: Send + Sync {
    /// Writes it if it has changed.
    fn save(&self) -> anyhow::Result<()>;
    /// Puts it back to how a new sandbox begins.
    fn reset(&self);
}

impl<T: Serialize + DeserializeOwned> Kept<T> {
    /// Reads `<dir>/<name>.json`, or begins with `fresh()`.
    pub(crate) fn open(dir: Option<&Path>, name: &str, fresh: fn() -> T) -> anyhow::Result<Self> {
        let file = dir.map(|dir| dir.join(name).with_extension("json"));
        let value = match &file {
            Some(file) if file.exists() => {
                let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
                serde_json::from_slice(&text).with_context(|| format!("{} is not ours", file.display()))?
            }
            _ => fresh(),
        };
        Ok(Self(Arc::new(Inner { value: Mutex::new(value), file, changed: AtomicBool::new(false), fresh })))
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.value.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Looks at it.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock())
    }

    /// Changes it; it will be written.
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.lock());
        self.0.changed.store(true, Ordering::Release);
        result
    }
}

impl<T: Serialize + DeserializeOwned + Send> Keep for Kept<T> {
    fn save(&self) -> anyhow::Result<()> {
        let Some(file) = &self.0.file else { return Ok(()) };
        if !self.0.changed.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&*self.lock())?;
        let part = file.with_extension("part");
        std::fs::write(&part, text)
            .and_then(|()| std::fs::rename(&part, file))
            .inspect_err(|_| self.0.changed.store(true, Ordering::Release))
            .with_context(|| format!("cannot write {}", file.display()))
    }

    fn reset(&self) {
        self.write(|value| *value = (self.0.fresh)());
    }
}

//! The stores: the same promises whether files or a bucket.

use crate::Desk;
use bytes::Bytes;
use zhangzheng_kinds::{Clock, Random, Secret};
use zhangzheng_providers::{
    Error,
    storage::{Config, Key, OssConfig, Signature, Storage},
};
use zhangzheng_sandbox::Config as Vendors;

fn bucket(desk: &Desk, signature: Signature) -> OssConfig {
    let known = Vendors::for_tests().oss;
    OssConfig {
        endpoint: format!("{}/oss", desk.running.base_url),
        region: known.region,
        bucket: known.bucket,
        access_key_id: known.access_key_id,
        access_key_secret: Secret::new(known.access_key_secret),
        cname: false,
        signature,
    }
}

fn open(desk: &Desk, config: &Config) -> Storage {
    Storage::new(config, desk.http.clone(), desk.clock.clone(), Random::system()).unwrap()
}

async fn keeps_its_promises(storage: &Storage) {
    let key = "cases/0193-a/portrait.bin";
    let bytes = Bytes::from_static(b"already encrypted");
    assert_eq!(storage.head(key).await.unwrap(), None);
    let digest = storage.put(key, bytes.clone()).await.unwrap();
    assert_eq!(storage.put(key, bytes.clone()).await.unwrap(), digest, "the same again is done already");
    assert_eq!(storage.get_checked(key, &digest).await.unwrap(), Some(bytes.clone()));
    assert_eq!(storage.head(key).await.unwrap(), Some(17));
    let other = storage.put(key, Bytes::from_static(b"other bytes")).await.unwrap_err();
    assert_eq!(other.code(), Some("FileAlreadyExists"));
    assert_eq!(storage.get_checked(key, &digest).await.unwrap(), Some(bytes), "nothing was overwritten");
    assert!(matches!(storage.get_checked(key, &[0; 32]).await.unwrap_err(), Error::Untrusted { .. }));
    storage.delete(key).await.unwrap();
    storage.delete(key).await.unwrap();
    assert_eq!(storage.get_checked(key, &digest).await.unwrap(), None);
}

#[tokio::test]
async fn files_and_buckets_keep_the_same_promises() {
    let desk = Desk::start().await;
    let folder = tempfile::tempdir().unwrap();
    keeps_its_promises(&open(&desk, &Config::Local { folder: folder.path().into() })).await;
    keeps_its_promises(&open(&desk, &Config::Oss(bucket(&desk, Signature::V4)))).await;
}

#[cfg(feature = "oss-v1")]
#[tokio::test]
async fn an_old_bucket_keeps_them_too() {
    let desk = Desk::start().await;
    keeps_its_promises(&open(&desk, &Config::Oss(bucket(&desk, Signature::V1)))).await;
    desk.fault("oss", "*", "v1_closed").await;
    let key = "a/b";
    let storage = open(&desk, &Config::Oss(bucket(&desk, Signature::V1)));
    assert!(matches!(storage.head(key).await.unwrap_err(), Error::Misconfigured { .. }));
}

#[tokio::test]
async fn a_crash_while_writing_leaves_nothing_and_old_parts_are_swept() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::start().await;
    let config = Config::Local { folder: folder.path().into() };
    open(&desk, &config);
    let part = folder.path().join("parts/half.part");
    std::fs::write(&part, b"half").unwrap();
    let storage = open(&desk, &config);
    assert!(part.exists(), "it may be another process's, still writing");
    let key = "a/b";
    assert_eq!(storage.head(key).await.unwrap(), None);
    let later = Clock::real();
    later.advance(chrono::Duration::days(2));
    Storage::new(&config, desk.http.clone(), later, Random::system()).unwrap();
    assert!(!part.exists());
    storage.put(key, Bytes::from_static(b"x")).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("parts")).unwrap().count(), 0);
}

#[tokio::test]
async fn of_many_writers_of_one_name_one_wins_and_its_bytes_stay() {
    let desk = Desk::start().await;
    let folder = tempfile::tempdir().unwrap();
    let storage = open(&desk, &Config::Local { folder: folder.path().into() });
    let key = "a/contested";
    let tries = (0..16u8).map(|i| {
        let storage = storage.clone();
        tokio::spawn(async move { storage.put(key, Bytes::from(vec![i; 4096])).await })
    });
    let results = futures_util::future::join_all(tries).await;
    let won: Vec<_> = results.into_iter().filter_map(|result| result.unwrap().ok()).collect();
    assert_eq!(won.len(), 1);
    assert!(storage.get_checked(key, &won[0]).await.unwrap().is_some());
}

#[tokio::test]
async fn names_cannot_leave_the_store_and_keys_are_never_printed() {
    for wrong in ["", "/a", "a//b", "../a", "a/../b", "a/.", "A", "王芳", "a b", "a\\b", &"a".repeat(201)] {
        assert!(Key::parse(wrong).is_err(), "{wrong}");
    }
    let desk = Desk::start().await;
    let config = bucket(&desk, Signature::V4);
    let storage = open(&desk, &Config::Oss(config.clone()));
    assert!(!format!("{storage:?}").contains(config.access_key_secret.expose()));
}

#[tokio::test]
async fn the_buckets_refusals_are_told_apart() {
    let desk = Desk::start().await;
    let key = "a/b";
    let storage = open(&desk, &Config::Oss(bucket(&desk, Signature::V4)));
    for (kind, temporary) in [("InternalError", true), ("http_502", true), ("reset", true), ("AccessDenied", false)] {
        desk.fault("oss", "*", kind).await;
        let error = storage.put(key, Bytes::from_static(b"x")).await.unwrap_err();
        assert_eq!(error.is_temporary(), temporary, "{kind}: {error}");
    }
    let mut foreign = bucket(&desk, Signature::V4);
    foreign.bucket = "another-bucket".into();
    let error = open(&desk, &Config::Oss(foreign)).head(key).await.unwrap_err();
    assert!(matches!(error, Error::Misconfigured { .. }), "{error}");
    let mut stranger = bucket(&desk, Signature::V4);
    stranger.access_key_secret = Secret::new("wrong".into());
    let error = open(&desk, &Config::Oss(stranger)).head(key).await.unwrap_err();
    assert!(error.to_string().contains("SignatureDoesNotMatch"), "{error}");
    desk.clock.advance(chrono::Duration::minutes(20));
    let error = storage.head(key).await.unwrap_err();
    assert!(error.to_string().contains("RequestTimeTooSkewed"), "{error}");
}

#[tokio::test]
async fn objects_survive_a_restart_of_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Vendors::for_tests();
    config.data_dir = Some(folder.path().into());
    let key = "a/b";
    let desk = Desk::with(config.clone()).await;
    let storage = open(&desk, &Config::Oss(bucket(&desk, Signature::V4)));
    let digest = storage.put(key, Bytes::from_static(b"kept")).await.unwrap();
    desk.running.shutdown().await;
    let desk = Desk::with(config).await;
    let storage = open(&desk, &Config::Oss(bucket(&desk, Signature::V4)));
    assert_eq!(storage.get_checked(key, &digest).await.unwrap().unwrap(), Bytes::from_static(b"kept"));
}

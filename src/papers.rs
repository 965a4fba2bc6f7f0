//! 证件与材料: images and videos of identity and company papers. Checked before anything else, encrypted under a key per
//! case, kept in object storage; the row says what it is, the storage holds what nobody can read without the key.

use crate::{db::Tx, error::Error, state::State, vault::CaseKey};
use poem::web::Multipart;
use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::Expr};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use tokio::{io::AsyncReadExt, sync::Semaphore};
use zhangzheng_documents::{
    measure::{self, Measures},
    photo::{self, Limits, PhotoError},
};

/// No upload is larger than this, whatever it is.
pub const LARGEST_UPLOAD: usize = 25 * 1024 * 1024;
/// No photo is.
pub const LARGEST_PHOTO: usize = 10 * 1024 * 1024;

/// Decoding costs 150 MB at worst: few at once.
static DECODERS: Semaphore = Semaphore::const_new(2);

/// The table `paper`: one stored image, video or document.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "paper")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The person or company it belongs to.
        pub case_id: Uuid,
        pub content_type: String,
        pub bytes: i64,
        /// SHA-256 of what was uploaded, before we encoded it anew.
        pub upload_hash: Vec<u8>,
        pub created_at: DateTimeUtc,
        /// When its content was destroyed.
        pub erased_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table `case_key`: the sealed key of a case. Without it, nothing of the case can be read.
pub mod case_key {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub case_id: Uuid,
        pub sealed: Vec<u8>,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a form with one file sent.
#[derive(Debug)]
pub struct Upload {
    pub bytes: Vec<u8>,
    /// The other fields.
    pub fields: HashMap<String, String>,
}

/// Reads a multipart form with one file in the field `file`, never more than `most` bytes of it.
///
/// # Errors
/// [`Error::TooLarge`], or [`Error::Invalid`] when there is no file or the form is cut off.
pub async fn receive(mut form: Multipart, most: usize) -> Result<Upload, Error> {
    let broken = || Error::invalid("file", "上传中断，请重试");
    let mut upload = Upload { bytes: Vec::new(), fields: HashMap::new() };
    let mut parts = 0;
    while let Some(field) = form.next_field().await.map_err(|_| broken())? {
        parts += 1;
        let name = field.name().unwrap_or_default().to_owned();
        let limit = if name == "file" { most } else { 4096 };
        if parts > 16 {
            return Err(broken());
        }
        let mut bytes = Vec::new();
        let mut reader = field.into_async_read().take(limit as u64 + 1);
        reader.read_to_end(&mut bytes).await.map_err(|_| broken())?;
        if bytes.len() > limit {
            let most = limit / 1024 / 1024;
            return Err(Error::too_large("file", format!("文件过大，请上传不超过 {most} MB 的文件")));
        }
        if name == "file" {
            upload.bytes = bytes;
        } else {
            upload.fields.insert(name, String::from_utf8(bytes).map_err(|_| broken())?);
        }
    }
    if upload.bytes.is_empty() { Err(Error::invalid("file", "请选择要上传的文件")) } else { Ok(upload) }
}

/// A photo that has been looked at: decoded, turned upright, stripped of metadata, encoded anew.
#[derive(Clone, Debug)]
pub struct Checked {
    pub jpeg: Vec<u8>,
    pub width: u32,
    pub height: u32,
    pub upload_hash: [u8; 32],
    pub measures: Measures,
}

/// Looks at a photo before anybody is paid to read it: type by content, size, sharpness, light, glare.
///
/// # Errors
/// [`Error::Invalid`] naming `file`, with what to do: 太模糊, 反光 …
pub async fn check_photo(upload: Vec<u8>, limits: Limits) -> Result<Checked, Error> {
    let _turn = DECODERS.acquire().await.map_err(Error::internal)?;
    let looked = tokio::task::spawn_blocking(move || look(&upload, &limits)).await.map_err(Error::internal)?;
    looked.map_err(|advice| Error::invalid("file", advice))
}

fn look(upload: &[u8], limits: &Limits) -> Result<Checked, &'static str> {
    let advice = |refused: PhotoError| refused.advice();
    let picture = photo::decode(upload, limits).map_err(advice)?;
    let measures = measure::measure(&picture);
    let verdict = measures.verdict(&measure::Thresholds::default());
    if !verdict.accepted() {
        return Err(verdict.advice().unwrap_or("照片不够清晰，请重新拍摄"));
    }
    let encoded = photo::encode(&picture, limits);
    Ok(Checked {
        jpeg: encoded.jpeg,
        width: encoded.width,
        height: encoded.height,
        upload_hash: Sha256::digest(upload).into(),
        measures,
    })
}

/// Content that has been put into storage, encrypted, but has no row yet.
#[derive(Debug)]
#[must_use = "kept content needs its row"]
pub struct Kept {
    id: Uuid,
    case_id: Uuid,
    content_type: &'static str,
    bytes: usize,
    upload_hash: Vec<u8>,
}

/// Encrypts and stores content, outside any transaction. Give it its row with [`record`]; without one it is swept away.
pub async fn keep(
    state: &State,
    case_id: Uuid,
    content_type: &'static str,
    upload_hash: &[u8],
    content: &[u8],
) -> Result<Kept, Error> {
    let key = key_of(state, case_id).await?;
    let id = state.random.id(state.clock.now());
    let sealed = state.vault.seal_object(&key, id, content);
    let stored = state.providers.storage.put(&path(case_id, id), sealed).await;
    stored.map_err(|error| Error::unavailable("文件暂时无法保存，请稍后再试", error))?;
    Ok(Kept { id, case_id, content_type, bytes: content.len(), upload_hash: upload_hash.to_vec() })
}

/// Gives stored content its row.
pub async fn record(tx: &mut Tx, kept: Kept) -> Result<Uuid, Error> {
    let row = entity::ActiveModel {
        id: Set(kept.id),
        case_id: Set(kept.case_id),
        content_type: Set(kept.content_type.into()),
        bytes: Set(i64::try_from(kept.bytes).unwrap_or(i64::MAX)),
        upload_hash: Set(kept.upload_hash),
        created_at: Set(tx.now),
        erased_at: Set(None),
    };
    entity::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(kept.id)
}

/// Whether the same bytes have been uploaded before, to any case.
pub async fn seen_before(state: &State, upload_hash: &[u8]) -> Result<bool, Error> {
    let seen = entity::Entity::find().filter(entity::Column::UploadHash.eq(upload_hash)).one(&state.db.read).await?;
    Ok(seen.is_some())
}

/// When papers were handed in.
pub async fn handed_in(state: &State, ids: Vec<Uuid>) -> Result<HashMap<Uuid, DateTimeUtc>, Error> {
    let rows = entity::Entity::find().filter(entity::Column::Id.is_in(ids)).all(&state.db.read).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.created_at)).collect())
}

/// The content of a paper of a case.
///
/// # Errors
/// [`Error::NotFound`] when it is not this case's, or has been erased.
pub async fn content(state: &State, case_id: Uuid, id: Uuid) -> Result<(entity::Model, Vec<u8>), Error> {
    let row = entity::Entity::find_by_id(id)
        .filter(entity::Column::CaseId.eq(case_id))
        .filter(entity::Column::ErasedAt.is_null())
        .one(&state.db.read)
        .await?
        .ok_or_else(Error::not_found)?;
    let key = key_of(state, case_id).await?;
    let sealed = state.providers.storage.get(&path(case_id, id)).await;
    let sealed = sealed.map_err(|error| Error::unavailable("文件暂时无法读取，请稍后再试", error))?;
    let sealed = sealed.ok_or_else(|| Error::internal("a paper without content"))?;
    let content = state.vault.open_object(&key, id, &sealed)?;
    Ok((row, content))
}

/// Destroys a paper's content; its row and hash remain. Doing it again is nothing.
pub async fn erase(state: &State, case_id: Uuid, id: Uuid) -> Result<(), Error> {
    let gone = state.providers.storage.delete(&path(case_id, id)).await;
    gone.map_err(|error| Error::unavailable("文件暂时无法删除", error))?;
    entity::Entity::update_many()
        .col_expr(entity::Column::ErasedAt, Expr::value(state.clock.now()))
        .filter(entity::Column::Id.eq(id))
        .filter(entity::Column::CaseId.eq(case_id))
        .filter(entity::Column::ErasedAt.is_null())
        .exec(state.db.machinery())
        .await?;
    Ok(())
}

fn path(case_id: Uuid, id: Uuid) -> String {
    format!("{}/{}", case_id.simple(), id.simple())
}

/// The key of a case; made when it is asked for first.
async fn key_of(state: &State, case_id: Uuid) -> Result<CaseKey, Error> {
    if let Some(row) = case_key::Entity::find_by_id(case_id).one(&state.db.read).await? {
        return state.vault.case_key(case_id, &row.sealed);
    }
    let (_, sealed) = state.vault.new_case_key(case_id);
    let row = case_key::ActiveModel { case_id: Set(case_id), sealed: Set(sealed), created_at: Set(state.clock.now()) };
    let once = sea_orm::sea_query::OnConflict::column(case_key::Column::CaseId).do_nothing().to_owned();
    case_key::Entity::insert(row).on_conflict(once).exec_without_returning(state.db.machinery()).await?;
    let row = case_key::Entity::find_by_id(case_id).one(state.db.machinery()).await?;
    let row = row.ok_or_else(|| Error::internal("a case key just made"))?;
    state.vault.case_key(case_id, &row.sealed)
}

//! 通知中心 from the staff's side: writing, publishing from a day on, changing, taking away.

use super::{Permission, session::Staffer};
use crate::{error::Error, events::Event, site::notice_entity as notice, state::State};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*, sea_query::Expr};

/// What is typed for a notice (通知).
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The day in Beijing on which it is to appear; empty means now.
    pub date: String,
}

const BEIJING: FixedOffset = FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");

/// A moment on clocks in Beijing.
pub fn beijing(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&BEIJING)
}

impl Typed {
    /// Title, text, and the moment at which it appears: the first moment of a later day, else `usual`.
    fn check(&self, now: DateTime<Utc>, usual: DateTime<Utc>) -> Result<(String, String, DateTime<Utc>), Error> {
        let (title, body) = (self.title.trim(), self.body.trim());
        if title.is_empty() || title.chars().count() > 80 || title.chars().any(char::is_control) {
            return Err(Error::invalid("title", "请填写标题，不超过 80 个字"));
        }
        if body.is_empty() || body.chars().count() > 20_000 {
            return Err(Error::invalid("body", "请填写正文，不超过 20000 个字"));
        }
        let wrong = || Error::invalid("date", "日期格式不正确，请填写如 2026-11-23");
        let at = match self.date.trim() {
            "" => usual,
            text => {
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| wrong())?;
                let near = (day - beijing(now).date_naive()).num_days().abs() <= 366 * 10;
                let began = BEIJING.from_local_datetime(&day.and_time(NaiveTime::MIN)).single();
                let began = began.filter(|_| near).ok_or_else(wrong)?.to_utc();
                if day == beijing(usual).date_naive() { usual } else { began }
            }
        };
        Ok((title.to_owned(), body.replace("\r\n", "\n"), at))
    }
}

/// Every notice, newest first, also those that are to appear later.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn list(state: &State, staffer: &Staffer) -> Result<Vec<notice::Model>, Error> {
    staffer.may(Permission::SeeNotices)?;
    Ok(notice::Entity::find().order_by_desc(notice::Column::PublishedAt).limit(200).all(&state.db.read).await?)
}

/// One notice, published or not.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::NotFound`].
pub async fn one(state: &State, staffer: &Staffer, id: Uuid) -> Result<notice::Model, Error> {
    staffer.may(Permission::SeeNotices)?;
    notice::Entity::find_by_id(id).one(&state.db.read).await?.ok_or_else(Error::not_found)
}

/// Publishes a notice, now or from a later day on.
///
/// # Errors
/// [`Error::Invalid`] naming the field.
pub async fn publish(state: &State, staffer: &Staffer, typed: &Typed) -> Result<Uuid, Error> {
    staffer.may(Permission::WriteNotices)?;
    let now = state.clock.now();
    let (title, body, published_at) = typed.check(now, now)?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    let id = tx.id();
    let row = notice::ActiveModel {
        id: Set(id),
        title: Set(title),
        body: Set(body),
        published_at: Set(published_at),
        written_by: Set(staffer.id),
    };
    notice::Entity::insert(row).exec_without_returning(&*tx).await?;
    tx.say(Event::new("notice.publish", id, None)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Changes a notice.
///
/// # Errors
/// [`Error::Invalid`] naming the field, [`Error::NotFound`].
pub async fn rewrite(state: &State, staffer: &Staffer, id: Uuid, typed: &Typed) -> Result<(), Error> {
    staffer.may(Permission::WriteNotices)?;
    let was = one(state, staffer, id).await?;
    let (title, body, published_at) = typed.check(state.clock.now(), was.published_at)?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    notice::Entity::update_many()
        .col_expr(notice::Column::Title, Expr::value(title))
        .col_expr(notice::Column::Body, Expr::value(body))
        .col_expr(notice::Column::PublishedAt, Expr::value(published_at))
        .filter(notice::Column::Id.eq(id))
        .exec(&*tx)
        .await?;
    tx.say(Event::new("notice.rewrite", id, None)).await?;
    tx.commit().await
}

/// Takes a notice away.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::NotFound`] when it is gone already.
pub async fn withdraw(state: &State, staffer: &Staffer, id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::WriteNotices)?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    let gone = notice::Entity::delete_by_id(id).exec(&*tx).await?;
    if gone.rows_affected == 0 {
        return Err(Error::not_found());
    }
    tx.say(Event::new("notice.withdraw", id, None)).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(date: &str) -> Typed {
        Typed { title: "通知".into(), body: "正文".into(), date: date.into() }
    }

    #[test]
    fn a_notice_appears_now_or_when_a_later_day_begins_in_beijing() {
        let now: DateTime<Utc> = "2026-11-23T20:00:00Z".parse().unwrap();
        let at = |date: &str| typed(date).check(now, now).map(|(_, _, at)| at);
        assert_eq!(at("").unwrap(), now);
        assert_eq!(at("2026-11-24").unwrap(), now, "in Beijing it is the 24th already");
        assert_eq!(at("2026-11-25").unwrap().to_rfc3339(), "2026-11-24T16:00:00+00:00");
        for wrong in ["tomorrow", "2026-13-01", "0001-01-01", "262000-01-01", "2026-11-25'--"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_notice_needs_a_title_and_a_text() {
        let now = DateTime::UNIX_EPOCH;
        let field = |typed: Typed| typed.check(now, now).unwrap_err().problem().field.clone().unwrap();
        assert_eq!(field(Typed { title: " ".into(), ..typed("") }), "title");
        assert_eq!(field(Typed { title: "长".repeat(81), ..typed("") }), "title");
        assert_eq!(field(Typed { body: "\n".into(), ..typed("") }), "body");
        assert_eq!(field(Typed { body: "长".repeat(20_001), ..typed("") }), "body");
    }
}

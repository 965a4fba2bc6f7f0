//! 待办: what waits to be decided. Every submitted case is in exactly one queue, told by its status alone, so that no row
//! can be forgotten; each queue has its promised time, and runs by the working-day clock. Being late is said, never acted on.

use super::{
    Permission, Role,
    claim::{self, Claim},
    entity::staff,
    session::Staffer,
};
use crate::{
    company,
    error::Error,
    person,
    slice::{Place, Slice},
    state::State,
};
use chrono::{DateTime, Duration, Utc};
use sea_orm::entity::prelude::*;

/// A queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Queue {
    /// 企业审核
    Companies,
    /// 个人人工审核
    People,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 2] = [Self::Companies, Self::People];

    /// The queue with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.word() == word)
    }

    /// The word in addresses: `/console/<word>/<id>` is a case.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Companies => "companies",
            Self::People => "people",
        }
    }

    /// What the page says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Companies => "企业审核",
            Self::People => "个人人工审核",
        }
    }

    /// What one must be permitted to take a case from it.
    pub const fn needs(self) -> Permission {
        match self {
            Self::Companies | Self::People => Permission::Decide,
        }
    }

    /// Where a company's case waits.
    pub const fn of_company(status: company::Status) -> Option<Self> {
        match status {
            company::Status::UnderReview => Some(Self::Companies),
            company::Status::Draft
            | company::Status::Returned
            | company::Status::Approved
            | company::Status::Rejected => None,
        }
    }

    /// Where a person's case waits.
    pub const fn of_person(status: person::Status) -> Option<Self> {
        match status {
            person::Status::ManualReview => Some(Self::People),
            person::Status::Draft
            | person::Status::Confirmed
            | person::Status::Recording
            | person::Status::Checking
            | person::Status::Failed
            | person::Status::Verified => None,
        }
    }

    /// Business hours in which a case is promised to be decided.
    pub fn promise(self, state: &State) -> Duration {
        let console = &state.config.console;
        Duration::minutes(match self {
            Self::Companies => console.company_promise_minutes,
            Self::People => console.person_promise_minutes,
        })
    }
}

/// How much of the promised time has gone by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// Less than half.
    #[default]
    Calm,
    /// Half of it.
    Half,
    /// 80 of 100.
    Near,
    /// All of it.
    Over,
}

impl Warning {
    /// Those that can be asked for.
    pub const ALL: [Self; 3] = [Self::Half, Self::Near, Self::Over];

    /// Of a promise, after so much of business hours.
    pub fn of(worked: Duration, promise: Duration) -> Self {
        let parts = |percent: i64| worked * 100 >= promise * i32::try_from(percent).unwrap_or(100);
        match () {
            () if parts(100) => Self::Over,
            () if parts(80) => Self::Near,
            () if parts(50) => Self::Half,
            () => Self::Calm,
        }
    }

    /// From how much on.
    pub const fn percent(self) -> i32 {
        match self {
            Self::Calm => 0,
            Self::Half => 50,
            Self::Near => 80,
            Self::Over => 100,
        }
    }

    /// The warning with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|warning| warning.word() == word)
    }

    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Calm => "",
            Self::Half => "half",
            Self::Near => "near",
            Self::Over => "over",
        }
    }

    /// What the page says: colour is never the only sign.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Calm => "时间充裕",
            Self::Half => "时限过半",
            Self::Near => "即将超时",
            Self::Over => "已超时",
        }
    }

    /// Its colour.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Calm => "good",
            Self::Half => "half",
            Self::Near => "waiting",
            Self::Over => "bad",
        }
    }
}

/// Which cases a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// None: every queue.
    pub queue: Option<Queue>,
    /// Only what who looks has taken.
    pub mine: bool,
    /// Only what nobody has taken.
    pub free: bool,
    /// Only what has come back.
    pub revised: bool,
    /// Only what is as late as this, or later.
    pub warning: Warning,
}

/// A case in the list.
#[derive(Clone, Debug)]
pub struct Item {
    pub queue: Queue,
    pub id: Uuid,
    /// The company's name; of people, only why they are here.
    pub title: String,
    pub since: DateTime<Utc>,
    pub due: DateTime<Utc>,
    pub warning: Warning,
    pub revised: bool,
    pub claim: Option<Claim>,
}

/// One page of the list, by due time; `next` leads to the one after.
#[derive(Clone, Debug)]
pub struct Page {
    pub items: Vec<Item>,
    pub next: Option<Cursor>,
}

/// How many cases a page has.
pub const PAGE: usize = 50;

/// Where a page begins: the last place shown of each queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor([Option<Place>; Queue::ALL.len()]);

impl Cursor {
    /// Reads it from an address; what is no cursor is the beginning.
    pub fn parse(text: &str) -> Self {
        let place = |text: &str| {
            let (at, id) = text.split_once('.')?;
            Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
        };
        let mut cursor = Self::default();
        for (mine, text) in cursor.0.iter_mut().zip(text.split('_')) {
            *mine = place(text);
        }
        cursor
    }

    /// For an address.
    pub fn text(&self) -> String {
        let place = |place: &Option<Place>| {
            place.map(|(at, id)| format!("{}.{}", at.timestamp_micros(), id.simple())).unwrap_or_default()
        };
        self.0.iter().map(place).collect::<Vec<_>>().join("_")
    }

    fn of(&self, queue: Queue) -> Option<Place> {
        Queue::ALL.iter().zip(self.0).find(|(known, _)| **known == queue).and_then(|(_, place)| place)
    }

    fn step(&mut self, item: &Item) {
        for (queue, place) in Queue::ALL.iter().zip(&mut self.0) {
            if *queue == item.queue {
                *place = Some((item.since, item.id));
            }
        }
    }
}

/// A page of what waits, by due time.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn page(state: &State, staffer: &Staffer, filter: &Filter, from: Cursor) -> Result<Page, Error> {
    staffer.may(Permission::SeeCases)?;
    some(state, staffer, filter, from, PAGE).await
}

async fn some(state: &State, staffer: &Staffer, filter: &Filter, from: Cursor, most: usize) -> Result<Page, Error> {
    let now = state.clock.now();
    let claims = claim::of_all(state).await?;
    let mine = |id: &Uuid| claims.get(id).is_some_and(|claim| claim.staff_id == staffer.id);
    let mut items = Vec::new();
    for queue in Queue::ALL.into_iter().filter(|queue| filter.queue.is_none_or(|only| only == *queue)) {
        let promise = queue.promise(state);
        let slice = Slice {
            after: from.of(queue),
            until: late_since(state, promise, filter.warning, now),
            only: filter.mine.then(|| claims.keys().filter(|id| mine(id)).copied().collect()),
            but: if filter.free { claims.keys().copied().collect() } else { Vec::new() },
            revised: filter.revised,
            most: most as u64 + 1,
        };
        for (id, title, since, revised) in waiting(state, queue, &slice).await? {
            let warning = Warning::of(state.working_time.between(since, now), promise);
            let due = state.working_time.after(since, promise);
            items.push(Item { queue, id, title, since, due, warning, revised, claim: claims.get(&id).cloned() });
        }
    }
    items.sort_by_key(|item| (item.due, item.since, item.id));
    let more = items.len() > most;
    items.truncate(most);
    let mut next = from;
    items.iter().for_each(|item| next.step(item));
    Ok(Page { items, next: more.then_some(next) })
}

/// Since when something has waited that is as late as this.
fn late_since(state: &State, promise: Duration, warning: Warning, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (warning != Warning::Calm).then(|| state.working_time.before(now, promise * warning.percent() / 100))
}

type Row = (Uuid, String, DateTime<Utc>, bool);

async fn waiting(state: &State, queue: Queue, slice: &Slice) -> Result<Vec<Row>, Error> {
    Ok(match queue {
        Queue::Companies => {
            let rows = company::flow::waiting(state, slice).await?.into_iter();
            let title = |name: Option<String>| name.unwrap_or_else(|| "（未填写名称）".into());
            rows.map(|row| (row.id, title(row.name), row.since, row.revised)).collect()
        }
        Queue::People => {
            let rows = person::flow::waiting(state, slice).await?.into_iter();
            let why = |declined| if declined { "选择不刷脸" } else { "人脸验证未通过" };
            rows.map(|row| (row.case.person_id, why(row.case.declined_face).into(), row.case.since, row.revised))
                .collect()
        }
    })
}

/// The case to look at next: one already held, else the one due first that nobody holds.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn next(state: &State, staffer: &Staffer, queue: Option<Queue>) -> Result<Option<(Queue, Uuid)>, Error> {
    staffer.may(Permission::SeeCases)?;
    for filter in [Filter { queue, mine: true, ..Filter::default() }, Filter { queue, free: true, ..Filter::default() }]
    {
        let found = some(state, staffer, &filter, Cursor::default(), 1).await?;
        if let Some(item) = found.items.first() {
            return Ok(Some((item.queue, item.id)));
        }
    }
    Ok(None)
}

/// How a queue stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub queue: Queue,
    pub waiting: u64,
    pub oldest: Option<DateTime<Utc>>,
    /// Of the oldest.
    pub warning: Warning,
    /// Somebody is there who may take a case from it.
    pub served: bool,
}

/// How every queue stands.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn standing(state: &State, staffer: &Staffer) -> Result<Vec<Standing>, Error> {
    staffer.may(Permission::SeeCases).or_else(|_| staffer.may(Permission::SeeNumbers))?;
    let open = staff::Entity::find().filter(staff::Column::DisabledAt.is_null()).all(&state.db.read).await?;
    let roles: Vec<super::Roles> = open.iter().map(|row| super::Roles::parse(&row.roles)).collect();
    let now = state.clock.now();
    let mut all = Vec::new();
    for queue in Queue::ALL {
        let (waiting, oldest) = match queue {
            Queue::Companies => company::flow::how_many(state).await?,
            Queue::People => person::flow::how_many(state).await?,
        };
        let worked = oldest.map_or_else(Duration::zero, |since| state.working_time.between(since, now));
        let warning = Warning::of(worked, queue.promise(state));
        all.push(Standing { queue, waiting, oldest, warning, served: served(&roles, queue) });
    }
    Ok(all)
}

fn served(roles: &[super::Roles], queue: Queue) -> bool {
    roles.iter().any(|roles| roles.can(queue.needs()) && roles.can(Permission::SeeCases))
}

/// Whether a role sees the queues and may take from every one of them.
pub fn serves(role: Role) -> bool {
    let roles = [super::Roles::from_iter([role])];
    Queue::ALL.into_iter().all(|queue| served(&roles, queue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn what_waits_for_us_is_in_a_queue_and_nothing_else_is() {
        for status in company::Status::iter() {
            assert_eq!(Queue::of_company(status).is_some(), status == company::Status::UnderReview, "{status:?}");
        }
        for status in person::Status::iter() {
            assert_eq!(Queue::of_person(status).is_some(), status == person::Status::ManualReview, "{status:?}");
        }
    }

    #[test]
    fn every_queue_is_seen_by_a_role_that_may_take_from_it() {
        let serving: Vec<&str> = Role::ALL.into_iter().filter(|role| serves(*role)).map(Role::word).collect();
        assert_eq!(serving, ["reviewer", "senior_reviewer"]);
    }

    #[test]
    fn warnings_come_at_fifty_eighty_and_a_hundred_percent() {
        let promise = Duration::minutes(540);
        let of = |minutes: i64| Warning::of(Duration::minutes(minutes), promise);
        assert_eq!([of(0), of(269), of(270), of(431)], [Warning::Calm, Warning::Calm, Warning::Half, Warning::Half]);
        assert_eq!([of(432), of(539), of(540), of(9999)], [Warning::Near, Warning::Near, Warning::Over, Warning::Over]);
    }

    #[test]
    fn a_cursor_comes_back_from_an_address_and_rubbish_is_the_beginning() {
        let at = DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap();
        let cursor = Cursor([None, Some((at, Uuid::from_u128(7)))]);
        assert_eq!(Cursor::parse(&cursor.text()), cursor);
        assert_eq!(Cursor::parse(&Cursor::default().text()), Cursor::default());
        for rubbish in ["", "_", "x.y_z", "1.2_3.4_5.6", "99999999999999999999.0_"] {
            assert_eq!(Cursor::parse(rubbish), Cursor::default(), "{rubbish}");
        }
    }
}

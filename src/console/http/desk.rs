//! The frame around every page of the console, its errors, and how moments are written.

use crate::{
    console::{Permission, claim::Claim, notices::beijing, session::Staffer},
    page,
    state::State,
};
use askama::Template;
use chrono::{DateTime, Utc};
use poem::{Response, http::StatusCode};
use uuid::Uuid;

/// The frame: who is signed in, where one can go.
#[derive(Clone, Debug)]
pub struct Desk {
    pub title: String,
    pub name: String,
    /// None: errors, and the sign-in page.
    pub me: Option<Me>,
    /// The token that every form carries.
    pub csrf: String,
    pub tabs: Vec<Tab>,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Me {
    pub name: String,
    pub roles: String,
}

/// One place to go.
#[derive(Clone, Copy, Debug)]
pub struct Tab {
    pub path: &'static str,
    pub label: &'static str,
    pub here: bool,
}

const TABS: [(&str, &str, Option<Permission>); 15] = [
    ("/console", "概览", None),
    ("/console/queue", "待办", Some(Permission::SeeCases)),
    ("/console/companies", "企业审核", Some(Permission::SeeCases)),
    ("/console/people", "个人人工审核", Some(Permission::SeeCases)),
    ("/console/search", "查找", Some(Permission::Search)),
    ("/console/numbers", "数据", Some(Permission::SeeNumbers)),
    ("/console/seals", "制章", Some(Permission::SeeSeals)),
    ("/console/payments", "款项", Some(Permission::SeePayments)),
    ("/console/finance", "财务", Some(Permission::SeeBooks)),
    ("/console/catalogue", "目录", Some(Permission::SeeCatalogue)),
    ("/console/proposals", "双人复核", Some(Permission::SeeProposals)),
    ("/console/work", "后台任务", Some(Permission::SeeWork)),
    ("/console/notices", "通知", Some(Permission::SeeNotices)),
    ("/console/staff", "人员", Some(Permission::SeeStaff)),
    ("/console/log", "日志", Some(Permission::SeeLog)),
];

impl Desk {
    /// The frame of a page; `here` is the path of its tab.
    pub fn of(state: &State, staffer: &Staffer, title: &str, here: &str) -> Self {
        let open = TABS.iter().filter(|(_, _, needs)| needs.is_none_or(|needs| staffer.can(needs)));
        Self {
            title: title.to_owned(),
            me: Some(Me { name: staffer.name.clone(), roles: staffer.roles.labels() }),
            csrf: staffer.csrf.clone(),
            tabs: open.map(|(path, label, _)| Tab { path, label, here: *path == here }).collect(),
            ..Self::bare(state, title)
        }
    }

    /// A frame around nobody.
    pub fn bare(state: &State, title: &str) -> Self {
        let name = state.config.service.name.clone();
        Self { title: title.to_owned(), name, me: None, csrf: String::new(), tabs: Vec::new() }
    }
}

/// `11-23 09:05` on clocks in Beijing.
pub fn moment(at: &DateTime<Utc>) -> String {
    beijing(*at).format("%m-%d %H:%M").to_string()
}

/// `2026-11-23` in Beijing.
pub fn day(at: &DateTime<Utc>) -> String {
    beijing(*at).format("%Y-%m-%d").to_string()
}

/// How long ago: `5 分钟`, `3 小时`, `2 天`.
pub fn age(now: DateTime<Utc>, since: DateTime<Utc>) -> String {
    match (now - since).num_minutes() {
        ..1 => "刚刚".to_owned(),
        minutes @ 1..60 => format!("{minutes} 分钟"),
        minutes @ 60..2880 => format!("{} 小时", minutes / 60),
        minutes => format!("{} 天", minutes / 1440),
    }
}

/// Who holds a case, as a page says it, and what the person in front of it can do about it.
#[derive(Clone, Debug)]
pub struct Hold {
    pub case_id: Uuid,
    pub mine: bool,
    /// The name of somebody else who holds it.
    pub other: Option<String>,
    pub until: String,
    pub may_take: bool,
    pub may_decide: bool,
}

impl Hold {
    /// Of a case that waits for a decision.
    pub fn of(staffer: &Staffer, case_id: Uuid, claim: Option<&Claim>) -> Self {
        let mine = claim.is_some_and(|claim| claim.staff_id == staffer.id);
        let can = staffer.can(Permission::Decide);
        Self {
            case_id,
            mine,
            other: claim.filter(|_| !mine).map(|claim| claim.staff_name.clone()),
            until: claim.map(|claim| moment(&claim.until)).unwrap_or_default(),
            may_take: can && claim.is_none(),
            may_decide: can && mine,
        }
    }
}

#[derive(Template)]
#[template(path = "console/error.html", config = "config/askama.toml")]
struct ErrorPage {
    desk: Desk,
    detail: String,
    request_id: String,
}

/// An error as a page of the console: the same calm sentence, and the way back to the desk.
pub fn error_page(state: &State, status: StatusCode, detail: &str, request_id: &str) -> Response {
    let title = match status.as_u16() {
        404 => "没有找到",
        403 => "不能进行此操作",
        409 => "情况有变化",
        429 => "请稍后再试",
        500.. => "系统繁忙",
        _ => "请检查后重试",
    };
    let desk = Desk::bare(state, title);
    let shown = ErrorPage { desk, detail: detail.to_owned(), request_id: request_id.to_owned() };
    page::html_with(status, &shown).unwrap_or_else(|_| Response::builder().status(status).body(detail.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_fitting_units() {
        let now = DateTime::UNIX_EPOCH;
        let ago = |minutes: i64| age(now, now - chrono::Duration::minutes(minutes));
        assert_eq!(
            [ago(0), ago(59), ago(60), ago(47 * 60), ago(48 * 60)],
            ["刚刚", "59 分钟", "1 小时", "47 小时", "2 天"]
        );
        assert_eq!(moment(&now), "01-01 08:00");
    }
}

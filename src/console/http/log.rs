//! For owners and auditors: what has happened.

use super::desk::{Desk, moment};
use crate::{
    console::{claim, flow, session::Staffer},
    error::Error,
    events, page,
    state::State,
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    web::{Data, Query},
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route.at("/console/log", get(happened))
}

/// An event as a line.
pub struct Line {
    pub at: String,
    pub name: String,
    /// What it is called; empty for what has no name of its own.
    pub label: &'static str,
    pub actor: String,
    pub change: String,
    pub subject_id: Uuid,
}

/// Events as lines, with the staff's names.
pub fn lines(events: Vec<events::entity::Model>, names: &HashMap<Uuid, String>) -> Vec<Line> {
    let line = |event: events::entity::Model| Line {
        at: moment(&event.at),
        actor: actor(&event.actor, names),
        change: match (&event.was, &event.now_is) {
            (Some(was), Some(now_is)) => format!("{was} → {now_is}"),
            _ => String::new(),
        },
        label: label(&event.name),
        name: event.name,
        subject_id: event.subject_id,
    };
    events.into_iter().map(line).collect()
}

/// What happened, in the reviewer's words.
fn label(name: &str) -> &'static str {
    match name {
        "company.start" => "开始企业实名",
        "company.choose_role" => "选择办理身份",
        "company.upload_paper" => "上传材料",
        "company.remove_paper" => "移除材料",
        "company.make_letter" => "生成授权委托书",
        "company.submit" => "提交",
        "company.check_registry" => "工商核验",
        "company.return" => "退回修改",
        "company.approve" | "person.approve" => "通过",
        "company.reject" => "不予通过",
        "company.restart" => "重新申请",
        "person.photograph" => "拍摄身份证",
        "person.confirm" => "确认证件信息",
        "person.decline" => "选择人工审核",
        "person.escalate" => "转人工审核",
        "person.refuse" => "退回",
        "person.verify" => "人脸验证通过",
        "person.fail" => "人脸验证未通过",
        "console.claim" => "领取",
        "console.release" => "放回",
        "console.view_case" => "查看案件",
        "console.view_paper" => "查看材料",
        "console.reveal" => "显示完整号码",
        "console.note" => "添加内部备注",
        "console.propose" => "提请复核",
        "console.export_evidence" => "导出证据文件",
        "proposal.confirm" => "复核确认",
        "proposal.decline" => "复核否决",
        "proposal.withdraw" => "撤回复核",
        "proposal.lapse" => "复核过期",
        "seal.proof" => "制作印章样稿",
        "seal.check" => "样稿检验通过",
        "seal.refuse" => "样稿退回",
        "seal.make" => "印章制作完成",
        "seal.sign" => "电子印章签名",
        "certificate.activate" => "证书激活",
        "certificate.revoke" => "证书吊销",
        "authority_key.make" => "平台密钥更新",
        "revocation_list.publish" => "发布吊销列表",
        "staff.change_roles" => "变更岗位",
        "catalogue.begin" => "开始修改目录",
        "catalogue.edit" => "修改目录草稿",
        "catalogue.publish" => "发布目录",
        "catalogue.discard" => "放弃目录草稿",
        "console.export_books" => "导出收支明细",
        "difference.find" => "发现对账差异",
        "difference.explain" => "说明对账差异",
        "difference.close" => "关闭对账差异",
        "reconciliation.compare" => "对账",
        "invoice.issue" => "开具发票",
        "invoice.redden" => "发票冲红",
        "invoice.fail" | "invoice.refuse_reversal" => "发票异常",
        _ => "",
    }
}

fn actor(text: &str, names: &HashMap<Uuid, String>) -> String {
    match text.split_once(':') {
        Some(("staff", id)) => {
            let name = id.parse().ok().and_then(|id: Uuid| names.get(&id));
            name.map_or_else(|| "工作人员".to_owned(), |name| format!("工作人员 {name}"))
        }
        Some(_) => "申请人".to_owned(),
        None => "系统".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "console/log.html", config = "config/askama.toml")]
struct LogPage {
    desk: Desk,
    lines: Vec<Line>,
    about: Option<Uuid>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LogQuery {
    about: Option<Uuid>,
}

#[handler]
async fn happened(
    state: Data<&Arc<State>>,
    staffer: Staffer,
    Query(query): Query<LogQuery>,
) -> Result<Response, Error> {
    let rows = flow::happened(&state, &staffer, query.about, 200).await?;
    let lines = lines(rows, &claim::names(&state).await?);
    page::html(&LogPage { desk: Desk::of(&state, &staffer, "日志", "/console/log"), lines, about: query.about })
}

//! What another version changes, place by place: what whoever publishes it looks at.

use super::{Content, Platform, Region};
use zhangzheng_kinds::Fen;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `项目` or `项目·地区`.
    pub place: String,
    pub what: &'static str,
    /// Empty: it was not there.
    pub was: String,
    /// Empty: it is gone.
    pub now: String,
}

/// Every difference, in the order of the new version; what is gone comes last.
pub fn diff(was: &Content, now: &Content) -> Vec<Change> {
    let mut changes = Vec::new();
    for platform in &now.platforms {
        match was.platform(&platform.code) {
            Some(before) => of_platform(&mut changes, before, platform),
            None => {
                changes.push(change(&platform.name, "新增项目", "", &platform.code));
                platform.regions.iter().for_each(|region| added(&mut changes, platform, region));
            }
        }
    }
    let gone = was.platforms.iter().filter(|before| now.platform(&before.code).is_none());
    changes.extend(gone.map(|before| change(&before.name, "删除项目", &before.code, "")));
    let codes = |content: &Content| content.platforms.iter().map(|one| one.code.clone()).collect::<Vec<_>>();
    moved(&mut changes, "项目", codes(was), codes(now));
    changes
}

fn change(place: &str, what: &'static str, was: &str, now: &str) -> Change {
    Change { place: place.into(), what, was: was.into(), now: now.into() }
}

fn place(platform: &Platform, region: &Region) -> String {
    format!("{}·{}", platform.name, region.name)
}

fn added(changes: &mut Vec<Change>, platform: &Platform, region: &Region) {
    let place = place(platform, region);
    changes.push(change(&place, "新增地区", "", &region.code));
    changes.push(change(&place, "证书价格", "", &Fen(region.certificate_price).to_string()));
    changes.push(change(&place, "授权价格", "", &Fen(region.authorisation_price).to_string()));
    changes.extend(region.internal.then(|| change(&place, "范围", "", shown(true))));
}

fn shown(internal: bool) -> &'static str {
    if internal { "仅内部" } else { "对外" }
}

fn of_platform(changes: &mut Vec<Change>, was: &Platform, now: &Platform) {
    differs(changes, &now.name, "名称", &was.name, &now.name);
    differs(changes, &now.name, "说明", &was.description, &now.description);
    differs(changes, &now.name, "范围", shown(was.internal), shown(now.internal));
    for region in &now.regions {
        match was.regions.iter().find(|before| before.code == region.code) {
            Some(before) => of_region(changes, &place(now, region), before, region),
            None => added(changes, now, region),
        }
    }
    let gone = was.regions.iter().filter(|before| !now.regions.iter().any(|region| region.code == before.code));
    changes.extend(gone.map(|before| change(&place(now, before), "删除地区", &before.code, "")));
    let codes = |platform: &Platform| platform.regions.iter().map(|one| one.code.clone()).collect::<Vec<_>>();
    moved(changes, &now.name, codes(was), codes(now));
}

fn of_region(changes: &mut Vec<Change>, place: &str, was: &Region, now: &Region) {
    let yuan = |fen: i64| Fen(fen).to_string();
    differs(changes, place, "名称", &was.name, &now.name);
    differs(changes, place, "证书价格", &yuan(was.certificate_price), &yuan(now.certificate_price));
    differs(changes, place, "授权价格", &yuan(was.authorisation_price), &yuan(now.authorisation_price));
    differs(changes, place, "范围", shown(was.internal), shown(now.internal));
}

fn differs(changes: &mut Vec<Change>, place: &str, what: &'static str, was: &str, now: &str) {
    if was != now {
        changes.push(change(place, what, was, now));
    }
}

/// Whether what both have stands in another order.
fn moved(changes: &mut Vec<Change>, place: &str, was: Vec<String>, now: Vec<String>) {
    let kept = |list: &[String], other: &[String]| {
        list.iter().filter(|code| other.contains(code)).cloned().collect::<Vec<_>>().join("、")
    };
    differs(changes, place, "排列顺序", &kept(&was, &now), &kept(&now, &was));
}

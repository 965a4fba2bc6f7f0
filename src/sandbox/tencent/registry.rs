//! VerifyBizLicenseEnterprise3 and 4: the register of the desk's companies, and of those added by hand.

use super::{Answer, Refusal, parameters, unknown_action};
use crate::{samples::COMPANIES, world::World};
use serde::{Deserialize, Serialize};
use serde_json::json as object;

/// A company in the register.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) uscc: String,
    pub(crate) name: String,
    pub(crate) representative: String,
    /// Empty: the number of the desk's person with that name.
    #[serde(default)]
    pub(crate) representative_id_number: String,
    /// 1 open, 2 moved, 3 cancelled, 4 revoked, 5 withdrawn, 6 suspended, 7 registration withdrawn, 0 other.
    #[serde(default = "open")]
    pub(crate) operating_status: String,
}

fn open() -> String {
    "1".into()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Three {
    credit_code: String,
    ent_name: String,
    lr_name: Option<String>,
    verify_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Four {
    credit_code: String,
    ent_name: String,
    lr_name: String,
    id_num: String,
}

pub(super) fn answer(world: &World, action: &str, body: &[u8], wanted: Option<String>) -> Answer {
    let wanted = match wanted.as_deref() {
        None => None,
        Some("system_error") => Some(1),
        Some("no_result") => Some(2),
        Some(code) => return Err(Refusal::bare(code)),
    };
    match action {
        "VerifyBizLicenseEnterprise3" => three(world, &parameters(body)?, wanted),
        "VerifyBizLicenseEnterprise4" => four(world, &parameters(body)?, wanted),
        _ => Err(unknown_action()),
    }
}

fn three(world: &World, asked: &Three, wanted: Option<i64>) -> Answer {
    let with_name = match asked.verify_type.as_deref() {
        None | Some("ENT_2META") => false,
        Some("ENT_3META") if asked.lr_name.is_some() => true,
        Some("ENT_3META") => return Err(Refusal::new("MissingParameter", "LrName is needed for ENT_3META.")),
        Some(_) => return Err(Refusal::new("InvalidParameterValue", "VerifyType: ENT_2META or ENT_3META.")),
    };
    let entry = find(world, &asked.credit_code);
    let (Some(entry), None) = (entry, wanted) else {
        return Ok(object!({"StatusCode": wanted.unwrap_or(2), "VerifyResult": null, "OperatingStatus": "/"}));
    };
    let right = entry.name == asked.ent_name && (!with_name || asked.lr_name.as_deref() == Some(&entry.representative));
    Ok(object!({"StatusCode": 0, "VerifyResult": i32::from(right), "OperatingStatus": entry.operating_status}))
}

fn four(world: &World, asked: &Four, wanted: Option<i64>) -> Answer {
    let entry = find(world, &asked.credit_code);
    let (Some(entry), None) = (entry, wanted) else {
        return Ok(object!({
            "StatusCode": wanted.unwrap_or(2), "VerifyResult": null, "IsCreditCodeConsistent": null,
            "IsEntNameConsistent": null, "IsLrNameConsistent": null, "IsIdNumConsistent": null,
            "OperatingStatus": "/", "OperatingPeriod": "/",
        }));
    };
    let (name, lr) = (entry.name == asked.ent_name, entry.representative == asked.lr_name);
    let id = lr && entry.representative_id_number == asked.id_num;
    Ok(object!({
        "StatusCode": 0, "VerifyResult": i32::from(name && lr && id), "IsCreditCodeConsistent": true,
        "IsEntNameConsistent": name, "IsLrNameConsistent": lr, "IsIdNumConsistent": id,
        "OperatingStatus": entry.operating_status, "OperatingPeriod": "2016-03-18/",
    }))
}

/// The register: what was added by hand first, then the desk's companies, whose representatives are the desk's people.
fn find(world: &World, uscc: &str) -> Option<Entry> {
    let added = world.tencent.read(|state| state.companies.iter().find(|entry| entry.uscc == uscc).cloned());
    let drawn = || {
        let company = COMPANIES.iter().find(|company| company.uscc == uscc)?;
        Some(Entry {
            uscc: company.uscc.into(),
            name: company.name.into(),
            representative: company.representative.into(),
            representative_id_number: String::new(),
            operating_status: open(),
        })
    };
    let mut entry = added.or_else(drawn)?;
    if entry.representative_id_number.is_empty() {
        let by_name = |people: &Vec<crate::Person>| {
            people.iter().find(|p| p.name == entry.representative).map(|p| p.id_number.clone())
        };
        entry.representative_id_number = world.people.read(by_name).unwrap_or_default();
    }
    Some(entry)
}

//! 项目、地区与价格: what can be bought, for which relying platform, where, and at what price; in versions, each in force from
//! a moment on. The rules; everything here is pure. An order keeps the prices it was placed at.

pub mod diff;
pub mod entity;
pub mod flow;

use crate::actions;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The whole catalogue: one version's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    #[serde(rename = "platform")]
    pub platforms: Vec<Platform>,
}

/// A relying platform (项目).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    pub code: String,
    pub name: String,
    pub description: String,
    /// Internal platforms are never shown to applicants.
    #[serde(default)]
    pub internal: bool,
    #[serde(rename = "region")]
    pub regions: Vec<Region>,
}

/// A region (地区) of a platform, with its prices in fen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    pub code: String,
    pub name: String,
    /// 企业/单位手机证书(含电子印章), for one year.
    pub certificate_price: i64,
    /// 授权使用费, for one authorisation.
    pub authorisation_price: i64,
    #[serde(default)]
    pub internal: bool,
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    /// Being edited; at most one.
    Draft,
    /// In force from its moment on, until the next one's.
    Published,
    Discarded,
}

actions! {
    /// What can be done to a version.
    "catalogue" {
        Publish => "publish",
        Discard => "discard",
    }
}

impl Status {
    /// The whole machine. What is published is never changed: another version takes its place.
    pub const fn on(self, action: Action) -> Option<Self> {
        match (self, action) {
            (Self::Draft, Action::Publish) => Some(Self::Published),
            (Self::Draft, Action::Discard) => Some(Self::Discarded),
            _ => None,
        }
    }
}

/// No price is higher: ¥100,000.00.
const DEAREST: i64 = 10_000_000;
/// Longest name, in characters.
const LONGEST: usize = 40;

impl Content {
    /// What applicants may see: nothing internal, no platform without a region.
    pub fn offered(mut self) -> Self {
        self.platforms.retain(|platform| !platform.internal);
        for platform in &mut self.platforms {
            platform.regions.retain(|region| !region.internal);
        }
        self.platforms.retain(|platform| !platform.regions.is_empty());
        self
    }

    /// The platform with this code.
    pub fn platform(&self, code: &str) -> Option<&Platform> {
        self.platforms.iter().find(|platform| platform.code == code)
    }

    /// Whether it can be published.
    ///
    /// # Errors
    /// A sentence that says what to put right.
    pub fn check(&self) -> Result<(), String> {
        if self.clone().offered().platforms.is_empty() {
            return Err("至少要有一个对外的项目和地区".into());
        }
        unlike(self.platforms.iter().map(|platform| platform.code.as_str()), "项目")?;
        for platform in &self.platforms {
            named(&platform.code, &platform.name)?;
            unlike(platform.regions.iter().map(|region| region.code.as_str()), &platform.name)?;
            for region in &platform.regions {
                named(&region.code, &region.name)?;
                for price in [region.certificate_price, region.authorisation_price] {
                    if !(1..=DEAREST).contains(&price) {
                        let place = format!("{}·{}", platform.name, region.name);
                        return Err(format!("{place} 的价格应在 0.01 至 100000.00 元之间，请修改"));
                    }
                }
            }
        }
        Ok(())
    }
}

fn unlike<'a>(codes: impl Iterator<Item = &'a str>, of: &str) -> Result<(), String> {
    let mut seen = HashSet::new();
    for code in codes {
        if !seen.insert(code) {
            return Err(format!("{of} 的代码 {code} 重复，请修改"));
        }
    }
    Ok(())
}

fn named(code: &str, name: &str) -> Result<(), String> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if !(2..=LONGEST).contains(&code.len()) || !code.bytes().all(plain) {
        return Err(format!("代码“{code}”应为 2 至 40 位小写字母、数字或 -，请修改"));
    }
    if !(1..=LONGEST).contains(&name.trim().chars().count()) {
        return Err(format!("代码 {code} 的名称应为 1 至 40 字，请修改"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

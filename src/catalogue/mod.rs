//! 项目、地区与价格: what can be bought, for which relying platform, where, and at what price.

pub mod entity;
pub mod flow;

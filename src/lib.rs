//! 掌证 Zhangzheng: mobile e-signature certificates for companies, enrolled inside WeChat.
//!
//! The modules stand in reading order: what everything rests on, then the features in the order of the journey, then what
//! puts them together. A feature is a folder: `mod.rs` (rules), `entity.rs` (tables), `flow.rs` (what people can do),
//! `http.rs` (how they ask). Calls look back, events go forward.

pub use zhangzheng_documents as documents;
pub use zhangzheng_kinds as kinds;
pub use zhangzheng_pki as pki;
pub use zhangzheng_providers as providers;

// What everything rests on.
pub mod config;
pub mod error;
pub mod vault;
pub mod keys;
pub mod authority;
pub mod live;
pub mod events;
pub mod jobs;
pub mod db;
pub mod change;
pub mod limits;
pub mod working_time;
pub mod slice;
pub mod journey;
pub mod state;
pub mod who;
pub mod agreements;
pub mod notice;
pub mod papers;
pub mod finding;
pub mod evidence;
pub mod page;

// The journey.
pub mod catalogue;
pub mod account;
pub mod handoff;
pub mod person;
pub mod company;
pub mod order;
pub mod invoice;
pub mod reconciliation;
pub mod telling;
pub mod administrator;
pub mod certificate;
pub mod validation;

// What is not a step, and what puts everything together.
pub mod console;
pub mod site;
pub mod listen;
pub mod telemetry;
pub mod web;
pub mod app;

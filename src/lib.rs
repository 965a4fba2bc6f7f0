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
pub mod agreements;
pub mod change;
pub mod config;
pub mod db;
pub mod error;
pub mod events;
pub mod jobs;
pub mod journey;
pub mod limits;
pub mod live;
pub mod notice;
pub mod page;
pub mod papers;
pub mod state;
pub mod vault;
pub mod who;

// The journey.
pub mod account;
pub mod administrator;
pub mod catalogue;
pub mod certificate;
pub mod company;
pub mod handoff;
pub mod order;
pub mod person;

// What is not a step, and what puts everything together.
pub mod app;
pub mod console;
pub mod listen;
pub mod site;
pub mod telemetry;
pub mod web;

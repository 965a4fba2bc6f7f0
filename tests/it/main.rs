//! The product as its users and its attackers meet it: over HTTP, on SQLite and on PostgreSQL, with the sandbox on the
//! wire and the time in hand. Tests that prove a row of the manual begin with its number.

#[macro_use]
mod kit;

mod account;
mod administrator;
mod case;
mod catalogue;
mod certificate;
mod company;
mod console;
mod console_cases;
mod console_desk;
mod console_doors;
mod console_sign_in;
mod desk_model;
mod face_routes;
mod handoff;
mod holder;
mod hostile;
mod invitation;
mod live;
mod order;
mod person;
mod site;
mod validation;

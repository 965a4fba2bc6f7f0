//! The database, one file a migration, forward only; the same on SQLite and PostgreSQL.

pub use sea_orm_migration::prelude::*;

mod m0001_account;
mod m0002_papers;
mod m0003_person;
mod m0004_company;
mod m0005_order;
mod m0006_administrator;
mod m0007_certificate;
mod m0008_console;

/// All migrations, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_account::Migration),
            Box::new(m0002_papers::Migration),
            Box::new(m0003_person::Migration),
            Box::new(m0004_company::Migration),
            Box::new(m0005_order::Migration),
            Box::new(m0006_administrator::Migration),
            Box::new(m0007_certificate::Migration),
            Box::new(m0008_console::Migration),
        ]
    }
}

//! The database, one file a migration, forward only; the same on SQLite and PostgreSQL.

pub use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{timestamp_with_time_zone, timestamp_with_time_zone_null};

mod m0001_account;
mod m0002_papers;
mod m0003_person;
mod m0004_company;
mod m0005_order;
mod m0006_administrator;
mod m0007_certificate;
mod m0008_console;
mod m0009_desk;
mod m0010_case;
mod m0011_people;
mod m0012_pay;
mod m0013_books;
mod m0015_ca;

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
            Box::new(m0009_desk::Migration),
            Box::new(m0010_case::Migration),
            Box::new(m0011_people::Migration),
            Box::new(m0012_pay::Migration),
            Box::new(m0013_books::Migration),
            Box::new(m0015_ca::Migration),
        ]
    }
}

/// A moment, on both databases.
pub(crate) fn time(name: &str) -> ColumnDef {
    timestamp_with_time_zone(Alias::new(name))
}

/// A moment that may not have come.
pub(crate) fn time_null(name: &str) -> ColumnDef {
    timestamp_with_time_zone_null(Alias::new(name))
}

/// An index named after its table and columns.
pub(crate) fn index(table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("ix_{table}_{}", columns.join("_"))).table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    index.to_owned()
}

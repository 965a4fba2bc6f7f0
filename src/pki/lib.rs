//! X.509, SM2, two-party keys: no HTTP, no SQL.

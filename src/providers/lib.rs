//! One adapter for each vendor: our words on top, the vendor's wire below.

//! The vendors from the other side: strict, resettable, and honest about what they do not do.

pub mod samples;

//! Value types: parse or refuse.

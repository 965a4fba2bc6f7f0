//! Value types: parse or refuse. What is inside one of these has been checked once and need not be checked again.
//! Also the two capabilities that everything takes as a parameter: [`Clock`] and [`Random`].

mod clock;
mod company;
mod contact;
mod identity;
mod money;
mod random;
mod secret;
mod sign_in;
mod working_time;

pub use clock::Clock;
pub use company::{CompanyCode, CompanyName, RegistrationNumber, SealNumber, TaxpayerId, Uscc};
pub use contact::{Email, Mobile};
pub use identity::{PersonName, ResidentId, Sex};
pub use money::Fen;
pub use random::Random;
pub use secret::Secret;
pub use sign_in::{AccountName, Password, SmsCode, Strength};
pub use working_time::{Known, WorkingTime};

/// Why a text is not a value of a kind: one calm Chinese sentence that says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub &'static str);

/// Declares a kind that is a checked `String`: `parse`, `as_str`, `Display`, serde both ways, `Debug` that shows it.
macro_rules! text {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);
        crate::text!(@rest $name);
    };
    ($(#[$meta:meta])* private $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);
        crate::text!(@rest $name);
        /// Personal data: never printed.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
    (@rest $name:ident) => {
        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// Takes the text out.
            pub fn into_string(self) -> String {
                self.0
            }
        }
        impl std::str::FromStr for $name {
            type Err = crate::Refused;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text;

/// Full-width digits and letters become half-width, surrounding blanks go: what people paste from documents.
pub(crate) fn tidy(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '\u{3000}' => ' ',
            c => c,
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

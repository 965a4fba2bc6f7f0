//! What a vendor call can end in when it does not end well, in our words.

/// Why a vendor call gave no result. The text is for logs and staff; people see their own sentence.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer, or one that says "later". The outcome is unknown: send the same request, with the same id, again.
    #[error("{vendor}: unavailable ({reason})")]
    Unavailable {
        vendor: &'static str,
        /// What was seen, for instance `timeout`, `http 502` or the vendor's own code.
        reason: String,
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The vendor understood and said no. Sending it again unchanged will not help.
    #[error("{vendor}: refused with {code}: {message}")]
    Refused { vendor: &'static str, code: String, message: String },
    /// Our keys, serials, addresses, clock or account with the vendor are wrong: an alarm for the operator.
    #[error("{vendor}: misconfigured: {message}")]
    Misconfigured { vendor: &'static str, message: String },
    /// The answer or notice does not carry the vendor's signature: treated as forged, nothing in it may be used.
    #[error("{vendor}: untrusted: {reason}")]
    Untrusted { vendor: &'static str, reason: &'static str },
    /// The answer is not what the vendor documents.
    #[error("{vendor}: malformed: {reason}")]
    Malformed { vendor: &'static str, reason: String },
}

impl Error {
    /// Unavailable without an underlying error.
    pub(crate) fn unavailable(vendor: &'static str, reason: impl Into<String>) -> Self {
        Self::Unavailable { vendor, reason: reason.into(), cause: None }
    }

    /// Refused by the vendor with its own code.
    pub(crate) fn refused(vendor: &'static str, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Refused { vendor, code: code.into(), message: message.into() }
    }

    /// Our side is set up wrongly.
    pub(crate) fn misconfigured(vendor: &'static str, message: impl Into<String>) -> Self {
        Self::Misconfigured { vendor, message: message.into() }
    }

    /// Not signed by the vendor.
    pub(crate) fn untrusted(vendor: &'static str, reason: &'static str) -> Self {
        Self::Untrusted { vendor, reason }
    }

    /// Not the documented shape.
    pub(crate) fn malformed(vendor: &'static str, reason: impl Into<String>) -> Self {
        Self::Malformed { vendor, reason: reason.into() }
    }

    /// One word for logs and metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Refused { .. } => "refused",
            Self::Misconfigured { .. } => "misconfigured",
            Self::Untrusted { .. } => "untrusted",
            Self::Malformed { .. } => "malformed",
        }
    }

    /// The vendor's own code, when it gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether the same request, with the same id, may be sent again later and could succeed.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Untrusted { .. } | Self::Malformed { .. })
    }
}

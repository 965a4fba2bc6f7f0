//! What can be wrong with certificates, requests and names (证书错误). Two-party errors are apart, in `cosign`.

/// Why a key, a name, a request or a certificate was refused.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// Not a public or private key on the SM2 curve, in the encoding we accept.
    #[error("not an SM2 key")]
    Key,
    /// The signature is malformed or does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// A subject field cannot stand in a certificate.
    #[error("the name cannot be certified: {0}")]
    Name(&'static str),
    /// An address cannot stand in a certificate.
    #[error("not an http address that a certificate can carry")]
    Address,
    /// The period is empty, too long, or longer than the issuer's.
    #[error("the validity cannot be certified: {0}")]
    Validity(&'static str),
    /// The certificate request is malformed or not acceptable.
    #[error("the certificate request is refused: {0}")]
    Request(&'static str),
    /// The certificates and the key of an authority do not belong together.
    #[error("the authority's certificates and key do not belong together")]
    Authority,
    /// Not DER, or not the structure that was expected.
    #[error("malformed DER")]
    Der(#[from] der::Error),
    /// Not PEM, or another kind of PEM than expected.
    #[error("malformed PEM")]
    Pem(#[from] der::pem::Error),
    /// The certificate could not be assembled.
    #[error("the certificate could not be built")]
    Build(#[from] x509_cert::builder::Error),
}

//! 证书模板: what root, issuing and subscriber certificates contain (GB/T 20518; RFC 5280).

use crate::PkiError;
use crate::name::Subject;
use const_oid::db::rfc5280::{ID_AD_CA_ISSUERS, ID_AD_OCSP, ID_KP_OCSP_SIGNING};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::Encode;
use der::asn1::{Ia5String, Null, OctetString, PrintableString};
use sha1::{Digest, Sha1};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};
use x509_cert::TbsCertificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints,
    ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;

/// 统一社会信用代码 as an extension: the organisation code of GM/T 0015, in practice the USCC; non-critical PrintableString.
pub const USCC_EXTENSION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10260.4.1.4");
/// Longest life of any certificate in days: ten years. Some verifiers refuse more, roots included.
pub const MAX_DAYS: i64 = 3653;

/// Where verifiers find the revocation list, the status service and the issuer's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uris {
    crl: Option<Ia5String>,
    ocsp: Option<Ia5String>,
    issuer: Option<Ia5String>,
}

impl Uris {
    /// Plain `http(s)` addresses in ASCII, at most 512 bytes each; absent ones are left out of the certificate.
    pub fn new(crl: Option<&str>, ocsp: Option<&str>, issuer: Option<&str>) -> Result<Self, PkiError> {
        Ok(Self { crl: address(crl)?, ocsp: address(ocsp)?, issuer: address(issuer)? })
    }
}

fn address(text: Option<&str>) -> Result<Option<Ia5String>, PkiError> {
    let Some(text) = text else { return Ok(None) };
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).ok_or(PkiError::Address)?;
    if rest.is_empty() || text.len() > 512 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(PkiError::Address);
    }
    Ok(Some(Ia5String::new(text)?))
}

/// Which kind of certificate is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Signs issuing authorities; self-signed.
    Root,
    /// Signs subscribers, and no further authority.
    Issuing,
    /// Signs documents.
    Subscriber,
    /// Signs answers of the status service.
    Ocsp,
    /// Signs electronic seals.
    SealMaker,
}

/// A certificate to be made: kind, names and addresses.
pub(crate) struct Profile {
    pub(crate) kind: Kind,
    pub(crate) issuer: Name,
    pub(crate) subject: Name,
    pub(crate) uscc: Option<String>,
    pub(crate) uris: Uris,
}

impl Profile {
    pub(crate) fn new(kind: Kind, issuer: &Name, subject: &Subject, uris: &Uris) -> Result<Self, PkiError> {
        Ok(Self {
            kind,
            issuer: issuer.clone(),
            subject: subject.to_name()?,
            uscc: subject.uscc().map(str::to_owned),
            uris: uris.clone(),
        })
    }

    fn key_usage(&self) -> KeyUsage {
        match self.kind {
            Kind::Root | Kind::Issuing => KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign),
            Kind::Subscriber | Kind::SealMaker => KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation),
            Kind::Ocsp => KeyUsage(KeyUsages::DigitalSignature.into()),
        }
    }

    /// cA and path length; absent from end entities, because DER must write cA=FALSE as an empty SEQUENCE, which some
    /// verifiers refuse.
    fn basic_constraints(&self) -> Option<BasicConstraints> {
        match self.kind {
            Kind::Root => Some(BasicConstraints { ca: true, path_len_constraint: None }),
            Kind::Issuing => Some(BasicConstraints { ca: true, path_len_constraint: Some(0) }),
            Kind::Subscriber | Kind::Ocsp | Kind::SealMaker => None,
        }
    }

    fn crl_distribution_points(&self) -> Option<CrlDistributionPoints> {
        let uri = self.uris.crl.clone()?;
        let name = DistributionPointName::FullName(vec![GeneralName::UniformResourceIdentifier(uri)]);
        Some(CrlDistributionPoints(vec![DistributionPoint {
            distribution_point: Some(name),
            reasons: None,
            crl_issuer: None,
        }]))
    }

    fn authority_info_access(&self) -> Option<AuthorityInfoAccessSyntax> {
        let descriptions: Vec<_> = [(ID_AD_OCSP, &self.uris.ocsp), (ID_AD_CA_ISSUERS, &self.uris.issuer)]
            .into_iter()
            .filter_map(|(access_method, uri)| {
                let access_location = GeneralName::UniformResourceIdentifier(uri.clone()?);
                Some(AccessDescription { access_method, access_location })
            })
            .collect();
        (!descriptions.is_empty()).then_some(AuthorityInfoAccessSyntax(descriptions))
    }
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let mut all = Vec::new();
        let mut add = |extension: Result<Extension, der::Error>| extension.map(|e| all.push(e));
        let subject = tbs.subject();
        if let Some(constraints) = self.basic_constraints() {
            add((&constraints).to_extension(subject, &[]))?;
        }
        add((&self.key_usage()).to_extension(subject, &[]))?;
        add((&SubjectKeyIdentifier(key_identifier(&key)?)).to_extension(subject, &[]))?;
        add((&authority_key_identifier(&issuer_key)?).to_extension(subject, &[]))?;
        if self.kind == Kind::Ocsp {
            add((&ExtendedKeyUsage(vec![ID_KP_OCSP_SIGNING])).to_extension(subject, &[]))?;
            let extn_value = OctetString::new(Null.to_der()?)?;
            add(Ok(Extension { extn_id: ID_PKIX_OCSP_NOCHECK, critical: false, extn_value }))?;
        }
        if let Some(points) = self.crl_distribution_points() {
            add((&points).to_extension(subject, &[]))?;
        }
        if let Some(access) = self.authority_info_access() {
            add((&access).to_extension(subject, &[]))?;
        }
        if let Some(uscc) = &self.uscc {
            let extn_value = OctetString::new(PrintableString::new(uscc)?.to_der()?)?;
            add(Ok(Extension { extn_id: USCC_EXTENSION, critical: false, extn_value }))?;
        }
        Ok(all)
    }
}

/// SHA-1 of the key bits (RFC 5280 §4.2.1.2 method 1): an identifier, not a protection.
fn key_identifier(key: &SubjectPublicKeyInfoRef<'_>) -> der::Result<OctetString> {
    OctetString::new(Sha1::digest(key.subject_public_key.raw_bytes()).to_vec())
}

pub(crate) fn authority_key_identifier(key: &SubjectPublicKeyInfoRef<'_>) -> der::Result<AuthorityKeyIdentifier> {
    Ok(AuthorityKeyIdentifier { key_identifier: Some(key_identifier(key)?), ..Default::default() })
}

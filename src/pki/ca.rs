//! 证书签发机构: root → issuing authority → subscribers. The root's key leaves at once, to be kept offline.

use crate::PkiError;
use crate::certificate::{Certificate, Validity};
use crate::csr::CsrVerified;
use crate::key::{Algorithm, Der, PublicKey, SigningKey};
use crate::name::Subject;
use crate::profile::{Kind, MAX_DAYS, Profile, Uris};
use der::Encode;
use signature::rand_core::CryptoRng;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::serial_number::SerialNumber;

/// What a new authority is to be called, how long it lasts, and what its certificate points to.
#[derive(Clone, Debug)]
pub struct AuthorityParams {
    /// Its name.
    pub subject: Subject,
    /// With what it signs.
    pub algorithm: Algorithm,
    /// Its period: at most [`MAX_DAYS`] days, and inside its issuer's.
    pub validity: Validity,
    /// Addresses in its certificate; a root needs none.
    pub uris: Uris,
}

/// What the platform itself needs a certificate for.
#[derive(Clone, Copy, Debug)]
pub enum Service<'a> {
    /// Signs answers of the status service in the authority's name (RFC 6960 §4.2.2.2): carries no addresses, and is not
    /// asked about itself.
    Ocsp,
    /// Signs electronic seals (GB/T 38540); its certificate points to these addresses.
    SealMaker(&'a Uris),
}

/// A root: kept offline, signs issuing authorities only.
#[derive(Debug)]
pub struct Root {
    certificate: Certificate,
    key: SigningKey,
}

impl Root {
    /// Makes a self-signed root.
    pub fn generate<R: CryptoRng + ?Sized>(params: &AuthorityParams, rng: &mut R) -> Result<Self, PkiError> {
        let key = SigningKey::generate(params.algorithm, rng);
        let profile = Profile::new(Kind::Root, &params.subject.to_name()?, &params.subject, &params.uris)?;
        let certificate = build(profile, &key.public(), params.validity, &key, rng)?;
        Ok(Self { certificate, key })
    }

    /// Joins a stored root and its unsealed key; refuses a key that is not the certificate's.
    pub fn open(certificate: Certificate, key: SigningKey) -> Result<Self, PkiError> {
        check_authority(&certificate, &certificate, &key)?;
        Ok(Self { certificate, key })
    }

    /// The root's certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The root's key, to be sealed and taken offline.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Makes an issuing authority with a key of its own: the first, or the next when it is rotated.
    pub fn make_issuing<R: CryptoRng + ?Sized>(&self, params: &AuthorityParams, rng: &mut R) -> Result<Ca, PkiError> {
        if !params.validity.is_within(&self.certificate.validity()) {
            return Err(PkiError::Validity("an authority may not outlive its issuer"));
        }
        let key = SigningKey::generate(params.algorithm, rng);
        let issuer = self.certificate.x509().tbs_certificate().subject();
        let profile = Profile::new(Kind::Issuing, issuer, &params.subject, &params.uris)?;
        let issuing = build(profile, &key.public(), params.validity, &self.key, rng)?;
        Ok(Ca { root: self.certificate.clone(), issuing, key })
    }
}

/// The issuing authority, as the server holds it.
#[derive(Debug)]
pub struct Ca {
    root: Certificate,
    issuing: Certificate,
    key: SigningKey,
}

impl Ca {
    /// Makes a root and the issuing authority below it. Seal both keys; the server needs only the [`Ca`].
    pub fn generate<R: CryptoRng + ?Sized>(
        root: &AuthorityParams,
        issuing: &AuthorityParams,
        rng: &mut R,
    ) -> Result<(Self, Root), PkiError> {
        let root = Root::generate(root, rng)?;
        Ok((root.make_issuing(issuing, rng)?, root))
    }

    /// Joins stored certificates and the unsealed issuing key; refuses what does not belong together.
    pub fn open(root: Certificate, issuing: Certificate, key: SigningKey) -> Result<Self, PkiError> {
        root.check_issued_by(&root)?;
        check_authority(&issuing, &root, &key)?;
        Ok(Self { root, issuing, key })
    }

    /// The root's certificate.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        &self.root
    }

    /// The issuing authority's certificate.
    #[must_use]
    pub fn issuing(&self) -> &Certificate {
        &self.issuing
    }

    /// The issuing key, to be sealed.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Issues a subscriber's certificate for the key whose possession the request proved. Subject, period and addresses are
    /// ours; the request's wishes are not read. Deterministic but for the serial number, which takes 16 bytes of `rng`.
    ///
    /// Refuses a period that is not inside the issuing authority's, and the authority's own keys.
    pub fn issue<R: CryptoRng + ?Sized>(
        &self,
        request: &CsrVerified,
        subject: &Subject,
        validity: Validity,
        uris: &Uris,
        rng: &mut R,
    ) -> Result<Certificate, PkiError> {
        let key = PublicKey::Sm2(request.public_key().clone());
        self.certify(Kind::Subscriber, &key, subject, validity, uris, rng)
    }

    /// Issues a certificate for a key of the platform's own, drawn by the caller.
    ///
    /// Refuses a period that is not inside the issuing authority's, and the authority's own keys.
    pub fn issue_service<R: CryptoRng + ?Sized>(
        &self,
        service: Service,
        key: &PublicKey,
        subject: &Subject,
        validity: Validity,
        rng: &mut R,
    ) -> Result<Certificate, PkiError> {
        let (kind, uris) = match service {
            Service::Ocsp => (Kind::Ocsp, &Uris::default()),
            Service::SealMaker(uris) => (Kind::SealMaker, uris),
        };
        self.certify(kind, key, subject, validity, uris, rng)
    }

    fn certify<R: CryptoRng + ?Sized>(
        &self,
        kind: Kind,
        key: &PublicKey,
        subject: &Subject,
        validity: Validity,
        uris: &Uris,
        rng: &mut R,
    ) -> Result<Certificate, PkiError> {
        if !validity.is_within(&self.issuing.validity()) {
            return Err(PkiError::Validity("a certificate may not outlive its issuer"));
        }
        if [self.issuing.public_key(), self.root.public_key()].contains(&key) {
            return Err(PkiError::Request("the key is an authority's"));
        }
        let issuer = self.issuing.x509().tbs_certificate().subject();
        build(Profile::new(kind, issuer, subject, uris)?, key, validity, &self.key, rng)
    }
}

fn build<R: CryptoRng + ?Sized>(
    profile: Profile,
    public: &PublicKey,
    validity: Validity,
    signer: &SigningKey,
    rng: &mut R,
) -> Result<Certificate, PkiError> {
    if validity.days() > MAX_DAYS {
        return Err(PkiError::Validity("longer than ten years"));
    }
    let builder = CertificateBuilder::new(profile, draw_serial(rng)?, validity.to_x509()?, public.to_spki())?;
    let certificate = builder.build::<_, Der>(signer)?;
    Certificate::from_der(&certificate.to_der()?)
}

/// 16 random bytes with the top bit clear and the next set: positive, never short, never shortened.
fn draw_serial<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<SerialNumber, PkiError> {
    let mut bytes = [0u8; 16];
    rng.fill_bytes(&mut bytes);
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}

fn check_authority(certificate: &Certificate, issuer: &Certificate, key: &SigningKey) -> Result<(), PkiError> {
    certificate.check_issued_by(issuer)?;
    let constraints = certificate.x509().tbs_certificate().get_extension::<BasicConstraints>()?;
    let may_issue = constraints.is_some_and(|(_, constraints)| constraints.ca);
    if !may_issue || *certificate.public_key() != key.public() {
        return Err(PkiError::Authority);
    }
    Ok(())
}

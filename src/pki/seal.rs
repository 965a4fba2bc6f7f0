//! 电子印章数据 (GB/T 38540-2020, header version 4): a picture, whose it is and for how long, signed by whoever makes seals.
//! The seal names the certificates that may use it, so that a renewed certificate gets a new seal.

use crate::PkiError;
use crate::certificate::{Certificate, Validity};
use crate::key::{Algorithm, SigningKey};
use crate::ocsp::time;
use crate::sm::{SM2_WITH_SM3, decode_canonical};
use chrono::{DateTime, Utc};
use der::asn1::{Any, BitString, GeneralizedTime, Ia5String, OctetString};
use der::{Decode, Encode, Sequence};
use spki::ObjectIdentifier;

/// Longest seal that is read, in bytes.
pub const MAX_SEAL_BYTES: usize = 1024 * 1024;
/// The header's version: GB/T 38540-2020.
pub const VERSION: u32 = 4;
/// The certificate list holds certificates, not their digests.
const CERTIFICATES: u32 = 1;

#[derive(Clone, Debug, Sequence)]
struct Header {
    id: Ia5String,
    version: u32,
    vendor: Ia5String,
}

#[derive(Clone, Debug, Sequence)]
struct Property {
    kind: u32,
    name: String,
    list_type: u32,
    list: Any,
    created: GeneralizedTime,
    valid_from: GeneralizedTime,
    valid_until: GeneralizedTime,
}

#[derive(Clone, Debug, Sequence)]
struct WirePicture {
    format: Ia5String,
    data: OctetString,
    width: u32,
    height: u32,
}

/// No extension data are written; what others wrote untagged or under `[0]` is not read.
#[derive(Clone, Debug, Sequence)]
struct SealInfo {
    header: Header,
    id: Ia5String,
    property: Property,
    picture: WirePicture,
}

#[derive(Clone, Debug, Sequence)]
struct SeSeal {
    info: SealInfo,
    maker: OctetString,
    algorithm: ObjectIdentifier,
    signature: BitString,
}

/// The picture of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture<'a> {
    /// `PNG`, `SVG` …
    pub format: &'a str,
    /// The file.
    pub data: &'a [u8],
    /// In millimetres, as it is to be printed.
    pub width: u32,
    /// In millimetres.
    pub height: u32,
}

/// A seal to be made.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Its number: ASCII, unique with the maker.
    pub id: &'a str,
    /// Whose software makes it: ASCII.
    pub vendor: &'a str,
    /// The maker's code for the kind of seal.
    pub kind: u32,
    /// What it is called: the company's or the person's name.
    pub name: &'a str,
    /// Who may use it.
    pub holder: &'a Certificate,
    /// How it looks.
    pub picture: Picture<'a>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// For how long it may be used.
    pub validity: Validity,
}

impl Draft<'_> {
    /// Signs the seal: DER of `SESeal`, the contents of an `.esl` file.
    ///
    /// # Errors
    /// A maker's key that is not SM2 or not the certificate's, a seal that outlives the maker's or the holder's certificate, text
    /// that cannot be written, longer than [`MAX_SEAL_BYTES`].
    pub fn sign(&self, maker: &Certificate, key: &SigningKey) -> Result<Vec<u8>, PkiError> {
        if key.algorithm() != Algorithm::Sm2Sm3 || *maker.public_key() != key.public() {
            return Err(PkiError::Authority);
        }
        if ![maker, self.holder].iter().all(|certificate| self.validity.is_within(&certificate.validity())) {
            return Err(PkiError::Validity("a seal may not outlive its maker's and its holder's certificates"));
        }
        let list = vec![OctetString::new(self.holder.der())?].to_der()?;
        let info = SealInfo {
            header: Header { id: Ia5String::new("ES")?, version: VERSION, vendor: Ia5String::new(self.vendor)? },
            id: Ia5String::new(self.id)?,
            property: Property {
                kind: self.kind,
                name: self.name.to_owned(),
                list_type: CERTIFICATES,
                list: Any::from_der(&list)?,
                created: time(self.made_at)?,
                valid_from: time(self.validity.not_before())?,
                valid_until: time(self.validity.not_after())?,
            },
            picture: WirePicture {
                format: Ia5String::new(self.picture.format)?,
                data: OctetString::new(self.picture.data)?,
                width: self.picture.width,
                height: self.picture.height,
            },
        };
        let signature = BitString::from_bytes(&key.sign(&info.to_der()?))?;
        let maker = OctetString::new(maker.der())?;
        let der = SeSeal { info, maker, algorithm: SM2_WITH_SM3, signature }.to_der()?;
        if der.len() > MAX_SEAL_BYTES { Err(PkiError::Request("a seal that is too large")) } else { Ok(der) }
    }
}

/// A seal as read. Its signature has been verified with the maker's certificate inside; who the maker is has not: see
/// [`Seal::check_maker`].
#[derive(Clone, Debug)]
pub struct Seal {
    info: SealInfo,
    maker: Certificate,
    holders: Vec<Certificate>,
    made_at: DateTime<Utc>,
    validity: Validity,
}

impl Seal {
    /// Reads a seal and verifies the maker's signature.
    ///
    /// # Errors
    /// Not a seal of version 4 with a list of certificates, not in the one way of writing it, or with a byte changed.
    pub fn parse(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > MAX_SEAL_BYTES {
            return Err(PkiError::Request("a seal that is too large"));
        }
        let SeSeal { info, maker, algorithm, signature } = decode_canonical(der)?;
        let header = &info.header;
        if header.id.as_str() != "ES" || header.version != VERSION || info.property.list_type != CERTIFICATES {
            return Err(PkiError::Request("not a seal of GB/T 38540-2020 with a list of certificates"));
        }
        let maker = Certificate::from_der(maker.as_bytes())?;
        if algorithm != SM2_WITH_SM3 || maker.public_key().algorithm() != Algorithm::Sm2Sm3 {
            return Err(PkiError::Signature);
        }
        maker.public_key().verify(&info.to_der()?, signature.as_bytes().ok_or(PkiError::Signature)?)?;
        let list: Vec<OctetString> = decode_canonical(&info.property.list.to_der()?)?;
        let holders = list.iter().map(|der| Certificate::from_der(der.as_bytes())).collect::<Result<Vec<_>, _>>()?;
        let validity = Validity::new(read(&info.property.valid_from)?, read(&info.property.valid_until)?)?;
        let made_at = read(&info.property.created)?;
        Ok(Self { info, maker, holders, made_at, validity })
    }

    /// Whether this authority issued the maker's certificate, and issued it to a maker of seals: its organisation is the
    /// authority's own, and it bears no company's code, as every holder's certificate does.
    pub fn check_maker(&self, issuer: &Certificate) -> Result<(), PkiError> {
        self.maker.check_issued_by(issuer)?;
        let organisation = self.maker.subject_part("O");
        if organisation.is_none()
            || organisation != issuer.subject_part("O")
            || self.maker.subject_part("serialNumber").is_some()
        {
            return Err(PkiError::Authority);
        }
        Ok(())
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> &str {
        self.info.id.as_str()
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.info.property.name
    }

    /// The maker's code for the kind of seal.
    #[must_use]
    pub fn kind(&self) -> u32 {
        self.info.property.kind
    }

    /// Who made it.
    #[must_use]
    pub fn maker(&self) -> &Certificate {
        &self.maker
    }

    /// Who may use it.
    #[must_use]
    pub fn holders(&self) -> &[Certificate] {
        &self.holders
    }

    /// When it was made.
    #[must_use]
    pub fn made_at(&self) -> DateTime<Utc> {
        self.made_at
    }

    /// For how long it may be used.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// How it looks.
    #[must_use]
    pub fn picture(&self) -> Picture<'_> {
        let WirePicture { format, data, width, height } = &self.info.picture;
        Picture { format: format.as_str(), data: data.as_bytes(), width: *width, height: *height }
    }
}

fn read(time: &GeneralizedTime) -> Result<DateTime<Utc>, PkiError> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok();
    seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).ok_or(PkiError::Validity("not a date"))
}

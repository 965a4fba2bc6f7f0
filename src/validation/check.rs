//! 查验: reads what somebody brings (a certificate, a seal, a serial number) and says what it is worth.

use super::Verdict;
use crate::{authority::Generation, certificate::status, error::Error, state::State};
use chrono::{DateTime, Utc};
use zhangzheng_pki::{certificate::Certificate, pem, seal::Seal};

/// Largest file that is read.
pub const LARGEST: usize = 1024 * 1024;

/// What was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Certificate,
    Seal,
}

impl Kind {
    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Seal => "seal",
        }
    }
}

/// A certificate of the chain.
#[derive(Clone, Debug)]
pub struct Link {
    pub name: String,
    pub not_after: DateTime<Utc>,
}

/// A seal, beside its holder's certificate.
#[derive(Clone, Debug)]
pub struct SealFacts {
    pub number: String,
    pub name: String,
    pub made_at: DateTime<Utc>,
    pub valid_from: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
    /// A PNG as base64, when it is one.
    pub png: Option<String>,
}

/// What is said of it.
#[derive(Clone, Debug)]
pub struct Report {
    pub kind: Kind,
    pub verdict: Verdict,
    /// As in the certificate.
    pub holder: String,
    pub code: String,
    pub serial: String,
    pub issuer: String,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    /// From the issuing authority to the root; empty when it is not ours.
    pub chain: Vec<Link>,
    pub seal: Option<SealFacts>,
    pub checked_at: DateTime<Utc>,
}

/// Checks a file: a certificate (PEM or DER), or a seal (`.esl`).
///
/// # Errors
/// [`Error::Invalid`] naming `file` for anything else, and for a seal with a byte changed.
pub async fn file(state: &State, bytes: &[u8]) -> Result<Report, Error> {
    if let Ok(seal) = Seal::parse(bytes) {
        return seal_report(state, &seal).await;
    }
    match read_certificate(bytes) {
        Some(certificate) => certificate_report(state, &certificate).await,
        None => Err(Error::invalid(
            "file",
            "文件不是可以识别的证书（PEM 或 DER）或电子印章（.esl），或者内容已被改动，请核对后重新选择",
        )),
    }
}

/// The first certificate of a PEM file, or a DER certificate.
fn read_certificate(bytes: &[u8]) -> Option<Certificate> {
    if let Ok(certificate) = Certificate::from_der(bytes) {
        return Some(certificate);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let begin = text.find("-----BEGIN CERTIFICATE-----")?;
    let end = "-----END CERTIFICATE-----";
    let length = text[begin..].find(end)? + end.len();
    let block = text[begin..begin + length].replace('\r', "");
    Certificate::from_der(&pem::decode(pem::CERTIFICATE, &(block + "\n")).ok()?).ok()
}

/// Checks by serial number, in hexadecimal, as printed: colons, blanks and capitals do not matter.
///
/// # Errors
/// [`Error::Invalid`] naming `serial` when it is none; [`Error::NotFound`] when we issued no such certificate.
pub async fn serial(state: &State, typed: &str) -> Result<Report, Error> {
    let serial: String = typed.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    let serial = serial.to_ascii_lowercase();
    if serial.len() != 32 || !serial.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::invalid("serial", "请输入证书序列号：32 位数字和字母 A 至 F"));
    }
    let Some(row) = status::by_serial(&state.db.read, &serial).await? else {
        return Err(Error::invalid("serial", "本机构没有签发过此序列号的证书，请核对后重新输入"));
    };
    let certificate = Certificate::from_der(&row.der).map_err(Error::internal)?;
    certificate_report(state, &certificate).await
}

/// What is said of a certificate: by signature first, then by our books, then by the calendar.
async fn certificate_report(state: &State, certificate: &Certificate) -> Result<Report, Error> {
    let now = state.clock.now();
    let issuer = state.authority.issuer_of(certificate);
    let verdict = match issuer {
        None => Verdict::NotOurs,
        Some(generation) => {
            let known = status::known(&state.db.read, &[certificate.serial_hex()]).await?;
            let listed = known.iter().find(|row| u32::try_from(row.generation) == Ok(generation.number));
            let period = (certificate.not_before(), certificate.not_after());
            Verdict::of(listed.map(status::Known::revoked), period, now)
        }
    };
    Ok(report(Kind::Certificate, certificate, issuer, verdict, now))
}

fn report(
    kind: Kind,
    certificate: &Certificate,
    issuer: Option<&Generation>,
    verdict: Verdict,
    now: DateTime<Utc>,
) -> Report {
    let part = |part| certificate.subject_part(part).unwrap_or_default();
    let link = |of: &Certificate| Link { name: of.subject_part("CN").unwrap_or_default(), not_after: of.not_after() };
    let chain = issuer.map(|of| vec![link(of.ca.issuing()), link(of.ca.root())]).unwrap_or_default();
    let holder = [part("O"), part("CN")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    Report {
        kind,
        verdict,
        holder,
        code: part("serialNumber"),
        serial: certificate.serial_hex(),
        issuer: issuer.map(Generation::name).unwrap_or_default(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        chain,
        seal: None,
        checked_at: now,
    }
}

/// A seal is worth what its maker and its holder are worth, while it lasts.
async fn seal_report(state: &State, seal: &Seal) -> Result<Report, Error> {
    use base64::Engine;
    let [holder, ..] = seal.holders() else {
        return Err(Error::invalid("file", "电子印章中没有持有者的证书，请向提供者索取完整的文件"));
    };
    let of_holder = certificate_report(state, holder).await?;
    let maker = certificate_report(state, seal.maker()).await?;
    let by_maker = state.authority.generations().iter().any(|of| seal.check_maker(of.ca.issuing()).is_ok());
    let now = state.clock.now();
    let validity = seal.validity();
    let verdict = if !by_maker {
        Verdict::NotOurs
    } else if !maker.verdict.is_good() {
        Verdict::Outdated
    } else if !of_holder.verdict.is_good() {
        of_holder.verdict
    } else {
        Verdict::of(Some(None), (validity.not_before(), validity.not_after()), now)
    };
    let picture = seal.picture();
    let png = (picture.format == "PNG" && picture.data.starts_with(b"\x89PNG"))
        .then(|| base64::engine::general_purpose::STANDARD.encode(picture.data));
    let facts = SealFacts {
        number: seal.id().to_owned(),
        name: seal.name().to_owned(),
        made_at: seal.made_at(),
        valid_from: validity.not_before(),
        valid_until: validity.not_after(),
        png: png.filter(|_| by_maker),
    };
    Ok(Report { kind: Kind::Seal, verdict, seal: Some(facts), ..of_holder })
}

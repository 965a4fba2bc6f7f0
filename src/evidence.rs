//! 证据文件: what was verified, as a file that anybody can check without us. A tar archive: `evidence.jsonl`, one entry a line,
//! each naming the SHA-256 of the line before; the papers, if they are included; the certificates; and a signature by the
//! issuing authority over the last hash. The archive has one way of being written, so every byte counts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io::Read};
use zhangzheng_pki::{ca::Ca, certificate::Certificate};

const ENTRIES: &str = "evidence.jsonl";
const CHAIN: &str = "chain.pem";
const SEAL: &str = "signature.json";
const PAPERS: &str = "papers/";
/// What is signed begins with this, so that it is never taken for anything else the key signs.
const DOMAIN: &str = "zhangzheng evidence 1";
/// Before the first entry.
const NOTHING: [u8; 32] = [0; 32];

/// One thing that happened, not yet in its place.
#[derive(Clone, Debug)]
pub struct Fact {
    pub at: DateTime<Utc>,
    pub kind: &'static str,
    /// Who did it, or with which vendor.
    pub by: String,
    pub said: Value,
}

/// An entry as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub number: u64,
    /// SHA-256 of the line before, lower-case hexadecimal.
    pub previous: String,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub by: String,
    pub said: Value,
}

/// The signature, as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    algorithm: String,
    entries: u64,
    /// SHA-256 of the last line.
    head: String,
    /// SHA-256 of each paper that is included, sorted.
    papers: Vec<String>,
    /// SHA-256 of the certificates' file.
    chain: String,
    signature: String,
}

impl Seal {
    fn message(&self) -> Vec<u8> {
        let Self { entries, head, papers, chain, .. } = self;
        format!("{DOMAIN}\n{entries}\n{head}\n{}\n{chain}", papers.join(" ")).into_bytes()
    }
}

/// Why a file is not what we have given out.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("文件不是完整的证据文件：{0}")]
    Archive(&'static str),
    #[error("第 {0} 条记录被改动、删除或调换")]
    Entry(u64),
    #[error("记录数量与签名不符，文件可能被截断")]
    Truncated,
    #[error("材料 {0} 被改动、缺失或未列入记录")]
    Paper(String),
    #[error("证书链不可信：{0}")]
    Chain(&'static str),
    #[error("签名无效")]
    Signature,
    #[error("写入失败：{0}")]
    Io(#[from] std::io::Error),
}

/// What a file says that is whole.
#[derive(Clone, Debug)]
pub struct Report {
    pub entries: Vec<Entry>,
    /// How many papers are included.
    pub papers: usize,
    pub signer: String,
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Writes a file: the facts in the order given, the papers under their hashes.
///
/// # Errors
/// [`Broken::Io`] when the archive cannot be written; [`Broken::Archive`] when a fact cannot be put into words.
pub fn write(facts: Vec<Fact>, papers: Vec<Vec<u8>>, ca: &Ca) -> Result<Vec<u8>, Broken> {
    let unspeakable = |_| Broken::Archive("JSON");
    let (mut lines, mut previous, mut count) = (String::new(), hex::encode(NOTHING), 0);
    for fact in facts {
        let Fact { at, kind, by, said } = fact;
        let entry = Entry { number: count, previous, at, kind: kind.to_owned(), by, said };
        let line = serde_json::to_string(&entry).map_err(unspeakable)?;
        previous = sha256(line.as_bytes());
        lines.push_str(&line);
        lines.push('\n');
        count += 1;
    }
    let papers: BTreeMap<String, Vec<u8>> = papers.into_iter().map(|paper| (sha256(&paper), paper)).collect();
    let chain = ca.issuing().pem() + &ca.root().pem();
    let mut seal = Seal {
        algorithm: ca.key().algorithm().name().to_owned(),
        entries: count,
        head: previous,
        papers: papers.keys().cloned().collect(),
        chain: sha256(chain.as_bytes()),
        signature: String::new(),
    };
    seal.signature = hex::encode(ca.key().sign(&seal.message()));
    let mut parts = vec![(ENTRIES.to_owned(), lines.into_bytes())];
    parts.extend(papers.into_iter().map(|(hash, paper)| (format!("{PAPERS}{hash}"), paper)));
    parts.push((CHAIN.to_owned(), chain.into_bytes()));
    parts.push((SEAL.to_owned(), serde_json::to_vec(&seal).map_err(unspeakable)?));
    Ok(packed(&parts)?)
}

/// The one way in which the archive is written.
fn packed(parts: &[(String, Vec<u8>)]) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in parts {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o444);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, name, bytes.as_slice())?;
    }
    archive.into_inner()
}

fn unpacked(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Broken> {
    let mut parts = Vec::new();
    let unread = |_| Broken::Archive("无法读取");
    for part in tar::Archive::new(bytes).entries().map_err(unread)? {
        let mut part = part.map_err(unread)?;
        let name = part.path().map_err(unread)?.to_str().ok_or(Broken::Archive("文件名"))?.to_owned();
        let mut content = Vec::new();
        part.read_to_end(&mut content).map_err(unread)?;
        parts.push((name, content));
    }
    Ok(parts)
}

/// Checks a file, with nothing but the root certificate that one trusts.
///
/// # Errors
/// [`Broken`], saying what is wrong: no byte can differ, no entry be missing or out of its place.
pub fn verify(bytes: &[u8], root: &Certificate) -> Result<Report, Broken> {
    let parts = unpacked(bytes)?;
    if packed(&parts)? != bytes {
        return Err(Broken::Archive("归档格式被改动"));
    }
    let [(first, lines), papers @ .., (chain_name, chain), (seal_name, sealed)] = parts.as_slice() else {
        return Err(Broken::Archive("缺少文件"));
    };
    if (first.as_str(), chain_name.as_str(), seal_name.as_str()) != (ENTRIES, CHAIN, SEAL) {
        return Err(Broken::Archive("缺少文件"));
    }
    let seal: Seal = serde_json::from_slice(sealed).map_err(|_| Broken::Archive(SEAL))?;
    if serde_json::to_vec(&seal).ok().as_ref() != Some(sealed) {
        return Err(Broken::Archive(SEAL));
    }
    let entries = read(lines, &seal)?;
    check_papers(papers, &seal, &entries)?;
    let signer = trusted(chain, &seal, root)?;
    Ok(Report { entries, papers: papers.len(), signer })
}

/// The certificates lead to the root that is trusted, and the signature is theirs.
fn trusted(chain: &[u8], seal: &Seal, root: &Certificate) -> Result<String, Broken> {
    if sha256(chain) != seal.chain {
        return Err(Broken::Chain("证书文件被改动"));
    }
    let text = std::str::from_utf8(chain).map_err(|_| Broken::Chain("无法读取"))?;
    let end = "-----END CERTIFICATE-----\n";
    let issuing = text.find(end).and_then(|at| Certificate::from_pem(&text[..at + end.len()]).ok());
    let issuing = issuing.ok_or(Broken::Chain("无法读取"))?;
    if seal.algorithm != issuing.public_key().algorithm().name() {
        return Err(Broken::Signature);
    }
    if issuing.pem() + &root.pem() != text {
        return Err(Broken::Chain("根证书与信任的根证书不同"));
    }
    issuing.check_issued_by(root).map_err(|_| Broken::Chain("签发证书不是根证书所签"))?;
    let signature = hex::decode(&seal.signature).map_err(|_| Broken::Signature)?;
    if hex::encode(&signature) != seal.signature {
        return Err(Broken::Signature);
    }
    issuing.public_key().verify(&seal.message(), &signature).map_err(|_| Broken::Signature)?;
    Ok(issuing.subject_part("CN").unwrap_or_default())
}

fn read(lines: &[u8], seal: &Seal) -> Result<Vec<Entry>, Broken> {
    let text = std::str::from_utf8(lines).map_err(|_| Broken::Archive(ENTRIES))?;
    let (mut entries, mut previous) = (Vec::new(), hex::encode(NOTHING));
    for line in text.lines() {
        let number = entries.len() as u64;
        let entry: Entry = serde_json::from_str(line).map_err(|_| Broken::Entry(number))?;
        if entry.number != number || entry.previous != previous {
            return Err(Broken::Entry(number));
        }
        previous = sha256(line.as_bytes());
        entries.push(entry);
    }
    if entries.len() as u64 != seal.entries || previous != seal.head || !text.ends_with('\n') || text.contains('\r') {
        return Err(Broken::Truncated);
    }
    Ok(entries)
}

/// Every paper that is included has the hash of its name, which the signature names and an entry mentions.
fn check_papers(papers: &[(String, Vec<u8>)], seal: &Seal, entries: &[Entry]) -> Result<(), Broken> {
    if papers.len() != seal.papers.len() {
        return Err(Broken::Paper(PAPERS.to_owned()));
    }
    for ((name, bytes), hash) in papers.iter().zip(&seal.papers) {
        let listed = entries.iter().any(|entry| entry.said["sha256"] == hash.as_str());
        if *name != format!("{PAPERS}{hash}") || sha256(bytes) != *hash || !listed {
            return Err(Broken::Paper(name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

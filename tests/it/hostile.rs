//! Hostile uploads: the bodies of the fuzz targets, fed for a few seconds with mutated seeds. A failure names its seed.

#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::time::{Duration, Instant};
use zhangzheng::{documents::captcha, kinds::Random};
use zhangzheng_sandbox::samples::{CompanySeal, Paper, Photo, RepresentativeSeal, clip};

/// How long each body is fed.
const PATIENCE: Duration = Duration::from_secs(4);

/// A stream of choices.
struct Dice(Random);

impl Dice {
    fn below(&self, most: usize) -> usize {
        u32::from_be_bytes(self.0.bytes::<4>()) as usize % most.max(1)
    }

    /// One to eight changes: bytes flipped, set to edges, cut out, doubled, swapped with another seed's, cut off.
    fn mutate(&self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        let mut data = seed.to_vec();
        for _ in 0..=self.below(8) {
            if data.is_empty() {
                return data;
            }
            let at = self.below(data.len());
            let until = (at + 1 + self.below(64)).min(data.len());
            match self.below(7) {
                0 => data[at] ^= 1 << self.below(8),
                1 => data[at] = [0, 0x7f, 0x80, 0xff][self.below(4)],
                2 => data[at..until].fill([0, 0xff][self.below(2)]),
                3 => drop(data.drain(at..until)),
                4 => {
                    let doubled = data[at..until].to_vec();
                    data.splice(at..at, doubled);
                }
                5 => {
                    let from = self.below(other.len());
                    let piece = &other[from..(from + 64).min(other.len())];
                    data.splice(at..at, piece.iter().copied());
                }
                _ => data.truncate(at),
            }
        }
        data
    }
}

/// Feeds a body for its time; the seeds come first, as they are.
fn feed(body: fn(&[u8]), seeds: &[Vec<u8>]) {
    seeds.iter().for_each(|seed| body(seed));
    let (began, mut round) = (Instant::now(), 0u64);
    while began.elapsed() < PATIENCE {
        let dice = Dice(Random::seeded(round));
        let (seed, other) = (&seeds[dice.below(seeds.len())], &seeds[dice.below(seeds.len())]);
        let data = dice.mutate(seed, other);
        let fed = std::panic::catch_unwind(|| body(&data));
        assert!(fed.is_ok(), "round {round}: {} bytes", data.len());
        round += 1;
    }
    assert!(round > 10, "{round} rounds are too few to say anything");
}

#[test]
fn b1_mutated_photos_end_in_a_photo_or_a_sentence() {
    let small = Photo { width: 480, quality: 60, ..Photo::flat() };
    let papers = [
        Paper::CompanySeal(CompanySeal {
            company: "福建瑞成科技有限公司".into(), number: "3501020000018".into()
        }),
        Paper::RepresentativeSeal(RepresentativeSeal { name: "李建国".into(), signed: false }),
    ];
    let mut seeds: Vec<Vec<u8>> = papers.iter().map(|paper| paper.jpeg(small)).collect();
    seeds.push(captcha::image("4711", 1));
    seeds.extend([b"\xff\xd8\xff\xe0".to_vec(), b"\x89PNG\r\n\x1a\n".to_vec(), b"GIF89a".to_vec()]);
    feed(bodies::image, &seeds);
}

#[test]
fn m17_mutated_videos_end_in_a_video_or_a_sentence() {
    let seeds =
        [clip(Some(("oDESK00000000000000000000001", "4711")), 3.0), clip(None, 2.0), b"\0\0\0\x18ftypmp42".to_vec()];
    feed(bodies::video, &seeds);
}

#[test]
fn m32_mutated_codes_have_one_spelling() {
    let seeds = [b"ZZ1:PA2026112312345678:1".to_vec(), b"ZZ1:PA-1:4294967295".to_vec(), b"ZZ1::".to_vec()];
    feed(bodies::letter_mark, &seeds);
}

#[test]
fn m21_mutated_forms_end_in_an_upload_or_a_sentence() {
    let form = |name: &str, content: &[u8]| {
        let head = format!("--zz\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"\r\n\r\n");
        [head.as_bytes(), content, b"\r\n--zz--\r\n"].concat()
    };
    let seeds = [form("file", &[7; 3000]), form("csrf", b"token"), form("file", &[0; 70_000]), b"--zz--\r\n".to_vec()];
    feed(bodies::multipart, &seeds);
}

/// An authority, a holder's certificate and request, a seal: what the mutated ones begin as.
fn pki_seeds() -> [Vec<u8>; 4] {
    use zhangzheng::pki::{
        ca::{AuthorityParams, Ca, Service},
        certificate::Validity,
        csr::CsrInfo,
        key::{Algorithm, SigningKey},
        name::Subject,
        profile::Uris,
        random::Fill,
        seal::{Draft, Picture},
        sm,
    };
    let random = Random::seeded(7);
    let mut rng = Fill(|buffer: &mut [u8]| random.fill(buffer));
    let start: chrono::DateTime<chrono::Utc> = "2026-11-24T02:00:00Z".parse().unwrap();
    let days = |count| Validity::new(start, start + chrono::Duration::days(count)).unwrap();
    let subject = |name: &str| Subject::authority("样例", name).unwrap();
    let params = |name: &str, count| AuthorityParams {
        subject: subject(name),
        algorithm: Algorithm::Sm2Sm3,
        validity: days(count),
        uris: Uris::default(),
    };
    let (ca, _) = Ca::generate(&params("根", 3000), &params("签发", 2000), &mut rng).unwrap();
    let key = sm::SigningKey::generate(&mut rng);
    let info = CsrInfo::new(&subject("甲"), key.public()).unwrap();
    let signature = key.sign(info.tbs());
    let request = info.assemble(&signature).unwrap();
    let company = Subject::company("样例公司", "91350100M000100Y43").unwrap();
    let holder = ca.issue(&request, &company, days(365), &Uris::default(), &mut rng).unwrap();
    let maker_key = SigningKey::generate(Algorithm::Sm2Sm3, &mut rng);
    let service = Service::SealMaker(&Uris::default());
    let maker = ca.issue_service(service, &maker_key.public(), &subject("印章"), days(900), &mut rng).unwrap();
    let picture = Picture { format: "PNG", data: &[7; 64], width: 40, height: 40 };
    let draft = Draft {
        id: "A1",
        vendor: "ZZ",
        kind: 1,
        name: "甲",
        holder: &holder,
        picture,
        made_at: start,
        validity: days(300),
    };
    let seal = draft.sign(&maker, &maker_key).unwrap();
    // What OpenSSL asks with SHA-1 and a nonce.
    let asked = "3067306530433041303f300906052b0e03021a05000414deaa70b5a6e23cb0ffd4c9bb1e2f8e1a2b3c4d5e0414b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e402104101010101010101010101010101010aa21e301c301a06092b0601050507300102040d040b0102030405060708090a0b";
    [hex::decode(asked).unwrap(), request.der().to_vec(), holder.der().to_vec(), seal]
}

#[test]
fn b13_mutated_questions_certificates_and_seals_end_in_an_answer_or_a_refusal() {
    let seeds = pki_seeds();
    feed(bodies::ocsp_request, &seeds);
    feed(bodies::certificate, &seeds);
    feed(bodies::seal, &seeds);
}

#[test]
fn b6_mutated_bills_are_read_exactly_or_refused_with_their_line() {
    let head = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
    let row = "`2026-11-24 10:00:01,`4200000001,`1,`交易,`交易,`收入,`450.00,`450.00,`system,`备注,`RS1P1";
    let sum = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`1,`1,`450.00,`0,`0.00";
    let seeds = [
        format!("\u{feff}{head}\r\n{row}\r\n{sum}\r\n").into_bytes(),
        format!("{head}\n{sum}").into_bytes(),
        b"`,`\n`".to_vec(),
    ];
    feed(bodies::bill, &seeds);
}

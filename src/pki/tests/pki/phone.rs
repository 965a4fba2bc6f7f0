//! The phone's half in Rust, so that tests can play an honest phone and a dishonest one. The product's is in TypeScript.

use sm2::elliptic_curve::ops::Reduce;
use sm2::elliptic_curve::point::AffineCoordinates;
use sm2::elliptic_curve::sec1::ToSec1Point;
use sm2::elliptic_curve::{Group, PrimeField};
use sm2::{FieldBytes, ProjectivePoint, Scalar};
use zhangzheng_pki::cosign::transcript::{context, hash};
use zhangzheng_pki::cosign::{
    Answer, Blinder, Commitment, CosignError, KeyId, KeygenOpening, Opening, Point, Proof, ServerKey, ServerKeygen,
    SessionId, Share, pok,
};
use zhangzheng_pki::rand_core::CryptoRng;
use zhangzheng_pki::sm::PublicKey;

pub struct Keygen {
    pub kid: KeyId,
    pub com2: Commitment,
    pub d1: Scalar,
    pub p1: Point,
    pub proof: Proof,
}

pub struct Key {
    pub kid: KeyId,
    pub d1: Scalar,
    pub public: PublicKey,
}

pub struct Signing {
    pub sid: SessionId,
    pub e: [u8; 32],
    pub k: Scalar,
    pub k_point: Point,
    pub blinder: Blinder,
    pub com1: Commitment,
}

impl Keygen {
    pub fn start<R: CryptoRng + ?Sized>(kid: KeyId, com2: Commitment, rng: &mut R) -> Self {
        let d1 = draw(rng);
        let x1 = d1.invert().unwrap();
        let p1 = times_g(&x1);
        let bound = context(&[b"kg-c", kid.as_bytes(), com2.as_bytes()]);
        let proof = pok::prove(&bound, &x1, &p1, rng);
        Self { kid, com2, d1, p1, proof }
    }

    pub fn finish(self, opening: &KeygenOpening) -> Result<Key, CosignError> {
        let (proof, p2) = (opening.proof.to_bytes(), opening.p2.as_bytes());
        let parts: [&[u8]; 5] = [self.kid.as_bytes(), p2, &proof[..32], &proof[32..], opening.blinder.as_bytes()];
        let bound = context(&[b"kg-s", self.kid.as_bytes()]);
        if hash("cosign/kg-com", &parts) != *self.com2.as_bytes() || !pok::check(&bound, &opening.p2, &opening.proof) {
            return Err(CosignError);
        }
        let joint = projective(&opening.p2) * self.d1.invert().unwrap() - ProjectivePoint::GENERATOR;
        if encode(&joint) != opening.public.to_sec1() {
            return Err(CosignError);
        }
        Ok(Key { kid: self.kid, d1: self.d1, public: opening.public.clone() })
    }
}

impl Key {
    pub fn commit<R: CryptoRng + ?Sized>(&self, sid: SessionId, tbs: &[u8], rng: &mut R) -> Signing {
        let e = self.public.digest(tbs);
        let k = draw(rng);
        let k_point = times_g(&k);
        let blinder = Blinder::draw(rng);
        let parts: [&[u8]; 5] = [sid.as_bytes(), self.kid.as_bytes(), &e, k_point.as_bytes(), blinder.as_bytes()];
        let com1 = Commitment::new(hash("cosign/sg-com", &parts));
        Signing { sid, e, k, k_point, blinder, com1 }
    }

    /// The honest answer; `signing` is consumed, as k is wiped before anything is sent.
    pub fn answer(&self, signing: Signing, answer: &Answer) -> Result<Opening, CosignError> {
        let bound =
            context(&[b"sg-s", signing.sid.as_bytes(), self.kid.as_bytes(), signing.com1.as_bytes(), &signing.e]);
        if !pok::check(&bound, &answer.q, &answer.proof) {
            return Err(CosignError);
        }
        Ok(self.answer_unchecked(&signing, answer))
    }

    /// What a dishonest phone may do: answer without checking, and as often as it likes.
    pub fn answer_unchecked(&self, signing: &Signing, answer: &Answer) -> Opening {
        let r = reduce(&signing.e) + self.x_of_nonce(signing, answer);
        let s1 = self.d1 * (r + signing.k);
        Opening { k: signing.k_point, blinder: signing.blinder, share: share(&s1) }
    }

    /// x(R) mod n, as the phone computes it.
    pub fn x_of_nonce(&self, signing: &Signing, answer: &Answer) -> Scalar {
        x_mod_n(&(projective(&signing.k_point) + projective(&answer.q) * self.d1.invert().unwrap()))
    }
}

/// A whole honest key generation.
pub fn joint_key<R: CryptoRng + ?Sized>(rng: &mut R) -> (ServerKey, Key) {
    let (server, com2) = ServerKeygen::start(KeyId::draw(rng), rng);
    let phone = Keygen::start(server.kid(), com2, rng);
    let (server_key, opening) = server.finish(phone.p1, &phone.proof).unwrap();
    let key = phone.finish(&opening).unwrap();
    (server_key, key)
}

pub fn draw<R: CryptoRng + ?Sized>(rng: &mut R) -> Scalar {
    let mut bytes = [0u8; 32];
    rng.fill_bytes(&mut bytes);
    scalar(&bytes)
}

pub fn scalar(bytes: &[u8; 32]) -> Scalar {
    Option::from(Scalar::from_repr(FieldBytes::from(*bytes))).unwrap()
}

pub fn share(s1: &Scalar) -> Share {
    Share::try_from(s1.to_repr().as_slice()).unwrap()
}

pub fn times_g(x: &Scalar) -> Point {
    Point::try_from(encode(&ProjectivePoint::mul_by_generator(x)).as_slice()).unwrap()
}

pub fn projective(point: &Point) -> ProjectivePoint {
    sm2::PublicKey::from_sec1_bytes(point.as_bytes()).unwrap().to_projective()
}

pub fn encode(point: &ProjectivePoint) -> [u8; 65] {
    point.to_affine().to_sec1_point(false).as_bytes().try_into().unwrap()
}

pub fn reduce(bytes: &[u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(*bytes))
}

pub fn x_mod_n(point: &ProjectivePoint) -> Scalar {
    Scalar::reduce(&point.to_affine().x())
}

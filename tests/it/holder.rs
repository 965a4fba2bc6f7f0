//! What the steps before 确认管理员 leave behind, and a phone that holds its half of a key: for the tests of the last two
//! steps.

use crate::kit::{Phone, World};
use reqwest::Method;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;
use zhangzheng::{
    account, company,
    db::{Actor, Tx},
    events::Event,
    kinds::Random,
    order, person,
};
use zhangzheng_pki::{cosign::pin, rand_core::CryptoRng, random::Fill};

/// The phone's half of two-party SM2, as the crate's own tests play it.
#[path = "../../src/pki/tests/pki/phone.rs"]
#[allow(dead_code, reason = "shared with the crate's own tests, which use all of it")]
mod half;

/// 福建 sample company: an invented code with a right check character.
pub const CODE: &str = "91350100M000100Y43";
pub const COMPANY: &str = "样例（福州）贸易有限公司";
pub const PIN: &str = "204813";
/// 王芳, who registers; 李建国 and 陈静, who are named.
pub const WANG: (usize, &str, &str) = (0, "19900000001", "王芳");
pub const CHEN: (usize, &str, &str) = (2, "19900000003", "陈静");

/// The account with this name.
pub async fn account_id(world: &World, name: &str) -> Uuid {
    use account::entity::account::{Column, Entity};
    let row = Entity::find().filter(Column::Name.eq(name)).one(&world.state.db.read).await.unwrap();
    row.expect("an account").id
}

/// The member of an account with a mobile number.
pub async fn member_id(world: &World, account_id: Uuid, mobile: &str) -> Uuid {
    let mobile = zhangzheng::kinds::Mobile::parse(mobile).unwrap();
    account::flow::member_by_mobile(&world.state, account_id, &mobile).await.unwrap().expect("a member").id
}

/// The phone of one of the people on the desk.
pub async fn phone_of<'a>(world: &'a World, (index, ..): (usize, &str, &str)) -> Phone<'a> {
    let openid = world.people().await[index]["openid"].as_str().unwrap().to_owned();
    world.phone(&openid)
}

async fn begin(world: &World) -> Tx {
    world.state.db.begin(Actor::System).await.unwrap()
}

/// 个人实名认证 done, under a name.
pub async fn verify(world: &World, account_id: Uuid, member_id: Uuid, name: &str) {
    let mut tx = begin(world).await;
    let id = tx.id();
    let fields = json!({
        "name": name, "resident_id": "11010519491231002X", "address": "福建省福州市样例路 1 号",
        "valid_from": "2020-01-01", "valid_until": null,
    });
    let row = person::entity::person::Model {
        id,
        account_id,
        member_id,
        status: person::Status::Verified,
        portrait_paper: None,
        emblem_paper: None,
        reading: None,
        fields: Some(world.state.vault.seal("person.fields", id, &fields.to_string())),
        corrected: None,
        resident_id_index: None,
        verified_index: None,
        face_check_id: None,
        failure: None,
        note: None,
        statement_paper: None,
        declined_face: false,
        verified_at: Some(tx.now),
        created_at: tx.now,
        updated_at: tx.now,
    };
    row.into_active_model().reset_all().insert(&*tx).await.unwrap();
    tx.say(Event::new("person.verify", id, Some(account_id))).await.unwrap();
    tx.commit().await.unwrap();
}

/// 企业实名认证 approved.
pub async fn approve(world: &World, account_id: Uuid, applicant_id: Uuid) -> Uuid {
    let mut tx = begin(world).await;
    let id = tx.id();
    let fields = json!({ "name": COMPANY, "code": CODE, "representative_name": "李建国" });
    let row = company::entity::company::Model {
        id,
        account_id,
        applicant_id,
        role: company::Role::Agent,
        mandate: company::invitation::Mandate::Letter,
        status: company::Status::Approved,
        fields: world.state.vault.seal("company.fields", id, &fields.to_string()),
        reading: world.state.vault.seal("company.reading", id, "{}"),
        code_index: None,
        registry: None,
        submitted_at: Some(tx.now),
        decided_at: Some(tx.now),
        created_at: tx.now,
        revised: 0,
    };
    row.into_active_model().reset_all().insert(&*tx).await.unwrap();
    tx.say(Event::new("company.approve", id, Some(account_id))).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// 服务购买 paid, with so many authorisations.
pub async fn pay(world: &World, account_id: Uuid, member_id: Uuid, authorisations: i32) {
    let mut tx = begin(world).await;
    let id = tx.id();
    let row = order::entity::order::Model {
        id,
        number: format!("RS{}", &id.simple().to_string()[..28]),
        account_id,
        member_id,
        platform: "sample".into(),
        platform_name: "样例平台".into(),
        region: "fujian".into(),
        region_name: "福建省".into(),
        lines: "[]".into(),
        certificate: true,
        authorisations,
        total: 40_000 + 5_000 * i64::from(authorisations),
        status: order::Status::Paid,
        holds: Some(account_id),
        because: None,
        buyer_name: None,
        email: None,
        taxpayer_id: None,
        created_at: tx.now,
        expires_at: tx.now,
        paid_at: Some(tx.now),
        activated_at: None,
        used_at: None,
        authorisations_returned: 0,
    };
    row.into_active_model().reset_all().insert(&*tx).await.unwrap();
    tx.say(Event::new("order.pay", id, Some(account_id))).await.unwrap();
    tx.commit().await.unwrap();
}

/// The system's randomness, for the phone's half.
pub fn rng() -> impl CryptoRng {
    let random = Random::system();
    Fill(move |buffer: &mut [u8]| random.fill(buffer))
}

/// What the phone stores: the half behind the PIN, and nothing that tells a right PIN from a wrong one.
pub struct Holder {
    pub kid: String,
    key: half::Key,
    blob: sm2::Scalar,
    pepper: [u8; 32],
}

const SALT: [u8; 16] = [7; 16];

impl Holder {
    fn mask(&self, pin: &str) -> sm2::Scalar {
        *pin::mask(pin, &SALT, &self.pepper, pin::ROUNDS)
    }

    /// The half that a PIN reveals, whatever the PIN.
    fn reveal(&self, pin: &str) -> half::Key {
        half::Key { kid: self.key.kid, d1: self.blob - self.mask(pin), public: self.key.public.clone() }
    }
}

async fn try_post(phone: &Phone<'_>, path: &str, body: Value) -> (u16, Value) {
    phone.call(Method::POST, path, Some(body)).await
}

/// Makes a key with the server, and hides the phone's half behind [`PIN`].
pub async fn make_key(phone: &Phone<'_>) -> Holder {
    let started = phone.post("/api/keys", json!({})).await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let kid = text(&started["kid"]);
    let making = half::Keygen::start(kid.parse().unwrap(), text(&started["commitment"]).parse().unwrap(), &mut rng());
    let message = json!({ "p1": making.p1.to_string(), "proof": making.proof.to_string() });
    let opened = phone.post(&format!("/api/keys/{kid}/holder-half"), message).await;
    let opening = zhangzheng_pki::cosign::KeygenOpening {
        p2: text(&opened["p2"]).parse().unwrap(),
        proof: text(&opened["proof"]).parse().unwrap(),
        blinder: text(&opened["blinder"]).parse().unwrap(),
        public: zhangzheng_pki::sm::PublicKey::from_sec1(&hex::decode(text(&opened["public_key"])).unwrap()).unwrap(),
    };
    let key = making.finish(&opening).expect("an honest server");
    let pepper = hex::decode(text(&started["pepper"])).unwrap().try_into().unwrap();
    let mut holder = Holder { kid, blob: key.d1, key, pepper };
    holder.blob += holder.mask(PIN);
    holder
}

/// A signature under way on the phone, after the server's answer.
pub struct Under {
    pub path: String,
    pub opening: Value,
}

/// Offers, commits and computes the opening, with whatever PIN.
pub async fn begin_signing(phone: &Phone<'_>, holder: &Holder, pin: &str) -> Under {
    let base = format!("/api/keys/{}/signings", holder.kid);
    let offered = phone.post(&base, json!({})).await;
    let sid = offered["sid"].as_str().unwrap().to_owned();
    let tbs = hex::decode(offered["tbs"].as_str().unwrap()).unwrap();
    let key = holder.reveal(pin);
    let signing = key.commit(sid.parse().unwrap(), &tbs, &mut rng());
    let path = format!("{base}/{sid}");
    let answered = phone.post(&format!("{path}/commit"), json!({ "commitment": signing.com1.to_string() })).await;
    let answer = zhangzheng_pki::cosign::Answer {
        q: answered["q"].as_str().unwrap().parse().unwrap(),
        proof: answered["proof"].as_str().unwrap().parse().unwrap(),
    };
    let r = half::reduce(&signing.e) + key.x_of_nonce(&signing, &answer);
    let share = key.d1 * (r + signing.k);
    let opening = json!({
        "k": signing.k_point.to_string(),
        "blinder": signing.blinder.to_string(),
        "share": hex::encode(sm2::elliptic_curve::PrimeField::to_repr(&share)),
    });
    Under { path, opening }
}

/// Opens a signature under way.
pub async fn open(phone: &Phone<'_>, under: &Under) -> (u16, Value) {
    try_post(phone, &format!("{}/open", under.path), under.opening.clone()).await
}

/// A whole signature with a PIN.
pub async fn sign(phone: &Phone<'_>, holder: &Holder, pin: &str) -> (u16, Value) {
    let under = begin_signing(phone, holder, pin).await;
    open(phone, &under).await
}

/// Sets the PIN, proves possession and confirms, as the phone does.
pub async fn confirm(phone: &Phone<'_>) -> Holder {
    let holder = make_key(phone).await;
    let (status, answer) = sign(phone, &holder, PIN).await;
    assert_eq!(status, 200, "{answer}");
    phone.post("/api/administrator/confirm", json!({ "kid": holder.kid })).await;
    holder
}

/// An account with one member, made without a browser.
pub async fn account(world: &World, number: usize) -> (Uuid, Uuid) {
    let mut tx = begin(world).await;
    let id = tx.id();
    let row =
        account::entity::account::Model { id, name: format!("account{number:04}"), platform: None, created_at: tx.now };
    row.into_active_model().reset_all().insert(&*tx).await.unwrap();
    let mobile = zhangzheng::kinds::Mobile::parse(&format!("1991000{number:04}")).unwrap();
    let member_id = account::flow::add_member(&mut tx, &world.state, id, &mobile, None).await.unwrap();
    tx.commit().await.unwrap();
    (id, member_id)
}

/// 确认管理员 done by a member, with a request that both halves have signed.
pub async fn confirmed(world: &World, account_id: Uuid, member_id: Uuid) {
    use zhangzheng::administrator::{How, KeyStatus, Status, entity};
    let (server, phone) = half::joint_key(&mut rng());
    let subject = zhangzheng_pki::name::Subject::authority("样例", "样例").unwrap();
    let info = zhangzheng_pki::csr::CsrInfo::new(&subject, server.public()).unwrap();
    let signing = phone.commit(zhangzheng_pki::cosign::SessionId::draw(&mut rng()), info.tbs(), &mut rng());
    let soon = world.clock.now() + chrono::Duration::minutes(1);
    let (sid, com1) = (signing.sid, signing.com1);
    let commit = zhangzheng_pki::cosign::SignSession::commit;
    let (session, answer) = commit(&server, sid, info.tbs(), com1, soon, &mut rng());
    let opening = phone.answer(signing, &answer).unwrap();
    let csr = info.assemble(&session.finish(&server, &opening, world.clock.now()).unwrap()).unwrap();

    let mut tx = begin(world).await;
    let (id, key_id) = (tx.id(), tx.id());
    let row = entity::administrator::Model {
        id,
        account_id,
        member_id,
        status: Status::Confirmed,
        how: How::Oneself,
        named_by: member_id,
        name: None,
        named_for: None,
        confirmed_for: Some(account_id),
        key_id: Some(key_id),
        created_at: tx.now,
        invited_at: None,
        confirmed_at: Some(tx.now),
    };
    row.into_active_model().reset_all().insert(&*tx).await.unwrap();
    let key = entity::signing_key::Model {
        id: key_id,
        administrator_id: id,
        account_id,
        member_id,
        status: KeyStatus::Active,
        public_key: server.public().to_sec1().to_vec(),
        share: Vec::new(),
        pepper: Vec::new(),
        failures: 0,
        csr: Some(csr.der().to_vec()),
        created_at: tx.now,
    };
    key.into_active_model().reset_all().insert(&*tx).await.unwrap();
    tx.say(Event::new("administrator.confirm", id, Some(account_id))).await.unwrap();
    tx.commit().await.unwrap();
}

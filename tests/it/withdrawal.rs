//! 撤回同意: what happens to a certificate when the consent to give data to the certification authority is taken back.

use crate::{
    administrator::{chen_signs_in, name_chen},
    holder::{CHEN, WANG, account_id, approve, confirm, member_id, pay, phone_of, verify},
    kit::{Browser, Phone, World},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;
use zhangzheng::{
    authority::Reason,
    certificate::{Status, entity::certificate},
};

const ACCOUNT: &str = "zyying016";
const WITHDRAW: &str = "/api/person/consents/provide-to-ca/withdraw";
const GIVE: &str = "/api/person/consents/provide-to-ca/give";

async fn certificates(world: &World, account_id: Uuid) -> Vec<certificate::Model> {
    let of = certificate::Entity::find().filter(certificate::Column::AccountId.eq(account_id));
    of.all(&world.state.db.read).await.unwrap()
}

/// 王芳 has registered, consents, is verified, has paid and is the administrator; the company is not approved yet.
async fn before_approval(world: &World) -> (Browser<'_>, Uuid, Uuid, Phone<'_>) {
    let browser = world.register(ACCOUNT, WANG.1).await;
    let account = account_id(world, ACCOUNT).await;
    let member = member_id(world, account, WANG.1).await;
    verify(world, account, member, WANG.2).await;
    pay(world, account, member, 0).await;
    browser.get("/enrol/administrator").await;
    assert_eq!(browser.post("/enrol/administrator/self", &[]).await.status, 303);
    let phone = phone_of(world, WANG).await;
    phone.hand_off(&browser, "administrator").await;
    confirm(&phone).await;
    phone.post(GIVE, json!({})).await;
    (browser, account, member, phone)
}

/// 激活证书 as the phone's journey has it.
async fn step(phone: &Phone<'_>) -> Value {
    phone.get("/api/journey").await["steps"][4].clone()
}

both!(
    async fn b4_withdrawn_before_it_is_issued_nothing_is_until_it_is_given_again(world) {
        let (browser, account, member, phone) = before_approval(world).await;
        let (status, answer) = phone.call(Method::POST, WITHDRAW, Some(json!({}))).await;
        assert_eq!((status, &answer["code"]), (409, &json!("not_understood")), "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains("签发将停止"), "{answer}");
        phone.post(WITHDRAW, json!({ "understood": true })).await;
        approve(world, account, member).await;
        world.work().await;
        assert!(certificates(world, account).await.is_empty(), "issuing has stopped");
        let stopped = step(&phone).await;
        assert_eq!((&stopped["state"], &stopped["next"]["action"]), (&json!("returned"), &json!("consent")), "{stopped}");
        assert!(stopped["reason"].as_str().unwrap().contains("签发已停止"));
        let page = browser.get("/enrol/certificate").await;
        assert!(page.read("#certificate").contains("重新同意"), "{}", page.text());

        assert_eq!(browser.post("/consents/provide-to-ca/give", &[]).await.status, 303);
        world.work().await;
        let all = certificates(world, account).await;
        assert_eq!((all.len(), all[0].status), (1, Status::Active), "by itself, as soon as it is given again");
        assert_eq!(step(&phone).await["state"], "done");
    }
);

both!(
    async fn b4_withdrawn_after_it_was_told_that_the_certificate_goes_and_it_goes_once(world) {
        let (browser, account, member, phone) = before_approval(world).await;
        approve(world, account, member).await;
        world.work().await;
        assert_eq!(certificates(world, account).await[0].status, Status::Active);

        let consents = phone.get("/api/person/consents").await;
        let of_ca = consents.as_array().unwrap().iter().find(|one| one["id"] == "provide-to-ca").unwrap().clone();
        assert!(of_ca["follows"].as_str().unwrap().contains("立即吊销"), "{of_ca}");
        let (status, refused) = phone.call(Method::POST, WITHDRAW, Some(json!({}))).await;
        assert_eq!((status, &refused["code"]), (409, &json!("not_understood")), "{refused}");
        assert!(browser.get("/consents").await.read("#consent-provide-to-ca").contains("立即吊销"));
        let blind = browser.post("/consents/provide-to-ca/withdraw", &[]).await;
        assert_eq!(blind.status, 409, "the desktop asks too");
        world.work().await;
        assert_eq!(certificates(world, account).await[0].status, Status::Active, "nothing has happened");

        for _ in 0..2 {
            phone.post(WITHDRAW, json!({ "understood": true })).await;
            world.work().await;
        }
        let row = certificates(world, account).await.remove(0);
        assert_eq!((row.status, row.revocation_reason), (Status::Revoked, Some(Reason::CessationOfOperation)));
        assert!(row.active_for.is_none() && row.revoked_at.is_some());
        let events = world.events().await;
        assert_eq!(events.iter().filter(|name| *name == "certificate.revoke").count(), 1, "once");
        let sms = world.last_sms(WANG.1).await.expect("an SMS");
        assert!(sms.contains("已吊销") && sms.contains(&row.serial[row.serial.len() - 6..]), "{sms}");
        let gone = step(&phone).await;
        assert_eq!((&gone["state"], &gone["next"]["action"]), (&json!("returned"), &json!("consent")), "{gone}");
        assert!(browser.get("/enrol/certificate").await.read("#certificate").contains("证书已吊销"));

        // Given again, the way back is a new key, and with it a new certificate.
        phone.post(GIVE, json!({})).await;
        world.work().await;
        assert_eq!(certificates(world, account).await.len(), 1, "what was revoked never comes back");
        assert_eq!(step(&phone).await["next"]["action"], "reissue");
        browser.get("/enrol/administrator").await;
        assert_eq!(browser.post("/enrol/administrator/self", &[]).await.status, 303);
        confirm(&phone).await;
        world.work().await;
        let mut statuses: Vec<_> = certificates(world, account).await.iter().map(|row| row.status).collect();
        statuses.sort_by_key(|status| *status as u8);
        assert_eq!(statuses, [Status::Active, Status::Revoked]);
    }
);

both!(
    async fn b4_an_agents_withdrawal_stops_what_is_to_come_and_leaves_another_persons_certificate(world) {
        // 王芳 hands in and pays; 陈小燕 is the administrator.
        let browser = world.register(ACCOUNT, WANG.1).await;
        let account = account_id(world, ACCOUNT).await;
        let wang = member_id(world, account, WANG.1).await;
        verify(world, account, wang, WANG.2).await;
        pay(world, account, wang, 0).await;
        let agent = phone_of(world, WANG).await;
        agent.hand_off(&browser, "administrator").await;
        browser.get("/enrol/administrator").await;
        agent.post(GIVE, json!({})).await;
        name_chen(world, &browser, CHEN.2).await;
        let administrator = chen_signs_in(world).await;
        verify(world, account, member_id(world, account, CHEN.1).await, CHEN.2).await;
        administrator.post(GIVE, json!({})).await;
        confirm(&administrator).await;

        approve(world, account, wang).await;
        agent.post(WITHDRAW, json!({ "understood": true })).await;
        world.work().await;
        assert!(certificates(world, account).await.is_empty(), "the applicant's consent is needed to issue");
        let other = step(&administrator).await;
        assert!(other["reason"].as_str().unwrap().contains("请联系其重新同意"), "{other}");
        agent.post(GIVE, json!({})).await;
        world.work().await;
        assert_eq!(certificates(world, account).await[0].status, Status::Active);

        let consents = agent.get("/api/person/consents").await;
        assert!(consents.as_array().unwrap().iter().all(|one| one["follows"].is_null()), "nothing follows for the agent: {consents}");
        agent.post(WITHDRAW, json!({})).await;
        world.work().await;
        assert_eq!(certificates(world, account).await[0].status, Status::Active, "it is not the agent's certificate");
        administrator.post(WITHDRAW, json!({ "understood": true })).await;
        world.work().await;
        assert_eq!(certificates(world, account).await[0].status, Status::Revoked);
    }
);

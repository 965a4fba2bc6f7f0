//! 激活证书: closed until approved, then by itself, exactly once; and what other tools say of it.

use crate::{
    holder::{self, CHEN, CODE, COMPANY, WANG, account_id, approve, confirm, member_id, pay, phone_of, verify},
    kit::{Browser, Phone, World},
};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use std::{process::Command, time::Duration};
use uuid::Uuid;
use zhangzheng::{
    app,
    certificate::{Status, entity, flow::ISSUE, seal},
};

const ACCOUNT: &str = "zyying016";
const PAGE: &str = "/enrol/certificate";

pub async fn certificates(world: &World, account_id: Uuid) -> Vec<entity::certificate::Model> {
    use entity::certificate::{Column, Entity};
    Entity::find().filter(Column::AccountId.eq(account_id)).all(&world.state.db.read).await.unwrap()
}

async fn seals(world: &World, account_id: Uuid) -> usize {
    use entity::electronic_seal::{Column, Entity};
    Entity::find().filter(Column::AccountId.eq(account_id)).all(&world.state.db.read).await.unwrap().len()
}

/// Everything but the approval: 王芳 is verified, has paid, and is the administrator.
pub async fn all_but_approved<'a>(world: &'a World) -> (Browser<'a>, Uuid, Uuid, Phone<'a>) {
    let browser = world.register(ACCOUNT, WANG.1).await;
    let account_id = account_id(world, ACCOUNT).await;
    let member = member_id(world, account_id, WANG.1).await;
    verify(world, account_id, member, WANG.2).await;
    pay(world, account_id, member, 0).await;
    browser.get("/enrol/administrator").await;
    assert_eq!(browser.post("/enrol/administrator/self", &[]).await.status, 303);
    let phone = phone_of(world, WANG).await;
    phone.hand_off(&browser, "administrator").await;
    confirm(&phone).await;
    (browser, account_id, member, phone)
}

both!(
    async fn m50_closed_until_the_company_is_approved(world) {
        let (browser, account_id, ..) = all_but_approved(world).await;
        world.work().await;
        let page = browser.get(PAGE).await;
        assert!(page.read("#certificate").contains("企业实名认证审核通过后自动激活"), "{}", page.text());
        assert_eq!(page.read(".waits .met").matches("已完成").count(), 3, "person, order, administrator");
        assert!(certificates(world, account_id).await.is_empty());
        for file in ["certificate.pem", "chain.pem", "seals/company.png"] {
            assert_eq!(browser.get(&format!("{PAGE}/{file}")).await.status, 404, "{file}");
        }
    }
);

both!(
    async fn m51_activates_by_itself_and_is_shown_on_desktop_and_phone(world) {
        let (browser, account_id, member, phone) = all_but_approved(world).await;
        approve(world, account_id, member).await;
        world.work().await;
        let page = browser.get(PAGE).await;
        assert!(page.read("[role=status]").contains("证书已激活"), "{}", page.text());
        assert!(page.read("#certificate h2").contains(COMPANY));
        assert!(page.read("#certificate").contains(CODE));
        let answer = phone.get("/api/certificate").await;
        assert_eq!(answer["certificate"]["status"], "active");
        assert_eq!(answer["certificate"]["holder"], COMPANY);
        assert_eq!(answer["seals"].as_array().unwrap().len(), 2);
        assert!(answer["seals"][0]["image"].as_str().unwrap().starts_with("data:image/png;base64,"));
        let png = browser.get(&format!("{PAGE}/seals/company.png")).await;
        assert!(png.body.starts_with(b"\x89PNG"));
        let row = certificates(world, account_id).await.remove(0);
        assert_eq!((row.status, row.active_for), (Status::Active, Some(account_id)));
        let days = (row.not_after - row.not_before).num_days();
        assert!((364..=366).contains(&days), "a year: {days}");
        assert!(world.was_told(WANG.1, &["已激活", &row.serial[26..]]).await);
        let events = world.events().await;
        assert_eq!(events.iter().filter(|name| *name == "certificate.activate").count(), 1);
        let journey = phone.get("/api/journey").await["steps"].clone();
        assert_eq!(journey[4]["state"], "done");
        // Somebody else's account sees nothing of it.
        let stranger = world.register("another01", "19900000009").await;
        assert_eq!(stranger.get(&format!("{PAGE}/chain.pem")).await.status, 404);
    }
);

/// What happens in an account, each leaving its event.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Happens {
    Verified,
    Approved,
    Paid,
    Confirmed,
}

fn orders(of: &[Happens]) -> Vec<Vec<Happens>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in of.iter().enumerate() {
        let mut rest = of.to_vec();
        rest.remove(at);
        all.extend(orders(&rest).into_iter().map(|order| [vec![*first], order].concat()));
    }
    all
}

both!(
    async fn m51_in_whatever_order_the_conditions_come_the_last_one_activates(world) {
        use Happens::{Approved, Confirmed, Paid, Verified};
        for (number, order) in orders(&[Verified, Approved, Paid, Confirmed]).into_iter().enumerate() {
            let (account_id, member) = holder::account(world, number).await;
            for (at, happens) in order.iter().enumerate() {
                match happens {
                    Verified => verify(world, account_id, member, WANG.2).await,
                    Approved => drop(approve(world, account_id, member).await),
                    Paid => pay(world, account_id, member, 0).await,
                    Confirmed => holder::confirmed(world, account_id, member).await,
                }
                world.work().await;
                let issued = certificates(world, account_id).await.len();
                assert_eq!(issued, usize::from(at == 3), "{order:?} after {happens:?}");
            }
            assert_eq!(seals(world, account_id).await, 2);
        }
    }
);

both!(
    async fn m51_issued_exactly_once_however_often_and_parallel_the_jobs_run(world) {
        let (_browser, account_id, member, _phone) = all_but_approved(world).await;
        let case_id = approve(world, account_id, member).await;
        join_all((0..6).map(|_| app::run(&world.state, seal::MAKE, case_id))).await;
        assert_eq!(seals(world, account_id).await, 2);
        join_all((0..12).map(|_| app::run(&world.state, ISSUE, case_id))).await;
        world.work().await;
        app::run(&world.state, ISSUE, case_id).await;
        assert_eq!(certificates(world, account_id).await.len(), 1);
        let events = world.events().await;
        let count = |name: &str| events.iter().filter(|event| *event == name).count();
        assert_eq!((count("certificate.activate"), count("seal.make")), (1, 1));
    }
);

both!(
    async fn m51_killed_between_any_two_steps_it_is_still_issued_once(world) {
        let (_browser, account_id, member, _phone) = all_but_approved(world).await;
        let case_id = approve(world, account_id, member).await;
        for micros in (0..40).map(|n| n * n * 10) {
            for kind in [seal::MAKE, ISSUE] {
                let killed = app::run(&world.state, kind, case_id);
                let _ = tokio::time::timeout(Duration::from_micros(micros), killed).await;
            }
            assert!(certificates(world, account_id).await.len() <= 1);
        }
        world.work().await;
        app::run(&world.state, seal::MAKE, case_id).await;
        app::run(&world.state, ISSUE, case_id).await;
        world.work().await;
        assert_eq!((certificates(world, account_id).await.len(), seals(world, account_id).await), (1, 2));
    }
);

both!(
    async fn m48_a_new_administrator_gets_a_certificate_and_the_old_one_is_on_the_list(world) {
        let (browser, account_id, member, _phone) = all_but_approved(world).await;
        approve(world, account_id, member).await;
        world.work().await;
        let old = certificates(world, account_id).await.remove(0);
        browser.get("/enrol/administrator").await;
        browser.post("/enrol/administrator/other/sms-code", &[("mobile", CHEN.1)]).await;
        let code = world.last_code(CHEN.1).await;
        let fields = [("name", CHEN.2), ("mobile", CHEN.1), ("sms_code", code.as_str())];
        assert_eq!(browser.post("/enrol/administrator/other", &fields).await.status, 303);
        verify(world, account_id, member_id(world, account_id, CHEN.1).await, CHEN.2).await;
        let chen = phone_of(world, CHEN).await;
        let body = json!({ "code": chen.login_code().await, "phone_code": chen.phone_code().await });
        chen.post("/api/wechat/bind-by-mobile", body).await;
        confirm(&chen).await;
        world.work().await;
        let rows = certificates(world, account_id).await;
        assert_eq!(rows.len(), 2);
        assert_eq!(rows.iter().filter(|row| row.active_for == Some(account_id)).count(), 1);
        let list = world.browser().get("/pki/issuing.crl").await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("list.crl"), &list.body).unwrap();
        let (agreed, text) = openssl(&folder, &["crl", "-inform", "DER", "-in", "list.crl", "-noout", "-text"]);
        assert!(agreed && text.to_lowercase().contains(&old.serial), "{text}");
    }
);

pub fn openssl(folder: &tempfile::TempDir, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).current_dir(folder.path()).output();
    let output = output.expect("openssl 3 on the path");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

both!(
    async fn b13_openssl_verifies_each_edge_of_the_chain_as_downloaded(world) {
        let (browser, account_id, member, _phone) = all_but_approved(world).await;
        approve(world, account_id, member).await;
        world.work().await;
        let chain = browser.get(&format!("{PAGE}/chain.pem")).await.text();
        let end = "-----END CERTIFICATE-----\n";
        let parts: Vec<&str> = chain.split_inclusive(end).collect();
        assert_eq!(parts.len(), 3, "holder, issuing authority, root");
        assert_eq!(browser.get(&format!("{PAGE}/certificate.pem")).await.text(), parts[0]);
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in ["holder.pem", "issuing.pem", "root.pem"].into_iter().zip(&parts) {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let now = world.clock.now().timestamp().to_string();
        let edge = |issuer: &str, certificate: &str| {
            let (identity, trusted) = ("distid:1234567812345678", ["-partial_chain", "-trusted", issuer, certificate]);
            openssl(&folder, &[&["verify", "-x509_strict", "-attime", &now, "-vfyopt", identity][..], &trusted].concat())
        };
        for (issuer, certificate) in [("root.pem", "root.pem"), ("root.pem", "issuing.pem"), ("issuing.pem", "holder.pem")] {
            let (agreed, text) = edge(issuer, certificate);
            assert!(agreed, "{issuer} → {certificate}: {text}");
        }
        assert!(!edge("root.pem", "holder.pem").0);
        let (_, text) = openssl(&folder, &["x509", "-in", "holder.pem", "-noout", "-subject", "-nameopt", "utf8"]);
        assert!(text.contains(COMPANY) && text.contains(CODE), "{text}");
        let (_, text) = openssl(&folder, &["x509", "-in", "holder.pem", "-noout", "-text"]);
        assert!(text.contains("/pki/issuing.crl") && text.contains("SM2-with-SM3"), "{text}");
        for file in ["root.cer", "issuing.cer"] {
            assert_eq!(world.browser().get(&format!("/pki/{file}")).await.status, 200, "{file} for everybody");
        }
        assert_eq!(world.browser().get("/pki/issuing.key.sealed").await.status, 404);
    }
);

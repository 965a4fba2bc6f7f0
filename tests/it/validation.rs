//! 证书查验: what verifiers fetch and ask, the page on which anybody checks, and what OpenSSL says of it.

use crate::{
    certificate::{all_but_approved, certificates, openssl},
    holder::{CODE, COMPANY, approve},
    kit::{Browser, World},
};
use base64::Engine;
use chrono::Duration;
use sea_orm::EntityTrait;
use tempfile::TempDir;
use uuid::Uuid;
use zhangzheng::{
    app,
    authority::{Reason, service},
    certificate::{entity, flow},
    db::Actor,
    pki::seal::Seal,
    validation::lists,
};

/// An account with a certificate in force.
async fn active(world: &World) -> (Browser<'_>, Uuid, entity::certificate::Model) {
    let (browser, account_id, member, _phone) = all_but_approved(world).await;
    approve(world, account_id, member).await;
    world.work().await;
    let row = certificates(world, account_id).await.remove(0);
    (browser, account_id, row)
}

async fn revoke(world: &World, row: &entity::certificate::Model, reason: Reason) {
    let mut tx = world.state.db.begin(Actor::System).await.unwrap();
    flow::revoke(&mut tx, row, reason).await.unwrap();
    tx.commit().await.unwrap();
    world.work().await;
}

fn put(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.path().join(name), bytes).unwrap();
}

/// The files that OpenSSL needs: the holder's certificate and those above it.
fn files(world: &World, row: &entity::certificate::Model) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let ca = &world.state.authority.current().ca;
    put(&folder, "root.pem", ca.root().pem());
    put(&folder, "issuing.pem", ca.issuing().pem());
    let holder = zhangzheng::pki::certificate::Certificate::from_der(&row.der).unwrap();
    put(&folder, "holder.pem", holder.pem());
    folder
}

/// What OpenSSL asks about the holder's certificate, or another serial number.
fn question(folder: &TempDir, more: &[&str]) -> Vec<u8> {
    let ask = [&["ocsp", "-issuer", "issuing.pem", "-reqout", "request.der"], more].concat();
    let (agreed, text) = openssl(folder, &ask);
    assert!(agreed, "{text}");
    std::fs::read(folder.path().join("request.der")).unwrap()
}

async fn post(world: &World, body: Vec<u8>) -> (Vec<u8>, String) {
    let url = format!("{}/pki/ocsp", world.url);
    let request = reqwest::Client::new().post(url).header("content-type", "application/ocsp-request").body(body);
    let answer = request.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/ocsp-response".parse().unwrap())
    );
    let caching = answer.headers()["cache-control"].to_str().unwrap().to_owned();
    (answer.bytes().await.unwrap().to_vec(), caching)
}

/// What OpenSSL reads in an answer.
fn read(folder: &TempDir, answer: &[u8]) -> String {
    put(folder, "answer.der", answer);
    let (_, text) = openssl(folder, &["ocsp", "-respin", "answer.der", "-resp_text", "-noverify"]);
    text
}

both!(
    async fn b13_the_status_service_says_good_revoked_and_unknown(world) {
        let (_browser, _, row) = active(world).await;
        let folder = files(world, &row);
        for hash in ["-sha1", "-sha256", "-sm3"] {
            let (answer, caching) = post(world, question(&folder, &[hash, "-cert", "holder.pem"])).await;
            let text = read(&folder, &answer);
            assert!(text.contains("Cert Status: good") && text.contains("OCSP Nonce"), "{hash}: {text}");
            assert_eq!(caching, "no-store", "made for one question");
        }
        let (answer, _) = post(world, question(&folder, &["-serial", "0x41424344454647484950515253545556"])).await;
        assert!(read(&folder, &answer).contains("Cert Status: unknown"));
        revoke(world, &row, Reason::KeyCompromise).await;
        let (answer, _) = post(world, question(&folder, &["-cert", "holder.pem"])).await;
        let text = read(&folder, &answer);
        assert!(text.contains("Cert Status: revoked") && text.contains("keyCompromise"), "{text}");
        assert!(text.contains("Delegated") || text.contains("OCSP Signing"), "the delegate's certificate: {text}");
    }
);

both!(
    async fn b13_an_answer_without_a_nonce_is_given_again_until_it_is_no_longer_so(world) {
        let (browser, _, row) = active(world).await;
        let folder = files(world, &row);
        let asked = question(&folder, &["-no_nonce", "-cert", "holder.pem"]);
        let encoded = base64::engine::general_purpose::STANDARD.encode(&asked);
        let path: String = url::form_urlencoded::byte_serialize(encoded.as_bytes()).collect();
        let path = format!("/pki/ocsp/{path}");
        let first = browser.get(&path).await;
        let caching = first.headers["cache-control"].to_str().unwrap();
        let seconds: i64 = caching.strip_prefix("public, no-transform, max-age=").unwrap().parse().unwrap();
        assert!((290..=300).contains(&seconds), "{caching}");
        assert!(read(&folder, &first.body).contains("Cert Status: good"));
        world.advance(60).await;
        assert_eq!(browser.get(&path).await.body, first.body, "signed once");
        revoke(world, &row, Reason::CessationOfOperation).await;
        let after = browser.get(&path).await;
        assert!(read(&folder, &after.body).contains("Cert Status: revoked"), "at once, though it was kept");
        world.advance(600).await;
        assert_ne!(browser.get(&path).await.body, after.body, "fresh after its time");
    }
);

both!(
    async fn b13_what_cannot_be_answered_is_said_so(world) {
        let (_browser, _, row) = active(world).await;
        let folder = files(world, &row);
        for nonsense in [vec![], vec![0x30, 0x80], vec![7; 9000]] {
            assert_eq!(post(world, nonsense).await.0, [0x30, 3, 0x0a, 1, 1], "malformed");
        }
        // A question to the root's issuer about the same serial number: not ours to answer.
        let ask = ["ocsp", "-issuer", "root.pem", "-cert", "holder.pem", "-reqout", "request.der"];
        assert!(openssl(&folder, &ask).0);
        let asked = std::fs::read(folder.path().join("request.der")).unwrap();
        assert_eq!(post(world, asked).await.0, [0x30, 3, 0x0a, 1, 6], "unauthorised");
        assert_eq!(world.browser().get("/pki/ocsp/%25%25%25").await.body, [0x30, 3, 0x0a, 1, 1]);
    }
);

both!(
    async fn b13_the_responder_is_one_for_all_and_renews_itself(world) {
        let (_browser, _, row) = active(world).await;
        let folder = files(world, &row);
        let generation = world.state.authority.current();
        let asked = || question(&folder, &["-cert", "holder.pem"]);
        post(world, asked()).await;
        let in_use = async || service::in_use(&world.state, generation, service::Purpose::Ocsp).await.unwrap();
        let (first, same) = (in_use().await, in_use().await);
        assert_eq!(first.id, same.id);
        assert!(first.certificate.validity().days() <= 14);
        world.advance(8 * 86_400).await;
        let (answer, _) = post(world, asked()).await;
        assert!(read(&folder, &answer).contains("Cert Status: good"));
        assert_ne!(in_use().await.id, first.id, "renewed in time");
        let rows = service::entity::Entity::find().all(&world.state.db.read).await.unwrap();
        let key = first.key.to_bytes();
        assert!(rows.iter().all(|row| !row.sealed.windows(32).any(|window| window == &key[..])), "sealed");
    }
);

both!(
    async fn b13_lists_are_made_on_revocation_and_daily_and_their_numbers_grow(world) {
        use zhangzheng::validation::entity::revocation_list::Entity;
        let (browser, _, row) = active(world).await;
        let number = async || {
            let rows = Entity::find().all(&world.state.db.read).await.unwrap();
            rows.into_iter().filter(|row| row.issuer == "issuing-1").map(|row| row.number).max()
        };
        let first = browser.get("/pki/issuing.crl").await;
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        let again = reqwest::Client::new().get(format!("{}/pki/issuing.crl", world.url)).header("if-none-match", &tag);
        assert_eq!(again.send().await.unwrap().status(), 304);
        let before = number().await;
        app::run(&world.state, lists::PUBLISH, Uuid::nil()).await;
        assert_eq!(number().await, before, "nothing is due");
        revoke(world, &row, Reason::CertificateHold).await;
        let after = number().await;
        assert!(after > before, "made by the revocation's job");
        let folder = tempfile::tempdir().unwrap();
        put(&folder, "list.crl", browser.get("/pki/issuing.crl").await.body);
        let (_, text) = openssl(&folder, &["crl", "-inform", "DER", "-in", "list.crl", "-noout", "-text"]);
        assert!(text.to_lowercase().contains(&row.serial) && text.contains("Certificate Hold"), "{text}");
        world.advance(25 * 3600).await;
        app::run(&world.state, lists::PUBLISH, Uuid::nil()).await;
        assert!(number().await > after, "a day later the next one is made");
        let root = browser.get("/pki/root.crl").await;
        put(&folder, "root.crl", &root.body);
        let (agreed, text) = openssl(&folder, &["crl", "-inform", "DER", "-in", "root.crl", "-noout", "-text"]);
        assert!(agreed && text.contains("No Revoked Certificates"), "{text}");
        for missing in ["issuing-2.crl", "issuing-01.crl", "root-9.cer", "issuing.key", "x.crl"] {
            assert_eq!(browser.get(&format!("/pki/{missing}")).await.status, 404, "{missing}");
        }
    }
);

both!(
    with "[ca]\nalgorithm = \"p256\"\n";
    async fn b13_openssl_accepts_chain_lists_and_answers_of_an_authority_on_p256(world) {
        let (browser, _, row) = active(world).await;
        let folder = files(world, &row);
        let now = (world.clock.now() + Duration::seconds(1)).timestamp().to_string();
        let trusted = ["-attime", &now, "-CAfile", "root.pem"];
        for (file, der) in [("issuing.crl", "one.der"), ("root.crl", "two.der")] {
            put(&folder, der, browser.get(&format!("/pki/{file}")).await.body);
            let pem = der.replace("der", "pem");
            assert!(openssl(&folder, &["crl", "-inform", "DER", "-in", der, "-out", &pem]).0);
        }
        let lists = ["one.pem", "two.pem"].map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap());
        put(&folder, "lists.pem", lists.concat());
        let more = ["-untrusted", "issuing.pem", "-CRLfile", "lists.pem", "holder.pem"];
        let verify = [&["verify", "-x509_strict", "-crl_check_all"], &trusted[..], &more].concat();
        let (agreed, text) = openssl(&folder, &verify);
        assert!(agreed, "{text}");
        let (answer, _) = post(world, question(&folder, &["-cert", "holder.pem"])).await;
        put(&folder, "answer.der", answer);
        let other = ["ocsp", "-respin", "answer.der", "-issuer", "issuing.pem", "-verify_other", "issuing.pem"];
        let (_, text) = openssl(&folder, &[&other[..], &trusted].concat());
        assert!(text.contains("Response verify OK"), "{text}");
    }
);

both!(
    async fn b8_seals_are_signed_for_the_certificate_and_can_be_checked_by_anybody(world) {
        let (browser, _, row) = active(world).await;
        let page = browser.get("/enrol/certificate").await;
        assert!(page.has("a[href$='company.esl']") && page.has("a[href$='representative.esl']") && page.has(".check-code svg"));
        let path = "/enrol/certificate/structures/company.esl";
        let file = browser.get(path).await;
        assert_eq!(browser.get(path).await.body, file.body, "made once");
        let seal = Seal::parse(&file.body).unwrap();
        assert_eq!((seal.name(), seal.holders()[0].serial_hex()), (COMPANY, row.serial.clone()));
        assert_eq!((seal.picture().format, seal.picture().width), ("PNG", 40));
        seal.check_maker(world.state.authority.current().ca.issuing()).unwrap();
        let stranger = world.register("another01", "19900000009").await;
        assert_eq!(stranger.get(path).await.status, 404, "the account's own");

        let nobody = world.browser();
        let page = nobody.upload("/check", &[], file.body.clone(), "seal.esl").await;
        assert!(page.read("[role=status]").contains("有效") && page.read(".pairs").contains(COMPANY), "{}", page.text());
        assert!(page.has(".seal-shown img"));
        let mut changed = file.body.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        let page = nobody.upload("/check", &[], changed, "seal.esl").await;
        assert_eq!(page.status, 400);
        assert!(page.read("[role=alert]").contains("被改动"), "{}", page.text());
        revoke(world, &row, Reason::Superseded).await;
        let page = nobody.upload("/api/certificate-checks", &[], file.body, "seal.esl").await;
        let report: serde_json::Value = serde_json::from_slice(&page.body).unwrap();
        assert_eq!((&report["kind"], &report["verdict"], &report["good"]), (&"seal".into(), &"revoked".into(), &false.into()));
    }
);

both!(
    async fn b13_anybody_checks_a_certificate_by_file_or_serial_number(world) {
        let (browser, _, row) = active(world).await;
        let nobody = world.browser();
        let spaced = row.serial.to_uppercase().as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect::<Vec<_>>().join(":");
        let asked = nobody.get(&format!("/check?serial={spaced}")).await;
        assert_eq!(asked.status, 303);
        let page = nobody.get(&asked.location.unwrap()).await;
        assert!(page.read("[role=status]").contains("有效") && page.read(".pairs").contains(CODE), "{}", page.text());
        assert!(page.read(".chain").contains("根证书"));
        let pem = browser.get("/enrol/certificate/chain.pem").await.body;
        let (status, report) = {
            let answer = nobody.upload("/api/certificate-checks", &[], pem, "chain.pem").await;
            (answer.status, serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap())
        };
        assert_eq!((status, &report["verdict"], &report["holder"]), (200, &"valid".into(), &COMPANY.into()));
        // Somebody else's authority of the same name.
        let folder = tempfile::tempdir().unwrap();
        let subject = format!("/C=CN/O={COMPANY}/CN={COMPANY}");
        let made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8", "-subj", &subject];
        let (agreed, text) = openssl(&folder, &[&made[..], &["-keyout", "key.pem", "-out", "other.pem"]].concat());
        assert!(agreed, "{text}");
        let other = std::fs::read(folder.path().join("other.pem")).unwrap();
        let page = nobody.upload("/check", &[], other, "other.pem").await;
        assert!(page.read("[role=status]").contains("不是本机构签发"), "{}", page.text());
        for (path, words) in [("/check/12", "32 位"), (&*format!("/check/{}", "41".repeat(16)), "没有签发过")] {
            let page = nobody.get(path).await;
            assert!(page.status == 400 && page.read("[role=alert]").contains(words), "{}", page.text());
        }
        revoke(world, &row, Reason::KeyCompromise).await;
        let page = nobody.get(&format!("/check/{}", row.serial)).await;
        assert!(page.read(".verdict").contains("已吊销") && page.read(".verdict").contains("手机丢失"), "{}", page.text());
        world.advance(366 * 86_400).await;
        let (_, report) = nobody.api(reqwest::Method::GET, &format!("/api/certificate-checks/{}", row.serial), None).await;
        assert_eq!(report["verdict"], "revoked", "also after its end");
    }
);

both!(
    with "[limits]\ncertificate_checks_per_ip = { count = 3, seconds = 600 }\n";
    async fn b13_checking_is_for_everybody_but_not_without_end(world) {
        let nobody = world.browser();
        let path = format!("/api/certificate-checks/{}", "41".repeat(16));
        for _ in 0..3 {
            assert_eq!(nobody.api(reqwest::Method::GET, &path, None).await.0, 400);
        }
        assert_eq!(nobody.api(reqwest::Method::GET, &path, None).await.0, 429);
        assert_eq!(nobody.get("/check").await.status, 200, "the page itself is not counted");
        world.advance(601).await;
        assert_eq!(nobody.api(reqwest::Method::GET, &path, None).await.0, 400);
    }
);

/// The product as it is after a restart, with the files and the database as they are now.
async fn restarted(world: &World) -> std::sync::Arc<zhangzheng::state::State> {
    let files = world.settings();
    let files: Vec<&std::path::Path> = files.iter().map(std::path::PathBuf::as_path).collect();
    let config = zhangzheng::config::Config::load(&files).unwrap();
    app::build(config, world.clock.clone(), zhangzheng::kinds::Random::system()).await.unwrap()
}

both!(
    async fn b13_after_a_rotation_the_old_generation_still_answers_for_what_it_issued(world) {
        use zhangzheng::{authority, validation::ocsp};
        let (_browser, _, old) = active(world).await;
        let folder = files(world, &old);
        let config = &world.state.config;
        let address = config.public("");
        let place = authority::Place::of(config, &address);
        let random = zhangzheng::kinds::Random::system();
        assert_eq!(authority::rotate(&place, false, &world.clock, &random).unwrap(), 2);
        let state = restarted(world).await;
        let asked = question(&folder, &["-cert", "holder.pem"]);
        assert!(read(&folder, &ocsp::answer(&state, &asked).await.der).contains("Cert Status: good"));
        let (first, second) = (lists::Issuer::Issuing(1), lists::Issuer::Issuing(2));
        revoke(world, &old, Reason::AffiliationChanged).await;
        lists::publish(&state).await.unwrap();
        assert_eq!(lists::in_force(&state, first).await.unwrap().entries, 1);
        assert_eq!(lists::in_force(&state, second).await.unwrap().entries, 0, "each lists its own");
        assert!(read(&folder, &ocsp::answer(&state, &asked).await.der).contains("Cert Status: revoked"));

        // Whoever comes next gets the new generation's certificate, under the same root.
        let (account_id, member) = crate::holder::account(world, 7).await;
        crate::holder::verify(world, account_id, member, "王芳").await;
        crate::holder::pay(world, account_id, member, 0).await;
        crate::holder::confirmed(world, account_id, member).await;
        approve(world, account_id, member).await;
        app::work_off(&state).await.unwrap();
        let new = certificates(world, account_id).await.remove(0);
        assert_eq!((old.generation, new.generation), (1, 2));
        let certificate = zhangzheng::pki::certificate::Certificate::from_der(&new.der).unwrap();
        put(&folder, "new.pem", certificate.pem());
        put(&folder, "second.pem", state.authority.current().ca.issuing().pem());
        let (_, text) = openssl(&folder, &["x509", "-in", "new.pem", "-noout", "-text"]);
        assert!(text.contains("/pki/issuing-2.crl") && text.contains("/pki/issuing-2.cer") && text.contains("/pki/ocsp"), "{text}");
        let ask = ["ocsp", "-issuer", "second.pem", "-cert", "new.pem", "-reqout", "request.der"];
        assert!(openssl(&folder, &ask).0);
        let asked = std::fs::read(folder.path().join("request.der")).unwrap();
        assert!(read(&folder, &ocsp::answer(&state, &asked).await.der).contains("Cert Status: good"));
        // The new authority's number with the old one's serial is nobody's.
        let serial = format!("0x{}", old.serial);
        let ask = ["ocsp", "-issuer", "second.pem", "-serial", &serial, "-reqout", "request.der"];
        assert!(openssl(&folder, &ask).0);
        let asked = std::fs::read(folder.path().join("request.der")).unwrap();
        assert!(read(&folder, &ocsp::answer(&state, &asked).await.der).contains("Cert Status: unknown"));
        state.stop.cancel();
    }
);

/// Runs the product's command line on a world's data folder; whether it agreed, and all that it printed.
fn command(world: &World, arguments: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_zhangzheng"));
    for file in world.settings() {
        command.arg("--config").arg(file);
    }
    command.env("ZHANGZHENG_BACKUP_PASSPHRASE", "a long passphrase");
    let output = command.args(arguments).output().expect("the product");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

both!(
    async fn b13_operators_look_after_the_authority_on_the_command_line(world) {
        let (browser, ..) = active(world).await;
        let data = world.state.config.data.folder.clone();
        let (agreed, text) = command(world, &["ca", "show"]);
        assert!(agreed && text.contains("generation 1  SM2-SM3") && text.contains("root key at hand"), "{text}");
        let (agreed, text) = command(world, &["ca", "rotate"]);
        assert!(agreed && text.contains("generation 2 made"), "{text}");
        let (agreed, text) = command(world, &["ca", "crl"]);
        for list in ["issuing-1  number", "issuing-2  number", "root-1  number"] {
            assert!(agreed && text.contains(list), "{list}: {text}");
        }
        let seal = data.join("company.esl");
        std::fs::write(&seal, browser.get("/enrol/certificate/structures/company.esl").await.body).unwrap();
        let seal = seal.display().to_string();
        // The seal is valid from the story's day on: the command tells what is wrong, and that is the date alone.
        let (agreed, text) = command(world, &["seal", "verify", &seal]);
        assert!(text.contains(COMPANY) && text.contains("签发证书 1") && (agreed || text.contains("不在有效期内")), "{text}");
        let mut changed = std::fs::read(&seal).unwrap();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        std::fs::write(&seal, changed).unwrap();
        let (agreed, text) = command(world, &["seal", "verify", &seal]);
        assert!(!agreed && text.contains("被改动"), "{text}");

        let backup = data.join("ca.backup").display().to_string();
        let (agreed, text) = command(world, &["ca", "backup", &backup]);
        assert!(agreed, "{text}");
        assert!(!command(world, &["ca", "restore", &backup]).0, "never over an authority that is there");
        let before = std::fs::read(data.join("ca/generation-2/issuing.pem")).unwrap();
        std::fs::remove_dir_all(data.join("ca")).unwrap();
        std::fs::remove_file(data.join("keys/ca.key")).unwrap();
        let (agreed, text) = command(world, &["ca", "restore", &backup]);
        assert!(agreed && text.contains("generation 2"), "{text}");
        assert_eq!(std::fs::read(data.join("ca/generation-2/issuing.pem")).unwrap(), before);
    }
);

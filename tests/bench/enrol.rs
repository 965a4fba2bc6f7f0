//! One whole enrolment over HTTP, as people do it: what it costs the server, with its papers and without them.

use crate::{
    holder,
    kit::{Browser, Phone, World},
    process::Product,
    table::{Row, ms},
};
use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use zhangzheng::{console, kinds::Random};
use zhangzheng_sandbox::samples::clip;

/// CPU time of one enrolment.
#[derive(Clone, Copy, Default)]
struct Cost {
    whole: Duration,
    /// Photos and the video: taking, checking, encoding anew, sealing, and asking the vendor to read them.
    papers: Duration,
    wall: Duration,
    /// Of each of [`STAGES`], papers included.
    stages: [Duration; STAGES.len()],
}

struct Enrolment<'a> {
    product: &'a Product,
    world: &'a World,
    browser: Browser<'a>,
    phone: Phone<'a>,
    papers: std::cell::Cell<Duration>,
}

/// The figures: the mean of so many, one after the other.
pub async fn rows(product: &Product, count: u32) -> anyhow::Result<Vec<Row>> {
    let world = &product.world;
    let password = console::flow::add(&world.state, "bench", &console::Roles::all()).await?;
    let staff = world.browser();
    staff.get("/console/sign-in").await;
    staff.post("/console/sign-in", &[("name", "bench"), ("password", &password)]).await;
    let mut sum = Cost::default();
    for number in 0..=count {
        let cost = one(product, &staff, number).await?;
        // The first pays for everything that is done once.
        if number > 0 {
            sum.whole += cost.whole;
            sum.papers += cost.papers;
            sum.wall += cost.wall;
            sum.stages.iter_mut().zip(cost.stages).for_each(|(sum, stage)| *sum += stage);
        }
    }
    let hash = hash().await?;
    let (whole, papers) = (sum.whole / count, sum.papers / count);
    let spine = whole.saturating_sub(papers);
    let stages = STAGES.iter().zip(sum.stages).map(|(name, cost)| format!("{name} {}", ms(cost / count)));
    let (stages, all) = (stages.collect::<Vec<_>>().join(", "), ms(sum.wall / count));
    let limit = format!("hash {} + 12 ms", ms(hash));
    Ok(vec![
        Row::new("whole enrolment without its papers, CPU", ms(spine), limit, String::new()),
        Row::new("its papers: 5 photos, 1 video, CPU", ms(papers), String::new(), format!("{all} on the clock")),
        Row::new("of which, papers included", String::new(), String::new(), stages),
    ])
}

/// The password's hash alone.
async fn hash() -> anyhow::Result<Duration> {
    let random = Random::system();
    let began = Instant::now();
    for _ in 0..10 {
        zhangzheng::account::password::hash(crate::kit::PASSWORD, &random).await?;
    }
    Ok(began.elapsed() / 10)
}

async fn one(product: &Product, staff: &Browser<'_>, number: u32) -> anyhow::Result<Cost> {
    let world = &product.world;
    let card = world.people().await[1].clone();
    let openid = card["openid"].as_str().context("an openid")?;
    world.work().await;
    let (before, began) = (product.process.cpu()?, Instant::now());
    let account = format!("bench{number:05}");
    let mut stages = [Duration::ZERO; STAGES.len()];
    let mut at = before;
    let mut stage = |number: usize| {
        let now = product.process.cpu()?;
        stages[number] = now - at;
        at = now;
        anyhow::Ok(())
    };
    let browser = world.register(&account, &format!("199100{:05}", 90_000 + number)).await;
    let enrolment = Enrolment { product, world, browser, phone: world.phone(openid), papers: Default::default() };
    stage(0)?;
    enrolment.phone.hand_off(&enrolment.browser, "person").await;
    enrolment.person().await?;
    stage(1)?;
    enrolment.company().await?;
    stage(2)?;
    enrolment.order().await?;
    stage(3)?;
    enrolment.administrator().await;
    stage(4)?;
    enrolment.approved(staff, &account).await?;
    enrolment.active().await?;
    world.work().await;
    stage(5)?;
    let whole = product.process.cpu()? - before;
    Ok(Cost { whole, papers: enrolment.papers.get(), wall: began.elapsed(), stages })
}

const STAGES: [&str; 6] = ["register", "person", "company", "order", "administrator", "review and issue"];

impl Enrolment<'_> {
    /// Uploads, and books its cost as the papers'.
    async fn paper(&self, path: &str, file: Vec<u8>, name: &str) -> anyhow::Result<Value> {
        let before = self.product.process.cpu()?;
        let (status, answer) = self.phone.upload(path, &[], file, name).await;
        self.papers.set(self.papers.get() + (self.product.process.cpu()? - before));
        anyhow::ensure!(status == 200, "{path}: {status} {answer}");
        Ok(answer)
    }

    async fn person(&self) -> anyhow::Result<()> {
        let openid = self.phone.openid.clone();
        for side in ["portrait", "emblem"] {
            let photo = self.world.sample(&format!("/samples/{openid}-{side}.jpg")).await;
            self.paper(&format!("/api/person/photos/{side}"), photo, "a.jpg").await?;
        }
        let mut fields = self.phone.get("/api/person").await["fields"].clone();
        for name in ["sex", "born", "confirmed", "corrected"] {
            fields.as_object_mut().context("fields")?.remove(name);
        }
        self.phone.post("/api/person/fields", fields).await;
        self.phone.post("/api/person/consent", json!({ "face": true, "provide_to_ca": true })).await;
        let begun = self.phone.post("/api/person/face-checks", json!({})).await;
        let (id, read) = (begun["id"].as_str().context("id")?, begun["number"].as_str().context("number")?);
        let video = clip(Some((&openid, read)), 4.0);
        self.paper(&format!("/api/person/face-checks/{id}/video"), video, "video.mp4").await?;
        self.until("/api/person", |person| person["status"] == "verified").await
    }

    async fn company(&self) -> anyhow::Result<()> {
        self.phone.post("/api/company/role", json!({ "role": "representative" })).await;
        for (kind, sample) in [
            ("business_licence", "ruicheng-licence"),
            ("company_seal", "ruicheng-seal"),
            ("representative_seal", "oDESK00000000000000000000002-seal"),
        ] {
            let photo = self.world.sample(&format!("/samples/{sample}.jpg?desk=false")).await;
            self.paper(&format!("/api/company/papers/{kind}"), photo, "paper.jpg").await?;
        }
        let typed = [
            ("representative_mobile", "19900000002"),
            ("email", "li@example.cn"),
            ("has_seal_number", "no"),
            ("has_representative_seal_number", "no"),
        ];
        let fields: Vec<Value> = typed.iter().map(|(field, text)| json!({ "field": field, "text": text })).collect();
        self.phone.post("/api/company/draft", json!({ "fields": fields })).await;
        let (status, answer) =
            self.phone.call(Method::POST, "/api/company/submit", Some(json!({ "agreed": true }))).await;
        anyhow::ensure!(status == 200, "submit: {answer}");
        self.world.work().await;
        Ok(())
    }

    async fn order(&self) -> anyhow::Result<()> {
        let page = self.browser.get("/enrol/order").await;
        let first = |name: &str| page.attribute(&format!("[name={name}]"), "value").unwrap_or_default();
        let key = first("key");
        let form = [("platform", "straits-supply"), ("region", "350000"), ("authorisations", "0"), ("key", &key)];
        let placed = self.browser.post("/enrol/order", &form).await;
        let to = placed.location.clone().with_context(|| placed.text())?;
        let id = to.split('/').nth(3).context("an order")?.to_owned();
        self.browser.get(&format!("/enrol/order/{id}/invoice")).await;
        let invoice = [
            ("buyer_name", "福州样本科技有限公司"),
            ("email", "fapiao@example.com"),
            ("taxpayer_id", "91350100M000100Y43"),
        ];
        self.browser.post(&format!("/enrol/order/{id}/invoice"), &invoice).await;
        let path = format!("/enrol/order/{id}/pay");
        self.browser.get(&path).await;
        self.browser.post(&path, &[]).await;
        let code = self.browser.get(&path).await.attribute(".qr", "data-code").context("a QR code")?;
        self.phone.wechat("scan", json!({ "text": code })).await;
        self.phone.wechat("pay-native", json!({ "code_url": code, "action": "pay" })).await;
        self.until(&format!("/api/orders/{id}"), |order| order["status"] == "paid").await
    }

    async fn administrator(&self) {
        self.browser.get("/enrol/administrator").await;
        self.browser.post("/enrol/administrator/self", &[]).await;
        holder::confirm(&self.phone).await;
    }

    async fn approved(&self, staff: &Browser<'_>, account: &str) -> anyhow::Result<()> {
        let account_id = holder::account_id(self.world, account).await;
        let company =
            zhangzheng::company::flow::of_account(&self.world.state, account_id).await?.context("a company")?;
        let case = format!("/console/companies/{}", company.id);
        staff.get(&case).await;
        staff.post(&format!("{case}/claim"), &[]).await;
        let page = staff.get(&case).await;
        let seen = page.value("seen");
        let decided = staff.post(&format!("{case}/decide"), &[("decision", "approve"), ("seen", &seen)]).await;
        anyhow::ensure!(decided.status == 303, "{}", decided.text());
        Ok(())
    }

    async fn active(&self) -> anyhow::Result<()> {
        self.until("/api/certificate", |view| view["certificate"]["status"] == "active").await?;
        self.browser.get("/enrol/certificate").await;
        Ok(())
    }

    /// Asks every so often, as a page that hears nothing would.
    async fn until(&self, path: &str, done: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        for _ in 0..100 {
            if done(&self.phone.get(path).await) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("{path} did not come")
    }
}

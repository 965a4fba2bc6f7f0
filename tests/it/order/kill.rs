//! The real server is killed at random moments of a payment, and started again: everything converges.

use super::*;
use crate::kit::{Kind, Workers};
use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use zhangzheng::kinds::Random;

/// The server as a process, killed when dropped.
struct Server(Child);

impl Server {
    async fn start(world: &World, address: SocketAddr) -> Self {
        let files = world.settings();
        let files = files.iter().flat_map(|file| ["--config".into(), file.clone().into_os_string()]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_zhangzheng"));
        let child = command.arg("serve").args(files).stdout(Stdio::null()).spawn().expect("the server");
        let server = Self(child);
        for _ in 0..2_000 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server did not start");
    }
}

/// `kill -9`.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A client that lives on when the server does not.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
    sandbox: String,
}

impl Client {
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Option<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.timeout(Duration::from_secs(10)).send().await.ok()?;
        answer.error_for_status().ok()?.json().await.ok()
    }

    async fn place(&self, authorisations: usize) -> Option<String> {
        let body = json!({ "platform": PLATFORM, "region": REGION, "authorisations": authorisations });
        let placed = self.call(Method::POST, "/api/orders", Some(body)).await?;
        let id = placed["id"].as_str()?.to_owned();
        let [name, email, taxpayer] = INVOICE.map(|(_, value)| value);
        let invoice = json!({ "buyer_name": name, "email": email, "taxpayer_id": taxpayer });
        self.call(Method::POST, &format!("/api/orders/{id}/invoice"), Some(invoice)).await?;
        Some(id)
    }

    /// Asks for a code and pays it, as far as the server lives.
    async fn pay(&self, id: &str) -> Option<()> {
        let path = format!("/api/orders/{id}/pay");
        let offered = self.call(Method::POST, &path, Some(json!({ "channel": "native" }))).await?;
        let code = offered["code_url"].as_str()?.to_owned();
        let people: Value =
            self.http.get(format!("{}/phone/people", self.sandbox)).send().await.ok()?.json().await.ok()?;
        let openid = &people[0]["openid"];
        let sheet = json!({ "openid": openid, "code_url": code, "action": "pay" });
        self.http.post(format!("{}/phone/pay-native", self.sandbox)).json(&sheet).send().await.ok()?;
        self.call(Method::POST, &format!("/api/orders/{id}/check"), Some(json!({}))).await?;
        Some(())
    }

    async fn status(&self, id: &str) -> Option<String> {
        let order = self.call(Method::GET, &format!("/api/orders/{id}"), None).await?;
        order["status"].as_str().map(str::to_owned)
    }
}

async fn killed(times: usize) {
    let address = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let world = World::around(Kind::Sqlite, address, Workers::Server, "").await.unwrap();
    let mut server = Server::start(&world, address).await;
    let browser = shop(&world).await;
    let phone = agents_phone(&world, &browser).await;
    let client = Client {
        http: reqwest::Client::new(),
        url: world.url.clone(),
        token: phone.token().unwrap(),
        sandbox: world.sandbox.base_url.clone(),
    };
    let random = Random::system();
    let mut slowest = Duration::ZERO;
    for time in 0..times {
        let id = client.place(usize::from(time > 0)).await.expect("an order");
        let paying = tokio::spawn({
            let (client, id) = (client.clone(), id.clone());
            async move { client.pay(&id).await }
        });
        let moment = u64::from(u16::from_be_bytes(random.bytes::<2>())) % 150;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        drop(server);
        let _ = paying.await;
        server = Server::start(&world, address).await;
        let began = Instant::now();
        loop {
            // Who has paid waits; who has not pays now.
            let there = payments(&world).await;
            let order_id = id.parse::<uuid::Uuid>().unwrap();
            let mut is_paid = false;
            for payment in there.iter().filter(|payment| payment.order_id == order_id) {
                is_paid |= at_wechat(&world, &payment.out_trade_no).await.as_deref() == Some("SUCCESS");
            }
            if !is_paid {
                client.pay(&id).await;
            }
            if client.status(&id).await.as_deref() == Some("paid") {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "killed after {moment} ms: it did not converge");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        slowest = slowest.max(began.elapsed());
    }
    eprintln!("killed {times} times; the slowest took {:.1} s to converge", slowest.as_secs_f64());
    let paid = payments(&world).await.into_iter().filter(|payment| payment.status == payment::Status::Paid).count();
    assert_eq!((paid, event_count(&world, "order.pay").await), (times, times), "each once");
    assert!(refunds(&world).await.is_empty(), "nobody paid twice");
    world.work().await;
    drop(server);
    world.end().await;
}

#[tokio::test]
async fn a_server_that_is_killed_while_people_pay_converges() {
    killed(5).await;
}

/// The long form: `cargo nextest run --run-ignored only -E 'test(killed_two_hundred_times)'`.
#[tokio::test]
#[ignore = "takes a quarter of an hour"]
async fn a_server_that_is_killed_two_hundred_times_converges() {
    killed(200).await;
}

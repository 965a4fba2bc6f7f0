//! What surrounds the vendors: the phone's own files, the way to the product, people, and the control API's refusals.

use poem::{Request, Response, Server, listener::Acceptor, listener::Listener, listener::TcpListener};
use serde_json::{Value, json};
use zhangzheng_sandbox::{Config, Sandbox};

/// A product that tells what it was asked.
async fn product() -> String {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let url = format!("http://{}", acceptor.local_addr()[0].as_socket_addr().unwrap());
    let echo = poem::endpoint::make(|mut request: Request| async move {
        let body = request.take_body().into_string().await?;
        let told = format!("{} {} {} {body}", request.method(), request.uri(), request.header("x-mine").unwrap_or("-"));
        let status = poem::http::StatusCode::IM_A_TEAPOT;
        Ok::<_, poem::Error>(Response::builder().status(status).header("x-yours", "2").body(told))
    });
    tokio::spawn(Server::new_with_acceptor(acceptor).run(echo));
    url
}

#[tokio::test]
async fn the_phones_own_files_are_served_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let build = folder.path().join("build");
    std::fs::create_dir(&build).unwrap();
    std::fs::write(build.join("index.html"), "<p>phone").unwrap();
    std::fs::write(build.join("app.js"), "1").unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    let running = Sandbox::start(Config { phone_dir: Some(build), ..Config::for_tests() }).await.unwrap();
    let get = |path: &str| reqwest::get(format!("{}{path}", running.base_url));
    assert_eq!(get("/").await.unwrap().text().await.unwrap(), "<p>phone");
    let script = get("/app.js?v=1").await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    for path in ["/secret", "/%2e%2e/secret", "/..%2fsecret", "/missing.js"] {
        assert_eq!(get(path).await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn the_phone_reaches_the_product_through_the_sandbox() {
    let running = Sandbox::start(Config { product_url: product().await, ..Config::for_tests() }).await.unwrap();
    let url = format!("{}/api-proxy/api/orders?a=1%202", running.base_url);
    let answer = reqwest::Client::new().post(&url).header("x-mine", "1").body("hello").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["x-yours"].to_str().unwrap()), (418, "2"));
    assert_eq!(answer.text().await.unwrap(), "POST /api/orders?a=1%202 1 hello");
    let answer = reqwest::get(&url).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "GET /api/orders?a=1%202 - ");
    let nobody = Config { product_url: "http://127.0.0.1:1".into(), ..Config::for_tests() };
    let running = Sandbox::start(nobody).await.unwrap();
    assert_eq!(reqwest::get(format!("{}/api-proxy/", running.base_url)).await.unwrap().status(), 502);
}

#[tokio::test]
async fn people_can_be_added_and_a_wrong_person_is_refused() {
    let running = Sandbox::start(Config::for_tests()).await.unwrap();
    let client = reqwest::Client::new();
    let add = |id_number: &str| {
        let person = json!({
            "openid": "oDESK00000000000000000000009", "nickname": "新", "name": "林新", "mobile": "19900000009",
            "id_number": id_number, "ethnicity": "汉", "address": "样本市", "issued_by": "样本市公安局",
            "valid_from": "2020-01-01", "valid_until": "2040-01-01", "portrait_seed": 9,
        });
        client.post(format!("{}/control/api/people", running.base_url)).json(&person).send()
    };
    assert_eq!(add("350199198808080029").await.unwrap().status(), 400);
    assert_eq!(add("350199198808080028").await.unwrap().status(), 200);
    let config: Value = reqwest::get(format!("{}/phone/config", running.base_url)).await.unwrap().json().await.unwrap();
    assert_eq!(config["api"], "/api-proxy");
    assert_eq!(config["people"].as_array().unwrap().len(), 4);
    assert_eq!(config["people"][3]["mobile_masked"], "199****0009");
}

#[tokio::test]
async fn the_control_api_refuses_what_it_does_not_know() {
    let running = Sandbox::start(Config::for_tests()).await.unwrap();
    let client = reqwest::Client::new();
    for (path, body) in [
        ("/faults", json!({"vendor": "wechat"})),
        ("/faults", json!({"vendor": "wechat", "kind": "http_500", "unheard": 1})),
        ("/clock", json!({"advance_seconds": 999_999_999_999_i64})),
        ("/clock", json!({})),
        ("/wechat/tokens", json!({"how": "burn"})),
        ("/wechat_pay/pay", json!({"out_trade_no": "RS1"})),
    ] {
        let url = format!("{}/control/api{path}", running.base_url);
        let status = client.post(url).json(&body).send().await.unwrap().status();
        assert!(status.is_client_error(), "{path} {body}: {status}");
    }
}

//! How strict the sandbox is to a request it must not take, and how it answers: seen from the wire, without our adapters.

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use reqwest::{Method, Response};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, pkcs8::DecodePrivateKey, sha2::Digest, sha2::Sha256};
use serde_json::{Value, json};
use std::sync::LazyLock;
use zhangzheng_sandbox::{Config, Running, Sandbox};

static KEY: LazyLock<RsaPrivateKey> =
    LazyLock::new(|| RsaPrivateKey::from_pkcs8_pem(include_str!("../throw_away/merchant.key.pem")).unwrap());

async fn sandbox() -> Running {
    Sandbox::start(Config::for_tests()).await.unwrap()
}

/// The sandbox's own time, in seconds.
async fn now(base: &str) -> i64 {
    let clock: Value = reqwest::get(format!("{base}/control/api/clock")).await.unwrap().json().await.unwrap();
    chrono::DateTime::parse_from_rfc3339(clock["now"].as_str().unwrap()).unwrap().timestamp()
}

/// A request as a merchant signs it; every part can be spoiled after signing.
#[derive(Clone, Debug)]
struct Signed {
    method: Method,
    path: String,
    body: String,
    scheme: String,
    pairs: Vec<(&'static str, String)>,
    user_agent: &'static str,
}

impl Signed {
    fn new(method: Method, path: &str, body: &str, timestamp: i64) -> Self {
        let nonce = "593BEC0C930BF1AFEB40B4A08C8FB242";
        let message = format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n");
        let signature = KEY.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)).unwrap();
        let pairs = vec![
            ("mchid", "1900000109".into()),
            ("nonce_str", nonce.into()),
            ("signature", STANDARD.encode(signature)),
            ("timestamp", timestamp.to_string()),
            ("serial_no", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1".into()),
        ];
        let (path, body, scheme) = (path.to_owned(), body.to_owned(), "WECHATPAY2-SHA256-RSA2048".to_owned());
        Self { method, path, body, scheme, pairs, user_agent: "test" }
    }

    async fn send(&self, base: &str) -> Response {
        let pairs: Vec<String> = self.pairs.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let mut request = reqwest::Client::new()
            .request(self.method.clone(), format!("{base}/pay{}", self.path))
            .header("authorization", format!("{} {}", self.scheme, pairs.join(",")))
            .header("accept", "application/json")
            .body(self.body.clone());
        if !self.user_agent.is_empty() {
            request = request.header("user-agent", self.user_agent);
        }
        request.send().await.unwrap()
    }

    fn pair(mut self, name: &str, value: &str) -> Self {
        self.pairs.iter_mut().filter(|pair| pair.0 == name).for_each(|pair| pair.1 = value.into());
        self
    }
}

fn prepay() -> Value {
    json!({
        "appid": "wx5a4e8d0b00000001", "mchid": "1900000109", "description": "手机证书服务费",
        "out_trade_no": "RS20261123000001", "notify_url": "http://127.0.0.1:9/notices",
        "amount": {"total": 45000, "currency": "CNY"},
    })
}

const NATIVE: &str = "/v3/pay/transactions/native";

async fn refused(answer: Response) -> (u16, Value) {
    assert!(answer.headers().get("wechatpay-signature").is_none(), "a refusal is not signed");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_request_that_is_not_rightly_signed_is_401_with_the_documented_reason() {
    let running = sandbox().await;
    let base = &running.base_url;
    let at = now(base).await;
    let right = Signed::new(Method::POST, NATIVE, &prepay().to_string(), at);
    let answer = right.send(base).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().get("wechatpay-signature").is_some(), "a success is signed");
    assert!(answer.headers().get("request-id").is_some());
    for (spoiled, message) in [
        (Signed { scheme: "WECHATPAY2-SM2".into(), ..right.clone() }, "HTTP头Authorization认证类型不正确"),
        (Signed { body: right.body.replace("45000", "1"), ..right.clone() }, "签名错误"),
        (Signed { path: format!("{NATIVE}?a=1"), ..right.clone() }, "签名错误"),
        (right.clone().pair("nonce_str", "0"), "签名错误"),
        (right.clone().pair("signature", "AAAA"), "签名错误"),
        (right.clone().pair("serial_no", &"0".repeat(40)), "商户证书序列号有误。请使用签名私钥匹配的证书序列号"),
        (
            Signed::new(Method::POST, NATIVE, &right.body, at - 302),
            "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟",
        ),
        (
            Signed { pairs: right.pairs[..4].to_vec(), ..right.clone() },
            "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》",
        ),
        (Signed { user_agent: "", ..right.clone() }, "签名信息错误，验签失败"),
    ] {
        let answer = spoiled.send(base).await;
        assert!(answer.headers().get("request-id").is_none(), "the transactions' 401 has no Request-ID");
        let (status, body) = refused(answer).await;
        assert_eq!((status, &body["code"], &body["message"]), (401, &json!("SIGN_ERROR"), &json!(message)));
    }
    let silent = Signed { user_agent: "", ..Signed::new(Method::GET, "/v3/certificates", "", at) };
    let (status, body) = refused(silent.send(base).await).await;
    assert_eq!((status, &body["code"]), (400, &json!("INVALID_REQUEST")));
}

#[tokio::test]
async fn an_unknown_path_is_an_empty_404_and_a_wrong_method_an_empty_405() {
    let running = sandbox().await;
    let at = now(&running.base_url).await;
    for (method, path, status) in [
        (Method::GET, "/v3/pay/transactions/unheard-of", 404),
        (Method::GET, NATIVE, 405),
        (Method::POST, "/v3/certificates", 405),
    ] {
        let answer = Signed::new(method, path, "", at).send(&running.base_url).await;
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.text().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn unknown_null_and_wrong_fields_are_param_errors() {
    let running = sandbox().await;
    let at = now(&running.base_url).await;
    let spoilt = |pointer: &str, value: Value| {
        let mut body = prepay();
        match body.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => body[pointer.trim_start_matches('/')] = value,
        }
        body.to_string()
    };
    for body in [
        spoilt("/unheard_of", json!(1)),
        spoilt("/attach", Value::Null),
        spoilt("/amount/total", json!(0)),
        spoilt("/amount/total", json!("1")),
        spoilt("/amount/total", json!(1.5)),
        spoilt("/amount/currency", json!("USD")),
        spoilt("/mchid", json!("1900000110")),
        spoilt("/out_trade_no", json!("RS1")),
        spoilt("/notify_url", json!("http://127.0.0.1:9/notices?a=1")),
        spoilt("/notify_url", json!("http://example.com/notices")),
        spoilt("/notify_url", json!("notices")),
        spoilt("/payer", json!({"openid": "o"})),
        spoilt("/time_expire", json!("tomorrow")),
        "{".into(),
        "[]".into(),
        String::new(),
    ] {
        let (status, answer) =
            refused(Signed::new(Method::POST, NATIVE, &body, at).send(&running.base_url).await).await;
        assert_eq!((status, &answer["code"]), (400, &json!("PARAM_ERROR")), "{body}");
    }
}

#[tokio::test]
async fn a_wrong_serial_asked_for_is_refused() {
    let running = sandbox().await;
    let at = now(&running.base_url).await;
    let signed = Signed::new(Method::GET, "/v3/certificates", "", at);
    let pairs: Vec<String> = signed.pairs.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    let answer = reqwest::Client::new()
        .get(format!("{}/pay/v3/certificates", running.base_url))
        .header("authorization", format!("{} {}", signed.scheme, pairs.join(",")))
        .header("accept", "*/*")
        .header("user-agent", "test")
        .header("wechatpay-serial", "PUB_KEY_ID_00")
        .send()
        .await
        .unwrap();
    let (status, body) = refused(answer).await;
    assert_eq!((status, &body["code"]), (400, &json!("PARAM_ERROR")));
}

#[tokio::test]
async fn development_settings_are_made_once_and_belong_together() {
    let dir = tempfile::tempdir().unwrap();
    let first = Config::for_development(dir.path()).unwrap();
    let again = Config::for_development(dir.path()).unwrap();
    assert_eq!(first.pay.merchant.private, again.pay.merchant.private);
    assert_ne!(first.pay.merchant.private, Config::for_tests().pay.merchant.private);
    let product: toml::Table = std::fs::read_to_string(dir.path().join("product.toml")).unwrap().parse().unwrap();
    assert_eq!(product["providers"]["wechat_pay"]["merchant_key"].as_str(), Some(first.pay.merchant.private.as_str()));
    assert_eq!(product["providers"]["wechat_pay"]["public_key"].as_str(), Some(first.pay.wechat_pay.public.as_str()));
    assert_eq!(product["providers"]["wechat"]["base_url"].as_str(), Some("http://127.0.0.1:8081/wechat"));
    #[cfg(unix)]
    for name in ["sandbox.toml", "product.toml"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is for its owner only");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever single character of the signed parts is changed: refused.
    #[test]
    fn any_mutated_request_is_refused(place in 0..4_usize, at in any::<prop::sample::Index>(), with in "[0-9A-Za-z]") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(async {
            let running = sandbox().await;
            let path = "/v3/pay/transactions/out-trade-no/RS20261123000001?mchid=1900000109";
            let right = Signed::new(Method::GET, path, "", now(&running.base_url).await);
            let change = |text: &str| {
                let at = at.index(text.len());
                format!("{}{with}{}", &text[..at], &text[at + 1..])
            };
            let changed = match place {
                // Only the number in the path: elsewhere it would be another path.
                0 => Signed { path: path.replace("RS20261123000001", &change("RS20261123000001")), ..right.clone() },
                1 => right.clone().pair("nonce_str", &change(&right.pairs[1].1)),
                2 => right.clone().pair("signature", &change(&right.pairs[2].1)),
                _ => right.clone().pair("mchid", &change("1900000109")),
            };
            if changed.path == right.path && changed.pairs == right.pairs {
                return None;
            }
            Some(changed.send(&running.base_url).await.status().as_u16())
        });
        prop_assume!(status.is_some());
        prop_assert_eq!(status, Some(401));
    }
}

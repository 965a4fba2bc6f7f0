//! Mail through the adapter, read from the desk's inbox; and what rude peers try.

use crate::Desk;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use zhangzheng_kinds::Email;
use zhangzheng_providers::{
    Error,
    mail::{Config, Enclosure, Mail, Mailer},
};

fn letter(to: &str) -> Mail {
    Mail {
        to: Email::parse(to).unwrap(),
        subject: "您的电子发票".into(),
        text: "发票见附件。\n.开头的行\n".into(),
        html: Some("<p>发票见附件。</p>".into()),
        attachments: vec![Enclosure {
            name: "发票.pdf".into(),
            content_type: "application/pdf".into(),
            bytes: b"%PDF-1.7 \x00\xff".to_vec(),
        }],
        id: "0193-mail-1".into(),
    }
}

#[tokio::test]
async fn a_mail_arrives_whole_with_its_chinese_file_name() {
    let desk = Desk::start().await;
    let mailer = Mailer::new(&desk.section("mail"), desk.clock.clone()).unwrap();
    mailer.send(&letter("wang@example.com")).await.unwrap();
    let inbox: Value = desk.get("/phone/mail?to=wang@example.com").await.json().await.unwrap();
    assert_eq!(inbox[0]["subject"], "您的电子发票");
    assert!(inbox[0]["text"].as_str().unwrap().contains(".开头的行"));
    assert_eq!(
        (&inbox[0]["attachments"][0]["name"], &inbox[0]["attachments"][0]["size"]),
        (&"发票.pdf".into(), &11.into())
    );
    let id = inbox[0]["id"].as_str().unwrap();
    let bytes = desk.get(&format!("/phone/mail/{id}/0")).await.bytes().await.unwrap();
    assert_eq!(bytes, b"%PDF-1.7 \x00\xff".as_slice());
}

#[tokio::test]
async fn never_and_later_are_told_apart() {
    let desk = Desk::start().await;
    let mailer = Mailer::new(&desk.section("mail"), desk.clock.clone()).unwrap();
    assert!(matches!(mailer.send(&letter("nobody@example.com")).await.unwrap_err(), Error::Refused { .. }));
    assert!(matches!(mailer.send(&letter("later@example.com")).await.unwrap_err(), Error::Unavailable { .. }));
    let mut config: Config = desk.section("mail");
    config.host = "mail.example.com".into();
    let error = Mailer::new(&config, desk.clock.clone()).unwrap_err();
    assert!(matches!(error, Error::Misconfigured { .. }), "in clear to this machine only");
}

async fn talk(desk: &Desk, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(desk.running.smtp_addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    // A peer that closes early may also reset; what it said before counts.
    let _closed = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn pipelined_commands_are_all_answered() {
    let desk = Desk::start().await;
    let all = b"EHLO a\r\nMAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nRSET\r\nNOOP\r\nQUIT\r\n";
    let answer = talk(&desk, all).await;
    assert!(answer.contains("354 ") && answer.contains("250 2.0.0 kept") && answer.ends_with("221 2.0.0 bye\r\n"));
    let inbox: Value = desk.get("/phone/mail?to=c@d.cn").await.json().await.unwrap();
    assert_eq!(inbox[0]["text"].as_str().unwrap().trim(), ".dot");
}

#[tokio::test]
async fn rude_peers_get_an_answer_and_no_more() {
    let desk = Desk::start().await;
    let long = [b"EHLO ".as_slice(), &[b'a'; 100_000], b"\r\nQUIT\r\n"].concat();
    let answer = talk(&desk, &long).await;
    assert!(answer.contains("500 5.5.2 line too long") && answer.ends_with("bye\r\n"), "{answer}");
    assert!(talk(&desk, b"EHLO a\nQUIT\n").await.contains("lines end with CRLF"));
    assert!(talk(&desk, b"EHLO without an end").await.starts_with("220 "));
    assert!(
        talk(&desk, b"DATA\r\nMAIL FROM:<a@b.cn>\r\nRCPT TO:<x>\r\n\xff\xfe\r\nQUIT\r\n").await.ends_with("bye\r\n")
    );
    let smuggled =
        b"HELO a\r\nMAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\nx\r\n.\nMAIL FROM:<evil@b.cn>\r\n.\r\n";
    assert!(talk(&desk, smuggled).await.contains("550 5.6.0"));
    let big = b"EHLO a\r\nMAIL FROM:<a@b.cn> SIZE=99999999\r\nQUIT\r\n";
    assert!(talk(&desk, big).await.contains("552 5.3.4"));
    let inbox: Value = desk.get("/phone/mail").await.json().await.unwrap();
    assert_eq!(inbox.as_array().unwrap().len(), 0);
}

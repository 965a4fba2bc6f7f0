//! The product's half for Tencent Cloud and mail, and the approved SMS templates.

use super::{Config, SmsTemplate};
use toml::{Table, Value};

impl Config {
    /// `[ocr] [face] [eid] [registry] [sms] [mail]` of the product's settings.
    pub(super) fn cloud_settings(&self, base_url: &str) -> Table {
        let text = |value: &str| Value::String(value.to_owned());
        let service = |name: &str, id: &str, key: &str| {
            Table::from_iter([
                ("base_url".to_owned(), text(&format!("{base_url}/tencent/{name}"))),
                ("region".to_owned(), text("ap-guangzhou")),
                ("secret_id".to_owned(), text(id)),
                ("secret_key".to_owned(), text(key)),
            ])
        };
        let keys = &self.tencent;
        let ocr = service("ocr", &keys.ocr.secret_id, &keys.ocr.secret_key);
        let face = service("faceid", &keys.faceid.secret_id, &keys.faceid.secret_key);
        let mut sms = service("sms", &keys.sms.secret_id, &keys.sms.secret_key);
        let templates = keys.sms.templates.iter().map(|template| (template.key.clone(), text(&template.id)));
        sms.insert("sdk_app_id".into(), text(&keys.sms.sdk_app_id));
        sms.insert("sign_name".into(), text(&keys.sms.sign_name));
        sms.insert("templates".into(), Value::Table(templates.collect()));
        let mail = self.smtp_listen;
        let mail = Table::from_iter([
            ("host".to_owned(), text(&mail.ip().to_string())),
            ("port".to_owned(), Value::Integer(mail.port().into())),
            ("security".to_owned(), text("plain")),
            ("from".to_owned(), text("掌证 <no-reply@zhangzheng.example>")),
        ]);
        let eid = Table::from_iter([("merchant_id".to_owned(), text(crate::tencent::MERCHANT))]);
        let sections =
            [("registry", ocr.clone()), ("ocr", ocr), ("face", face), ("eid", eid), ("sms", sms), ("mail", mail)];
        sections.into_iter().map(|(name, table)| (name.to_owned(), Value::Table(table))).collect()
    }
}

/// One for each text the product sends. Those with 验证码 take only digits.
pub(super) fn sms_templates() -> Vec<SmsTemplate> {
    let texts = [
        ("register_code", "您正在注册，验证码{1}，{2}分钟内有效。请勿告诉他人。"),
        ("sign_in_code", "您正在登录，验证码{1}，{2}分钟内有效。请勿告诉他人。"),
        ("reset_code", "您正在重设密码，验证码{1}，{2}分钟内有效。请勿告诉他人。"),
        ("administrator_code", "您正被指定为企业证书管理员，验证码{1}，{2}分钟内有效。如非本人操作请忽略。"),
        ("representative_invite", "您的企业正在办理手机证书，请点击 https://wxaurl.cn/{1} 在微信小程序中核对并确认。"),
        ("case_returned", "您提交的企业资料需要补正，编号{1}，请打开微信小程序查看。"),
        ("certificate_revoked", "您的企业手机证书（编号{1}）已吊销，不能再使用。如非本人操作，请立即联系客服。"),
        ("certificate_active", "您的企业手机证书已激活，编号{1}，请打开微信小程序查看。"),
        ("certificate_expiring", "您的企业手机证书将于{1}天后到期，请及时续期。"),
        ("administrator_named", "您已被指定为企业证书管理员，请点击 https://wxaurl.cn/{1} 在微信小程序中确认。"),
        ("order_paid", "您的订单已支付成功，金额{1}元，请打开微信小程序查看。"),
        ("order_refunded", "您的订单已退款{1}元，将原路退回付款账户。"),
        ("invoice_issued", "您的电子发票已开具，金额{1}元，已发送至您填写的邮箱。"),
        ("order_expiring", "您有一笔{1}元的订单将于{2}关闭，请及时支付。"),
    ];
    let numbered = texts.into_iter().enumerate();
    numbered
        .map(|(i, (key, text))| SmsTemplate { id: (2_000_001 + i).to_string(), key: key.into(), text: text.into() })
        .collect()
}

//! 协议: the texts people agree to. Each has a version; what is recorded is which version of which text, with its hash.

use crate::{config::Service, db::Tx, error::Error, events::Event, state::State};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*, sea_query::Expr};
use sha2::{Digest, Sha256};

/// The texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// 《数字证书申请及使用协议》
    CertificateUse,
    /// 《隐私政策》
    Privacy,
    /// 《用户注册协议》
    Registration,
    /// 《个人信息使用授权书》: face data, a consent of its own.
    Face,
    /// Face data on its way over the internet, a consent of its own (人脸识别技术应用安全管理办法).
    FaceTransfer,
    /// Giving identity data to the certification authority, a consent of its own (PIPL art. 23).
    ProvideToCa,
}

/// The consents that stand by themselves: each given by an act of its own, and taken back as easily.
pub const SEPARATE: &[Text] = &[Text::Face, Text::FaceTransfer, Text::ProvideToCa];

/// What one tick at registration covers.
pub const REGISTRATION: &[Text] = &[Text::CertificateUse, Text::Privacy, Text::Registration];

impl Text {
    /// Every text.
    pub const ALL: &'static [Self] =
        &[Self::CertificateUse, Self::Privacy, Self::Registration, Self::Face, Self::FaceTransfer, Self::ProvideToCa];

    /// The word in addresses and in the table.
    pub const fn id(self) -> &'static str {
        match self {
            Self::CertificateUse => "certificate-use",
            Self::Privacy => "privacy",
            Self::Registration => "registration",
            Self::Face => "face",
            Self::FaceTransfer => "face-transfer",
            Self::ProvideToCa => "provide-to-ca",
        }
    }

    /// The text with this word.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|text| text.id() == id)
    }

    const fn source(self) -> &'static str {
        match self {
            Self::CertificateUse => include_str!("../config/agreements/certificate-use.md"),
            Self::Privacy => include_str!("../config/agreements/privacy.md"),
            Self::Registration => include_str!("../config/agreements/registration.md"),
            Self::Face => include_str!("../config/agreements/face.md"),
            Self::FaceTransfer => include_str!("../config/agreements/face-transfer.md"),
            Self::ProvideToCa => include_str!("../config/agreements/provide-to-ca.md"),
        }
    }

    fn header(self, key: &str) -> &'static str {
        let mut lines = self.source().lines().take_while(|line| !line.is_empty());
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).unwrap_or_default()
    }

    /// The day this version came into force.
    pub fn version(self) -> &'static str {
        self.header("version")
    }

    /// Its title, without brackets.
    pub fn title(self) -> &'static str {
        self.header("title")
    }

    /// The text as shown, with our names filled in.
    pub fn body(self, service: &Service) -> String {
        let (_, body) = self.source().split_once("\n\n").unwrap_or_default();
        body.replace("{company}", &service.company)
            .replace("{name}", &service.name)
            .replace("{hotline}", &service.hotline)
    }

    /// The text as HTML.
    pub fn html(self, service: &Service) -> String {
        let mut html = String::new();
        let body = self.body(service);
        let parser = pulldown_cmark::Parser::new_ext(&body, pulldown_cmark::Options::ENABLE_TABLES);
        pulldown_cmark::html::push_html(&mut html, parser);
        html
    }
}

/// The table `consent`.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "consent")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub member_id: Uuid,
        pub text: String,
        pub version: String,
        /// SHA-256 of the text as shown.
        pub hash: Vec<u8>,
        pub given_at: DateTimeUtc,
        pub withdrawn_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Records that a member has agreed, just now, to the version in force.
pub async fn record(tx: &mut Tx, member_id: Uuid, account_id: Uuid, text: Text) -> Result<(), Error> {
    let row = entity::ActiveModel {
        id: Set(tx.id()),
        member_id: Set(member_id),
        text: Set(text.id().into()),
        version: Set(text.version().into()),
        hash: Set(Sha256::digest(text.source()).to_vec()),
        given_at: Set(tx.now),
        withdrawn_at: Set(None),
    };
    entity::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("consent.give", member_id, Some(account_id))).await
}

/// Withdraws a consent: as easy as giving it. Withdrawing what was not given is nothing.
pub async fn withdraw(tx: &mut Tx, member_id: Uuid, account_id: Uuid, text: Text) -> Result<(), Error> {
    entity::Entity::update_many()
        .col_expr(entity::Column::WithdrawnAt, Expr::value(tx.now))
        .filter(entity::Column::MemberId.eq(member_id))
        .filter(entity::Column::Text.eq(text.id()))
        .filter(entity::Column::WithdrawnAt.is_null())
        .exec(&**tx)
        .await?;
    tx.say(Event::new("consent.withdraw", member_id, Some(account_id))).await
}

/// What a member has said last about a text, to whichever version.
pub async fn last(state: &State, member_id: Uuid, text: Text) -> Result<Option<entity::Model>, Error> {
    Ok(entity::Entity::find()
        .filter(entity::Column::MemberId.eq(member_id))
        .filter(entity::Column::Text.eq(text.id()))
        .order_by_desc(entity::Column::Id)
        .one(&state.db.read)
        .await?)
}

/// Whether a member's consent to the version in force stands.
pub async fn stands(state: &State, member_id: Uuid, text: Text) -> Result<bool, Error> {
    let last = last(state, member_id, text).await?;
    Ok(last.is_some_and(|consent| consent.withdrawn_at.is_none() && consent.version == text.version()))
}

/// Whether a member has taken a consent back, and not given it again since.
pub async fn is_withdrawn(state: &State, member_id: Uuid, text: Text) -> Result<bool, Error> {
    Ok(last(state, member_id, text).await?.is_some_and(|consent| consent.withdrawn_at.is_some()))
}

/// The same inside a transaction, and so until it ends: whoever takes it back meanwhile waits.
pub async fn is_withdrawn_now(tx: &Tx, member_id: Uuid, text: Text) -> Result<bool, Error> {
    let last = entity::Entity::find()
        .filter(entity::Column::MemberId.eq(member_id))
        .filter(entity::Column::Text.eq(text.id()))
        .order_by_desc(entity::Column::Id)
        .lock_exclusive()
        .one(&**tx)
        .await?;
    Ok(last.is_some_and(|consent| consent.withdrawn_at.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m10_every_text_has_a_title_a_version_and_no_open_places() {
        let service = Service {
            name: "掌证".into(),
            company: "某某电子认证服务有限公司".into(),
            hotline: "0591-968975".into(),
            filing_number: None,
            licence_number: None,
        };
        for text in Text::ALL {
            assert!(!text.title().is_empty() && text.version().len() == 10, "{}", text.id());
            assert!(!text.body(&service).contains('{'), "{}", text.id());
            assert_eq!(Text::by_id(text.id()), Some(*text));
        }
        assert!(Text::Privacy.html(&service).contains("<table>"));
    }
}

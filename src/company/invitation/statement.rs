//! What the representative is asked to confirm: the same that the paper letter says, in words for a phone.

use crate::{
    agreements,
    company::{Field, Fields},
    error::Error,
    person,
    state::State,
};
use sha2::{Digest, Sha256};

/// The version of the wording. A change of [`Statement::lines`] is a new version.
pub const VERSION: &str = "2026-11-23";

/// What is confirmed, from the form and the agent.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    pub certification_company: String,
    pub company_name: String,
    pub company_code: String,
    pub representative_name: String,
    pub representative_mobile: String,
    pub agent_name: String,
    pub agent_id_number: String,
    pub account_name: String,
}

/// Names people: never printed.
impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statement").finish_non_exhaustive()
    }
}

impl Statement {
    /// From the fields, once those that it needs are there and right.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field that is missing or wrong.
    pub fn of(state: &State, account_name: &str, fields: &Fields, agent: &person::Verified) -> Result<Self, Error> {
        let word = |field: Field| match fields.problem(field) {
            None => Ok(field.tidy(fields.get(field))),
            Some(problem) => Err(Error::invalid(field.word(), format!("邀请法定代表人前，{problem}"))),
        };
        Ok(Self {
            certification_company: state.config.service.company.clone(),
            company_name: word(Field::Name)?,
            company_code: word(Field::Code)?,
            representative_name: word(Field::RepresentativeName)?,
            representative_mobile: word(Field::RepresentativeMobile)?,
            agent_name: agent.name.as_str().to_owned(),
            agent_id_number: agent.resident_id.as_str().to_owned(),
            account_name: account_name.to_owned(),
        })
    }

    /// A blind index of all of it: another statement has another index.
    pub fn index(&self, state: &State) -> Vec<u8> {
        let words = [
            self.certification_company.as_str(),
            &self.company_name,
            &self.company_code,
            &self.representative_name,
            &self.representative_mobile,
            &self.agent_name,
            &self.agent_id_number,
            &self.account_name,
            VERSION,
        ];
        state.vault.index("invitation.statement", &words.join("\u{1f}"))
    }

    /// The paragraphs, for the representative whose number is given.
    pub fn lines(&self, representative_id_number: &str) -> Vec<String> {
        let agreement = agreements::Text::CertificateUse;
        let Self { certification_company, company_name, company_code, representative_name, .. } = self;
        let Self { agent_name, agent_id_number, account_name, .. } = self;
        vec![
            format!(
                "本人{representative_name}（身份证号 {representative_id_number}），系{company_name}（统一社会信用代码/注册号 \
                 {company_code}）的法定代表人，代表本企业确认以下事项："
            ),
            format!("一、本企业向{certification_company}申请企业手机证书及电子印章。"),
            format!(
                "二、本企业委托{agent_name}（身份证号 {agent_id_number}）为经办人，使用企业帐号 {account_name} \
                 提交资料、购买服务并指定证书管理员。"
            ),
            "三、经办人在办理过程中提交的全部资料，本企业均予以承认，并承担相应的法律责任。".to_owned(),
            "四、经办人无转委托权。".to_owned(),
            format!("五、本企业已阅读并同意《{}》（{} 版）。", agreement.title(), agreement.version()),
            "六、本确认自本人在手机上确认之时起生效；企业名称、代码、法定代表人或经办人变更的，须重新确认。".to_owned(),
        ]
    }

    /// SHA-256 of the paragraphs, one a line.
    pub fn hash(lines: &[String]) -> Vec<u8> {
        Sha256::digest(lines.join("\n")).to_vec()
    }
}

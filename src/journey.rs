//! 办理进度: the five steps as one pure function of the facts. Desktop, phone and API all show what it says.

use crate::{error::Error, state::State, who::Who};
use futures_util::future::BoxFuture;
use poem_openapi::{Enum, Object};

/// The steps, in the manual's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Step {
    /// 个人实名认证
    Person,
    /// 企业实名认证
    Company,
    /// 服务购买
    Order,
    /// 确认管理员
    Administrator,
    /// 激活证书
    Certificate,
}

impl Step {
    /// The five of them.
    pub const ALL: [Self; 5] = [Self::Person, Self::Company, Self::Order, Self::Administrator, Self::Certificate];

    /// The manual's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Person => "个人实名认证",
            Self::Company => "企业实名认证",
            Self::Order => "服务购买",
            Self::Administrator => "确认管理员",
            Self::Certificate => "激活证书",
        }
    }

    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
            Self::Order => "order",
            Self::Administrator => "administrator",
            Self::Certificate => "certificate",
        }
    }
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "StepState", rename_all = "snake_case")]
pub enum StepState {
    /// Not yet: `reason` says what comes first.
    Locked,
    /// Can be begun.
    Open,
    /// Begun by the person.
    InProgress,
    /// We, or somebody we asked, are at work: nothing for the person to do.
    UnderReview,
    /// Something must be corrected: `reason` says what.
    Returned,
    /// Done.
    Done,
}

impl StepState {
    /// What the page says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Locked => "未开放",
            Self::Open => "待办理",
            Self::InProgress => "办理中",
            Self::UnderReview => "审核中",
            Self::Returned => "需修改",
            Self::Done => "已完成",
        }
    }

    /// The word in style sheets.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::UnderReview => "under_review",
            Self::Returned => "returned",
            Self::Done => "done",
        }
    }
}

/// Where the next thing can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Where {
    Phone,
    Either,
}

/// What the person can do next in a step.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub struct Next {
    /// A word for programs.
    pub action: String,
    /// The button.
    pub label: String,
    #[oai(rename = "where")]
    pub place: Where,
}

/// One step as shown.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct StepView {
    pub step: Step,
    pub label: String,
    pub state: StepState,
    /// Why it is locked, or what must be corrected, or how long it takes.
    pub reason: Option<String>,
    pub next: Option<Next>,
}

/// The five steps of one person in one account.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub struct Journey {
    pub steps: Vec<StepView>,
    /// What taking back the consent to give data to the certification authority brings about; none when nothing.
    #[oai(skip_serializing_if_is_none)]
    pub on_withdrawal: Option<String>,
}

impl Journey {
    /// One of the five.
    pub fn step(&self, step: Step) -> &StepView {
        &self.steps[step as usize]
    }

    /// The step to look at first: the first one that asks something of the person, else the first that is not done.
    pub fn current(&self) -> Step {
        let asks = |view: &&StepView| view.next.is_some() && view.state != StepState::Done;
        let undone = || self.steps.iter().find(|view| view.state != StepState::Done);
        self.steps.iter().find(asks).or_else(undone).map_or(Step::Certificate, |view| view.step)
    }
}

/// 个人实名认证 of the person who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonFact {
    #[default]
    NotStarted,
    InProgress,
    /// The vendor is at work.
    Checking,
    /// Failed; may try again.
    Failed,
    /// Failed as often as allowed: a person will look at it.
    UnderReview,
    Verified,
}

/// 企业实名认证 of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompanyFact {
    #[default]
    NotStarted,
    Draft,
    UnderReview,
    Returned,
    Approved,
    /// Finally.
    Rejected,
}

/// 服务购买 of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderFact {
    #[default]
    None,
    Unpaid,
    Paid,
    /// Paid once, and all of it given back.
    Refunded,
}

/// 确认管理员 of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdministratorFact {
    #[default]
    None,
    /// The person who asks has been named and must confirm on the phone.
    NamedMe,
    /// Somebody else has been named and must confirm.
    NamedOther,
    /// Confirmed, the key exists.
    Confirmed,
}

/// 激活证书 of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CertificateFact {
    #[default]
    None,
    Active,
    Suspended,
    Expired,
    Revoked,
}

/// The consents without which nothing may be given to the certification authority (PIPL art. 23): those of the applicant and
/// of the administrator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConsentFact {
    /// Nobody has taken one back.
    #[default]
    Stands,
    /// The person who asks has.
    WithdrawnByMe,
    /// Somebody else has.
    WithdrawnByOther,
}

/// What the consent of the person who asks holds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConsentHolds {
    #[default]
    Nothing,
    /// A certificate that is still to be issued.
    Issuing,
    /// The certificate in force: the person is its administrator.
    Certificate,
}

/// All that the journey depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub person: PersonFact,
    pub company: CompanyFact,
    pub order: OrderFact,
    pub seal_made: bool,
    pub administrator: AdministratorFact,
    pub certificate: CertificateFact,
    pub consent: ConsentFact,
    pub consent_holds: ConsentHolds,
}

/// The five steps.
pub fn journey(facts: Facts) -> Journey {
    let steps = vec![person(facts), company(facts), order(facts), administrator(facts), certificate(facts)];
    Journey { steps, on_withdrawal: on_withdrawal(facts).map(Into::into) }
}

/// What taking back the consent to give data to the certification authority brings about, said before it is taken back.
fn on_withdrawal(facts: Facts) -> Option<&'static str> {
    match (facts.consent_holds, facts.order) {
        (ConsentHolds::Certificate, _) => Some(
            "撤回后，您作为管理员的企业证书将立即吊销，不能恢复；如需继续使用，须重新同意，再重新确认管理员并签发新证书",
        ),
        (ConsentHolds::Issuing, OrderFact::Paid) => {
            Some("撤回后，证书签发将停止，直到您重新同意；如不再办理，可在“订单管理”申请退款")
        }
        (ConsentHolds::Issuing, _) => Some("撤回后，证书签发将停止，直到您重新同意"),
        (ConsentHolds::Nothing, _) => None,
    }
}

fn view(step: Step, state: StepState, reason: Option<&str>, next: Option<(&str, &str, Where)>) -> StepView {
    let next = next.map(|(action, label, place)| Next { action: action.into(), label: label.into(), place });
    StepView { step, label: step.label().into(), state, reason: reason.map(Into::into), next }
}

fn person(facts: Facts) -> StepView {
    use {PersonFact as P, StepState::*};
    let step = Step::Person;
    match facts.person {
        P::NotStarted => view(step, Open, None, Some(("start", "开始个人实名认证", Where::Phone))),
        P::InProgress => view(step, InProgress, None, Some(("resume", "继续个人实名认证", Where::Phone))),
        P::Checking => view(step, UnderReview, Some("正在比对，通常一分钟内有结果"), None),
        P::Failed => {
            view(step, Returned, Some("人脸验证未通过，请重新录制"), Some(("retry", "重新验证", Where::Phone)))
        }
        P::UnderReview => view(step, UnderReview, Some("已转人工核验，我们将在 1 个工作日内与您联系"), None),
        P::Verified => view(step, Done, Some("已完成个人实名认证！"), None),
    }
}

fn company(facts: Facts) -> StepView {
    use {CompanyFact as C, StepState::*};
    let step = Step::Company;
    let began = facts.company != C::NotStarted;
    if facts.person != PersonFact::Verified && !began {
        return view(step, Locked, Some("完成个人实名认证后开放"), None);
    }
    let may_edit = facts.person == PersonFact::Verified;
    let edit = |action: &'static str, label: &'static str| may_edit.then_some((action, label, Where::Either));
    match facts.company {
        C::NotStarted => view(step, Open, None, edit("start", "开始企业实名认证")),
        C::Draft => view(step, InProgress, None, edit("resume", "继续填写")),
        C::UnderReview => view(step, UnderReview, Some("已提交企业实名资料！预计 1 个工作日内完成审核"), None),
        C::Returned => view(step, Returned, Some("资料需要修改，请查看原因"), edit("correct", "查看原因并修改")),
        C::Approved => view(step, Done, Some("企业实名认证已通过"), None),
        C::Rejected => {
            view(step, Returned, Some("审核未通过，已付款项将全额退回；可重新提交申请"), edit("restart", "重新申请"))
        }
    }
}

fn order(facts: Facts) -> StepView {
    use {CompanyFact as C, OrderFact as O, StepState::*};
    let step = Step::Order;
    let opened = matches!(facts.company, C::UnderReview | C::Returned | C::Approved);
    match facts.order {
        O::Paid => view(step, Done, Some("支付成功"), None),
        O::None | O::Unpaid | O::Refunded if !opened => view(step, Locked, Some("提交企业实名资料后开放"), None),
        O::None => view(step, Open, None, Some(("buy", "购买服务", Where::Either))),
        O::Refunded => view(step, Open, Some("原订单已退款"), Some(("buy", "购买服务", Where::Either))),
        O::Unpaid => view(step, InProgress, Some("有一笔订单等待支付"), Some(("pay", "去支付", Where::Either))),
    }
}

fn administrator(facts: Facts) -> StepView {
    use {AdministratorFact as A, StepState::*};
    let step = Step::Administrator;
    match facts.administrator {
        A::Confirmed => view(step, Done, Some("管理员已确认"), None),
        _ if facts.order != OrderFact::Paid => view(step, Locked, Some("购买服务后开放"), None),
        A::None => view(step, Open, None, Some(("choose", "确认管理员", Where::Either))),
        A::NamedMe => {
            view(step, InProgress, Some("请在手机上设置 PIN 码并确认"), Some(("confirm", "在手机上确认", Where::Phone)))
        }
        A::NamedOther => view(
            step,
            InProgress,
            Some("等待被指定的管理员在手机上确认"),
            Some(("choose", "查看或改为他人", Where::Either)),
        ),
    }
}

fn certificate(facts: Facts) -> StepView {
    use {CertificateFact as X, StepState::*};
    let step = Step::Certificate;
    if let Some(stopped) = stopped(facts) {
        return stopped;
    }
    match facts.certificate {
        X::Active => view(step, Done, Some("证书已激活"), None),
        X::Suspended => view(step, UnderReview, Some("证书已暂停使用"), None),
        X::Expired => view(step, Returned, Some("证书已过期，请续期"), Some(("renew", "续期", Where::Either))),
        X::Revoked => view(
            step,
            Returned,
            Some("证书已吊销，请重新确认管理员"),
            Some(("reissue", "重新确认管理员", Where::Phone)),
        ),
        X::None if facts.company != CompanyFact::Approved => {
            view(step, Locked, Some("企业实名认证审核通过后自动激活"), None)
        }
        X::None if facts.order != OrderFact::Paid => view(step, Locked, Some("购买服务后自动激活"), None),
        X::None if facts.administrator != AdministratorFact::Confirmed => {
            view(step, Locked, Some("确认管理员后自动激活"), None)
        }
        X::None if !facts.seal_made => view(step, UnderReview, Some("正在制作印章，完成后自动激活"), None),
        X::None => view(step, UnderReview, Some("正在签发证书，请稍候"), None),
    }
}

/// A consent that was taken back stops everything that is still to come.
fn stopped(facts: Facts) -> Option<StepView> {
    use {CertificateFact as X, ConsentFact as K, StepState::*};
    let again = Some(("consent", "重新同意", Where::Either));
    let change = Some(("choose", "变更管理员", Where::Either));
    // Before the approval the step is shut in any case (M50).
    if facts.certificate == X::None && facts.company != CompanyFact::Approved {
        return None;
    }
    let (reason, next) = match (facts.certificate, facts.consent) {
        (X::None, K::WithdrawnByMe) if facts.order == OrderFact::Paid => (
            "您已撤回向电子认证服务机构提供个人信息的同意，签发已停止。可重新同意；如不再办理，可在“订单管理”申请退款",
            again,
        ),
        (X::None, K::WithdrawnByMe) => ("您已撤回向电子认证服务机构提供个人信息的同意，签发已停止", again),
        (X::None, K::WithdrawnByOther) => {
            let confirmed = facts.administrator == AdministratorFact::Confirmed;
            (
                "经办人或管理员已撤回提供个人信息的同意，签发已停止。请联系其重新同意，或变更管理员",
                change.filter(|_| confirmed),
            )
        }
        (X::Revoked, K::WithdrawnByMe) => {
            ("您已撤回向电子认证服务机构提供个人信息的同意，证书已吊销。如需继续使用，请先重新同意", again)
        }
        (X::Revoked, K::WithdrawnByOther) => ("管理员已撤回提供个人信息的同意，证书已吊销，请变更管理员", change),
        _ => return None,
    };
    Some(view(Step::Certificate, Returned, Some(reason), next))
}

/// Reads the facts and gives the journey; `app.rs` supplies it, because it alone sees every step.
pub type JourneyOf = for<'a> fn(&'a State, &'a Who) -> BoxFuture<'a, Result<Journey, Error>>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, sample::select};

    fn facts() -> impl Strategy<Value = Facts> {
        use {AdministratorFact as A, CertificateFact as X, CompanyFact as C, OrderFact as O, PersonFact as P};
        (
            select(vec![P::NotStarted, P::InProgress, P::Checking, P::Failed, P::UnderReview, P::Verified]),
            select(vec![C::NotStarted, C::Draft, C::UnderReview, C::Returned, C::Approved, C::Rejected]),
            select(vec![O::None, O::Unpaid, O::Paid, O::Refunded]),
            any::<bool>(),
            select(vec![A::None, A::NamedMe, A::NamedOther, A::Confirmed]),
            select(vec![X::None, X::Active, X::Suspended, X::Expired, X::Revoked]),
            select(vec![ConsentFact::Stands, ConsentFact::WithdrawnByMe, ConsentFact::WithdrawnByOther]),
            select(vec![ConsentHolds::Nothing, ConsentHolds::Issuing, ConsentHolds::Certificate]),
        )
            .prop_map(
                |(person, company, order, seal_made, administrator, certificate, consent, consent_holds)| Facts {
                    person,
                    company,
                    order,
                    seal_made,
                    administrator,
                    certificate,
                    consent,
                    consent_holds,
                },
            )
    }

    /// The facts that can come together when every step asks the ones before it.
    fn possible(facts: &Facts) -> bool {
        let submitted = !matches!(facts.company, CompanyFact::NotStarted | CompanyFact::Draft);
        (facts.order == OrderFact::None || submitted)
            && (facts.administrator == AdministratorFact::None
                || matches!(facts.order, OrderFact::Paid | OrderFact::Refunded))
            && (facts.certificate == CertificateFact::None
                || (facts.company == CompanyFact::Approved
                    && facts.order == OrderFact::Paid
                    && facts.seal_made
                    && facts.administrator == AdministratorFact::Confirmed))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn there_is_no_dead_end(facts in facts().prop_filter("possible", possible)) {
            let journey = journey(facts);
            let done = journey.step(Step::Certificate).state == StepState::Done;
            let something = journey.steps.iter().any(|step| step.next.is_some() || step.state == StepState::UnderReview)
                || facts.consent == ConsentFact::WithdrawnByOther;
            prop_assert!(done || something, "{facts:?}");
        }

        #[test]
        fn every_step_says_why_it_is_shut_and_what_to_correct(facts in facts()) {
            for step in journey(facts).steps {
                match step.state {
                    StepState::Locked | StepState::UnderReview => {
                        prop_assert!(step.reason.is_some() && step.next.is_none(), "{step:?}");
                    }
                    StepState::Returned => prop_assert!(step.reason.is_some()),
                    StepState::Done => prop_assert!(step.next.is_none()),
                    StepState::Open | StepState::InProgress => {}
                }
            }
        }

        #[test]
        fn only_the_manuals_order(facts in facts().prop_filter("possible", possible)) {
            let journey = journey(facts);
            let shut = |step| journey.step(step).state == StepState::Locked;
            if facts.company == CompanyFact::NotStarted && facts.person != PersonFact::Verified {
                prop_assert!(shut(Step::Company) && shut(Step::Order));
            }
            if facts.order != OrderFact::Paid && facts.administrator != AdministratorFact::Confirmed {
                prop_assert!(shut(Step::Administrator));
            }
            if facts.company != CompanyFact::Approved {
                prop_assert!(shut(Step::Certificate));
            }
        }

        #[test]
        fn steps_stand_in_order_and_the_current_one_is_among_them(facts in facts()) {
            let journey = journey(facts);
            prop_assert_eq!(journey.steps.iter().map(|view| view.step).collect::<Vec<_>>(), Step::ALL.to_vec());
            let current = journey.current();
            prop_assert!(journey.steps.iter().any(|view| view.step == current));
        }
    }

    #[test]
    fn m50_the_certificate_is_closed_until_the_company_is_approved() {
        let mut facts = Facts {
            person: PersonFact::Verified,
            company: CompanyFact::UnderReview,
            order: OrderFact::Paid,
            seal_made: true,
            administrator: AdministratorFact::Confirmed,
            ..Facts::default()
        };
        assert_eq!(journey(facts).step(Step::Certificate).state, StepState::Locked);
        facts.company = CompanyFact::Approved;
        assert_eq!(journey(facts).step(Step::Certificate).state, StepState::UnderReview);
    }

    #[test]
    fn b4_a_consent_taken_back_stops_the_certificate_and_says_what_to_do() {
        let ready = Facts {
            person: PersonFact::Verified,
            company: CompanyFact::Approved,
            order: OrderFact::Paid,
            seal_made: true,
            administrator: AdministratorFact::Confirmed,
            consent_holds: ConsentHolds::Issuing,
            ..Facts::default()
        };
        let certificate = |facts| journey(facts).step(Step::Certificate).clone();
        assert!(journey(ready).on_withdrawal.is_some_and(|said| said.contains("签发将停止")));
        let stopped = certificate(Facts { consent: ConsentFact::WithdrawnByMe, ..ready });
        assert_eq!(stopped.state, StepState::Returned);
        assert_eq!(stopped.next.map(|next| next.action).as_deref(), Some("consent"));
        let held = Facts { certificate: CertificateFact::Active, consent_holds: ConsentHolds::Certificate, ..ready };
        assert!(journey(held).on_withdrawal.is_some_and(|said| said.contains("立即吊销")));
        let revoked = Facts { certificate: CertificateFact::Revoked, consent: ConsentFact::WithdrawnByMe, ..held };
        assert_eq!(certificate(revoked).next.map(|next| next.action).as_deref(), Some("consent"));
        let again = certificate(Facts { consent: ConsentFact::Stands, ..revoked });
        assert_eq!(again.next.map(|next| next.action).as_deref(), Some("reissue"));
    }

    #[test]
    fn m35_buying_is_open_as_soon_as_the_company_is_submitted() {
        let mut facts = Facts { person: PersonFact::Verified, company: CompanyFact::Draft, ..Facts::default() };
        assert_eq!(journey(facts).step(Step::Order).state, StepState::Locked);
        facts.company = CompanyFact::UnderReview;
        assert_eq!(journey(facts).step(Step::Order).state, StepState::Open);
    }
}

//! 100,000 random schedules of submissions, decisions, proposals, answers, lapses and restarts against the real rules.

use super::*;
use crate::{
    company::{Open, Status},
    console::{Role, proposal},
};
use proptest::prelude::*;

/// Who acts: one reviewer and two seniors.
const STAFF: usize = 3;

fn roles(who: usize) -> Roles {
    let role = if who == 0 { Role::Reviewer } else { Role::SeniorReviewer };
    [role].into_iter().collect()
}

fn id(who: usize) -> Uuid {
    Uuid::from_u128(who as u128 + 1)
}

/// What waits for a second person.
struct Waiting {
    by: usize,
    why: Why,
    decision: Decision,
    status: proposal::Status,
}

/// One case, moved by the rules alone.
struct Case {
    status: Status,
    open: Open,
    facts: Facts,
    holder: Option<usize>,
    waiting: Option<Waiting>,
    revised: u32,
    returns: u32,
    /// The last decision and who stands behind it, while it holds.
    last: Option<(Decision, usize, Option<usize>)>,
    rejected_before: u32,
    restarts: u32,
}

impl Case {
    fn new() -> Self {
        let items = Item::all().map(|item| (item.word(), item.label())).collect();
        let pictures = vec![(Uuid::from_u128(9), "company_seal".to_owned())];
        let facts = Facts { items, pictures, failures: Vec::new(), paid: false };
        let (status, open) = (Status::Draft, Open::Everything);
        Self {
            status,
            open,
            facts,
            holder: None,
            waiting: None,
            revised: 0,
            returns: 0,
            last: None,
            rejected_before: 0,
            restarts: 0,
        }
    }

    fn carry_out(&mut self, by: usize, second: Option<usize>, decision: &Decision) {
        let (action, said) = decision.of_company(second.map(id));
        let Some(next) = self.status.on(action) else { return };
        // The rule below the pages: an automatic no is not overridden by one.
        assert!(
            decision.ruling != Ruling::Approve || self.facts.failures.is_empty() || said.has_second(id(by)),
            "an override by one person"
        );
        assert!(
            decision.ruling != Ruling::Reject || !self.facts.paid || said.has_second(id(by)),
            "money given back by one"
        );
        self.returns += u32::from(next == Status::Returned);
        self.rejected_before += u32::from(next == Status::Rejected);
        self.status = next;
        self.open = Open::of(next, &said.items);
        self.last = Some((decision.clone(), by, second));
        self.holder = None;
    }

    fn decide(&mut self, by: usize, what: u8) {
        if self.holder != Some(by) || self.waiting.is_some() || self.status != Status::UnderReview {
            return;
        }
        let Ok(decision) = Decision::read(Kind::Company, &typed(what), &self.facts, &roles(by)) else { return };
        match decision.needs_second(&self.facts) {
            None => self.carry_out(by, None, &decision),
            Some(_) if decision.internal_note.is_empty() => {}
            Some(why) => {
                self.waiting = Some(Waiting { by, why, decision, status: proposal::Status::Waiting });
                self.holder = None;
            }
        }
    }

    fn answer(&mut self, by: usize, action: proposal::Action) {
        let Some(mut waiting) = self.waiting.take() else { return };
        let may = match action {
            proposal::Action::Withdraw => by == waiting.by,
            proposal::Action::Lapse => true,
            _ => by != waiting.by && roles(by).can(waiting.why.needs()),
        };
        if !may {
            self.waiting = Some(waiting);
            return;
        }
        waiting.status = waiting.status.on(action).expect("what waits can be answered");
        assert!(proposal::Action::ALL.iter().all(|again| waiting.status.on(*again).is_none()), "answered once");
        if action == proposal::Action::Confirm {
            self.carry_out(waiting.by, Some(by), &waiting.decision);
        }
    }

    fn act(&mut self, (what, how): (u8, u8)) {
        let by = usize::from(how) % STAFF;
        match what % 12 {
            0 | 1 => {
                let was = self.status;
                if let Some(next) = was.on(company::Action::Submit) {
                    self.revised += u32::from(was == Status::Returned);
                    (self.status, self.open, self.last) = (next, Open::of(next, &[]), None);
                    self.facts.failures =
                        if how % 3 == 0 { vec!["企业名称与工商登记不一致"] } else { Vec::new() };
                }
            }
            2 => {
                if let Some(next) = self.status.on(company::Action::Restart) {
                    (self.status, self.open, self.last, self.revised, self.returns) =
                        (next, Open::of(next, &[]), None, 0, 0);
                    self.restarts += 1;
                }
            }
            3 | 4 if self.holder.is_none() && self.status == Status::UnderReview => self.holder = Some(by),
            5 => self.holder = None,
            6..=8 => self.decide(self.holder.unwrap_or(by), how),
            9 => self.answer(by, proposal::Action::Confirm),
            10 => {
                let actions = [proposal::Action::Decline, proposal::Action::Withdraw, proposal::Action::Lapse];
                self.answer(by, actions[usize::from(how / 4) % 3]);
            }
            11 => self.facts.paid = how.is_multiple_of(2),
            _ => {}
        }
    }

    /// What must be true after every act.
    fn check(&self) {
        let under_review = self.status == Status::UnderReview;
        assert!(self.waiting.is_none() || under_review, "something waits about a case that is decided");
        assert!(self.holder.is_none() || under_review, "a case is held that nobody has to decide");
        match (self.status, &self.open) {
            (Status::Draft, Open::Everything) => {}
            (Status::Returned, Open::Only(items)) => assert!(!items.is_empty()),
            (Status::UnderReview | Status::Approved | Status::Rejected, Open::Nothing) => {}
            (status, open) => panic!("{status:?} has {open:?}"),
        }
        assert!(
            self.restarts + u32::from(self.status == Status::Rejected) == self.rejected_before,
            "a rejection is left by the applicant alone"
        );
        assert!(
            self.revised + u32::from(self.status == Status::Returned) >= self.returns,
            "what was returned comes back revised"
        );
        let Some((decision, by, second)) = &self.last else {
            assert!(matches!(self.status, Status::Draft | Status::UnderReview), "decided by nobody");
            return;
        };
        assert!(*second != Some(*by), "nobody confirms their own");
        let expected = match decision.ruling {
            Ruling::Approve => Status::Approved,
            Ruling::Return => Status::Returned,
            Ruling::Reject => Status::Rejected,
        };
        assert_eq!(self.status, expected, "status and decision contradict each other");
        if decision.ruling != Ruling::Approve {
            assert!(
                !decision.reason_code.is_empty() && !decision.applicant_note.is_empty(),
                "a decision without a reason"
            );
        }
        if decision.ruling == Ruling::Reject {
            assert!(roles(*by).can(Permission::RejectFinally));
        }
    }
}

/// What the page's form could send, and what it could not.
fn typed(what: u8) -> Typed {
    let text = |text: &str| text.to_owned();
    let mut typed =
        Typed { internal_note: if what & 1 == 0 { text("已核实") } else { String::new() }, ..Typed::default() };
    let (decision, code, items) = match what >> 1 & 15 {
        0 | 1 => ("approve", "", ""),
        2 => ("return", "company_seal_unclear", ""),
        3 => ("return", "licence_differs", "name business_licence"),
        4 => ("return", "", "email"),
        5 => ("return", "", ""),
        6 => ("return", "other", "email"),
        7 => ("return", "forged_papers", "email"),
        8 => ("reject", "forged_papers", ""),
        9 | 10 => ("reject_confirmed", "forged_papers", ""),
        11 => ("reject_confirmed", "email_wrong", ""),
        12 => ("reject_confirmed", "", ""),
        13 => ("return", "email_wrong", "email password"),
        14 => ("return", "company_seal_unclear", "company_seal"),
        _ => ("", "", ""),
    };
    (typed.decision, typed.reason_code, typed.items) = (text(decision), text(code), text(items));
    if what >> 1 & 15 == 14 {
        typed.each.insert(text("mark.company_seal"), format!("{} 0.1 0.1 0.2 0.2", Uuid::from_u128(9)));
    }
    typed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]
    #[test]
    fn b7_no_schedule_contradicts_itself(acts in proptest::collection::vec((any::<u8>(), any::<u8>()), 1..40)) {
        let mut case = Case::new();
        for act in acts {
            let was = case.status;
            case.act(act);
            prop_assert!(was != Status::Approved || case.status == Status::Approved, "an approval is final");
            prop_assert!(was != Status::Rejected || matches!(case.status, Status::Rejected | Status::Draft), "a rejection is final");
            case.check();
        }
    }
}

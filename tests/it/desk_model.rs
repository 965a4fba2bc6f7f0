//! The desk under any schedule: submissions, claims, releases, decisions, time, people who leave, and restarts in any
//! order. A small model says what must be true; it is run by itself for a hundred thousand steps, and beside the product.

use crate::{
    console_desk::{case, writer},
    kit::{Kind, World, run},
};
use proptest::{prelude::*, strategy::ValueTree};
use sea_orm::EntityTrait;
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;
use zhangzheng::{
    app, change,
    company::{self, Action, Status, entity::company::Entity as Companies},
    console::{
        self, CLAIM_LIFE, Role, Roles, claim, decision,
        queue::{self, Queue},
        session::Staffer,
    },
    db::Actor,
    kinds::Random,
    state::State,
};

const CASES: usize = 5;
const PEOPLE: usize = 3;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Submit(usize),
    Claim(usize, usize),
    Release(usize, usize),
    Keep(usize, usize),
    Approve(usize, usize),
    SendBack(usize, usize),
    Restart(usize),
    Leave(usize),
    Minutes(i64),
    Sweep,
    Reboot,
}

fn step() -> impl Strategy<Value = Step> {
    let (who, which) = (0..PEOPLE, 0..CASES);
    let both = (who.clone(), which.clone());
    prop_oneof![
        4 => which.clone().prop_map(Step::Submit),
        6 => both.clone().prop_map(|(who, which)| Step::Claim(who, which)),
        1 => both.clone().prop_map(|(who, which)| Step::Release(who, which)),
        2 => both.clone().prop_map(|(who, which)| Step::Keep(who, which)),
        2 => both.clone().prop_map(|(who, which)| Step::Approve(who, which)),
        3 => both.prop_map(|(who, which)| Step::SendBack(who, which)),
        1 => which.prop_map(Step::Restart),
        1 => who.prop_map(Step::Leave),
        3 => (1i64..25).prop_map(Step::Minutes),
        1 => Just(Step::Sweep),
        1 => Just(Step::Reboot),
    ]
}

/// What must be true, said as shortly as it can be. Times are minutes.
#[derive(Clone, Debug)]
struct Model {
    now: i64,
    status: [Status; CASES],
    held: BTreeMap<usize, (usize, i64)>,
}

impl Model {
    fn new() -> Self {
        Self { now: 0, status: [Status::UnderReview; CASES], held: BTreeMap::new() }
    }

    fn holder(&self, which: usize) -> Option<usize> {
        self.held.get(&which).filter(|(_, until)| *until > self.now).map(|(who, _)| *who)
    }

    fn hold(&mut self, who: usize, which: usize) {
        self.held.insert(which, (who, self.now + CLAIM_LIFE.num_minutes()));
    }

    /// Moves a case by the product's own rule; whether it could be.
    fn act(&mut self, which: usize, action: Action) -> bool {
        let next = self.status[which].on(action);
        self.status[which] = next.unwrap_or(self.status[which]);
        next.is_some()
    }

    fn decide(&mut self, who: usize, which: usize, action: Action) -> bool {
        let may = self.holder(which) == Some(who) && self.act(which, action);
        if may {
            self.held.remove(&which);
        }
        may
    }

    /// Does a step; whether it could be done.
    fn take(&mut self, step: Step) -> bool {
        match step {
            Step::Submit(which) => self.act(which, Action::Submit),
            Step::Restart(which) => self.act(which, Action::Restart),
            Step::Claim(who, which) => {
                let free = self.holder(which).is_none_or(|holder| holder == who);
                let may = free && self.status[which] == Status::UnderReview;
                if may {
                    self.hold(who, which);
                }
                may
            }
            Step::Keep(who, which) => {
                if self.holder(which) == Some(who) {
                    self.hold(who, which);
                }
                true
            }
            Step::Release(who, which) => {
                if self.held.get(&which).is_some_and(|(holder, _)| *holder == who) {
                    self.held.remove(&which);
                }
                true
            }
            Step::Approve(who, which) => self.decide(who, which, Action::Approve),
            Step::SendBack(who, which) => self.decide(who, which, Action::SendBack),
            Step::Leave(who) => {
                self.held.retain(|_, (holder, _)| *holder != who);
                true
            }
            Step::Minutes(minutes) => {
                self.now += minutes;
                true
            }
            Step::Sweep => {
                let now = self.now;
                self.held.retain(|_, (_, until)| *until > now);
                true
            }
            Step::Reboot => true,
        }
    }

    /// What must hold whatever has happened.
    fn check(&self, before: &Self, step: Step, done: bool) {
        for which in 0..CASES {
            let queues = Queue::ALL.into_iter().filter(|queue| Queue::of_company(self.status[which]) == Some(*queue));
            let waits = usize::from(self.status[which] == Status::UnderReview);
            assert_eq!(queues.count(), waits, "exactly one queue while it waits, none otherwise: {step:?}");
            let decided = before.status[which] == Status::UnderReview && self.status[which] != Status::UnderReview;
            if decided {
                let by = match step {
                    Step::Approve(who, one) | Step::SendBack(who, one) if one == which && done => Some(who),
                    _ => None,
                };
                assert!(by.is_some() && before.holder(which) == by, "decided by whoever held it: {step:?}");
            }
            if let (Some(was), Some(is)) = (before.holder(which), self.holder(which)) {
                assert_eq!(was, is, "nobody takes what another holds: {step:?}");
            }
        }
    }
}

proptest! {
    // 250 schedules of 400 steps: a hundred thousand.
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_hundred_thousand_steps_keep_what_must_hold(steps in prop::collection::vec(step(), 400)) {
        let mut model = Model::new();
        for step in steps {
            let before = model.clone();
            let done = model.take(step);
            model.check(&before, step, done);
        }
    }
}

/// The product beside the model.
struct Beside {
    state: Arc<State>,
    staff: Vec<Staffer>,
    cases: Vec<Uuid>,
    model: Model,
}

impl Beside {
    async fn new(world: &World) -> Self {
        let (mut staff, mut cases) = (Vec::new(), Vec::new());
        for who in 0..PEOPLE {
            let roles: Roles = [Role::Reviewer].into_iter().collect();
            let name = format!("reviewer-{who}");
            console::flow::add(&world.state, &name, &roles).await.expect("added");
            let id = console::flow::everybody(&world.state).await.expect("staff").last().expect("one").id;
            staff.push(Staffer { session_id: id, id, name, roles, csrf: String::new() });
        }
        for which in 0..CASES {
            let mobile = format!("1990000000{which}");
            cases.push(case(world, "福州红隼有限公司", &mobile, world.clock.now()).await);
        }
        Self { state: world.state.clone(), staff, cases, model: Model::new() }
    }

    /// An applicant's act, through the one door.
    async fn applicant(&self, which: usize, action: Action) -> bool {
        let mut tx = self.state.db.begin(Actor::System).await.expect("a transaction");
        let row = Companies::find_by_id(self.cases[which]).one(&*tx).await.expect("a row").expect("a case");
        let now = tx.now;
        let set = |update: sea_orm::UpdateMany<Companies>| {
            use sea_orm::sea_query::Expr;
            update.col_expr(company::entity::company::Column::SubmittedAt, Expr::value(now))
        };
        let done = change::advance::<Companies>(&mut tx, &row, action, set).await.is_ok();
        if done {
            tx.commit().await.expect("committed");
        }
        done
    }

    async fn decide(&self, who: usize, which: usize, decision: &str) -> bool {
        let (staffer, id) = (&self.staff[who], self.cases[which]);
        let seen = match console::case::look(&self.state, staffer, decision::Kind::Company, id).await {
            Ok(detail) => detail.seen(),
            Err(_) => String::new(),
        };
        let reason_code = if decision == "return" { "email_wrong".to_owned() } else { String::new() };
        let items = if decision == "return" { "email".to_owned() } else { String::new() };
        let typed =
            decision::Typed { decision: decision.into(), reason_code, items, seen, ..decision::Typed::default() };
        console::case::decide(&self.state, staffer, decision::Kind::Company, id, &typed).await.is_ok()
    }

    async fn take(&mut self, world: &World, step: Step) -> bool {
        let state = self.state.clone();
        match step {
            Step::Submit(which) => self.applicant(which, Action::Submit).await,
            Step::Restart(which) => self.applicant(which, Action::Restart).await,
            Step::Claim(who, which) => {
                console::case::take(&state, &self.staff[who], decision::Kind::Company, self.cases[which]).await.is_ok()
            }
            Step::Release(who, which) => claim::release(&state, &self.staff[who], self.cases[which]).await.is_ok(),
            Step::Keep(who, which) => claim::keep(&state, &self.staff[who], self.cases[which]).await.is_ok(),
            Step::Approve(who, which) => self.decide(who, which, "approve").await,
            Step::SendBack(who, which) => self.decide(who, which, "return").await,
            Step::Leave(who) => console::flow::sign_out(&state, &self.staff[who]).await.is_ok(),
            Step::Minutes(minutes) => {
                world.clock.advance(chrono::Duration::minutes(minutes));
                true
            }
            Step::Sweep => claim::sweep(&state).await.is_ok(),
            Step::Reboot => {
                // Everything that was only in memory is gone.
                let again = app::build(state.config.clone(), world.clock.clone(), Random::system()).await;
                let before = std::mem::replace(&mut self.state, again.expect("the server again"));
                if !Arc::ptr_eq(&before, &world.state) {
                    before.db.clone().close().await.expect("closed");
                }
                true
            }
        }
    }

    /// The product says what the model says.
    async fn compare(&self, step: Step) {
        let all = queue::Filter::default();
        let page = queue::page(&self.state, &self.staff[0], &all, queue::Cursor::default()).await;
        let listed: Vec<Uuid> = page.expect("a list").items.into_iter().map(|item| item.id).collect();
        let claims = claim::of_all(&self.state).await.expect("claims");
        for (which, id) in self.cases.iter().enumerate() {
            let row =
                Companies::find_by_id(*id).one(&self.state.db.read).await.expect("a row").expect("no case is lost");
            assert_eq!(row.status, self.model.status[which], "{step:?}");
            let times = listed.iter().filter(|listed| *listed == id).count();
            assert_eq!(
                times,
                usize::from(row.status == Status::UnderReview),
                "in the list once while it waits: {step:?}"
            );
            let holder = claims.get(id).map(|claim| claim.staff_id);
            assert_eq!(holder, self.model.holder(which).map(|who| self.staff[who].id), "{step:?}");
        }
    }
}

async fn beside(kind: Kind, steps: usize, seed: u64) {
    run(kind, async |world| {
        let mut beside = Beside::new(world).await;
        let random = Random::seeded(seed);
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            ProptestConfig::default(),
            proptest::test_runner::TestRng::from_seed(
                proptest::test_runner::RngAlgorithm::ChaCha,
                &random.bytes::<32>(),
            ),
        );
        for nth in 0..steps {
            let step = step().new_tree(&mut runner).expect("a step").current();
            let before = beside.model.clone();
            let expected = beside.model.take(step);
            let done = beside.take(world, step).await;
            assert_eq!(done, expected, "step {nth}, seed {seed}: {step:?}");
            beside.model.check(&before, step, done);
            beside.compare(step).await;
        }
        // What approvals have put in the queue is for companies that have no papers: it is not this test's.
        let db = writer(world).await;
        zhangzheng::jobs::entity::Entity::delete_many().exec(&db).await.expect("deleted");
        db.close().await.expect("closed");
    })
    .await;
}

#[tokio::test]
async fn the_product_does_what_the_model_says_on_sqlite() {
    beside(Kind::Sqlite, 1500, 20_261_123).await;
}

#[tokio::test]
async fn the_product_does_what_the_model_says_on_postgres() {
    beside(Kind::Postgres, 500, 7).await;
}

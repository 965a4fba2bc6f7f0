//! 待办, 查找, 水印, 数据, 人员: the desk itself.

use crate::{
    console::{sign_in, staff},
    kit::World,
};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;
use zhangzheng::{
    account::entity::{account, member},
    company::{self, Field, Fields, Role as Applicant, Status, entity::company as row},
    console::{self, Role, claim},
    kinds::Mobile,
};

/// A connection that writes: what the product would take minutes to come to.
pub async fn writer(world: &World) -> sea_orm::DatabaseConnection {
    sea_orm::Database::connect(world.state.config.data.database_url()).await.expect("the database")
}

/// A company's case with this name, submitted at a moment.
pub async fn case(world: &World, name: &str, mobile: &str, since: DateTime<Utc>) -> Uuid {
    let (state, db) = (&world.state, writer(world).await);
    let [account_id, member_id, id] = [(); 3].map(|()| state.random.id(world.clock.now()));
    let account = account::ActiveModel {
        id: Set(account_id),
        name: Set(format!("zz{}", &account_id.simple().to_string()[20..])),
        platform: Set(None),
        created_at: Set(since),
    };
    account::Entity::insert(account).exec_without_returning(&db).await.expect("an account");
    let mobile = Mobile::parse(mobile).expect("a mobile number");
    let member = member::ActiveModel {
        id: Set(member_id),
        account_id: Set(account_id),
        mobile: Set(state.vault.seal("member.mobile", member_id, mobile.as_str())),
        mobile_index: Set(state.vault.index("member.mobile", mobile.as_str())),
        password_hash: Set(None),
        created_at: Set(since),
    };
    member::Entity::insert(member).exec_without_returning(&db).await.expect("a member");
    let mut fields = Fields::default();
    fields.set(Field::Name, name);
    fields.set(Field::Code, "91350100M000100Y43");
    let sealed = |place: &str, json: String| state.vault.seal(place, id, &json);
    let reading = serde_json::to_string(&company::Reading::default()).expect("json");
    let company = row::ActiveModel {
        id: Set(id),
        account_id: Set(account_id),
        applicant_id: Set(member_id),
        role: Set(Applicant::Representative),
        status: Set(Status::UnderReview),
        fields: Set(sealed("company.fields", serde_json::to_string(&fields).expect("json"))),
        reading: Set(sealed("company.reading", reading)),
        submitted_at: Set(Some(since)),
        created_at: Set(since),
        ..Default::default()
    };
    row::Entity::insert(company).exec_without_returning(&db).await.expect("a company");
    db.close().await.expect("closed");
    console::search::index(state, id).await.expect("indexed");
    id
}

/// Moves the time to the first minutes of a working day, and past the sessions before.
async fn to_the_office(world: &World) -> DateTime<Utc> {
    let now = world.clock.now();
    // 16:00 UTC is midnight in Beijing: what follows it is an opening, never the middle of a day.
    let day = (now + Duration::days(1)).date_naive();
    let midnight = day.and_hms_opt(16, 0, 0).expect("a time of day").and_utc();
    let opening = world.state.working_time.after(midnight, Duration::minutes(1));
    world.advance((opening - now).num_seconds() + 1).await;
    world.clock.now()
}

both!(
    async fn the_queue_is_in_the_order_of_what_is_due_and_says_how_late_it_is(world) {
        let now = to_the_office(world).await;
        let calendar = &world.state.working_time;
        let names = ["福州白鹭有限公司", "福州苍鹭有限公司", "福州夜鹭有限公司", "福州池鹭有限公司"];
        // Of nine hours promised, none, five, eight and ten have gone by.
        for (name, hours) in names.iter().zip([0, 5, 8, 10]) {
            case(world, name, "19900000002", calendar.before(now, Duration::minutes(hours * 60 + 1))).await;
        }
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let queue = kestrel.get("/console/queue").await;
        let read = queue.read("tbody td:nth-child(1)");
        assert_eq!(read, "福州池鹭有限公司 | 福州夜鹭有限公司 | 福州苍鹭有限公司 | 福州白鹭有限公司");
        assert_eq!(queue.read("tbody td:nth-child(2) .state"), "已超时 | 即将超时 | 时限过半 | 时间充裕");
        for (warning, rows) in [("half", 3), ("near", 2), ("over", 1), ("nonsense", 4)] {
            let list = kestrel.get(&format!("/console/queue?warning={warning}")).await;
            assert_eq!(list.read("tbody td:nth-child(1)").split(" | ").count(), rows, "{warning}");
        }
        assert!(kestrel.get("/console").await.read(".cards").contains("已超时"));

        // Being late decides nothing: a week later all of them wait.
        world.advance(7 * 86_400).await;
        world.work().await;
        let (waiting, _) = company::flow::how_many(&world.state).await.unwrap();
        assert_eq!(waiting, 4);
    }
);

both!(
    async fn pages_follow_one_another_without_a_gap_while_cases_come_and_go(world) {
        let now = world.clock.now();
        let mut ids = Vec::new();
        for nth in 0..(console::queue::PAGE as i64 + 20) {
            // Two at the same moment, again and again.
            ids.push(case(world, "福州鸬鹚有限公司", "19900000002", now - Duration::minutes(1000 - nth / 2)).await);
        }
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let shown = |page: &crate::kit::Page| {
            let ids = scraper::Html::parse_document(&page.text());
            let rows = scraper::Selector::parse("tr[data-id]").unwrap();
            ids.select(&rows).map(|row| row.value().attr("data-id").unwrap().to_owned()).collect::<Vec<_>>()
        };
        let first = kestrel.get("/console/companies").await;
        let next = first.attribute("a[rel=next]", "href").expect("a next page");
        let mut seen = shown(&first);
        assert_eq!(seen.len(), console::queue::PAGE);
        // The first of them is decided meanwhile: by offset, one would be skipped now.
        use sea_orm::{ActiveModelTrait, IntoActiveModel};
        let db = writer(world).await;
        let gone: Uuid = seen[0].parse().unwrap();
        let mut row = row::Entity::find_by_id(gone).one(&db).await.unwrap().unwrap().into_active_model();
        row.status = Set(Status::Approved);
        row.update(&db).await.unwrap();
        db.close().await.unwrap();
        let second = kestrel.get(&next).await;
        assert!(!second.has("a[rel=next]"));
        seen.extend(shown(&second));
        let mut once = seen.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (ids.len(), ids.len()), "each case once");
    }
);

both!(
    async fn filters_show_what_is_mine_what_is_free_and_what_has_come_back(world) {
        let now = world.clock.now();
        let one = case(world, "福州红隼有限公司", "19900000002", now - Duration::minutes(3)).await;
        let two = case(world, "福州游隼有限公司", "19900000003", now - Duration::minutes(2)).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let names = async |query: &str| kestrel.get(&format!("/console/queue?{query}")).await.read("tbody td:nth-child(1)");
        kestrel.get("/console/queue").await;
        assert_eq!(kestrel.post(&format!("/console/companies/{two}/claim"), &[]).await.status, 303);
        assert_eq!(names("mine=true").await, "福州游隼有限公司");
        assert_eq!(names("free=true").await, "福州红隼有限公司");
        assert_eq!(names("revised=true").await, "");
        assert_eq!(names("queue=people").await, "");
        assert_eq!(names("queue=companies").await, "福州红隼有限公司 | 福州游隼有限公司");
        let next = kestrel.get("/console/queue/next").await.location;
        assert_eq!(next, Some(format!("/console/companies/{two}")), "one's own first");

        let db = writer(world).await;
        row::Entity::update_many()
            .col_expr(row::Column::Revised, Expr::value(1))
            .filter(row::Column::Id.eq(one))
            .exec(&db)
            .await
            .unwrap();
        db.close().await.unwrap();
        assert_eq!(names("revised=true").await, "福州红隼有限公司 修改后");
    }
);

both!(
    async fn whoever_works_keeps_a_case_and_whoever_leaves_gives_it_back(world) {
        let id = case(world, "福州红隼有限公司", "19900000002", world.clock.now()).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let osprey = staff(world, "osprey", &[Role::Reviewer]).await;
        let (take, keep) = (format!("/console/companies/{id}/claim"), format!("/console/claims/{id}/keep"));
        kestrel.get("/console").await;
        osprey.get("/console").await;
        assert_eq!(kestrel.post(&take, &[]).await.status, 303);
        for _ in 0..4 {
            world.advance(20 * 60).await;
            let kept = kestrel.post(&keep, &[]).await;
            assert!(kept.status == 200 && !kept.text().contains("null"), "{}", kept.text());
            assert!(osprey.post(&keep, &[]).await.text().contains("null"), "not theirs to keep");
            assert_eq!(osprey.post(&take, &[]).await.status, 409);
        }
        world.advance(31 * 60).await;
        assert!(kestrel.post(&keep, &[]).await.text().contains("null"), "what has run out is not kept");
        assert_eq!(osprey.post(&take, &[]).await.status, 303);
        assert_eq!(osprey.post("/console/sign-out", &[]).await.status, 303);
        assert!(claim::of(&world.state, id).await.unwrap().is_none(), "given back on leaving");
        assert_eq!(kestrel.post(&take, &[]).await.status, 303);
        console::flow::disable(&world.state, "kestrel").await.unwrap();
        assert!(claim::of(&world.state, id).await.unwrap().is_none(), "and when the door is shut");
    }
);

both!(
    async fn cases_are_found_by_name_code_mobile_and_order_number_and_the_words_are_kept_nowhere(world) {
        let now = world.clock.now();
        let one = case(world, "福建瑞成科技有限公司", "19900000002", now).await;
        case(world, "福建成瑞（厦门）贸易有限公司", "19900000003", now - Duration::minutes(1)).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let find = async |term: &str| {
            kestrel.get("/console/search").await;
            let page = kestrel.post("/console/search", &[("term", term)]).await;
            assert_eq!(page.status, 200, "{term}: {}", page.text());
            page.read("tbody td:nth-child(1)")
        };
        assert_eq!(find("瑞成科技").await, "福建瑞成科技有限公司");
        assert_eq!(find(" 成瑞(厦门) ").await, "福建成瑞（厦门）贸易有限公司");
        assert_eq!(find("有限公司").await.split(" | ").count(), 2);
        assert_eq!(find("瑞公").await, "", "the letters are there, but not side by side");
        assert_eq!(find("199 0000 0003").await, "福建成瑞（厦门）贸易有限公司");
        assert_eq!(find("19900000009").await, "");
        assert_eq!(find("91350100M000100Y43").await, "", "the code is indexed when it is submitted");
        assert_eq!(find("RS20261123000000").await, "");
        assert_eq!(kestrel.post("/console/search", &[("term", "瑞")]).await.status, 400);
        let page = kestrel.post("/console/search", &[("term", "瑞成科技")]).await;
        assert_eq!(page.attribute("tbody a", "href"), Some(format!("/console/companies/{one}")));

        let support = staff(world, "support", &[Role::Support]).await;
        support.get("/console/search").await;
        let page = support.post("/console/search", &[("term", "瑞成科技")]).await;
        assert!(page.read("tbody").contains("审核中") && !page.has("tbody a"), "the state, and no way in");

        let searches = world.events().await.iter().filter(|name| *name == "console.search").count();
        assert_eq!(searches, 10);
        let terms = console::entity::case_term::Entity::find().all(&world.state.db.read).await.unwrap();
        assert!(terms.iter().all(|row| row.term.len() == 32), "digests, no words");
        let db = writer(world).await;
        console::entity::case_term::Entity::delete_many().exec(&db).await.unwrap();
        db.close().await.unwrap();
        assert_eq!(find("瑞成科技").await, "");
        console::search::sweep(&world.state).await.unwrap();
        assert_eq!(find("瑞成科技").await, "福建瑞成科技有限公司", "what was there before is indexed too");
    }
);

both!(
    async fn the_owner_manages_the_staff_but_not_alone_and_not_oneself(world) {
        let owner = staff(world, "owner", &[Role::Owner]).await;
        owner.get("/console/staff/new").await;
        for (name, roles, field) in [("x", "reviewer", "name"), ("osprey", "", "roles"), ("osprey", "king", "roles")] {
            let page = owner.post("/console/staff", &[("name", name), ("roles", roles)]).await;
            assert_eq!(page.status, 400, "{field}: {}", page.text());
        }
        let added = owner.post("/console/staff", &[("name", "osprey"), ("roles", "reviewer"), ("roles", "support")]).await;
        let password = added.read("code.secret");
        assert_eq!(owner.post("/console/staff", &[("name", "Osprey"), ("roles", "reviewer")]).await.status, 409);
        let osprey = world.browser();
        sign_in(&osprey, "osprey", &password).await;
        assert_eq!(osprey.get("/console/companies").await.status, 200);

        let list = owner.get("/console/staff").await;
        let path = list.attribute("tbody tr:nth-child(2) a", "href").unwrap();
        let own = list.attribute("tbody tr:nth-child(1) a", "href").unwrap();
        assert!(owner.get(&path).await.has("input[value=support][checked]"));
        let second = staff(world, "harrier", &[Role::Owner]).await;
        owner.get("/console/proposals").await;
        let change = [("name", "osprey"), ("roles", "auditor"), ("reason", "转岗")];
        assert_eq!(owner.post("/console/proposals/roles", &change).await.status, 303);
        assert_eq!(osprey.get("/console/log").await.status, 403, "one person alone changes no roles");
        let row = second.get("/console/proposals").await.attribute("tr[id^=p-]", "id").expect("a proposal");
        let settle = format!("/console/proposals/{}/settle", row.trim_start_matches("p-"));
        assert_eq!(second.post(&settle, &[("answer", "confirm")]).await.status, 303);
        assert_eq!(osprey.get("/console/log").await.status, 200, "at once");
        osprey.get("/console").await;
        for act in ["disable", "password", "totp-reset"] {
            let refused = osprey.post(&format!("{own}/{act}"), &[("roles", "auditor")]).await;
            assert_eq!(refused.status, 403, "an auditor changes nothing: {act}");
            let oneself = owner.post(&format!("{own}/{act}"), &[("roles", "auditor")]).await;
            assert_eq!(oneself.status, 409, "nobody changes themselves: {act}");
        }
        let fresh = owner.post(&format!("{path}/password"), &[]).await.read("code.secret");
        assert_ne!(fresh, password);
        assert_eq!(osprey.get("/console").await.status, 303);
        sign_in(&osprey, "osprey", &fresh).await;
        assert_eq!(owner.post(&format!("{path}/disable"), &[]).await.status, 303);
        assert_eq!(osprey.get("/console").await.status, 303);
        assert_eq!(owner.post(&format!("{path}/disable"), &[]).await.status, 409, "once");
        let events = world.events().await;
        for event in ["staff.add", "staff.change_roles", "staff.new_password", "staff.disable"] {
            assert!(events.iter().any(|name| name == event), "{event}");
        }
    }
);

both!(
    async fn of_two_owners_one_is_always_left(world) {
        let one = staff(world, "one", &[Role::Owner]).await;
        let two = staff(world, "two", &[Role::Owner]).await;
        let list = one.get("/console/staff").await;
        let (a, b) = (
            list.attribute("tbody tr:nth-child(1) a", "href").unwrap(),
            list.attribute("tbody tr:nth-child(2) a", "href").unwrap(),
        );
        two.get("/console/staff").await;
        let (of_b, of_a) = (format!("{b}/disable"), format!("{a}/disable"));
        let (x, y) = tokio::join!(one.post(&of_b, &[]), two.post(&of_a, &[]));
        let left = console::staffing::everybody(&world.state).await.unwrap();
        let left = left.iter().filter(|row| row.disabled_at.is_none()).count();
        assert!(left == 1 && [303, 409].contains(&y.status) && [303, 409].contains(&x.status), "{left} {} {}", x.status, y.status);
    }
);

both!(
    async fn c8_queue_time_and_review_time_are_published_and_kept_for_ten_minutes(world) {
        let (state, now) = (&world.state, to_the_office(world).await);
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let times = async || world.browser().api(reqwest::Method::GET, "/api/review-times", None).await;
        let (status, first) = times().await;
        assert_eq!((status, first["queues"].as_array().map(Vec::len)), (200, Some(2)));
        assert_eq!(first["queues"][0]["weeks"].as_array().map(Vec::len), Some(12));
        assert_eq!(first["queues"][0]["weeks"][11]["published"], false, "nothing has been decided");

        let db = writer(world).await;
        for nth in 0..6i64 {
            let (id, submitted) = (state.random.id(now), now + Duration::minutes(nth));
            let steps = [("company.submit", 0), ("console.claim", 30), ("company.approve", 40)];
            for (name, minutes) in steps {
                let at = submitted + Duration::minutes(minutes);
                let event = zhangzheng::events::entity::ActiveModel {
                    id: Set(state.random.id(at)),
                    at: Set(at),
                    name: Set(name.to_owned()),
                    subject_id: Set(id),
                    account_id: Set(None),
                    actor: Set("system".into()),
                    was: Set(None),
                    now_is: Set(None),
                };
                zhangzheng::events::entity::Entity::insert(event).exec_without_returning(&db).await.unwrap();
            }
        }
        db.close().await.unwrap();
        assert_eq!(times().await.1["queues"][0]["weeks"][11]["published"], false, "kept");
        world.advance(601).await;
        let week = times().await.1["queues"][0]["weeks"][11].clone();
        assert_eq!(week["decided"], 6, "{week}");
        assert_eq!((&week["queue_time"]["median"], &week["review_time"]["p95"]), (&30.into(), &10.into()));
        assert_eq!(week["first_pass_percent"], 100);
        let page = kestrel.get("/console/numbers").await;
        assert!(page.read("tbody").contains("30 分 / 30 分") && page.has("svg.chart rect"), "{}", page.read("tbody"));
    }
);

both!(
    async fn finished_work_is_forgotten_after_two_weeks(world) {
        use zhangzheng::jobs::{self, entity::Entity};
        let mut tx = world.state.db.begin(zhangzheng::db::Actor::System).await.unwrap();
        tx.enqueue(jobs::Job::now("sweep", Uuid::nil())).await.unwrap();
        tx.commit().await.unwrap();
        world.work().await;
        let count = async || Entity::find().all(&world.state.db.read).await.unwrap().len();
        assert_eq!(count().await, 1);
        world.advance(13 * 86_400).await;
        assert_eq!(jobs::sweep(&world.state.db).await.unwrap(), 0);
        world.advance(2 * 86_400).await;
        assert_eq!(jobs::sweep(&world.state.db).await.unwrap(), 1);
        assert_eq!(count().await, 0);
    }
);

both!(
    async fn open_screens_hear_that_the_queue_has_moved_and_looking_moves_nothing(world) {
        let id = case(world, "福州红隼有限公司", "19900000002", world.clock.now()).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let osprey = staff(world, "osprey", &[Role::Reviewer]).await;
        let cookie = format!("zhangzheng_staff={}", osprey.cookie("zhangzheng_staff").unwrap());
        let ask = reqwest::Client::new().get(format!("{}/console/live", world.url)).header("cookie", cookie);
        let mut stream = ask.send().await.unwrap();
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        assert!(stream.chunk().await.unwrap().unwrap().starts_with(b"retry:"));
        let wait = std::time::Duration::from_millis;
        assert_eq!(kestrel.get(&format!("/console/companies/{id}")).await.status, 200);
        assert!(tokio::time::timeout(wait(400), stream.chunk()).await.is_err(), "a look is nobody's news");
        assert_eq!(kestrel.post(&format!("/console/companies/{id}/claim"), &[]).await.status, 303);
        let heard = tokio::time::timeout(wait(5000), stream.chunk()).await.expect("in time").unwrap().unwrap();
        assert_eq!(&heard[..], b"data: moved\n\n", "that, and nothing about whom");
    }
);

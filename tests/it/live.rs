//! What happens reaches the pages that are open, whatever the order in which acts begin, end and are looked at; and the
//! queue behind it moves on.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use std::time::Duration;
use zhangzheng::{
    account::entity::account,
    app,
    db::Actor,
    events::Event,
    jobs::{Job, entity as job},
};

const MOBILE: &str = "19900000001";

both!(
    async fn an_act_that_ends_after_a_page_was_read_is_news_to_it_although_it_began_before(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let account = account::Entity::find().one(&world.state.db.read).await.unwrap().unwrap();
        let mut act = world.state.db.begin(Actor::System).await.unwrap();
        act.say(Event::new("seal.make", account.id, Some(account.id))).await.unwrap();
        world.clock.advance(chrono::Duration::seconds(1));
        let page = browser.get("/enrol/certificate").await;
        let read = page.attribute("body", "data-live").expect("what the page had seen");
        let seen = async || browser.api(reqwest::Method::GET, "/live/seen", None).await.1["seen"].to_string();
        assert_eq!(seen().await, read, "nothing has happened yet");
        act.commit().await.unwrap();
        assert_ne!(seen().await, read, "the page is told to ask again");
        let page = browser.get("/enrol/certificate").await;
        assert_eq!(page.attribute("body", "data-live"), Some(seen().await));
    }
);

both!(
    async fn a_job_that_waits_for_a_slow_vendor_holds_up_no_other(world) {
        let rule = json!({ "vendor": "sms", "operation": "SendSms", "kind": "slow", "ms": 6000, "times": 1 });
        let browser = world.register("zyying016", MOBILE).await;
        world.control("faults", rule).await;
        let state_of = async |kind: &str| {
            let newest = job::Entity::find().filter(job::Column::Kind.eq(kind)).all(&world.state.db.read).await.unwrap();
            newest.into_iter().max_by_key(|job| job.id).map(|job| job.state).unwrap_or_default()
        };
        let until = async |kind: &str, wanted: &str| {
            for _ in 0..200 {
                if state_of(kind).await == wanted {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("{kind} is not {wanted}");
        };
        let working = tokio::spawn(app::work(world.state.clone()));
        let mut act = world.state.db.begin(Actor::System).await.unwrap();
        zhangzheng::notice::sms(
            &mut act,
            &world.state,
            &MOBILE.parse().unwrap(),
            zhangzheng::notice::Text::CertificateActive { number: "A1B2C3" },
        )
        .await
        .unwrap();
        act.commit().await.unwrap();
        until("message.send", "running").await;
        let mut act = world.state.db.begin(Actor::System).await.unwrap();
        act.enqueue(Job::now("sweep", uuid::Uuid::nil())).await.unwrap();
        act.commit().await.unwrap();
        until("sweep", "done").await;
        assert_eq!(state_of("message.send").await, "running", "the vendor has not answered yet");
        until("message.send", "done").await;
        world.state.stop.cancel();
        working.await.unwrap();
        drop(browser);
    }
);

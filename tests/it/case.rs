//! 案件 in depth: findings with places on pictures, before and after, internal notes; and what nobody decides alone.

use crate::{
    console::staff,
    console_cases::{Applicant, case, decide, take},
    holder,
    kit::{Browser, World},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;
use uuid::Uuid;
use zhangzheng::{
    company::entity::company,
    console::{Role, entity},
    db::Actor,
    events::Event,
};

/// The row of the picture of an item, as the page names it.
async fn picture(browser: &Browser<'_>, id: &str, item: &str) -> String {
    let page = browser.get(&case(id)).await;
    page.attribute(&format!("figure[data-word={item}]"), "data-picture").expect("a picture")
}

both!(
    async fn c4_several_items_go_back_each_with_its_reason_and_its_place(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        assert_eq!(take(&kestrel, &id).await, 303);
        let seal = picture(&kestrel, &id, "company_seal").await;
        let licence = picture(&kestrel, &id, "business_licence").await;
        let mark = format!("{seal} 0.5 0.1 0.25 0.5");
        let stolen = format!("{licence} 0.5 0.1 0.25 0.5");
        let fields = [
            ("decision", "return"),
            ("items", "company_seal"),
            ("items", "email"),
            ("reason.company_seal", "company_seal_unclear"),
            ("note.company_seal", "右半边没有盖上"),
            ("reason.email", "email_wrong"),
        ];
        let page = decide(&kestrel, &id, &[&fields[..], &[("mark.company_seal", &stolen)]].concat()).await;
        assert_eq!(page.status, 400, "a place on another picture");
        assert!(page.has("option[value=email_wrong][selected]"), "what was typed is still there");
        assert_eq!(decide(&kestrel, &id, &[&fields[..], &[("mark.company_seal", &mark)]].concat()).await.status, 303);
        world.work().await;

        let told = one.phone.get("/api/company").await;
        let findings = told["returned"]["findings"].as_array().expect("findings").clone();
        assert_eq!(findings.len(), 2, "{told}");
        assert_eq!(findings[0]["item"], "company_seal");
        assert_eq!(findings[0]["note"], "右半边没有盖上");
        assert_eq!(findings[0]["mark"], json!({ "x": 0.5, "y": 0.1, "width": 0.25, "height": 0.5 }));
        assert!(findings[1]["fix"].as_str().unwrap().contains("企业邮箱") && findings[1].get("mark").is_none());
        let page = one.browser.get("/enrol/company").await;
        assert_eq!(page.attribute(".marked rect", "width").as_deref(), Some("0.25"));
        assert!(page.read("#company_seal .finding").contains("右半边没有盖上"));
        assert!(page.has("#email") && !page.has("#business_licence"), "only what failed opens");

        world.advance(60).await;
        one.take("company_seal", "ruicheng-seal").await;
        let told = one.phone.get("/api/company").await;
        let left = told["returned"]["findings"].as_array().unwrap().clone();
        assert_eq!(left.len(), 1, "what has been photographed again is no longer asked for: {told}");
        assert!(!one.browser.get("/enrol/company").await.has(".marked rect"), "the mark was on the old photo");
        one.phone.post("/api/company/draft", json!({ "fields": [{ "field": "email", "text": "new@example.cn" }] })).await;
        one.submit().await;

        let again = kestrel.get(&case(&id)).await;
        assert!(again.read("[data-revised]").contains("第 1 次"));
        assert_eq!(again.read(".changes tbody tr"), "邮箱 l***@example.cn n***@example.cn");
        let (before, after) = (again.attribute(".pair figure:first-child img", "src"), again.attribute(".pair figure:last-child img", "src"));
        assert!(before.is_some() && before != after && before.unwrap().ends_with(&seal));
        assert_eq!(again.attribute(".pair rect.was", "x").as_deref(), Some("0.5"), "the mark is on the picture before");
        assert!(again.read(".found").contains("企业印模") && again.read(".found").contains("图上有标记"));
        assert_eq!(take(&kestrel, &id).await, 303);
        assert_eq!(decide(&kestrel, &id, &[("decision", "approve"), ("internal_note", "已电话核实")]).await.status, 303);
        assert!(kestrel.get(&case(&id)).await.read("article .internal").contains("已电话核实"), "an approval has its note too");
        world.work().await;
    }
);

both!(
    async fn b4_a_persons_photo_goes_back_with_its_place(world) {
        let one = Applicant::waiting(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let path = kestrel.get("/console/people").await.attribute("tbody a", "href").unwrap();
        let page = kestrel.get(&path).await;
        let emblem = page.attribute("figure[data-word=emblem]", "data-picture").unwrap();
        let other = format!("{path}/papers/01900000-0000-7000-8000-000000000000");
        assert_eq!(kestrel.get(&other).await.status, 404);
        kestrel.get(&path).await;
        assert_eq!(kestrel.post(&format!("{path}/claim"), &[]).await.status, 303);
        let mark = format!("{emblem} 0.1 0.2 0.3 0.4");
        let fields = [("decision", "return"), ("items", "emblem"), ("reason_code", "card_unclear"), ("mark.emblem", &mark)];
        assert_eq!(kestrel.post(&format!("{path}/decide"), &fields).await.status, 303);
        let told = one.phone.get("/api/person").await;
        assert_eq!(told["failed"]["findings"][0]["mark"]["width"], 0.3, "{told}");
        assert_eq!(one.phone.call(reqwest::Method::GET, "/api/person/photos/emblem", None).await.0, 200);
        let photo = world.sample(&format!("/samples/{}-emblem.jpg", one.phone.openid)).await;
        assert_eq!(one.phone.upload("/api/person/photos/emblem", &[], photo, "b.jpg").await.0, 200);
        assert!(one.phone.get("/api/person").await.get("failed").is_none());
        world.work().await;
    }
);

both!(
    async fn b7_internal_notes_are_added_never_changed_and_never_shown_outside(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let auditor = staff(world, "auditor", &[Role::Auditor]).await;
        let notes = format!("{}/notes", case(&id));
        kestrel.get(&case(&id)).await;
        for text in ["", "  ", &"长".repeat(1001)] {
            assert_eq!(kestrel.post(&notes, &[("note", text)]).await.status, 400);
        }
        assert_eq!(kestrel.post(&notes, &[("note", "电话无人接听，明日再拨")]).await.status, 303, "without a decision, without a claim");
        assert_eq!(kestrel.post(&notes, &[("note", "已接通")]).await.status, 303);
        auditor.get(&case(&id)).await;
        assert_eq!(auditor.post(&notes, &[("note", "x")]).await.status, 403);
        let page = auditor.get(&case(&id)).await;
        assert_eq!(page.read("#notes .internal"), "电话无人接听，明日再拨 | 已接通");
        assert!(page.read("#notes").contains("kestrel"));
        let rows = entity::case_note::Entity::find().all(&world.state.db.read).await.unwrap();
        assert!(rows.iter().all(|row| !String::from_utf8_lossy(&row.text).contains("接通")), "sealed");
        assert!(!one.browser.get("/enrol/company").await.text().contains("接通"));
        assert!(world.events().await.contains(&"console.note".to_owned()));
    }
);

/// The register has said no.
async fn register_says_no(world: &World, id: &str) {
    let said = json!({ "said": { "name": "differs", "overall": "differs", "operating": "open" }, "could_be_asked": true,
        "request_id": null, "checked_at": world.clock.now() });
    let tx = world.state.db.begin(Actor::System).await.unwrap();
    company::Entity::update_many()
        .col_expr(company::Column::Registry, Expr::value(said.to_string()))
        .filter(company::Column::Id.eq(id.parse::<Uuid>().unwrap()))
        .exec(&*tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// The id of the one proposal that waits, as a page shows it.
async fn waiting(browser: &Browser<'_>) -> String {
    let page = browser.get("/console/proposals").await;
    page.attribute("tbody tr[id]", "id").expect("a proposal").trim_start_matches("p-").to_owned()
}

async fn settle(browser: &Browser<'_>, id: &str, answer: &str) -> u16 {
    browser.get("/console/proposals").await;
    browser.post(&format!("/console/proposals/{id}/settle"), &[("answer", answer)]).await.status
}

async fn set_roles(world: &World, name: &str, roles: &str) {
    let tx = world.state.db.begin(Actor::System).await.unwrap();
    entity::staff::Entity::update_many()
        .col_expr(entity::staff::Column::Roles, Expr::value(roles))
        .filter(entity::staff::Column::Name.eq(name))
        .exec(&*tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

const OVERRIDE: [(&str, &str); 2] = [("decision", "approve"), ("internal_note", "已查验变更登记通知书原件")];

both!(
    async fn b7_an_automatic_no_is_overridden_by_two(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        register_says_no(world, &id).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer, Role::SeniorReviewer]).await;
        let osprey = staff(world, "osprey", &[Role::SeniorReviewer]).await;
        let merlin = staff(world, "merlin", &[Role::Reviewer]).await;
        assert_eq!(take(&kestrel, &id).await, 303);
        assert!(kestrel.get(&case(&id)).await.read("[data-failures]").contains("企业名称与工商登记不一致"));
        assert_eq!(decide(&kestrel, &id, &[("decision", "approve")]).await.status, 400, "a reason is due");
        let proposed = decide(&kestrel, &id, &OVERRIDE).await;
        assert_eq!((proposed.status, proposed.location.as_deref()), (303, Some("/console/proposals")));
        assert_eq!(one.status().await, "under_review", "one is not enough");
        // nothing else is decided meanwhile, and the next case is another one
        assert_eq!(take(&merlin, &id).await, 303);
        let back = [("decision", "return"), ("reason_code", "email_wrong")];
        assert_eq!(decide(&merlin, &id, &back).await.status, 409);
        assert!(!merlin.get(&case(&id)).await.has("form.decide"));
        merlin.post(&format!("{}/release", case(&id)), &[]).await;
        assert_eq!(osprey.get("/console/companies/next").await.location.as_deref(), Some("/console/companies?nothing_left=true"));

        let proposal = waiting(&kestrel).await;
        assert_eq!(settle(&kestrel, &proposal, "confirm").await, 403, "nobody confirms their own");
        assert_eq!(settle(&merlin, &proposal, "confirm").await, 403, "not by this role");
        let page = osprey.get("/console/proposals").await;
        assert!(page.read("tbody").contains("已查验变更登记通知书原件") && page.has("button[value=confirm]"));
        assert_eq!(settle(&osprey, &proposal, "confirm").await, 303);
        assert_eq!(one.status().await, "approved");
        assert_eq!(settle(&osprey, &proposal, "confirm").await, 409, "once");
        let page = osprey.get(&case(&id)).await;
        assert!(page.read("article").contains("kestrel，osprey 复核"), "{}", page.read("article"));
        let direct = zhangzheng::company::flow::approve(&world.state, Actor::Staff(Uuid::from_u128(7)), id.parse().unwrap()).await;
        assert!(direct.is_err());
        world.work().await;
    }
);

both!(
    async fn b7_the_rule_holds_below_the_pages(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        register_says_no(world, &id).await;
        let alone = zhangzheng::company::flow::approve(&world.state, Actor::Staff(Uuid::from_u128(7)), id.parse().unwrap()).await;
        assert_eq!(alone.unwrap_err().problem().code, "second_person");
        assert_eq!(one.status().await, "under_review");
    }
);

both!(
    async fn b7_of_two_who_answer_one_is_heard(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        register_says_no(world, &id).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let osprey = staff(world, "osprey", &[Role::SeniorReviewer]).await;
        let merlin = staff(world, "merlin", &[Role::SeniorReviewer]).await;
        take(&kestrel, &id).await;
        decide(&kestrel, &id, &OVERRIDE).await;
        let proposal = waiting(&osprey).await;
        merlin.get("/console/proposals").await;
        let path = format!("/console/proposals/{proposal}/settle");
        let (a, b) = tokio::join!(osprey.post(&path, &[("answer", "confirm")]), merlin.post(&path, &[("answer", "decline")]));
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        let expected = if a.status == 303 { "approved" } else { "under_review" };
        assert_eq!(one.status().await, expected);
        assert_eq!(kestrel.post(&format!("/console/proposals/{proposal}/withdraw"), &[]).await.status, 409, "it is settled");
        world.work().await;
    }
);

both!(
    async fn b7_what_nobody_answers_lapses_and_can_be_proposed_again(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        register_says_no(world, &id).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let password = zhangzheng::console::flow::add(&world.state, "osprey", &[Role::SeniorReviewer].into_iter().collect()).await.unwrap();
        take(&kestrel, &id).await;
        decide(&kestrel, &id, &OVERRIDE).await;
        let first = waiting(&kestrel).await;
        world.advance(24 * 3600 + 1).await;
        let osprey = world.browser();
        crate::console::sign_in(&osprey, "osprey", &password).await;
        assert!(!osprey.get("/console/proposals").await.has("tbody tr[id]"), "over, also before the clock's job");
        assert_eq!(settle(&osprey, &first, "confirm").await, 409);
        assert_eq!(one.status().await, "under_review");
        world.work().await;
        assert!(world.events().await.contains(&"proposal.lapse".to_owned()));
        let again = staff(world, "merlin", &[Role::Reviewer]).await;
        assert_eq!(take(&again, &id).await, 303);
        assert_eq!(decide(&again, &id, &OVERRIDE).await.status, 303);
        let second = waiting(&osprey).await;
        assert_eq!(settle(&osprey, &second, "decline").await, 303);
        assert_eq!(one.status().await, "under_review", "declined: it waits again");
        assert_eq!(take(&again, &id).await, 303);
        let back = [("decision", "return"), ("reason_code", "registry_differs")];
        assert_eq!(decide(&again, &id, &back).await.status, 303);
        world.work().await;
    }
);

both!(
    async fn b7_a_role_that_is_lost_meanwhile_confirms_nothing(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        register_says_no(world, &id).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let osprey = staff(world, "osprey", &[Role::SeniorReviewer]).await;
        take(&kestrel, &id).await;
        decide(&kestrel, &id, &OVERRIDE).await;
        let proposal = waiting(&osprey).await;
        set_roles(world, "osprey", "reviewer").await;
        assert_eq!(osprey.post(&format!("/console/proposals/{proposal}/settle"), &[("answer", "confirm")]).await.status, 403);
        set_roles(world, "osprey", "senior_reviewer").await;
        set_roles(world, "kestrel", "support").await;
        assert_eq!(settle(&osprey, &proposal, "confirm").await, 409, "whoever proposed it may no longer decide");
        assert_eq!(one.status().await, "under_review");
        assert_eq!(settle(&osprey, &proposal, "decline").await, 303, "it can still be declined");
        let withdrawn = kestrel.post(&format!("/console/proposals/{proposal}/withdraw"), &[]).await.status;
        assert_eq!(withdrawn, 403, "whoever has no say any more");
    }
);

both!(
    async fn b7_a_paid_case_is_rejected_by_two(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        let row = company::Entity::find().one(&world.state.db.read).await.unwrap().unwrap();
        holder::pay(world, row.account_id, row.applicant_id, 0).await;
        world.work().await;
        let kestrel = staff(world, "kestrel", &[Role::SeniorReviewer]).await;
        let osprey = staff(world, "osprey", &[Role::SeniorReviewer]).await;
        take(&kestrel, &id).await;
        let fields = [("decision", "reject_confirmed"), ("reason_code", "forged_papers"), ("internal_note", "执照系伪造")];
        assert_eq!(decide(&kestrel, &id, &fields).await.status, 303);
        assert_eq!(one.status().await, "under_review", "money is not given back by one");
        let proposal = waiting(&osprey).await;
        assert_eq!(kestrel.post(&format!("/console/proposals/{proposal}/withdraw"), &[]).await.status, 303, "taken back");
        assert_eq!(settle(&osprey, &proposal, "confirm").await, 409);
        take(&kestrel, &id).await;
        decide(&kestrel, &id, &fields).await;
        let proposal = waiting(&osprey).await;
        assert_eq!(settle(&osprey, &proposal, "confirm").await, 303);
        assert_eq!(one.status().await, "rejected");
    }
);

both!(
    async fn b7_roles_change_by_two_owners(world) {
        let root = staff(world, "root", &[Role::Owner]).await;
        let heron = staff(world, "heron", &[Role::Owner]).await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        root.get("/console/proposals").await;
        let path = "/console/proposals/roles";
        let ask = [("name", "kestrel"), ("roles", "senior_reviewer"), ("roles", "seal_maker"), ("reason", "晋升")];
        assert_eq!(root.post(path, &[("name", "kestrel"), ("roles", "root"), ("reason", "x")]).await.status, 400);
        assert_eq!(root.post(path, &[("name", "kestrel"), ("roles", "reviewer"), ("reason", "x")]).await.status, 400, "no change");
        assert_eq!(root.post(path, &ask[..3]).await.status, 400, "no reason");
        kestrel.get("/console/proposals").await;
        assert_eq!(kestrel.post(path, &ask).await.status, 403);
        assert_eq!(root.post(path, &ask).await.status, 303);
        assert_eq!(root.post(path, &ask).await.status, 409, "one at a time");
        let proposal = waiting(&heron).await;
        assert_eq!(settle(&root, &proposal, "confirm").await, 403);
        assert_eq!(settle(&kestrel, &proposal, "confirm").await, 403);
        assert_eq!(settle(&heron, &proposal, "confirm").await, 303);
        assert!(kestrel.get("/console").await.read(".me").contains("高级审核员"), "at once");
        // one's own roles are not confirmed by oneself, whoever proposed them
        root.get("/console/proposals").await;
        let own = [("name", "heron"), ("roles", "owner"), ("roles", "finance"), ("reason", "兼任")];
        assert_eq!(root.post(path, &own).await.status, 303);
        let proposal = waiting(&heron).await;
        assert_eq!(settle(&heron, &proposal, "confirm").await, 403);
        assert!(world.events().await.contains(&"staff.change_roles".to_owned()));
    }
);

both!(
    async fn b7_nobody_decides_what_they_captured(world) {
        let (_one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let row = entity::staff::Entity::find().one(&world.state.db.read).await.unwrap().unwrap();
        assert_eq!(take(&kestrel, &id).await, 303);
        let mut tx = world.state.db.begin(Actor::Staff(row.id)).await.unwrap();
        tx.say(Event::new("company.upload_paper", id.parse().unwrap(), None)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(decide(&kestrel, &id, &[("decision", "approve")]).await.status, 409);
        kestrel.post(&format!("{}/release", case(&id)), &[]).await;
        assert_eq!(take(&kestrel, &id).await, 409);
        let osprey = staff(world, "osprey", &[Role::Reviewer]).await;
        assert_eq!(take(&osprey, &id).await, 303);
    }
);

both!(
    async fn c6_an_evidence_file_is_given_out_by_permission_and_stands_by_itself(world) {
        let (_one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        take(&kestrel, &id).await;
        decide(&kestrel, &id, &[("decision", "approve"), ("internal_note", "内部事项")]).await;
        world.work().await;
        let path = format!("{}/evidence", case(&id));
        assert_eq!(kestrel.post(&path, &[]).await.status, 403);
        let auditor = staff(world, "auditor", &[Role::Auditor]).await;
        auditor.get(&case(&id)).await;
        let file = auditor.post(&path, &[]).await;
        assert_eq!((file.status, file.headers["content-type"].to_str().unwrap()), (200, "application/x-tar"));
        assert!(world.events().await.contains(&"console.export_evidence".to_owned()));
        let root = world.state.authority.current().ca.root();
        let report = zhangzheng::evidence::verify(&file.body, root).expect("whole");
        let kinds: std::collections::BTreeSet<&str> = report.entries.iter().map(|entry| entry.kind.as_str()).collect();
        for kind in ["export", "company", "registry", "consent", "paper", "person", "decision", "event"] {
            assert!(kinds.contains(kind), "{kind}: {kinds:?}");
        }
        let registry = report.entries.iter().find(|entry| entry.kind == "registry").unwrap();
        assert!(registry.said["request_id"].is_string() && registry.by.contains("工商"), "{registry:?}");
        let consent = report.entries.iter().find(|entry| entry.kind == "consent").unwrap();
        assert_eq!(consent.said["text_sha256"].as_str().unwrap().len(), 64);
        let decision = report.entries.iter().find(|entry| entry.kind == "decision" && entry.said["led_to"] == "approved").unwrap();
        assert_eq!(decision.by, "工作人员 kestrel");
        let text = file.text();
        assert!(!text.contains("350199197503150019") && !text.contains("19900000002") && !text.contains("内部事项"));
        assert_eq!(report.papers, 0);
        // with the papers, found under their hashes
        let whole = auditor.post(&path, &[("papers", "yes")]).await;
        let report = zhangzheng::evidence::verify(&whole.body, root).expect("whole");
        assert!(report.papers >= 5, "{}", report.papers);
        let mut changed = whole.body.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        assert!(zhangzheng::evidence::verify(&changed, root).is_err());
    }
);

mod b8_a_seal_is_made_by_one_and_checked_by_another {
    use super::*;
    use crate::kit::{Kind, run_with};

    async fn story(world: &World) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        take(&kestrel, &id).await;
        assert_eq!(decide(&kestrel, &id, &[("decision", "approve")]).await.status, 303);
        world.work().await;
        let account = company::Entity::find().one(&world.state.db.read).await.unwrap().unwrap().account_id.to_string();
        assert_eq!(kestrel.get("/console/seals").await.status, 403);
        let maker = staff(world, "maker", &[Role::SealMaker]).await;
        let checker = staff(world, "checker", &[Role::SealMaker]).await;
        let auditor = staff(world, "auditor", &[Role::Auditor]).await;
        let page = maker.get("/console/seals").await;
        assert!(page.read("h2").contains("福建瑞成科技有限公司") && !page.has("img.proof"));
        assert_eq!(maker.get(&page.attribute(".seal-row img", "src").unwrap()).await.status, 200);
        let make = async |kind: &str, source: &str| {
            maker.get("/console/seals").await;
            let fields = [("account", account.as_str()), ("kind", kind), ("source", source)];
            maker.post("/console/seals/make", &fields).await
        };
        assert_eq!(make("company", "rubbish").await.status, 400);
        let cut = make("company", "impression").await;
        assert_eq!(cut.status, 303, "{}", cut.read(".problem"));
        assert_eq!(make("company", "template").await.status, 409, "one at a time");
        auditor.get("/console/seals").await;
        let refused = auditor
            .post("/console/seals/make", &[("account", &account), ("kind", "company"), ("source", "template")])
            .await;
        assert_eq!(refused.status, 403);

        // the applicant sees it, and nobody else's
        let told = one.phone.get("/api/certificate").await;
        assert_eq!((told["proofs"][0]["kind"].as_str(), told["seals"].as_array().unwrap().len()), (Some("company"), 0));
        let page = one.browser.get("/enrol/certificate").await;
        assert!(page.text().contains("印章样稿"));
        let src = page.attribute("img[src*=proofs]", "src").unwrap();
        assert!(one.browser.get(&src).await.body.starts_with(b"\x89PNG"));
        let stranger = world.register("zyying099", "19900000009").await;
        assert_eq!(stranger.get(&src).await.status, 404);

        let proof = maker.get("/console/seals").await.attribute("img.proof", "src").unwrap();
        let check = format!("{proof}/check");
        assert_eq!(maker.post(&check, &[("answer", "pass")]).await.status, 403, "maker is not checker");
        auditor.get("/console/seals").await;
        assert_eq!(auditor.post(&check, &[("answer", "pass")]).await.status, 403);
        checker.get("/console/seals").await;
        assert_eq!(checker.post(&check, &[("answer", "refuse")]).await.status, 400, "a refusal says why");
        assert_eq!(checker.post(&check, &[("answer", "refuse"), ("note", "五角星偏移")]).await.status, 303);
        assert!(maker.get("/console/seals").await.text().contains("五角星偏移"));
        assert_eq!(checker.post(&check, &[("answer", "pass")]).await.status, 409, "checked once");
        for kind in ["company", "representative"] {
            assert_eq!(make(kind, "template").await.status, 303, "{kind}");
        }
        let page = checker.get("/console/seals").await;
        let seals = async || zhangzheng::certificate::seal::made(&world.state, account.parse().unwrap()).await.unwrap();
        for kind in ["company", "representative"] {
            assert!(!seals().await);
            let proof = page.attribute(&format!("[data-kind={kind}] img.proof"), "src").unwrap();
            checker.get("/console/seals").await;
            let path = format!("{proof}/check");
            let (a, b) =
                tokio::join!(checker.post(&path, &[("answer", "pass")]), checker.post(&path, &[("answer", "pass")]));
            let mut statuses = [a.status, b.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [303, 409]);
        }
        assert!(seals().await);
        assert!(!checker.get("/console/seals").await.has(".seal-case"), "nothing is left to do");
        assert!(world.events().await.contains(&"seal.make".to_owned()));
        world.work().await;
    }

    const PEOPLE: &str = "[seal]\ndesk = \"people\"\n";

    #[tokio::test]
    async fn sqlite() {
        run_with(Kind::Sqlite, PEOPLE, async |world| story(world).await).await;
    }

    #[tokio::test]
    async fn postgres() {
        run_with(Kind::Postgres, PEOPLE, async |world| story(world).await).await;
    }
}

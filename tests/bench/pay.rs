//! Money under load: WeChat Pay's notices, and 订单管理 however long the history.

use crate::{
    kit::{Hand, Kind, Workers, World},
    people::Member,
    process::Product,
    table::{Row, ms},
};
use anyhow::ensure;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use std::time::{Duration, Instant};
use uuid::Uuid;
use zhangzheng::{
    db::Actor,
    order::{
        Status,
        entity::{order, payment_row},
        list, payment,
    },
    who::{Channel, Who},
};

const NOTICES: usize = 2_000;
const AT_ONCE: usize = 16;

fn an_order(id: Uuid, account_id: Uuid, now: chrono::DateTime<chrono::Utc>) -> order::Model {
    order::Model {
        id,
        number: format!("RS{}", &id.simple().to_string()[12..32]),
        account_id,
        member_id: Uuid::nil(),
        platform: "straits-supply".into(),
        platform_name: "海峡纵横供应链采购服务平台".into(),
        region: "350000".into(),
        region_name: "福建省".into(),
        lines: r#"[{"item":"certificate","unit_price":40000,"quantity":1,"amount":40000}]"#.into(),
        certificate: false,
        authorisations: 0,
        total: 40_000,
        status: Status::Closed,
        holds: None,
        because: None,
        buyer_name: None,
        email: None,
        taxpayer_id: None,
        created_at: now,
        expires_at: now,
        paid_at: None,
        activated_at: None,
        used_at: None,
        authorisations_returned: 0,
    }
}

/// Notices a second, each with its own number and signature, verified, opened and written down; and the slowest hundredth.
pub async fn notices(product: &Product, crowd: &[Member]) -> anyhow::Result<Row> {
    let world = &product.world;
    let tx = world.state.db.begin(Actor::System).await?;
    let (id, order_id, account_id) = (tx.id(), tx.id(), crowd[0].account_id);
    order::Entity::insert(an_order(order_id, account_id, tx.now).into_active_model().reset_all())
        .exec_without_returning(&*tx)
        .await?;
    let row = payment_row::Model {
        id,
        order_id,
        account_id,
        out_trade_no: format!("BENCH{}", &id.simple().to_string()[12..32]),
        channel: payment::Channel::Native,
        status: payment::Status::Paid,
        live_of: None,
        amount: 40_000,
        expires_at: tx.now,
        code_url: None,
        code_until: None,
        openid_index: None,
        transaction_id: None,
        trouble: None,
        created_at: tx.now,
        closed_at: None,
        paid_at: Some(tx.now),
        remittance_code: None,
        returned: 0,
        refunds: 0,
    };
    payment_row::Entity::insert(row.clone().into_active_model().reset_all()).exec_without_returning(&*tx).await?;
    tx.commit().await?;
    let hand = Hand { world };
    let signed: Vec<_> = (0..NOTICES)
        .map(|number| {
            let body = hand.body(&format!("EV-bench-{number}"), &hand.plain(&row.out_trade_no));
            (hand.sign(0, &body), body)
        })
        .collect();
    let (before, began) = (product.process.cpu()?, Instant::now());
    let send = |part: &[(Vec<(&'static str, String)>, String)]| {
        let part = part.to_vec();
        let url = format!("{}/notify/wechat-pay", world.url);
        async move {
            let (client, mut times) = (reqwest::Client::new(), Vec::new());
            for (headers, body) in part {
                let mut request = client.post(&url).header("content-type", "application/json").body(body);
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                let began = Instant::now();
                let status = request.send().await?.status();
                ensure!(status == 204, "{status}");
                times.push(began.elapsed());
            }
            anyhow::Ok(times)
        }
    };
    let all = futures_util::future::try_join_all(signed.chunks(NOTICES / AT_ONCE).map(send)).await?;
    let (elapsed, spent) = (began.elapsed(), product.process.cpu()? - before);
    let mut times: Vec<Duration> = all.into_iter().flatten().collect();
    times.sort_unstable();
    let (p99, cpu) = (times[times.len() * 99 / 100], spent / u32::try_from(NOTICES)?);
    let rate = format!("{:.0}/s", NOTICES as f64 / elapsed.as_secs_f64());
    Ok(Row::new("WeChat Pay's notices taken", rate, "5 s each".into(), format!("p99 {}, CPU {}", ms(p99), ms(cpu))))
}

/// A page of 订单管理 out of 10³, 10⁴, 10⁵ and 10⁶ orders of one account: the first page, and one deep in the past.
pub async fn orders(kind: Kind) -> anyhow::Result<Vec<Row>> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let world = World::around(kind, address, Workers::Test, "").await?;
    let (session_id, account_id, member_id) = (Uuid::nil(), Uuid::from_u128(7), Uuid::nil());
    let who = Who { session_id, account_id, member_id, channel: Channel::Phone, csrf: String::new() };
    let tx = world.state.db.begin(Actor::System).await?;
    let first = an_order(tx.id(), account_id, tx.now);
    order::Entity::insert(first.clone().into_active_model().reset_all()).exec_without_returning(&*tx).await?;
    tx.commit().await?;
    let (mut rows, mut have) = (Vec::new(), 1);
    for power in 3..=6 {
        let want = 10_u64.pow(power);
        fill(&world, first.id, have, want).await?;
        have = want;
        let mut times = Vec::new();
        let mut before = None;
        for _ in 0..100 {
            let began = Instant::now();
            let (page, next) = list::page(&world.state, &who, before).await?;
            times.push(began.elapsed());
            ensure!(page.len() as u64 == list::PAGE, "{} orders", page.len());
            before = next.filter(|_| times.len() % 10 > 0);
        }
        times.sort_unstable();
        rows.push(Row::new(
            &format!("a page out of 10^{power} orders, {kind:?}"),
            ms(times[50]),
            String::new(),
            format!("p99 {}", ms(times[98])),
        ));
    }
    world.end().await;
    Ok(rows)
}

/// Copies one order until there are so many; ids and numbers are fresh.
async fn fill(world: &World, first: Uuid, have: u64, want: u64) -> anyhow::Result<()> {
    let columns = "account_id, member_id, platform, platform_name, region, region_name, lines, certificate, authorisations, \
                   total, status, created_at, expires_at, authorisations_returned";
    let more = match world.state.db.backend() {
        sea_orm::DatabaseBackend::Sqlite => format!(
            "with recursive n(i) as (select {have} union all select i + 1 from n where i + 1 < {want}) \
             insert into customer_order (id, number, {columns}) select randomblob(16), 'BENCH' || i, {columns} \
             from n, customer_order where id = x'{}'",
            first.simple()
        ),
        _ => format!(
            "insert into customer_order (id, number, {columns}) select gen_random_uuid(), 'BENCH' || i, {columns} \
             from generate_series({have}, {}) i, customer_order where id = '{first}'",
            want - 1
        ),
    };
    let tx = world.state.db.begin(Actor::System).await?;
    tx.execute_unprepared(&more).await?;
    tx.execute_unprepared("analyze").await?;
    tx.commit().await?;
    Ok(())
}

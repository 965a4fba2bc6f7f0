//! The whole: mounts the features, wires the events, runs the jobs. The only file that sees everything.

use crate::{
    account, administrator, authority, catalogue, certificate, company,
    config::Config,
    console,
    db::Db,
    error::Error,
    handoff, invoice,
    jobs::{self, Outcome},
    journey::{Facts, Journey, journey},
    keys, limits,
    listen::{Guarded, Patience},
    live::Hub,
    notice,
    order::{self, payment, refund, transfer},
    person, reconciliation, site,
    state::State,
    telemetry, telling, validation,
    vault::Vault,
    web, who,
    who::Who,
    working_time,
};
use anyhow::Context;
use futures_util::future::BoxFuture;
use poem::{Endpoint, EndpointExt, Route, Server};
use poem_openapi::OpenApiService;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zhangzheng_kinds::{Clock, Random};

type Apis = (
    account::http::Api,
    handoff::http::Api,
    person::http::Api,
    company::http::Api,
    company::http::InvitationApi,
    order::http::Api,
    invoice::http::Api,
    administrator::http::Api,
    certificate::http::Api,
    validation::http::Api,
    console::http::Api,
    site::Api,
);

/// The API of every feature, in the order of the journey.
pub fn api() -> OpenApiService<Apis, ()> {
    let apis = (
        account::http::Api,
        handoff::http::Api,
        person::http::Api,
        company::http::Api,
        company::http::InvitationApi,
        order::http::Api,
        invoice::http::Api,
        administrator::http::Api,
        certificate::http::Api,
        validation::http::Api,
        console::http::Api::default(),
        site::Api,
    );
    OpenApiService::new(apis, "掌证 Zhangzheng", env!("CARGO_PKG_VERSION"))
        .description("Mobile e-signature certificates for companies, enrolled inside WeChat.")
}

/// The API's document, as kept in src/docs/openapi.json.
pub fn openapi() -> String {
    let mut document = api().spec();
    document.push('\n');
    document
}

/// Which jobs an event starts: calls look back, events go forward, and here is where they meet.
pub fn wiring(event: &str) -> &'static [&'static str] {
    match event {
        "company.submit" => &[company::flow::CHECK_REGISTRY, console::search::INDEX],
        "order.pay" => &[payment::flow::CLOSE, certificate::flow::ISSUE, invoice::flow::ADJUST, telling::flow::PAID],
        "order.place" => &[telling::flow::EXPIRING],
        "refund.finish" => &[invoice::flow::REFUNDED, telling::flow::REFUNDED],
        "invoice.issue" => &[telling::flow::INVOICED],
        "order.cancel" | "order.expire" => &[payment::flow::CLOSE],
        "company.approve" => &[certificate::seal::MAKE, certificate::flow::ISSUE],
        "company.reject" => &[refund::flow::REJECTED],
        "administrator.name" => &[administrator::flow::INVITE],
        "certificate.activate" => &[certificate::structure::SIGN],
        "certificate.revoke" => &[validation::lists::PUBLISH],
        "person.verify" | "person.approve" | "seal.make" | "administrator.confirm" => &[certificate::flow::ISSUE],
        _ => &[],
    }
}

/// Does one job.
pub async fn run(state: &State, kind: &str, subject_id: Uuid) -> Outcome {
    match kind {
        notice::SEND => notice::send(state, subject_id).await,
        person::flow::CHECK_FACE => person::flow::check_face(state, subject_id).await,
        person::flow::ERASE => person::flow::erase_paper(state, subject_id).await,
        company::invitation::flow::MESSAGE => company::invitation::flow::send(state, subject_id).await,
        company::flow::CHECK_REGISTRY => company::flow::check_registry(state, subject_id).await,
        order::flow::EXPIRE => order::flow::expire(state, subject_id).await,
        payment::flow::SETTLE => payment::flow::settle_job(state, subject_id).await,
        payment::flow::POLL => payment::flow::poll(state, subject_id).await,
        payment::flow::CLOSE => payment::flow::close_all(state, subject_id).await,
        refund::work::WORK => refund::work::work(state, subject_id).await,
        refund::flow::REJECTED => refund::flow::company_rejected(state, subject_id).await,
        transfer::flow::MATCH => transfer::flow::find_order(state, subject_id).await,
        invoice::flow::ADJUST => invoice::flow::adjust(state, subject_id).await,
        invoice::flow::REFUNDED => invoice::flow::refunded(state, subject_id).await,
        invoice::flow::WORK => invoice::flow::work(state, subject_id).await,
        invoice::flow::RETRY => invoice::flow::retry(state, subject_id).await,
        invoice::flow::CONFIGURE => invoice::flow::configure(state).await,
        invoice::mail::SEND => invoice::mail::send(state, subject_id).await,
        reconciliation::flow::PLAN => reconciliation::flow::plan(state).await,
        reconciliation::flow::COMPARE => reconciliation::flow::work(state, subject_id).await,
        administrator::flow::INVITE => administrator::flow::invite(state, subject_id).await,
        certificate::seal::MAKE => certificate::seal::make(state, subject_id).await,
        certificate::flow::ISSUE => certificate::flow::issue(state, subject_id).await,
        certificate::structure::SIGN => certificate::structure::sign(state, subject_id).await,
        validation::lists::PUBLISH => validation::lists::publish(state).await.into(),
        console::search::INDEX => console::search::index(state, subject_id).await.into(),
        console::proposal::LAPSE => console::proposal::lapse(state, subject_id).await,
        SWEEP => sweep(state).await.into(),
        other => match telling::flow::run(state, other, subject_id).await {
            Some(outcome) => outcome,
            None => Outcome::GiveUp(format!("nobody does {other}")),
        },
    }
}

/// Forgetting what has run out.
const SWEEP: &str = "sweep";

async fn sweep(state: &State) -> Result<(), Error> {
    who::sweep(state).await?;
    account::captcha::sweep(state).await?;
    account::sms_code::sweep(state).await?;
    handoff::flow::sweep(state).await?;
    console::session::sweep(state).await?;
    console::second_factor::sweep(state).await?;
    console::claim::sweep(state).await?;
    console::search::sweep(state).await?;
    limits::sweep(&state.db).await?;
    jobs::sweep(&state.db).await?;
    Ok(())
}

/// Reads the facts of every step for the person who asks.
fn journey_of<'a>(state: &'a State, who: &'a Who) -> BoxFuture<'a, Result<Journey, Error>> {
    Box::pin(async move {
        let facts = Facts {
            person: person::flow::fact(state, who.member_id).await?,
            company: company::flow::fact(state, who.account_id).await?,
            order: order::flow::fact(state, who.account_id).await?,
            administrator: administrator::flow::fact(state, who).await?,
            seal_made: certificate::flow::seal_made(state, who.account_id).await?,
            certificate: certificate::flow::fact(state, who.account_id).await?,
        };
        Ok(journey(facts))
    })
}

/// Everything that answers requests.
pub fn endpoint(state: Arc<State>) -> impl Endpoint {
    let api = api();
    let document = api.spec_endpoint();
    let ui = api.swagger_ui();
    let mut route = Route::new();
    route = site::routes(route);
    route = account::http::routes(route);
    route = handoff::pages::routes(route);
    route = person::pages::routes(route);
    route = company::http::routes(route);
    route = order::http::routes(route);
    route = invoice::http::routes(route);
    route = administrator::routes(route);
    route = certificate::routes(route);
    route = validation::routes(route);
    route = console::http::routes(route);
    route = telemetry::routes(route);
    // The features' paths all begin with /api; poem needs one root for them.
    let route = route.nest("/docs", ui).at("/openapi.json", document).nest_no_strip("/api", api);
    web::around(route, state)
}

/// Puts the whole together.
///
/// # Errors
/// A database that cannot be reached, a key that cannot be read, a setting that makes no sense.
pub async fn build(config: Config, clock: Clock, random: Random) -> anyhow::Result<Arc<State>> {
    std::fs::create_dir_all(&config.data.folder)
        .with_context(|| format!("the data folder {}", config.data.folder.display()))?;
    let live = Hub::default();
    let stop = CancellationToken::new();
    let url = config.data.database_url();
    let db = Db::connect(&url, config.data.connections, clock.clone(), random.clone(), wiring, live.clone()).await?;
    db.migrate().await.context("migrations")?;
    if let Some(pool) = db.postgres.clone() {
        live.join(pool, stop.clone());
    }
    let vault = Vault::open_or_create(&config.data.master_key(), random.clone())?;
    let providers = zhangzheng_providers::Providers::new(&config.providers, &config.data.folder, &clock, &random)?;
    let eid = zhangzheng_providers::face::Route::Eid;
    anyhow::ensure!(
        !config.face.routes.contains(&eid) || providers.face.has_eid(),
        "face.routes offers eid, but providers.eid is not set"
    );
    let keys = keys::Keys::open_or_create(&config.data.folder.join("keys/signing.key"), &random)?;
    let authority = open_authority(&config, &clock, &random)?;
    let working_time = working_time::load(&config.console)?;
    let state = State {
        config,
        db,
        vault,
        clock,
        random,
        working_time,
        keys,
        authority,
        live,
        journey: journey_of,
        providers,
        stop,
    };
    catalogue::flow::seed(&state).await?;
    Ok(Arc::new(state))
}

/// The certification authority in the data folder; made when there is none.
///
/// # Errors
/// Files that cannot be read or written, or do not belong together.
pub fn open_authority(config: &Config, clock: &Clock, random: &Random) -> anyhow::Result<authority::Authority> {
    let address = config.public("");
    authority::Authority::open_or_create(&authority::Place::of(config, &address), clock, random)
}

/// Jobs that one instance does at the same time.
const JOBS_AT_ONCE: usize = 16;

/// Works through the queue until the server stops. A job that waits for a slow vendor holds up no other.
pub async fn work(state: Arc<State>) {
    let me = state.random.token();
    let mut running = tokio::task::JoinSet::new();
    while !state.stop.is_cancelled() {
        while running.try_join_next().is_some() {}
        let free = JOBS_AT_ONCE - running.len();
        let taken = match free {
            0 => Ok(Vec::new()),
            _ => jobs::claim(&state.db, &me, free as u64).await,
        };
        let taken = taken.unwrap_or_else(|error| {
            tracing::error!(error.cause = %error, "claim");
            Vec::new()
        });
        if taken.is_empty() {
            tokio::select! {
                () = state.stop.cancelled() => break,
                Some(_) = running.join_next(), if free == 0 => {}
                () = state.live.work() => {}
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
            }
        }
        for job in taken {
            running.spawn(do_one(state.clone(), me.clone(), job));
        }
    }
    while running.join_next().await.is_some() {}
}

async fn do_one(state: Arc<State>, me: String, job: jobs::entity::Model) {
    let (inside, kind, subject_id) = (state.clone(), job.kind.clone(), job.subject_id);
    let tried = tokio::spawn(async move { run(&inside, &kind, subject_id).await }).await;
    let outcome = tried.unwrap_or_else(|panic| Outcome::Retry(format!("panic: {panic}")));
    tracing::info!(job.id = %job.id, job.kind, job.attempts, outcome = ?std::mem::discriminant(&outcome), "job");
    if let Err(error) = jobs::finish(&state.db, &me, &job, outcome).await {
        tracing::error!(error.cause = %error, "finish");
    }
}

/// Does every job that is due, until none is: for tests, which hold the clock.
pub async fn work_off(state: &Arc<State>) -> anyhow::Result<usize> {
    let me = state.random.token();
    let mut done = 0;
    loop {
        let taken = jobs::claim(&state.db, &me, 16).await?;
        if taken.is_empty() {
            return Ok(done);
        }
        for job in taken {
            do_one(state.clone(), me.clone(), job).await;
            done += 1;
        }
    }
}

/// Puts what must happen now and then into the queue: once for all instances.
async fn now_and_then(state: Arc<State>) {
    while !state.stop.is_cancelled() {
        let slot = state.clock.now().timestamp() / 3600;
        let day = slot / 24;
        let times = [
            (SWEEP, slot),
            (reconciliation::flow::PLAN, slot),
            (invoice::flow::CONFIGURE, day),
            (validation::lists::PUBLISH, slot),
        ];
        for (kind, at) in times {
            let id = state.random.id(state.clock.now());
            let job = jobs::Job::now(kind, Uuid::nil()).once(format!("{kind}@{at}"));
            if let Err(error) = jobs::insert(state.db.machinery(), id, state.clock.now(), job).await {
                tracing::error!(error.cause = %error, "now and then");
            }
        }
        tokio::select! { () = state.stop.cancelled() => {}, () = tokio::time::sleep(Duration::from_secs(60)) => {} }
    }
}

/// Serves until told to stop, and works through the queue if asked to. The address is bound already, so that callers know it.
pub async fn serve(state: Arc<State>, listener: tokio::net::TcpListener, workers: bool) -> anyhow::Result<()> {
    // SQLite has one server: what is held was held by the one that died.
    if workers && state.db.postgres.is_none() {
        jobs::release(&state.db).await?;
    }
    let working = workers.then(|| tokio::spawn(work(state.clone())));
    let timing = tokio::spawn(now_and_then(state.clone()));
    let upkeep = tokio::spawn(telemetry::upkeep(state.stop.clone()));
    serve_pages(state, listener).await?;
    for task in [working, Some(timing), Some(upkeep)].into_iter().flatten() {
        task.await?;
    }
    Ok(())
}

/// Answers requests until told to stop, and does nothing else.
pub async fn serve_pages(state: Arc<State>, listener: tokio::net::TcpListener) -> anyhow::Result<()> {
    let http = &state.config.http;
    let patience =
        Patience { stall: Duration::from_secs(http.stall_seconds), request: Duration::from_secs(http.request_seconds) };
    let acceptor = Guarded::new(listener, http.max_connections, patience);
    let grace = Duration::from_secs(http.grace_seconds);
    let stop = state.stop.clone();
    Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(endpoint(state).boxed(), stop.cancelled_owned(), Some(grace))
        .await?;
    Ok(())
}

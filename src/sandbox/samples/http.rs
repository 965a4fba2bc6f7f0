//! `/samples/…`: the papers of the desk's people and companies, as a list and as pictures, and any paper on request.

use super::{COMPANIES, Company, CompanySeal, NotAPaper, Paper, Photo, RepresentativeSeal, id_card, letter, read};
use crate::{
    Person,
    calls::{json, refuse},
    world::World,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};
use serde::Deserialize;
use serde_json::{Value, json as object};
use std::sync::Arc;

pub(crate) fn routes() -> Route {
    Route::new()
        .at("/", get(list))
        .at("/draw", post(draw))
        .at("/stamp", post(stamp))
        .at("/person/:openid/face.mjpeg", get(face))
        .at("/:file", get(picture))
}

/// A paper on the desk: its id in addresses, what it is called, whose it is.
struct Entry {
    id: String,
    title: String,
    group: String,
    person: Option<String>,
    paper: Paper,
}

fn entries(world: &World) -> Vec<Entry> {
    let mut all: Vec<Entry> = world.people.read(|people| people.iter().flat_map(of_person).collect());
    all.extend(COMPANIES.iter().flat_map(of_company));
    let paper = Paper::NotAPaper(NotAPaper {});
    all.push(Entry {
        id: "cup".into(), title: "一杯茶（不是证件）".into(), group: "其他".into(), person: None, paper
    });
    all
}

fn of_person(person: &Person) -> Vec<Entry> {
    let entry = |id: &str, title: &str, paper: Paper| Entry {
        id: format!("{}-{id}", person.openid),
        title: format!("{title}：{}", person.name),
        group: person.name.clone(),
        person: Some(person.openid.clone()),
        paper,
    };
    let seal = |signed| Paper::RepresentativeSeal(RepresentativeSeal { name: person.name.clone(), signed });
    vec![
        entry("portrait", "身份证人像面", Paper::IdPortrait(portrait_of(person))),
        entry("emblem", "身份证国徽面", Paper::IdEmblem(emblem_of(person))),
        entry("seal", "个人印模", seal(false)),
        entry("signature", "签名", seal(true)),
    ]
}

/// The portrait side of a person of the desk.
pub(crate) fn portrait_of(person: &Person) -> id_card::Portrait {
    id_card::Portrait {
        name: person.name.clone(),
        nation: person.ethnicity.clone(),
        address: person.address.clone(),
        id_number: person.id_number.clone(),
        seed: u64::from(person.portrait_seed),
    }
}

fn emblem_of(person: &Person) -> id_card::Emblem {
    let dotted = |date: &str| date.replace('-', ".");
    id_card::Emblem {
        authority: person.issued_by.clone(),
        valid_from: dotted(&person.valid_from),
        valid_until: dotted(&person.valid_until),
    }
}

fn of_company(company: &Company) -> Vec<Entry> {
    let entry = |id: &str, title: &str, paper: Paper| Entry {
        id: format!("{}-{id}", company.id),
        title: format!("{title}：{}", company.name),
        group: company.name.to_owned(),
        person: None,
        paper,
    };
    let seal = CompanySeal { company: company.name.into(), number: company.seal_number.into() };
    vec![
        entry("licence", "营业执照", Paper::Licence(company.licence())),
        entry("seal", "企业印模", Paper::CompanySeal(seal)),
    ]
}

#[handler]
fn list(Data(world): Data<&Arc<World>>) -> Response {
    let mut all: Vec<Value> = entries(world)
        .iter()
        .map(|entry| {
            let url = format!("/samples/{}.jpg", entry.id);
            object!({
                "id": entry.id, "title": entry.title, "group": entry.group, "person": entry.person,
                "thumbnail": format!("{url}?width=320&desk=false"), "url": url,
            })
        })
        .collect();
    world.people.read(|people| {
        all.extend(people.iter().map(|person| {
            let url = format!("/samples/person/{}/face.mjpeg", person.openid);
            object!({
                "id": format!("{}-face", person.openid), "title": format!("人脸画面：{}", person.name),
                "group": person.name, "person": person.openid, "url": url,
                "thumbnail": format!("/samples/{}-face.jpg", person.openid),
            })
        }));
    });
    json(StatusCode::OK, &all)
}

#[handler]
async fn picture(Data(world): Data<&Arc<World>>, Path(file): Path<String>, Query(photo): Query<Photo>) -> Response {
    let (id, png) = match file.strip_suffix(".jpg") {
        Some(id) => (id, false),
        None => (file.strip_suffix(".png").unwrap_or(&file), true),
    };
    if let Some(person) = id.strip_suffix("-face").and_then(|openid| world.person(openid)) {
        let frame = super::face_frame(&person.openid, u64::from(person.portrait_seed), is_female(&person), 0.0);
        return Response::builder().content_type("image/jpeg").body(frame);
    }
    match entries(world).into_iter().find(|entry| entry.id == id) {
        Some(entry) if png => drawn(move || entry.paper.png(), "image/png").await,
        Some(entry) => drawn(move || entry.paper.jpeg(photo), "image/jpeg").await,
        None => refuse(StatusCode::NOT_FOUND, "no such sample: GET /samples lists them"),
    }
}

#[derive(Deserialize)]
struct Draw {
    #[serde(flatten)]
    paper: Paper,
    #[serde(default)]
    photo: Photo,
    /// As a scan: a PDF with this many pages, the paper on the last of them.
    #[serde(default)]
    pdf_pages: usize,
}

#[handler]
async fn draw(Json(asked): Json<Draw>) -> Response {
    match asked.pdf_pages.min(20) {
        0 => drawn(move || asked.paper.jpeg(asked.photo), "image/jpeg").await,
        pages => {
            let blank = move || Paper::NotAPaper(NotAPaper {}).jpeg(Photo { width: 600, ..Photo::flat() });
            let scan = move || {
                let before = std::iter::repeat_with(blank).take(pages - 1);
                super::scan(&before.chain([asked.paper.jpeg(asked.photo)]).collect::<Vec<_>>())
            };
            drawn(scan, "application/pdf").await
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stamp {
    /// The page as JPEG or PNG, base64.
    page: String,
    stamps: letter::Stamps,
    #[serde(default)]
    photo: Photo,
    /// As a scan: a PDF instead of a photo.
    #[serde(default)]
    pdf: bool,
}

/// Signs and stamps a page that is given as a picture, and photographs or scans it.
#[handler]
async fn stamp(Json(asked): Json<Stamp>) -> Response {
    let page = STANDARD.decode(asked.page.trim()).ok().and_then(|bytes| read::decode(&bytes).ok());
    let Some(page) = page.map(|page| page.to_rgb8()).filter(|page| page.width().max(page.height()) <= 4000) else {
        return refuse(StatusCode::BAD_REQUEST, "page: a JPEG or PNG of at most 4000 pixels, in base64");
    };
    let stamped = move || {
        let seed = super::seed(&asked.stamps.company);
        let jpeg = asked.photo.jpeg(&letter::stamp(&page, &asked.stamps, seed));
        if asked.pdf { super::scan(&[jpeg]) } else { jpeg }
    };
    drawn(stamped, if asked.pdf { "application/pdf" } else { "image/jpeg" }).await
}

#[handler]
async fn face(Data(world): Data<&Arc<World>>, Path(openid): Path<String>) -> Response {
    let Some(person) = world.person(&openid) else { return refuse(StatusCode::NOT_FOUND, "no such person") };
    let (seed, female) = (u64::from(person.portrait_seed), is_female(&person));
    drawn(move || super::face_feed(&person.openid, seed, female), "video/x-motion-jpeg").await
}

fn is_female(person: &Person) -> bool {
    id_card::birth_and_sex(&person.id_number).is_some_and(|(_, female)| female)
}

/// Draws off the threads that answer.
async fn drawn(work: impl FnOnce() -> Vec<u8> + Send + 'static, kind: &'static str) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(bytes) => Response::builder().content_type(kind).header("cache-control", "max-age=300").body(bytes),
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the drawing failed"),
    }
}

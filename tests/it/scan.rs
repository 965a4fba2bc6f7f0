//! 授权委托书 as a PDF, and 个人印章 from the template: what is taken, what is refused, and what staff are shown of it.

use crate::{
    company::{Applicant, field, paper},
    console::staff,
    console_cases::case,
    kit::{self, World},
};
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use zhangzheng::console::Role;

const KIND: &str = "power_of_attorney";

/// One page and what else is said; the first object is the catalogue. The cross-reference table is right.
fn pdf(catalogue: &str, page: &str, more: &[&str], trailer: &str) -> Vec<u8> {
    let objects = [
        format!("<< /Type /Catalog /Pages 2 0 R {catalogue} >>"),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {page} >>"),
    ];
    let objects: Vec<&str> = objects.iter().map(String::as_str).chain(more.iter().copied()).collect();
    let (mut out, mut places) = ("%PDF-1.7\n".to_owned(), Vec::new());
    for (number, object) in (1..).zip(&objects) {
        places.push(out.len());
        out += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let (table, size) = (out.len(), objects.len() + 1);
    out += &format!("xref\n0 {size}\n0000000000 65535 f \n");
    places.iter().for_each(|place| out += &format!("{place:010} 00000 n \n"));
    out += &format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n");
    out.into_bytes()
}

/// The form filled in but for the letter.
async fn before_the_letter(world: &World) -> Applicant<'_> {
    let agent = Applicant::verified(world, "zyying016", 0).await;
    agent.choose("agent").await;
    agent.take("business_licence", "ruicheng-licence").await;
    agent.take("company_seal", "ruicheng-seal").await;
    agent.take("representative_seal", "oDESK00000000000000000000002-seal").await;
    agent.take("representative_id_portrait", "oDESK00000000000000000000002-portrait").await;
    agent.take("representative_id_emblem", "oDESK00000000000000000000002-emblem").await;
    agent.type_in(&crate::company::TYPED).await;
    agent
}

both!(
    async fn m32_the_letter_may_come_as_a_pdf_and_is_shown_as_pictures_only(world) {
        let agent = before_the_letter(world).await;
        let (number, version) = agent.letter().await;
        let (status, answer) = agent.upload(KIND, agent.scanned(&number, version, 3).await).await;
        assert_eq!(status, 200, "{answer}");
        let shown = paper(&answer, KIND);
        assert_eq!((&shown["source"], &shown["pages"], &shown["takes_pdf"]), (&json!("pdf"), &json!(3), &json!(true)));
        assert_eq!(answer["power_of_attorney"]["outdated"], false);
        for (page, found) in [(1, 200), (3, 200), (4, 404), (0, 404)] {
            let path = format!("/api/company/papers/{KIND}?page={page}");
            assert_eq!(agent.phone.call(Method::GET, &path, None).await.0, found, "page {page}");
        }
        let desktop = agent.browser.get("/enrol/company").await;
        assert!(desktop.read("#power_of_attorney").contains("已上传 PDF，共 3 页"), "{}", desktop.text());
        assert_eq!(agent.submit().await.0, 200);
        world.work().await;

        let reviewer = staff(world, "kestrel", &[Role::Reviewer]).await;
        let id = agent.case_id().await.to_string();
        let page = reviewer.get(&case(&id)).await;
        for label in ["授权委托书（PDF 第 1 页）", "授权委托书（PDF 第 2 页）", "授权委托书（PDF 第 3 页）"] {
            assert!(page.read(".papers").contains(label), "{label}");
        }
        use zhangzheng::company::entity::company_paper::{Column, Entity};
        let rows = Entity::find().order_by_asc(Column::Page).all(&world.state.db.read).await.unwrap();
        let pages: Vec<_> = rows.iter().filter(|row| row.kind.word() == KIND).collect();
        assert_eq!(pages.iter().map(|row| row.page).collect::<Vec<_>>(), [1, 2, 3]);
        for row in &pages {
            let picture = reviewer.get(&format!("{}/papers/{}", case(&id), row.id)).await;
            assert_eq!(picture.status, 200);
            assert!(picture.body.starts_with(b"\xff\xd8\xff"), "a picture, with the watermark");
        }
        let original = pages[0].original_paper.expect("the PDF is kept");
        let (kept, content) = zhangzheng::papers::content(&world.state, agent.case_id().await, original).await.unwrap();
        assert_eq!(kept.content_type, "application/pdf");
        assert!(content.starts_with(b"%PDF-"), "as it was handed in, for the evidence");
        for never in [original, pages[0].paper_id] {
            assert_eq!(reviewer.get(&format!("{}/papers/{never}", case(&id))).await.status, 404, "by no other way");
        }
    }
);

both!(
    async fn m32_a_photo_takes_the_place_of_all_pages_and_a_pdf_of_the_photo(world) {
        let agent = before_the_letter(world).await;
        let (number, version) = agent.letter().await;
        assert_eq!(agent.upload(KIND, agent.scanned(&number, version, 2).await).await.0, 200);
        let (_, answer) = agent.upload(KIND, agent.signed(&number, version).await).await;
        assert_eq!((&paper(&answer, KIND)["source"], &paper(&answer, KIND)["pages"]), (&json!("photo"), &json!(1)));
        agent.browser.get("/enrol/company").await;
        let done = agent.browser.upload(&format!("/enrol/company/papers/{KIND}"), &[], agent.scanned(&number, version, 1).await, "a.jpg").await;
        assert_eq!(done.status, 303, "known by its content: {}", done.text());
        let shown = agent.state().await;
        assert_eq!((&paper(&shown, KIND)["source"], &paper(&shown, KIND)["pages"]), (&json!("pdf"), &json!(1)));
        agent.phone.post(&format!("/api/company/papers/{KIND}/remove"), json!({})).await;
        assert_eq!(paper(&agent.state().await, KIND)["pages"], 0);
    }
);

both!(
    async fn m32_a_pdf_that_is_not_the_signed_letter_is_refused_with_what_to_do(world) {
        let agent = before_the_letter(world).await;
        let early = agent.upload(KIND, agent.scanned("PA2026112400000000", 1, 1).await).await;
        assert!(early.1["detail"].as_str().unwrap().contains("请先下载"), "{early:?}");
        let (number, version) = agent.letter().await;
        let downloaded = agent.browser.get("/enrol/company/power-of-attorney.pdf").await.body;
        let script = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>";
        let file = "<< /Type /EmbeddedFile /Length 2 >>\nstream\nMZ\nendstream";
        let cases: Vec<(&str, Vec<u8>, &str)> = vec![
            ("as downloaded", downloaded.clone(), "还没有签字盖章"),
            ("another letter", agent.scanned("PA2026112400000000", version, 1).await, &number),
            ("a later version", agent.scanned(&number, version + 1, 1).await, "第 2 版"),
            ("no code", pdf("", "", &[], ""), "二维码"),
            ("locked", pdf("", "", &[], "/Encrypt << /Filter /Standard >>"), "密码"),
            ("a script", pdf("/OpenAction 4 0 R", "", &[script], ""), "脚本"),
            ("a file", pdf("/AF [4 0 R]", "", &[file], ""), "嵌有其他文件"),
            ("six pages", agent.scanned(&number, version, 6).await, "超过 5 页"),
            ("cut short", downloaded[..downloaded.len() / 3].to_vec(), "已损坏"),
            ("only a header", b"%PDF-1.7".to_vec(), "已损坏"),
        ];
        for (what, upload, says) in cases {
            let (status, answer) = agent.upload(KIND, upload).await;
            let detail = answer["detail"].as_str().unwrap_or_default();
            assert_eq!((status, &answer["field"]), (400, &json!("file")), "{what}: {answer}");
            assert!(detail.contains(says), "{what}: {detail}");
        }
        let licence = agent.upload("business_licence", downloaded).await;
        assert!(licence.0 == 400 && licence.1["detail"].as_str().unwrap().contains("PDF 仅用于"), "{licence:?}");
        let shown = agent.state().await;
        assert_eq!((&paper(&shown, KIND)["pages"], &paper(&shown, KIND)["uploaded_at"]), (&json!(0), &json!(null)), "nothing is kept");
    }
);

/// What takes a reader all its time or all its memory ends in a sentence, and the server goes on.
#[tokio::test]
async fn m32_a_pdf_that_eats_time_or_memory_is_given_up() {
    kit::run(kit::Kind::Sqlite, async |world| {
        let agent = before_the_letter(world).await;
        agent.letter().await;
        // Each form draws the next one forty times: 40^12 rectangles.
        let more: Vec<String> = (4..16)
            .map(|number| {
                let draw = if number < 15 { format!("/F{} Do ", number + 1).repeat(40) } else { "0 0 9 9 re f ".repeat(40) };
                let next = format!("/F{} {} 0 R", number + 1, number + 1);
                let about = "/Type /XObject /Subtype /Form /BBox [0 0 595 842]";
                let next = if number < 15 { next } else { String::new() };
                format!("<< {about} /Resources << /XObject << {next} >> >> /Length {} >>\nstream\n{draw}\nendstream", draw.len())
            })
            .chain(["<< /Length 6 >>\nstream\n/F4 Do\nendstream".to_owned()])
            .collect();
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        let laughs = pdf("", "/Resources << /XObject << /F4 4 0 R >> >> /Contents 16 0 R", &more, "");
        // 64 bytes become one, three times over, and then some: a gigabyte of blanks out of a few kilobytes.
        let huge = "<< /Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8 \
                    /Filter /RunLengthDecode /Length 3 >>\nstream\n\u{1}ab\nendstream";
        let wide = pdf(
            "",
            "/Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R",
            &[huge, "<< /Length 27 >>\nstream\n595 0 0 842 0 0 cm /I Do   \nendstream"],
            "",
        );
        for (what, upload) in [("time", laughs), ("memory", wide)] {
            let began = std::time::Instant::now();
            let (status, answer) = agent.upload(KIND, upload).await;
            assert_eq!(status, 400, "{what}: {answer}");
            assert!(began.elapsed().as_secs() < 40, "{what}: {:?}", began.elapsed());
        }
        assert_eq!(agent.browser.get("/enrol/company").await.status, 200);
    })
    .await;
}

both!(
    async fn m30_a_personal_seal_is_drawn_from_the_template_and_follows_the_name(world) {
        let agent = Applicant::verified(world, "zyying016", 0).await;
        agent.choose("agent").await;
        let kind = "representative_seal";
        let draw = format!("/api/company/papers/{kind}/template");
        let (status, answer) = agent.phone.call(Method::POST, &draw, None).await;
        assert_eq!((status, &answer["field"]), (400, &json!("representative_name")), "a name comes first: {answer}");
        agent.type_in(&[("representative_name", "李建国")]).await;
        let answer = agent.phone.post(&draw, json!({})).await;
        let seal = paper(&answer, kind);
        assert_eq!((&seal["source"], &seal["cut"], &seal["outdated"]), (&json!("template"), &json!(true), &json!(false)));
        assert_eq!(field(&answer, "has_representative_seal_number")["text"], "no", "the template has none");
        let cut = agent.browser.get(&format!("/enrol/company/papers/{kind}/cut.png")).await;
        assert!(cut.body.starts_with(b"\x89PNG"), "{}", cut.status);
        let page = agent.browser.get("/enrol/company").await;
        assert!(page.read(&format!("#{kind}")).contains("按模板制作"), "{}", page.text());

        agent.type_in(&[("representative_name", "李建园")]).await;
        assert_eq!(paper(&agent.state().await, kind)["outdated"], true);
        assert!(agent.browser.get("/enrol/company").await.read(&format!("#{kind}")).contains("请重新制作个人印章"));
        let done = agent.browser.post(&format!("/enrol/company/papers/{kind}/template"), &[]).await;
        assert_eq!(done.status, 303, "{}", done.text());
        assert_eq!(paper(&agent.state().await, kind)["outdated"], false);
        for other in ["company_seal", "business_licence", KIND] {
            let (status, _) = agent.phone.call(Method::POST, &format!("/api/company/papers/{other}/template"), None).await;
            assert_eq!(status, 409, "{other} is never drawn");
        }
        let stranger = world.register("another01", "19900000009").await;
        stranger.get("/enrol/company").await;
        assert_eq!(stranger.post(&format!("/enrol/company/papers/{kind}/template"), &[]).await.status, 409);
    }
);

both!(
    async fn m30_a_seal_of_another_name_cannot_be_submitted_and_the_reviewer_sees_that_it_was_drawn(world) {
        let agent = before_the_letter(world).await;
        agent.phone.post("/api/company/papers/representative_seal/template", json!({})).await;
        let (number, version) = agent.letter().await;
        assert_eq!(agent.upload(KIND, agent.signed(&number, version).await).await.0, 200);
        agent.type_in(&[("representative_name", "李建园")]).await;
        let (status, answer) = agent.submit().await;
        assert_eq!((status, &answer["field"]), (400, &json!("representative_seal")), "{answer}");
        agent.type_in(&[("representative_name", "李建国")]).await;
        assert_eq!(agent.submit().await.0, 200);
        world.work().await;
        let reviewer = staff(world, "kestrel", &[Role::Reviewer]).await;
        let page = reviewer.get(&case(&agent.case_id().await.to_string())).await;
        assert!(page.read(".papers").contains("企业法人印模（按模板制作）"), "{}", page.text());
    }
);

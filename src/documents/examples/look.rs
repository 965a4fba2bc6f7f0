//! Writes one of everything that is drawn to `target/look`, for a person to look at.

use std::fs;

use chrono::NaiveDate;
use zhangzheng_documents::letter::PowerOfAttorney;
use zhangzheng_documents::seal::{NameSeal, RoundSeal};
use zhangzheng_documents::{captcha, qr, speech};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    fs::create_dir_all("target/look")?;
    let write = |name: &str, bytes: &[u8]| fs::write(format!("target/look/{name}"), bytes);
    write("letter.pdf", &letter().pdf()?)?;
    for (name, seal) in seals() {
        let drawing = seal.draw()?;
        write(&format!("{name}.svg"), drawing.svg().as_bytes())?;
        write(&format!("{name}.png"), &drawing.png(300.0))?;
    }
    for name in ["王芳", "李建国", "欧阳建国", "阿卜杜·买买提"] {
        write(&format!("name-{name}.png"), &NameSeal::new(name).draw()?.png(300.0))?;
    }
    for seed in 0..6 {
        let text = captcha::text(seed);
        write(&format!("captcha-{seed}-{text}.png"), &captcha::image(&text, seed))?;
    }
    let digits = speech::digits(1);
    write(&format!("speech-{digits}.wav"), &speech::wav(&digits, 1)?)?;
    write("qr.svg", qr::svg("ZZ1:SQ20261123000001:1")?.as_bytes())?;
    Ok(())
}

fn letter() -> PowerOfAttorney {
    PowerOfAttorney {
        document_number: "SQ20261123000001".to_owned(),
        version: 1,
        certification_company: "福建示例电子认证有限公司".to_owned(),
        company_name: "福州市青橙云科技有限公司".to_owned(),
        company_code: "91350100M000100Y43".to_owned(),
        representative_name: "欧阳𬭎".to_owned(),
        agent_name: "张㛃".to_owned(),
        agent_id_number: "110105194912310021".to_owned(),
        account_name: "qingcheng2026".to_owned(),
        date: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap_or_default(),
    }
}

fn seals() -> Vec<(&'static str, RoundSeal)> {
    let company = RoundSeal::company("福州市青橙云科技有限公司", Some("3501020123456"));
    vec![
        ("seal-company", company.clone()),
        ("seal-short", RoundSeal::company("青橙社", None)),
        (
            "seal-long",
            RoundSeal {
                diameter_mm: 42.0,
                ring_mm: 1.2,
                ..RoundSeal::company("南平市建阳区赫曦数字信息技术服务有限责任公司", Some("3507030123456"))
            },
        ),
        (
            "seal-finance",
            RoundSeal {
                diameter_mm: 38.0,
                line: Some("财务专用章".to_owned()),
                ..RoundSeal::company("厦门海峡纵横供应链管理股份有限公司", Some("3502000123456"))
            },
        ),
        ("seal-contract", RoundSeal { star: false, line: Some("合同专用章".to_owned()), ..company }),
    ]
}

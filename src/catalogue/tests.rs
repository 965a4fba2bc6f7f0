//! Versions: what may be published, what applicants see, and that no difference goes unseen.

use super::{diff::diff, *};
use proptest::prelude::*;

fn region() -> impl Strategy<Value = Region> {
    ("[0-9]{2}", "[省市]{1,2}", 1i64..200, 1i64..200, any::<bool>()).prop_map(|(code, name, a, b, internal)| Region {
        code,
        name,
        certificate_price: a,
        authorisation_price: b,
        internal,
    })
}

fn content() -> impl Strategy<Value = Content> {
    let platform = ("[a-c]{2}", "[甲乙]{1,2}", "[一二]{0,1}", any::<bool>(), proptest::collection::vec(region(), 0..4));
    let platform = platform.prop_map(|(code, name, description, internal, mut regions)| {
        regions.sort_by(|a, b| a.code.cmp(&b.code));
        regions.dedup_by(|a, b| a.code == b.code);
        Platform { code, name, description, internal, regions }
    });
    proptest::collection::vec(platform, 0..4).prop_map(|mut platforms| {
        platforms.sort_by(|a, b| a.code.cmp(&b.code));
        platforms.dedup_by(|a, b| a.code == b.code);
        Content { platforms }
    })
}

proptest! {
    #[test]
    fn b12_whoever_publishes_sees_every_difference(was in content(), now in content(), turned: bool) {
        let mut now = now;
        if turned {
            now.platforms.reverse();
        }
        prop_assert_eq!(diff(&was, &was), vec![]);
        prop_assert_eq!(diff(&was, &now).is_empty(), was == now);
    }

    #[test]
    fn b12_nothing_internal_is_ever_offered(content in content()) {
        let offered = content.clone().offered();
        for platform in &offered.platforms {
            let whole = content.platform(&platform.code).unwrap();
            prop_assert!(!whole.internal && !platform.regions.is_empty());
            prop_assert!(platform.regions.iter().all(|region| !region.internal));
        }
        let shown: usize = offered.platforms.iter().map(|platform| platform.regions.len()).sum();
        let open = content.platforms.iter().filter(|platform| !platform.internal);
        prop_assert_eq!(shown, open.flat_map(|platform| &platform.regions).filter(|region| !region.internal).count());
    }

    #[test]
    fn what_is_kept_is_what_is_read(content in content()) {
        let text = serde_json::to_string(&content).unwrap();
        prop_assert_eq!(serde_json::from_str::<Content>(&text).unwrap(), content);
    }
}

#[test]
fn what_cannot_be_sold_is_not_published() {
    let good: Content = toml::from_str(flow::SEED).unwrap();
    good.check().unwrap();
    type Spoil = fn(&mut Content);
    let spoils: [(Spoil, &str); 6] = [
        (|c| c.platforms.clear(), "至少"),
        (|c| c.platforms[0].regions[0].certificate_price = 0, "价格"),
        (|c| c.platforms[0].regions[0].authorisation_price = DEAREST + 1, "价格"),
        (|c| c.platforms[1].code = c.platforms[0].code.clone(), "重复"),
        (|c| c.platforms[0].name = " ".into(), "名称"),
        (|c| c.platforms[0].regions[0].code = "福建".into(), "代码"),
    ];
    for (spoil, said) in spoils {
        let mut bad = good.clone();
        spoil(&mut bad);
        let why = bad.check().unwrap_err();
        assert!(why.contains(said), "{why}");
    }
}

#[test]
fn m38_the_seeds_have_the_manuals_platforms_and_prices() {
    let seed: Content = toml::from_str(flow::SEED).unwrap();
    let offered = seed.offered();
    let names: Vec<&str> = offered.platforms.iter().map(|platform| platform.name.as_str()).collect();
    assert_eq!(names, ["海峡纵横供应链采购服务平台", "建设工程交易平台", "特种设备检验研究院项目"]);
    let prices = offered.platforms.iter().flat_map(|platform| &platform.regions);
    assert!(prices.into_iter().all(|region| (region.certificate_price, region.authorisation_price) == (40_000, 5_000)));
}

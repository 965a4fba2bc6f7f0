//! The tree's rules, enforced: features call only what stands before them, what is pure does no I/O, the two sides of the
//! wire do not know each other, and no file grows beyond what a person reads at once.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of ours").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The text without comments, so that prose may name what it likes.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a file of ours");
    let product = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    product.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The modules named after `crate::` anywhere in a file, also in grouped imports.
fn named(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let (mut depth, mut start) = (0usize, true);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && c.is_alphabetic() && depth == 0 => {
                    names.insert(word(&group[i..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The journey, and what comes after it. Each may name those before it, never those after.
const ORDER: [&str; 14] = [
    "catalogue",
    "account",
    "handoff",
    "person",
    "company",
    "order",
    "invoice",
    "reconciliation",
    "telling",
    "administrator",
    "certificate",
    "validation",
    "console",
    "site",
];

#[test]
fn calls_look_back() {
    let mut wrong = Vec::new();
    for (place, feature) in ORDER.iter().enumerate() {
        for file in rust_files(&root().join("src").join(feature)) {
            let names = named(&code(&file));
            for later in &ORDER[place + 1..] {
                // A page's template asks for the version of static files.
                if names.contains(*later) && *later != "site" {
                    wrong.push(format!("{} names {later}", file.display()));
                }
            }
            if names.contains("app") {
                wrong.push(format!("{} names app", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_everything_rests_on_names_no_feature() {
    // Two that know members: whoever is told something, and whoever is shown in the frame.
    let may_name_account = ["notice.rs", "page.rs"];
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(root().join("src")).expect("src").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let above = ["app.rs", "lib.rs", "main.rs", "web.rs"];
        if path.is_dir() || !name.ends_with(".rs") || above.contains(&name.as_str()) {
            continue;
        }
        for feature in named(&code(&path)).iter().filter(|name| ORDER.contains(&name.as_str())) {
            if !(feature == "account" && may_name_account.contains(&name.as_str())) {
                wrong.push(format!("{name} names {feature}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rules_do_no_io() {
    let mut wrong = Vec::new();
    for feature in &ORDER {
        let file = root().join("src").join(feature).join("mod.rs");
        let text = code(&file);
        for io in ["reqwest", "tokio::", "std::fs", ".await", "poem::"] {
            if text.contains(io) {
                wrong.push(format!("{} has {io}", file.display()));
            }
        }
    }
    for pure in ["pki", "documents", "kinds"] {
        for file in rust_files(&root().join("src").join(pure)) {
            let path = file.display().to_string();
            if path.contains("/examples/") || path.contains("/tests/") || path.ends_with("tests.rs") {
                continue;
            }
            for io in ["reqwest", "tokio", "std::fs", "std::net", "sea_orm", "poem::"] {
                if code(&file).contains(io) {
                    wrong.push(format!("{path} has {io}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_two_sides_of_the_wire_do_not_know_each_other() {
    let manifest =
        |name: &str| std::fs::read_to_string(root().join("src").join(name).join("Cargo.toml")).expect("manifest");
    let sandbox = manifest("sandbox");
    for ours in ["zhangzheng-kinds", "zhangzheng-providers", "zhangzheng-documents", "zhangzheng-pki"] {
        assert!(!sandbox.contains(ours), "the sandbox depends on {ours}");
    }
    let providers = manifest("providers");
    let (product, _) = providers.split_once("[dev-dependencies]").unwrap_or((&providers, ""));
    assert!(!product.contains("zhangzheng-sandbox"), "the adapters depend on the sandbox");
}

#[test]
fn every_file_says_what_it_is_and_none_is_endless() {
    let mut wrong = Vec::new();
    for folder in ["src", "migrations/src", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let text = std::fs::read_to_string(&file).expect("a file of ours");
            let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
            if !text.starts_with("//!") {
                wrong.push(format!("{name} does not say what it is"));
            }
            let lines = text.lines().count();
            if lines > 620 {
                wrong.push(format!("{name} has {lines} lines"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

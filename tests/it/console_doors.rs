//! Every door of the review desk, tried by every role: what is open is what the one table of permissions says.

use crate::{
    console::staff,
    kit::{Browser, World},
};
use std::{collections::BTreeSet, time::Duration};
use zhangzheng::console::{
    Permission::{self, *},
    Role, Roles,
};

/// Who comes in.
#[derive(Clone, Copy, Debug)]
enum Door {
    /// Anybody: it leads to the sign-in.
    Public,
    /// Everybody on the staff.
    Staff,
    /// Whoever is permitted this.
    Needs(Permission),
}
use Door::*;

/// Method, path, who comes in. A new page is missing here until somebody has said who may see it.
const DOORS: &[(&str, &str, Door)] = &[
    ("GET", "/console/sign-in", Public),
    ("POST", "/console/sign-in", Public),
    ("GET", "/console/sign-in/code", Public),
    ("POST", "/console/sign-in/code", Public),
    ("GET", "/console/sign-in/enrol", Public),
    ("POST", "/console/sign-in/enrol", Public),
    ("GET", "/console", Staff),
    ("GET", "/console/security", Staff),
    ("GET", "/console/security/enrol", Staff),
    ("POST", "/console/security/enrol", Staff),
    ("POST", "/console/security/codes", Staff),
    ("GET", "/console/queue", Needs(SeeCases)),
    ("GET", "/console/queue/next", Needs(SeeCases)),
    ("GET", "/console/live", Needs(SeeCases)),
    ("POST", "/console/claims/:id/keep", Needs(Decide)),
    ("GET", "/console/companies", Needs(SeeCases)),
    ("GET", "/console/companies/next", Needs(SeeCases)),
    ("GET", "/console/companies/:id", Needs(SeeCases)),
    ("POST", "/console/companies/:id/claim", Needs(Decide)),
    ("POST", "/console/companies/:id/release", Needs(Decide)),
    ("POST", "/console/companies/:id/reveal", Needs(Reveal)),
    ("POST", "/console/companies/:id/decide", Needs(Decide)),
    ("POST", "/console/companies/:id/notes", Needs(Decide)),
    ("POST", "/console/companies/:id/evidence", Needs(Export)),
    ("GET", "/console/companies/:id/papers/:paper_id", Needs(SeeCases)),
    ("GET", "/console/people", Needs(SeeCases)),
    ("GET", "/console/people/:id", Needs(SeeCases)),
    ("POST", "/console/people/:id/claim", Needs(Decide)),
    ("POST", "/console/people/:id/release", Needs(Decide)),
    ("POST", "/console/people/:id/reveal", Needs(Reveal)),
    ("POST", "/console/people/:id/decide", Needs(Decide)),
    ("POST", "/console/people/:id/notes", Needs(Decide)),
    ("POST", "/console/people/:id/evidence", Needs(Export)),
    ("GET", "/console/people/:id/papers/:paper_id", Needs(SeeCases)),
    ("POST", "/console/people/:id/call", Needs(Decide)),
    ("GET", "/console/proposals", Needs(SeeProposals)),
    ("POST", "/console/proposals/roles", Needs(ChangeRoles)),
    ("POST", "/console/proposals/:id/settle", Needs(SeeProposals)),
    ("POST", "/console/proposals/:id/withdraw", Needs(SeeProposals)),
    ("GET", "/console/seals", Needs(SeeSeals)),
    ("POST", "/console/seals/make", Needs(MakeSeals)),
    ("GET", "/console/seals/proofs/:id", Needs(SeeSeals)),
    ("POST", "/console/seals/proofs/:id/check", Needs(CheckSeals)),
    ("GET", "/console/seals/:case_id/impression/:kind", Needs(SeeSeals)),
    ("GET", "/console/payments", Needs(SeePayments)),
    ("POST", "/console/payments/lines", Needs(MovePayments)),
    ("POST", "/console/payments/lines/:id/match", Needs(MovePayments)),
    ("POST", "/console/payments/lines/:id/send-back", Needs(MovePayments)),
    ("POST", "/console/payments/lines/:id/returned", Needs(MovePayments)),
    ("GET", "/console/payments/find", Needs(SeePayments)),
    ("GET", "/console/payments/orders/:id", Needs(SeePayments)),
    ("POST", "/console/payments/orders/:id/refund", Needs(MovePayments)),
    ("POST", "/console/payments/refunds/:id/paid-back", Needs(MovePayments)),
    ("POST", "/console/payments/refunds/:id/renew", Needs(MovePayments)),
    ("POST", "/console/payments/refunds/:id/ask", Needs(MovePayments)),
    ("GET", "/console/search", Needs(Search)),
    ("POST", "/console/search", Needs(Search)),
    ("GET", "/console/numbers", Needs(SeeNumbers)),
    ("GET", "/console/finance", Needs(SeeBooks)),
    ("POST", "/console/finance/export", Needs(ExportBooks)),
    ("POST", "/console/finance/compare", Needs(KeepBooks)),
    ("POST", "/console/finance/differences/:id", Needs(KeepBooks)),
    ("POST", "/console/finance/invoices/:id/again", Needs(KeepBooks)),
    ("POST", "/console/finance/invoices/:id/record", Needs(KeepBooks)),
    ("GET", "/console/catalogue", Needs(SeeCatalogue)),
    ("POST", "/console/catalogue", Needs(EditCatalogue)),
    ("POST", "/console/catalogue/discard", Needs(EditCatalogue)),
    ("POST", "/console/catalogue/propose", Needs(EditCatalogue)),
    ("GET", "/console/work", Needs(SeeWork)),
    ("POST", "/console/work/:id/again", Needs(TryAgain)),
    ("GET", "/console/notices", Needs(SeeNotices)),
    ("POST", "/console/notices", Needs(WriteNotices)),
    ("GET", "/console/notices/new", Needs(WriteNotices)),
    ("GET", "/console/notices/:id", Needs(SeeNotices)),
    ("POST", "/console/notices/:id", Needs(WriteNotices)),
    ("POST", "/console/notices/:id/withdraw", Needs(WriteNotices)),
    ("GET", "/console/staff", Needs(SeeStaff)),
    ("POST", "/console/staff", Needs(ManageStaff)),
    ("GET", "/console/staff/new", Needs(ManageStaff)),
    ("GET", "/console/staff/:id", Needs(SeeStaff)),
    ("POST", "/console/staff/:id/disable", Needs(ManageStaff)),
    ("POST", "/console/staff/:id/password", Needs(ManageStaff)),
    ("POST", "/console/staff/:id/totp-reset", Needs(ManageStaff)),
    ("GET", "/console/log", Needs(SeeLog)),
    // Last: what comes after it would meet nobody.
    ("POST", "/console/security/start", Staff),
    ("POST", "/console/sign-out", Staff),
];

fn for_kind(text: &str, kind: &str) -> String {
    let path = format!(".at(\"/console/{kind}/:id");
    text.split(".at(at(\"")
        .enumerate()
        .map(|(at, part)| if at == 0 { String::new() } else { path.clone() + &part.replacen(')', "", 1) })
        .collect()
}

/// The doors as the product's source has them.
fn in_source() -> BTreeSet<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/http");
    let mut doors = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("the pages").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a page");
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // The case's doors are there for every kind of case.
        let text = match text.find(".at(at(\"") {
            Some(_) => ["companies", "people"].map(|kind| for_kind(&text, kind)).join(" "),
            None => text,
        };
        for route in text.split(".at( \"").flat_map(|part| part.split(".at(\"")).skip(1) {
            let Some((path, rest)) = route.split_once('"').filter(|(path, _)| path.starts_with("/console")) else {
                continue;
            };
            let ends = rest.find(['}', ';']).unwrap_or(rest.len());
            for (method, word) in [("GET", "get("), ("POST", "post(")] {
                if rest[..ends].contains(word) {
                    doors.insert((method.to_owned(), path.to_owned()));
                }
            }
        }
    }
    doors
}

#[test]
fn every_door_is_in_the_table() {
    let known: BTreeSet<(String, String)> =
        DOORS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let built = in_source();
    assert!(built.len() > 40, "the source was read");
    let unsaid: Vec<_> = built.difference(&known).collect();
    let gone: Vec<_> = known.difference(&built).collect();
    assert!(unsaid.is_empty() && gone.is_empty(), "not in the table: {unsaid:?}; not in the product: {gone:?}");
}

fn filled(path: &str) -> String {
    let id = "01900000-0000-7000-8000-000000000000";
    let path = path.replace(":paper_id", id).replace(":case_id", id).replace(":id", id);
    path.replace(":kind", "company_seal")
}

/// The status that a door answers with; 200 for a stream, which never ends.
async fn knock(browser: &Browser<'_>, method: &str, path: &str) -> u16 {
    let path = filled(path);
    if method == "GET" {
        return match tokio::time::timeout(Duration::from_secs(3), browser.get(&path)).await {
            Ok(page) => page.status,
            Err(_) => 200,
        };
    }
    browser.get("/console").await;
    browser.post(&path, &[("term", "瑞成"), ("code", "000000")]).await.status
}

async fn walk(world: &World, role: Role) {
    let browser = staff(world, role.word(), &[role]).await;
    let roles = Roles::from_iter([role]);
    for (method, path, door) in DOORS {
        let open = match door {
            // Whoever is in has no business there: a form of the door is refused.
            Public => continue,
            Staff => true,
            Needs(permission) => roles.can(*permission),
        };
        let status = knock(&browser, method, path).await;
        if open {
            assert!(!matches!(status, 403 | 500..), "{role:?} {method} {path}: {status}");
        } else {
            assert_eq!(status, 403, "{role:?} {method} {path}");
        }
    }
}

both!(
    async fn each_role_finds_open_what_the_table_says_and_nothing_else(world) {
        for role in Role::ALL {
            walk(world, role).await;
        }
        let stranger = world.browser();
        for (method, path, door) in DOORS {
            if matches!(door, Public) {
                continue;
            }
            let path = filled(path);
            let page = match *method {
                "GET" => stranger.get(&path).await,
                _ => stranger.post(&path, &[]).await,
            };
            let to = page.location.unwrap_or_default();
            assert!(page.status == 303 && to.starts_with("/console/sign-in"), "{method} {path}: {} {to}", page.status);
        }
    }
);

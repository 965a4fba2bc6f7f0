//! What each role may do, as a table that a review sees change.

use super::*;

#[test]
fn what_each_role_may_do() {
    let mut table = String::new();
    for role in Role::ALL {
        let may: Vec<String> = Permission::ALL
            .into_iter()
            .filter(|permission| Roles::from_iter([role]).can(*permission))
            .map(|permission| format!("{permission:?}"))
            .collect();
        table.push_str(format!("{:<16} {}", role.word(), may.join(" ")).trim_end());
        table.push('\n');
    }
    insta::assert_snapshot!(table, @r"
    reviewer         SeeCases Search Reveal Decide SeeNumbers SeeProposals
    senior_reviewer  SeeCases Search Reveal Decide RejectFinally SeeNumbers SeeWork TryAgain Export SeeSeals CheckSeals SeeProposals Second
    seal_maker       SeeSeals MakeSeals CheckSeals
    finance          SeeProposals SeePayments MovePayments SecondPayments SeeBooks KeepBooks ExportBooks SeeCatalogue
    catalogue_editor SeeProposals SeeCatalogue EditCatalogue PublishCatalogue
    support          Search SeeWork TryAgain SeeNotices WriteNotices
    auditor          SeeCases Search Reveal SeeNumbers SeeWork SeeNotices SeeStaff SeeLog Export SeeSeals SeeProposals SeePayments SeeBooks ExportBooks SeeCatalogue
    owner            SeeNumbers SeeWork TryAgain SeeNotices WriteNotices SeeStaff ManageStaff SeeLog SeeProposals ChangeRoles SeeBooks SeeCatalogue PublishCatalogue
    ");
}

#[test]
fn an_auditor_reads_everything_and_changes_nothing() {
    let auditor = Roles::from_iter([Role::Auditor]);
    for permission in Permission::ALL {
        assert_eq!(auditor.can(permission), !permission.changes(), "{permission:?}");
        assert_eq!(auditor.may(permission).is_ok(), !permission.changes(), "{permission:?}");
    }
}

#[test]
fn roles_are_kept_as_words_and_strange_words_give_nothing() {
    for role in Role::ALL {
        assert_eq!(Role::by_word(role.word()), Some(role));
    }
    assert_eq!(Roles::parse(&Roles::all().words()), Roles::all());
    let odd = Roles::parse("root reviewer  OWNER");
    assert_eq!(odd.words(), "reviewer");
    assert!(Roles::parse("").is_empty() && !Roles::parse("").can(Permission::SeeCases));
}

#[test]
fn names_are_read_leniently_and_kept_plainly() {
    assert_eq!(staff_name(" Admin "), Ok("admin".into()));
    assert_eq!(staff_name("审核一号"), Ok("审核一号".into()));
    for wrong in ["", "a", "two words", "semi;colon", &"x".repeat(33)] {
        assert!(staff_name(wrong).is_err(), "{wrong}");
    }
}

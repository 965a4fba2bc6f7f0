//! The WeChat users on the desk (桌上的人): three to begin with, more by the control page. All invented.

use serde::{Deserialize, Serialize};

/// A person who can hold the phone. The identity card is drawn with these words.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their WeChat id for the product's mini-program.
    pub openid: String,
    pub nickname: String,
    pub name: String,
    /// 11 digits, `1990000000x`: not a range any carrier has given out.
    pub mobile: String,
    /// 18 characters; the county `350199` does not exist, the check character is right.
    pub id_number: String,
    pub ethnicity: String,
    pub address: String,
    pub issued_by: String,
    /// `YYYY-MM-DD`, printed on the emblem side.
    pub valid_from: String,
    pub valid_until: String,
    /// Which face is drawn.
    pub portrait_seed: u32,
}

impl Person {
    /// `199****0001`.
    pub fn mobile_masked(&self) -> String {
        match (self.mobile.get(..3), self.mobile.get(7..)) {
            (Some(head), Some(tail)) => format!("{head}****{tail}"),
            _ => "****".into(),
        }
    }
}

/// The three everyone meets: the agent, the legal representative, and a third.
pub(crate) fn seeded() -> Vec<Person> {
    vec![
        person(1, "王芳", "芳草", "350199198808080028", "福建省样本市测试区朝阳路1号"),
        person(2, "李建国", "老李", "350199197503150019", "福建省样本市测试区建国路18号"),
        person(3, "陈静", "静静", "350199199206200066", "福建省样本市测试区湖滨路66号"),
    ]
}

fn person(number: u32, name: &str, nickname: &str, id_number: &str, address: &str) -> Person {
    Person {
        openid: format!("oDESK0000000000000000000000{number}"),
        nickname: nickname.into(),
        name: name.into(),
        mobile: format!("1990000000{number}"),
        id_number: id_number.into(),
        ethnicity: "汉".into(),
        address: address.into(),
        issued_by: "样本市公安局测试分局".into(),
        valid_from: "2020-01-01".into(),
        valid_until: "2040-01-01".into(),
        portrait_seed: number,
    }
}

/// Whether a text has the form and check character of an 18-digit citizen number (GB 11643).
pub(crate) fn is_id_number(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let bytes = text.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = bytes[..17].iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    b"10X98765432"[sum as usize % 11] == bytes[17]
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_seeded_people_have_right_numbers() {
        for person in super::seeded() {
            assert!(super::is_id_number(&person.id_number), "{}", person.name);
            assert_eq!(person.openid.len(), 28);
            assert_eq!(person.mobile.len(), 11);
        }
    }
}

//! 两步验证: one-time codes by time (RFC 6238: SHA-1, 30 seconds, six digits) and what an authenticator app is shown.
//! Rules only; who may use which code is in `second_factor.rs`.

use ring::hmac;
use zhangzheng_kinds::Random;

/// Bytes of a secret: as long as the digest (RFC 4226, section 4).
pub const SECRET: usize = 20;
/// Seconds that a code lives.
pub const STEP: i64 = 30;
/// Steps before and after the present one whose codes are taken too: clocks are seldom right.
pub const WINDOW: i64 = 1;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret.
pub fn secret(random: &Random) -> [u8; SECRET] {
    random.bytes()
}

/// The step of a moment, in seconds since 1970.
pub const fn step_of(seconds: i64) -> i64 {
    seconds.div_euclid(STEP)
}

/// The code of a step.
pub fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[tag.len() - 1] & 0x0f);
    let word = tag[at..at + 4].iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

/// The step whose code was typed, if it is within the window and later than the last one used: no code is taken twice,
/// nor one that is older than a code already taken.
pub fn step(secret: &[u8], typed: &str, now: i64, last: i64) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let present = step_of(now);
    let mut found = None;
    // Each is compared, in constant time, whether one has matched or not.
    for step in present - WINDOW..=present + WINDOW {
        if crate::who::same(&code(secret, step), &typed) && step > last {
            found = Some(step);
        }
    }
    found
}

/// Bytes as people type them: base 32 (RFC 4648) without padding.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut five = [0u8; 5];
        five[..chunk.len()].copy_from_slice(chunk);
        let word = five.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        let letters = (chunk.len() * 8).div_ceil(5);
        text.extend((0..letters).map(|i| char::from(BASE32[(word >> (35 - 5 * i)) as usize & 31])));
    }
    text
}

/// Four letters at a time, for reading off a screen.
pub fn in_fours(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// What the QR code says: the key URI that authenticator apps read.
pub fn link(service: &str, name: &str, secret: &[u8]) -> String {
    // A blank is %20 here: apps show a plus sign as it is.
    let part =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (service, name) = (part(service), part(name));
    format!(
        "otpauth://totp/{service}:{name}?secret={}&issuer={service}&algorithm=SHA1&digits=6&period={STEP}",
        base32(secret)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of its eight digits.
        let secret = b"12345678901234567890";
        let published = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, expected) in published {
            assert_eq!(code(secret, step_of(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        // RFC 4648, section 10.
        let published =
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB")];
        for (bytes, expected) in published {
            assert_eq!(base32(bytes.as_bytes()), expected);
        }
        assert_eq!(in_fours("MZXW6YTB7"), "MZXW 6YTB 7");
    }

    #[test]
    fn the_link_names_service_and_person() {
        let link = link("掌证 审核台", "kestrel", b"12345678901234567890");
        assert!(link.starts_with("otpauth://totp/%E6%8E%8C%E8%AF%81%20"), "{link}");
        assert!(link.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&") && link.contains("digits=6"));
    }

    proptest! {
        #[test]
        fn a_code_is_taken_within_the_window_and_once(secret: [u8; SECRET], now in 60i64..4_000_000_000, off in -6i64..=6) {
            let typed = code(&secret, step_of(now) + off);
            let taken = step(&secret, &format!(" {} {}", &typed[..3], &typed[3..]), now, 0);
            // Six digits may be equal by chance: then the step found is another one, within the window.
            if off.abs() <= WINDOW {
                prop_assert!(taken.is_some());
            } else if let Some(found) = taken {
                prop_assert_eq!(code(&secret, found), typed.clone());
            }
            if let Some(found) = taken {
                let again = step(&secret, &typed, now, found);
                prop_assert!(again.is_none_or(|later| later > found));
                prop_assert_eq!(step(&secret, &typed, now, step_of(now) + WINDOW), None);
            }
        }
    }
}

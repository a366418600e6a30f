//! The filter of secrets, whatever the pieces.

use proptest::prelude::*;
use surefoot::adapter::commands::SecretFilter;
use surefoot::base::Secret;

fn filtered<'a>(secrets: &[&str], pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let secrets: Vec<Secret<String>> = secrets.iter().map(|text| Secret::new((*text).to_owned())).collect();
    let mut filter = SecretFilter::of(&secrets).unwrap();
    let mut out = Vec::new();
    for piece in pieces {
        filter.push(piece, |bytes| out.extend_from_slice(bytes));
    }
    filter.finish(|bytes| out.extend_from_slice(bytes));
    out
}

#[test]
fn the_longest_secret_of_a_place_is_replaced_and_nothing_else() {
    let cases: [(&[&str], &str, &str); 7] = [
        (&[], "abc", "abc"),
        (&["abc", "abcdef"], "abcdefg abcde", "[secret]g [secret]de"),
        (&["b", "abc"], "ab abc", "a[secret] [secret]"),
        (&["aa"], "aaaaa", "[secret][secret]a"),
        (&["geheim"], "gehei", "gehei"),
        (&["geheim"], "geheimgeheim", "[secret][secret]"),
        (&["secret"], "[secret]", "[[secret]]"),
    ];
    for (secrets, text, wanted) in cases {
        assert_eq!(String::from_utf8_lossy(&filtered(secrets, [text.as_bytes()])), wanted, "{secrets:?}");
        let single = filtered(secrets, text.as_bytes().chunks(1));
        assert_eq!(String::from_utf8_lossy(&single), wanted, "{secrets:?}, byte by byte");
    }
}

#[test]
fn an_encoded_secret_is_replaced_as_well() {
    use base64::Engine as _;
    let secret = "p@ss\"word/42";
    for before in ["", "u", "us", "use", "user:"] {
        let base64 = base64::engine::general_purpose::STANDARD.encode(format!("{before}{secret}!"));
        let out = String::from_utf8(filtered(&[secret], [base64.as_bytes()])).unwrap();
        let (head, tail) = out.split_once("[secret]").unwrap_or_else(|| panic!("{out}"));
        assert!(head.len() <= before.len() * 4 / 3 + 1 && tail.len() <= 4, "{out}");
    }
    let json = serde_json::to_string(secret).unwrap();
    let cases = [hex::encode(secret), hex::encode_upper(secret), "p%40ss%22word%2F42".to_owned(), json];
    for text in cases {
        let out = filtered(&[secret], [text.as_bytes()]);
        assert!(["[secret]", "\"[secret]\""].contains(&String::from_utf8_lossy(&out).as_ref()), "{text}");
    }
    assert_eq!(filtered(&["short"], [hex::encode("short").as_bytes()]), hex::encode("short").as_bytes());
}

proptest! {
    #[test]
    fn pieces_make_no_difference(text in "[ab]{0,60}", secrets in prop::collection::vec("[ab]{1,6}", 0..5), len in 1_usize..20) {
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let whole = filtered(&secrets, [text.as_bytes()]);
        prop_assert_eq!(&whole, &filtered(&secrets, text.as_bytes().chunks(len)));
        let rest = String::from_utf8(whole).unwrap().replace("[secret]", "#");
        for secret in secrets {
            prop_assert!(!rest.contains(secret), "{} in {}", secret, rest);
        }
    }
}

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

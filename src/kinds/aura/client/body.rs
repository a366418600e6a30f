//! The body of a success.

use crate::base::{Map, Secret, Value, bounded};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use std::fmt;
use zeroize::Zeroize as _;

/// The longest body that is read, in bytes (docs/hardening.md, "Answers of services").
pub(super) const BODY_LIMIT: usize = 1 << 20;
/// The longest body of a reply that holds a password, in bytes (docs/hardening.md, "Answers of services").
pub(super) const CREATED_LIMIT: usize = 64 << 10;
const DEPTH_LIMIT: usize = 64;

/// The fields of a create reply that may be kept; of any other only the name is (docs/aura-api.md, "Created
/// instances").
const CREATED_FIELDS: [&str; 11] = [
    "cloud_provider",
    "connection_url",
    "created_at",
    "graph_analytics_plugin",
    "id",
    "name",
    "region",
    "tenant_id",
    "type",
    "username",
    "vector_optimized",
];

/// What a success came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing: 204.
    None,
    /// The content of `data`.
    Data(Value),
    /// The reply to a create, its password split off.
    Created(Created),
}

/// The reply to `POST /instances`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The instance's id.
    pub id: String,
    /// The one-time password.
    pub password: Secret<String>,
    /// The other known fields, none of them a secret.
    pub fields: Map,
    /// Names of fields that nobody has declared; their values are not kept.
    pub unknown: Vec<String>,
}

/// The value under `data`, or why the body is not one of the API.
pub(super) fn data(bytes: &[u8], required: &[&str]) -> Result<Value, String> {
    let value: Value = parse(bytes, BODY_LIMIT)?;
    let Value::Object(mut envelope) = value else { return Err("it is not a JSON object".to_owned()) };
    let data = envelope.remove("data").ok_or("it has no `data`")?;
    if !required.is_empty() {
        let object = data.as_object().ok_or("`data` is not an object")?;
        check(object, required)?;
        identify(object, required)?;
    }
    Ok(data)
}

/// Whether there is something under `data`, or why the body is not one of the API.
pub(super) fn seen(bytes: &[u8]) -> Result<(), String> {
    #[derive(serde::Deserialize)]
    struct Something {
        #[serde(rename = "data")]
        _data: IgnoredAny,
    }
    parse(bytes, BODY_LIMIT).map(|_: Something| ())
}

/// The reply to a create. Nothing but this function and [`Created::password`] ever holds the password.
pub(super) fn created(bytes: &[u8], required: &[&str]) -> Result<Created, String> {
    let Envelope { data } = parse(bytes, CREATED_LIMIT)?;
    let plain: Vec<&str> = required.iter().copied().filter(|field| *field != "password").collect();
    check(&data.fields, &plain)?;
    check(&data.fields, &["id"])?;
    identify(&data.fields, &["id"])?;
    let password = data.password.filter(|text| !text.expose().is_empty()).ok_or("`password` is missing")?;
    let id = data.fields.get("id").and_then(Value::as_str).ok_or("`id` is not a text")?.to_owned();
    Ok(Created { id, password, fields: data.fields, unknown: data.unknown })
}

/// Parses JSON within the limits of size and depth. The message tells where, never what: the text of a success may be
/// a secret.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8], limit: usize) -> Result<T, String> {
    if bytes.len() > limit {
        return Err(format!("it is longer than {limit} bytes"));
    }
    if depth(bytes) > DEPTH_LIMIT {
        return Err(format!("it is nested more than {DEPTH_LIMIT} deep"));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let kind = match error.classify() {
            serde_json::error::Category::Eof => "is cut short",
            serde_json::error::Category::Data => "has not the expected fields",
            _ => "is not JSON",
        };
        format!("it {kind} (line {}, column {})", error.line(), error.column())
    })
}

fn check(object: &Map, required: &[&str]) -> Result<(), String> {
    let missing = |field: &&&str| match object.get(**field) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    match required.iter().find(missing) {
        Some(field) => Err(format!("`{field}` is missing")),
        None => Ok(()),
    }
}

/// Refuses what has no usable id: one that is too long to be recorded is none.
fn identify(object: &Map, ids: &[&str]) -> Result<(), String> {
    let is_long = |id: &&&str| object.get(**id).is_some_and(|value| !value.is_null() && bounded(value).is_null());
    match ids.iter().find(is_long) {
        Some(id) => Err(format!("`{id}` is too long to be one")),
        None => Ok(()),
    }
}

/// How deep it is nested, or a number that is not smaller.
fn depth(bytes: &[u8]) -> usize {
    // Counts that fit a byte are added many at a time by the processor; the chunks are as long as such a count allows.
    let count = |chunk: &[u8]| chunk.iter().fold(0_u8, |sum, byte| sum.wrapping_add(u8::from(byte | 0x20 == b'{')));
    let opening: usize = bytes.chunks(usize::from(u8::MAX)).map(|chunk| usize::from(count(chunk))).sum();
    if opening <= DEPTH_LIMIT {
        return opening;
    }
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => while rest.next().is_some_and(|byte| *byte != b'"' && (*byte != b'\\' || rest.next().is_some())) {},
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[derive(serde::Deserialize)]
struct Envelope {
    data: CreatedParts,
}

#[derive(Default)]
struct CreatedParts {
    password: Option<Secret<String>>,
    fields: Map,
    unknown: Vec<String>,
}

impl<'de> Deserialize<'de> for CreatedParts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = CreatedParts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an instance")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CreatedParts, A::Error> {
                let mut parts = CreatedParts::default();
                while let Some(key) = map.next_key::<String>()? {
                    if key == "password" {
                        parts.password = Some(map.next_value::<SecretText>()?.0);
                    } else if CREATED_FIELDS.contains(&key.as_str()) {
                        let value: Value = map.next_value()?;
                        if value.is_object() || value.is_array() {
                            return Err(A::Error::custom("a field is not a plain value"));
                        }
                        parts.fields.insert(key, value);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        parts.unknown.push(key);
                    }
                }
                Ok(parts)
            }
        }
        deserializer.deserialize_map(Parts)
    }
}

/// A text that goes from the input straight into a secret.
pub(super) struct SecretText(pub(super) Secret<String>);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SecretText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SecretText, E> {
                Ok(SecretText(Secret::new(text.to_owned())))
            }

            fn visit_string<E: serde::de::Error>(self, mut text: String) -> Result<SecretText, E> {
                let secret = SecretText(Secret::new(text.clone()));
                text.zeroize();
                Ok(secret)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

//! Durations and sizes as people write them.

use std::time::Duration;

/// The text is not a duration or a size.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum QuantityError {
    /// Not a duration.
    #[error("not a duration: {0:?} (write it like 90s, 10m or 4h)")]
    Duration(String),
    /// Not a size.
    #[error("not a size: {0:?} (write it like 512MiB, 16GiB or 8GB)")]
    Size(String),
}

/// Reads `250ms`, `90s`, `10m`, `4h`, `2d`, or several in a row as `1h30m`.
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    let wrong = || QuantityError::Duration(text.to_owned());
    let mut total = Duration::ZERO;
    let mut rest = text;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let millis_each: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(millis_each).map(Duration::from_millis).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = tail;
    }
    Ok(total)
}

/// Writes a duration for people: the two largest units that are not zero, `1h30m`, `45s`, `250ms`.
pub fn format_duration(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        return format!("{}ms", span.as_millis());
    }
    let secs = span.as_secs();
    let parts = [(secs / 86_400, "d"), (secs / 3_600 % 24, "h"), (secs / 60 % 60, "m"), (secs % 60, "s")];
    let first = parts.iter().position(|(number, _)| *number > 0).unwrap_or(3);
    let shown = parts.iter().skip(first).take(2).filter(|(number, _)| *number > 0);
    shown.map(|(number, unit)| format!("{number}{unit}")).collect::<Vec<_>>().concat()
}

/// Reads a size in bytes: `16GiB` and `512KiB` count in 1024s, `8GB` and `500MB` in 1000s, `42` is bytes.
pub fn parse_size(text: &str) -> Result<u64, QuantityError> {
    let wrong = || QuantityError::Size(text.to_owned());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let each: u64 = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(each)).ok_or_else(wrong)
}

/// A size as the Aura API writes it: `8G`, `8 gb` and `8GB` are all `8GB` (docs/aura-api.md, "Configurations and
/// sizes").
pub fn gigabytes(size: &str) -> String {
    let bare: String = size.chars().filter(|character| !character.is_whitespace()).collect();
    let upper = bare.to_ascii_uppercase();
    let digits = upper.trim_end_matches("GB").trim_end_matches('G');
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) { format!("{digits}GB") } else { bare }
}

/// Writes a size for people: `1.5 GiB`, `640 B`.
pub fn format_size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    for (unit, each) in UNITS {
        if bytes >= each {
            let tenths = u128::from(bytes) * 10 / u128::from(each);
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} B")
}

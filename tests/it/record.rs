//! Lines: the published test vector, and every event there and back.

use crate::support::any_event;
use crate::support::events::{event, noted};
use proptest::prelude::*;
use std::fmt::Write as _;
use surefoot::base::{Actor, Digest, Timestamp};
use surefoot::engine::call::{Call, CallError, ErrorClass};
use surefoot::engine::event::{Body, Event};
use surefoot::record::{
    BATCH_LIMIT, Break, Chain, DecodeError, EncodeError, Frame, FrameError, Header, TYPES, decode, encode, lines,
};

/// The three lines of docs/journal.md, "Test vector".
const VECTOR: &str = include_str!("vector.jsonl");

const HEADER: Header = Header { seq: 0, durable: None, epoch: 1, prev: Digest::ZERO };

fn line_of(event: &Event) -> Vec<u8> {
    let mut line = Vec::new();
    encode(event, &HEADER, &mut line).unwrap();
    line
}

#[test]
fn the_test_vector_is_a_chain_with_these_hashes() {
    let mut chain = Chain::default();
    let hashes = [
        "8eaa25f0769340462b7dafa6e252f85e89b5e5addc2d82934efebe1a20b8b9e4",
        "83c4996d12f589f04268bcdccd1accc6a9c1da2a2f95ec555e2548d60d47474e",
        "03db11d34c3ba0d577d4fac156090281a727575ab2029e666d98160875c551dd",
    ];
    for (line, hash) in lines(VECTOR.as_bytes()).zip(hashes) {
        assert_eq!(chain.accept(line).unwrap().hash.to_string(), hash);
    }
    assert_eq!((chain.len, chain.durable, chain.epoch), (3, Some(1), 1));
}

#[test]
fn a_line_has_all_keys_in_order_and_no_whitespace() {
    let event = Event {
        at: Timestamp::from_micros(1_767_323_045_000_001),
        mono_ms: 77,
        actor: Actor::Os { user: "alice".to_owned(), host: "host1".to_owned() },
        body: Body::StepSkipped { step: "a b".to_owned(), why: "\u{1}\u{1b}\u{7f}\u{85}\u{9b}\n\"\\é".to_owned() },
    };
    let header = Header { seq: 12, durable: Some(9), epoch: 3, prev: Digest::of(b"x") };
    let mut line = b"before".to_vec();
    let hash = encode(&event, &header, &mut line).unwrap();
    let expected = format!(
        "before{}{}{}\",\"h\":\"{hash}\"}}\n",
        r#"{"v":1,"seq":12,"d":9,"ep":3,"ts":"2026-01-02T03:04:05.000001Z","mono":77,"type":"step.skipped","#,
        r#""actor":"os:alice@host1","data":{"step":"a b","why":"\u0001\u001b\u007f\u0085\u009b\n\"\\é"},"prev":""#,
        header.prev
    );
    assert_eq!(String::from_utf8(line).unwrap(), expected);
}

#[test]
fn control_characters_are_escaped_wherever_they_stand() {
    for code in (0..0x20).chain(0x7f..0xa0) {
        let text = format!("a{}ü{}", char::from(code), char::from(code));
        let actor = Actor::Os { user: text.clone(), host: text.clone() };
        let memo = serde_json::json!({ text.clone(): [text.clone()] });
        let body = Body::StepNoted { step: text.clone(), memo };
        let event = Event { at: Timestamp::from_micros(0), mono_ms: 0, actor, body };
        let line = line_of(&event);
        let text = std::str::from_utf8(&line).unwrap().strip_suffix('\n').unwrap();
        assert!(!text.chars().any(char::is_control), "{code:#x}: {text:?}");
        assert_eq!(decode(&line).unwrap().event, event);
    }
}

/// The texts of a tree, keys aside.
fn texts(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|one| texts(one, into)),
        serde_json::Value::Object(map) => {
            let told = map.iter().filter(|(name, _)| *name != "retry_after");
            told.for_each(|(_, one)| texts(one, into));
        }
        _ => {}
    }
}

/// Whether a text is a word of ours, a digest, a time or an account, and so no text from elsewhere.
fn is_ours(text: &str) -> bool {
    let words = [
        "done",
        "failed",
        "cancelled",
        "person",
        "outside",
        "doubt",
        "check",
        "window",
        "pass",
        "fail",
        "applied",
        "not-applied",
        "type",
        "path",
        "choice",
        "engine",
        "script",
    ];
    let is_word = words.contains(&text)
        || Call::from_name(text).is_some()
        || ErrorClass::from_name(text).is_some()
        || surefoot::engine::call::Outcome::from_name(text).is_some()
        || surefoot::engine::evidence::Proof::ALL.iter().any(|proof| proof.name() == text);
    is_word || text.parse::<Digest>().is_ok() || text.parse::<Timestamp>().is_ok() || text.starts_with("os:")
}

/// Every text that a record holds is shown to whoever looks at the event before it is recorded.
fn assert_shown(event: &Event) {
    let line: serde_json::Value = serde_json::from_slice(&line_of(event)).unwrap();
    let (mut held, mut seen) = (Vec::new(), Vec::new());
    texts(&line["data"], &mut held);
    event.texts(&mut |_, text| seen.push(text.to_owned()));
    for text in held {
        assert!(seen.contains(&text) || is_ours(&text), "{text:?} of {} is not shown", event.body.name());
    }
}

#[test]
fn the_texts_of_an_event_of_each_type_are_shown_before_it_is_recorded() {
    any_event::one_of_each().iter().for_each(assert_shown);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 600 } else { 20_000 }))]

    #[test]
    fn the_texts_of_any_event_are_shown_before_it_is_recorded(event in any_event::event()) {
        assert_shown(&event);
    }

    #[test]
    fn every_event_comes_back_as_it_was(
        event in any_event::event(),
        seq in 0..u64::MAX,
        durable in proptest::option::of(0..u64::MAX),
        epoch in 1..u64::MAX,
        prev: [u8; 32],
    ) {
        let header = Header { seq, durable, epoch, prev: Digest::from_bytes(prev) };
        let mut line = Vec::new();
        let hash = encode(&event, &header, &mut line).unwrap();
        prop_assert_eq!(line.last(), Some(&b'\n'));
        prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n' || **byte == 0).count(), 1);
        let record = decode(&line).unwrap();
        prop_assert_eq!(&record.event, &event);
        prop_assert_eq!((record.header, record.hash), (header, hash));
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&line).is_ok());
    }
}

#[test]
fn every_type_is_generated_and_listed() {
    let names: Vec<_> = any_event::one_of_each().iter().map(|event| event.body.name()).collect();
    assert_eq!(names, TYPES);
    for event in any_event::one_of_each() {
        assert_eq!(decode(&line_of(&event)).unwrap().event, event);
    }
}

#[test]
fn the_written_form_of_each_type_does_not_change() {
    let mut text = String::new();
    for event in any_event::one_of_each() {
        let line = line_of(&event);
        let frame = Frame::read(&line).unwrap();
        writeln!(text, "{} {}", frame.kind, frame.data).unwrap();
    }
    insta::assert_snapshot!(text);
}

/// The line with another text in it and the hash that goes with it.
fn altered(line: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(line).unwrap();
    assert!(text.contains(from), "{text}");
    let body = text[..text.len() - 73].replacen(from, to, 1);
    let hash = Digest::of(format!("surefoot/v1\n{body}").as_bytes());
    format!("{body},\"h\":\"{hash}\"}}\n").into_bytes()
}

#[test]
fn fields_of_a_later_version_are_ignored_and_types_are_not() {
    let event = noted("a", 400);
    let line = line_of(&event);
    let more = altered(&line, "{\"step\":", "{\"later\":[1,{}],\"step\":");
    assert_eq!(decode(&more).unwrap().event, event);
    let unknown = decode(&altered(&line, "step.noted", "step.dreamt")).unwrap_err();
    assert!(unknown.is_newer() && unknown.to_string().contains("step.dreamt"), "{unknown}");
    let newer = decode(&altered(&line, "{\"v\":1,", "{\"v\":2,\"colour\":3,")).unwrap_err();
    assert_eq!(newer, DecodeError::Frame(FrameError::Newer(2)));
    assert!(newer.is_newer());
}

#[test]
fn a_line_with_the_right_hash_and_a_wrong_form_is_refused() {
    let line = line_of(&noted("a", 400));
    for (from, to, place) in [
        ("{\"v\":1", "{\"v\":0", "v"),
        ("\"seq\":0", "\"seq\":00", "seq"),
        ("\"seq\":0", "\"seq\":-1", "seq"),
        ("\"seq\":0", "\"seq\": 0", "seq"),
        ("\"d\":-1", "\"d\":-2", "d"),
        ("\"ep\":1", "\"ep\":99999999999999999999", "ep"),
        ("\"ts\":\"2026", "\"ts\":\"20\\u0032", "ts"),
        ("\"mono\":0,", "", "mono"),
        ("\"type\":\"step.noted\"", "\"type\":\"step noted\"", "type"),
        ("\"actor\":\"engine\"", "\"actor\":\"eng\\ine\"", "actor"),
        ("\"actor\":\"engine\"", "\"actor\":7", "actor"),
        ("\"data\":{", "\"data\":[{", "data"),
        ("\"data\":{", "\"data\":{,", "data"),
        ("\"data\":{", "\"data\":{\"x\":\u{1}1,", "data"),
        (",\"prev\":\"0000", ",\"prev\":\"000g", "prev"),
        (",\"prev\":\"0000", ",\"prev\":\"00000", "prev"),
    ] {
        let refused = Frame::read(&altered(&line, from, to)).unwrap_err();
        assert_eq!(refused, FrameError::Form(place), "{from} -> {to}");
    }
    let raw_control = altered(&line, "\"actor\":\"engine\"", "\"actor\":\"eng\u{7}ine\"");
    assert_eq!(Frame::read(&raw_control).unwrap_err(), FrameError::Form("actor"));
    assert_eq!(Frame::read(&line[..line.len() - 1]).unwrap_err(), FrameError::NoNewline);
    assert_eq!(Frame::read(b"\n").unwrap_err(), FrameError::Form("h"));
    assert_eq!(Frame::read(&line.to_ascii_uppercase()).unwrap_err(), FrameError::Hash);
}

#[test]
fn a_chain_takes_only_what_continues_it() {
    let vector: Vec<_> = lines(VECTOR.as_bytes()).collect();
    let mut chain = Chain::default();
    let refuse = |chain: &Chain, line: &[u8]| chain.clone().accept(line).unwrap_err();
    assert_eq!(refuse(&chain, vector[1]), Break::Sequence { expected: 0, found: 1 });
    assert_eq!(refuse(&chain, &altered(vector[0], "run.opened", "run.paused")), Break::Genesis);
    assert_eq!(refuse(&chain, &altered(vector[0], "\"d\":-1", "\"d\":0")), Break::Durable(0));
    chain.accept(vector[0]).unwrap();
    assert_eq!(refuse(&chain, &altered(vector[1], "\"prev\":\"8", "\"prev\":\"9")), Break::Link(1));
    assert_eq!(refuse(&chain, &altered(vector[1], "\"d\":0", "\"d\":1")), Break::Durable(1));
    assert_eq!(refuse(&chain, &altered(vector[1], "\"ep\":1", "\"ep\":0")), Break::Epoch(1));
    chain.accept(vector[1]).unwrap();
    assert_eq!(refuse(&chain, &altered(vector[2], "\"d\":1", "\"d\":-1")), Break::Durable(2), "it never goes back");
    chain.accept(vector[2]).unwrap();
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    let mut out = b"before".to_vec();
    let long = noted("upload", BATCH_LIMIT + 100);
    let refused = encode(&long, &HEADER, &mut out).unwrap_err();
    let EncodeError::TooLong { kind: "step.noted", step, len } = refused else { panic!("{refused}") };
    assert_eq!(step, "upload");
    assert!(len > BATCH_LIMIT);
    let mut deep = serde_json::json!(0);
    for _ in 0..120 {
        deep = serde_json::json!([deep]);
    }
    let deep = event(Body::StepNoted { step: "deep".to_owned(), memo: deep });
    let refused = encode(&deep, &HEADER, &mut out).unwrap_err();
    assert!(refused.to_string().contains("nested deeper than 100"), "{refused}");
    assert_eq!(out, b"before");
}

#[test]
fn a_wait_keeps_every_nanosecond() {
    for (secs, nanos, text) in [(30, 0, "30"), (0, 250_000_000, "0.25"), (2, 1, "2.000000001"), (100, 0, "100")] {
        let mut error = CallError::new(ErrorClass::Outside, "slow");
        error.retry_after = Some(std::time::Duration::new(secs, nanos));
        let event = event(Body::StepFailed { step: "a".to_owned(), error });
        let line = line_of(&event);
        let data = Frame::read(&line).unwrap().data.to_owned();
        assert!(data.contains(&format!("\"retry_after\":\"{text}\"")), "{data}");
        assert_eq!(decode(&line).unwrap().event, event);
    }
    assert!(Call::ALL.iter().all(|call| Call::from_name(call.name()) == Some(*call)));
}

#[test]
fn a_date_that_no_record_could_hold_is_no_date() {
    for text in ["31 Jan 12026 22:00:00 GMT", "Sat, 31 Jan 12026 22:00:00 GMT", "1 Jan 0000 00:30:00 +0100"] {
        Timestamp::from_http_date(text).unwrap_err();
    }
    let last = Timestamp::from_http_date("Fri, 31 Dec 9999 23:59:59 GMT").unwrap();
    assert_eq!(last.to_string().parse(), Ok(last));
}

//! The clocks, the random source and the progress that nobody sees.

use super::server::run;
use std::time::Duration;
use surefoot::adapter::clock::{ScaledClock, SystemClock};
use surefoot::adapter::entropy::Os;
use surefoot::adapter::progress::Silent;
use surefoot::base::Timestamp;
use surefoot::port::{Clock, Entropy as _, Progress as _};

fn origin() -> Timestamp {
    "2026-01-31T22:00:00Z".parse().unwrap()
}

async fn waits(clock: &dyn Clock, span: Duration) {
    let (start, start_ms) = (clock.now(), clock.mono_ms());
    clock.sleep_until(start.plus(span)).await;
    assert!(clock.now() >= start.plus(span));
    assert!(Duration::from_millis(clock.mono_ms() - start_ms + 1) >= span);
    clock.sleep_until(start).await;
    clock.sleep_until(Timestamp::default()).await;
}

#[test]
fn the_system_clock_waits_and_never_goes_back() {
    run(async {
        let clock = SystemClock::new();
        assert!(clock.now() > origin(), "this machine knows its year");
        waits(&clock, Duration::from_millis(15)).await;
    });
}

#[test]
fn a_scaled_clock_begins_at_its_origin_and_runs_fast() {
    run(async {
        let real = Duration::from_mins(1);
        let clock = ScaledClock::new(600.0, origin());
        assert!(clock.now() >= origin() && clock.now() < origin().plus(Duration::from_mins(10)));
        tokio::time::timeout(real, waits(&clock, Duration::from_mins(1))).await.unwrap();
        let fast = ScaledClock::new(1e9, origin());
        tokio::time::timeout(real, waits(&fast, Duration::from_hours(24 * 365))).await.unwrap();
    });
}

#[test]
fn odd_speeds_do_no_harm() {
    for speed in [0.0, -1.0, f64::NAN, f64::MIN_POSITIVE] {
        let clock = ScaledClock::new(speed, origin());
        assert_eq!((clock.now(), clock.mono_ms()), (origin(), 0), "{speed}");
    }
    let end = ScaledClock::new(f64::INFINITY, origin());
    std::hint::black_box((end.now(), end.mono_ms()));
}

#[test]
fn random_bytes_are_random() {
    let (mut one, mut two) = ([0; 32], [0; 32]);
    Os.fill(&mut one);
    Os.fill(&mut two);
    assert!(one != two && one != [0; 32]);
    Os.fill(&mut []);
    Silent.transferred("upload", 1, 2);
    Silent.doing("upload", "waits");
}

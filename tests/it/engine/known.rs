//! Replies that are lost leave no doubt where everything is known of what they were about.

use super::create::after_announcement;
use super::rig::Rig;
use super::story::tell;
use surefoot::engine::Engine;
use surefoot::engine::event::{Body, HoldClass};

/// Three replies in a row are lost; each instance is found, deleted and proved gone.
fn three_lost_replies() -> Rig {
    let lost = |number: u32| {
        let found = format!(
            r#"found {{"name":"${number}","matches":[{{"id":"aaaa000{number}","name":"${number}"}}],"complete":true}}"#
        );
        format!(
            "send create {number} -> unknown\nread settle -> {found}\n= lost {number} aaaa000{number}\n\
             read probe -> found {{\"id\":\"aaaa000{number}\",\"present\":true,\"status\":\"running\"}}\n\
             prepare replace {number} -> prepared aaaa000{number} {{\"id\":\"aaaa000{number}\",\"name\":\"${number}\"}}\n\
             send replace {number} -> applied\n\
             read probe -> found {{\"id\":\"aaaa000{number}\",\"present\":false,\"control\":true}}\n"
        )
    };
    after_announcement(&format!(
        "{}prepare create 2 -> calm\n{}prepare create 3 -> calm\n{}= held outside: 3 requests to create were answered by \
         nothing that can be understood; nothing of them is left\nnothing",
        lost(1),
        lost(2),
        lost(3)
    ))
}

const FOURTH: &str = "! resume\nprepare create 4 -> calm\nsend create 4 -> calm\ndeliver 4 -> calm\nread probe -> calm\n\
                      prepare rename 1 -> calm\nsend rename 1 -> applied\n= succeeded {\"attempts\":4,";

#[test]
fn what_is_known_of_lost_replies_leaves_no_doubt_and_the_next_attempt_is_made() {
    let rig = three_lost_replies();
    assert!(rig.engine.doubts().is_empty(), "{:?}", rig.engine.doubts());
    assert!(rig.engine.view().steps[0].effects.iter().all(|effect| !effect.in_doubt));
    tell(rig, "recreate", FOURTH);
}

#[test]
fn a_run_that_an_earlier_version_held_for_such_a_doubt_goes_on() {
    let mut rig = three_lost_replies();
    let Some(Body::StepHeld { class, .. }) = rig.log.last_mut().map(|event| &mut event.body) else { panic!() };
    *class = HoldClass::Doubt;
    rig.engine =
        Engine::replay(std::sync::Arc::clone(&rig.plan), surefoot::kinds::protocol, rig.log.iter().cloned()).unwrap();
    tell(rig, "recreate", FOURTH);
}

#[test]
fn a_run_that_was_cancelled_closes_where_nothing_of_a_lost_reply_is_left() {
    tell(three_lost_replies(), "recreate", "! cancel\n= closed cancelled");
}

//! `runbooks/postgres-move.yaml`, run by the real binary against two real PostgreSQL servers and the object store of
//! the twin.

mod arena;
mod cluster;

use crate::support::killing::{Moments, campaign};
use arena::Arena;

#[test]
fn killed_anywhere_and_resumed_a_database_is_moved_once() {
    let arena = Arena::start();
    let usual = arena.move_one("undisturbed", &mut Moments::none());
    let figures = campaign(usual, |seed, moments| {
        arena.move_one(&format!("orders_{seed}"), moments);
    });
    println!("{figures}");
}

#[test]
fn what_is_written_while_a_person_thinks_is_moved_too() {
    let arena = Arena::start();
    let subject = arena.subject("late");
    let run = arena.run("late", &subject);
    let begin: Vec<&str> = run.begin.iter().map(String::as_str).collect();
    run.folder.call(&begin).exit(4).says("Stop every program that uses the database late");
    let id = run.folder.run_id().unwrap();
    run.folder.call(&["answer", &id, "writers_stopped", "done"]).exit(0);
    run.folder.call(&["resume"]).exit(4).says(&subject);
    arena.source.ask("late", "delete from items where id not in (select item from shop.\"Orders\")");
    arena.source.ask("late", "insert into nothing values (1)");
    let (code, seen) = run.folder.type_into(&["resume"], &subject).end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("the confirmation is void"), "{seen}");
    assert_eq!(arena.target.ask("late", "select count(*) from nothing"), "1");
    assert_eq!(arena.source.carried_out("postgres", "DROP DATABASE late;"), 1);
}

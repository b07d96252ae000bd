//! Panics in threads, tasks and callbacks are reported to their owner.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use super::*;

fn entered() -> (Deaths, Entered) {
    let (owner, deaths) = owner();
    let entered = owner.enter();
    (deaths, entered)
}

#[test]
fn a_panic_of_a_thread_is_reported_once() {
    let (mut deaths, _entered) = entered();
    let thread = spawn("worker", || panic!("no such sample: {}", 7)).unwrap();
    assert!(thread.join().unwrap().is_none());
    let death = deaths.try_recv().expect("a death");
    assert_eq!(death.name, "worker");
    assert!(death.words.starts_with("no such sample: 7"), "{death}");
    assert_eq!(deaths.try_recv(), None);
}

#[test]
fn a_thread_that_ends_normally_is_not_a_death() {
    let (mut deaths, _entered) = entered();
    assert_eq!(spawn("worker", || 7).unwrap().join().unwrap(), Some(7));
    assert_eq!(deaths.try_recv(), None);
}

#[tokio::test]
async fn a_missing_answer_is_explained_by_a_death() {
    let (mut deaths, _entered) = entered();
    assert_eq!(answer("worker", || 7).unwrap().await, Ok(7));
    // Often: the panic's report and the closed channel race where they are not ordered.
    for _ in 0..200 {
        let unanswered = answer("worker", || -> u8 { panic!("no answer") }).unwrap();
        assert!(unanswered.await.is_err());
        assert!(deaths.try_recv().is_some(), "the receiver knew before the owner");
    }
}

#[test]
fn children_of_a_thread_have_the_same_owner() {
    let (mut deaths, entered) = entered();
    let outer = spawn("outer", || spawn("inner", || panic!("deep")).unwrap().join().unwrap()).unwrap();
    drop(entered);
    outer.join().unwrap();
    assert_eq!(deaths.try_recv().map(|death| death.name), Some("inner"));
    let free = spawn("free", || panic!("nobody's")).unwrap();
    free.join().unwrap();
    assert_eq!(deaths.try_recv(), None, "it was started outside");
}

#[test]
fn resources_are_released_before_the_owner_is_told() {
    struct Device(Arc<Mutex<bool>>);
    impl Drop for Device {
        fn drop(&mut self) {
            *self.0.lock().unwrap() = true;
        }
    }
    let released = Arc::new(Mutex::new(false));
    let device = Device(Arc::clone(&released));
    let (owner, mut deaths) = owner();
    let entered = owner.enter();
    let (go, wait) = sync_channel::<()>(1);
    let thread = spawn("device", move || {
        let _device = device;
        wait.recv().unwrap();
        panic!("pulled")
    });
    drop(entered);
    go.send(()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(deaths.recv()).map(|death| death.name), Some("device"));
    assert!(*released.lock().unwrap());
    thread.unwrap().join().unwrap();
}

#[tokio::test]
async fn a_panic_of_a_task_or_its_tasks_is_reported() {
    let (owner, mut deaths) = owner();
    let inner = owner
        .scope(async {
            let inner = task("inner", async {
                tokio::task::yield_now().await;
                panic!("in a task")
            });
            assert!(blocking("blocking", || panic!("in the way")).await.is_none());
            inner.await.unwrap()
        })
        .await;
    assert!(inner.is_none());
    let mut names = [deaths.try_recv().unwrap().name, deaths.try_recv().unwrap().name];
    names.sort_unstable();
    assert_eq!(names, ["blocking", "inner"]);
    assert_eq!(deaths.try_recv(), None);
}

#[tokio::test]
async fn an_owner_is_current_only_while_its_future_is_polled() {
    let (owner, mut deaths) = owner();
    let mut scoped = pin!(owner.scope(async {
        tokio::task::yield_now().await;
        assert!(watched("inside", || panic!("here")).is_none());
    }));
    assert!(futures_poll(scoped.as_mut()).await.is_pending());
    assert!(watched("outside", || panic!("there")).is_none());
    scoped.await;
    assert_eq!(deaths.try_recv().map(|death| death.name), Some("inside"));
    assert_eq!(deaths.try_recv(), None);
}

async fn futures_poll<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

#[test]
fn a_panicking_callback_is_reported_once_and_stopped() {
    let (mut deaths, _entered) = entered();
    let mut edge = Edge::new("callback");
    let mut runs = 0;
    assert!(edge.run(|| runs += 1));
    assert!(!edge.run(|| panic!("no room")));
    assert!(!edge.run(|| runs += 1));
    assert_eq!(runs, 1);
    assert_eq!(deaths.try_recv().map(|death| death.name), Some("callback"));
    assert_eq!(deaths.try_recv(), None);
}

#[test]
fn a_panic_message_is_short_without_control_characters() {
    let evil = format!("\u{1b}[2J\u{202e}{}\n", "x".repeat(10_000));
    let death = catch("evil", move || std::panic::panic_any(evil)).unwrap_err();
    assert!(death.words.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{death}");
    assert_eq!(death.words.chars().count(), 300);
    assert_eq!(catch("dumb", || std::panic::panic_any(7)).unwrap_err().words, "a panic without words");
}

#[test]
fn unread_deaths_are_bounded() {
    let (mut deaths, _entered) = entered();
    for _ in 0..3 * DEATHS {
        watched("again", || panic!("again"));
    }
    assert_eq!(std::iter::from_fn(|| deaths.try_recv()).count(), DEATHS);
}

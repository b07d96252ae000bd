//! The talk key as a global shortcut.

use std::time::{Duration, Instant};

use serde_json::json;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, ModMask};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::app::{App, PATIENCE};
use crate::rig::Rig;

/// Keysyms.
const CONTROL: u32 = 0xffe3;
const ALT: u32 = 0xffe9;
const T: u32 = 0x74;

struct Keyboard {
    screen: RustConnection,
    root: u32,
}

impl Keyboard {
    fn new() -> Self {
        let (screen, number) = RustConnection::connect(None).expect("a screen");
        let root = screen.setup().roots[number].root;
        Self { screen, root }
    }

    fn code(&self, keysym: u32) -> u8 {
        let (first, last) = (self.screen.setup().min_keycode, self.screen.setup().max_keycode);
        let all = self.screen.get_keyboard_mapping(first, last - first + 1).unwrap().reply().unwrap();
        let of_each = all.keysyms.chunks(usize::from(all.keysyms_per_keycode));
        (first..=last).zip(of_each).find(|(_, syms)| syms.contains(&keysym)).expect("the key").0
    }

    fn turn(&self, keysyms: &[u32], kind: u8) {
        for keysym in keysyms {
            let turned = self.screen.xtest_fake_input(kind, self.code(*keysym), 0, self.root, 0, 0, 0);
            turned.unwrap().check().expect("XTEST");
        }
    }

    /// Returns whether Ctrl+Alt+T is free for another program.
    fn is_free(&self) -> bool {
        let (mods, code) = (ModMask::CONTROL | ModMask::M1, self.code(T));
        let grab = self.screen.grab_key(false, self.root, mods, code, GrabMode::ASYNC, GrabMode::ASYNC);
        let is_free = grab.unwrap().check().is_ok();
        self.screen.ungrab_key(code, self.root, mods).unwrap().check().unwrap();
        is_free
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_talk_key_is_global_only_during_a_conversation() {
    let rig = Rig::start().await;
    let settings = json!({ "endpoint": "practice", "pushToTalk": true, "talkKey": "Control+Alt+KeyT" });
    let app = App::open(&rig, settings, &[]).await;
    let keyboard = Keyboard::new();
    app.until_phase("ready").await;
    assert!(keyboard.is_free());
    app.click("start").await;
    app.until_phase("listening").await;
    let held = "document.querySelector('[data-testid=\"hold\"]').getAttribute('aria-pressed')";
    // The shortcut is registered shortly after the conversation begins; an earlier press has no effect.
    let deadline = Instant::now() + PATIENCE;
    while !app.becomes(&format!("{held} === 'true'"), Duration::from_millis(500)).await {
        keyboard.turn(&[T, ALT, CONTROL], KEY_RELEASE_EVENT);
        assert!(Instant::now() < deadline, "nobody was heard");
        keyboard.turn(&[CONTROL, ALT, T], KEY_PRESS_EVENT);
    }
    keyboard.turn(&[T, ALT, CONTROL], KEY_RELEASE_EVENT);
    app.until("one is not heard when it is let go", &format!("{held} === 'false'")).await;
    assert!(!keyboard.is_free(), "it is ours");
    app.click("start").await;
    app.until_phase("ended").await;
    let deadline = Instant::now() + PATIENCE;
    while !keyboard.is_free() {
        assert!(Instant::now() < deadline, "it was not given back");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    app.close().await;
}

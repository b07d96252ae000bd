//! The talk key that is heard while another window has the focus: asked of the system while a conversation by push to talk
//! runs, and given back after it.

use std::cell::RefCell;

use global_hotkey::hotkey::HotKey;
use global_hotkey::{GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};
use tauri::{AppHandle, Runtime};
use tokio::sync::{oneshot, watch};

use crate::app::backend::{Backend, Request};
use crate::config::choices;
use crate::messages;

thread_local! {
    /// On the main thread alone: two of three systems want it there.
    static GRABBED: RefCell<Option<Grabbed>> = const { RefCell::new(None) };
}

/// Keys that are ours until this is dropped.
struct Grabbed {
    manager: GlobalHotKeyManager,
    keys: HotKey,
}

impl Drop for Grabbed {
    fn drop(&mut self) {
        if let Err(error) = self.manager.unregister(self.keys) {
            tracing::warn!(%error, "the talk key could not be given back");
        }
    }
}

/// Follows what the backend wants, for as long as the app runs.
pub(crate) fn follow<R: Runtime>(app: &AppHandle<R>, backend: &Backend) {
    if !choices::hears_talk_key_everywhere() {
        return;
    }
    // The newest state wins: a release must not wait behind anything, nor overtake its press.
    let (held_in, mut held) = watch::channel(false);
    GlobalHotKeyEvent::set_event_handler(Some(move |event: GlobalHotKeyEvent| {
        held_in.send_replace(event.state == HotKeyState::Pressed);
    }));
    // The main thread is none of the runtime's.
    let runtime = tauri::async_runtime::handle();
    let (_runtime, _owner) = (runtime.inner().enter(), backend.owner().enter());
    let listener = backend.clone();
    threads::task("talk-key", async move {
        while held.changed().await.is_ok() {
            let held = *held.borrow_and_update();
            listener.ask(Request::Hold(held)).await;
        }
    });
    let (app, backend) = (app.clone(), backend.clone());
    threads::task("talk-key", async move {
        let mut wanted = backend.talk_key();
        while wanted.changed().await.is_ok() {
            let keys = wanted.borrow_and_update().clone();
            if let Some(Err(reason)) = on_main_thread(&app, keys).await {
                backend.ask(Request::Notify(Box::new(messages::talk_key(reason)))).await;
            }
        }
    });
}

/// `None` when the app is going down.
async fn on_main_thread<R: Runtime>(app: &AppHandle<R>, keys: Option<String>) -> Option<Result<(), String>> {
    let (done, grabbed) = oneshot::channel();
    let work = move || _ = done.send(grab(keys.as_deref()));
    app.run_on_main_thread(work).ok()?;
    grabbed.await.ok()
}

/// These keys and no others; says why not in the system's words.
fn grab(keys: Option<&str>) -> Result<(), String> {
    GRABBED.take();
    let Some(keys) = keys else { return Ok(()) };
    let keys: HotKey = keys.parse().map_err(|error| format!("{error}"))?;
    let manager = GlobalHotKeyManager::new().map_err(|error| error.to_string())?;
    manager.register(keys).map_err(|error| error.to_string())?;
    GRABBED.set(Some(Grabbed { manager, keys }));
    Ok(())
}

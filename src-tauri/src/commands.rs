//! What the window may ask. Thin: parse, hand over, return.

use tauri::State;
use tauri::ipc::{Channel, InvokeResponseBody, Response};
use tokio::sync::oneshot;

use crate::backend::{Backend, Request};
use crate::choices;
use crate::contract::{Choices, Settings, UiEnvelope, UiError};
use crate::preview;

/// Longest typed message in bytes; the service's context is a few hundred KB.
const LONGEST_TEXT: usize = 64 * 1024;

/// From now on all events go here, a snapshot first.
#[tauri::command]
pub async fn subscribe(backend: State<'_, Backend>, channel: Channel<UiEnvelope>) -> Result<(), UiError> {
    let sink = Box::new(move |event: &UiEnvelope| channel.send(event.clone()).is_ok());
    backend.ask(Request::Subscribe(sink)).await;
    Ok(())
}

/// From now on preview pictures go here, each `[f64 ms, little endian][JPEG]`, the next after `preview_taken`.
#[tauri::command]
pub async fn preview(
    backend: State<'_, Backend>,
    outlet: State<'_, preview::Outlet>,
    channel: Channel<Response>,
) -> Result<(), UiError> {
    let send = move |picture: Vec<u8>| channel.send(Response::new(InvokeResponseBody::Raw(picture))).is_ok();
    outlet.replace(tokio::spawn(preview::forward(backend.preview(), send)));
    Ok(())
}

/// The last preview picture was drawn.
#[tauri::command]
pub async fn preview_taken(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::PreviewTaken).await;
    Ok(())
}

/// Start a conversation by the settings.
#[tauri::command]
pub async fn start(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::Start).await;
    Ok(())
}

/// End it and release the devices.
#[tauri::command]
pub async fn end(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::End).await;
    Ok(())
}

/// Send nothing of the microphone, or send again.
#[tauri::command]
pub async fn set_muted(backend: State<'_, Backend>, muted: bool) -> Result<(), UiError> {
    backend.ask(Request::Mute(muted)).await;
    Ok(())
}

/// Say something by typing.
#[tauri::command]
pub async fn send_text(backend: State<'_, Backend>, mut text: String) -> Result<(), UiError> {
    if text.len() > LONGEST_TEXT {
        let end = (0..=LONGEST_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    if !text.trim().is_empty() {
        backend.ask(Request::Text(text)).await;
    }
    Ok(())
}

/// Camera on or off.
#[tauri::command]
pub async fn set_camera(backend: State<'_, Backend>, on: bool) -> Result<(), UiError> {
    backend.ask(Request::Camera(on)).await;
    Ok(())
}

/// New settings, whole.
#[tauri::command]
pub async fn change_settings(backend: State<'_, Backend>, settings: Settings) -> Result<(), UiError> {
    backend.ask(Request::Change(Box::new(settings))).await;
    Ok(())
}

/// Models, voices and devices as they are now.
#[tauri::command]
pub async fn choices(backend: State<'_, Backend>) -> Result<Choices, UiError> {
    let catalogue = backend.catalogue();
    tokio::task::spawn_blocking(move || choices::now(&catalogue))
        .await
        .map_err(|error| crate::errors::internal(&error.to_string()))
}

/// Keep a typed key.
#[tauri::command]
pub async fn set_key(backend: State<'_, Backend>, key: String) -> Result<(), UiError> {
    let (answer, done) = oneshot::channel();
    backend.ask(Request::SetKey(key, answer)).await;
    done.await.unwrap_or(Ok(()))
}

/// Forget the key.
#[tauri::command]
pub async fn forget_key(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::ForgetKey).await;
    Ok(())
}

//! What the window may ask. Thin: parse, hand over, return.

use std::path::PathBuf;

use tauri::ipc::{InvokeResponseBody, Response};
use tauri::{AppHandle, Runtime, State};
use tokio::sync::oneshot;

use crate::app::backend::{Backend, Request, Source};
use crate::app::{links, preview, saving};
use crate::config::choices;
use crate::contract::{CallDecision, Choices, KeySlot, OwnTool, Settings, UiEnvelope, UiError};
use crate::messages;

/// Longest typed message in bytes; the service's context is a few hundred KB.
const LONGEST_TEXT: usize = 64 * 1024;
/// How finely the sound of a turn is drawn.
const SHAPE_STEPS: usize = 240;

/// Begins to show the events; the answer is the number for `next_events`.
#[tauri::command]
pub async fn subscribe(backend: State<'_, Backend>) -> Result<Option<u32>, UiError> {
    Ok(backend.subscribe().await)
}

/// The events since the last call, a snapshot first; waits for some. `null` when another page has taken this one's place.
#[tauri::command]
pub async fn next_events(
    backend: State<'_, Backend>,
    subscription: u32,
) -> Result<Option<Vec<UiEnvelope>>, UiError> {
    Ok(backend.next_events(subscription).await)
}

/// The next preview picture, `[f64 ms, little endian][JPEG]`; waits for one. Whoever asks again has drawn the last one. Empty at the end.
#[tauri::command]
pub async fn next_preview(
    backend: State<'_, Backend>,
    slot: State<'_, preview::PreviewSlot>,
    first: bool,
) -> Result<Response, UiError> {
    if !first {
        backend.ask(Request::PreviewTaken).await;
    }
    let picture = slot.next(&backend.preview(), first).await;
    Ok(Response::new(InvokeResponseBody::Raw(picture.map(|picture| picture.to_vec()).unwrap_or_default())))
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

/// The key of push to talk is pressed, or let go.
#[tauri::command]
pub async fn hold(backend: State<'_, Backend>, held: bool) -> Result<(), UiError> {
    backend.ask(Request::Hold(held)).await;
    Ok(())
}

/// Say something by typing.
#[tauri::command]
pub async fn send_text(backend: State<'_, Backend>, text: String) -> Result<(), UiError> {
    let text = bounded(text);
    if !text.trim().is_empty() {
        backend.ask(Request::Text(text)).await;
    }
    Ok(())
}

fn bounded(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    text
}

/// Resume the session and ask again what has no answer.
#[tauri::command]
pub async fn ask_again(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::AskAgain).await;
    Ok(())
}

/// Go on in a new session of the service, which is told the transcript; the window keeps it.
#[tauri::command]
pub async fn start_fresh(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::StartFresh).await;
    Ok(())
}

/// Decide about a tool call that asks; nothing else gives it leave.
#[tauri::command]
pub async fn decide_call(
    backend: State<'_, Backend>,
    call: u32,
    decision: CallDecision,
) -> Result<(), UiError> {
    backend.ask(Request::DecideCall(call, decision)).await;
    Ok(())
}

/// Type the answer that a tool call waits for.
#[tauri::command]
pub async fn answer_call(backend: State<'_, Backend>, call: u32, text: String) -> Result<(), UiError> {
    backend.ask(Request::AnswerCall(call, bounded(text))).await;
    Ok(())
}

/// Stop a tool call; the partner is told.
#[tauri::command]
pub async fn stop_call(backend: State<'_, Backend>, call: u32) -> Result<(), UiError> {
    backend.ask(Request::StopCall(call)).await;
    Ok(())
}

/// Connect again with the changed settings; what was said is kept.
#[tauri::command]
pub async fn reconnect(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::Reconnect).await;
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
    let (catalogue, served) = (backend.catalogue(), backend.served());
    let asked = {
        let _entered = backend.owner().enter();
        threads::blocking("choices", move || choices::now(&catalogue, served.as_deref()))
    };
    asked.await.ok_or_else(|| crate::messages::internal("listing the devices failed"))
}

/// Ask the service which models the account has; `choices` has them then.
#[tauri::command]
pub async fn refresh_models(backend: State<'_, Backend>) -> Result<(), UiError> {
    answered(&backend, Request::RefreshModels).await
}

/// Keep a typed key, and try it.
#[tauri::command]
pub async fn set_key(backend: State<'_, Backend>, slot: KeySlot, key: String) -> Result<(), UiError> {
    answered(&backend, |answer| Request::SetKey(slot, key, answer)).await
}

/// Forget a key.
#[tauri::command]
pub async fn forget_key(backend: State<'_, Backend>, slot: KeySlot) -> Result<(), UiError> {
    backend.ask(Request::ForgetKey(slot)).await;
    Ok(())
}

/// Try a key, or the system's credentials, without a conversation.
#[tauri::command]
pub async fn check_key(backend: State<'_, Backend>, slot: KeySlot) -> Result<(), UiError> {
    backend.ask(Request::CheckKey(slot)).await;
    Ok(())
}

/// Look for language models on this computer; what there is comes as events.
#[tauri::command]
pub async fn find_local_models(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::FindLocalModels).await;
    Ok(())
}

/// Read the person's own functions again; what there is comes as an event.
#[tauri::command]
pub async fn reload_tools(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::ReloadTools).await;
    Ok(())
}

/// Open the file of the person's own functions in the system's editor; a new one has examples.
#[tauri::command]
pub async fn open_tools_file(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::OpenToolsFile).await;
    Ok(())
}

/// Put a function into the file of the person's own, in the place of the one of the name `old` or as a new one; the answer is
/// why it was not, or `null`.
#[tauri::command]
pub async fn save_tool(
    backend: State<'_, Backend>,
    old: Option<String>,
    tool: OwnTool,
) -> Result<Option<UiError>, UiError> {
    let (answer, done) = oneshot::channel();
    backend.ask(Request::SaveTool(old, Box::new(tool), answer)).await;
    done.await.map_err(|_| messages::internal("saving the tool failed"))
}

/// Remove a function from that file; the answer is why it was not, or `null`.
#[tauri::command]
pub async fn delete_tool(backend: State<'_, Backend>, name: String) -> Result<Option<UiError>, UiError> {
    let (answer, done) = oneshot::channel();
    backend.ask(Request::DeleteTool(name, answer)).await;
    done.await.map_err(|_| messages::internal("deleting the tool failed"))
}

/// Read the file of MCP servers again, and start them anew; how they are comes as events.
#[tauri::command]
pub async fn reload_servers(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::ReloadServers).await;
    Ok(())
}

/// Open the file of MCP servers in the system's editor; a new one has an example.
#[tauri::command]
pub async fn open_servers_file(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::OpenServersFile).await;
    Ok(())
}

/// Start an MCP server again, by its key.
#[tauri::command]
pub async fn restart_server(backend: State<'_, Backend>, key: String) -> Result<(), UiError> {
    backend.ask(Request::RestartServer(key)).await;
    Ok(())
}

/// Take the MCP servers of a program that was found, or, without one, of a file that the person is asked for; what came of it is
/// a notice.
#[tauri::command]
pub async fn import_servers<R: Runtime>(
    app: AppHandle<R>,
    backend: State<'_, Backend>,
    program: Option<String>,
) -> Result<(), UiError> {
    let open = || {
        let dialog = rfd::AsyncFileDialog::new().set_title(messages::text("import-servers-title"));
        dialog.add_filter(messages::text("import-servers-filter"), &["json"]).pick_file()
    };
    let from = match program {
        Some(program) => Some(Source::Program(program)),
        None => chosen(&app, open).await?.map(Source::File),
    };
    if let Some(from) = from {
        backend.ask(Request::ImportServers(from)).await;
    }
    Ok(())
}

/// Change a note, or delete it where there is no text.
#[tauri::command]
pub async fn change_note(backend: State<'_, Backend>, id: u32, text: Option<String>) -> Result<(), UiError> {
    backend.ask(Request::ChangeNote(id, text.map(bounded))).await;
    Ok(())
}

/// Fetch what the practice partner lacks; how it goes comes as events.
#[tauri::command]
pub async fn fetch_speech_assets(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::FetchAssets).await;
    Ok(())
}

/// Stop fetching; what came is kept.
#[tauri::command]
pub async fn cancel_speech_assets(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::CancelAssets).await;
    Ok(())
}

/// Ask the person for a file that holds what the practice partner lacks, and take it from there.
#[tauri::command]
pub async fn choose_speech_asset<R: Runtime>(
    app: AppHandle<R>,
    backend: State<'_, Backend>,
) -> Result<(), UiError> {
    let open = || rfd::AsyncFileDialog::new().set_title(messages::text("choose-asset-title")).pick_file();
    if let Some(file) = chosen(&app, open).await? {
        backend.ask(Request::TakeAsset(file)).await;
    }
    Ok(())
}

/// How loud replies are while a slider moves; what it is left at comes with the settings.
#[tauri::command]
pub async fn set_volume(backend: State<'_, Backend>, percent: u8) -> Result<(), UiError> {
    backend.ask(Request::Volume(percent)).await;
    Ok(())
}

/// Check the chosen speaker with the chosen microphone; how it goes comes as events.
#[tauri::command]
pub async fn check_speaker(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::CheckSpeaker).await;
    Ok(())
}

/// Stop checking.
#[tauri::command]
pub async fn cancel_speaker_check(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::CancelSpeakerCheck).await;
    Ok(())
}

/// Turn the microphone on, to see its level; how it goes comes as events.
#[tauri::command]
pub async fn test_microphone(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::TestMicrophone).await;
    Ok(())
}

/// Turn it off.
#[tauri::command]
pub async fn stop_microphone_test(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::StopMicrophoneTest).await;
    Ok(())
}

/// Play the sample of a voice; how it goes comes as events.
#[tauri::command]
pub async fn play_voice_sample(backend: State<'_, Backend>, voice: String) -> Result<(), UiError> {
    backend.ask(Request::PlayVoiceSample(voice)).await;
    Ok(())
}

/// Stop playing it.
#[tauri::command]
pub async fn stop_voice_sample(backend: State<'_, Backend>) -> Result<(), UiError> {
    backend.ask(Request::StopVoiceSample).await;
    Ok(())
}

/// Ask the person where to save the sound of a turn, and save it there; how it went comes as a notice.
#[tauri::command]
pub async fn save_sound<R: Runtime>(
    app: AppHandle<R>,
    backend: State<'_, Backend>,
    turn: u32,
) -> Result<(), UiError> {
    // As it is now: it may no longer be kept when the dialog is answered.
    let Some(sound) = backend.sound_of(turn) else { return Ok(()) };
    let name = saving::proposed_name(sound.at, "wav");
    let open = move || {
        let dialog =
            rfd::AsyncFileDialog::new().set_title(messages::text("save-sound-title")).set_file_name(name);
        dialog.add_filter(messages::text("save-sound-filter"), &["wav", "flac"]).save_file()
    };
    if let Some(file) = chosen(&app, open).await? {
        backend.ask(Request::SaveSound(sound, file)).await;
    }
    Ok(())
}

/// Ask the person where to save the picture of a turn, and save it there; how it went comes as a notice. `png` is base64, `at`
/// when the turn began, in milliseconds since 1970.
#[tauri::command]
pub async fn save_picture<R: Runtime>(
    app: AppHandle<R>,
    backend: State<'_, Backend>,
    png: String,
    at: u64,
) -> Result<(), UiError> {
    let png = saving::picture(&png).ok_or_else(|| messages::internal("the picture is no PNG"))?;
    let name = saving::proposed_name(at, "png");
    let open = move || {
        let dialog =
            rfd::AsyncFileDialog::new().set_title(messages::text("save-picture-title")).set_file_name(name);
        dialog.add_filter(messages::text("save-picture-filter"), &["png"]).save_file()
    };
    if let Some(file) = chosen(&app, open).await? {
        backend.ask(Request::SavePicture(png, file)).await;
    }
    Ok(())
}

/// How loud a turn is over its length, to draw it; `null` when its sound is not kept.
#[tauri::command]
pub async fn sound_shape(backend: State<'_, Backend>, turn: u32) -> Result<Option<Vec<u8>>, UiError> {
    Ok(backend.sound_of(turn).map(|sound| sound.shape(SHAPE_STEPS)))
}

/// Show the file that was saved last in the system's file manager.
#[tauri::command]
pub async fn show_saved(backend: State<'_, Backend>) -> Result<(), UiError> {
    let Some(file) = backend.saved() else { return Err(messages::not_shown(None)) };
    // It looks at the disk and calls the file manager, which may be slow.
    let show = move || match saving::plain_file(&file) {
        Some(file) => tauri_plugin_opener::reveal_item_in_dir(file).map_err(|error| error.to_string()),
        None => Err(String::new()),
    };
    match threads::blocking("show-saved", show).await {
        Some(Ok(())) => Ok(()),
        Some(Err(reason)) => Err(messages::not_shown(Some(reason.as_str()).filter(|it| !it.is_empty()))),
        None => Err(messages::internal("showing the file failed")),
    }
}

/// Open a link in the browser.
#[tauri::command]
pub async fn open_link(url: String) -> Result<(), UiError> {
    let url = links::web(&url).ok_or_else(crate::messages::link_refused)?;
    // It looks for a moment whether the browser starts.
    let open = move || tauri_plugin_opener::open_url(url.as_str(), None::<&str>);
    match threads::blocking("link", open).await {
        Some(Ok(())) => Ok(()),
        Some(Err(error)) => Err(crate::messages::link_not_opened(&error.to_string())),
        None => Err(crate::messages::internal("opening the link failed")),
    }
}

/// Take a typed proxy: its address into the settings, its name and password into the keyring.
#[tauri::command]
pub async fn set_proxy(backend: State<'_, Backend>, url: String) -> Result<(), UiError> {
    answered(&backend, |answer| Request::SetProxy(url, answer)).await
}

/// The file that the person chose in the dialog that `open` opens.
async fn chosen<R: Runtime, D>(
    app: &AppHandle<R>,
    open: impl FnOnce() -> D + Send + 'static,
) -> Result<Option<PathBuf>, UiError>
where
    D: Future<Output = Option<rfd::FileHandle>> + Send + 'static,
{
    let (chosen, answer) = oneshot::channel();
    // macOS opens its dialogs on the main thread alone; what is awaited may be awaited anywhere.
    let opened = app.run_on_main_thread(move || {
        let dialog = open();
        tauri::async_runtime::spawn(async move { chosen.send(dialog.await) });
    });
    opened.map_err(|error| crate::messages::internal(&error.to_string()))?;
    Ok(answer.await.ok().flatten().map(|file| file.path().to_owned()))
}

/// Asks and waits for the answer. After the end of the task there is none, which is no error.
async fn answered(
    backend: &Backend,
    request: impl FnOnce(oneshot::Sender<Result<(), UiError>>) -> Request,
) -> Result<(), UiError> {
    let (answer, done) = oneshot::channel();
    backend.ask(request(answer)).await;
    done.await.unwrap_or(Ok(()))
}

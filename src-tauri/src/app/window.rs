//! The window: builder and wiring only.

mod bus;

use std::process::ExitCode;
use std::time::Duration;

use tauri::webview::NewWindowResponse;
use tauri::{
    App, AppHandle, Builder, Manager, RunEvent, Runtime, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
};
use tokio::sync::oneshot;

use crate::app::backend::{Backend, Request};
use crate::app::{commands, global_shortcut, gpu_fallback, links, preview};
use crate::cli::print;
use crate::cli::signals::{self, Interrupts};
use crate::cli::{self, WindowArgs};
use crate::config::startup::Startup;
use crate::contract::Text;
use bus::Bus;

const WIDTH: f64 = 1080.0;
const HEIGHT: f64 = 720.0;
/// The narrowest that the window is made for (UI.md).
const MIN_WIDTH: f64 = 420.0;
const MIN_HEIGHT: f64 = 480.0;
/// How long a conversation may take to end when the window is closed: devices are released within this, or never.
const GOODBYE: Duration = Duration::from_secs(15);

/// A builder that knows the app's commands: what the window and the tests of the shell share.
pub fn with_commands<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.invoke_handler(tauri::generate_handler![
        commands::subscribe,
        commands::next_events,
        commands::next_preview,
        commands::start,
        commands::end,
        commands::set_muted,
        commands::hold,
        commands::send_text,
        commands::ask_again,
        commands::start_fresh,
        commands::decide_call,
        commands::answer_call,
        commands::stop_call,
        commands::reconnect,
        commands::set_camera,
        commands::change_settings,
        commands::choices,
        commands::refresh_models,
        commands::set_key,
        commands::forget_key,
        commands::check_key,
        commands::set_proxy,
        commands::find_local_models,
        commands::reload_tools,
        commands::open_tools_file,
        commands::save_tool,
        commands::delete_tool,
        commands::reload_servers,
        commands::open_servers_file,
        commands::restart_server,
        commands::import_servers,
        commands::change_note,
        commands::fetch_speech_assets,
        commands::cancel_speech_assets,
        commands::choose_speech_asset,
        commands::set_volume,
        commands::check_speaker,
        commands::cancel_speaker_check,
        commands::test_microphone,
        commands::stop_microphone_test,
        commands::play_voice_sample,
        commands::stop_voice_sample,
        commands::save_sound,
        commands::save_picture,
        commands::sound_shape,
        commands::show_saved,
        commands::open_link,
    ])
}

/// Opens the window and runs until it is closed.
pub(crate) fn run(args: &WindowArgs) -> ExitCode {
    let startup = match &args.profile {
        None => Startup::of_user(),
        Some(path) => match Startup::of_profile(path) {
            Ok(startup) => startup,
            Err(error) => {
                print::say(&error);
                return ExitCode::FAILURE;
            }
        },
    };
    let first = Bus::ask();
    if let Err(reason) = display() {
        print::note(reason);
        return ExitCode::FAILURE;
    }
    let start = args.start;
    // One conversation: more threads would wake one another for every chunk of sound, and compute nothing.
    let Some(threads) = cli::runtime(Some(1)) else { return ExitCode::FAILURE };
    tauri::async_runtime::set(threads.handle().clone());
    let mut builder = with_commands(Builder::default());
    if first.answers() {
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| {
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        }));
    }
    let builder = builder.setup(move |app| {
        let backend = tauri::async_runtime::block_on(async { Backend::spawn(startup) });
        app.manage(backend.clone());
        global_shortcut::follow(app.handle(), &backend);
        app.manage(preview::PreviewSlot::default());
        end_with_signals(app.handle());
        let window = build(app)?;
        gpu_fallback::fit_to_machine(&window)?;
        if start {
            tauri::async_runtime::spawn(async move { backend.ask(Request::Start).await });
        }
        Ok(())
    });
    let app = match builder.build(tauri::generate_context!()) {
        Ok(app) => app,
        Err(error) => {
            print::note(Text::new("window-failed").with("error", error.to_string()).words());
            return ExitCode::FAILURE;
        }
    };
    app.run(|app, event| {
        if matches!(event, RunEvent::Exit) {
            // The devices are released and the session is closed before the process goes.
            let backend = app.state::<Backend>().inner().clone();
            tauri::async_runtime::block_on(async move {
                let (done, ended) = oneshot::channel();
                let goodbye = async {
                    backend.ask(Request::Quit(done)).await;
                    _ = ended.await;
                };
                if tokio::time::timeout(GOODBYE, goodbye).await.is_err() {
                    tracing::warn!("the conversation did not end in time");
                }
            });
        }
    });
    ExitCode::SUCCESS
}

/// The one window. It shows its own page and nothing else, opens no other and loads nothing down; a link goes to the browser
/// by [`commands::open_link`].
fn build<R: Runtime>(app: &App<R>) -> tauri::Result<WebviewWindow<R>> {
    let dev: Option<Url> = app.config().build.dev_url.clone().filter(|_| tauri::is_dev());
    WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
        .title("Vivavoce")
        .inner_size(WIDTH, HEIGHT)
        .min_inner_size(MIN_WIDTH, MIN_HEIGHT)
        .on_navigation(move |url| {
            let is_ours = links::is_ours(url, dev.as_ref());
            if !is_ours {
                tracing::warn!(to = %url, "the page was led away, and stays");
            }
            is_ours
        })
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()
}

/// What asks the program to end closes the window, and so ends the conversation as it should end; a second one insists.
fn end_with_signals<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let mut interrupts = match Interrupts::listen() {
            Ok(interrupts) => interrupts,
            Err(error) => return tracing::warn!(%error, "signals can't be waited for"),
        };
        interrupts.next().await;
        app.exit(0);
        interrupts.next().await;
        std::process::exit(signals::EXIT_STATUS.into());
    });
}

/// Whether a window can be opened at all; says why not. The toolkit would end the program with no word of ours.
#[cfg(target_os = "linux")]
fn display() -> Result<(), String> {
    gtk::init().map_err(|_| {
        let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let reason = match named("WAYLAND_DISPLAY").or_else(|| named("DISPLAY")) {
            Some(display) => Text::new("no-display-reached").with("display", display).words(),
            None => crate::messages::text("no-display-named"),
        };
        Text::new("window-no-display").with("reason", reason).words()
    })
}

/// Elsewhere there is always one.
#[cfg(not(target_os = "linux"))]
fn display() -> Result<(), String> {
    Ok(())
}

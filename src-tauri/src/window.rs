//! The window: builder and wiring only.

use std::process::ExitCode;

use tauri::{Builder, Manager, RunEvent, Runtime, WebviewUrl, WebviewWindowBuilder};
use tokio::sync::oneshot;

use crate::backend::{Backend, Request};
use crate::cli::{self, WindowArgs};
use crate::opening::Opening;
use crate::{commands, drawing, hotkey, preview};

const WIDTH: f64 = 1080.0;
const HEIGHT: f64 = 720.0;
/// The narrowest that the window is made for (UI.md).
const MIN_WIDTH: f64 = 420.0;
const MIN_HEIGHT: f64 = 480.0;

/// A builder that knows the app's commands: what the window and the tests of the shell share.
pub fn with_commands<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.invoke_handler(tauri::generate_handler![
        commands::subscribe,
        commands::preview,
        commands::preview_taken,
        commands::start,
        commands::end,
        commands::set_muted,
        commands::hold,
        commands::send_text,
        commands::set_camera,
        commands::change_settings,
        commands::choices,
        commands::refresh_models,
        commands::set_key,
        commands::forget_key,
        commands::check_key,
        commands::set_proxy,
        commands::fetch_parts,
        commands::cancel_parts,
        commands::choose_part,
        commands::set_volume,
        commands::check_speaker,
        commands::cancel_speaker_check,
        commands::save_reply,
    ])
}

/// Opens the window and runs until it is closed.
pub(crate) fn run(args: &WindowArgs) -> ExitCode {
    let opening = match &args.profile {
        None => Opening::of_user(),
        Some(path) => match Opening::of_profile(path) {
            Ok(opening) => opening,
            Err(error) => {
                eprintln!("{}: {}", error.message, error.detail.unwrap_or_default());
                return ExitCode::FAILURE;
            }
        },
    };
    let start = args.start;
    // One conversation: more threads would wake one another for every chunk of sound, and compute nothing.
    let Some(threads) = cli::runtime(Some(1)) else { return ExitCode::FAILURE };
    tauri::async_runtime::set(threads.handle().clone());
    let builder = with_commands(Builder::default())
        .plugin(tauri_plugin_single_instance::init(|app, _, _| {
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        }))
        .plugin(tauri_plugin_opener::init())
        .setup(move |app| {
            let backend = tauri::async_runtime::block_on(async { Backend::spawn(opening) });
            app.manage(backend.clone());
            hotkey::follow(app.handle(), &backend);
            app.manage(preview::Outlet::default());
            let window = WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                .title("Vivavoce")
                .inner_size(WIDTH, HEIGHT)
                .min_inner_size(MIN_WIDTH, MIN_HEIGHT)
                .build()?;
            drawing::fit_to_machine(&window)?;
            if start {
                tauri::async_runtime::spawn(async move { backend.ask(Request::Start).await });
            }
            Ok(())
        });
    let app = match builder.build(tauri::generate_context!()) {
        Ok(app) => app,
        Err(error) => {
            eprintln!("The window can't be opened: {error}");
            return ExitCode::FAILURE;
        }
    };
    app.run(|app, event| {
        if matches!(event, RunEvent::Exit) {
            // The devices are released and the session is closed before the process goes.
            let backend = app.state::<Backend>().inner().clone();
            tauri::async_runtime::block_on(async move {
                let (done, ended) = oneshot::channel();
                backend.ask(Request::Quit(done)).await;
                let _ = ended.await;
            });
        }
    });
    ExitCode::SUCCESS
}

//! How the web view draws where there is no GPU.

use tauri::WebviewWindow;

/// Linux: without a GPU, WebKit composes layers in a GPU's emulation, which takes 40 s of CPU for a minute of talking and 400 MB.
/// It paints by itself for a third of that.
#[cfg(target_os = "linux")]
pub(crate) fn fit_to_machine(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};

    if has_gpu(std::path::Path::new("/dev/dri")) {
        return Ok(());
    }
    window.with_webview(|webview| {
        if let Some(settings) = webview.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    })
}

/// Other systems' web views find that out themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn fit_to_machine(_: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// A screen alone is a `card0` among the devices; what can compute a picture is a `renderD128`.
#[cfg(target_os = "linux")]
fn has_gpu(devices: &std::path::Path) -> bool {
    let Ok(nodes) = std::fs::read_dir(devices) else { return false };
    nodes.flatten().any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_no_gpu() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_gpu(&folder.path().join("none")));
        std::fs::write(folder.path().join("card0"), "").unwrap();
        assert!(!has_gpu(folder.path()));
        std::fs::write(folder.path().join("renderD128"), "").unwrap();
        assert!(has_gpu(folder.path()));
    }
}

//! The app in its window, driven by WebKitWebDriver, with its own home folder.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

use crate::rig::Rig;

/// The longest time for any expected event on a busy machine: a deadline, not a measurement.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The running app.
pub(crate) struct App {
    /// The WebDriver session.
    pub window: Client,
    /// The test's home folder.
    pub home: TempDir,
    driver: Child,
}

impl App {
    /// Opens the window on this rig with these settings and environment variables.
    pub(crate) async fn open(rig: &Rig, mut profile: serde_json::Value, env: &[(&str, &Path)]) -> Self {
        // The first steps would stand before everything else, and the meters are only shown with the statistics.
        profile["introduced"] = json!(true);
        profile["statistics"] = json!(true);
        Self::open_first(rig, &profile, env).await
    }

    /// The same with these settings alone, as a person finds it who opens it for the first time.
    pub(crate) async fn open_first(rig: &Rig, profile: &serde_json::Value, env: &[(&str, &Path)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let profile_file = home.path().join("profile.json");
        fs::write(&profile_file, profile.to_string()).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // There is one instance per D-Bus session, so each test has its own session with an unlocked keyring.
        let mut driver = Command::new("dbus-run-session");
        driver.args(["--", "sh", "-c"]).arg(format!(
            "printf practice | gnome-keyring-daemon --unlock --components=secrets; exec WebKitWebDriver --port={port}"
        ));
        driver.env("HOME", home.path()).env("TAURI_WEBVIEW_AUTOMATION", "true");
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            let folder = home.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            driver.env(name, folder);
        }
        // Pictures look as on a person's machine; a bare system has an old typeface.
        let gtk = home.path().join("config/gtk-3.0");
        fs::create_dir_all(&gtk).unwrap();
        fs::write(gtk.join("settings.ini"), "[Settings]\ngtk-font-name=Inter 11\n").unwrap();
        driver.env("NO_AT_BRIDGE", "1");
        driver.env_remove("GEMINI_API_KEY").env_remove("GOOGLE_API_KEY");
        // Without speech models; a test that needs the real voice sets this.
        driver.env("VIVAVOCE_ASSETS", home.path().join("no-assets"));
        // No port is asked for language models, unless a test names one.
        driver.env("VIVAVOCE_LOCAL_PORTS", "");
        driver.envs(rig.env()).envs(env.iter().copied());
        // Output goes to a file: a pipe would stay open while any child lives.
        let log = fs::File::create(home.path().join("driver.log")).unwrap();
        driver.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
        let driver =
            driver.spawn().expect("dbus-run-session and WebKitWebDriver are installed by cargo xtask test");
        let window = connect(port, &profile_file).await;
        Self { window, home, driver }
    }

    /// Returns the element with this `data-testid`.
    pub(crate) async fn part(&self, id: &str) -> Element {
        let css = format!("[data-testid='{id}']");
        self.window
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(&css))
            .await
            .unwrap_or_else(|error| panic!("no {id} in the window: {error}"))
    }

    /// Clicks the first element for this CSS selector.
    pub(crate) async fn click_on(&self, css: &str) {
        let found = self.window.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("no {css} in the window: {error}")).click().await.unwrap();
    }

    /// Clicks the element with this `data-testid`.
    pub(crate) async fn click(&self, id: &str) {
        self.part(id).await.click().await.unwrap();
    }

    /// Waits until the script returns true; fails with its last value.
    pub(crate) async fn until(&self, what: &str, script: &str) {
        if !self.becomes(script, PATIENCE).await {
            let value = self.window.execute(&format!("return {script}"), Vec::new()).await;
            let page = self.window.execute("return document.body.innerText", Vec::new()).await;
            panic!("{what}: still {value:?}. The window says: {page:?}");
        }
    }

    /// Returns whether the script becomes true within `patience`.
    pub(crate) async fn becomes(&self, script: &str, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            let value = self.window.execute(&format!("return {script}"), Vec::new()).await.unwrap();
            if value.as_bool() == Some(true) || Instant::now() > deadline {
                return value.as_bool() == Some(true);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for a phase by its label in the window.
    pub(crate) async fn until_phase(&self, phase: &str) {
        let script = format!("document.querySelector('.app')?.dataset.phase === '{phase}'");
        self.until(&format!("phase {phase}"), &script).await;
    }

    /// Returns a number that the window shows.
    pub(crate) async fn number(&self, script: &str) -> f64 {
        let value = self.window.execute(&format!("return Number({script})"), Vec::new()).await.unwrap();
        value.as_f64().unwrap_or(f64::NAN)
    }

    /// Saves a screenshot of the window in `target/screens`.
    pub(crate) async fn picture(&self, name: &str) {
        let frames =
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
        self.window.execute_async(frames, Vec::new()).await.unwrap();
        let file = screens_folder().join(format!("{name}.png"));
        let taken = Command::new("import").args(["-window", "root"]).arg(&file).status();
        assert!(taken.is_ok_and(|status| status.success()), "ImageMagick's import can't take {name}");
        let (x, y) = (self.number("window.innerWidth").await, self.number("window.innerHeight").await);
        let crop = format!("{x}x{y}+0+0");
        let cropped = Command::new("mogrify").args(["-crop", &crop, "+repage"]).arg(&file).status();
        assert!(cropped.is_ok_and(|status| status.success()), "ImageMagick's mogrify can't crop {name}");
    }

    /// Closes the window and ends the driver.
    pub(crate) async fn close(self) {
        self.window.clone().close().await.unwrap();
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // The whole group: the session bus, the driver, the app and its web process.
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.driver.wait();
    }
}

/// Returns `target/screens`, beside the build.
pub(crate) fn screens_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../screens");
    fs::create_dir_all(&folder).unwrap();
    folder
}

async fn connect(port: u16, profile: &Path) -> Client {
    let options = json!({"webkitgtk:browserOptions": {
        "binary": env!("CARGO_BIN_EXE_vivavoce"),
        "args": ["--profile", profile.to_str().unwrap()],
    }});
    let capabilities: serde_json::Map<_, _> = options.as_object().unwrap().clone();
    let address = format!("http://127.0.0.1:{port}");
    let connected = async {
        loop {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            match builder.capabilities(capabilities.clone()).connect(&address).await {
                Ok(client) => return client,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    };
    // Without a display the driver does not answer.
    tokio::time::timeout(PATIENCE, connected).await.expect("a WebDriver session: is there a display?")
}

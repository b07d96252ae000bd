//! What a hostile page would try: navigate away, download, send data, and call forbidden commands.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::{App, PATIENCE};
use crate::processes;
use crate::rig::Rig;

/// A foreign server that counts requests. A click on a link makes WebKit preconnect without sending anything.
struct Elsewhere {
    url: String,
    came: Arc<AtomicUsize>,
}

impl Elsewhere {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let came = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&came);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let count = Arc::clone(&count);
                std::thread::spawn(move || {
                    if stream.read(&mut [0]).is_ok_and(|read| read > 0) {
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { url, came }
    }
}

/// Scripts that try to navigate to `there`.
const WAYS: [&str; 16] = [
    "location.href = there",
    "location.assign(there)",
    "location.replace(there)",
    "document.location = 'data:text/html,<p>elsewhere</p>'",
    "location.href = 'about:blank'",
    "location.href = 'file:///etc/passwd'",
    "location.href = URL.createObjectURL(new Blob(['<p>elsewhere</p>'], { type: 'text/html' }))",
    "open(there)",
    "open(there, '_self')",
    "link({ href: there }).click()",
    "link({ href: there, target: '_blank' }).click()",
    "link({ href: there }).dispatchEvent(new MouseEvent('click', { ctrlKey: true, bubbles: true, cancelable: true }))",
    "link({ href: there }).dispatchEvent(new MouseEvent('auxclick', { button: 1, bubbles: true, cancelable: true }))",
    "const form = document.createElement('form'); form.action = there; form.method = 'POST'; document.body.append(form); form.submit()",
    "const meta = document.createElement('meta'); meta.httpEquiv = 'refresh'; meta.content = '0;url=' + there; document.head.append(meta)",
    "history.back(); history.go(-1)",
];

/// Scripts that try to download files.
const DOWNLOADS: [&str; 3] = [
    "link({ href: there, download: 'stolen.txt' }).click()",
    "link({ href: URL.createObjectURL(new Blob(['x'])), download: 'stolen.txt' }).click()",
    "link({ href: 'data:application/octet-stream,x', download: 'stolen.txt' }).click()",
];

/// Scripts that try to send data.
const WORDS: [&str; 9] = [
    "fetch(there).catch(() => {})",
    "navigator.sendBeacon(there, 'x')",
    "new Image().src = there",
    "new WebSocket(there.replace('http', 'ws'))",
    "new EventSource(there)",
    "const frame = document.createElement('iframe'); frame.src = there; document.body.append(frame)",
    "const script = document.createElement('script'); script.src = there; document.body.append(script)",
    "const style = document.createElement('link'); style.rel = 'stylesheet'; style.href = there; document.head.append(style)",
    "new Worker(URL.createObjectURL(new Blob([`fetch('${there}')`])))",
];

async fn attempt(app: &App, way: &str, there: &str) {
    let helper = "const there = arguments[0]; const link = (fields) => { const a = document.createElement('a'); \
        Object.assign(a, fields); document.body.append(a); return a };";
    // A refused action may throw, but need not.
    let script = format!("{helper} try {{ {way} }} catch {{}}");
    app.window.execute(&script, vec![json!(there)]).await.unwrap_or_else(|error| panic!("{way}: {error}"));
    // Navigations begin in a later task: two frames and a round trip to the backend.
    let later = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => \
        window.__TAURI_INTERNALS__.invoke('choices').then(() => done(window.isStillHere === true))))";
    let stays = app.window.execute_async(later, Vec::new()).await;
    assert_eq!(stays.ok(), Some(Value::Bool(true)), "{way} led the window away");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leads_the_window_away_or_tells_somebody_else() {
    let rig = Rig::start().await;
    let app = App::open(&rig, json!({ "endpoint": "practice" }), &[]).await;
    app.until_phase("ready").await;
    app.window.execute("window.isStillHere = true", Vec::new()).await.unwrap();
    let windows = app.window.windows().await.unwrap().len();
    let elsewhere = Elsewhere::listen();
    for way in WAYS.iter().chain(&DOWNLOADS).chain(&WORDS) {
        attempt(&app, way, &elsewhere.url).await;
    }
    let evaluates = "try { return new Function('return 1')() } catch { return 0 }";
    assert_eq!(
        app.window.execute(evaluates, Vec::new()).await.unwrap(),
        json!(0),
        "no words become a script"
    );
    assert_eq!(elsewhere.came.load(Ordering::SeqCst), 0, "somebody was told something");
    assert_eq!(app.window.windows().await.unwrap().len(), windows, "no other window is open");
    let url = app.window.current_url().await.unwrap();
    assert_eq!((url.scheme(), url.host_str()), ("tauri", Some("localhost")));
    let stolen = files_below(app.home.path()).into_iter().find(|name| name.contains("stolen"));
    assert_eq!(stolen, None, "nothing was loaded down");
    let menu = "const a = document.createElement('a'); a.href = 'https://example.org'; document.body.append(a); \
        return !a.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))";
    assert_eq!(app.window.execute(menu, Vec::new()).await.unwrap(), json!(true), "a link has no menu");
    app.until_phase("ready").await;
    app.close().await;
}

/// Returns whether a command is allowed.
async fn is_given(app: &App, command: &str, arguments: Value) -> bool {
    let ask = "const [command, given, done] = arguments; \
        window.__TAURI_INTERNALS__.invoke(command, given).then(() => done(true), () => done(false))";
    app.window.execute_async(ask, vec![json!(command), arguments]).await.unwrap() == json!(true)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_open_only_plain_links() {
    let rig = Rig::start().await;
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let browser = folder.path().join("xdg-open");
    fs::write(&browser, format!("#!/bin/sh\n{{ echo \"$1\"; env; }} >> {}\n", seen.display())).unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let secret = Path::new("not-for-children");
    let env = [
        ("PATH", Path::new(&path)),
        ("GEMINI_API_KEY", secret),
        ("GOOGLE_API_KEY", secret),
        ("VIVAVOCE_THINK_KEY", secret),
        ("VIVAVOCE_SERVE_KEY", secret),
    ];
    let app = App::open(&rig, json!({ "endpoint": "practice" }), &env).await;
    app.until_phase("ready").await;
    for url in
        ["https:///etc/passwd", "https://me:pw@example.org", "http://example.org", "file:///etc/passwd"]
    {
        assert!(!is_given(&app, "open_link", json!({ "url": url })).await, "{url}");
    }
    assert!(!seen.exists(), "nothing was opened");
    assert!(is_given(&app, "open_link", json!({ "url": "https://example.org/a" })).await);
    let deadline = Instant::now() + PATIENCE;
    while !seen.exists() {
        assert!(Instant::now() < deadline, "the browser was not started");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for command in [
        "plugin:opener|open_url",
        "plugin:opener|open_path",
        "plugin:shell|execute",
        "plugin:fs|read_file",
        "plugin:event|emit",
        "plugin:webview|create_webview_window",
        "plugin:window|create",
        "plugin:app|app_hide",
        "plugin:path|resolve_directory",
        "no_such_command",
    ] {
        let all = json!({ "url": "https://example.org", "path": "/etc/passwd", "event": "x", "payload": 1 });
        assert!(!is_given(&app, command, all).await, "{command} was given");
    }
    // Neither the app's children nor the browser have the keys.
    let pid = processes::app_of(app.home.path()).expect("the app runs");
    let below = processes::below(pid);
    assert!(below.iter().any(|(_, name)| name.starts_with("WebKitWeb")), "{below:?}");
    for (pid, name) in below {
        let environment = processes::environment_of(pid).unwrap_or_default().join("\n");
        assert!(!environment.contains("not-for-children"), "{name} has a key: {environment}");
    }
    let opened = fs::read_to_string(&seen).unwrap();
    assert!(
        opened.starts_with("https://example.org/a\n") && !opened.contains("not-for-children"),
        "{opened}"
    );
    app.close().await;
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            _ => files.push(entry.path().display().to_string()),
        }
    }
    files
}

//! Files of the person's functions: what is taken, what is refused and why, and how each kind runs.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use net::ProxyChoice;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::error::ToolError;
use crate::output::Output;
use crate::registry::Registry;
use crate::tool::{CallContext, Person};

fn read_text(text: &str) -> Result<Vec<Function>, BadToolsFile> {
    let connector = Connector::new(ProxyChoice::None);
    read(text, Path::new("/tmp"), &connector, |name| name == "get_weather")
}

async fn call_with(text: &str, name: &str, args: Value, context: CallContext) -> Result<Output, ToolError> {
    Registry::of(read_text(text).unwrap()).prepare(name, args)?.run(context).await
}

async fn call(text: &str, name: &str, args: Value) -> Result<Output, ToolError> {
    call_with(text, name, args, CallContext::unattended()).await
}

const HEAD: &str = "[[functions]]\nname = \"f\"\ndescription = \"Does it.\"\n";

fn fault(rest: &str) -> String {
    read_text(&format!("{HEAD}{rest}")).unwrap_err().to_string()
}

#[test]
fn a_whole_file_is_read_with_its_terms() {
    let functions = read_text(
        r#"
        [[functions]]
        name = "order_state"
        description = " Tells where an order is. "
        timeout = 7
        output_limit = 100
        environment = ["ORDERS"]
        scheduling = "interrupt"
        command = { program = "order-state", args = ["--json"] }
        [functions.arguments]
        type = "object"
        required = ["order"]
        properties.order = { type = "string", default = 2026-11-30 }

        [[functions]]
        name = "opening_hours"
        description = "Tells when the shop is open."
        answer = { from = 9, to = 18 }

        [[functions]]
        name = "ask_me"
        description = "Asks the shop keeper."
        ask = "A question for you"

        [[functions]]
        name = "stock"
        description = "Tells what is there."
        http = { url = "https://shop.example/stock", method = "POST", headers = { Accept = "text/plain" } }
        "#,
    )
    .unwrap();
    let names: Vec<_> = functions.iter().map(Function::name).collect();
    assert_eq!(names, ["order_state", "opening_hours", "ask_me", "stock"]);
    let order = functions[0].terms();
    assert_eq!((order.time_limit.as_secs(), order.output_limit), (7, 100));
    assert_eq!((order.scheduling, order.consent), (Scheduling::Interrupt, Consent::Ask));
    assert_eq!(functions[0].description(), "Tells where an order is.");
    assert_eq!(functions[0].json_schema()["properties"]["order"]["default"], "2026-11-30");
    assert_eq!(functions[1].terms().consent, Consent::NotNeeded);
    assert_eq!(functions[2].terms().time_limit.as_secs(), 300, "a person takes longer than a program");
    assert_eq!(functions[3].terms().consent, Consent::Ask);
    assert_eq!(read_text("").unwrap().len(), 0);
}

#[test]
fn a_file_is_refused_in_its_own_words() {
    for (rest, words) in [
        ("", "exactly one of command, http, answer and ask"),
        ("answer = 1\nask = \"?\"", "exactly one of"),
        ("answer = 1\ntimeout = 0", "timeout must be 1 to 600"),
        ("answer = 1\noutput_limit = 3", "output_limit must be 16 to 262144"),
        ("answer = 1\nenvironment = [\"A=B\"]", "\"A=B\" is no name of a variable"),
        ("answer = 1\narguments = { type = \"string\" }", "the arguments must be an object"),
        ("command = { program = \" \" }", "command.program is empty"),
        ("http = { url = \"http://shop.example/\" }", "use https:// for shop.example"),
        ("http = { url = \"https://a.example\", headers = { Host = \"b.example\" } }", "the header \"Host\""),
        ("http = { url = \"https://a.example\", headers = { \"a b\" = \"c\" } }", "the header \"a b\""),
        (
            "http = { url = \"https://a.example\", headers = { A = \"${HOME}\" } }",
            "${HOME}, which is not in its",
        ),
        (
            "environment = [\"NO_SUCH\"]\nhttp = { url = \"https://a.example\", headers = { A = \"${NO_SUCH}\" } }",
            "the variable NO_SUCH is not set",
        ),
        ("anser = 1", "line 4: unknown field `anser`"),
        ("answer = ", "line 4: "),
        ("scheduling = \"later\"\nanswer = 1", "line 4: unknown variant `later`"),
    ] {
        let fault = fault(rest);
        assert!(fault.contains(words), "{rest}: {fault}");
    }
    for (name, words) in [
        ("1st", "its name must be a letter"),
        ("files__read", "kept for functions of MCP servers"),
        ("get_weather", "another function has this name"),
        ("<b>\u{1b}", "its name must be a letter"),
    ] {
        let text = format!("[[functions]]\nname = {name:?}\ndescription = \"x\"\nanswer = 1");
        let text = text.replace("\\u{1b}", "\\u001b");
        let fault = read_text(&text).unwrap_err().to_string();
        assert!(fault.contains(words) && !fault.contains('\u{1b}'), "{name:?}: {fault}");
    }
    let one = format!("{HEAD}answer = 1\n");
    assert!(read_text(&one.repeat(2)).unwrap_err().to_string().contains("another function has this name"));
    assert_eq!(read_text(&one.repeat(65)).unwrap_err(), BadToolsFile::TooMany);
    let blank = "[[functions]]\nname = \"f\"\ndescription = \" \"\nanswer = 1";
    assert!(read_text(blank).unwrap_err().to_string().contains("its description"));
}

fn program_spec(entry: CommandEntry) -> ProgramSpec {
    program(entry, Vec::new(), Path::new("/etc/shop")).unwrap()
}

#[test]
fn a_folder_in_a_programs_name_is_beside_the_file() {
    let spec = |program: &str, folder: Option<&str>| {
        let entry =
            CommandEntry { program: program.into(), args: Vec::new(), folder: folder.map(Into::into) };
        program_spec(entry)
    };
    assert_eq!(spec("jq", None).program, "jq");
    assert_eq!(spec("./tell", None).program, "/etc/shop/./tell");
    assert_eq!(spec("/usr/bin/jq", None).program, "/usr/bin/jq");
    assert_eq!(spec("jq", None).folder.as_deref(), Some(Path::new("/etc/shop")));
    assert_eq!(spec("jq", Some("data")).folder.as_deref(), Some(Path::new("/etc/shop/data")));
}

#[tokio::test]
async fn a_fixed_answer_is_given() {
    let text = format!("{HEAD}answer = {{ from = 9, days = [\"Mo\"] }}");
    assert_eq!(call(&text, "f", json!({})).await.unwrap().value, json!({"from": 9, "days": ["Mo"]}));
}

#[tokio::test]
async fn the_person_is_asked_where_there_is_one() {
    struct Says(Arc<Mutex<Vec<String>>>);
    impl Person for Says {
        fn ask(&self, question: String) -> BoxFuture<'static, Option<String>> {
            self.0.lock().unwrap().push(question);
            Box::pin(async { Some("at nine".to_owned()) })
        }
    }
    let asked = Arc::new(Mutex::new(Vec::new()));
    let context = CallContext::with_person(Arc::new(Says(Arc::clone(&asked))));
    let text = format!("{HEAD}ask = \"When?\"");
    assert_eq!(call_with(&text, "f", json!({}), context).await.unwrap().value, json!("at nine"));
    assert_eq!(*asked.lock().unwrap(), ["When?"]);
    assert!(matches!(call(&text, "f", json!({})).await, Err(ToolError::NobodyThere)));
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_gets_its_arguments_and_its_environment() {
    let text = format!(
        "{HEAD}environment = [\"CARGO_PKG_NAME\"]\n\
         command = {{ program = \"sh\", args = [\"-c\", \"cat; echo; echo $CARGO_PKG_NAME $CARGO_PKG_VERSION; pwd\"] }}\n\
         arguments.properties.order.type = \"string\"\n"
    );
    let output = call(&text, "f", json!({"order": "A-7; rm *"})).await.unwrap();
    assert_eq!(output.value, "{\"order\":\"A-7; rm *\"}\ntools\n/tmp");
    assert_eq!(call(&text, "f", json!({"order": 7})).await.unwrap_err().code(), "bad_arguments");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_that_never_ends_is_stopped_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    nix_mkfifo(&pipe);
    let script = format!("exec 9<> '{}'; sleep 1000 9>&9 & sleep 1000", pipe.display());
    let text = format!("{HEAD}timeout = 1\ncommand = {{ program = \"sh\", args = [\"-c\", {script:?}] }}\n");
    let error = call(&text, "f", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::TimedOut { .. }), "{error:?}");
    // Nobody holds the pipe any more: opening it for writing without a reader fails at once.
    let end = std::time::Instant::now() + Duration::from_secs(30);
    while is_held(&pipe) {
        assert!(std::time::Instant::now() < end, "something still runs");
        tokio::task::yield_now().await;
    }
}

#[cfg(unix)]
fn nix_mkfifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Whether some process has the pipe open for reading.
#[cfg(unix)]
fn is_held(pipe: &Path) -> bool {
    use std::os::unix::fs::OpenOptionsExt;

    const NONBLOCK: i32 = 0o4000;
    std::fs::OpenOptions::new().write(true).custom_flags(NONBLOCK).open(pipe).is_ok()
}

/// A server that answers one request with this, and gives what it was asked.
async fn server(answer: String) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut request, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut piece).await.unwrap();
            request.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&request);
            let length = text
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
            if read == 0 || body.is_some_and(|body| body >= length.unwrap_or(0)) {
                break;
            }
        }
        let _ = stream.write_all(answer.as_bytes()).await;
        String::from_utf8(request).unwrap()
    });
    (format!("http://{address}"), asked)
}

fn http(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_get_carries_the_arguments_as_its_query_and_its_secret_nowhere_else() {
    let name = std::env::var("CARGO_PKG_NAME").unwrap();
    let (url, asked) = server(http(200, &format!("{{\"stock\": 4, \"echo\": \"key-{name}\"}}"))).await;
    let text = format!(
        "{HEAD}environment = [\"CARGO_PKG_NAME\"]\n\
         http = {{ url = \"{url}/stock\", headers = {{ X-Key = \"key-${{CARGO_PKG_NAME}}\", Accept = \"a/b\" }} }}\n"
    );
    let output = call(&text, "f", json!({"item": "pear & plum", "count": 3, "none": null})).await.unwrap();
    assert_eq!(output.value, json!({"stock": 4, "echo": "[redacted]"}));
    let request = asked.await.unwrap();
    let line = request.lines().next().unwrap();
    assert!(line.starts_with("GET /stock?") && line.contains("item=pear%20%26%20plum"), "{line}");
    assert!(line.contains("count=3") && !line.contains("none"), "{line}");
    let lower = request.to_ascii_lowercase();
    assert!(lower.contains("x-key: key-tools") && lower.contains("accept: a/b"), "{request}");
}

#[tokio::test]
async fn a_post_carries_them_as_json_and_a_refusal_says_why() {
    let (url, asked) = server(http(200, "done\u{1b}[2J <b>")).await;
    let text = format!("{HEAD}http = {{ url = \"{url}/\", method = \"POST\" }}\n");
    let output = call(&text, "f", json!({"item": "pear"})).await.unwrap();
    assert_eq!(output.value, "done\u{1b}[2J <b>", "text, which whoever shows it makes safe");
    let request = asked.await.unwrap();
    assert!(request.starts_with("POST / ") && request.ends_with("\r\n\r\n{\"item\":\"pear\"}"), "{request}");
    let (url, _asked) = server(http(404, "no such item")).await;
    let text = format!("{HEAD}http = {{ url = \"{url}/\" }}\n");
    let error = call(&text, "f", json!({})).await.unwrap_err();
    assert_eq!(error.code(), "unavailable");
    assert!(error.to_string().contains("HTTP 404: no such item"), "{error}");
}

#[tokio::test]
async fn a_long_answer_is_cut_with_a_note() {
    let (url, _asked) = server(http(200, &"x".repeat(100_000))).await;
    let text = format!("{HEAD}output_limit = 1000\nhttp = {{ url = \"{url}/\" }}\n");
    let output = call(&text, "f", json!({})).await.unwrap();
    assert_eq!(output.value.as_str().map(str::len), Some(1_000));
    assert!(output.note.is_some_and(|note| note.contains("1000 bytes")));
}

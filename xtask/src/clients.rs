//! Lets clients that others wrote talk with `vivavoce serve`: agent frameworks in Python, and web pages in Chromium. Each has
//! an environment of its own, pinned like the SDKs' (`sdk`). It is no part of `test`: the environments take 2 GB.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::assets;
use crate::place::{ASSETS_VARIABLE, Place};
use crate::process::{Failure, run};
use crate::sdk;
use crate::web;

/// The clients in Python: folders in `tests/clients`, each with `requirements.txt` and `talk.py`.
const PYTHON: &[&str] = &["adk", "livekit", "pipecat", "pydantic_ai"];
/// The client in Chromium.
const BROWSER: &str = "browser";
/// The questions that are spoken, with the names of their files.
const QUESTIONS: &[(&str, &str)] =
    &[("question", "What time is it?"), ("look", "What do you see?"), ("who", "What is my name?")];
/// The files of the page and of its driver. They run in the folder of their packages, outside the checkout.
const PAGE: &[&str] =
    &[".npmrc", "package.json", "package-lock.json", "page.html", "page.js", "recorder.js", "talk.mjs"];

/// Runs the scenarios of one client, or of all of them, and prints how each went.
pub(crate) fn talk(place: &Place, only: Option<&str>) -> Result<(), Failure> {
    let all = || PYTHON.iter().copied().chain([BROWSER]);
    let chosen: Vec<&str> = all().filter(|name| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        return Err(Failure(format!("no such client; there are: {}", all().collect::<Vec<_>>().join(", "))));
    }
    let weights = assets::fetch(place)?;
    let sounds = place.own("clients/sounds")?;
    for (name, words) in QUESTIONS {
        sdk::say(place, &weights, &sounds, name, words)?;
    }
    let mut table = Vec::new();
    let mut failed = Vec::new();
    for client in chosen {
        println!("==> {client}");
        let verdicts = place.own(&format!("clients/{client}.tsv"))?;
        if verdicts.exists() {
            fs::remove_file(&verdicts)?;
        }
        let mut command = if client == BROWSER { page(place)? } else { agent(place, client)? };
        command.arg("--server").arg(place.app()).arg("--sounds").arg(&sounds);
        // The others run, too: the table shows all of them.
        if let Err(failure) = run(command.arg("--table").arg(&verdicts).env(ASSETS_VARIABLE, &weights)) {
            failed.push(failure.0);
        }
        table.extend(read(&verdicts)?);
    }
    for (client, example) in examples(place)? {
        if only.is_some_and(|only| only != client) {
            continue;
        }
        println!("==> {}", example.display());
        let mut command = python(place, client)?;
        if let Err(failure) = run(command.arg(&example).arg(place.app()).env(ASSETS_VARIABLE, &weights)) {
            failed.push(failure.0);
        }
    }
    print(&table);
    if failed.is_empty() { Ok(()) } else { Err(Failure(failed.join("\n"))) }
}

/// Returns the command of a client in Python.
fn agent(place: &Place, client: &str) -> Result<Command, Failure> {
    let mut command = python(place, client)?;
    command.arg(place.file(&format!("tests/clients/{client}/talk.py")));
    Ok(command)
}

/// Returns the Python of a client's environment, which finds what the clients share, and the relay of the SDK's test.
fn python(place: &Place, client: &str) -> Result<Command, Failure> {
    let requirements = format!("tests/clients/{client}/requirements.txt");
    let python = sdk::environment(place, &requirements, &format!("clients/{client}-python"))?;
    let mut command = place.command(python);
    sdk::with_modules(place, &mut command, &["tests/clients/shared", "tests/sdk", sdk::EXAMPLES])?;
    Ok(command)
}

/// Returns the command of the page's driver.
fn page(place: &Place) -> Result<Command, Failure> {
    let folder = place.own("clients/browser-node")?;
    fs::create_dir_all(&folder)?;
    let copied = PAGE.iter().map(|file| place.file("tests/clients/browser").join(file));
    for from in copied.chain([place.file("tests/sdk/picture.jpg")]) {
        let name = from.file_name().unwrap_or_default();
        fs::copy(&from, folder.join(name))
            .map_err(|e| Failure(format!("can't copy {}: {e}", from.display())))?;
    }
    web::packages(place, &folder)?;
    let mut command = place.command("node");
    command.arg(folder.join("talk.mjs"));
    Ok(command)
}

/// Returns the examples of the documentation, each with the client whose environment it takes: its name begins so.
fn examples(place: &Place) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    let folder = place.file("tests/clients/examples");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    Ok(files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "py"))
        .filter_map(|file| {
            let name = file.file_stem()?.to_string_lossy().into_owned();
            let client = PYTHON.iter().copied().find(|client| name.starts_with(client))?;
            Some((client, file))
        })
        .collect())
}

/// How a scenario went.
struct Verdict {
    client: String,
    model: String,
    scenario: String,
    /// `ok`, `client` (a fault of the client, which the service has with it, too), or `failed`.
    outcome: String,
    words: String,
}

/// Reads the lines that a client's test wrote.
fn read(file: &Path) -> Result<Vec<Verdict>, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|e| Failure(format!("the test wrote no {}: {e}", file.display())))?;
    Ok(text.lines().filter_map(verdict).collect())
}

fn verdict(line: &str) -> Option<Verdict> {
    let mut fields = line.splitn(5, '\t').map(str::to_owned);
    Some(Verdict {
        client: fields.next()?,
        model: fields.next()?,
        scenario: fields.next()?,
        outcome: fields.next()?,
        words: fields.next()?,
    })
}

/// Prints a table of clients, models and scenarios, and the reason of each that is not `ok`.
fn print(table: &[Verdict]) {
    println!();
    for Verdict { client, model, scenario, outcome, words } in table {
        let reason = if outcome == "ok" { "" } else { words };
        println!("{client:<31} {model:<37} {scenario:<19} {outcome:<7} {reason}");
    }
    let count = |wanted: &str| table.iter().filter(|line| line.outcome == wanted).count();
    println!(
        "{} ok, {} not possible for the client, {} failed",
        count("ok"),
        count("client"),
        count("failed")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_five_fields_and_the_last_may_be_long() {
        let line = verdict("google-adk\tgemini-3.8-live\ttext_turn\tok\tsaid\tmuch").unwrap();
        assert_eq!((line.client.as_str(), line.words.as_str()), ("google-adk", "said\tmuch"));
        assert!(verdict("google-adk\tgemini-3.8-live\ttext_turn\tok").is_none());
    }
}

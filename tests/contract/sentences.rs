//! Compares the catalogue of sentences (ADR 9) with the Rust code: each id exists, each sentence is used, and the
//! variables match. A test of the page does the same for the window's files.

use std::collections::{BTreeMap, BTreeSet};

use crate::checkout::{files, is_a, none_of, text};

/// The files that the program uses; the others are the window's.
const FILES: [&str; 3] = ["locales/en/errors.ftl", "locales/en/limits.ftl", "locales/en/cli.ftl"];

/// Returns the ids with their variables.
fn catalogue() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in FILES {
        let whole = text(file).expect("every file of the catalogue is there");
        let mut id = String::new();
        for line in whole.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =")
                && line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                name.clone_into(&mut id);
                let known = found.insert(id.clone(), BTreeSet::new());
                assert!(known.is_none(), "{id} stands twice in the catalogue");
            }
            for part in line.split("{ $").skip(1) {
                let name =
                    part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap_or("");
                found.get_mut(&id).expect("a variable stands in a sentence").insert(name.to_owned());
            }
        }
    }
    found
}

/// Returns the shell's code without tests.
fn code() -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|name| name.starts_with("src-tauri/src/") && is_a(name, &["rs"]))
        .filter_map(|name| {
            let whole = text(&name)?;
            let product = whole.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            Some((name, product))
        })
        .collect()
}

/// Returns the quoted strings after `before`.
fn named<'a>(code: &'a str, before: &str) -> Vec<&'a str> {
    let quoted = |part: &'a str| part.split('"').next();
    code.split(&format!("{before}(\"")).skip(1).filter_map(quoted).collect()
}

#[test]
fn every_sentence_that_code_names_is_in_the_catalogue() {
    let catalogue = catalogue();
    let mut faults = Vec::new();
    for (name, code) in code() {
        for id in named(&code, "Text::new").into_iter().chain(named(&code, "messages::text")) {
            if !catalogue.contains_key(id) {
                faults.push(format!("{name}: {id}"));
            }
        }
    }
    none_of(&faults, "a sentence that is in no file of locales/en:");
}

#[test]
fn no_sentence_of_the_catalogue_is_unused() {
    let all: String = code().into_iter().map(|(_, code)| code).collect();
    let unused: Vec<_> = catalogue().into_keys().filter(|id| !all.contains(&format!("\"{id}\""))).collect();
    none_of(&unused, "sentences that nobody shows:");
}

#[test]
fn variables_of_the_code_and_of_the_catalogue_agree() {
    let (known, all) = (catalogue(), code());
    let wanted: BTreeSet<_> = known.values().flatten().cloned().collect();
    let mut given: BTreeSet<String> = ["device", "server"].map(str::to_owned).into();
    for (_, code) in &all {
        given.extend(named(code, ".with").into_iter().map(str::to_owned));
    }
    let missing: Vec<_> = wanted.difference(&given).cloned().collect();
    none_of(&missing, "variables of the catalogue that no code gives:");
    let unknown: Vec<_> = given.difference(&wanted).cloned().collect();
    none_of(&unknown, "variables that code gives and no sentence has:");
}

/// Text for a person has spaces and a capital letter. It is in the catalogue, never in code that prints.
#[test]
fn what_is_printed_comes_from_the_catalogue() {
    const DOORS: [&str; 4] = ["print::note", "Point::ok", "Point::not", "format!"];
    let mut faults = Vec::new();
    for (name, code) in code() {
        let prints = ["src-tauri/src/cli/", "src-tauri/src/messages/", "src-tauri/src/app/window.rs"];
        if !prints.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        for (number, line) in code.lines().enumerate() {
            let said = DOORS.iter().flat_map(|door| named(line, door));
            let is_sentence =
                |words: &&str| words.starts_with(|c: char| c.is_uppercase()) && words.contains(' ');
            faults.extend(said.filter(is_sentence).map(|words| format!("{name}:{}: {words}", number + 1)));
        }
    }
    none_of(&faults, "sentences that stand in code:");
}

//! The examples of docs/SDK.md are the files that tests run, word for word.

use super::checkout::{files, none_of, text};

const GUIDE: &str = "docs/SDK.md";
/// The folders whose programs the guide shows. `cargo xtask test` runs the first one's, `cargo xtask clients` the second's.
const FOLDERS: [&str; 2] = ["tests/sdk/examples/", "tests/clients/examples/"];

/// Returns the blocks of code in these languages.
fn blocks<'a>(guide: &'a str, languages: &[&str]) -> Vec<&'a str> {
    let mut blocks = Vec::new();
    let mut rest = guide;
    while let Some((_, after)) = rest.split_once("\n```") {
        let Some((language, body)) = after.split_once('\n') else { break };
        // A block without a line has its end at once.
        let end =
            if body.starts_with("```") { 0 } else { body.find("\n```").map_or(body.len(), |at| at + 1) };
        if languages.contains(&language) {
            blocks.push(&body[..end]);
        }
        rest = body[end..].strip_prefix("```").unwrap_or_default();
    }
    blocks
}

#[test]
fn the_guide_shows_each_example_as_it_is_run() {
    let guide = text(GUIDE).expect("it is text");
    let shown = blocks(&guide, &["python", "js"]);
    let names: Vec<String> =
        files().into_iter().filter(|name| FOLDERS.iter().any(|folder| name.starts_with(folder))).collect();
    assert!(names.len() >= 6, "there are examples: {names:?}");
    let mut faults = Vec::new();
    let programs: Vec<String> = names.iter().map(|name| text(name).unwrap_or_default()).collect();
    for (name, program) in names.iter().zip(&programs) {
        if !shown.contains(&program.as_str()) {
            faults.push(format!("{name} is not in it as it is"));
        }
        if !guide.contains(&format!("](../{name})")) {
            faults.push(format!("no link leads to {name}"));
        }
    }
    for block in shown.iter().filter(|block| !programs.iter().any(|program| program == *block)) {
        let first = block.lines().next().unwrap_or_default();
        faults.push(format!("no file is run that has the block which begins `{first}`"));
    }
    none_of(&faults, "docs/SDK.md must show the examples that are run:");
}

#[test]
fn blocks_are_found_between_their_fences() {
    let guide = "text\n```toml\na = 1\n```\n\n```js\nlet a;\n\nlet b;\n```\nmore `code`\n```python\n```\n";
    assert_eq!(blocks(guide, &["js", "python"]), ["let a;\n\nlet b;\n", ""]);
}

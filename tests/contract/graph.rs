//! No circles among modules: within each folder of each crate, and of the shell, the modules form a graph without circles. A folder
//! counts as one module of the folder above it, together with the file that declares it.
//!
//! Read from the paths that product code names (`use`, `crate::`, `super::`), with re-exports followed to where they lead.
//! Who knows whom among crates is `dependencies.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::checkout;

/// A module's place below the root of its crate; the root itself is empty.
type Place = Vec<String>;

/// What one file of product code names.
#[derive(Default)]
struct Module {
    /// What its `use`s bring in: the name, and the path as it is written.
    uses: Vec<(String, Place)>,
    /// Other paths that begin with `crate`, `super` or `self`.
    paths: Vec<Place>,
}

type Modules = BTreeMap<Place, Module>;

/// The crate and the module of a file; `None` for what is no product code.
fn place_of(path: &str) -> Option<(String, Place)> {
    let path = path.strip_suffix(".rs")?;
    let crates = path.strip_prefix("src-tauri/crates/").unwrap_or(path);
    let (name, file) = crates.split_once("/src/")?;
    let name = if name == "src-tauri" { "vivavoce" } else { name };
    let mut place: Place = file.split('/').map(str::to_owned).collect();
    let is_test = |part: &String| part == "tests" || part == "bin" || part.ends_with("_tests");
    if place.iter().any(is_test) {
        return None;
    }
    match place.last()?.as_str() {
        "mod" => _ = place.pop(),
        "lib" | "main" if place.len() == 1 => place.clear(),
        _ => {}
    }
    Some((name.to_owned(), place))
}

/// Names, `::` and signs of a piece of Rust, without comments, texts and lifetimes.
fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = text_length(rest) {
            length
        } else if is_name(first) {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            found.push(&rest[..length]);
            length
        } else if rest.starts_with("::") {
            found.push("::");
            2
        } else {
            if !first.is_whitespace() {
                found.push(&rest[..first.len_utf8()]);
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// How long the text, the letter or the lifetime is that this begins with, if it does.
fn text_length(code: &str) -> Option<usize> {
    let body = code.trim_start_matches(['b', 'c', 'r']);
    let prefix = code.len() - body.len();
    let hashes = body.len() - body.trim_start_matches('#').len();
    let quoted = body[hashes..].strip_prefix('"');
    if let Some(text) = quoted.filter(|_| prefix > 0 && code[..prefix].ends_with('r')) {
        let end = format!("\"{}", "#".repeat(hashes));
        let length = text.find(&end).map_or(text.len(), |at| at + end.len());
        return Some(prefix + hashes + 1 + length);
    }
    if let Some(text) = body.strip_prefix('"') {
        let mut is_escaped = false;
        let end = text.find(|c| {
            let is_end = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        });
        return Some(prefix + 1 + end.map_or(text.len(), |at| at + 1));
    }
    let letter = body.strip_prefix('\'')?;
    let length = match letter.strip_prefix('\\') {
        Some(escape) => 1 + escape.char_indices().skip(1).find(|(_, c)| *c == '\'')?.0,
        None => letter.chars().next()?.len_utf8(),
    };
    // Without a second mark it is a lifetime: its name is passed over, too.
    let is_letter = letter.get(length..).is_some_and(|rest| rest.starts_with('\''));
    let name = letter.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(letter.len());
    Some(prefix + 1 + if is_letter { length + 1 } else { name })
}

/// Leaves out every item that is compiled for tests alone.
fn without_tests<'c>(code: &[&'c str]) -> Vec<&'c str> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < code.len() {
        if code[at] != "#" {
            kept.push(code[at]);
            at += 1;
            continue;
        }
        let end = at + group_length(&code[at..]);
        let attribute = &code[at..end];
        let is_for_tests = attribute.get(2) == Some(&"cfg")
            && attribute.contains(&"test")
            && !attribute.contains(&"not")
            && !attribute.contains(&"any");
        at = end;
        if is_for_tests {
            while code.get(at) == Some(&"#") {
                at += group_length(&code[at..]);
            }
            at += item_length(&code[at..]);
        }
    }
    kept
}

/// How many tokens there are to the end of the first bracketed group.
fn group_length(code: &[&str]) -> usize {
    let mut depth = 0;
    for (n, token) in code.iter().enumerate() {
        match *token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth -= 1;
                if depth == 0 {
                    return n + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// How many tokens an item has: to its `;`, or to the end of its braces.
fn item_length(code: &[&str]) -> usize {
    let mut at = 0;
    while at < code.len() {
        match code[at] {
            ";" => return at + 1,
            "{" => return at + group_length(&code[at..]),
            "(" | "[" => at += group_length(&code[at..]),
            _ => at += 1,
        }
    }
    code.len()
}

/// Reads a file's product code.
fn read(code: &str) -> Module {
    let all = tokens(code);
    let code = without_tests(&all);
    let mut module = Module::default();
    let mut at = 0;
    while at < code.len() {
        let is_path = matches!(code[at], "crate" | "super" | "self")
            && code.get(at + 1) == Some(&"::")
            && (at == 0 || code[at - 1] != "::");
        if code[at] == "use" {
            let length = code[at..].iter().position(|token| *token == ";").unwrap_or(code.len() - at);
            tree(&code[at + 1..at + length], &Place::new(), &mut module.uses);
            at += length;
        } else if is_path {
            let mut path = vec![code[at].to_owned()];
            at += 1;
            while code.get(at) == Some(&"::") && code.get(at + 1).is_some_and(|token| is_word(token)) {
                path.push(code[at + 1].to_owned());
                at += 2;
            }
            module.paths.push(path);
        } else {
            at += 1;
        }
    }
    module
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Takes the tree of a `use` apart: each name that it brings in, with its path.
fn tree(tokens: &[&str], before: &Place, uses: &mut Vec<(String, Place)>) {
    let mut path = before.clone();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at] {
            "{" => {
                let group = &tokens[at + 1..at + group_length(&tokens[at..]) - 1];
                let mut from = 0;
                while from < group.len() {
                    let mut to = from;
                    while to < group.len() && group[to] != "," {
                        to += if group[to] == "{" { group_length(&group[to..]) } else { 1 };
                    }
                    tree(&group[from..to], &path, uses);
                    from = to + 1;
                }
                return;
            }
            "as" => {
                uses.push((tokens.get(at + 1).copied().unwrap_or_default().to_owned(), path));
                return;
            }
            // `a::{self}` is `a`.
            "self" if !path.is_empty() => {}
            "::" => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    if let Some(name) = path.last().cloned() {
        uses.push((name, path));
    }
}

/// How often one re-export may lead to another.
const STEPS: usize = 8;

/// The module that a path in `from` leads to; `None` when it leads out of the crate.
fn resolve(modules: &Modules, from: &Place, path: &[String], steps: usize) -> Option<Place> {
    let climbs = path.iter().take_while(|part| *part == "super").count();
    let full: Place = match path.first()?.as_str() {
        "crate" => path[1..].to_vec(),
        "self" => [from, &path[1..]].concat(),
        "super" => [from.get(..from.len().checked_sub(climbs)?)?, &path[climbs..]].concat(),
        _ => {
            let below = [from, path].concat();
            modules.contains_key(&below[..=from.len()]).then_some(below)?
        }
    };
    let length = (0..=full.len()).rev().find(|length| modules.contains_key(&full[..*length]))?;
    let (place, rest) = (full[..length].to_vec(), &full[length..]);
    let Some(name) = rest.first().filter(|_| steps > 0) else { return Some(place) };
    let led = modules[&place].uses.iter().filter(|(brought, _)| brought == name);
    let mut led = led.filter_map(|(_, path)| resolve(modules, &place, path, steps - 1));
    Some(led.next().unwrap_or(place))
}

/// Who names whom, and where.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

/// The modules of one folder: an edge for each that names another.
fn graph_below(modules: &Modules, folder: &Place) -> Graph {
    let child = |place: &Place| place.strip_prefix(&folder[..]).and_then(|below| below.first().cloned());
    let mut graph = Graph::new();
    for (from, module) in modules {
        let Some(one) = child(from) else { continue };
        let named = module.uses.iter().map(|(_, path)| path).chain(&module.paths);
        for to in named.filter_map(|path| resolve(modules, from, path, STEPS)) {
            if let Some(other) = child(&to).filter(|other| *other != one) {
                let edge = format!("{} names {}", from.join("::"), to.join("::"));
                graph.entry(one.clone()).or_default().entry(other).or_insert(edge);
            }
        }
    }
    graph
}

fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = vec![from.to_owned()];
    while let Some(one) = left.pop() {
        let others = graph.get(&one).into_iter().flat_map(BTreeMap::keys);
        left.extend(others.filter(|other| found.insert((*other).clone())).cloned());
    }
    found
}

/// Groups of modules that all reach one another, each with the edges between them.
fn circles(graph: &Graph) -> Vec<String> {
    let reach: BTreeMap<&String, BTreeSet<String>> =
        graph.keys().map(|name| (name, reached(graph, name))).collect();
    let group = |name: &String| -> BTreeSet<&String> {
        let back = |other: &&String| reach.get(*other).is_some_and(|reach| reach.contains(name));
        reach[name].iter().filter(back).collect()
    };
    let groups: BTreeSet<BTreeSet<&String>> =
        graph.keys().map(group).filter(|group| group.len() > 1).collect();
    let describe = |group: &BTreeSet<&String>| {
        let edges = group.iter().flat_map(|one| &graph[*one]);
        let edges = edges.filter(|(other, _)| group.contains(other)).map(|(_, edge)| edge.as_str());
        edges.collect::<Vec<_>>().join("; ")
    };
    groups.iter().map(describe).collect()
}

/// All circles of a crate, folder by folder.
fn circles_of(modules: &Modules) -> Vec<String> {
    let folders: BTreeSet<Place> =
        modules.keys().filter_map(|place| place.split_last()).map(|(_, folder)| folder.to_vec()).collect();
    folders.iter().flat_map(|folder| circles(&graph_below(modules, folder))).collect()
}

#[test]
fn modules_form_no_circles() {
    let mut crates: BTreeMap<String, Modules> = BTreeMap::new();
    for path in checkout::files() {
        let Some((name, place)) = place_of(&path) else { continue };
        let Some(code) = checkout::text(&path) else { continue };
        let module = crates.entry(name).or_default().entry(place).or_default();
        let Module { uses, paths } = read(&code);
        module.uses.extend(uses);
        module.paths.extend(paths);
    }
    let all: usize = crates.values().map(BTreeMap::len).sum();
    assert!(all > 200, "only {all} modules were found");
    let faults: Vec<String> = crates
        .iter()
        .flat_map(|(name, modules)| {
            circles_of(modules).into_iter().map(move |circle| format!("{name}: {circle}"))
        })
        .collect();
    println!("{} circles among {all} modules of {} crates", faults.len(), crates.len());
    checkout::none_of(&faults, "modules name one another; move what they share into a file of its own:");
}

/// A crate of these files.
fn of(files: &[(&str, &str)]) -> Modules {
    let place = |name: &str| name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    files.iter().map(|(name, code)| (place(name), read(code))).collect()
}

#[test]
fn a_circle_is_found_through_a_re_export_and_below_a_folder() {
    let root = ("", "mod a; mod b; mod c; pub use b::Thing;");
    let direct = [root, ("a", "use crate::b::{self, Thing as T};"), ("b", "fn f() -> crate::a::X {}")];
    assert_eq!(circles_of(&of(&direct)), ["a names b; b names a"]);
    let led = [root, ("a", "use crate::Thing;"), ("b", ""), ("b::deep", "use super::super::a;")];
    assert_eq!(circles_of(&of(&led)), ["a names b; b::deep names a"]);
    let inner = [root, ("b", ""), ("b::x", "use super::y::Y;"), ("b::y", "use super::x::{Z, W};")];
    assert_eq!(circles_of(&of(&inner)), ["b::x names b::y; b::y names b::x"]);
    let three = [root, ("a", "use crate::b::X;"), ("b", "use crate::c::Y;"), ("c", "use crate::a::Z;")];
    assert_eq!(circles_of(&of(&three)), ["a names b; b names c; c names a"]);
}

#[test]
fn tests_comments_texts_and_parents_make_no_circle() {
    let root = ("", "mod a; mod b;");
    let product = ("a", "use crate::b::X; pub struct Y;");
    for code in [
        "#[cfg(test)]\nmod tests { use crate::a::Y; fn f() { '}'; \"}\"; } }",
        "#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests;\n// use crate::a::Y;",
        "#[cfg(all(test, unix))] pub(crate) use crate::a::{Y};",
        "/* crate::a::Y */ const A: &str = \"crate::a::Y\"; const B: &str = r#\"\" crate::a::Y\"#;",
        "fn f<'a>(c: char) { c == '\\''; c == '\"'; } /// [`Y`](crate::a::Y)",
        "use std::fmt; pub(super) fn f(a: a::Y) {}",
    ] {
        assert!(circles_of(&of(&[root, product, ("b", code)])).is_empty(), "{code}");
    }
    let parent = [root, ("b", "mod x; use x::X; pub struct P;"), ("b::x", "use super::P; pub struct X;")];
    assert!(circles_of(&of(&parent)).is_empty());
}

//! JSON as editors write it: comments and commas before a closing bracket become blanks, so that lines stay where they are. Pure.

/// Returns the text without them.
pub(super) fn without(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            let length = text_length(rest);
            plain.push_str(&rest[..length]);
            length
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
            plain.extend(rest[..length].chars().filter(|c| *c == '\n'));
            length
        } else {
            if matches!(first, ']' | '}') {
                drop_comma(&mut plain);
            }
            plain.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    plain
}

/// How long the text is that this begins with, quotes included.
fn text_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn drop_comma(plain: &mut String) {
    let end = plain.trim_end().len();
    if plain[..end].ends_with(',') {
        plain.remove(end - 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn comments_and_last_commas_go_and_texts_stay() {
        let text = r#"
            // one
            {"a": "// \" /* not one", /* two
            lines */ "b": [1, 2, ],
            "c": {"d": "x, }",}, // three
            }"#;
        let plain: Value = serde_json::from_str(&without(text)).unwrap();
        assert_eq!(plain, json!({"a": "// \" /* not one", "b": [1, 2], "c": {"d": "x, }"}}));
        let broken = "{\n/* a\n b */\n\"x\": }";
        let error = serde_json::from_str::<Value>(&without(broken)).unwrap_err();
        assert_eq!(error.line(), 4);
        for odd in ["", "\"", "\"\\", "/*", "//", ",}", "ä,]"] {
            let _ = without(odd);
        }
    }
}

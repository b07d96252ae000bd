//! Formulas as they are said: `\frac{1}{2}` is "1 over 2". Pure.

/// Commands, and what is said for each.
const COMMANDS: [(&str, &str); 34] = [
    ("times", " times "),
    ("cdot", " times "),
    ("div", " divided by "),
    ("pm", " plus or minus "),
    ("approx", " is about "),
    ("neq", " is not "),
    ("leq", " is at most "),
    ("le", " is at most "),
    ("geq", " is at least "),
    ("ge", " is at least "),
    ("rightarrow", " to "),
    ("to", " to "),
    ("infty", " infinity "),
    ("pi", " pi "),
    ("alpha", " alpha "),
    ("beta", " beta "),
    ("gamma", " gamma "),
    ("delta", " delta "),
    ("theta", " theta "),
    ("lambda", " lambda "),
    ("mu", " mu "),
    ("sigma", " sigma "),
    ("omega", " omega "),
    ("sum", " the sum of "),
    ("int", " the integral of "),
    ("frac", ""),
    ("dfrac", ""),
    ("sqrt", " the square root of "),
    ("degree", " degrees "),
    ("circ", " degrees "),
    ("quad", " "),
    ("ldots", " and so on "),
    ("dots", " and so on "),
    ("cdots", " and so on "),
];

/// Returns a word without a formula's signs, when it has any.
pub(super) fn plain(word: &str) -> Option<String> {
    let is_formula = word.contains('\\')
        && word
            .split('\\')
            .skip(1)
            .any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || "()[]{},;!%$".contains(c)));
    is_formula.then(|| without_commands(word))
}

fn without_commands(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let name = &rest[..length];
        match COMMANDS.iter().find(|(command, _)| *command == name) {
            Some((_, said)) => out.push_str(said),
            // `\(`, `\[`, `\,`: a sign that is not said. `\text`, `\boxed`, `\left`: what follows is.
            None if name.is_empty() => {
                let sign = rest.chars().next();
                rest = &rest[sign.map_or(0, char::len_utf8)..];
                if let Some(sign) = sign.filter(|sign| "%$&#_".contains(*sign)) {
                    out.push(sign);
                }
                continue;
            }
            None => {}
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out.replace("}{", " over ").replace(['{', '}'], " ").replace("  ", " ")
}

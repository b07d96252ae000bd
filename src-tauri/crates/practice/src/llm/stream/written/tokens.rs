//! The tokens and tags of templates, and what each begins or ends. Pure.

/// How a thought begins, and how it ends.
pub(super) const THOUGHTS: [(&str, &str); 10] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
];

/// How calls begin, and how they end; without an end they go on to the end of the answer.
const CALLS_BEGIN: [(&str, &str); 17] = [
    ("<tool_call>", "</tool_call>"),
    ("<tool_calls>", "</tool_calls>"),
    ("<function_call>", "</function_call>"),
    ("<function_calls>", "</function_calls>"),
    ("<tools>", "</tools>"),
    ("<function=", "</function>"),
    ("<start_function_call>", "<end_function_call>"),
    ("[TOOL_REQUEST]", "[END_TOOL_REQUEST]"),
    ("[TOOL_CALLS]", ""),
    ("functools[", ""),
    ("<|python_tag|>", "<|eom_id|>"),
    ("<|tool_call|>", "<|/tool_call|>"),
    ("<|tool_call_start|>", "<|tool_call_end|>"),
    ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
    ("<|START_ACTION|>", "<|END_ACTION|>"),
    ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
    ("<｜DSML｜function_calls>", "</｜DSML｜function_calls>"),
];

/// The turn is over, whatever is written behind it.
pub(super) const OVER: [&str; 13] = [
    "<|im_end|>",
    "<|im_start|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|end_of_turn|>",
    "<|return|>",
    "<|user|>",
    "</s>",
    "<end_of_turn>",
    "<start_of_turn>",
    "<｜end▁of▁sentence｜>",
];

/// Tokens that say nothing, beside every `<|name|>`.
const SILENT: [&str; 8] =
    ["<s>", "<bos>", "<eos>", "<pad>", "[INST]", "[/INST]", "</tool_call>", "<｜begin▁of▁sentence｜>"];

/// How a message of gpt-oss begins: `<|start|>assistant<|channel|>analysis<|message|>…<|end|>`, the first part left out at the
/// beginning.
const HEADS: [&str; 2] = ["<|channel|>", "<|start|>"];
pub(super) const MESSAGE: &str = "<|message|>";
/// How such a message ends.
pub(super) const MESSAGE_ENDS: [&str; 3] = ["<|end|>", "<|call|>", "<|return|>"];
/// Behind this stands a role.
const ROLE_FOLLOWS: &str = "<|start_header_id|>";
const ROLE: &str = "assistant";

/// The longest token of the form `<|name|>`, in bytes.
pub(super) const TOKEN: usize = 48;
/// What was found in a text.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Thought(&'static str),
    Call {
        end: &'static str,
        keeps: bool,
    },
    Head,
    Over,
    Silent,
    /// The end of a thought that had not begun.
    Closing,
}

/// The first of these in a text: where, and how long it is.
pub(super) fn first_of(text: &str, all: &[&str]) -> Option<(usize, usize)> {
    all.iter().filter_map(|one| Some((text.find(one)?, one.len()))).min()
}

/// The token that a text begins with, and its length.
pub(super) fn token(text: &str) -> Option<(usize, Found)> {
    let begins = |token: &str| text.starts_with(token);
    if let Some((begin, end)) = THOUGHTS.iter().find(|(begin, _)| begins(begin)) {
        return Some((begin.len(), Found::Thought(end)));
    }
    if let Some((_, end)) = THOUGHTS.iter().find(|(_, end)| begins(end)) {
        return Some((end.len(), Found::Closing));
    }
    if let Some((begin, end)) = CALLS_BEGIN.iter().find(|(begin, _)| begins(begin)) {
        // These are part of the call.
        let keeps = matches!(*begin, "<function=" | "functools[");
        return Some((begin.len(), Found::Call { end, keeps }));
    }
    if let Some(head) = HEADS.iter().find(|head| begins(head)) {
        return Some((head.len(), Found::Head));
    }
    if let Some(over) = OVER.iter().find(|over| begins(over)) {
        return Some((over.len(), Found::Over));
    }
    if let Some(silent) = SILENT.iter().find(|silent| begins(silent)) {
        return Some((silent.len(), Found::Silent));
    }
    // Templates name their parts so; the name of a role belongs to it.
    let (inside, close) = match (text.strip_prefix("<|"), text.strip_prefix("<｜")) {
        (Some(inside), _) => (inside, "|>"),
        (None, Some(inside)) => (inside, "｜>"),
        (None, None) => return None,
    };
    let end =
        inside.find(close).filter(|end| *end <= TOKEN && inside[..*end].chars().all(is_token_letter))?;
    let length = text.len() - inside.len() + end + close.len();
    let role = if text.strip_prefix(ROLE_FOLLOWS).is_some_and(|role| role.starts_with(ROLE)) {
        ROLE.len()
    } else {
        0
    };
    Some((length + role, Found::Silent))
}

fn is_token_letter(letter: char) -> bool {
    letter.is_alphanumeric() || "_/-".contains(letter) || letter == '▁'
}

/// Whether a text may be the beginning of a token, of which more has to come.
pub(super) fn begins_token(text: &str) -> bool {
    let known = THOUGHTS.iter().chain(&CALLS_BEGIN).flat_map(|(begin, end)| [*begin, *end]);
    let mut known = known.chain(OVER).chain(SILENT).chain(HEADS);
    if known.any(|token| token.len() > text.len() && token.starts_with(text)) {
        return true;
    }
    // The role may be missing yet.
    if let Some(role) = text.strip_prefix(ROLE_FOLLOWS) {
        return ROLE.starts_with(role) && role != ROLE;
    }
    let inside = text.strip_prefix("<|").or_else(|| text.strip_prefix("<｜"));
    inside.is_some_and(|inside| {
        let is_letter = |letter| is_token_letter(letter) || matches!(letter, '|' | '｜');
        inside.len() <= TOKEN + 3 && inside.chars().all(is_letter)
    })
}

/// Where the brackets that a text begins with are closed; `None` while they are not.
pub(super) fn bracket_end(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            _ if in_text => {}
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

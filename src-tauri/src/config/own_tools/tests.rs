//! What the form shows of a file, what it writes, and what it leaves alone.

use super::*;

const FILE: &str = "# My shop.

[[functions]]
name = \"order_state\" # as the shop calls it
description = \"Tells where an order is.\"
timeout = 20
command = { program = \"order-state\", args = [\"--json\"], folder = \"shop\" }

[functions.arguments]
type = \"object\"
required = [\"order\"]
properties.order = { type = \"string\", description = \"Its number.\" }

[[functions]]
name = \"hours\"
description = \"Tells when the shop is open.\"
answer = { from = \"9:00\", days = [1, 2] }

# The last one.
[[functions]]
name = \"size\"
description = \"Tells the size.\"
ask = \"How large?\"
arguments = { type = \"object\", properties = { which = { type = \"string\", enum = [\"a\", \"b\"] } } }
";

fn named(text: &str, name: &str) -> OwnTool {
    read(text).into_iter().find(|tool| tool.name == name).unwrap()
}

#[test]
fn what_stands_there_is_shown() {
    let order = named(FILE, "order_state");
    assert_eq!(order.way, OwnWay::Program { program: "order-state".into(), args: vec!["--json".into()] });
    let arguments = order.arguments.unwrap();
    assert_eq!((arguments[0].kind, arguments[0].required), (OwnKind::Text, true));
    assert_eq!(
        named(FILE, "hours").way,
        OwnWay::Answer { text: "{\"days\":[1,2],\"from\":\"9:00\"}".into() }
    );
    assert_eq!(named(FILE, "size").arguments, None, "a choice has no field in the form");
    assert_eq!(read("functions = 1"), []);
    assert_eq!(read("[[functions]\n"), []);
}

#[test]
fn what_is_saved_unchanged_changes_nothing() {
    for tool in read(FILE) {
        assert_eq!(put(FILE, Some(&tool.name), &tool).unwrap(), FILE, "{tool:?}");
    }
}

#[test]
fn a_change_leaves_everything_else() {
    let mut order = named(FILE, "order_state");
    order.description = "Tells it.".into();
    order.way = OwnWay::Program { program: "state".into(), args: Vec::new() };
    let text = put(FILE, Some("order_state"), &order).unwrap();
    let wanted = FILE
        .replace("Tells where an order is.", "Tells it.")
        .replace("program = \"order-state\", args = [\"--json\"], folder", "program = \"state\", folder");
    assert_eq!(text, wanted);
}

#[test]
fn another_way_takes_the_place_of_the_old_one() {
    let mut hours = named(FILE, "hours");
    for way in [
        OwnWay::Request { url: "https://shop.example/hours".into(), posts: true },
        OwnWay::Request { url: "https://shop.example/hours".into(), posts: false },
        OwnWay::Answer { text: "from nine to six".into() },
        OwnWay::Answer { text: "[1, {\"a\": true}, 2.5]".into() },
        OwnWay::Ask { question: "When?".into() },
        OwnWay::Program { program: "hours".into(), args: vec!["a b".into(), "\"".into()] },
    ] {
        hours.way = way.clone();
        let text = put(FILE, Some("hours"), &hours).unwrap();
        let back = named(&text, "hours").way;
        let is_same = match (&back, &way) {
            (OwnWay::Answer { text: back }, OwnWay::Answer { text: way }) => {
                back == way || serde_json::from_str::<Json>(back).ok() == serde_json::from_str(way).ok()
            }
            (back, way) => back == way,
        };
        assert!(is_same, "{back:?} {way:?}");
        let ways = ["command =", "http =", "answer =", "ask ="];
        assert_eq!(
            ways.iter().filter(|way| text.contains(**way)).count(),
            2 + usize::from(!matches!(way, OwnWay::Ask { .. } | OwnWay::Program { .. })),
            "{text}"
        );
    }
}

#[test]
fn a_new_one_is_the_last_and_can_be_removed_again() {
    let tool = OwnTool {
        name: "weather_here".into(),
        description: "Tells the weather.".into(),
        arguments: Some(vec![
            OwnArgument {
                name: "place".into(),
                description: "Where.".into(),
                kind: OwnKind::Text,
                required: true,
            },
            OwnArgument {
                name: "days".into(),
                description: String::new(),
                kind: OwnKind::Whole,
                required: false,
            },
        ]),
        way: OwnWay::Request { url: "https://weather.example".into(), posts: false },
    };
    for before in ["", FILE, "# only a comment\n", include_str!("../tools_template.toml")] {
        let text = put(before, None, &tool).unwrap();
        assert!(text.starts_with(before), "{text}");
        assert_eq!(read(&text).last(), Some(&tool));
        assert_eq!(named(&text, "weather_here"), tool);
        let without = remove(&text, "weather_here").unwrap();
        assert_eq!(read(&without), read(before));
    }
}

#[test]
fn what_is_not_there_is_told() {
    let hours = named(FILE, "hours");
    assert_eq!(put(FILE, Some("gone"), &hours), Err(NotChanged::Gone));
    assert_eq!(remove(FILE, "gone"), Err(NotChanged::Gone));
    assert!(matches!(put("functions = [{ name = \"a\" }]", None, &hours), Err(NotChanged::Form(_))));
    assert!(matches!(remove("[[", "a"), Err(NotChanged::Form(_))));
}

//! Pieces of a turn that came together.

use conversation::Event;

/// Neighbouring deltas of one turn become one.
pub(super) fn join_deltas(events: impl Iterator<Item = Event>) -> Vec<Event> {
    let mut joined: Vec<Event> = Vec::new();
    for event in events {
        if let (Some(Event::TurnText { id, delta }), Event::TurnText { id: next, delta: more }) =
            (joined.last_mut(), &event)
            && id == next
        {
            delta.push_str(more);
            continue;
        }
        joined.push(event);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_that_came_together_go_out_together() {
        let text = |id, delta: &str| Event::TurnText { id, delta: delta.into() };
        let joined = join_deltas([text(1, "a"), text(1, "b"), text(2, "c"), text(1, "d")].into_iter());
        let texts: Vec<_> = joined
            .iter()
            .filter_map(|event| match event {
                Event::TurnText { id, delta } => Some((*id, delta.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(texts, [(1, "ab"), (2, "c"), (1, "d")]);
    }
}

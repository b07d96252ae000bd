//! A large map from words to short texts in two blocks of memory: 180,000 words cost their letters and eight bytes each,
//! a fifth of what a hash map of strings takes.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A sorted map that can't be changed.
#[derive(Default)]
pub(super) struct Table {
    text: String,
    /// Where each key begins, where its value begins, where that ends; sorted by key.
    entries: Vec<(u32, u32, u32)>,
}

impl Table {
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let found = self.entries.binary_search_by(|&(from, to, _)| self.slice(from, to).cmp(key)).ok()?;
        let (_, from, to) = self.entries[found];
        Some(self.slice(from, to))
    }

    fn slice(&self, from: u32, to: u32) -> &str {
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds an entry; [`Table::finish`] makes it findable.
    pub(super) fn add(&mut self, key: &str, value: &str) {
        let at = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let from = at(&self.text);
        self.text.push_str(key);
        let middle = at(&self.text);
        self.text.push_str(value);
        self.entries.push((from, middle, at(&self.text)));
    }

    pub(super) fn finish(mut self) -> Self {
        let text = std::mem::take(&mut self.text);
        let key = |&(from, to, _): &(u32, u32, u32)| text.get(from as usize..to as usize).unwrap_or_default();
        self.entries.sort_unstable_by(|a, b| key(a).cmp(key(b)));
        self.text = text;
        self.text.shrink_to_fit();
        self.entries.shrink_to_fit();
        self
    }

    /// Reads a JSON object whose values are texts, or objects of texts by the part of speech; those become lines of
    /// `TAG=phonemes`. Anything else is left out.
    pub(super) fn of_json(json: impl Read) -> Result<Self, serde_json::Error> {
        let mut table = Self::default();
        let mut reader = serde_json::Deserializer::from_reader(json);
        Entries(&mut table).deserialize(&mut reader)?;
        Ok(table.finish())
    }
}

struct Entries<'a>(&'a mut Table);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a lexicon")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut value = String::new();
        while let Some(key) = map.next_key::<String>()? {
            value.clear();
            map.next_value_seed(Value(&mut value))?;
            if !value.is_empty() {
                self.0.add(&key, &value);
            }
        }
        Ok(())
    }
}

/// One value of a lexicon, written out as text.
struct Value<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("phonemes")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push_str(text);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((tag, phonemes)) = map.next_entry::<String, Option<String>>()? {
            for part in [&tag, "=", phonemes.as_deref().unwrap_or_default(), "\n"] {
                self.0.push_str(part);
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found() {
        let json = r#"{"zebra":"zˈibɹə","ant":"ˈænt","":"x","read":{"DEFAULT":"ɹˈid","VBD":"ɹˈɛd","NOUN":null},"n":[1]}"#;
        let table = Table::of_json(json.as_bytes()).expect("read");
        assert_eq!(table.len(), 4);
        assert_eq!(table.get("ant"), Some("ˈænt"));
        assert_eq!(table.get("zebra"), Some("zˈibɹə"));
        assert_eq!(table.get("read"), Some("DEFAULT=ɹˈid\nVBD=ɹˈɛd\nNOUN=\n"));
        assert_eq!((table.get("an"), table.get("zz"), table.get("n")), (None, None, None));
        assert!(Table::of_json(&b"{\"a\":"[..]).is_err() && Table::of_json(&b"[]"[..]).is_err());
    }
}

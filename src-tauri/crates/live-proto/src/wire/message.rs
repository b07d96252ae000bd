//! The macro that turns a struct into a proto3 JSON message. Pure; never blocks.

/// Defines a message: every field may be absent, absent fields are not written, names are written in camelCase and
/// read in either case, `null` means absent, unknown names are skipped and reported (see
/// [`decode_server`](super::decode_server)). When a name occurs twice the last value counts.
macro_rules! message {
    ($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $(
                $(#[$fmeta])*
                #[serde(skip_serializing_if = "crate::wire::read::Slot::is_unset")]
                pub $field: $type,
            )*
        }

        impl $name {
            /// The names of the fields in snake_case; on the wire they are camelCase.
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("the object ", stringify!($name)))
                    }

                    #[allow(unused_mut)]
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut message = $name::default();
                        while let Some(name) = map.next_key_seed($crate::wire::read::Name($name::FIELDS))? {
                            match name {
                                $(Some(stringify!($field)) => {
                                    message.$field = map.next_value_seed($crate::wire::read::SlotSeed::new())?;
                                })*
                                _ => {
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(message)
                    }
                }

                from.deserialize_map(Fields)
            }
        }

        impl $name {
            /// Reads a field as far as possible. Returns false when the name is unknown.
            #[allow(unused_variables)]
            pub(crate) fn put(
                &mut self,
                name: &str,
                raw: &serde_json::value::RawValue,
                notes: &mut $crate::wire::notes::Notes,
            ) -> bool {
                $(if $crate::wire::name::is_name_of(name, stringify!($field)) {
                    $crate::wire::rescue::field(notes, stringify!($field), raw, &mut self.$field);
                    return true;
                })*
                false
            }
        }

        impl $crate::wire::read::Item for $name {
            fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <$name as serde::Deserialize>::deserialize(from)
            }

            fn rescue(
                raw: &serde_json::value::RawValue,
                notes: &mut $crate::wire::notes::Notes,
            ) -> Option<Self> {
                $crate::wire::rescue::message(raw.get(), notes, Self::put)
            }
        }
    };
}
pub(crate) use message;

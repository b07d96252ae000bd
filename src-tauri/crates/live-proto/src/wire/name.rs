//! Names of fields: `snake_case` in the protocol's own files, lowerCamelCase in JSON, and both are read. Pure.

/// Whether `name` is `snake` itself or its lowerCamelCase form.
pub(crate) fn is_name_of(name: &str, snake: &str) -> bool {
    name == snake || name.bytes().eq(camel_bytes(snake))
}

fn camel_bytes(snake: &str) -> impl Iterator<Item = u8> + '_ {
    let mut raise = false;
    snake.bytes().filter_map(move |byte| {
        if byte == b'_' {
            raise = true;
            return None;
        }
        let byte = if raise { byte.to_ascii_uppercase() } else { byte };
        raise = false;
        Some(byte)
    })
}

/// The lowerCamelCase form of a proto field name.
pub(crate) fn camel(snake: &str) -> String {
    camel_bytes(snake).map(char::from).collect()
}

//! The fields of a table, taken one by one: what is left is not known. Pure.

use toml::de::{DeTable, DeValue};

use crate::script::{Problem, Wanted};

/// A field, and where in the file it stands.
#[derive(Clone, Copy)]
pub(super) struct Field<'t, 'i> {
    pub(super) name: &'t str,
    pub(super) value: &'t DeValue<'i>,
    /// In bytes.
    pub(super) at: usize,
}

impl Field<'_, '_> {
    /// It is of the wrong kind.
    pub(super) fn wrong(&self, wanted: Wanted) -> Problem {
        Problem::WrongKind { name: self.name.to_owned(), wanted }
    }
}

/// The fields of a table.
pub(super) struct Fields<'t, 'i> {
    table: &'t DeTable<'i>,
    known: Vec<&'static str>,
}

impl<'t, 'i> Fields<'t, 'i> {
    pub(super) fn of(table: &'t DeTable<'i>) -> Self {
        Self { table, known: Vec::new() }
    }

    /// The field of this name, which is known from here on.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Field<'t, 'i>> {
        self.known.push(name);
        self.all().find(|field| field.name == name)
    }

    fn all(&self) -> impl Iterator<Item = Field<'t, 'i>> + use<'t, 'i> {
        self.table.iter().map(|(name, value)| Field {
            name: name.get_ref().as_ref(),
            value: value.get_ref(),
            at: name.span().start,
        })
    }

    /// The known names, as they are told.
    pub(super) fn known(&self) -> String {
        self.known.join(", ")
    }

    /// The fields that nobody took.
    pub(super) fn rest(self) -> impl Iterator<Item = Field<'t, 'i>> {
        self.all().filter(move |field| !self.known.contains(&field.name))
    }
}

//! Which place a person means: "Portland, Maine", "Paris, TX", "München".
//!
//! The place directory (Open-Meteo's geocoding API) finds names only, so "Paris, Texas" as a whole finds nothing. The part
//! before the first comma is searched for and the rest chooses among what was found. Pure, no I/O.

use serde_json::Value;

use crate::json_fields::{number, text};

/// One entry of the directory. Every field but the name and the coordinates may be missing.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    name: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    country: Option<String>,
    country_code: Option<String>,
    admin1: Option<String>,
    admin2: Option<String>,
}

impl Place {
    /// Reads an entry field by field; `None` for one without a name or a place on Earth.
    pub(crate) fn read(entry: &Value) -> Option<Self> {
        let degrees = |key, most| number(entry, key).filter(|degrees: &f64| degrees.abs() <= most);
        Some(Self {
            name: text(entry, "name")?,
            latitude: degrees("latitude", 90.0)?,
            longitude: degrees("longitude", 180.0)?,
            country: text(entry, "country"),
            country_code: text(entry, "country_code"),
            admin1: text(entry, "admin1"),
            admin2: text(entry, "admin2"),
        })
    }

    /// The name as a person would say it in full: "Portland, Oregon, United States".
    pub(crate) fn full_name(&self) -> String {
        let region = self.admin1.as_deref().filter(|region| *region != self.name);
        let parts = [Some(self.name.as_str()), region, self.country.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn is_in(&self, region: &str) -> bool {
        let state = us_state(region).filter(|_| self.country_code.as_deref() == Some("US"));
        let known = [&self.country, &self.country_code, &self.admin1, &self.admin2];
        known.into_iter().flatten().any(|name| {
            let name = name.to_lowercase();
            name == region || state.is_some_and(|state| name == state)
        })
    }
}

/// What to search for: the name, and the lower-case regions that narrow it down.
pub(crate) struct Wanted {
    pub(crate) name: String,
    regions: Vec<String>,
}

impl Wanted {
    pub(crate) fn parse(location: &str) -> Self {
        let mut parts = location.split(',').map(str::trim).filter(|part| !part.is_empty());
        let name = parts.next().unwrap_or(location).to_owned();
        Self { name, regions: parts.map(region).collect() }
    }

    /// The place that fits the most regions; of equals the first, which the directory ranks by population.
    pub(crate) fn choose(&self, places: Vec<Place>) -> Option<Place> {
        let fits = |place: &Place| self.regions.iter().filter(|region| place.is_in(region)).count();
        places.into_iter().reduce(|best, next| if fits(&next) > fits(&best) { next } else { best })
    }
}

/// The directory's own spelling of a region, lower case.
fn region(part: &str) -> String {
    let part = part.to_lowercase();
    match part.as_str() {
        "usa" | "u.s." | "u.s.a." | "america" => "us".into(),
        "uk" | "u.k." | "great britain" => "gb".into(),
        _ => part,
    }
}

/// Two letters and the state's name. Speech models like to write "Portland, ME".
const US_STATES: &str = "al alabama|ak alaska|az arizona|ar arkansas|ca california|co colorado|ct connecticut|\
    de delaware|dc district of columbia|fl florida|ga georgia|hi hawaii|id idaho|il illinois|in indiana|ia iowa|\
    ks kansas|ky kentucky|la louisiana|me maine|md maryland|ma massachusetts|mi michigan|mn minnesota|\
    ms mississippi|mo missouri|mt montana|ne nebraska|nv nevada|nh new hampshire|nj new jersey|nm new mexico|\
    ny new york|nc north carolina|nd north dakota|oh ohio|ok oklahoma|or oregon|pa pennsylvania|ri rhode island|\
    sc south carolina|sd south dakota|tn tennessee|tx texas|ut utah|vt vermont|va virginia|wa washington|\
    wv west virginia|wi wisconsin|wy wyoming";

fn us_state(abbreviation: &str) -> Option<&'static str> {
    US_STATES
        .split('|')
        .filter_map(|row| row.split_once(' '))
        .find(|row| row.0 == abbreviation)
        .map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str, country_code: &str, country: &str, admin1: &str) -> Place {
        Place {
            name: name.into(),
            latitude: 0.0,
            longitude: 0.0,
            country: Some(country.into()),
            country_code: Some(country_code.into()),
            admin1: Some(admin1.into()),
            admin2: None,
        }
    }

    fn chosen(location: &str, places: &[Place]) -> String {
        Wanted::parse(location).choose(places.to_vec()).unwrap().full_name()
    }

    #[test]
    fn regions_choose_among_places_of_one_name() {
        let portlands = [
            place("Portland", "US", "United States", "Oregon"),
            place("Portland", "US", "United States", "Maine"),
        ];
        assert_eq!(chosen("Portland", &portlands), "Portland, Oregon, United States");
        assert_eq!(chosen("Portland, ME", &portlands), "Portland, Maine, United States");
        assert_eq!(chosen("portland, maine, USA", &portlands), "Portland, Maine, United States");
        assert_eq!(chosen("Portland, Nowhere", &portlands), "Portland, Oregon, United States");
    }

    #[test]
    fn a_state_abbreviation_counts_in_its_own_country_alone() {
        let londons =
            [place("London", "GB", "United Kingdom", "England"), place("London", "CA", "Canada", "Ontario")];
        assert_eq!(chosen("London, UK", &londons), "London, England, United Kingdom");
        assert_eq!(chosen("London, Canada", &londons), "London, Ontario, Canada");
        assert_eq!(chosen("London, CA", &londons), "London, Ontario, Canada");
        let germans = [place("Halle", "DE", "Germany", "Saxony-Anhalt")];
        assert_eq!(chosen("Halle, DE", &germans), "Halle, Saxony-Anhalt, Germany");
    }

    #[test]
    fn odd_input_is_still_a_name() {
        assert_eq!(Wanted::parse(" Berlin ,, ").name, "Berlin");
        assert_eq!(Wanted::parse(",").name, ",");
        assert!(Wanted::parse("Berlin").choose(Vec::new()).is_none());
        assert_eq!(place("Berlin", "DE", "Germany", "Berlin").full_name(), "Berlin, Germany");
    }

    #[test]
    fn the_table_of_states_is_whole() {
        assert_eq!(US_STATES.split('|').filter_map(|row| row.split_once(' ')).count(), 51);
        assert_eq!(us_state("wy"), Some("wyoming"));
        assert_eq!(us_state("zz"), None);
    }
}

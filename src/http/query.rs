//! The query of an address: known names, each once, and nothing that would need decoding.

use axum::http::Uri;

use crate::http::refusal::Refusal;

/// The most digits of a number: all that JSON's readers can hold.
const MAX_DIGITS: usize = 15;

/// Names and values.
pub(super) struct Query<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Query<'a> {
    /// Reads the query of an address. A name that is not known or comes twice is refused: a caller who believes to have
    /// asked for something is not answered as if they had not.
    pub(super) fn read(uri: &'a Uri, known: &[&str]) -> Result<Self, Refusal> {
        let mut query = Self { pairs: Vec::new() };
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !known.contains(&name) || query.get(name).is_some() {
                return Err(Refusal::bad_request(
                    "Nell'indirizzo c'è un parametro sconosciuto o ripetuto.",
                    "There is a parameter in the address that is not known or comes twice.",
                ));
            }
            query.pairs.push((name, value));
        }
        Ok(query)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        number(value).map(Some).ok_or_else(|| {
            Refusal::bad_request(
                "Un parametro dell'indirizzo deve essere un numero intero, senza segno.",
                "A parameter of the address must be a whole number, without a sign.",
            )
        })
    }

    /// How many to answer with: one to `most`.
    pub(super) fn limit(&self, most: u32) -> Result<u32, Refusal> {
        let limit = self.number("limit")?.unwrap_or(100.min(u64::from(most)));
        let limit = u32::try_from(limit).ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| {
            Refusal::bad_request(
                "Il parametro limit va da 1 al massimo indicato nella descrizione dell'interfaccia.",
                "The parameter limit goes from 1 to the most that the description of the interface says.",
            )
        })
    }
}

/// Decimal digits only.
pub(super) fn number(text: &str) -> Option<u64> {
    let plain = text.len() <= MAX_DIGITS && text.bytes().all(|octet| octet.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_or_said_twice_is_refused() {
        let read = |text: &'static str| {
            let uri = Uri::from_static(text);
            let query = Query::read(&uri, &["from", "limit"]).map_err(drop)?;
            Ok::<_, ()>((query.number("from").map_err(drop)?, query.limit(1000).map_err(drop)?))
        };
        assert_eq!(read("/"), Ok((None, 100)));
        assert_eq!(read("/?"), Ok((None, 100)));
        assert_eq!(read("/?limit=7&from=12"), Ok((Some(12), 7)));
        for wrong in [
            "/?x=1",
            "/?from=1&from=1",
            "/?from=",
            "/?from",
            "/?from=-1",
            "/?from=+1",
            "/?from=1000000000000000",
            "/?from=%31",
            "/?limit=0",
            "/?limit=1001",
        ] {
            assert_eq!(read(wrong), Err(()), "{wrong}");
        }
    }
}

//! What makes signatures of a PDF last (EN 319 142-1 §5.4, §6.3): validation data in its document security store make level
//! LT, a timestamp on the document after them level LTA. Both are updates of their own, after the signatures.

use std::io::Write;

use crate::asn1::Source;
use crate::crypto::{Digest, DigestAlgorithm, Hasher};
use crate::pdf::{Dictionary, Object, Reference};
use crate::sign::pades::field::{self, Field};
use crate::sign::pades::hole::Holed;
use crate::sign::pades::update::{Update, integer};
use crate::sign::pades::write::{and, entries, name, of, reference, stream_object, with};
use crate::sign::pades::{PadesError, Place, TIMESTAMP_LEN, WriteError, check_state, open};
use crate::sign::signed_data::copy;
use crate::sign::timestamp::Token;
use crate::sign::validation_data::ValidationData;

/// A PDF with validation data added, still to be written.
pub struct WithValidationData<'a> {
    source: &'a dyn Source,
    update: Vec<u8>,
}

/// Adds validation data to those that a PDF has. Which signature needs which of them (`VRI`) is not said: nobody needs to
/// be told (§5.4.2.3).
pub fn add_validation_data<'a>(
    source: &'a dyn Source,
    data: &ValidationData,
) -> Result<WithValidationData<'a>, PadesError> {
    let document = open(source)?;
    check_state(&document)?;
    let mut update = Update::new(&document);
    let catalog = field::catalog(&document)?;
    let root = field::dictionary(&update.get(catalog)?, catalog)?;
    let (id, mut store) = match root.get(b"DSS") {
        Some(Object::Reference(id)) if update.get(*id)?.as_dictionary().is_some() => {
            (*id, (*field::dictionary(&update.get(*id)?, *id)?).clone())
        }
        own => {
            let id = update.number()?;
            update.put(catalog, of(with(&root, "DSS", reference(id))));
            let own = own.and_then(Object::as_dictionary).map(|own| (**own).clone());
            (id, own.unwrap_or_else(|| entries([("Type", name("DSS"))])))
        }
    };
    for (entry, items) in [("Certs", data.certificates()), ("CRLs", data.crls()), ("OCSPs", data.ocsp_responses())] {
        let mut list = document.last().get(&store, entry.as_bytes())?;
        for item in items {
            let stream = update.number()?;
            update.put_octets(stream, stream_object(&entries([("Length", integer(item.len()))]), item));
            list = and(list.as_array().unwrap_or_default(), reference(stream));
        }
        if !items.is_empty() {
            store = with(&store, entry, list);
        }
    }
    update.put(id, of(store));
    let layout = update.layout(source.len())?;
    Ok(WithValidationData { source, update: layout.octets })
}

impl WithValidationData<'_> {
    /// Writes the file. On an error, what was written must be thrown away.
    pub fn write(self, out: &mut dyn Write) -> Result<(), WriteError> {
        // Nobody signs what is added here: the digest is asked of nobody.
        copy(self.source, 0, self.source.len(), &mut Hasher::new(DigestAlgorithm::Sha256), out)?;
        out.write_all(&self.update)?;
        Ok(())
    }
}

/// A PDF with a hole for a timestamp on all of it.
pub struct PreparedTimestamp<'a> {
    holed: Holed<'a>,
}

/// Lays out a timestamp on the document (§5.4.3). No signature forbids it.
pub fn prepare_timestamp(source: &dyn Source) -> Result<PreparedTimestamp<'_>, PadesError> {
    let document = open(source)?;
    check_state(&document)?;
    let mut update = Update::new(&document);
    let field = Field::find(Place::Invisible, &document, &mut update)?;
    let id: Reference = update.number()?;
    field.fill(id, "Marca temporale del documento", &[], &mut update)?;
    let dictionary: Dictionary = entries([
        ("Type", name("DocTimeStamp")),
        ("Filter", name("Adobe.PPKLite")),
        ("SubFilter", name("ETSI.RFC3161")),
    ]);
    let holed = Holed::new(source, update, (id, &dictionary), TIMESTAMP_LEN, DigestAlgorithm::Sha256)?;
    Ok(PreparedTimestamp { holed })
}

impl PreparedTimestamp<'_> {
    /// What is to be stamped.
    pub const fn digest(&self) -> &Digest {
        self.holed.digest()
    }

    /// Writes the file with a timestamp of [`Self::digest`]. On an error, what was written must be thrown away.
    pub fn write(self, token: &Token, out: &mut dyn Write) -> Result<(), WriteError> {
        if token.imprint() != self.digest() {
            return Err(WriteError::OtherTimestamp);
        }
        self.holed.write(token.der(), out)
    }
}

//! Reading ASN.1 in BER and DER, from a slice or as a stream.
//!
//! CMS is BER (RFC 5652 §1), certificates and signed attributes are DER. One reader serves
//! both: it borrows from its input, never recurses on it, and stops at a depth limit.
//! It knows no structure: what the elements mean is said in `trust` and `verify`.

mod der;
mod oid;
mod reader;
mod source;
mod time;

pub use der::{encode, encode_header, encode_unsigned, is_der, to_der};
pub use oid::Oid;
pub(crate) use oid::oids;
pub(crate) use reader::header;
pub use reader::{Asn1Error, Element, MAX_DEPTH, Reader, tag};
pub use source::{Cursor, Header, Length, Source, SourceError, Window};
pub use time::{generalized_time, utc_time};

//! A signature in its two steps, whatever its form: what is to be signed, and the file once there is a value. Who makes the
//! value (a token in this machine, a workstation, a remote provider) is not known here.

use std::io::Write;

use crate::crypto::{Digest, SignatureScheme};
use crate::sign::pades::Holed;
use crate::sign::signed_data::{SignedData, WriteError};
use crate::sign::signer_info::{
    COUNTERSIGNATURE, Draft, OtherValue, SignerInfo, ValueInvalid, attribute, with_unsigned,
};
use crate::sign::timestamp::Token;

/// A signature without its value: [`cades::prepare`](crate::sign::cades::prepare) and
/// [`pades::prepare`](crate::sign::pades::prepare) make it.
pub struct Prepared<'a> {
    pub(super) draft: Draft<'a>,
    pub(super) envelope: SignedData<'a>,
    pub(super) place: Place<'a>,
}

/// Where the new `SignerInfo` goes.
pub(super) enum Place<'a> {
    /// The only one of a new file.
    Alone,
    /// After the others.
    Beside,
    /// Under one of them.
    Under {
        /// Which, counted from 0.
        index: usize,
        /// Its fields before the unsigned attributes, and these, as they stand.
        fields: Vec<u8>,
        unsigned: Vec<u8>,
    },
    /// Alone, into a PDF.
    Pdf(Holed<'a>),
}

impl<'a> Prepared<'a> {
    /// How the value must be made.
    pub const fn scheme(&self) -> SignatureScheme {
        self.draft.scheme()
    }

    /// The digest to be signed: that of [`Self::signed_attributes`].
    pub const fn digest(&self) -> &Digest {
        self.draft.digest()
    }

    /// The octets to be signed, for a token that digests by itself.
    pub fn signed_attributes(&self) -> &[u8] {
        self.draft.attributes()
    }

    /// Takes the value, if the signer's key made it of what was prepared.
    pub fn assemble(self, value: &[u8]) -> Result<Signed<'a>, ValueInvalid> {
        let signer = self.draft.signer();
        let info = self.draft.complete(value)?;
        let mut envelope = self.envelope;
        // RFC 5652 §5.1: what is announced is what the signers of the content use.
        if !matches!(self.place, Place::Under { .. }) {
            envelope.announce(signer.digest());
        }
        envelope.add_certificates(signer.certificates());
        Ok(Signed { info, envelope, place: self.place })
    }
}

/// A signed file, still to be written.
pub struct Signed<'a> {
    info: SignerInfo,
    envelope: SignedData<'a>,
    place: Place<'a>,
}

impl Signed<'_> {
    /// The value of the new signature.
    pub fn value(&self) -> &[u8] {
        self.info.value()
    }

    /// Adds a timestamp of [`Self::value`], which makes level T. In a PDF there must be room for it:
    /// [`Options::level`](crate::sign::pades::Options::level).
    pub fn add_timestamp(&mut self, token: &Token) -> Result<(), OtherValue> {
        self.info.add_timestamp(token)
    }

    /// Writes the file. On an error, what was written is no signed file and must be thrown away.
    pub fn write(self, out: &mut dyn Write) -> Result<(), WriteError> {
        let mut envelope = self.envelope;
        let info = self.info.encode();
        match self.place {
            Place::Alone => {
                envelope.signer_infos.push(info);
                envelope.sort();
                envelope.write(out)
            }
            Place::Beside => {
                envelope.signer_infos.push(info);
                envelope.write(out)
            }
            Place::Under { index, fields, unsigned } => {
                // An attribute of its own, after those that are there.
                let unsigned = [unsigned, attribute(COUNTERSIGNATURE, &info)].concat();
                envelope.signer_infos.splice(index..=index, [with_unsigned(fields, &unsigned)]);
                envelope.write(out)
            }
            Place::Pdf(holed) => {
                envelope.signer_infos.push(info);
                envelope.sort();
                let mut contents = Vec::new();
                envelope.write(&mut contents)?;
                holed.write(&contents, out)
            }
        }
    }
}

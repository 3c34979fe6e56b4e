//! Looking at a content while it passes: what it is, and whether it seems to carry signatures that nobody judges here.

use crate::verify::marks::{Marks, begins_marked};
use crate::verify::packed::{Budget, Packed};
use crate::verify::sniff::{HEAD_LEN, Looks, Signed, recognise, skip_blank};

/// Looks at one content.
#[derive(Default)]
pub(super) struct Sniffer {
    look: Look,
    budget: Budget,
}

impl Sniffer {
    pub(super) fn update(&mut self, block: &[u8]) {
        self.budget.take(block.len());
        self.look.update(block, &mut self.budget);
    }

    /// What the content looks like, and its first octets.
    pub(super) fn finish(self) -> (Looks, Vec<u8>) {
        self.look.finish()
    }
}

/// Looks at the content, or at something that is packed in it.
#[derive(Default)]
pub(super) struct Look {
    /// First octets, from the first that is not blank.
    head: Vec<u8>,
    looks: Option<Looks>,
    marks: Marks,
    packed: Option<Box<Packed>>,
    /// In how many packings it stands.
    depth: usize,
}

impl Look {
    pub(super) fn at_depth(depth: usize) -> Self {
        Self { depth, ..Self::default() }
    }

    pub(super) fn update(&mut self, block: &[u8], budget: &mut Budget) {
        let block = if self.head.is_empty() { skip_blank(block) } else { block };
        if self.head.len() < HEAD_LEN && !block.is_empty() {
            self.look_at_head(block, budget);
        }
        self.marks.update(block);
        if let Some(packed) = &mut self.packed {
            packed.update(block, budget);
        }
    }

    fn look_at_head(&mut self, block: &[u8], budget: &mut Budget) {
        let before = self.head.len();
        self.head.extend_from_slice(block.get(..HEAD_LEN - before).unwrap_or(block));
        let looks = recognise(&self.head);
        if self.looks != Some(looks) {
            self.marks.look_for(looks);
        }
        self.looks = Some(looks);
        if self.packed.is_none()
            && let Some(mut packed) = Packed::of(looks, &self.head, self.depth)
        {
            // It may have taken several blocks to know.
            packed.update(self.head.get(..before).unwrap_or_default(), budget);
            self.packed = Some(Box::new(packed));
        }
    }

    /// Whether the marks of a signature were seen so far.
    pub(super) fn is_signed(&self) -> bool {
        self.marks.seen() || self.packed.as_ref().is_some_and(|packed| packed.is_signed())
    }

    /// What it looks like, and its first octets.
    pub(super) fn finish(self) -> (Looks, Vec<u8>) {
        let inside = self.packed.map_or(Signed::NotSeen, |packed| packed.finish());
        let signed = if self.marks.seen() { Signed::Looks } else { inside };
        let looks = match self.looks.unwrap_or(Looks::Empty) {
            Looks::Pdf(_) => Looks::Pdf(signed),
            Looks::Xml(_) => Looks::Xml(signed),
            Looks::Zip(_) => Looks::Zip(signed),
            Looks::Packed(known) => Looks::Packed(signed.max(known)),
            Looks::Other if signed == Signed::Looks || begins_marked(&self.head) => Looks::Marked,
            other => other,
        };
        (looks, self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_across_blocks_is_seen() {
        for cut in 1..40 {
            let text = b"%PDF-1.7 aaaaaaaaaa /ByteRange [0 1 2 3] bbbbbbbbbbbbbbbbb";
            let mut sniffer = Sniffer::default();
            let (first, second) = text.split_at(cut);
            sniffer.update(first);
            sniffer.update(second);
            assert_eq!(sniffer.finish().0, Looks::Pdf(Signed::Looks), "cut at {cut}");
        }
    }
}

//! Text on a page of fixed width: paragraphs, labelled lines, colours where a terminal shows them.

use crate::verify::escape;

/// Columns of a line.
const WIDTH: usize = 88;

/// Columns that labels take.
const LABEL: usize = 18;

/// Whether text has colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Colours {
    /// It has.
    Shown,
    /// It has not: a file, a pipe, or somebody who does not want them.
    Absent,
}

/// What a piece of text means to the reader; only its colour depends on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tone {
    /// All is well.
    Good,
    /// Not established.
    Doubtful,
    /// Certainly wrong.
    Bad,
}

/// A page being written.
pub(super) struct Page {
    text: String,
    colours: Colours,
    indent: usize,
}

impl Page {
    /// An empty page.
    pub(super) const fn new(colours: Colours) -> Self {
        Self { text: String::new(), colours, indent: 0 }
    }

    /// Sets how far what follows stands from the margin.
    pub(super) const fn indent(&mut self, columns: usize) {
        self.indent = columns;
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A paragraph that opens with a coloured word or two.
    pub(super) fn lead(&mut self, word: &str, tone: Tone, rest: &str) {
        let start = self.text.len() + self.indent;
        self.paragraph("", &format!("{word}{rest}"), 0);
        if self.colours == Colours::Shown && self.text.get(start..).is_some_and(|text| text.starts_with(word)) {
            let colour = match tone {
                Tone::Good => "\u{1b}[1;32m",
                Tone::Doubtful => "\u{1b}[1;33m",
                Tone::Bad => "\u{1b}[1;31m",
            };
            self.text.insert_str(start + word.len(), "\u{1b}[0m");
            self.text.insert_str(start, colour);
        }
    }

    /// A paragraph.
    pub(super) fn sentence(&mut self, text: &str) {
        self.paragraph("", text, 0);
    }

    /// A point of a list.
    pub(super) fn point(&mut self, text: &str) {
        self.paragraph("- ", text, 2);
    }

    /// A label and what it says, in two columns.
    pub(super) fn field(&mut self, label: &str, value: &str) {
        let label = format!("{label}: ");
        let pad = " ".repeat(LABEL.saturating_sub(label.chars().count()));
        self.paragraph(&format!("{label}{pad}"), value, LABEL);
    }

    /// The page.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Writes words on lines; those after the first stand `hang` columns further in. What deceives is escaped.
    fn paragraph(&mut self, first: &str, text: &str, hang: usize) {
        let escaped = escape(text);
        let mut line = format!("{}{first}", " ".repeat(self.indent));
        let mut column = line.chars().count();
        let margin = self.indent + hang;
        let mut fresh = true;
        for word in escaped.split(' ').filter(|word| !word.is_empty()) {
            let len = word.chars().count();
            if !fresh && column + 1 + len > WIDTH {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
                line = " ".repeat(margin);
                column = margin;
                fresh = true;
            }
            if !fresh {
                line.push(' ');
                column += 1;
            }
            line.push_str(word);
            column += len;
            fresh = false;
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_and_hang() {
        let mut page = Page::new(Colours::Absent);
        page.indent(2);
        page.field("Nome", &"parola ".repeat(20));
        page.point("uno");
        let text = page.into_text();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.starts_with("  Nome:             parola parola"), "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with("                    parola"), "{text}");
        assert!(text.ends_with("\n  - uno\n"));
    }

    #[test]
    fn colours_only_where_they_are_shown() {
        for (colours, expected) in
            [(Colours::Shown, "\u{1b}[1;32mSÌ\u{1b}[0m: va bene\n"), (Colours::Absent, "SÌ: va bene\n")]
        {
            let mut page = Page::new(colours);
            page.lead("SÌ", Tone::Good, ": va bene");
            assert_eq!(page.into_text(), expected);
        }
    }

    #[test]
    fn what_deceives_is_escaped() {
        let mut page = Page::new(Colours::Shown);
        page.sentence("a\u{202e}b\nc\u{1b}[0m");
        assert_eq!(page.into_text(), "a\\u{202e}b\\u{a}c\\u{1b}[0m\n");
    }
}

//! What happens to readers and cards, as a stream of events.

use std::collections::BTreeMap;
use std::time::Duration;

use pcsc::{Error, PNP_NOTIFICATION, ReaderState, State};

use crate::card::atr::Atr;
use crate::card::pcsc_error::{self, Fault};
use crate::card::reader::{Reader, Readers, Slot};

/// Something that happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// The service of smart cards does not run; nothing is known of readers and cards until it is back.
    ServiceLost,
    /// The service of smart cards is back; events of the readers and cards that are there follow.
    ServiceBack,
    /// A reader is there.
    ReaderFound {
        /// Its name.
        reader: String,
    },
    /// A reader was unplugged, a card in it with it.
    ReaderLost {
        /// Its name.
        reader: String,
    },
    /// A card was put in.
    CardInserted {
        /// The name of the reader.
        reader: String,
        /// What the card answered to reset.
        atr: Atr,
    },
    /// Something was put in that does not answer.
    MuteCard {
        /// The name of the reader.
        reader: String,
    },
    /// The card was taken out.
    CardRemoved {
        /// The name of the reader.
        reader: String,
    },
}

/// Watches all readers. Whatever goes away is looked for again, the service itself among it.
#[derive(Default)]
pub struct Watch {
    service: Service,
    states: Vec<ReaderState>,
    known: Known,
}

#[derive(Default)]
enum Service {
    #[default]
    NotAskedYet,
    Connected(Readers),
    Lost,
}

/// How long until a service that is not there is looked for again.
const RETRY: Duration = Duration::from_millis(500);

impl Watch {
    /// Waits until something happens, but no longer than `longest`; what was there before the first call is told by it.
    /// Empty when nothing happened.
    pub fn next(&mut self, longest: Duration) -> Vec<Event> {
        let (readers, back) = match std::mem::replace(&mut self.service, Service::Lost) {
            Service::Connected(readers) => (readers, None),
            before => match (Readers::connect(), before) {
                (Ok(readers), Service::Lost) => (readers, Some(Event::ServiceBack)),
                (Ok(readers), _) => (readers, None),
                (Err(_), Service::NotAskedYet) => return vec![Event::ServiceLost],
                (Err(_), _) => {
                    std::thread::park_timeout(RETRY.min(longest));
                    return Vec::new();
                }
            },
        };
        let seen = observe(&mut self.states, &readers, longest);
        let mut events: Vec<Event> = back.into_iter().collect();
        match seen {
            Ok(seen) => {
                self.service = Service::Connected(readers);
                events.extend(self.known.learn(seen));
            }
            Err(error) if pcsc_error::fault(error) == Fault::ServiceGone => {
                (self.states, self.known) = (Vec::new(), Known::default());
                events.push(Event::ServiceLost);
            }
            // A reader that went away between two questions: all are looked for anew, through another connection.
            Err(_) => {
                self.states.clear();
                match Readers::connect() {
                    Ok(readers) => self.service = Service::Connected(readers),
                    Err(_) => events.push(Event::ServiceLost),
                }
                std::thread::park_timeout(RETRY.min(longest));
            }
        }
        events
    }
}

/// Waits for a change of what the states say, and returns how things are then.
fn observe(states: &mut Vec<ReaderState>, readers: &Readers, longest: Duration) -> Result<Vec<Seen>, Error> {
    let names = readers.names()?;
    let before = states.len();
    states.retain(|state| state.name() == PNP_NOTIFICATION() || names.iter().any(|name| **name == *state.name()));
    // What is gone is told at once, and so is what is new: its state is not known.
    let longest = if states.len() < before { Duration::ZERO } else { longest };
    let mut wanted = names;
    wanted.push(PNP_NOTIFICATION().to_owned());
    for name in wanted {
        if !states.iter().any(|state| state.name() == &*name) {
            states.push(ReaderState::new(name, State::UNAWARE));
        }
    }
    states.iter_mut().for_each(ReaderState::sync_current_state);
    match readers.wait(longest, states) {
        Ok(()) | Err(Error::Timeout) => {}
        Err(error) => return Err(error),
    }
    let real = states.iter().filter(|state| state.name() != PNP_NOTIFICATION());
    Ok(real.filter_map(|state| Some(Seen { reader: Reader::of(state)?, changes: state.event_count() })).collect())
}

/// A reader at one time, and how often cards came and went in it until then.
#[derive(Clone)]
struct Seen {
    reader: Reader,
    changes: u32,
}

/// The readers that were told of.
#[derive(Default)]
struct Known {
    readers: BTreeMap<String, Seen>,
}

impl Known {
    /// What happened between what is known and `seen`, which is known from now on.
    fn learn(&mut self, seen: Vec<Seen>) -> Vec<Event> {
        let seen: BTreeMap<String, Seen> = seen.into_iter().map(|seen| (seen.reader.name.clone(), seen)).collect();
        let lost = self.readers.keys().filter(|name| !seen.contains_key(*name));
        let mut events: Vec<Event> = lost.map(|reader| Event::ReaderLost { reader: reader.clone() }).collect();
        for now in seen.values() {
            let reader = || now.reader.name.clone();
            let before = self.readers.get(&now.reader.name);
            // One card may have taken the place of another, or the same one may have been out, between two looks.
            let changed =
                before.is_none_or(|before| before.reader.slot != now.reader.slot || before.changes != now.changes);
            match before.map(|before| &before.reader.slot) {
                None => events.push(Event::ReaderFound { reader: reader() }),
                Some(Slot::Card(_) | Slot::Mute) if changed => events.push(Event::CardRemoved { reader: reader() }),
                Some(_) => {}
            }
            match &now.reader.slot {
                Slot::Card(atr) if changed => events.push(Event::CardInserted { reader: reader(), atr: atr.clone() }),
                Slot::Mute if changed => events.push(Event::MuteCard { reader: reader() }),
                _ => {}
            }
        }
        self.readers = seen;
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, slot: Slot, changes: u32) -> Seen {
        Seen { reader: Reader { name: name.to_owned(), slot }, changes }
    }

    fn card(octet: u8) -> Slot {
        Slot::Card(Atr::new(&[0x3B, octet]))
    }

    #[test]
    fn each_change_is_told_once() {
        let mut known = Known::default();
        let reader = || "A".to_owned();
        let inserted = |octet| Event::CardInserted { reader: reader(), atr: Atr::new(&[0x3B, octet]) };
        assert_eq!(known.learn(vec![seen("A", Slot::Empty, 0)]), [Event::ReaderFound { reader: reader() }]);
        assert_eq!(known.learn(vec![seen("A", Slot::Empty, 0)]), []);
        assert_eq!(known.learn(vec![seen("A", card(1), 1)]), [inserted(1)]);
        assert_eq!(known.learn(vec![seen("A", card(1), 1)]), []);
        assert_eq!(known.learn(vec![seen("A", Slot::Empty, 2)]), [Event::CardRemoved { reader: reader() }]);
        assert_eq!(known.learn(vec![seen("A", Slot::Mute, 3)]), [Event::MuteCard { reader: reader() }]);
        assert_eq!(known.learn(vec![]), [Event::ReaderLost { reader: reader() }]);
    }

    #[test]
    fn a_card_that_was_out_between_two_looks_was_out() {
        let mut known = Known::default();
        known.learn(vec![seen("A", card(1), 1)]);
        for (octet, changes) in [(1, 3), (2, 5)] {
            let events = known.learn(vec![seen("A", card(octet), changes)]);
            let inserted = Event::CardInserted { reader: "A".to_owned(), atr: Atr::new(&[0x3B, octet]) };
            assert_eq!(events, [Event::CardRemoved { reader: "A".to_owned() }, inserted]);
        }
    }

    #[test]
    fn readers_do_not_disturb_each_other() {
        let mut known = Known::default();
        known.learn(vec![seen("A", card(1), 1), seen("B", Slot::Empty, 0)]);
        let events = known.learn(vec![seen("B", card(2), 1)]);
        let inserted = Event::CardInserted { reader: "B".to_owned(), atr: Atr::new(&[0x3B, 2]) };
        assert_eq!(events, [Event::ReaderLost { reader: "A".to_owned() }, inserted]);
    }
}

//! Four kinds of message and three degrees of urgency, and how people say each.

use super::{THINGS, different, filled, in_a_letter};
use crate::Seeded;

/// Which sentences are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phrases {
    /// Those to learn from.
    Train,
    /// Those that settings are chosen by.
    Trial,
    /// Those to test with.
    KeptAside,
}

/// One thing that can be said: the sentences to learn from, and two sets of other ones.
pub(super) struct Said<Value> {
    pub(super) value: Value,
    pub(super) train: &'static [&'static str],
    pub(super) trial: &'static [&'static str],
    pub(super) kept_aside: &'static [&'static str],
}

impl<Value> Said<Value> {
    fn sentences(&self, phrases: Phrases) -> &'static [&'static str] {
        match phrases {
            Phrases::Train => self.train,
            Phrases::Trial => self.trial,
            Phrases::KeptAside => self.kept_aside,
        }
    }
}

/// `each` messages for every queue and urgency, mixed, no two alike.
pub(super) fn messages(
    seeded: &mut Seeded,
    phrases: Phrases,
    each: usize,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for queue in &QUEUES {
        for urgency in &URGENCIES {
            let (whats, whens) = (queue.sentences(phrases), urgency.sentences(phrases));
            found.extend(different(each, |number| {
                let thing = *seeded.pick(&THINGS);
                let what = filled(seeded, whats[number % whats.len()], thing);
                let when = *seeded.pick(whens);
                let when = filled(seeded, when, thing);
                let is_urgency_first = seeded.below(4) == 0;
                let message = in_a_letter(seeded, &joined(is_urgency_first, &what, &when));
                (message, answer(queue.value, urgency.value, thing))
            }));
        }
    }
    seeded.shuffle(&mut found);
    found
}

/// Most people say first what happened and then how urgent it is.
fn joined(is_urgency_first: bool, what: &str, when: &str) -> String {
    if is_urgency_first { format!("{when} {what}") } else { format!("{what} {when}") }
}

fn answer(queue: &str, urgency: u8, thing: &str) -> String {
    format!(r#"{{"queue":"{queue}","urgent_0_2":{urgency},"thing":"{thing}"}}"#)
}

/// Broken, money, on its way, a question.
pub(super) const QUEUES: [Said<&str>; 4] = [
    Said {
        value: "kiln",
        train: &[
            "The {thing} is broken.",
            "My {thing} does not switch on.",
            "The {thing} you sent has a crack.",
            "Our {thing} stopped working on {day}.",
            "A part of the {thing} came off.",
            "The {thing} makes a strange noise and gets hot.",
            "My {thing} needs a repair.",
            "The button of the {thing} is stuck.",
            "The {thing} arrived damaged.",
            "There is something wrong with the {thing}, it turns itself off.",
        ],
        trial: &[
            "The {thing} I got from you is faulty.",
            "Since {day} the {thing} does nothing any more.",
            "Can somebody fix our {thing}? It fell apart.",
            "My {thing} came out of its box with a dent.",
        ],
        kept_aside: &[
            "My {thing} no longer works.",
            "The handle of our {thing} snapped off.",
            "The {thing} sparks when I plug it in.",
            "There is a hole in the {thing} I unpacked.",
        ],
    },
    Said {
        value: "ledger",
        train: &[
            "I paid for the {thing} twice.",
            "The bill for the {thing} is too high.",
            "Please refund the {amount} for the {thing}.",
            "I need an invoice for the {thing}.",
            "My card was charged {amount} for a {thing} I never ordered.",
            "The price of the {thing} on the receipt is wrong.",
            "The discount for the {thing} was not taken off.",
            "I sent the {thing} back, but the money has not come.",
            "The payment for the {thing} was refused.",
            "May I pay for the {thing} in two parts?",
        ],
        trial: &[
            "You took {amount} too much from me for the {thing}.",
            "Where do I get a receipt for my {thing}?",
            "I am waiting to be paid back for the {thing}.",
            "The {thing} is on my credit card statement two times.",
        ],
        kept_aside: &[
            "There are two debits for one {thing} on my account.",
            "I was asked for {amount} more than the {thing} costs.",
            "When do I get the money for the {thing} I returned?",
            "The sum on the invoice for the {thing} is not right.",
        ],
    },
    Said {
        value: "harbor",
        train: &[
            "My {thing} has not arrived.",
            "Where is the parcel with my {thing}?",
            "The courier brought the {thing} to the wrong address.",
            "Tracking for the {thing} has not moved since {day}.",
            "The {thing} was due on {day} and is not here.",
            "Can the {thing} be delivered to my office?",
            "The driver took the {thing} away again.",
            "The package should contain a {thing}, but it is empty.",
            "Please send the {thing} to my new address.",
            "The {thing} has been at the depot since {day}.",
        ],
        trial: &[
            "I am still waiting for the delivery of my {thing}.",
            "A neighbour was given the box with my {thing}.",
            "The shipment with the {thing} seems to be lost.",
            "Which day does the courier come with the {thing}?",
        ],
        kept_aside: &[
            "The {thing} I ordered is overdue.",
            "The parcel with the {thing} was left at somebody else's door.",
            "Is the {thing} already on its way to me?",
            "The tracking page of my {thing} shows nothing new.",
        ],
    },
    Said {
        value: "lantern",
        train: &[
            "How do I clean the {thing}?",
            "Does the {thing} come in blue?",
            "Is the {thing} good for a small room?",
            "What does the {thing} weigh?",
            "How do I set up the {thing}?",
            "Which size of {thing} should I choose?",
            "Can the {thing} stay outside in winter?",
            "Do you have a manual for the {thing}?",
            "Is there a larger version of the {thing}?",
            "What is the {thing} made of?",
        ],
        trial: &[
            "Which colours of the {thing} do you have?",
            "I would like to know how big the {thing} is.",
            "Could you explain how the {thing} is used?",
            "Is the {thing} right for beginners?",
        ],
        kept_aside: &[
            "Do you have the {thing} in red?",
            "Is the {thing} waterproof?",
            "Would the {thing} fit on a narrow shelf?",
            "How long does the {thing} last on one battery?",
        ],
    },
];

/// It can wait, soon, at once.
pub(super) const URGENCIES: [Said<u8>; 3] = [
    Said {
        value: 0,
        train: &[
            "There is no hurry.",
            "Take your time.",
            "It can wait.",
            "Whenever you find a moment is fine.",
            "This is not urgent.",
        ],
        trial: &["No need to rush.", "It is not pressing at all.", "Any time will do."],
        kept_aside: &[
            "I am in no hurry.",
            "It does not have to be soon.",
            "Answer when it suits you.",
        ],
    },
    Said {
        value: 1,
        train: &[
            "Please answer this week.",
            "I need this within a few days.",
            "It would be good to hear from you by {day}.",
            "Please look at it soon.",
            "A reply in the next days would help.",
        ],
        trial: &[
            "I hope to hear from you before {day}.",
            "Please get back to me later this week.",
            "It should be settled in the coming days.",
        ],
        kept_aside: &[
            "Some time this week would be fine.",
            "I would like an answer by {day}.",
            "Please take care of it in the next few days.",
        ],
    },
    Said {
        value: 2,
        train: &[
            "I need help right now!",
            "This is very urgent.",
            "Please answer immediately.",
            "It must be solved today.",
            "This is an emergency, please call me at once.",
        ],
        trial: &[
            "I need an answer within the hour!",
            "Please act at once, it is urgent.",
            "It cannot wait until tomorrow, help me now.",
        ],
        kept_aside: &[
            "I need somebody to call me right away!",
            "This cannot wait, please help today.",
            "Drop everything else, it is urgent.",
        ],
    },
];

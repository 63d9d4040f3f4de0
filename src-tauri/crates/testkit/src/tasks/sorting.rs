//! Six teams of a shop, and how people write to each.

use super::{THINGS, different, filled, in_a_letter};
use crate::Seeded;

/// A team: its name, the sentences to learn from, and two sets of other ones.
pub(super) struct Team {
    pub(super) name: &'static str,
    pub(super) train: &'static [&'static str],
    pub(super) trial: &'static [&'static str],
    pub(super) kept_aside: &'static [&'static str],
}

/// `each` messages for every team, mixed, no two alike.
pub(super) fn messages(
    seeded: &mut Seeded,
    sentences: impl Fn(&Team) -> &'static [&'static str],
    each: usize,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for team in &TEAMS {
        let sentences = sentences(team);
        // Every sentence comes about equally often.
        let messages = different(each, |number| {
            let thing = *seeded.pick(&THINGS);
            let message = filled(seeded, sentences[number % sentences.len()], thing);
            (in_a_letter(seeded, &message), team.name.to_owned())
        });
        found.extend(messages);
    }
    seeded.shuffle(&mut found);
    found
}

/// Money, access, parcels, broken things, ending a subscription, questions before buying.
pub(super) const TEAMS: [Team; 6] = [
    Team {
        name: "Amber",
        train: &[
            "I was charged {amount} twice for order {number}.",
            "The invoice for my {thing} shows the wrong amount.",
            "Could you send me a receipt for the payment of {amount}?",
            "My card was billed {amount} although I paid by bank transfer.",
            "I still have not got my money back for the {thing}.",
            "Why is there a fee of {amount} on my bill?",
            "The refund you promised on {day} is not in my account.",
            "Please correct the tax number on invoice {number}.",
            "The discount code was not taken off the price I paid.",
            "There is a charge of {amount} on my statement that I do not know.",
            "You took {amount} from my account, but the price was lower.",
            "I need last year's invoices for my accountant.",
            "Payment for order {number} was refused, although my card is fine.",
            "Can I pay for the {thing} in three instalments?",
        ],
        trial: &[
            "My bank statement lists the {thing} two times.",
            "When will the {amount} be paid back to me?",
            "The sum on bill {number} is higher than what was agreed.",
            "I need a proper invoice for the {thing}, with our company's name.",
            "Someone took {amount} from my credit card and it says it was you.",
            "I'd like to change the card that my orders are charged to.",
        ],
        kept_aside: &[
            "There are two debits of {amount} for one {thing}.",
            "The total on invoice {number} does not match my order.",
            "How long does a refund take after I send the {thing} back?",
            "Please bill our company instead of me for order {number}.",
            "I was asked to pay {amount} more than the shop page said.",
            "Do you take a bank transfer for the {thing}?",
        ],
    },
    Team {
        name: "Cobalt",
        train: &[
            "I cannot log in, it says my password is wrong.",
            "The link to reset my password never arrives.",
            "My account has been locked since {day}.",
            "I forgot which email address I signed up with.",
            "The code for the two-step login does not reach my phone.",
            "Please change the email address of my account.",
            "After the update the app asks me to sign in every time.",
            "My username is not accepted any more.",
            "Somebody else seems to have logged in to my account.",
            "I cannot create an account, the page says my name is taken.",
            "How do I choose a new password?",
            "The login page stays white when I enter my details.",
            "My daughter needs access to my profile as well.",
            "I lost my phone and cannot confirm the sign-in.",
        ],
        trial: &[
            "Your site does not let me in with my usual password.",
            "No message with the login code comes, I tried four times.",
            "It says my profile is blocked. How do I get in again?",
            "I have a new email address, where do I enter it in my profile?",
            "I was signed out and the app no longer knows my username.",
            "I think a stranger knows my password.",
        ],
        kept_aside: &[
            "Whatever password I type, the sign-in page refuses it.",
            "I never get the mail for choosing a new password.",
            "My account seems to be disabled.",
            "How can I use another email address to log in?",
            "The app throws me out right after I sign in.",
            "Please remove the old username from my account.",
        ],
    },
    Team {
        name: "Juniper",
        train: &[
            "My parcel has not arrived and it is already {day}.",
            "Where is order {number}? The tracking has not moved for days.",
            "The courier left the {thing} at the wrong house.",
            "Tracking says delivered, but there was nothing at my door.",
            "Can you deliver the {thing} on {day} instead?",
            "I moved house, please send order {number} to my new address.",
            "The driver never rang the bell and took the package away.",
            "How long does shipping to the islands take?",
            "My {thing} should have been here last {day}.",
            "The package is stuck in customs.",
            "Please leave the parcel with my neighbour.",
            "Half of my delivery is missing, only the {thing} came.",
            "The tracking number {number} is unknown to the courier.",
            "Is it possible to pick the {thing} up at the depot?",
        ],
        trial: &[
            "I have been waiting for the package with my {thing} since {day}.",
            "The courier's page shows no news about shipment {number}.",
            "Someone else on my street was handed my parcel.",
            "Which day will the driver bring the {thing}?",
            "The delivery address of order {number} has a wrong house number.",
            "Only one of two boxes was delivered.",
        ],
        kept_aside: &[
            "My order {number} is overdue, is it on its way?",
            "The tracking page has shown the same place since {day}.",
            "The parcel was put down two doors away.",
            "Could the courier come in the evening on {day}?",
            "The address on the parcel label is my old one.",
            "One of the boxes in my delivery never came.",
        ],
    },
    Team {
        name: "Marlin",
        train: &[
            "The {thing} stopped working after two days.",
            "My new {thing} arrived with a crack in it.",
            "The {thing} makes a loud noise whenever I switch it on.",
            "A part of the {thing} broke off on {day}.",
            "The {thing} does not turn on at all.",
            "The zip of my bag tore on its first day.",
            "My {thing} smells of burnt plastic.",
            "The {thing} gets far too hot and switches itself off.",
            "There is a deep scratch across the {thing} I unpacked.",
            "The screws for the {thing} do not fit.",
            "The display of my {thing} flickers all the time.",
            "My {thing} leaks and the floor is wet.",
            "One leg of the {thing} is bent.",
            "The battery of the {thing} is empty after ten minutes.",
        ],
        trial: &[
            "I unpacked the {thing} and it is damaged.",
            "Since {day} my {thing} does nothing when I press the button.",
            "The {thing} I bought is faulty, a piece fell off.",
            "My {thing} rattles and then goes dark.",
            "The seam of the cover ripped when I first used it.",
            "Smoke came out of the {thing} this morning.",
        ],
        kept_aside: &[
            "After a week my {thing} no longer works.",
            "There is a hole in the {thing} that was in the box.",
            "The {thing} hums and shakes when it is on.",
            "A screw fell out and the {thing} wobbles.",
            "The handle of my {thing} snapped off.",
            "My {thing} gives off sparks when I plug it in.",
        ],
    },
    Team {
        name: "Onyx",
        train: &[
            "Please cancel my subscription at the end of {month}.",
            "I want to end my membership.",
            "How do I stop the monthly plan?",
            "I no longer need the plan, please close it.",
            "My contract should not be renewed in {month}.",
            "Please confirm that my subscription ends in {month}.",
            "I'd like to move from the large plan to the small one.",
            "Can I pause my membership over the summer?",
            "The trial is over and I do not want to go on.",
            "What is the notice period of my contract?",
            "I cancelled my plan in {month}, but it is still active.",
            "We are leaving, please end all our subscriptions.",
            "Please take me off the yearly plan.",
            "I am not satisfied and want to quit the membership.",
        ],
        trial: &[
            "I wish to terminate my contract from {month} on.",
            "Do not extend my yearly subscription, please.",
            "Where can I switch to a smaller plan?",
            "I signed up for a trial membership and want out.",
            "Stop my plan, I do not use it any more.",
            "Is it possible to put the subscription on hold until {month}?",
        ],
        kept_aside: &[
            "I'd like to leave the monthly plan after {month}.",
            "Please end my contract as early as you can.",
            "My membership renewed itself in {month}, although I had cancelled.",
            "Is there a smaller plan that I can change to?",
            "I do not want the trial to become a paid subscription.",
            "We no longer use the yearly plan, please stop it.",
        ],
    },
    Team {
        name: "Saffron",
        train: &[
            "Does the {thing} come in green?",
            "What is the difference between the two models of the {thing}?",
            "When will the {thing} be back in stock?",
            "Is the {thing} suitable for children?",
            "How heavy is the {thing}?",
            "Will you have the {thing} in a larger size?",
            "Which {thing} do you recommend for a small flat?",
            "Is the {thing} made of recycled material?",
            "Does the {thing} work with an adapter from abroad?",
            "Do you sell spare parts for the {thing}?",
            "What are the measurements of the {thing}?",
            "Can the {thing} be used outdoors?",
            "Is there a catalogue with all your products?",
            "How many years does the guarantee of the {thing} last?",
        ],
        trial: &[
            "I am thinking of buying the {thing}. Which colours are there?",
            "How wide and how tall is the {thing}?",
            "Would the {thing} be a good choice for a beginner?",
            "Do you plan to offer the {thing} again?",
            "What material is the {thing} made from?",
            "I cannot decide between two of your products, what do you advise?",
        ],
        kept_aside: &[
            "Do you have the {thing} in red?",
            "Does the {thing} fit into a narrow cupboard?",
            "Before I order: is the {thing} waterproof?",
            "Which model of the {thing} is better for a family?",
            "Is the {thing} still made, or has it been replaced?",
            "Will the {thing} run on batteries too?",
        ],
    },
];

//! The program's window, as a person uses it: looking, pressing, typing.
//!
//! Controls are found by role and name; the names come from the catalogue, through [`super::say`].
//! Everything waits behind a wide guard, and what does not come true ends the test with a picture.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::processes::Family;
use super::screen::Driver;
use super::waiting::{self, Wait};
use super::wire::{Element, Refusal, Wire};

const FIND: &str = include_str!("find.js");
const FOCUS: &str = include_str!("focus.js");
const SEE: &str = include_str!("see.js");

/// Before a press: whether it meets the control it is meant for. Where the page moved in between,
/// it meets something else, which then hears nothing of it; so a press can be tried again.
const PRESS: &str = "const [it] = arguments;\
    const own = [it, ...(it.labels ?? [])];\
    removeEventListener('click', window.attunePress, true);\
    window.attuneMet = null;\
    window.attunePress = (event) => {\
        removeEventListener('click', window.attunePress, true);\
        window.attuneMet = event.composedPath().some((one) => own.includes(one));\
        if (window.attuneMet) return;\
        event.preventDefault();\
        event.stopImmediatePropagation();\
    };\
    addEventListener('click', window.attunePress, true); return true;";
/// After it: nothing yet, or whether it did. A page that was opened anew was pressed.
const MET: &str = "return window.attuneMet === undefined ? true : window.attuneMet;";
/// Where it did not: what comes from now on is no press. Gives whether one came in the last moment.
const UNPRESS: &str = "removeEventListener('click', window.attunePress, true);\
    return window.attuneMet === true;";

/// Keys as WebDriver names them (w3.org/TR/webdriver2, section 17.4.2).
pub(crate) mod key {
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const ENTER: &str = "\u{e007}";
    pub(crate) const DOWN: &str = "\u{e015}";
    pub(crate) const CONTROL: char = '\u{e009}';
}

/// An open window. When it goes, its program and everything the program started goes with it.
pub(crate) struct Window {
    pub(super) wire: Wire,
    pub(crate) family: Family,
    /// Where the picture goes that shows why a test gave up.
    pub(super) last_picture: PathBuf,
    pub(super) _driver: Driver,
}

impl Window {
    /// Keeps what breaks in the page itself from now on; [`Window::quit`] asks for it.
    pub(super) fn watch_faults(&self) {
        const WATCH: &str = "window.faults = [];\
            const keep = (what) => window.faults.push((`${what?.message ?? what} ` + (what?.stack ?? '')).slice(0, 400));\
            addEventListener('error', (event) => keep(event.error ?? event.message));\
            addEventListener('unhandledrejection', (event) => keep(event.reason)); return true;";
        // Of a window that is gone already nothing can be asked.
        let _gone = self.wire.script(WATCH, &json!([]));
    }

    /// What broke in the page itself.
    pub(crate) fn faults(&self) -> Vec<String> {
        let faults = self.wire.script("return window.faults ?? [];", &json!([]));
        let faults = faults.ok().and_then(|faults| faults.as_array().cloned()).unwrap_or_default();
        faults.iter().filter_map(|fault| fault.as_str().map(str::to_owned)).collect()
    }

    /// Runs a function body in the page.
    #[track_caller]
    pub(crate) fn script(&self, body: &str, arguments: &Value) -> Value {
        self.must(self.wire.script(body, arguments))
    }

    /// Waits until a script gives something that counts as true, and gives that.
    #[track_caller]
    pub(crate) fn wait_for(&self, wait: Wait, what: &str, body: &str) -> Value {
        let true_value = || {
            let value = self.wire.script(body, &json!([])).ok()?;
            let is_true = !matches!(value, Value::Null | Value::Bool(false));
            is_true.then_some(value)
        };
        waiting::until(wait, true_value).unwrap_or_else(|| self.give_up(what))
    }

    /// Everything that can be read on the page now, with single spaces.
    pub(crate) fn text(&self) -> String {
        let text = self.wire.script(SEE, &json!([]));
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Waits until the page says this.
    #[track_caller]
    pub(crate) fn wait_text(&self, wait: Wait, words: &str) {
        let wanted = one_line(words);
        let seen = || self.text().contains(&wanted).then_some(());
        waiting::until(wait, seen).unwrap_or_else(|| self.give_up(&format!("to read `{wanted}`")));
    }

    /// Waits until the page says this; for what comes at once.
    #[track_caller]
    pub(crate) fn sees(&self, words: &str) {
        self.wait_text(Wait::Usual, words);
    }

    /// Whether the page says this now.
    pub(crate) fn reads(&self, words: &str) -> bool {
        self.text().contains(&one_line(words))
    }

    /// Waits for a control, whatever its state.
    #[track_caller]
    pub(crate) fn find(&self, role: &str, name: &str) -> Element {
        let found = || self.look(role, name).ok()?.into_iter().next();
        waiting::until(Wait::Usual, found)
            .unwrap_or_else(|| self.give_up(&format!("the {role} `{name}`")))
    }

    /// Whether there is such a control now.
    pub(crate) fn has(&self, role: &str, name: &str) -> bool {
        self.look(role, name).is_ok_and(|found| !found.is_empty())
    }

    /// Presses a control with the pointer, as soon as it can be pressed.
    #[track_caller]
    pub(crate) fn press(&self, role: &str, name: &str) {
        let pressed = || {
            let element = self.look(role, name).ok()?.into_iter().next()?;
            // A control that is busy, covered or just drawn anew refuses; it is looked up again.
            self.press_enabled(&element).ok()
        };
        waiting::until(Wait::Usual, pressed)
            .unwrap_or_else(|| self.give_up(&format!("to press the {role} `{name}`")));
    }

    /// Puts a note away before it stands in a picture; it may go by itself first.
    #[track_caller]
    pub(crate) fn put_note_away(&self) {
        let name = super::say("action.close");
        let gone = || {
            let Some(close) = self.look("button", &name).ok()?.into_iter().next() else {
                return Some(());
            };
            self.press_enabled(&close).ok()
        };
        waiting::until(Wait::Usual, gone).unwrap_or_else(|| self.give_up("the note to go"));
    }

    /// Presses the choice whose name begins so; what stands below the words is part of its name.
    #[track_caller]
    pub(crate) fn choose_card(&self, words: &str) {
        let pressed = || {
            let all = self.look("radio", "").ok()?;
            let is_it = |one: &Element| {
                self.wire.label(one).is_ok_and(|label| one_line(&label).starts_with(words))
            };
            self.press_enabled(&all.into_iter().find(is_it)?).ok()
        };
        waiting::until(Wait::Usual, pressed)
            .unwrap_or_else(|| self.give_up(&format!("to choose `{words}`")));
    }

    /// Presses a control whose press opens a dialog of the system: the page may not answer before
    /// that dialog is closed, so nothing is asked of it.
    #[track_caller]
    pub(crate) fn press_and_leave(&self, role: &str, name: &str) {
        let element = self.find(role, name);
        const LATER: &str = "const [it] = arguments; setTimeout(() => it.click(), 0); return true;";
        self.script(LATER, &json!([Wire::argument(&element)]));
    }

    /// What has the focus now, and whether that can be seen; null when nothing of the page has it.
    #[track_caller]
    pub(crate) fn focus(&self) -> Value {
        let mut focus = self.script(FOCUS, &json!([]));
        let focused = self.wire.elements("return [document.activeElement];", &json!([]));
        if let (true, Some(element)) = (focus.is_object(), self.must(focused).first()) {
            focus["name"] = one_line(&self.must(self.wire.label(element))).into();
        }
        focus
    }

    /// Presses the link or button whose name begins so; the rail adds how far a step is.
    #[track_caller]
    pub(crate) fn press_beginning(&self, name: &str) {
        let pressed = || {
            let is_it = |one: &Element| {
                let label = self.wire.label(one).unwrap_or_default();
                let label = one_line(&label);
                label == name
                    || label.starts_with(&format!("{name} "))
                    || label.starts_with(&format!("{name},"))
            };
            let mut all = self.look("link", "").ok()?;
            all.extend(self.look("button", "").ok()?);
            self.press_enabled(&all.into_iter().find(is_it)?).ok()
        };
        waiting::until(Wait::Usual, pressed)
            .unwrap_or_else(|| self.give_up(&format!("to press what begins with `{name}`")));
    }

    /// Gives a text field a text, as pasting does.
    #[track_caller]
    pub(crate) fn fill(&self, role: &str, name: &str, text: &str) {
        const FILL: &str = "const [field, text] = arguments; field.focus();\
            const kind = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;\
            Object.getOwnPropertyDescriptor(kind.prototype, 'value').set.call(field, text);\
            field.dispatchEvent(new Event('input', {bubbles: true}));\
            field.dispatchEvent(new Event('change', {bubbles: true})); return true;";
        self.with(role, name, FILL, text);
    }

    /// Chooses an entry of a list of choices by its words.
    #[track_caller]
    pub(crate) fn choose(&self, name: &str, entry: &str) {
        const CHOOSE: &str = "const [list, entry] = arguments;\
            const option = [...list.options].find((one) => one.textContent.trim() === entry);\
            if (!option) throw new Error('no such entry');\
            list.value = option.value;\
            list.dispatchEvent(new Event('input', {bubbles: true}));\
            list.dispatchEvent(new Event('change', {bubbles: true})); return true;";
        self.with("combobox", name, CHOOSE, entry);
    }

    /// Presses keys in order.
    #[track_caller]
    pub(crate) fn keys(&self, pressed: &str) {
        self.must(self.wire.keys(&[], pressed));
    }

    /// Presses a key while others are held.
    #[track_caller]
    pub(crate) fn chord(&self, held: &[char], pressed: &str) {
        self.must(self.wire.keys(held, pressed));
    }

    /// Gives the window another size and waits until the page has it.
    #[track_caller]
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.must(self.wire.resize(width, height));
        let fits = format!("return innerWidth === {width} && innerHeight === {height};");
        self.wait_for(Wait::Usual, "the window to have another size", &fits);
    }

    /// Ends the test, with a picture of what the window shows.
    #[track_caller]
    pub(crate) fn give_up(&self, waited_for: &str) -> ! {
        let picture = self.wire.screenshot().ok();
        if let Some(bytes) = picture.and_then(|text| super::pictures::decoded(&text)) {
            let _best_effort = std::fs::write(&self.last_picture, bytes);
        }
        panic!(
            "waited in vain for {waited_for}\nthe window says: {}\nbroken in the page: {:?}\n\
             a picture of it: {}",
            self.text(),
            self.faults(),
            self.last_picture.display()
        );
    }

    /// What a call gave, or the end of the test.
    #[track_caller]
    pub(super) fn must<Answer>(&self, outcome: Result<Answer, Refusal>) -> Answer {
        outcome.unwrap_or_else(|refusal| self.give_up(&format!("the driver: {refusal}")))
    }

    #[track_caller]
    fn with(&self, role: &str, name: &str, body: &str, text: &str) {
        let done = || {
            let element = self.look(role, name).ok()?.into_iter().next()?;
            self.wire.script(body, &json!([Wire::argument(&element), text])).ok()
        };
        waiting::until(Wait::Usual, done)
            .unwrap_or_else(|| self.give_up(&format!("`{text}` in the {role} `{name}`")));
    }

    /// All visible controls with exactly this role and name. Without a name: all of the role.
    pub(super) fn look(&self, role: &str, name: &str) -> Result<Vec<Element>, Refusal> {
        let wanted = one_line(name);
        let mut found = self.wire.elements(FIND, &json!([role, wanted]))?;
        if wanted.is_empty() {
            return Ok(found);
        }
        found.retain(|one| self.wire.label(one).is_ok_and(|label| one_line(&label) == wanted));
        Ok(found)
    }

    fn press_enabled(&self, element: &Element) -> Result<(), Refusal> {
        // The driver calls what stands below the edge of a scrolling view out of reach.
        const READY: &str = "const [it] = arguments;\
            it.scrollIntoView({block: 'nearest'});\
            const {x, y} = it.getBoundingClientRect();\
            const isReady = !it.disabled && it.getAttribute('aria-disabled') !== 'true' \
                && it.getAttribute('aria-busy') !== 'true';\
            return isReady && `${x} ${y}`;";
        let argument = json!([Wire::argument(element)]);
        let ready = || self.wire.script(READY, &argument);
        let place = ready()?;
        // The pointer goes to where it was: what still moves is not pressed yet.
        if !place.is_string() || ready()? != place {
            return Err(Refusal("it cannot be pressed now".to_owned()));
        }
        self.wire.script(PRESS, &argument)?;
        let pressed = self.wire.click(element).and_then(|()| self.met());
        if pressed.is_err() && self.wire.script(UNPRESS, &json!([]))? == true {
            return Ok(());
        }
        pressed
    }

    /// Waits until the page knows what the press met.
    fn met(&self) -> Result<(), Refusal> {
        let met = || match self.wire.script(MET, &json!([])) {
            Ok(Value::Null) => None,
            Ok(met) => Some(met == true),
            // The press closed the window.
            Err(_) => Some(true),
        };
        match waiting::until(Wait::Moment, met) {
            Some(true) => Ok(()),
            _ => Err(Refusal("the press met something else".to_owned())),
        }
    }
}

/// A text with single spaces, as [`Window::text`] gives it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

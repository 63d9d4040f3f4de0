/**
 * Counts the time that a person works on the examples of a project, while they asked for it. It hears that something is
 * typed, pressed or scrolled, and never what; while nobody asked for it, it hears nothing at all.
 */
import type { Host } from "../host/host";
import { workedOn, type Place } from "./place";
import { WorkClock } from "./workClock";

/** As much is lost at most when the computer stops. */
const SENT_AFTER_SECONDS = 30;
/** The program takes no more at once. */
const MOST_SECONDS = 600;
const kinds = ["keydown", "pointerdown", "wheel"] as const;
const listening = { capture: true, passive: true } as const;

interface Counted {
  /** Whether the person asked for it. */
  isOn: () => boolean;
  /** Where they are. */
  place: () => Place;
}

/** Counts as long as the component lives that calls it. */
export function countWork(host: Host, { isOn, place }: Counted): void {
  const screen = $derived(place().name);
  const project = $derived(isOn() ? workedOn(place()) : undefined);

  $effect(() => {
    if (project === undefined) return undefined;
    const counting = new Counting(host, project);
    // Of its own, so that the clock goes on from one screen to the next while what it counted is sent.
    $effect(() => {
      void screen;
      return () => counting.send();
    });
    return listen(counting);
  });
}

/** The clock of one project, and the way of its seconds to the program. */
class Counting {
  #host: Host;
  #project: number;
  #clock = new WorkClock();
  /** What was counted by then is sent; later where the last could not be stored, so that no key tries again. */
  #sendAt = SENT_AFTER_SECONDS;

  constructor(host: Host, project: number) {
    this.#host = host;
    this.#project = project;
  }

  acted(): void {
    this.#clock.moment(Date.now());
    if (this.#clock.seconds >= this.#sendAt) this.send();
  }

  send(): void {
    const seconds = this.#clock.take(MOST_SECONDS);
    if (seconds === 0) return;
    // The program writes into its log why it could not store them; nobody is disturbed for it, and they are sent with the next.
    const stored = () => (this.#sendAt = SENT_AFTER_SECONDS);
    this.#host.call("work_add", { project: this.#project, seconds }).then(stored, () => {
      this.#clock.giveBack(seconds);
      this.#sendAt = this.#clock.seconds + SENT_AFTER_SECONDS;
    });
  }
}

/** Hears until the returned function is called. */
function listen(counting: Counting): () => void {
  const acted = (): void => counting.acted();
  const hid = (): void => {
    if (document.visibilityState === "hidden") counting.send();
  };
  for (const kind of kinds) window.addEventListener(kind, acted, listening);
  document.addEventListener("visibilitychange", hid);
  return () => {
    for (const kind of kinds) window.removeEventListener(kind, acted, listening);
    document.removeEventListener("visibilitychange", hid);
  };
}

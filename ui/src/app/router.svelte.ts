/** Where the person is. A typed place in memory, written to the settings so that a restart comes back to it. */
import type { Host } from "../host/host";
import { readPlace, writePlace, type Place } from "./place";

export class Router {
  place = $state.raw<Place>({ name: "welcome" });
  /** How often the person moved: the heading takes the focus after a move, not at the start. */
  moves = $state(0);
  #host: Host;
  #stored = "";

  constructor(host: Host) {
    this.#host = host;
  }

  start(lastPlace: string | null): void {
    this.place = readPlace(lastPlace);
    this.#stored = writePlace(this.place);
  }

  go(place: Place): void {
    const from = this.place;
    this.place = place;
    this.moves += 1;
    if (from.name === "import" && place !== from) {
      // The file was brought in or not wanted; the backend answers both without a fuss.
      this.#host.call("import_forget", { handle: from.preview.handle }).catch(() => undefined);
    }
    this.#store();
  }

  /** Notes a detail of the place (the chosen example) without moving. */
  note(place: Place): void {
    this.place = place;
    this.#store();
  }

  #store(): void {
    const written = writePlace(this.place);
    if (written === this.#stored) return;
    this.#stored = written;
    // A place that could not be stored costs one press after a restart; it is no reason for a note.
    this.#host.call("settings_change", { lastPlace: written }).catch(() => {
      this.#stored = "";
    });
  }
}

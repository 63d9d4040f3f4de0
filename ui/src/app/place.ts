/** The places of the page, and how one is written down to be found again after a restart. */
import type { ImportPreview } from "../generated/types";

export const steps = ["examples", "check", "train", "test"] as const;
export type Step = (typeof steps)[number];

export type StepPlace = { [Name in Step]: { name: Name; project: number; example?: number } }[Step];
const asides = ["settings", "services", "help", "glossary"] as const;
type Aside = (typeof asides)[number];
/**
 * `via` is the aside it was reached from, `part` what the person came for. Neither is stored: after a restart it leads
 * straight back to the project.
 */
export type SpendingPlace = { name: "spending"; from: MainPlace; via?: "settings" | "outlook"; part?: SpendingPart };
export type SpendingPart = "limits" | "prices";
/** What using a model costs depends on the examples of a project. */
export type OutlookPlace = { name: "outlook"; from: StepPlace };
export type AsidePlace = { [Name in Aside]: { name: Name; from: MainPlace } }[Aside] | SpendingPlace | OutlookPlace;
export type MainPlace = { name: "welcome" } | { name: "projects" } | StepPlace;
/** A picked file is known to the backend until the window is closed, so this place is never stored. */
export type ImportPlace = { name: "import"; preview: ImportPreview; from: MainPlace };
export type Place = MainPlace | AsidePlace | ImportPlace;

function isOneOf<Name extends string>(names: readonly Name[], name: string | undefined): name is Name {
  return names.some((one) => one === name);
}

/** `examples/12/345`, `settings@train/12`, `welcome`. */
export function writePlace(place: Place): string {
  switch (place.name) {
    case "import":
      return writePlace(place.from);
    case "settings":
    case "services":
    case "spending":
    case "outlook":
    case "help":
    case "glossary":
      return `${place.name}@${writePlace(place.from)}`;
    case "welcome":
    case "projects":
      return place.name;
    default:
      return [place.name, place.project, ...(place.example === undefined ? [] : [place.example])].join("/");
  }
}

function readMainPlace(text: string): MainPlace {
  const [name, project, example] = text.split("/");
  if (name === "projects") return { name };
  if (!isOneOf(steps, name) || !/^\d+$/u.test(project ?? "")) return { name: "welcome" };
  const place: StepPlace = { name, project: Number(project) };
  return example !== undefined && /^\d+$/u.test(example) ? { ...place, example: Number(example) } : place;
}

/** What cannot be read, say of an older version, is the start page. */
export function readPlace(text: string | null): Place {
  const [first = "", from] = (text ?? "").split("@");
  const main = readMainPlace(from ?? "");
  if (first === "spending") return { name: first, from: main };
  if (first === "outlook") return "project" in main ? { name: first, from: main } : main;
  return isOneOf(asides, first) ? { name: first, from: main } : readMainPlace(first);
}

/** Where leaving the spending leads: to what it was opened from. */
export function backFrom({ from, via }: SpendingPlace): Place {
  if (via === "settings") return { name: via, from };
  return via === "outlook" && "project" in from ? { name: via, from } : from;
}

/** The place of the project's frame that a place belongs to. */
export function mainOf(place: Place): MainPlace {
  return "from" in place ? place.from : place;
}

/** The project that is open at a place. */
export function projectOf(place: Place): number | undefined {
  const main = mainOf(place);
  return "project" in main ? main.project : undefined;
}

/** The project whose examples are made, brought in, checked or cleaned at a place. */
export function workedOn(place: Place): number | undefined {
  const isWork = place.name === "examples" || place.name === "check" || place.name === "import";
  return isWork ? projectOf(place) : undefined;
}

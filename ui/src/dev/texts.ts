/** Made-up texts of the made-up backend. Never part of the build. */

const pairs: [string, string][] = [
  ["My parcel says delivered but nothing is here", "delivery"],
  ["The front brake squeaks since the last service", "repair"],
  ["Can I pay in two parts?", "payment"],
  ["Do you still have the red tandem in size L?", "stock"],
  ["I would like to move my appointment to Friday", "appointment"],
  ["Wo bleibt meine Bestellung? Die Sendungsverfolgungsnummer funktioniert seit Donnerstag nicht", "delivery"],
  ["My chain jumps when I change to third gear", "repair"],
  ["You charged me twice, please send one back", "payment"],
  ["Is the child seat back in stock?", "stock"],
  ["When are you open on Saturday?", "appointment"],
  ["Die Fahrradrahmengrößenberechnungstabelle auf eurer Seite zeigt nur leere Felder", "stock"],
  ["The parcel shop sent my new wheel back to you", "delivery"],
];

export const groups = ["delivery", "repair", "payment", "stock", "appointment"];

export function question(index: number): string {
  return (pairs[index % pairs.length] ?? pairs[0])?.[0] ?? "";
}

export function answer(index: number): string {
  return (pairs[index % pairs.length] ?? pairs[0])?.[1] ?? "";
}

/** The list and the card work together: keys, search, delete and the way back, a million rows. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { show } from "../../../tests/show";
import { world } from "../../dev/world";
import { failure, type FakeHost } from "../../host/fake";
import ExamplesScreen from "./ExamplesScreen.svelte";

const heard: string[] = [];
function open(query = "", example: number | undefined = undefined): FakeHost {
  heard.length = 0;
  const host = world(new URLSearchParams(query));
  show(host, ExamplesScreen as never, {
    project: 1,
    summary: undefined,
    example,
    oncounts: (_: number, { projectTotal }: { projectTotal: number }) => heard.push(`${String(projectTotal)} examples`),
    onexample: () => undefined,
    oncheck: () => heard.push("check"),
    onfile: () => Promise.resolve(),
  });
  return host;
}
const grid = () => screen.findByRole("grid", { name: "Examples" });
const card = () => screen.getByRole("region", { name: "The chosen example" });
const activeRow = () => document.querySelector<HTMLElement>('[role="row"][aria-selected="true"]');

test("a million rows have a few in the page, each with its place", async () => {
  open("size=many");
  expect((await grid()).getAttribute("aria-rowcount")).toBe("1000001");
  const rows = await screen.findAllByRole("row");
  expect(rows.length).toBeLessThan(60);
  expect(rows[1]?.getAttribute("aria-rowindex")).toBe("2");
});

test("arrows move, Enter leads into the card, Escape back to the row", async () => {
  open();
  const list = await grid();
  await waitFor(() => expect(activeRow()?.dataset["index"]).toBe("0"));
  await fireEvent.keyDown(list, { key: "ArrowDown" });
  await waitFor(() => expect(within(card()).getByRole("heading").textContent).toBe("Example 2"));
  await waitFor(() => expect(document.activeElement).toBe(activeRow()));
  await fireEvent.keyDown(list, { key: "End" });
  await waitFor(() => expect(activeRow()?.dataset["index"]).toBe("185"));
  await waitFor(() => expect(document.activeElement).toBe(activeRow()));
  await fireEvent.keyDown(list, { key: "Enter" });
  await waitFor(() => expect(document.activeElement?.tagName).toBe("TEXTAREA"));
  await fireEvent.keyDown(document.activeElement ?? list, { key: "Escape" });
  await waitFor(() => expect(document.activeElement).toBe(activeRow()));
});

test("a search asks the program, says how many there are, and can be cleared", async () => {
  const host = open();
  await grid();
  await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "zzz" } });
  expect(await screen.findByText("No example contains “zzz”")).toBeTruthy();
  expect(host.asked("example_view").at(-1)).toMatchObject({ search: "zzz", onlyProblems: false });
  const [clear] = screen.getAllByRole("button", { name: "Clear search" });
  if (clear) await fireEvent.click(clear);
  await grid();
});

test("only those to look at", async () => {
  const host = open();
  await grid();
  const button = screen.getByRole("button", { name: "2 to look at" });
  await fireEvent.click(button);
  await waitFor(() => expect(host.asked("example_view").at(-1)).toMatchObject({ onlyProblems: true }));
  expect(button.getAttribute("aria-pressed")).toBe("true");
  expect(await screen.findByText("2 found")).toBeTruthy();
  // The rows are those of the new view, not the first ones of the one before.
  const answers = async () => within(await grid()).getAllByRole("row").slice(1).map((row) => row.textContent.includes("Look"));
  await waitFor(async () => expect(await answers()).toEqual([true, true]));
});

test("a deleted example comes back with one press", async () => {
  const host = open();
  await grid();
  await waitFor(() => expect(screen.getByText("Saved")).toBeTruthy());
  await fireEvent.keyDown(await grid(), { key: "Delete" });
  expect(await screen.findByText("The example was deleted.")).toBeTruthy();
  expect(host.asked("example_delete")).toEqual([{ project: 1, examples: [1] }]);
  expect(heard).toContain("185 examples");
  const toast = screen.getByText("The example was deleted.").closest("div");
  if (toast) await fireEvent.click(within(toast).getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(host.asked("history_undo").length).toBe(1));
});

test("undo says what it will take back, and does so from the keyboard", async () => {
  const host = open();
  await grid();
  expect(screen.getByRole("button", { name: "Undo the change of an example" })).toBeTruthy();
  expect(screen.getByRole("button", { name: "Redo" }).getAttribute("aria-disabled")).toBe("true");
  await fireEvent.keyDown(document.body, { key: "z", ctrlKey: true });
  await waitFor(() => expect(host.asked("history_undo")).toEqual([{ project: 1 }]));
  expect(await screen.findByText("Undone: a change.")).toBeTruthy();
});

test("what is typed is stored, and a problem stands beside its text with its reason", async () => {
  const host = open("", 17);
  const answer = await screen.findByRole("textbox", { name: "Your answer" });
  expect(within(card()).getByText("Empty answer")).toBeTruthy();
  expect(answer.getAttribute("aria-describedby")).toBeTruthy();
  await fireEvent.input(answer, { target: { value: "Of course." } });
  expect(screen.getByText("Saving…")).toBeTruthy();
  await waitFor(() => expect(host.asked("example_edit").at(-1)?.messages.at(-1)?.content).toBe("Of course."));
});

test("a new example takes the focus and is at the end of the list", async () => {
  const host = open();
  await grid();
  await fireEvent.keyDown(document.body, { key: "n", ctrlKey: true });
  const question = await screen.findByRole("textbox", { name: "They ask" });
  await waitFor(() => expect(document.activeElement).toBe(question));
  await fireEvent.input(question, { target: { value: "Where are you?" } });
  await waitFor(() => expect(host.asked("example_add")).toEqual([{ project: 1, question: "Where are you?", answer: "" }]));
  await waitFor(() => expect(within(card()).getByRole("heading").textContent).toBe("Example 187"));
});

test("rows that cannot be read say so and can be read again", async () => {
  const host = world(new URLSearchParams());
  const whole = world(new URLSearchParams());
  host.answer({ example_window: () => Promise.reject(failure("library_busy")) });
  show(host, ExamplesScreen as never, { project: 1, summary: undefined, example: undefined, oncounts: () => undefined, onexample: () => undefined, oncheck: () => undefined, onfile: () => Promise.resolve() });
  await screen.findByRole("alert");
  host.answer({ example_window: (request) => whole.call("example_window", request) });
  await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect((await screen.findAllByText(/my parcel says/iu)).length).toBeGreaterThan(0);
});

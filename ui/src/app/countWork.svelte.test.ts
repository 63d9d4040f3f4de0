/** Time is counted only while somebody asked for it, only where examples are worked on, and what counts is sent. */
import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failure, fakeHost, type FakeHost } from "../host/fake";
import { countWork } from "./countWork.svelte";
import type { Place } from "./place";

let now = 0;
let stop: (() => void) | undefined;
beforeEach(() => {
  now = 1_000_000;
  vi.spyOn(Date, "now").mockImplementation(() => now);
});
afterEach(() => stop?.());

interface Desk {
  host: FakeHost;
  turn: (isOn: boolean) => void;
  go: (place: Place) => void;
}

function sit(isOnAtFirst: boolean): Desk {
  const host = fakeHost({ work_add: () => ({}) });
  let place = $state.raw<Place>({ name: "examples", project: 1 });
  let isOn = $state(isOnAtFirst);
  stop = $effect.root(() => countWork(host, { isOn: () => isOn, place: () => place }));
  flushSync();
  return {
    host,
    turn: (wanted) => flushSync(() => (isOn = wanted)),
    go: (wanted) => flushSync(() => (place = wanted)),
  };
}

/** Something is done so many seconds after the last. */
function act(afterSeconds: number, kind = "keydown"): void {
  now += afterSeconds * 1_000;
  document.body.dispatchEvent(new Event(kind, { bubbles: true }));
}
const sent = (host: FakeHost) => host.asked("work_add");

test("half a minute of typing, pressing and scrolling is sent", () => {
  const { host } = sit(true);
  for (const kind of ["keydown", "pointerdown", "wheel"]) act(12, kind);
  expect(sent(host)).toEqual([]);
  act(10);
  expect(sent(host)).toEqual([{ project: 1, seconds: 34 }]);
  for (let times = 0; times < 6; times += 1) act(10);
  expect(sent(host).slice(1)).toEqual([{ project: 1, seconds: 30 }, { project: 1, seconds: 30 }]);
});

test("a break of more than a minute is not sent", () => {
  const { host, go } = sit(true);
  act(0);
  act(10);
  act(300);
  act(5);
  go({ name: "train", project: 1 });
  expect(sent(host)).toEqual([{ project: 1, seconds: 15 }]);
});

test("the clock goes on from one screen to the next, and stops where no examples are", () => {
  const { host, go } = sit(true);
  act(0);
  act(8);
  go({ name: "check", project: 1 });
  expect(sent(host)).toEqual([{ project: 1, seconds: 8 }]);
  act(20);
  go({ name: "train", project: 1 });
  expect(sent(host).at(-1)).toEqual({ project: 1, seconds: 20 });
  for (let times = 0; times < 10; times += 1) act(20);
  expect(sent(host).length).toBe(2);
});

test("the choice of another example sends nothing yet", () => {
  const { host, go } = sit(true);
  act(0);
  act(8);
  go({ name: "examples", project: 1, example: 7 });
  expect(sent(host)).toEqual([]);
});

test("each project has its own time", () => {
  const { host, go } = sit(true);
  act(0);
  act(8);
  go({ name: "examples", project: 2 });
  act(20);
  act(5);
  go({ name: "projects" });
  expect(sent(host)).toEqual([{ project: 1, seconds: 8 }, { project: 2, seconds: 5 }]);
});

test("what was counted is sent when the window is hidden", () => {
  const { host } = sit(true);
  act(0);
  act(9);
  const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("visible");
  document.dispatchEvent(new Event("visibilitychange"));
  expect(sent(host)).toEqual([]);
  visibility.mockReturnValue("hidden");
  document.dispatchEvent(new Event("visibilitychange"));
  expect(sent(host)).toEqual([{ project: 1, seconds: 9 }]);
});

test("nothing is heard while nobody asked for it, and again once they do not", () => {
  const heard = vi.spyOn(window, "addEventListener");
  const { host, turn } = sit(false);
  const kinds = () => heard.mock.calls.map(([kind]) => kind).filter((kind) => ["keydown", "pointerdown", "wheel"].includes(kind));
  for (let times = 0; times < 5; times += 1) act(20);
  expect([kinds(), sent(host)]).toEqual([[], []]);

  turn(true);
  expect(kinds()).toEqual(["keydown", "pointerdown", "wheel"]);
  act(0);
  act(7);
  turn(false);
  expect(sent(host)).toEqual([{ project: 1, seconds: 7 }]);
  for (let times = 0; times < 5; times += 1) act(20);
  expect(sent(host).length).toBe(1);
});

test("time that cannot be stored disturbs nobody, and the next is sent", async () => {
  const { host } = sit(true);
  host.answer({ work_add: () => Promise.reject(failure("disk_full")) });
  act(0);
  act(30);
  await Promise.resolve();
  act(30);
  expect(sent(host).length).toBe(2);
});

test("what could not be stored is sent with the next, and not with every key", async () => {
  const { host } = sit(true);
  host.answer({ work_add: () => Promise.reject(failure("disk_full")) });
  act(0);
  act(30);
  await new Promise((done) => setTimeout(done));
  host.answer({ work_add: () => ({}) });
  for (let times = 0; times < 29; times += 1) act(1);
  expect(sent(host)).toEqual([{ project: 1, seconds: 30 }]);
  act(1);
  expect(sent(host)).toEqual([{ project: 1, seconds: 30 }, { project: 1, seconds: 60 }]);
});

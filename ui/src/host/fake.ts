/** A `Host` for component tests: answers are given by the test, nothing is invented here. */
import type { Commands, Events } from "../generated/commands";
import type { Failure, FailureCode } from "../generated/types";
import type { Host } from "./host";

type Answers = {
  [Name in keyof Commands]?: (
    request: Commands[Name]["request"],
  ) => Commands[Name]["response"] | Promise<Commands[Name]["response"]>;
};

export interface FakeHost extends Host {
  /** What was asked, in order. */
  readonly calls: { name: keyof Commands; request: unknown }[];
  /** The requests of one command, in order. */
  asked<Name extends keyof Commands>(name: Name): Commands[Name]["request"][];
  /** Answers (or replaces the answer of) commands from now on. */
  answer(answers: Answers): void;
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
}

/** A failure as the backend would send it. */
export function failure(code: FailureCode, params: Failure["params"] = {}): Failure {
  return { code, params, detail: null };
}

/** A promise that never settles: for looking at a view that waits. */
export function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}

export function fakeHost(initial: Answers = {}): FakeHost {
  let answers: Answers = initial;
  const calls: FakeHost["calls"] = [];
  const hearers = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    calls,
    asked: (name) => calls.filter((call) => call.name === name).map((call) => call.request as never),
    answer: (more) => {
      answers = { ...answers, ...more };
    },
    async call(name, request) {
      calls.push({ name, request });
      const answer = answers[name];
      if (!answer) throw failure("internal", { what: { kind: "text", value: `no answer for ${name}` } });
      return answer(request);
    },
    on(name, handler) {
      const heard = hearers.get(name) ?? new Set();
      hearers.set(name, heard);
      heard.add(handler);
      return () => heard.delete(handler);
    },
    emit(name, event) {
      for (const handler of hearers.get(name) ?? []) handler(event as never);
    },
  };
}

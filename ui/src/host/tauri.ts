/** The `Host` of the real window. The only file that may know Tauri. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Failure } from "../generated/types";
import type { Host } from "./host";

/** A rejection that is no `Failure` (a command the shell does not know) becomes one. */
function asFailure(problem: unknown): Failure {
  if (typeof problem === "object" && problem !== null && "code" in problem && "params" in problem) {
    return problem as Failure;
  }
  return { code: "internal", params: {}, detail: String(problem) };
}

/** Whoever begins to listen is heard of in the backend a moment later; what happens before is told to nobody. */
const registering = new Set<Promise<unknown>>();

export const tauriHost: Host = {
  async call(name, request) {
    // Whoever asks and begins to listen in one breath must not miss what happens between the two.
    await Promise.resolve();
    await Promise.allSettled(registering);
    try {
      return await invoke(name, { request });
    } catch (problem) {
      throw asFailure(problem);
    }
  },

  on(name, handler) {
    let isOver = false;
    const registered = listen<Parameters<typeof handler>[0]>(name, (event) => {
      if (!isOver) handler(event.payload);
    });
    registering.add(registered);
    const done = () => registering.delete(registered);
    void registered.then(done, done);
    return () => {
      isOver = true;
      void registered.then((stop) => stop());
    };
  },
};

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

export const tauriHost: Host = {
  async call(name, request) {
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
    return () => {
      isOver = true;
      void registered.then((stop) => stop());
    };
  },
};

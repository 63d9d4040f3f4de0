/**
 * Starts the page with a made-up backend, for looking at it: `npm run dev`, then /dev.html?size=many. With `late=800`
 * every answer comes at its own time within 800 ms, which shows what moves when it comes. Never part of the build.
 */
import { mount } from "svelte";
import App from "../app/App.svelte";
import { followSystemTheme } from "../app/theme";
import "../design/base.css";
import type { Host } from "../host/host";
import { world } from "./world";

followSystemTheme();
const asked = new URLSearchParams(location.search);
const answering = world(asked);
const latestMs = Number(asked.get("late") ?? 0);
const host: Host = {
  on: answering.on.bind(answering),
  async call(name, request) {
    if (latestMs > 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * latestMs));
    return answering.call(name, request);
  },
};
const target = document.getElementById("app");
if (target) mount(App, { target, props: { host } });

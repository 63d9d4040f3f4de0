/** Starts the page with a made-up backend, for looking at it: `npm run dev`, then /dev.html?scenario=many. Never part of the build. */
import { mount } from "svelte";
import App from "../app/App.svelte";
import { followSystemTheme } from "../app/theme";
import "../design/base.css";
import { world } from "./world";

followSystemTheme();
const target = document.getElementById("app");
if (target) mount(App, { target, props: { host: world(new URLSearchParams(location.search)) } });

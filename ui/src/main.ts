/** Starts the page in the real window. */
import { mount } from "svelte";
import App from "./app/App.svelte";
import { followSystemTheme } from "./app/theme";
import "./design/base.css";
import { tauriHost } from "./host/tauri";

followSystemTheme();
const target = document.getElementById("app");
if (target) mount(App, { target, props: { host: tauriHost } });

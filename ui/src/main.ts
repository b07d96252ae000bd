// The window on the real backend.
import { mount } from "svelte";
import Root from "./components/Root.svelte";
import { tauri } from "./ipc/client";
import { Session } from "./state/session.svelte";
import "./styles/index.css";

// A link opens in the browser; the web view's own menu would open it here.
addEventListener("contextmenu", (event) => {
  if (event.target instanceof Element && event.target.closest("a")) event.preventDefault();
});

mount(Root, { target: document.body, props: { session: new Session(tauri) } });

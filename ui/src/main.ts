// The window on the real backend.
import { mount } from "svelte";
import Root from "./components/Root.svelte";
import { tauri } from "./ipc/client";
import { Session } from "./state/session.svelte";
import "./styles/index.css";

mount(Root, { target: document.body, props: { session: new Session(tauri) } });

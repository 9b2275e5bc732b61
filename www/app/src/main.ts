import "./styles/tokens.css";
import "./styles/fonts.css";
import "./styles/base.css";

import { preload } from "saddlepoint";
import { mount } from "svelte";

import App from "./App.svelte";

// the core is compiled while the page is built; a failure is told when the core is asked for
void preload().catch(() => undefined);

const target = document.getElementById("app");
if (target) mount(App, { target });

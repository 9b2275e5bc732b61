import "./styles/tokens.css";
import "./styles/fonts.css";
import "./styles/base.css";

// before all else
import "./early.ts";

import { mount } from "svelte";

import App from "./App.svelte";

const target = document.getElementById("app");
if (target) mount(App, { target });

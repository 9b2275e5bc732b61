/** Firefox without a window, for the tests: that of FIREFOX or of the system, if there is one. */
import { existsSync } from "node:fs";

import puppeteer from "puppeteer-core";

export const firefoxPath = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => path && existsSync(path));

export const launchFirefox = () => puppeteer.launch({ browser: "firefox", executablePath: firefoxPath, headless: true });

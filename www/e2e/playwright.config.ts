import { defineConfig } from "@playwright/test";

import { launchOptions } from "./chromium.js";

// Set by the pattern below, in this process and in those of the tests; the server takes any free port.
const port = process.env["SERVER_PORT"];

export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  // the page trains: a second page beside it would take its core
  workers: 1,
  forbidOnly: process.env["CI"] !== undefined,
  timeout: 60_000,
  reporter: [["list"]],
  use: {
    ...(port === undefined ? {} : { baseURL: `http://localhost:${port}/` }),
    viewport: { width: 1440, height: 900 },
    launchOptions,
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
  webServer: {
    command: "node ../../tools/serve.mjs --port 0",
    wait: { stdout: /http:\/\/localhost:(?<server_port>\d+)\// },
  },
});

/**
 * How the tests and the pictures start Chromium: the one of the system, with nothing that calls home.
 */
export const launchOptions = {
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: [
    // Chromium refuses its sandbox to root, and there is none inside most containers
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

import { afterAll, afterEach, beforeAll, describe } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { patience } from "./patience.ts";

/** Where Debian, Ubuntu, Fedora, Arch, Alpine and macOS put a Chromium, after the one that is asked for. */
const paths = [
  process.env["CHROMIUM_PATH"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const installed = paths.find((path) => path !== "" && existsSync(path));
const isWanted = process.env["CHORUS_TEST_BROWSER"] === "1";

/** The tests of all files share one process; the reason is printed by the first. */
const told = Symbol.for("chorus.test.browser.told");

/** Opens windows of a real browser, each with a storage of its own; they close when the test ends. */
export interface Windows {
  open(url: string, options?: BrowserContextOptions): Promise<Window>;
}

/** A window and what went wrong in it. */
interface Window {
  readonly page: Page;
  /** Errors in its console, exceptions, dialogs, stopped by the policy, requests to other hosts: none is expected. */
  readonly faults: string[];
}

/**
 * A suite that needs Chromium. Where none is installed it is skipped with a reason, unless `CHORUS_TEST_BROWSER=1` says
 * that one must be there: then it fails.
 */
export function describeInBrowser(name: string, suite: (windows: Windows) => void): void {
  if (installed === undefined && !isWanted) {
    if (!Reflect.has(globalThis, told)) {
      console.warn("Browser tests are skipped: no Chromium in the usual places, nor in CHROMIUM_PATH.");
    }
    Reflect.set(globalThis, told, true);
    describe.skip(name, () => suite({ open: () => Promise.reject(new Error("There is no browser.")) }));
    return;
  }
  describe(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      if (installed === undefined) throw new Error("CHORUS_TEST_BROWSER=1, but no Chromium is installed.");
      // The sandbox needs rights that a container does not have, and these pages are our own.
      browser = await chromium.launch({ executablePath: installed, args: ["--no-sandbox"] });
    });
    afterEach(async () => {
      for (const context of browser.contexts()) await context.close();
    });
    afterAll(() => browser?.close());
    suite({ open: (url, options) => openWindow(browser, url, options) });
  });
}

async function openWindow(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Window> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (line) => {
    if (line.type() === "error") faults.push(`console: ${line.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "blob:" && host !== new URL(url).host) faults.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}

import { afterEach, describe } from "bun:test";
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { patience } from "./patience.ts";
import { skipping } from "./skipping.ts";

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

/** The one browser of all suites; it ends with the process. */
let launched: Promise<Browser> | null = null;

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

/** A suite that needs Chromium: `CHORUS_TEST_BROWSER=1` runs it, and fails where none is installed. */
export function describeInBrowser(name: string, suite: (windows: Windows) => void): void {
  const remark = skipping(isWanted ? null : "CHORUS_TEST_BROWSER=1 runs the tests in Chromium");
  describe.skipIf(!isWanted)(`${name}${remark}`, () => {
    afterEach(async () => {
      const browser = await launched;
      for (const context of browser?.contexts() ?? []) await context.close();
    });
    suite({
      open: async (url, options) => {
        launched ??= launch();
        return await openWindow(await launched, url, options);
      },
    });
  });
}

async function launch(): Promise<Browser> {
  if (installed === undefined) throw new Error("CHORUS_TEST_BROWSER=1, but no Chromium is installed.");
  // The sandbox needs rights that a container does not have, and these pages are our own.
  return await chromium.launch({ executablePath: installed, args: ["--no-sandbox"] });
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

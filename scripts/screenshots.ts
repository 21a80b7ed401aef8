/**
 * Takes the pictures of the README into `docs/images/`, of a server that it starts: `bun run screenshots`. It needs
 * Chromium, which `CHROMIUM_PATH` may name.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { type Browser, chromium } from "playwright-core";
import { startServer } from "../src/server.ts";

const folder = "docs/images";
const viewport = { width: 1140, height: 760 };
const key = "key-of-the-pictures";

const executablePath = process.env["CHROMIUM_PATH"] ?? Bun.which("chromium") ?? Bun.which("google-chrome") ?? "";
if (executablePath === "") throw new Error("no Chromium is installed: name one in CHROMIUM_PATH");

await mkdir(folder, { recursive: true });
const server = await startServer(
  { http_server: { port: 0 }, engine: { type: "memory" }, log: { level: "none" }, console: { enabled: true, key } },
  { profile: "development" },
);
// The sandbox needs rights that a container does not have, and these pages are our own.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  for (const colorScheme of ["light", "dark"] as const) await takePage(browser, colorScheme);
  await takeConsole(browser);
} finally {
  await browser.close();
  await server.stop();
}

/** The first screen, when its play is over. */
async function takePage(browser: Browser, colorScheme: "light" | "dark"): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByLabel("Name").fill("Ann");
  await page.getByText("proven complete").waitFor();
  await page.screenshot({ path: `${folder}/page-${colorScheme}.png` });
  await context.close();
}

/** The charts of the console, with the connections of a page that plays. */
async function takeConsole(browser: Browser): Promise<void> {
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  const played = await context.newPage();
  await played.goto(server.url);
  await played.getByText("proven complete").waitFor();
  const page = await context.newPage();
  await page.goto(`${server.url}/console/#charts`);
  await page.getByLabel("Key").fill(key);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("connections: each box says").waitFor();
  await page.screenshot({ path: `${folder}/console.png` });
  await context.close();
}

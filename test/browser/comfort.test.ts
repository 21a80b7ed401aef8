import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startServer } from "../../src/server.ts";
import { describeInBrowser } from "../support/browser.ts";
import { testTimeout } from "../support/patience.ts";
import { ChatWindow } from "./chat-window.ts";
import { openConfig } from "./config.ts";

setDefaultTimeout(testTimeout);

describeInBrowser("the page for everyone", (windows) => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    server = await startServer(openConfig());
  });
  afterAll(() => server?.stop());

  test.each([
    ["chat", 360],
    ["channels", 360],
    ["push", 360],
    ["chat", 390],
  ])("[WP70] nothing of the %s is cut off on a phone of %d pixels", async (tab, width) => {
    const { page, faults } = await windows.open(`${server.url}/#${tab}`, { viewport: { width, height: 640 } });
    await page.locator(`#${tab}`).waitFor();
    expect(await page.evaluate(cutOff)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(faults).toEqual([]);
  });

  test("[WP70] on a phone, most of the screen belongs to the messages once one is connected", async () => {
    const chat = await ChatWindow.open(windows, server.url, { viewport: { width: 360, height: 640 } });
    await chat.page.getByRole("button", { name: "Connect" }).click();
    await chat.untilState("Connected to lobby.");
    const { y = 0, height = 0 } = (await chat.log.boundingBox()) ?? {};
    expect(y).toBeLessThan(640 * 0.3);
    expect(height).toBeGreaterThan(640 / 2);
    expect(await chat.page.evaluate(cutOff)).toEqual([]);
    expect(await chat.page.getByRole("button", { name: "Close" }).isVisible()).toBe(true);
  });

  test("[WP71] dark and light follow the device, and words stay readable", async () => {
    const contrasts = new Map<string, number>();
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await windows.open(server.url, { colorScheme });
      contrasts.set(colorScheme, await page.evaluate(lowestContrast));
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(ground).toBe(colorScheme === "light" ? "rgb(245, 244, 241)" : "rgb(17, 20, 24)");
    }
    // WCAG 2.2, 1.4.3: at least 4.5 for text.
    for (const contrast of contrasts.values()) expect(contrast).toBeGreaterThanOrEqual(4.5);
  });

  test("[WP72] the keyboard reaches everything, and it is seen where one is", async () => {
    const { page } = await windows.open(server.url);
    const visited: string[] = [];
    for (let presses = 0; presses < 7; presses += 1) {
      await page.keyboard.press("Tab");
      visited.push(
        await page.evaluate(() => {
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body);
          const name = document.activeElement?.getAttribute("name") ?? document.activeElement?.textContent?.trim();
          return outlineStyle === "solid" && outlineWidth === "2px" ? (name ?? "") : `${name} without a ring`;
        }),
      );
    }
    expect(visited.slice(0, 5)).toEqual(["Chat", "name", "channel", "Connect", "Token (optional)"]);
    await page.getByRole("tab", { name: "Chat" }).focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("tabpanel", { name: "Channels" }).isVisible()).toBe(true);
    expect(await page.getByRole("tab", { selected: true }).textContent()).toBe("Channels");
    await page.keyboard.press("End");
    expect(await page.getByRole("tabpanel", { name: "Push" }).isVisible()).toBe(true);
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("tabpanel", { name: "Chat" }).isVisible()).toBe(true);
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("tabpanel", { name: "Push" }).waitFor();
    await page.reload();
    await page.getByRole("tab", { name: "Push", selected: true }).waitFor();
  });

  test("a screen reader has a name for every control, and hears what comes and how the connection stands", async () => {
    const chat = await ChatWindow.open(windows, server.url);
    const nameless = await chat.page.evaluate(
      () =>
        [...document.querySelectorAll<HTMLInputElement>("#chat :is(input, textarea)")].filter(
          (field) => !field.labels?.length && !field.ariaLabel,
        ).length,
    );
    expect(nameless).toBe(0);
    expect(await chat.log.getAttribute("aria-live")).toBe("polite");
    expect(await chat.page.getByRole("status").textContent()).toStartWith("Not connected.");
    expect(await chat.page.locator("html").getAttribute("lang")).toBe("en");
  });

  test("a file that is dropped anywhere is sent, and never opened in place of the page", async () => {
    const ann = await ChatWindow.join(windows, server.url, { name: "Ann", channel: "drop" });
    const ben = await ChatWindow.join(windows, server.url, { name: "Ben", channel: "drop" });
    const drag = (types: readonly string[]): Promise<boolean[]> =>
      ann.page.evaluate((names) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["dropped"], "dropped.txt"));
        return names.map(
          (type) =>
            !document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })),
        );
      }, types);
    expect(await drag(["dragover"])).toEqual([true]);
    await ann.page.getByText("Drop to send to everyone in the channel").waitFor();
    expect(await drag(["drop"])).toEqual([true]);
    await ben.entry("dropped.txt").waitFor();
    expect(await ann.page.getByText("Drop to send to everyone in the channel").isHidden()).toBe(true);
    expect(await ann.page.title()).toBe("Chorus");
  });

  test("a reader further up is left in peace, and told that there is more", async () => {
    const ann = await ChatWindow.join(windows, server.url, { name: "Ann", channel: "scroll" });
    const ben = await ChatWindow.join(windows, server.url, { name: "Ben", channel: "scroll" });
    for (let number = 1; number <= 30; number += 1) await ben.say(`line ${number}.`);
    await ann.entry("line 30.").waitFor();
    expect(await ann.entry("line 30.").evaluate((entry) => entry.getBoundingClientRect().bottom < innerHeight)).toBe(
      true,
    );
    await ann.log.evaluate((log) => log.scrollTo(0, 0));
    await ben.say("the newest");
    const newer = ann.page.getByRole("button", { name: "Newer messages" });
    await newer.waitFor();
    expect(await ann.log.evaluate((log) => log.scrollTop)).toBe(0);
    await newer.click();
    expect(await newer.isHidden()).toBe(true);
    expect(await ann.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight)).toBeLessThan(2);
  });

  test("the name and the channel are remembered on the device", async () => {
    const ann = await ChatWindow.join(windows, server.url, { name: "Ann", channel: "garden" });
    await ann.page.reload();
    expect(await ann.page.getByLabel("Name").inputValue()).toBe("Ann");
    expect(await ann.page.getByLabel("Channel").inputValue()).toBe("garden");
  });

  test("a button that goes out of use hands its focus to the one that takes its place", async () => {
    const { page } = await windows.open(`${server.url}/#channels`);
    const panel = page.getByRole("tabpanel", { name: "Channels" });
    const focus = (name: string) => panel.getByRole("button", { name, exact: true }).focus();
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await focus("Connect");
    await page.keyboard.press("Enter");
    await panel.getByText("Subscribed to lobby.").waitFor();
    expect(await focused()).toBe("Close");
    await focus("Unsubscribe");
    await page.keyboard.press("Enter");
    await panel.getByText("Not subscribed to lobby any more.").first().waitFor();
    expect(await focused()).toBe("Subscribe");
    await focus("Close");
    await page.keyboard.press("Enter");
    await panel.getByText("You closed the connection.").first().waitFor();
    expect(await focused()).toBe("Connect");
    expect(await panel.getByRole("button", { name: "Subscribe", exact: true }).isDisabled()).toBe(true);

    const chat = await ChatWindow.open(windows, server.url);
    await chat.page.getByRole("button", { name: "Connect" }).focus();
    await chat.page.keyboard.press("Enter");
    await chat.untilState("Connected to lobby.");
    expect(await chat.message.evaluate((field) => field === document.activeElement)).toBe(true);
  });
});

/** What reaches over the right edge of the window, or of the frame that would have to be scrolled for it. */
function cutOff(): string[] {
  const seen = [...document.querySelectorAll("button, input, textarea, select, p, h1, h2, label, code, td, th")];
  const shown = seen.filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 1);
  const outside = shown.filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5);
  const frames = [...document.querySelectorAll(".table-frame, .log, .rows")];
  const scrolled = frames.filter((frame) => frame.scrollWidth > frame.clientWidth + 1);
  return [...outside, ...scrolled].map((element) => element.outerHTML);
}

/** The lowest contrast of text against what is behind it, of all texts on the page that are not switched off. */
function lowestContrast(): number {
  const painter = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (painter === null) throw new Error("no canvas");
  const luminance = (layers: readonly string[]): number => {
    painter.clearRect(0, 0, 1, 1);
    for (const layer of layers) {
      painter.fillStyle = layer;
      painter.fillRect(0, 0, 1, 1);
    }
    const [red = 0, green = 0, blue = 0] = [...painter.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (element: Element): number => {
    const behind: string[] = [];
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      behind.unshift(getComputedStyle(at).backgroundColor);
    }
    const [one, other] = [luminance(behind), luminance([...behind, getComputedStyle(element).color])];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const texts = [...document.querySelectorAll("*")].filter(
    (element) =>
      element.checkVisibility() &&
      !element.matches(":disabled") &&
      [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== ""),
  );
  return Math.min(...texts.map(contrast));
}

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startServer } from "../../src/server.ts";
import { savedName, shownName } from "../../src/web/page/chat/file-name.ts";
import { describeInBrowser } from "../support/browser.ts";
import { testTimeout } from "../support/patience.ts";
import { ChatWindow } from "./chat-window.ts";
import { openConfig } from "./config.ts";
import { plainClient } from "./plain-client.ts";

setDefaultTimeout(testTimeout);

/** One red pixel. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

describeInBrowser("the chat in a real browser", (windows) => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let channels = 0;
  beforeAll(async () => {
    server = await startServer(openConfig());
  });
  afterAll(() => server?.stop());

  const join = (name: string, channel: string): Promise<ChatWindow> =>
    ChatWindow.join(windows, server.url, { name, channel });

  /** Two people in a channel of their own. */
  async function twoPeople(): Promise<[ChatWindow, ChatWindow]> {
    channels += 1;
    const channel = `room-${channels}`;
    return [await join("Ann", channel), await join("Ben", channel)];
  }

  test("[WP30] two windows talk: mine on one side, theirs on the other, with name and time", async () => {
    const [ann, ben] = await twoPeople();
    await ann.say("Hello Ben");
    await ben.entry("Hello Ben").waitFor();
    await ben.say("Hello Ann,\nhow are you?");
    await ann.entry("how are you?").waitFor();

    expect(await ben.entry("Hello Ben").textContent()).toMatch(/^Ann\d\d:\d\d:\d\dHello Ben$/);
    expect(await ann.entry("Hello Ben").textContent()).toMatch(/^You\d\d:\d\d:\d\dHello Ben$/);
    const side = async (chat: ChatWindow, text: string): Promise<"left" | "right"> => {
      const [entry, log] = [await chat.entry(text).boundingBox(), await chat.log.boundingBox()];
      if (entry === null || log === null) throw new Error("not visible");
      return entry.x - log.x < log.x + log.width - (entry.x + entry.width) ? "left" : "right";
    };
    expect([await side(ann, "Hello Ben"), await side(ben, "Hello Ben")]).toEqual(["right", "left"]);
    expect([await side(ann, "how are you?"), await side(ben, "how are you?")]).toEqual(["left", "right"]);
    expect([...ann.faults, ...ben.faults]).toEqual([]);
  });

  test("Enter sends, Shift+Enter begins a new line, an empty text is not sent", async () => {
    const [ann, ben] = await twoPeople();
    await ann.message.pressSequentially("  ");
    await ann.message.press("Enter");
    await ann.message.fill("");
    await ann.message.pressSequentially("one");
    await ann.message.press("Shift+Enter");
    await ann.message.pressSequentially("two");
    await ann.message.press("Enter");
    await ben.entry("one").waitFor();
    expect(await ben.entry("one").locator("p").textContent()).toBe("one\ntwo");
    expect(await ben.log.getByRole("article").count()).toBe(1);
    expect(await ann.message.inputValue()).toBe("");
  });

  test("what a client of another make sends is shown as it is, by someone", async () => {
    const ann = await join("Ann", "foreign");
    const foreign = await plainClient(server.url, "foreign");
    foreign.send("just text");
    foreign.send(Uint8Array.of(255, 255, 1));
    await ann.entry("just text").waitFor();
    expect(await ann.entry("just text").textContent()).toStartWith("Someone");
    await ann.entry("bytes.bin").waitFor();
    expect(await ann.entry("bytes.bin").textContent()).toContain("3 bytes");
    foreign.close();
    expect(ann.faults).toEqual([]);
  });

  test("a file shows its sender's name", async () => {
    const [ann, ben] = await twoPeople();
    await ann.sendFile("notes.txt", "notes");
    await ben.entry("notes.txt").waitFor();
    expect(await ben.entry("notes.txt").textContent()).toStartWith("Ann");
    expect(await ben.entry("notes.txt").getByRole("link").textContent()).toBe("notes.txt");
    expect(await ann.entry("notes.txt").textContent()).toStartWith("You");
  });

  test("after a reload the chat shows what the channel keeps, once, and goes on", async () => {
    const ann = await join("Ann", "kept");
    const ben = await join("Ben", "kept");
    await ann.say("first");
    await ben.say("second");
    await ann.sendFile("third.txt", "third");
    await ben.entry("third.txt").waitFor();
    await ben.page.reload();
    for (const text of ["first", "second", "third.txt"]) await ben.entry(text).waitFor();
    expect(await ben.entry("first").textContent()).toStartWith("Annearlier");
    await ann.say("meanwhile");
    await ben.page.getByRole("button", { name: "Connect" }).click();
    await ben.untilState("Connected to kept.");
    await ann.say("live");
    await ben.entry("live").waitFor();
    const texts = await ben.log.getByRole("article").locator(".bubble").allTextContents();
    expect(texts.map((text) => text.replace(/\d bytes/, ""))).toEqual([
      "first",
      "second",
      "third.txt",
      "meanwhile",
      "live",
    ]);
    expect([...ann.faults, ...ben.faults]).toEqual([]);
  });

  test("[WP33] T76 a file with an awkward name arrives whole, as a link that saves it", async () => {
    const [ann, ben] = await twoPeople();
    const names = [
      "report.pdf",
      "photo\u202egpj.exe",
      "<svg onload=alert(1)>.svg",
      `it's "quoted" & <b>bold</b>.txt`,
      "🎉 Grüße 文件 فيديو.tar.gz",
      `${"long".repeat(50)}.html`,
      ".htaccess",
      "CON.txt",
      "no extension",
    ];
    for (const [index, name] of names.entries()) {
      const content = Buffer.from(`<script>document.title = "run"</script>${name}`);
      await ann.sendFile(name, content);
      const link = ben.log.getByRole("link").nth(index);
      await link.waitFor();
      expect(await link.textContent()).toBe(shownName(name));
      expect(await link.getAttribute("download")).toBe(savedName(name));
      expect(await link.getAttribute("href")).toStartWith("blob:");
      expect(await ben.log.getByRole("article").last().textContent()).toContain(`${content.byteLength} bytes`);
      const [download] = await Promise.all([ben.page.waitForEvent("download"), link.click()]);
      expect(Buffer.from(await Bun.file(await download.path()).bytes())).toEqual(content);
    }
    await ann.log
      .getByText("Sent", { exact: true })
      .nth(names.length - 1)
      .waitFor();
    expect(ben.page.url()).toStartWith(server.url);
    expect(await ben.page.title()).toBe("Chorus");
    expect([...ann.faults, ...ben.faults]).toEqual([]);
  });

  test("T77 pictures have a preview by their bytes; SVG and HTML have none, whatever they are called", async () => {
    const [ann, ben] = await twoPeople();
    await ann.sendFile("pixel.txt", png);
    await ann.sendFile("fake.png", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
    await ann.sendFile("page.jpg", "<!doctype html><script>alert(1)</script>");
    await ann.sendFile("broken.png", png.subarray(0, 20));
    await ann.sendFile("last.txt", "last");
    await ben.entry("last.txt").waitFor();
    await ben.page.waitForFunction(() => document.querySelectorAll("#chat-log .entry img").length === 1);
    const preview = ben.entry("pixel.txt").getByRole("img", { name: "Preview of pixel.txt" });
    expect(await preview.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBe(1);
    expect(await preview.getAttribute("src")).toStartWith("blob:");
    expect([...ann.faults, ...ben.faults]).toEqual([]);
  });

  test("a file fills the largest frame to the byte; one byte more is refused in words", async () => {
    const [ann, ben] = await twoPeople();
    const largest = 16 * 1024 * 1024 - 2 - "full.bin".length;
    await ann.sendFile("full.bin", Buffer.alloc(largest, 7));
    await ben.entry("full.bin").waitFor();
    await ann.entry("Sent").waitFor();
    expect(await ben.entry("full.bin").textContent()).toContain("16 MiB");
    const [download] = await Promise.all([ben.page.waitForEvent("download"), ben.log.getByRole("link").click()]);
    expect(Bun.file(await download.path()).size).toBe(largest);
    await ann.sendFile("over.bin", Buffer.alloc(largest + 1));
    await ann.entry("over.bin").filter({ hasText: "Not sent: too large." }).waitFor();
    await ann.say("still here");
    await ben.entry("still here").waitFor();
  });

  test("the log keeps the newest 500 entries and lets go of the rest", async () => {
    const ann = await join("Ann", "busy");
    const talker = await plainClient(server.url, "busy");
    for (let number = 1; number <= 510; number += 1) talker.send(`number ${number}.`);
    await ann.entry("number 510.").waitFor();
    expect(await ann.page.locator("#chat-log > :not(.empty)").count()).toBe(500);
    expect(await ann.log.getByText("number 10.", { exact: true }).count()).toBe(0);
    expect(await ann.log.getByText("number 11.", { exact: true }).count()).toBe(1);
    talker.close();
  });
});

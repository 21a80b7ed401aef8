import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import type { Windows } from "../support/browser.ts";

/** A person at the chat, by what they see: labels, buttons and words. */
export class ChatWindow {
  readonly page: Page;
  readonly faults: string[];

  private constructor(page: Page, faults: string[]) {
    this.page = page;
    this.faults = faults;
  }

  static async open(windows: Windows, url: string, options?: BrowserContextOptions): Promise<ChatWindow> {
    const { page, faults } = await windows.open(url, options);
    return new ChatWindow(page, faults);
  }

  /** Opens the page, gives a name and a channel, and presses Connect. */
  static async join(windows: Windows, url: string, { name, channel }: { name: string; channel: string }) {
    const chat = await ChatWindow.open(windows, url);
    await chat.page.getByLabel("Name").fill(name);
    await chat.page.getByLabel("Channel").fill(channel);
    await chat.page.getByRole("button", { name: "Connect" }).click();
    await chat.untilState(`Connected to ${channel}.`);
    return chat;
  }

  get log(): Locator {
    return this.page.getByRole("log", { name: "Conversation" });
  }

  get message(): Locator {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  /** The entry with this text in it, the newest first where there are several. */
  entry(text: string): Locator {
    return this.log.getByRole("article").filter({ hasText: text }).last();
  }

  async untilState(words: string | RegExp): Promise<void> {
    await this.page.getByRole("status").filter({ hasText: words }).waitFor();
  }

  async say(text: string): Promise<void> {
    await this.message.fill(text);
    await this.message.press("Enter");
  }

  async sendFile(name: string, content: string | Uint8Array): Promise<void> {
    // The type that the browser claims is a lie on purpose: nothing may depend on it.
    const file = { name, mimeType: "text/html", buffer: Buffer.from(content) };
    await this.page.getByLabel("Files to send").setInputFiles(file);
  }
}

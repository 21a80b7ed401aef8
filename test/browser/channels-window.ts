import type { Locator, Page } from "playwright-core";
import type { Windows } from "../support/browser.ts";

/** A person at the Channels tab, subscribed to a channel. */
export class ChannelsWindow {
  readonly page: Page;
  readonly faults: string[];

  private constructor(page: Page, faults: string[]) {
    this.page = page;
    this.faults = faults;
  }

  static async join(windows: Windows, url: string, channel: string, transport = "automatic"): Promise<ChannelsWindow> {
    const { page, faults } = await windows.open(`${url}/#channels`);
    const joined = new ChannelsWindow(page, faults);
    await joined.panel.getByLabel("Channel").fill(channel);
    await joined.panel.getByLabel("Transport").selectOption(transport);
    await joined.press("Connect");
    await joined.status(`Subscribed to ${channel}.`).waitFor();
    return joined;
  }

  get panel(): Locator {
    return this.page.getByRole("tabpanel", { name: "Channels" });
  }

  get log(): Locator {
    return this.panel.getByRole("log", { name: "Publications" });
  }

  region(name: string): Locator {
    return this.panel.getByRole("region", { name });
  }

  status(words: string | RegExp): Locator {
    return this.panel.getByRole("status").filter({ hasText: words });
  }

  press(name: string): Promise<void> {
    return this.panel.getByRole("button", { name, exact: true }).click();
  }

  async publish(text: string): Promise<void> {
    await this.panel.getByRole("textbox", { name: "Publication" }).fill(text);
    await this.press("Publish");
  }
}

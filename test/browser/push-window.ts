import type { Locator, Page } from "playwright-core";
import type { Windows } from "../support/browser.ts";

/** A person at the Push tab, with an API key. */
export class PushWindow {
  readonly page: Page;
  readonly faults: string[];

  private constructor(page: Page, faults: string[]) {
    this.page = page;
    this.faults = faults;
  }

  static async open(windows: Windows, url: string, key = "apikey"): Promise<PushWindow> {
    const { page, faults } = await windows.open(`${url}/#push`);
    const opened = new PushWindow(page, faults);
    await opened.page.getByLabel("API key").fill(key);
    return opened;
  }

  /** Fills in the form and sends it. `to` is what the person chooses in it. */
  async push(target: string, data: string, { to = "a channel", keep = "" } = {}): Promise<void> {
    await this.page.getByLabel("To", { exact: true }).selectOption({ label: to });
    await this.page.locator("#push-form input[name=target]").fill(target);
    await this.page.getByLabel("Data").fill(data);
    if (keep !== "") await this.page.getByLabel("Keep for an absent user, seconds").fill(keep);
    await this.press("Push");
  }

  press(name: string): Promise<void> {
    return this.page.getByRole("button", { name, exact: true }).click();
  }

  /** What the form says of the last push, once it says so. */
  outcome(words: string): Promise<void> {
    return this.page.locator("#push-outcome").filter({ hasText: words }).waitFor();
  }

  /** The lines of the log, the newest first. */
  get lines(): Locator {
    return this.page.locator("#push-log tbody tr");
  }

  /** A line of the log that holds all of these words. */
  line(...words: readonly string[]): Locator {
    return words.reduce((lines, word) => lines.filter({ hasText: word }), this.lines);
  }
}

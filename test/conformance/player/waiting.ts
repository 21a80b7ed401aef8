/** Milliseconds of silence after which a step is over. */
const silence = 90;

/** Milliseconds that a step waits for a recorded message that is late; once in a conversation. */
export const patience = 20_000;

/** When something arrived last in a conversation, and how long its steps wait. */
export class Waiting {
  private lastArrival = 0;
  private isOutOfPatience = false;

  touch(): void {
    this.lastArrival = performance.now();
  }

  /** Waits until `isDone`, within reason; once in vain, and no more in this conversation. */
  async until(isDone: () => boolean, limit = patience): Promise<void> {
    const start = performance.now();
    while (!this.isOutOfPatience && !isDone()) {
      await Bun.sleep(5);
      if (performance.now() - start <= limit) continue;
      this.isOutOfPatience = limit === patience;
      return;
    }
  }

  /** Waits for so many milliseconds of silence, and no longer than three seconds. */
  async silence(milliseconds = silence): Promise<void> {
    const start = performance.now();
    this.touch();
    while (performance.now() - this.lastArrival < milliseconds && performance.now() - start < 3000) await Bun.sleep(8);
  }
}

/**
 * How long a test waits for one thing that is bound to happen, in milliseconds. Nothing depends on the value: a healthy
 * run waits for events alone, and only a broken one comes to the end of it, with a message that says what was seen.
 */
export const patience = 20_000;

/** For `setDefaultTimeout`: longer than a few waits, so that the wait's own message comes before the runner's. */
export const testTimeout = 90_000;

/** Runs something, and cleans up where it throws: what does not start must keep neither the process alive nor a file. */
export function attempt<Result>(run: () => Result, cleanUp: () => unknown): Result {
  try {
    return run();
  } catch (error) {
    cleanUp();
    throw error;
  }
}

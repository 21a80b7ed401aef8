/** Runs of each random test: `CHORUS_TEST_RUNS=10000` for a long one; `.ci/run` makes 200. */
export const runs = Number(process.env["CHORUS_TEST_RUNS"] ?? 50);

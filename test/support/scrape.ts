/** The bearer token of the metrics of test servers. */
export const metricsKey = "scrape-me";

/** The metrics of a test server, in Prometheus' text format; `url` as `TestServer` has it. */
export async function scrape(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${metricsKey}` } });
  return await response.text();
}

import { counterSeries } from "./counter-series.ts";
import type { Counters } from "./counters.ts";
import { engineSeries } from "./engine.ts";
import { type Gauges, gaugeSeries } from "./gauges.ts";
import { durationsText, hookSeries } from "./hooks.ts";
import { processSeries } from "./process.ts";
import { histogramText, type Series, seriesText, textFormat } from "./series.ts";

/**
 * Renders what was counted in Prometheus' text format. Nothing is kept here between scrapes: the counters are plain
 * numbers elsewhere, and each series reads its own when it is asked. Labels are codes and reasons from our own tables,
 * never users or channels, so the number of series is bounded.
 */
export function createMetrics(counters: Counters, gauges: Gauges) {
  const all = [
    ...[...counterSeries(counters, gauges), ...gaugeSeries(gauges)].map(named),
    ...processSeries(gauges),
    ...hookSeries(gauges.hooks),
    ...engineSeries(gauges.engine),
  ];
  const histograms = () => [
    histogramText("chorus_publish_duration_seconds", publishHelp, counters.publishDurations),
    histogramText("chorus_delivery_duration_seconds", deliveryHelp, counters.deliveryDurations),
    histogramText("chorus_engine_duration_seconds", engineHelp, counters.engineDurations),
    durationsText(gauges.hooks),
  ];
  return {
    contentType: textFormat,
    render: async () => [...all.map(seriesText), ...histograms()].join("\n"),
  };
}

const engineHelp = "Time from a call of the engine that nodes share to its answer.";
const publishHelp = "From a publish to its outcome, where its caller receives one.";
const deliveryHelp = "From a publication of the broker to its frames at the runtime; one in 64.";

function named(series: Series): Series {
  return { ...series, name: `chorus_${series.name}` };
}

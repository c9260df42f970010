"use strict";
/* The plot of the last hour: drawn by uPlot, and the same as a table for who can't see it. */
let hourPlot = null;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function hourData(minutes) {
  const times = minutes.map((minute) => Date.parse(minute.at) / 1000);
  const column = (name) => minutes.map((minute) => minute[name] ?? null);
  return [times, column("messages"), column("p50_ms"), column("p95_ms")];
}

function hourOptions(width) {
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const bars = uPlot.paths.bars({ size: [0.7, 24], radius: 0.2 });
  return {
    width, height: 240, cursor: { y: false },
    scales: { x: { time: true }, n: { range: (_, low, high) => [0, Math.max(4, high * 1.1)] },
      ms: { range: (_, low, high) => [0, Math.max(100, high * 1.1)] } },
    axes: [
      { ...axis, space: 64, values: (_, ticks) => ticks.map((at) => clock(at * 1000)) },
      { ...axis, scale: "n", size: 40, values: (_, ticks) => ticks.map((value) => number(value)) },
      { ...axis, scale: "ms", side: 1, size: 56, grid: { show: false }, values: (_, ticks) => ticks.map((value) => number(value)) }
    ],
    series: [
      { label: text("minute"), value: (_, at) => at === null ? "—" : clock(at * 1000) },
      { label: text("messages"), scale: "n", paths: bars, fill: colour("--bar"), stroke: colour("--main"), width: 1, points: { show: false }, value: (_, value) => number(value) },
      { label: text("p50"), scale: "ms", stroke: colour("--third"), width: 2, spanGaps: true, points: { show: false }, value: (_, value) => number(value) },
      { label: text("p95"), scale: "ms", stroke: colour("--second"), width: 2, dash: [6, 4], spanGaps: true, points: { show: false }, value: (_, value) => number(value) }
    ]
  };
}

function drawHour(place, minutes) {
  const width = Math.max(260, place.clientWidth);
  if (hourPlot && hourPlot.root.parentNode === place && hourPlot.width === width) {
    hourPlot.setData(hourData(minutes));
    return;
  }
  hourPlot?.destroy();
  hourPlot = new uPlot(hourOptions(width), hourData(minutes), place);
}

function forgetHour() {
  hourPlot?.destroy();
  hourPlot = null;
}

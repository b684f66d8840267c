// Draws what the tables say, with uPlot: the tables are the truth, the drawings a way to see them.
"use strict";
(() => {
  const DAY = 86_400;
  const CHARTS = {
    days: { step: DAY, zone: "UTC", series: null, colours: ["--c1", "--c2"] },
    records: { step: 3_600, series: ["Read", "Sent"], colours: ["--c3", "--c1"], overlaid: true },
    requests: { step: 3_600, series: ["Requests"], colours: ["--c4"] },
    runs: { step: 3_600, series: [["Complete", (row) => row.Runs - row.Failed], ["Failed", (row) => row.Failed]], colours: ["--c5", "--c6"] },
  };
  const drawn = new Map();

  // --- what the table says ---------------------------------------------------------------------------------------------------------
  function rows(table) {
    const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
    const read = [...table.tBodies[0].rows].map((row) => {
      const at = Date.parse(row.cells[0].querySelector("time").dateTime) / 1_000;
      const numbers = [...row.cells].slice(1).map((cell) => Number(cell.textContent.replaceAll(",", "")));
      return [at, Object.fromEntries(names.map((name, place) => [name, numbers[place]]))];
    });
    return { names, read: read.reverse() };
  }

  // One value for every step, zero where nothing was: a gap would say that nothing is known.
  function values(chart, table, now) {
    const { names, read } = rows(table);
    const series = (chart.series ?? names).map((entry) => (Array.isArray(entry) ? entry : [entry, (row) => row[entry]]));
    const known = new Map(read);
    const last = Math.max(read.at(-1)[0], chart.step === DAY ? 0 : Math.floor(now / chart.step) * chart.step);
    const first = Math.min(read[0][0], last - 23 * chart.step);
    const times = [];
    for (let at = first; at <= last; at += chart.step) times.push(at);
    const raw = series.map(([, of]) => times.map((at) => (known.has(at) ? of(known.get(at)) : 0)));
    return { times, raw, names: series.map(([name]) => name) };
  }

  // --- how it looks ----------------------------------------------------------------------------------------------------------------
  const probe = document.createElement("span");
  function colour(name) {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  }

  const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
  const grouped = new Intl.NumberFormat();

  function clock(chart) {
    const zone = { timeZone: chart.zone };
    const options = chart.step === DAY ? { weekday: "short", day: "numeric", month: "short" } : { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
    const whole = new Intl.DateTimeFormat(undefined, { ...options, ...zone });
    const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", ...zone });
    const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", ...zone });
    return { whole: (at) => whole.format(at * 1_000), day: (at) => day.format(at * 1_000), time: (at) => time.format(at * 1_000) };
  }

  function axes(chart, tell) {
    const axis = { stroke: () => colour("--soft"), font: "12px system-ui, sans-serif", ticks: { show: false } };
    const midnight = (at) => new Date(at * 1_000).getHours() === 0;
    const x = {
      ...axis,
      grid: { show: false },
      space: 64,
      size: 26,
      gap: 4,
      incrs: chart.step === DAY ? [DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY] : [3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, DAY, 2 * DAY, 7 * DAY],
      values: (_, splits) => splits.map((at) => (chart.step === DAY || midnight(at) ? tell.day(at) : tell.time(at))),
    };
    const y = {
      ...axis,
      size: 48,
      gap: 6,
      space: 36,
      grid: { stroke: () => colour("--line"), width: 1 },
      incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7],
      values: (_, splits) => splits.map((value) => compact.format(value)),
    };
    return [x, y];
  }

  // Bars on one another are drawn as sums, the largest first; overlaid ones as they are.
  function stacked(chart, raw) {
    if (chart.overlaid) return raw;
    return raw.map((_, place) => raw[0].map((_, at) => raw.slice(place).reduce((sum, one) => sum + one[at], 0)));
  }

  // A first backfill would press the days after it flat: what towers over everything is cut, and that is said.
  function ceiling(sums) {
    const some = sums.filter((sum) => sum > 0).sort((one, other) => one - other);
    const most = some.at(-1) ?? 0;
    const usual = some[Math.floor(some.length * 0.95)] ?? 0;
    const cut = some.length >= 24 && most > 5 * usual;
    return { top: Math.max(4, (cut ? 1.4 * usual : most) * 1.08), cut: cut ? most : null };
  }

  function tellCut(figure, cut) {
    let note = figure.querySelector(".cut");
    if (cut === null) {
      note?.remove();
      return;
    }
    if (!note) {
      note = document.createElement("span");
      note.className = "cut soft";
      figure.querySelector("figcaption").append(note);
    }
    note.textContent = ` · the tallest is cut: ${grouped.format(cut)}`;
  }

  function draw(figure) {
    const chart = CHARTS[figure.dataset.chart];
    const table = document.getElementById(figure.dataset.from);
    const plot = figure.querySelector(".plot");
    const now = Number(figure.parentElement.dataset.now ?? 0);
    const { times, raw, names } = values(chart, table, now);
    const said = JSON.stringify([times.at(0), times.at(-1), raw]);
    const before = drawn.get(plot);
    const data = [times, ...stacked(chart, raw)];
    const { top, cut } = ceiling(data.slice(1).reduce((most, one) => most.map((sum, at) => Math.max(sum, one[at]))));
    tellCut(figure, cut);
    if (before?.said === said) return;
    if (before && before.names.join() === names.join()) {
      before.raw = raw;
      before.said = said;
      before.top = top;
      before.uplot.setData(data);
      return;
    }
    before?.uplot.destroy();
    const entry = { said, raw, names, top };
    const tell = clock(chart);
    const bars = uPlot.paths.bars({ size: [0.78, 40], radius: [0.12, 0] });
    const series = names.map((name, place) => ({
      label: name,
      fill: () => colour(chart.colours[place]),
      stroke: () => colour(chart.colours[place]),
      width: 0,
      paths: bars,
      points: { show: false },
      value: (_, __, ___, index) => (index === null || index === undefined ? grouped.format(entry.raw[place].reduce((sum, one) => sum + one, 0)) : grouped.format(entry.raw[place][index])),
    }));
    const all = chart.step === DAY ? "All days" : "All hours";
    const when = { label: "", value: (_, at) => (at === null || at === undefined ? all : tell.whole(at)) };
    entry.uplot = new uPlot(
      {
        width: plot.clientWidth,
        height: 190,
        padding: [10, 14, 0, 0],
        ...(chart.zone ? { tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), "Etc/UTC") } : {}),
        scales: { x: { range: (_, min, max) => [min - chart.step / 2, max + chart.step / 2] }, y: { range: () => [0, entry.top] } },
        axes: axes(chart, tell),
        series: [when, ...series],
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
        legend: { live: true },
      },
      data,
      plot,
    );
    drawn.set(plot, entry);
    new ResizeObserver(() => {
      const width = plot.clientWidth;
      if (width > 0 && width !== entry.uplot.width) entry.uplot.setSize({ width, height: 190 });
    }).observe(plot);
  }

  function drawAll() {
    for (const [plot, entry] of drawn) {
      if (plot.isConnected) continue;
      entry.uplot.destroy();
      drawn.delete(plot);
    }
    for (const figure of document.querySelectorAll("figure[data-chart]")) draw(figure);
  }

  function redraw() {
    for (const { uplot } of drawn.values()) uplot.redraw(false, true);
  }

  probe.className = "unseen";
  document.body.append(probe);
  document.addEventListener("itsmd:fresh", drawAll);
  document.addEventListener("itsmd:theme", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
})();

// The page lives: it follows the daemon, tells times in the viewer's zone, and never shows old numbers as if they were true.
"use strict";
(() => {
  const REFRESH = 30_000; // At the latest, though nothing seems to have changed.
  const STALE = 60_000; // From then on nothing green is shown.
  const STALE_UNSEEN = 150_000; // A browser wakes a tab that nobody sees once a minute at most.
  const AT_MOST = 1_000; // Between two refreshes.
  const byId = (id) => document.getElementById(id);

  // --- theme: at once, before anything is drawn -----------------------------------------------------------------------------------
  const THEMES = ["light dark", "light", "dark"];
  const NAMES = { "light dark": "Theme: auto", light: "Theme: light", dark: "Theme: dark" };
  const kept = (() => {
    try {
      return localStorage.getItem("itsmd-theme");
    } catch {
      return null;
    }
  })();
  let theme = THEMES.includes(kept) ? kept : THEMES[0];
  const show = () => {
    document.documentElement.style.colorScheme = theme;
    document.dispatchEvent(new Event("itsmd:theme"));
  };
  show();

  // --- times ---------------------------------------------------------------------------------------------------------------------
  const format = (options) => new Intl.DateTimeFormat(undefined, options);
  const clock = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const hour = format({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const whole = format({ dateStyle: "full", timeStyle: "long" });
  let ahead = 0; // The server's clock less ours.

  function amount(seconds) {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
    return `${Math.floor(seconds / 86_400)} d`;
  }

  function relative(at, now) {
    const seconds = Math.trunc((now - at) / 1_000);
    return seconds < 0 ? `in ${amount(-seconds)}` : `${amount(seconds)} ago`;
  }

  function write(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function tellTimes(everything) {
    const now = Date.now() + ahead;
    const today = new Date(now).toDateString();
    for (const node of document.querySelectorAll("time[data-as]")) {
      const as = node.dataset.as;
      if (as !== "ago" && !everything) continue;
      const at = new Date(node.dateTime);
      if (as === "ago") write(node, relative(at, now));
      else if (as === "hour") write(node, hour.format(at));
      else write(node, (at.toDateString() === today ? clock : day).format(at));
      if (everything && as !== "hour") node.title = `${whole.format(at)} · ${node.dateTime.replace("T", " ").replace("Z", " UTC")}`;
    }
  }

  // --- what is announced -----------------------------------------------------------------------------------------------------------
  function words() {
    const streams = new Map();
    for (const body of document.querySelectorAll("[data-stream]")) streams.set(body.dataset.stream, body.dataset.word);
    return { word: byId("word")?.textContent ?? "", streams };
  }

  function announce(before, after) {
    const changed = [...after.streams].filter(([name, word]) => before.streams.get(name) !== word);
    const said = changed.slice(0, 5).map(([name, word]) => `${name}: ${word}`);
    if (changed.length > 5) said.push(`and ${changed.length - 5} more`);
    if (before.word !== after.word) said.unshift(after.word);
    if (said.length > 0) byId("announce").textContent = `${said.join(". ")}.`;
  }

  // --- freshness -------------------------------------------------------------------------------------------------------------------
  let heard = Date.now(); // When the numbers on the page came.
  let woken = 0; // When somebody looked at it again.
  let told = null; // What the headline said before the daemon was lost.
  let beat = false;

  function fresh() {
    heard = Date.now();
    told = null;
    beat = !beat;
    const state = byId("state");
    // The style shows by itself that numbers are old when this stops.
    document.documentElement.dataset.beat = beat ? "a" : "b";
    ahead = Number(state.dataset.at) - heard;
    unseen();
    byId("link").className = "link live";
    byId("link").textContent = "live";
    tellTimes(true);
    document.dispatchEvent(new Event("itsmd:fresh"));
  }

  // In a tab that nobody sees no word is without its time, for the browser may put it to sleep.
  function unseen() {
    if (!document.hidden || told !== null) return;
    document.title = `${byId("word").textContent} at ${clock.format(new Date(heard + ahead))} · itsmd`;
    byId("icon").href = byId("icon").href.replace(/(good|busy)\.svg\?.*/, "off.svg");
  }

  function make(tag, text) {
    const node = document.createElement(tag);
    node.textContent = text;
    return node;
  }

  function lost(why) {
    const state = byId("state");
    if (told === null) {
      told = byId("word").textContent;
      state.className = "headline off";
      byId("word").className = "off";
      byId("word").textContent = "Not connected";
      const since = make("time", "");
      since.dataset.as = "clock";
      since.dateTime = new Date(heard + ahead).toISOString().replace(/\.\d+Z/, "Z");
      const reason = make("span", "");
      reason.id = "lost";
      byId("lead").replaceChildren("Not connected since ", since, ": ", reason, ` What stands below was true then; it said “${told}”.`);
      state.querySelector(".shape use")?.setAttribute("href", "#off");
      // What it said to do was about another trouble.
      if (byId("reasons")) byId("reasons").hidden = true;
      byId("gone").hidden = false;
      document.title = "Not connected · itsmd";
      byId("icon").href = byId("icon").href.replace(/\w+\.svg\?.*/, "off.svg");
      byId("announce").textContent = `Not connected. It said ${told}.`;
      byId("link").className = "link gone";
      byId("link").textContent = "not connected";
      document.documentElement.dataset.beat = "lost";
      tellTimes(true);
    }
    write(byId("lost"), why);
  }

  // --- refresh ---------------------------------------------------------------------------------------------------------------------
  const KEEP = { DETAILS: "open", DIALOG: "open" };
  const morphing = {
    morphStyle: "outerHTML",
    ignoreActiveValue: true,
    callbacks: {
      // Drawings, fields and what a button answered are the browser's own.
      beforeNodeMorphed: (old) => !(old.nodeType === 1 && (old.classList.contains("plot") || old.tagName === "INPUT" || old.id === "outcome" || old.tagName === "DIALOG")),
      beforeAttributeUpdated: (name, node) => !(name === KEEP[node.tagName]),
    },
  };

  let asked = 0;
  let running = false;
  let again = false;

  async function refresh() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    asked = Date.now();
    try {
      const answer = await fetch(location.pathname, { cache: "no-store", headers: { accept: "text/html" }, signal: AbortSignal.timeout(10_000) });
      if (!answer.ok) throw new Refused((await answer.text()).trim() || `it answers ${answer.status}.`);
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch (error) {
      lost(error instanceof Refused ? `${error.message}.` : "itsmd does not answer.");
    } finally {
      running = false;
      if (again) {
        again = false;
        soon();
      }
    }
  }

  class Refused extends Error {}

  function take(page) {
    const main = page.getElementById("main");
    if (!main || !page.getElementById("state")) throw new Refused("something else answers at this address");
    const before = words();
    if (told !== null) before.word = "";
    Idiomorph.morph(byId("main"), main, morphing);
    Idiomorph.morph(byId("foot"), page.getElementById("foot"), morphing);
    document.title = page.title;
    byId("icon").href = page.getElementById("icon").getAttribute("href");
    fresh();
    announce(before, words());
  }

  let waiting = null;
  function soon() {
    if (waiting !== null) return;
    const left = Math.max(0, asked + AT_MOST - Date.now());
    waiting = setTimeout(() => {
      waiting = null;
      refresh();
    }, left);
  }

  // --- events ----------------------------------------------------------------------------------------------------------------------
  let events = null;
  function listen() {
    // A browser has six connections to one host: a tab that nobody sees holds none.
    if (document.hidden) return;
    events?.close();
    events = new EventSource("api/events");
    events.addEventListener("change", soon);
    events.addEventListener("open", () => {
      if (told !== null) soon();
    });
    // It comes back by itself, unless it was refused; either way the page asks at once whether the daemon is still there.
    events.addEventListener("error", soon);
  }

  function tick() {
    tellTimes(false);
    const now = Date.now();
    if (now - Math.max(heard, woken) > (document.hidden ? STALE_UNSEEN : STALE)) lost("itsmd has not answered for a minute.");
    if (now - asked > (told === null ? REFRESH : 3_000)) soon();
    if (events?.readyState === EventSource.CLOSED && now - asked > 5_000) listen();
  }

  function seen() {
    if (document.hidden) {
      events?.close();
      unseen();
      return;
    }
    woken = Date.now(); // It may have slept: what is old is asked for at once before anybody is called lost.
    listen();
    refresh();
    tick();
  }

  document.addEventListener("DOMContentLoaded", () => {
    asked = Date.now();
    const button = byId("theme");
    button.hidden = false;
    button.textContent = NAMES[theme];
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      button.textContent = NAMES[theme];
      try {
        localStorage.setItem("itsmd-theme", theme);
      } catch {
        // Not remembered, then.
      }
      show();
    });
    fresh();
    listen();
    setInterval(tick, 1_000);
    document.addEventListener("visibilitychange", seen);
    document.addEventListener("itsmd:refresh", soon);
    addEventListener("pageshow", (event) => event.persisted && soon());
    // A page that is left does not hold a connection.
    addEventListener("pagehide", () => events?.close());
  });
})();

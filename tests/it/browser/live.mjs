// The page follows the daemon without being loaded anew, disturbs nobody who reads it, and never shows old numbers as true.
import { ask, check, end, go, inspect, open, shoot, until, word } from "./browser.mjs";

const GONE = ["net::ERR_", "Failed to load resource"];
const page = await open({}, GONE);
await go(page);
check((await word(page)) === "In step", `at first it says ${await word(page)}`);

// Somebody reads a table in the middle of the page.
await page.evaluate(() => (globalThis.mark = "still here"));
await page.locator("#created-table > summary").click();
await page.locator("#created-table > summary").focus();
await page.evaluate(() => scrollTo(0, 500));
const scroll = await page.evaluate(() => scrollY);
const figure = (name) => `[...document.querySelectorAll(".figures > div")].find((div) => div.querySelector("dt").textContent === "${name}").querySelector(".number").textContent`;
const before = await page.evaluate(figure("Records kept in step"));

await ask("a new record");
await until(page, "the new record is counted", `${figure("Records kept in step")} !== ${JSON.stringify(before)}`);
const kept = await page.evaluate(() => ({ mark: globalThis.mark, open: document.getElementById("created-table").open, focus: document.activeElement.parentElement.id, scroll: scrollY }));
check(kept.mark === "still here", "it was loaded anew");
check(kept.open, "what was unfolded is folded");
check(kept.focus === "created-table", `the focus went to ${kept.focus}`);
check(kept.scroll === scroll, `it scrolled from ${scroll} to ${kept.scroll}`);
check((await page.locator("#announce").textContent()) === "", `it spoke of ${await page.locator("#announce").textContent()}`);

await ask("a failure");
await until(page, "it says that it fails", () => document.getElementById("word").textContent === "Failing");
const spoken = await page.locator("#announce").textContent();
check(spoken.startsWith("Failing") && spoken.includes("contoso incidents: Failing"), `of the failure it said ${spoken}`);
check(/bad\.svg/.test(await page.locator("#icon").getAttribute("href")), "the tab's icon is not that of a failure");
await ask("no failure");
await until(page, "it is in step again", () => document.getElementById("word").textContent === "In step");

// The daemon goes away.
await ask("stop");
await until(page, "it says that it is not connected", () => document.getElementById("word").textContent === "Not connected");
const lead = await page.locator("#lead").innerText();
check(/^Not connected since \d+:\d+:\d+: itsmd does not answer. What stands below was true then; it said “In step”.$/.test(lead), `it says ${lead}`);
check(!(await page.locator("#state").getAttribute("class")).includes("good"), "the headline is green though nobody answers");
check((await page.title()).startsWith("Not connected"), `the title is ${await page.title()}`);
check((await page.locator("#link").innerText()) === "not connected", "the corner says that it is live");
check((await page.locator("#announce").textContent()).startsWith("Not connected"), "the loss was not spoken of");
check(await page.locator("#gone").isVisible(), "it does not say where to look");
check((await page.locator("#gone").innerText()).includes("journalctl -u itsmd"), "it does not name the journal");
await inspect(page, "not connected");
await page.evaluate(() => scrollTo(0, 0));
await shoot(page, "not-connected", false);
await ask("start");
await until(page, "it is in step once the daemon is back", () => document.getElementById("word").textContent === "In step");
check((await page.evaluate(() => globalThis.mark)) === "still here", "it was loaded anew when the daemon came back");
check(!(await page.locator("#gone").isVisible()), "it still says where to look for a lost daemon");

// A daemon that goes while something fails: what was to do about that is not what is to do now.
await ask("a failure");
await until(page, "it fails again", () => document.getElementById("word").textContent === "Failing");
check(await page.locator("#reasons").isVisible(), "it does not say why");
await ask("stop");
await until(page, "it is not connected", () => document.getElementById("word").textContent === "Not connected");
check(!(await page.locator("#reasons").isVisible()), "the old remedy stands beside a lost daemon");
await shoot(page, "not-connected-failing", false);
await ask("start");
await until(page, "it fails once the daemon is back", () => document.getElementById("word").textContent === "Failing");
check(await page.locator("#reasons").isVisible(), "it does not say why when the daemon is back");
await ask("no failure");
await until(page, "it is in step at last", () => document.getElementById("word").textContent === "In step");

// A tab that nobody sees holds no connection and claims nothing without its time; once seen again it is up to date at once.
const unseen = await open();
await unseen.addInitScript(() => {
  const Real = globalThis.EventSource;
  globalThis.sources = [];
  globalThis.EventSource = class extends Real {
    constructor(...given) {
      super(...given);
      globalThis.sources.push(this);
    }
  };
  globalThis.away = (hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  };
});
await go(unseen);
const listening = () => globalThis.sources.filter((source) => source.readyState !== EventSource.CLOSED).length;
check((await unseen.evaluate(listening)) === 1, "it does not listen");
await unseen.evaluate(() => globalThis.away(true));
check((await unseen.evaluate(listening)) === 0, "an unseen tab holds a connection");
check(/^In step at \d+:\d+:\d+ · itsmd$/.test(await unseen.title()), `an unseen tab is titled ${await unseen.title()}`);
check((await unseen.locator("#icon").getAttribute("href")).includes("off.svg"), "an unseen tab has a green icon");
await unseen.evaluate(() => globalThis.away(false));
await until(unseen, "it is seen again", () => document.title === "In step · itsmd");
check((await unseen.evaluate(listening)) === 1, "a tab that is seen again does not listen");
await unseen.context().close();

// The daemon stands still: it takes connections and answers nothing.
const still = await open({}, GONE);
await still.clock.install();
await go(still);
await ask("freeze");
await still.clock.fastForward("01:05");
await until(still, "it says that nobody answers", () => document.getElementById("lead").innerText.includes("has not answered for a minute"));
check((await word(still)) === "Not connected", `of a daemon that stands still it says ${await word(still)}`);
await ask("thaw");

// Not even a script that died leaves old numbers green: the style alone says how old they are.
const dead = await open({ javaScriptEnabled: false });
await dead.goto((await page.url()).split("?")[0]);
const seek = async (seconds) => dead.evaluate((at) => document.getAnimations().forEach((one) => { one.pause(); one.currentTime = at * 1_000; }), seconds);
await seek(10);
check(!(await dead.locator(".old").isVisible()), "new numbers are called old");
await seek(77);
check(await dead.locator(".old").isVisible(), "old numbers are not called old without a script");
await shoot(dead, "old-numbers", false);
await end();

// The two buttons: a wrong token, the right one, what a resync costs, by keyboard, without a script, and from another site's page.
import { createServer } from "node:http";
import { ask, browser, check, end, facts, go, inspect, open, shoot, until } from "./browser.mjs";

const REFUSED = ["status of 403", "status of 429"];
const page = await open({}, REFUSED);
await go(page);
const outcome = page.locator("#outcome");

// Sync now by keyboard: a wrong token first.
await page.locator("#control-sync > summary").focus();
await page.keyboard.press("Enter");
await page.keyboard.press("Tab");
check((await page.evaluate(() => document.activeElement.id)) === "token-sync", "Tab does not lead to the token");
await page.keyboard.type("not-the-token-at-all");
await page.keyboard.press("Enter");
await until(page, "the refusal is said", () => document.getElementById("outcome").textContent.includes("is not the one of control_token"));
check((await outcome.getAttribute("class")).includes("bad"), "a refusal does not look like one");
check((await page.evaluate(() => document.activeElement.id)) === "token-sync", "after a refusal the focus is elsewhere");
await inspect(page, "refused");
await shoot(page, "buttons-refused", false);
await ask("nothing happened");
await page.locator("#control-resync > summary").click();
await until(page, "the refusal goes with its form", () => document.getElementById("outcome").textContent === "");
await page.locator("#control-resync > summary").click();

// One try a second is taken.
await page.waitForTimeout(1_100);
await page.locator("#token-sync").fill(facts.token);
await ask("a new record");
await page.keyboard.press("Enter");
await until(page, "the sync is confirmed", () => document.getElementById("outcome").textContent.startsWith("Asked to sync now"));
check((await page.locator("#token-sync").inputValue()) === "", "the token is still in its field");
const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href]));
check(!kept.includes(facts.token), "the token is kept by the browser");
await ask("the new record is there");

// Resync asks back, and says what it costs.
await page.locator("#control-resync > summary").click();
await page.locator("#token-resync").fill(facts.token);
await page.keyboard.press("Enter");
await page.locator("#ask").waitFor();
const cost = await page.locator("#ask-cost").innerText();
check(/^This delivers the whole window again: [\d,]+ records/.test(cost), `it costs ${cost}`);
check((await page.evaluate(() => document.activeElement.id)) === "ask-no", "the question begins with yes");
await inspect(page, "asked back");
await shoot(page, "buttons-resync", false);
await page.keyboard.press("Escape");
await until(page, "nothing was asked for", () => document.getElementById("outcome").textContent === "Nothing was asked for.");
await ask("no resync");
await page.locator("#token-resync").press("Enter");
await page.locator("#ask-yes").click();
await until(page, "the resync is confirmed", () => document.getElementById("outcome").textContent.startsWith("Asked to deliver again"));
await ask("a resync");
await page.context().close();

// Without a script the forms work as they are.
const plain = await open({ javaScriptEnabled: false });
await plain.goto(facts.url);
await plain.locator("#control-sync > summary").click();
await plain.locator("#token-sync").fill(facts.token);
await plain.locator("#control-sync button").click();
await plain.waitForURL(/\/\?said=sync$/);
check((await plain.locator("#outcome").innerText()).startsWith("Asked to sync now"), "without a script nothing is said of the sync");
await shoot(plain, "buttons-no-script", false);
await plain.context().close();

// Another site's page sends the form with the right token: it is refused all the same.
const evil = createServer((request, response) => {
  response.setHeader("content-type", "text/html");
  response.end(`<form method="post" action="${facts.url}api/resync"><input name="token" value="${facts.token}"><button>Win</button></form>`);
});
await new Promise((ready) => evil.listen(0, "127.0.0.1", ready));
await ask("resyncs are counted");
const victim = await (await browser.newContext()).newPage();
await victim.goto(`http://127.0.0.1:${evil.address().port}/`);
const [answer] = await Promise.all([victim.waitForResponse((response) => response.url().endsWith("/api/resync")), victim.locator("button").click()]);
check(answer.status() === 403, `another site's form is answered ${answer.status()}`);
check((await victim.locator("body").innerText()).includes("another site"), "the refusal does not say why");
await ask("no more resyncs");
evil.close();
await end();

// What every script here has: a browser that lets nothing pass, the world's ear, and axe.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [folder, shots, given] = process.argv.slice(2);
export const facts = JSON.parse(given);
const require = createRequire(`${folder}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const origin = new URL(facts.url).origin;
const findings = [];

export const browser = await chromium.launch({ executablePath: process.env.ITSMD_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

export function found(what) {
  findings.push(what);
  console.log(`FOUND ${what}`);
}

export function check(holds, what) {
  if (!holds) found(what);
}

// Asks the test to do something to the world, and waits until it is done.
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export async function ask(wish) {
  console.log(`ask ${wish}`);
  await answers.next();
}

// A page in which an error, a broken policy or a request to anywhere else is a finding. `expected` are messages that have to be.
export async function open(options = {}, expected = []) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", timezoneId: "America/New_York", ...options });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("console", (message) => {
    const text = message.text();
    if (["error", "warning"].includes(message.type()) && !expected.some((known) => text.includes(known))) found(`console: ${text}`);
  });
  page.on("pageerror", (error) => found(`page error: ${error.stack}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "data:") found(`a request to ${url.origin}`);
  });
  return page;
}

export async function go(page, query = "") {
  await page.goto(facts.url + query, { waitUntil: "load" });
  await page.locator("#link.live").waitFor();
}

export const word = (page) => page.locator("#word").textContent();

// Waits until something on the page holds. Asked from outside: a predicate that polls inside would be text made into a program,
// which the page's policy forbids.
export async function until(page, what, holds) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (await page.evaluate(holds)) return;
    await new Promise((later) => setTimeout(later, 100));
  }
  found(`never: ${what}; the page says ${JSON.stringify((await page.locator("#state").innerText()).slice(0, 300))}`);
}

// Every rule axe has, its best practices too.
export async function inspect(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, help, nodes } of violations) found(`axe, ${where}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`);
}

export async function shoot(page, name, whole = true) {
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: whole });
}

export async function end() {
  await browser.close();
  console.log(findings.length === 0 ? `${process.argv[1].split("/").at(-1)}: nothing found` : `${findings.length} findings`);
  process.exit(findings.length === 0 ? 0 : 1);
}

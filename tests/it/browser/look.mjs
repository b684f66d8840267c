// Looks at the page in both themes, at three widths, on paper and without a script; says what is there and what is not.
import { check, end, facts, found, go, inspect, open, shoot, word } from "./browser.mjs";

const WIDTHS = [360, 1280, 1600];

async function says(page, where) {
  const text = (await page.locator("body").innerText()).replaceAll(/\s+/g, " ");
  for (const sentence of facts.says) check(text.includes(sentence), `${where}: nothing says ${JSON.stringify(sentence)}: ${text.slice(0, 900)}`);
  for (const sentence of facts.never ?? []) check(!text.includes(sentence), `${where}: ${JSON.stringify(sentence)} is there`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of WIDTHS) {
    const where = `${facts.name}-${colorScheme}-${width}`;
    const page = await open({ colorScheme, viewport: { width, height: width < 500 ? 740 : 900 } });
    await go(page);
    check((await word(page)) === facts.word, `${where}: it says ${await word(page)}, not ${facts.word}`);
    check((await page.title()).startsWith(`${facts.word} ·`), `${where}: the title is ${await page.title()}`);
    await says(page, where);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wide <= 0, `${where}: ${wide} pixels stand out at the side`);
    const empty = await page.evaluate(() => [...document.querySelectorAll("figure .plot")].filter((plot) => !plot.querySelector("canvas")).length);
    check(empty === 0, `${where}: ${empty} drawings are missing`);
    await inspect(page, where);
    await shoot(page, where);
    if (width === 1600) {
      await page.context().close();
      continue;
    }
    // What is folded has to be as good.
    for (const fold of await page.locator("details > summary").all()) await fold.press("Enter");
    await inspect(page, `${where}, unfolded`);
    if (width === 1280) await shoot(page, `${where}-unfolded`);
    await page.context().close();
  }
}

const plain = await open({ javaScriptEnabled: false });
await plain.goto(facts.url);
check((await word(plain)) === facts.word, `without a script it says ${await word(plain)}`);
await says(plain, "without a script");
check((await plain.locator("time").first().textContent()).length > 0, "without a script no time is told");
await plain.locator("summary", { hasText: "As a table" }).first().click({ timeout: 5_000 }).catch(() => check(!facts.tables, "without a script no table unfolds"));
await shoot(plain, `${facts.name}-no-script`);
await plain.context().close();

const paper = await open();
await go(paper);
await paper.emulateMedia({ media: "print" });
await shoot(paper, `${facts.name}-print`);
check(!(await paper.locator(".top").isVisible()), "on paper there is a menu");
const size = (await (await fetch(facts.url)).text()).length;
if (size > 300_000) found(`the page has ${size} bytes`);
console.log(`${facts.name}: ${size} bytes of HTML`);
await end();

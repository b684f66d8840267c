// Everything can be reached and done by keyboard alone, and what has the focus is seen to have it.
import { check, end, go, open, shoot } from "./browser.mjs";

// Whoever wants no motion is not scrolled slowly.
const page = await open({ reducedMotion: "reduce" });
await go(page);
await page.keyboard.press("Tab");
check((await page.evaluate(() => document.activeElement.className)) === "skip", "the first stop is not the way past the menu");
check(await page.locator(".skip").isVisible(), "the way past the menu is not seen");
await shoot(page, "keyboard-skip", false);
await page.keyboard.press("Enter");
check((await page.evaluate(() => document.activeElement.id)) === "main", "the way past the menu does not lead to the state");

const stops = [];
for (let step = 0; step < 80; step += 1) {
  await page.keyboard.press("Tab");
  const stop = await page.evaluate(() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    const style = getComputedStyle(node);
    const box = node.getBoundingClientRect();
    return { name: (node.textContent || node.id).trim().slice(0, 40), outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight };
  });
  if (stop === null) break;
  check(stop.outline, `the focus on ${stop.name} is not seen`);
  check(stop.seen, `${stop.name} has the focus outside of the window`);
  stops.push(stop.name);
}
console.log(`stops: ${stops.join(" · ")}`);
for (const wanted of ["As a table", "/metrics", "/api/status"]) check(stops.includes(wanted), `no way to ${wanted} by keyboard`);

// A table is unfolded, read and folded again.
await page.locator("#work-table > summary").focus();
await page.keyboard.press("Enter");
check(await page.locator("#work-hours").isVisible(), "Enter does not unfold a table");
await page.keyboard.press("Tab");
check((await page.evaluate(() => document.activeElement.getAttribute("role"))) === "region", "what scrolls cannot be reached");
await page.locator("#work-table > summary").focus();
await page.keyboard.press("Space");
check(!(await page.locator("#work-hours").isVisible()), "Space does not fold a table");

// The theme is the viewer's, and stays.
await page.locator("#theme").focus();
for (const [name, scheme] of [["Theme: light", "light"], ["Theme: dark", "dark"]]) {
  await page.keyboard.press("Enter");
  check((await page.locator("#theme").textContent()) === name, `the theme's button does not say ${name}`);
  check((await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)) === scheme, `the theme is not ${scheme}`);
}
await page.reload();
check((await page.locator("#theme").textContent()) === "Theme: dark", "the theme is forgotten");

// Headings tell the page's order.
const headings = await page.evaluate(() => [...document.querySelectorAll("h1,h2,h3")].map((node) => Number(node.tagName[1])));
check(headings[0] === 1 && headings.filter((level) => level === 1).length === 1, `headings begin ${headings}`);
check(headings.every((level, place) => place === 0 || level <= headings[place - 1] + 1), `headings jump: ${headings}`);
await end();

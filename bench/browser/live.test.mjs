// The live page: that it keeps up, shows what is there, and nothing else.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { SIZES, THEMES, build, launch, open, shoot, sideways, start, temporary } from "./browser.mjs";

let browser, folder, serve;
before(async () => {
  folder = await temporary();
  [browser, serve] = await Promise.all([launch(), build(folder, "bench/browser/serve")]);
});
after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

const text = (page, query) => page.locator(query).first().textContent();

// lengths are those of the bars of the first table, as shares of the longest.
const lengths = (page) =>
  page.evaluate(() => {
    const all = [...document.querySelector(".bars").querySelectorAll("i")].filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect().width);
    return all.map((w) => w / Math.max(...all));
  });
const near = (a, b) => assert.ok(Math.abs(a - b) < 0.02, `${a} is not about ${b}`);

// drawn waits until the page has drawn so many spans.
const drawn = (page, spans) => page.waitForFunction((n) => window.__stats.spans >= n, spans);

// The figures to reach are printed, and the best of three counts: what else runs on the
// machine is not the page's. No test fails for a slow machine: what it wants is that the
// page moves at all.
test("3,000 spans: figures to reach are 30 frames a second, and a first paint below 1 s", async (t) => {
  let best = { paint: Infinity, rate: 0 };
  for (let i = 0; i < 3 && !(best.paint < 1000 && best.rate >= 30); i++) {
    const show = await start(t, serve, "busy");
    const { page, wrong, requests } = await open(t, browser, show.url);
    await drawn(page, 3000);
    const { firstPaint } = await page.evaluate(() => window.__stats);
    const rate = await page.evaluate(async () => {
      const [frames, t] = [window.__stats.frames, performance.now()];
      await new Promise((resolve) => setTimeout(resolve, 2000));
      return (1000 * (window.__stats.frames - frames)) / (performance.now() - t);
    });
    t.diagnostic(`first paint ${firstPaint.toFixed(0)} ms, ${rate.toFixed(1)} frames/s`);
    best = { paint: Math.min(best.paint, firstPaint), rate: Math.max(best.rate, rate) };
    await shoot(page, "busy");
    assert.deepEqual(wrong, []);
    for (const url of requests) assert.ok(url.startsWith(show.url) || url === "data:,", url);
    await page.close();
    await show.stop();
  }
  t.diagnostic(`best: first paint ${best.paint.toFixed(0)} ms, ${best.rate.toFixed(1)} frames/s`);
  assert.ok(best.rate >= 3, `${best.rate} frames/s: it stands still`);
});

for (const theme of THEMES) {
  for (const size of Object.keys(SIZES)) {
    test(`all parts, ${theme}, ${size}`, async (t) => {
      const show = await start(t, serve, "parts");
      const { page, wrong, requests } = await open(t, browser, show.url, { theme, size });
      await page.locator("#bars table").first().waitFor();
      await shoot(page, `bars-${theme}-${size}`);
      (await lengths(page)).slice(0, 3).forEach((share, i) => near(share, [51, 3, 1.7][i] / 51));
      show.next();
      await page.locator("#vote[data-as=slide]").waitFor();
      assert.equal(await page.locator("#vote li").count(), 3);
      await shoot(page, `vote-${theme}-${size}`);
      await page.keyboard.press("Enter"); // what Ask waits for
      await page.locator("#lanes").waitFor();
      await page.locator("#points").waitFor();
      assert.equal(await text(page, "#state"), "live");
      await page.waitForFunction(() => document.querySelectorAll("#text tbody tr").length === 4);
      assert.match(await text(page, "#text"), /worker 3/);
      assert.equal(await page.locator("#earlier tbody tr").count(), 10, "the bars of the scene before");
      assert.equal(await page.locator("#counts .bad").count(), 1, "what should be 0 and is not");
      await shoot(page, `parts-${theme}-${size}`);
      show.next();
      await page.waitForFunction(() => window.__stats.state === "ended");
      await shoot(page, `end-${theme}-${size}`);
      assert.equal(await text(page, "#state"), "ended");
      assert.match(await text(page, "#vote .right"), /never/);
      assert.match(await text(page, "#tables"), /What became of 200 jobs/);
      await show.stop();
      // It is there after its server has gone.
      await page.keyboard.press("d");
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme === "dark" ? "light" : "dark");
      assert.equal(await text(page, "#state"), "ended");
      assert.ok((await sideways(page)) <= 0, "the page scrolls sideways");
      assert.deepEqual(wrong, []);
      for (const url of requests) assert.ok(url.startsWith(show.url) || url === "data:,", url);
    });
  }
}

test("names from the stream stay text", async (t) => {
  const show = await start(t, serve, "hostile");
  const pages = await Promise.all(Object.keys(SIZES).map((size) => open(t, browser, show.url, { size })));
  const titles = [];
  for (let i = 1; i <= 9; i++) {
    for (const { page } of pages) await page.waitForFunction((n) => document.querySelectorAll("#earlier figure").length === Math.min(n - 1, 8), i);
    titles.push(await text(pages[0].page, "#scene"));
    for (const { page } of pages) assert.ok((await sideways(page)) <= 0, `scene ${i} makes the page scroll sideways`);
    show.next();
  }
  assert.equal(titles[0], '<script>document.title = "taken"</script>');
  assert.equal(titles[3], "red");
  assert.equal(titles[4], "turned round");
  assert.equal([...titles[5]].length, 200);
  for (const { page, wrong, requests } of pages) {
    assert.equal(await page.title(), "levels demo hostile");
    assert.equal(await page.locator("script").count(), 1);
    assert.equal(await page.locator("img, [onerror], [onmouseover]").count(), 0);
    assert.deepEqual(wrong, []);
    for (const url of requests) assert.ok(url.startsWith(show.url) || url === "data:,", url);
  }
});

test("the page says whether it is connected", async (t) => {
  const show = await start(t, serve, "busy");
  const { page } = await open(t, browser, show.url);
  await drawn(page, 3000);
  assert.equal(await text(page, "#state"), "live");
  await show.kill();
  await page.waitForFunction(() => window.__stats.state === "lost");
  const frames = await page.evaluate(() => window.__stats.frames);
  await page.keyboard.press("d"); // draws once more
  await page.waitForFunction((n) => window.__stats.frames > n, frames);
  assert.equal(await text(page, "#state"), "lost connection: reconnecting");
});

test("a page that lost its show finds the next at the same address", async (t) => {
  const first = await start(t, serve, "busy");
  const { page } = await open(t, browser, first.url);
  await drawn(page, 3000);
  await first.kill();
  await page.waitForFunction(() => window.__stats.state === "lost");
  const second = await start(t, serve, "parts", new URL(first.url).host);
  assert.equal(second.url, first.url);
  await page.waitForFunction(() => window.__stats.state === "live", null, { timeout: 20_000 });
  second.next();
  await page.locator("#vote[data-as=slide]").waitFor();
});

test("pause, step, go on", async (t) => {
  const show = await start(t, serve, "busy");
  const { page } = await open(t, browser, show.url);
  await drawn(page, 3000);
  await page.keyboard.press(" ");
  const held = await page.evaluate(() => window.__stats.spans);
  await page.waitForFunction(() => Number(document.querySelector("#pause").textContent.match(/\d+/)?.[0]) > 20);
  assert.equal(await page.evaluate(() => window.__stats.spans), held, "it moves though it is paused");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight"); // a span, a count and a point
  await page.waitForFunction((n) => window.__stats.spans === n + 1, held);
  await page.keyboard.press(" ");
  await drawn(page, held + 20);
});

// unreadable are the texts that a hall could not read, and what does not fit its screen.
function unreadable() {
  const small = [...document.querySelectorAll("body *")]
    .filter((e) => e.checkVisibility() && !e.closest("#text") && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 28);
  const over = [...document.querySelectorAll("body, main, #now")].filter((e) => e.scrollHeight > e.clientHeight + 1);
  return [...small, ...over].map((e) => e.outerHTML.slice(0, 80));
}

test("a projector sees large text and nothing to scroll", async (t) => {
  const viewport = { width: 1280, height: 720 };
  const busy = await start(t, serve, "busy");
  const { page } = await open(t, browser, busy.url + "?projector=1", { viewport });
  await drawn(page, 3000);
  await shoot(page, "projector-busy");
  assert.deepEqual(await page.evaluate(unreadable), []);
  const show = await start(t, serve, "parts");
  await page.goto(show.url + "?projector=1");
  await page.locator("#bars table").first().waitFor();
  await shoot(page, "projector-bars");
  (await lengths(page)).slice(0, 3).forEach((share, i) => near(share, [51, 3, 1.7][i] / 51));
  assert.deepEqual(await page.evaluate(unreadable), [], "bars");
  show.next();
  await page.locator("#vote[data-as=slide]").waitFor();
  await shoot(page, "projector-vote");
  assert.deepEqual(await page.evaluate(unreadable), [], "vote");
  await page.keyboard.press("Enter");
  await page.locator("#points").waitFor();
  await shoot(page, "projector-parts");
  assert.deepEqual(await page.evaluate(unreadable), [], "lanes");
  show.next();
  await page.waitForFunction(() => window.__stats.state === "ended");
  await page.locator("#tables table").waitFor();
  await shoot(page, "projector-end");
  assert.deepEqual(await page.evaluate(unreadable), [], "the end");
});

test("whoever wants no motion gets two frames a second", async (t) => {
  const show = await start(t, serve, "busy");
  const { page } = await open(t, browser, show.url, { reducedMotion: "reduce" });
  await drawn(page, 3000);
  const [frames, ms] = await page.evaluate(async () => {
    const [before, t] = [window.__stats.frames, performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return [window.__stats.frames - before, performance.now() - t];
  });
  assert.ok(frames >= 1 && frames <= (2 * ms) / 1000 + 1, `${frames} frames in ${ms} ms`);
});

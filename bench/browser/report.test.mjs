// The pages of a report and of a trend, opened as files: that they are whole, ask nobody
// for anything, and show names as names.
import assert from "node:assert/strict";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { SIZES, THEMES, build, launch, open, repository, run, shoot, sideways, temporary } from "./browser.mjs";

const machine = path.join(repository, "results/kvm-2x-epyc");
const kept = path.join(machine, "20261123T091637Z-39d86c1961");

const ALL = THEMES.flatMap((theme) => Object.keys(SIZES).map((size) => [theme, size]));
const TWO = [["light", "phone"], ["dark", "desk"]]; // for names, which have no theme

let browser, folder, levels;
before(async () => {
  folder = await temporary();
  [browser, levels] = await Promise.all([launch(), build(folder, "cmd/levels")]);
});
after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

// made is a page that levels report makes, also where something is INVALID.
async function made(name, ...args) {
  const file = path.join(folder, name + ".html");
  await run(levels, ["report", ...args, "--html", file], { cwd: folder, maxBuffer: 1 << 26 });
  return file;
}

// looked opens a page in both themes and sizes, and checks what holds for every page.
async function looked(t, name, file, check = () => {}, ways = ALL) {
  assert.ok((await stat(file)).size < 300_000, `${name} has 300 KB or more`);
  const url = pathToFileURL(file).href;
  for (const [theme, size] of ways) {
    const { page, wrong, requests, context } = await open(t, browser, url, { theme, size });
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
    assert.ok((await sideways(page)) <= 0, `${name} scrolls sideways, ${size}`);
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = false)));
    await shoot(page, `${name}-${theme}-${size}`);
    const charts = await page.locator("figure.chart").count();
    assert.ok(charts > 0, `${name} has no chart`);
    const bare = await page.evaluate(() =>
      [...document.querySelectorAll("figure.chart, figure:has(svg), main svg")]
        .map((e) => e.closest("figure.chart") ?? e)
        .filter((f) => !f.id || !f.querySelector("svg") || !f.querySelector("details table tbody tr"))
        .map((f) => f.outerHTML.slice(0, 100)),
    );
    assert.deepEqual(bare, [], "charts without a table behind them");
    assert.deepEqual(await page.evaluate(outside), [], `text that is cut off, ${size}`);
    assert.deepEqual(await page.evaluate(touching), [], `texts and markers that touch, ${size}`);
    if (await page.locator("#theme").count()) {
      await page.locator("#theme").click();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme === "dark" ? "light" : "dark");
    }
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(27, 27, 27)", "print is dark on white, whatever the button says");
    await check(page);
    assert.deepEqual(wrong, []);
    for (const r of requests) assert.ok(r === url || r.startsWith("data:"), `${name} asks for ${r}`);
    await context.close();
  }
}

// outside are the texts of charts that leave their charts.
function outside() {
  return [...document.querySelectorAll("figure svg text")]
    .filter((text) => {
      const [a, b] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
      return text.textContent.trim() && (a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1);
    })
    .map((text) => `${text.closest("figure").id}: ${text.textContent}`);
}

// touching are the texts of rows, keys and labels that stand on each other, or on a marker
// that is no point of a curve.
function touching() {
  return [...document.querySelectorAll("figure svg")].flatMap((svg) => {
    const all = [...svg.querySelectorAll(".row text, .bad use, .key text, .key use, .axis-title, .label text")].map((e) => ({ e, box: e.getBoundingClientRect() }));
    const on = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
    return all.flatMap((a, i) => all.slice(0, i).filter((b) => on(a.box, b.box)).map((b) => `${svg.closest("figure").id}: ${a.e.textContent} on ${b.e.textContent}`));
  });
}

test("the page of a run", async (t) => {
  await looked(t, "report", await made("report", kept));
});

test("a tooltip stays where a finger has tapped", async (t) => {
  const { page } = await open(t, browser, pathToFileURL(await made("tap", kept)).href, { hasTouch: true });
  const marker = page.locator("figure svg .row use").nth(1);
  await marker.scrollIntoViewIfNeeded();
  const box = await marker.boundingBox();
  const hidden = () => page.evaluate(() => document.getElementById("tip").hidden);
  await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForFunction(() => !document.getElementById("tip").hidden);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(await hidden(), false, "it went with the finger");
  await page.locator("h1").tap();
  assert.equal(await hidden(), true, "it stays for good");
});

test("the raw results in the page are those of the run", async (t) => {
  const { page } = await open(t, browser, pathToFileURL(await made("data", kept)).href);
  const coming = page.waitForEvent("download");
  await page.locator('a[download^="samples.txt"]').click();
  const download = await coming;
  const data = await readFile(await download.path());
  const text = download.suggestedFilename().endsWith(".gz") ? gunzipSync(data) : data;
  assert.ok(text.equals(await readFile(path.join(kept, "samples.txt"))));
});

test("the page of a trend", async (t) => {
  await looked(t, "trend", await made("trend", "--trend", machine));
});

// hostile makes a run in which whatever can be named wants to be more than a name. A
// benchmark's name has no spaces, and a folder's no slash.
async function hostile(name) {
  const dir = path.join(folder, name, `"><img src=x onerror=document.title='taken'>`);
  await mkdir(dir, { recursive: true });
  const samples = await readFile(path.join(kept, "samples.txt"), "utf8");
  const evil = `<script>document.title='taken'</script>`;
  const long = "long".repeat(2500);
  await writeFile(
    path.join(dir, "samples.txt"),
    samples
      .replace(/^cpu: .*$/m, `cpu: ${evil}"'\u001b[31mred`)
      .replace(/^commit: .*$/m, `commit: ${evil}`)
      .replace(/^corpus: .*$/m, `corpus: ${long}`)
      .replaceAll("impl=pipe", "impl=<img/src=x/onerror=document.title='taken'>")
      .replaceAll("work=io", `work="onmouseover=alert(1)`)
      .replaceAll("impl=channel", `impl=${long}`),
  );
  return dir;
}

async function inert(page) {
  assert.doesNotMatch(await page.title(), /^taken/);
  const scripts = await page.locator("script").allTextContents();
  assert.ok(!scripts.some((text) => text.includes("taken")), "a name became a script");
  assert.equal(await page.locator("img, [onerror], [onmouseover]").count(), 0, "a name became markup");
  const markup = await page.content();
  assert.match(markup, /&lt;(script|img)/, "the names are not there at all");
  assert.doesNotMatch(markup, /\u001b/);
}

test("names in a run stay text", async (t) => {
  await looked(t, "hostile", await made("hostile", await hostile("run")), inert, TWO);
});

test("names in a trend stay text", async (t) => {
  await looked(t, "hostile-trend", await made("hostile-trend", "--trend", path.dirname(await hostile("trend"))), inert, TWO);
});

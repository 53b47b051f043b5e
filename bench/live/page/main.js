// The page: the stream comes in here, the parts of the page are written here. Whatever the
// stream says is set as text, never as markup.
const $ = (query) => document.querySelector(query);
const root = document.documentElement;
const show = new Show();
const clock = { now: 0, heard: 0, runs: false }; // the show's, as last told; and when
const view = { look: null, parts: new Set(), paused: false, waits: [], drawn: -Infinity, earlier: new Map() };
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

// For tests, and for those who wonder.
window.__stats = { frames: 0, spans: 0, firstPaint: 0, state: "connecting" };

const now = () => (clock.runs && !view.paused ? clock.now + (performance.now() - clock.heard) * 1e6 : clock.now);

function element(name, text = "", attributes = {}) {
  const e = document.createElement(name);
  if (text !== "") e.textContent = text;
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  return e;
}

function setText(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

// setState is the only one that says how the page is connected.
function setState(state) {
  const says = { connecting: "connecting", live: "live", ended: "ended", lost: "lost connection: reconnecting" };
  clock.now = now();
  clock.heard = performance.now();
  clock.runs = state === "live";
  $("#state").dataset.state = state;
  setText($("#state"), says[state]);
  window.__stats.state = state;
  if (state === "ended") view.parts.add("lanes").add("points");
}

function connect() {
  const source = new EventSource("events");
  source.onopen = () => setState("live");
  source.onmessage = (m) => take(JSON.parse(m.data));
  source.addEventListener("end", (m) => {
    take(JSON.parse(m.data));
    source.close();
    setState("ended");
  });
  source.onerror = () => {
    setState("lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000); // the browser gave up
  };
}

// take takes a frame. While the page is paused, events wait; there is an end to how many.
function take(frame) {
  if (frame.reset) {
    view.waits = [];
    show.restart();
    view.parts.add("scene");
  }
  if (view.paused && !frame.reset) {
    view.waits.push(...frame.events);
    if (view.waits.length > MOST.spans) pause(false);
    setPause();
    return;
  }
  for (const e of frame.events) apply(e);
  clock.now = frame.now;
  clock.heard = performance.now();
}

function apply(e) {
  const asked = show.scene.asks;
  view.parts.add(show.apply(e));
  if (asked !== show.scene.asks) view.parts.add("vote");
}

function setPause() {
  $("#pause").setAttribute("aria-pressed", view.paused);
  $("#pause").firstChild.data = view.paused ? `go on (${view.waits.length}) ` : "pause ";
  $("#step").disabled = !view.paused;
}

function pause(on) {
  clock.now = now();
  view.paused = on;
  clock.heard = performance.now();
  if (!on) {
    for (const e of view.waits) apply(e);
    clock.now = Math.max(clock.now, view.waits.at(-1)?.at ?? 0);
    view.waits = [];
  }
  view.parts.add("lanes");
  setPause();
}

// step shows one more event of a paused show.
function step() {
  const e = view.waits.shift();
  if (!view.paused || !e) return;
  apply(e);
  clock.now = Math.max(clock.now, e.at);
  view.parts.add("lanes");
  setPause();
}

function turn() {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  root.dataset.theme = isDark ? "light" : "dark";
  relook();
}

// relook draws all anew, after the theme or the size has changed.
function relook() {
  view.look = null;
  view.parts.add("lanes").add("points").add("earlier").add("legend");
}

function press(key) {
  fetch("key", { method: "POST", body: key, headers: { "X-Page-Token": document.body.dataset.token } }).catch(() => {});
}

function onKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  if (e.target.closest("button") && (e.key === " " || e.key === "Enter")) return;
  if (e.key === " ") pause(!view.paused);
  else if (e.key === "ArrowRight" && view.paused) step();
  else if (e.key === "d") turn();
  else if (e.key === "Enter") press("\n");
  else if ([...e.key].length === 1) press(e.key);
  else return;
  e.preventDefault();
}

const write = {
  scene() {
    const { title, about } = show.scene;
    setText($("#scene"), title);
    setText($("#about"), about);
    for (const part of ["counts", "bars", "tables", "say", "vote"]) write[part]();
    view.parts.add("lanes").add("points").add("earlier");
  },
  counts() {
    const list = $("#counts");
    const counts = [...show.scene.counts.values()].slice(0, 24);
    while (list.children.length > counts.length) list.lastChild.remove();
    counts.forEach((count, i) => {
      const item = list.children[i] ?? list.appendChild(element("li"));
      if (!item.firstChild) item.append(element("b"), element("span"));
      setText(item.firstChild, number(count.value, count.unit));
      setText(item.lastChild, clean(count.name, 60));
      item.classList.toggle("bad", Boolean(count.bad) && count.value !== 0);
    });
  },
  bars() {
    $("#bars").replaceChildren(...[...show.scene.bars.values()].slice(0, 4).map(barTable));
  },
  tables() {
    $("#tables").replaceChildren(...[...show.scene.tables.values()].slice(-4).map(finalTable));
  },
  say() {
    setText($("#say"), show.scene.say);
  },
  vote() {
    const { vote } = show.scene;
    const box = $("#vote");
    box.hidden = !vote;
    document.body.classList.toggle("asks", show.scene.asks);
    if (!vote) return;
    box.dataset.as = show.scene.asks ? "slide" : "note";
    box.toggleAttribute("data-told", Boolean(vote.answer));
    setText(box.querySelector("h2"), clean(vote.question, 300));
    box.querySelector("ol").replaceChildren(
      ...(vote.choices ?? []).slice(0, 9).map((choice, i) => {
        const item = element("li", "", vote.answer === i + 1 ? { class: "right" } : {});
        item.append(element("b", String.fromCharCode(97 + i)), element("span", clean(choice)));
        return item;
      }),
    );
    if (!show.scene.asks) view.parts.add("lanes").add("points");
  },
  lanes() {}, // drawn, and written once a second
  points() {},
  legend() {},
  earlier() {
    $("#earlier").hidden = show.earlier.length === 0;
    for (const [scene, figure] of view.earlier) {
      if (!show.earlier.includes(scene)) (figure.remove(), view.earlier.delete(scene));
    }
    for (const scene of show.earlier.toReversed()) {
      if (!view.earlier.has(scene)) {
        const figure = element("figure");
        const counts = [...scene.counts.values()].slice(0, 24).map((c) => `${clean(c.name, 60)} ${number(c.value, c.unit)}`);
        figure.append(element("figcaption", scene.title), element("p", counts.join(" · ")));
        if (scene.lanes.size) figure.append(element("canvas", "", { role: "img", "aria-label": `The lanes of: ${scene.title}` }));
        figure.append(...[...scene.bars.values()].slice(0, 4).map(barTable));
        $("#earlier h2").after(figure);
        view.earlier.set(scene, figure);
      }
      const canvas = view.earlier.get(scene).querySelector("canvas");
      if (canvas && !$("#earlier").hidden && !document.body.classList.contains("projector")) drawLanes(canvas, scene, scene.over, look(), true);
    }
  },
};

function barTable(bars) {
  const list = (bars.bars ?? []).slice(0, 40);
  const known = list.map((b) => b.value).filter((v) => v > 0);
  const most = Math.max(...known, 0);
  const least = 10 ** (Math.ceil(Math.log10(Math.min(...known))) - 1);
  const share = (v) => (v <= 0 || !most ? 0 : bars.log ? Math.log(v / least) / Math.log(most / least) : v / most);
  const table = element("table", "", { class: "bars" });
  const caption = element("caption", clean(bars.title) + " ");
  caption.append(element("small", bars.log ? `log scale, from ${number(least, bars.unit)}: equal distances are equal ratios` : "to scale, from 0"));
  table.append(caption);
  for (const b of list) {
    const row = table.insertRow();
    row.append(element("th", clean(b.label), { scope: "row" }));
    const bar = element("div", "", { class: "bar" }), room = element("div", "", { class: "room" }), ink = element("i");
    ink.style.width = 100 * share(b.value) + "%";
    ink.hidden = !(b.value > 0);
    room.append(ink);
    const value = element("span", (b.value < 0 ? "not yet" : number(b.value, bars.unit)) + " ", { class: "value" });
    const note = element("small", clean(b.note)), cell = row.insertCell();
    bar.append(room, value);
    cell.append(bar);
    if (note.textContent) (note.textContent.length > 14 ? cell : value).append(note);
  }
  return table;
}

function finalTable(t) {
  const box = element("div", "", { class: "wide", tabindex: "0", role: "region", "aria-label": clean(t.title) });
  const table = element("table");
  const rows = (t.rows ?? []).slice(0, 200);
  const isNumber = (t.head ?? []).map((_, i) => i > 0 && rows.every((r) => /^[\s<>~≤≥±+-]*[\d.,]+|^[-–—]?$/u.test(r[i] ?? "")));
  const cell = (name, text, i) => element(name, clean(text), isNumber[i] ? { class: "number" } : {});
  table.append(element("caption", clean(t.title)));
  table.createTHead().insertRow().append(...(t.head ?? []).map((text, i) => cell("th", text, i)));
  const body = table.createTBody();
  for (const r of rows) body.insertRow().append(...r.map((text, i) => cell(i ? "td" : "th", text, i)));
  box.append(table);
  if (t.note) box.append(element("p", clean(t.note, 600), { class: "note" }));
  return box;
}

// speak writes the lanes as text, once a second: what changes faster nobody can read or
// hear.
function speak() {
  const body = $("#text tbody");
  const lanes = [...show.scene.lanes.values()].slice(0, 50);
  while (body.rows.length > lanes.length) body.deleteRow(-1);
  lanes.forEach((lane, i) => {
    const row = body.rows[i] ?? body.insertRow();
    while (row.cells.length < 5) row.insertCell();
    const at = lane.now;
    const says = [lane.label, at ? (look().states[at.state]?.label ?? clean(at.state, 20)) : "–", at && at.task >= 0 ? String(at.task) : "–", String(lane.done), String(lane.lost)];
    says.forEach((text, k) => setText(row.cells[k], text));
  });
}

const look = () => (view.look ??= new Look());

function legend() {
  for (const item of document.querySelectorAll("#legend li")) {
    item.hidden = !show.scene.used.has(item.dataset.state);
    if (item.hidden) continue;
    const canvas = item.querySelector("canvas");
    const { c, w, h } = look().on(canvas, 0);
    look().bar(c, item.dataset.state, 0, w, h / 2, h);
  }
}

// paint writes and draws what has changed since the last time.
function paint() {
  const parts = view.parts;
  view.parts = new Set();
  for (const part of parts) write[part]();
  const { scene } = show;
  if (!$("#lanes").hidden !== scene.lanes.size > 0) $("#lanes").hidden = scene.lanes.size === 0;
  if (!$("#points").hidden !== scene.points.size > 0) $("#points").hidden = scene.points.size === 0;
  if (parts.has("lanes") || parts.has("legend")) {
    const used = [...scene.used].join();
    if (used !== view.used || parts.has("legend")) legend();
    view.used = used;
  }
  let shared = null;
  const drawn = (query) => !scene.asks && !$(query).classList.contains("dropped");
  if (scene.lanes.size && drawn("#lanes")) shared = drawLanes($("#lanes > canvas"), scene, now(), look(), window.__stats.state === "ended");
  if (scene.together) shared = null;
  if (scene.points.size && drawn("#points") && (parts.has("points") || parts.has("legend") || shared?.span !== view.span)) {
    drawPoints($("#points canvas"), scene, look(), shared);
  }
  view.span = shared?.span;
  fit(scene);
  window.__stats.spans = scene.spans;
  if (scene.spans && !window.__stats.firstPaint) window.__stats.firstPaint = performance.now();
}

// fit leaves out what a projector has no room for, the least important first. Bars have
// their numbers in the table, if there is one.
function fit(scene) {
  const key = [scene.lanes.size, scene.counts.size, scene.bars.size, scene.points.size, scene.tables.size, scene.say, scene.asks, scene.vote?.answer, innerWidth, innerHeight].join();
  if (key === view.fits || !document.body.classList.contains("projector")) return;
  view.fits = key;
  document.body.classList.toggle("both", scene.lanes.size > 0 && scene.bars.size === 1 && scene.tables.size === 0);
  const parts = ["#legend", "#points", ...(scene.tables.size ? ["#bars"] : []), "#counts", "#lanes"].map($);
  for (const part of parts) part.classList.remove("dropped");
  const over = () => ["main", "#now"].some((query) => $(query).scrollHeight > $(query).clientHeight + 1);
  while (parts.length && over()) parts.shift().classList.add("dropped");
  relook();
}

function frame(t) {
  requestAnimationFrame(frame);
  const due = t - view.drawn >= (calm.matches ? 500 : 0);
  if (!due || !(view.parts.size || (clock.runs && !view.paused && show.scene.lanes.size && show.scene.moves))) return;
  view.drawn = t;
  window.__stats.frames++;
  paint();
}

if (document.body.dataset.projector === "true" || new URLSearchParams(location.search).get("projector") === "1") document.body.classList.add("projector");
$("#pause").onclick = () => pause(!view.paused);
$("#step").onclick = step;
$("#theme").onclick = turn;
$("#vote button").onclick = () => press("\n");
$("#words").onclick = () => $("#words").setAttribute("aria-pressed", $("#text").classList.toggle("shown"));
addEventListener("keydown", onKey);
addEventListener("resize", relook);
dark.addEventListener("change", relook);
// Paper is light, and canvases are pictures: they are drawn for it.
addEventListener("beforeprint", () => {
  view.theme = root.dataset.theme;
  root.dataset.theme = "light";
  relook();
  paint();
});
addEventListener("afterprint", () => {
  if (view.theme) root.dataset.theme = view.theme;
  else delete root.dataset.theme;
  relook();
});
setInterval(speak, 1000);
connect();
requestAnimationFrame(frame);

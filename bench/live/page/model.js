// What a show has said so far. Nothing here touches the page.
const MOST = { lanes: 200, spans: 20000, points: 8000, scenes: 8, text: 200 };

// clean makes a text from elsewhere fit to be shown: without escape sequences and control
// characters, without those that turn the direction of reading, and not endless.
function clean(text, most = MOST.text) {
  const plain = String(text ?? "")
    .slice(0, 4 * most)
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]?|\u001b\][^\u0007\u001b]*(\u0007|\u001b\\)?|\u001b.?/gu, "")
    .replace(/\s/gu, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .replace(/ +/g, " ");
  const letters = [...plain];
  return letters.length > most ? letters.slice(0, most - 1).join("") + "…" : plain;
}

// number is short, and exact where that is short enough.
function number(v, unit = "") {
  if (!Number.isFinite(v)) return "?";
  const text = Number.isInteger(v) || Math.abs(v) >= 1000
    ? Math.round(v).toLocaleString("en").replaceAll(",", "\u202f")
    : String(Number(v.toPrecision(3)));
  return unit ? text + "\u00a0" + clean(unit, 20) : text;
}

// A lane does one thing at a time, in spans sorted by their beginnings.
class Lane {
  spans = [];
  open = new Map(); // by their beginnings: those that go on
  done = 0;
  lost = 0;

  constructor(name) {
    this.name = name;
    this.label = clean(name) || "–";
  }

  add(span) {
    const old = this.open.get(span.t0);
    const at = old ?? span;
    if (old) Object.assign(old, span, { at: old.at });
    else this.insert(span);
    if (!span.t1) {
      this.open.set(span.t0, at);
      return;
    }
    this.open.delete(span.t0);
    if (span.state === "lost") this.lost++;
    else if (span.task >= 0 && span.state !== "queue" && span.state !== "dark") this.done++;
  }

  insert(span) {
    let i = this.spans.length;
    while (i > 0 && this.spans[i - 1].t0 > span.t0) i--;
    this.spans.splice(i, 0, span);
    if (this.spans.length > MOST.spans) this.spans.shift();
  }

  // what it does now: the latest span that goes on, or nothing
  get now() {
    return [...this.open.values()].at(-1);
  }
}

function halve(s) {
  const { at, value } = s;
  s.at = [];
  s.value = [];
  for (let i = 0, before = 0; i + 1 < value.length; i += 2) {
    const k = Math.abs(value[i + 1] - before) > Math.abs(value[i] - before) ? i + 1 : i;
    s.at.push(at[k]);
    s.value.push((before = value[k]));
  }
  s.stride *= 2;
}

class Scene {
  lanes = new Map();
  counts = new Map();
  bars = new Map();
  points = new Map();
  tables = new Map();
  vote = null;
  asks = false; // the vote is open, and nothing has begun since
  say = "";
  used = new Set(); // states
  spans = 0;
  end = 0;

  constructor(says, at = 0) {
    this.begin = at;
    this.together = Boolean(says?.together);
    this.title = clean(says?.title);
    this.about = clean(says?.text, 600);
    for (const name of says?.lanes ?? []) this.lane(name);
  }

  lane(name) {
    let lane = this.lanes.get(name);
    if (!lane && this.lanes.size < 10 * MOST.lanes) this.lanes.set(name, (lane = new Lane(name)));
    return lane;
  }

  // addSpan reports whether the span is a new one.
  addSpan(says, at) {
    const lane = this.lane(says.lane);
    if (!lane) return false;
    const isNew = !lane.open.has(says.t0);
    lane.add({ t0: says.t0, t1: says.t1 ?? 0, state: says.state, task: says.task, at });
    if (isNew) this.spans++;
    this.used.add(says.state);
    this.end = Math.max(this.end, says.t1 ?? says.t0);
    return isNew;
  }

  // addPoint keeps of each stride of points the one that is farthest from those before, so
  // that a long series gets coarse and its peaks stay.
  addPoint(says, at) {
    let s = this.points.get(says.series);
    if (!s) this.points.set(says.series, (s = { label: clean(says.series, 60), unit: says.unit, at: [], value: [], stride: 1, held: 1 }));
    s.latest = says.value;
    const last = s.value.length - 1;
    if (last >= 0 && s.held < s.stride) {
      s.held++;
      const before = s.value[last - 1] ?? 0;
      if (Math.abs(says.value - before) > Math.abs(s.value[last] - before)) (s.at[last] = at), (s.value[last] = says.value);
      return;
    }
    if (last + 1 === MOST.points) halve(s);
    s.held = 1;
    s.at.push(at);
    s.value.push(says.value);
  }

  // until is where a span is drawn to. One that goes on began when it was told of, and has
  // gone on since: also if its own times are those of another clock.
  until(span, now) {
    return span.t1 || span.t0 + Math.max(0, now - span.at);
  }

  // latest is the right end of what there is to draw: now, unless the lanes of a scene have
  // clocks of their own.
  latest(now) {
    let end = Math.max(this.end, this.together ? 0 : now);
    for (const lane of this.lanes.values()) for (const span of lane.open.values()) end = Math.max(end, this.until(span, now));
    return end;
  }

  get moves() {
    if (!this.together) return true;
    for (const lane of this.lanes.values()) if (lane.open.size) return true;
    return false;
  }
}

class Show {
  scene = new Scene();
  earlier = []; // scenes, the latest first

  // restart forgets the scene: the stream will say all that still holds.
  restart() {
    this.scene = new Scene();
  }

  // apply takes an event, and says which part of the page is another now.
  apply(e) {
    const { scene } = this;
    if (e.vote) {
      scene.vote = e.vote;
      scene.asks = !e.vote.answer;
      return "vote";
    }
    if (e.span) {
      if (scene.addSpan(e.span, e.at)) scene.asks = false;
      return "lanes";
    }
    scene.asks = false;
    if (e.scene) {
      if (scene.lanes.size || scene.bars.size) this.earlier = [Object.assign(scene, { over: e.at }), ...this.earlier].slice(0, MOST.scenes);
      this.scene = new Scene(e.scene, e.at);
      return "scene";
    }
    if (e.count) return scene.counts.set(e.count.name, e.count), "counts";
    if (e.point) return scene.addPoint(e.point, e.at), "points";
    if (e.bars) return scene.bars.set(e.bars.title, e.bars), "bars";
    if (e.table) return scene.tables.set(e.table.title, e.table), "tables";
    if (e.say) scene.say = clean(e.say, 600);
    return "say";
  }
}

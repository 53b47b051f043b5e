// Bars on lanes, and lines of points, on canvases. A state is told by its shape (how high
// it is, what it is filled with) and again by its colour.
const SHAPES = {
  run: { high: 1, fill: "solid", rank: 2 },
  wait: { high: 0.6, fill: "stripes", rank: 1 },
  queue: { high: 0.26, fill: "dots", rank: 0 },
  lost: { high: 1, fill: "crosses", rank: 5 },
  again: { high: 1, fill: "gaps", rank: 4 },
  dark: { high: 0.85, fill: "grid", rank: 3 },
};

// tile draws one tile of a filling, 8 units wide.
function tile(fill, colour, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(8 * scale);
  const c = canvas.getContext("2d");
  c.scale(canvas.width / 8, canvas.width / 8);
  c.strokeStyle = c.fillStyle = colour;
  const line = (...points) => {
    c.beginPath();
    for (let i = 0; i < points.length; i += 4) (c.moveTo(points[i], points[i + 1]), c.lineTo(points[i + 2], points[i + 3]));
    c.stroke();
  };
  c.globalAlpha = 0.22;
  c.fillRect(0, 0, 8, 8);
  c.globalAlpha = 1;
  c.lineWidth = 2;
  switch (fill) {
    case "stripes":
      line(-2, 2, 2, -2, -2, 10, 10, -2, 6, 10, 10, 6);
      break;
    case "crosses":
      line(1.5, 1.5, 6.5, 6.5, 6.5, 1.5, 1.5, 6.5);
      break;
    case "gaps":
      c.lineWidth = 3.6;
      line(-2, 6, 2, 10, -2, -2, 10, 10, 6, -2, 10, 2);
      break;
    case "grid":
      c.lineWidth = 1.4;
      line(0, 4, 8, 4, 4, 0, 4, 8);
  }
  return canvas;
}

// A Look is what canvases are drawn with. It is made anew for another theme or screen.
class Look {
  constructor() {
    const style = getComputedStyle(document.body);
    this.scale = Math.min(3, window.devicePixelRatio || 1);
    this.projector = document.body.classList.contains("projector");
    this.narrow = !this.projector && innerWidth < 480;
    this.size = this.projector ? 28 : this.narrow ? 12 : 14;
    this.font = `${this.size}px ${style.fontFamily}`;
    this.small = `${Math.max(11, this.size - (this.projector ? 0 : 2))}px ${style.fontFamily}`;
    this.ink = style.color;
    this.paper = style.backgroundColor;
    this.states = {};
    for (const item of document.querySelectorAll("#legend li")) {
      const { color } = getComputedStyle(item.querySelector("canvas"));
      const shape = SHAPES[item.dataset.state];
      this.states[item.dataset.state] = { ...shape, colour: color, image: ["solid", "dots"].includes(shape.fill) ? null : tile(shape.fill, color, this.scale), glyph: item.dataset.glyph, label: item.textContent.trim() };
    }
    this.faint = getComputedStyle(document.getElementById("legend")).color;
    this.line = this.states.run.colour;
    this.rule = getComputedStyle(document.querySelector("header")).borderBottomColor;
  }

  // on prepares a canvas for drawing in units of the page. High is its height, or 0 if its
  // style says it.
  on(canvas, high) {
    if (high) canvas.style.height = high + "px";
    const w = canvas.clientWidth, h = canvas.clientHeight;
    const pw = Math.round(w * this.scale), ph = Math.round(h * this.scale);
    if (canvas.width !== pw || canvas.height !== ph) {
      canvas.width = pw;
      canvas.height = ph;
    }
    const c = canvas.getContext("2d");
    c.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    c.clearRect(0, 0, w, h);
    c.textBaseline = "middle";
    return { c, w, h };
  }

  // bar draws a lane in a state from x to x + w; y is the middle of the lane.
  bar(c, state, x, w, y, lane) {
    const s = this.states[state] ?? this.states.dark;
    const high = Math.max(3, lane * s.high);
    if (s.fill === "dots" && w >= 3) {
      c.strokeStyle = s.colour;
      c.lineWidth = Math.min(high, 5);
      c.lineCap = "round";
      c.setLineDash([0, 1.8 * c.lineWidth]);
      c.beginPath();
      c.moveTo(x + c.lineWidth, y);
      c.lineTo(x + w - 1, y);
      c.stroke();
      c.setLineDash([]);
      return;
    }
    if (s.image && w >= 3) {
      if (!s.pattern) {
        s.pattern = c.createPattern(s.image, "repeat");
        s.pattern.setTransform(new DOMMatrix().scale(1 / this.scale));
      }
      c.fillStyle = s.pattern;
    } else {
      c.fillStyle = s.colour;
    }
    c.fillRect(x, y - high / 2, w, high);
    if (w >= 6) {
      // An edge on the left tells spans of one state apart.
      c.fillStyle = s.fill === "solid" ? this.paper : s.colour;
      c.fillRect(x, y - high / 2, 1, high);
    }
  }
}

// clip shortens a text to a width, once for each.
function clip(c, keep, text, width) {
  const known = c.font + Math.round(width);
  if (keep.clipped?.known === known && keep.clipped.text === text) return keep.clipped.short;
  let short = text;
  if (c.measureText(text).width > width) {
    let lo = 0, hi = text.length;
    while (lo < hi) {
      const middle = (lo + hi + 1) >> 1;
      if (c.measureText(text.slice(0, middle) + "…").width <= width) lo = middle;
      else hi = middle - 1;
    }
    short = text.slice(0, lo) + "…";
  }
  keep.clipped = { known, text, short };
  return short;
}

// nice is the least of some numbers times a power of ten that is at least v.
function nice(v, steps = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8]) {
  const power = 10 ** Math.floor(Math.log10(Math.max(v, 1)));
  for (const step of steps) if (step * power >= v) return step * power;
  return 10 * power;
}

// time is nanoseconds in a unit that suits the whole axis.
function time(ns, whole) {
  const [unit, name] = whole >= 2e9 ? [1e9, "s"] : whole >= 2e6 ? [1e6, "ms"] : [1e3, "µs"];
  return `${Number((ns / unit).toPrecision(4))} ${name}`;
}

// axis draws the times below the lanes.
function axis(c, look, x, left, right, top, bottom, span) {
  c.font = look.small;
  const room = 1.6 * c.measureText(time(0.77 * span, span)).width, per = x(1) - x(0);
  const step = nice(Math.max(span / 8, room / per), [1, 2, 5]);
  c.lineWidth = 1;
  for (let t = 0; t <= span * 1.0001; t += step) {
    const at = Math.round(x(t)) + 0.5;
    if (at > right) break;
    c.strokeStyle = look.rule;
    c.beginPath();
    c.moveTo(at, top);
    c.lineTo(at, bottom + 4);
    c.stroke();
    const text = time(t, span), width = c.measureText(text).width;
    c.fillStyle = look.faint;
    c.textAlign = "left";
    c.fillText(text, Math.max(left, Math.min(at - width / 2, right - width)), bottom + look.size * 0.8);
  }
}

// drawLanes draws a scene in one pass over its spans. Spans below a pixel share one, and the
// state of the highest rank has it: a lost task among a thousand others is seen. It returns
// where the time axis is.
function drawLanes(canvas, scene, now, look, still) {
  const lanes = [...scene.lanes.values()].slice(0, look.projector ? 8 : MOST.lanes);
  const more = scene.lanes.size - lanes.length;
  const foot = look.size * 1.9;
  const wanted = lanes.length > 24 ? 18 : look.narrow ? 22 : 28;
  if (look.projector) canvas.style.minHeight = lanes.length * 32 + foot + "px";
  const { c, w, h } = look.on(canvas, look.projector ? 0 : lanes.length * wanted + foot);
  const each = Math.min((h - foot) / Math.max(1, lanes.length), look.projector ? 90 : wanted);
  c.font = look.font;
  const rest = more > 0 ? `+ ${more} more` : "";
  const widest = (texts) => Math.max(...texts.map((text) => c.measureText(text.slice(0, 40)).width));
  const left = Math.min(widest([rest, ...lanes.map((l) => l.label)]) + 10, w * (look.projector ? 0.4 : 0.26));
  const right = w - widest(["000", ...lanes.map(tally)]) - 10;
  const past = Math.max(1, scene.latest(now) - scene.begin);
  const span = still ? past : nice(past * 1.02);
  const per = (right - left) / span;
  const x = (t) => left + t * per;
  axis(c, look, x, left, right, 0, each * lanes.length, span);
  lanes.forEach((lane, i) => {
    const y = (i + 0.5) * each, high = Math.min(each - Math.max(2, each * 0.18), 60);
    drawLane(c, look, lane, scene, now, y, high, (t) => Math.max(left, x(t - scene.begin)));
    c.font = look.font;
    c.fillStyle = look.ink;
    c.textAlign = "right";
    c.fillText(clip(c, lane, lane.label, left - 10), left - 8, y);
    c.fillStyle = look.faint;
    c.textAlign = "left";
    c.fillText(tally(lane), right + 8, y);
  });
  c.textAlign = "right";
  c.font = look.small;
  c.fillText(rest, left - 8, h - foot / 2);
  return { left, right, span };
}

// tally is what was done on a lane, and what was lost there.
const tally = (lane) => [lane.done || "", lane.lost ? `×${lane.lost}` : ""].join(" ").trim();

function drawLane(c, look, lane, scene, now, y, high, x) {
  let column = -1, from = 0, width = 0, rank = -1, state = "";
  const flush = () => {
    if (rank >= 0) look.bar(c, state, from, width, y, high);
    rank = -1;
  };
  for (const s of lane.spans) {
    const a = x(s.t0), b = x(scene.until(s, now));
    if (b - a >= 1) {
      flush();
      look.bar(c, s.state, a, b - a, y, high);
      if (b - a > 2 * look.size && s.task >= 0 && s.state === "run") taskNumber(c, look, s.task, a, b - a, y, high);
      continue;
    }
    const at = Math.floor(a), r = SHAPES[s.state]?.rank ?? 3;
    if (at === column && rank >= 0) {
      if (r > rank) (rank = r), (state = s.state);
      continue;
    }
    if (at === column + 1 && s.state === state && rank >= 0) {
      column = at;
      width++;
      continue;
    }
    flush();
    column = from = at;
    width = 1;
    rank = r;
    state = s.state;
  }
  flush();
}

// taskNumber writes a task's number into a bar that has room for it.
function taskNumber(c, look, task, x, w, y, high) {
  if (high < 12) return;
  c.font = `${Math.min(look.size, high * 0.75)}px ${look.font.split("px ")[1]}`;
  if (c.measureText(task).width > w - 6) return;
  c.fillStyle = look.paper;
  c.textAlign = "center";
  c.fillText(task, x + w / 2, y + 1);
}

// drawPoints draws each series as a line on a strip of its own, from 0 to its largest value.
// If there is a time axis of lanes that it shares, it is below that.
function drawPoints(canvas, scene, look, shared) {
  const all = [...scene.points.values()].slice(0, 4);
  const { c, w, h } = look.on(canvas, 0);
  const first = shared ? scene.begin : Math.min(...all.map((s) => s.at[0]));
  const last = Math.max(...all.map((s) => s.at.at(-1)));
  const { left, right, span } = shared ?? { left: 0, right: w, span: nice(Math.max(1, last - first) * 1.02) };
  const foot = look.size * 1.9, each = (h - foot) / all.length;
  const x = (t) => left + (t / span) * (right - left);
  axis(c, look, x, left, right, 0, h - foot, span);
  all.forEach((s, i) => {
    const top = i * each + look.size * 1.5, high = (i + 1) * each - top - 2;
    const most = s.value.reduce((a, b) => Math.max(a, b), 0) || 1, least = s.value.reduce((a, b) => Math.min(a, b), 0);
    const y = (v) => top + high * (1 - (v - least) / (most - least));
    c.strokeStyle = look.rule;
    c.lineWidth = 1;
    c.strokeRect(left, Math.round(y(0)) + 0.5, right - left, 0);
    c.strokeStyle = look.line;
    c.lineWidth = look.projector ? 3 : 1.5;
    c.lineJoin = "round";
    c.beginPath();
    s.at.forEach((at, k) => c.lineTo(x(at - first), y(s.value[k])));
    c.stroke();
    c.font = look.small;
    c.fillStyle = look.ink;
    c.textAlign = "left";
    c.fillText(`${s.label}: ${number(s.latest, s.unit)}, at most ${number(most, s.unit)}`, left, i * each + look.size * 0.75);
  });
}

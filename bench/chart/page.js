'use strict';
// Tooltips, the button for light and dark, and series that fade. The page says all
// without it: what is shown here is in the titles and the tables.
const tip = document.getElementById('tip');
let shown = null;

function hide() {
  if (shown) shown.classList.remove('here');
  shown = null;
  tip.hidden = true;
}

function show(point) {
  if (point === shown) return;
  hide();
  if (!point) return;
  shown = point;
  point.classList.add('here');
  tip.textContent = point.says;
  tip.hidden = false;
  const box = point.getBoundingClientRect();
  const left = box.left + box.width / 2 - tip.offsetWidth / 2;
  tip.style.left = Math.max(4, Math.min(left, document.documentElement.clientWidth - tip.offsetWidth - 4)) + 'px';
  tip.style.top = (box.top > tip.offsetHeight + 10 ? box.top - tip.offsetHeight - 8 : box.bottom + 8) + 'px';
}

// nearest is the point next to the pointer, so that nobody has to hit it.
function nearest(points, event) {
  let best = null, least = 40;
  for (const point of points) {
    const box = point.getBoundingClientRect();
    const away = Math.hypot(box.left + box.width / 2 - event.clientX, box.top + box.height / 2 - event.clientY);
    if (away < least) [best, least] = [point, away];
  }
  return best;
}

function fade(svg, series) {
  for (const group of svg.querySelectorAll('[data-series]')) {
    if (group.dataset.series === series) group.classList.toggle('faded');
  }
}

for (const svg of document.querySelectorAll('figure svg')) {
  const points = [];
  for (const title of svg.querySelectorAll('title')) {
    const point = title.parentNode;
    point.says = title.textContent;
    title.remove(); // or the browser would show it, too
    points.push(point);
  }
  svg.addEventListener('pointermove', event => show(nearest(points, event)));
  svg.addEventListener('pointerdown', event => show(nearest(points, event)));
  svg.addEventListener('pointerleave', event => { if (event.pointerType === 'mouse') hide(); }); // a finger leaves as soon as it lifts
  svg.addEventListener('blur', hide);
  svg.addEventListener('click', event => {
    const label = event.target.closest('.label');
    if (label) fade(svg, label.dataset.series);
  });
  svg.addEventListener('keydown', event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (event.key === 'Escape') hide();
    const series = shown && shown.closest('[data-series]');
    if (event.key === 'Enter' && series) fade(svg, series.dataset.series);
    if (!step || points.length === 0) return;
    event.preventDefault();
    const at = points.indexOf(shown);
    show(points[at < 0 ? 0 : (at + step + points.length) % points.length]);
  });
}
addEventListener('scroll', hide, {passive: true});
addEventListener('pointerdown', event => { if (!event.target.closest('figure svg')) hide(); });

const root = document.documentElement, button = document.getElementById('theme');
button.hidden = false;
button.addEventListener('click', () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
});

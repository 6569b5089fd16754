// SPDX-License-Identifier: Apache-2.0
// Draws a picture (picture.h says what is in it) as SVG: a view is {from, until} in milliseconds.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
const SIZES = {
  axis: 26, faultRow: 38, groupHead: 24, lane: 30, curveHead: 22, curve: 46, gap: 8,
  gutter: 150,         // names of lanes, where the page is wide enough
  gutterFrom: 700,     // from this width on
  character: 6.9,      // of 12 px text, about
};
// Places in a mark of `picture.marks`.
const MARK = {
  lane: 0, ms: 1, kind: 2, down: 3, seq: 4, count: 5, until: 6, what: 7, flow: 8, more: 9,
};

function make(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// Where everything is, from top to bottom.
function layOut(picture, width) {
  const place = {
    width, left: width < SIZES.gutterFrom ? 6 : SIZES.gutter, right: width - 10, faults: [],
    groups: [], lanes: [], curves: [],
  };
  let y = SIZES.axis;
  const names = new Set([...picture.windows, ...picture.cuts].map((one) => one.fault));
  for (const fault of names) {
    place.faults.push({ fault, y });
    y += SIZES.faultRow;
  }
  for (const group of picture.groups) {
    place.groups.push({ label: group.label, y });
    y += SIZES.groupHead;
    for (let i = 0; i < group.lanes; ++i) {
      place.lanes.push({ y, middle: y + SIZES.lane / 2 });
      y += SIZES.lane;
    }
    y += SIZES.gap;
  }
  for (const curve of picture.curves) {
    place.curves.push({ curve, head: y, y: y + SIZES.curveHead });
    y += SIZES.curveHead + SIZES.curve + SIZES.gap;
  }
  place.height = y;
  return place;
}

function scaleOf(place, view) {
  const perMs = (place.right - place.left) / (view.until - view.from);
  return {
    perMs,
    x: (ms) => place.left + (ms - view.from) * perMs,
    ms: (x) => view.from + (x - place.left) / perMs,
  };
}

// 1, 2 or 5 times a power of ten, so that labels have room.
function stepOf(span, most) {
  const rough = span / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const times of [1, 2, 5]) if (times * power >= rough) return times * power;
  return 10 * power;
}

function secondsText(ms, step) {
  const decimals = Math.min(6, Math.max(0, -Math.floor(Math.log10(step / 1000) + 1e-9)));
  return `${(ms / 1000).toFixed(decimals)} s`;
}

function drawAxis(svg, place, view, scale) {
  const step = stepOf(view.until - view.from, (place.right - place.left) / 85);
  for (let i = Math.ceil(view.from / step); i * step <= view.until; ++i) {
    const x = scale.x(i * step);
    svg.append(make('line', { class: 'grid', x1: x, x2: x, y1: SIZES.axis - 4, y2: place.height }));
    const label = secondsText(i * step, step);
    const half = label.length * SIZES.character / 2;
    if (x - half < place.left - 4 || x + half > place.width) continue;
    svg.append(make('text', { x, y: 14, 'text-anchor': 'middle' }, label));
  }
}

// The longest of the texts that fits.
function fitting(texts, room) {
  return texts.find((text) => text.length * SIZES.character <= room) || '';
}

function drawFaults(svg, picture, place, view, scale) {
  for (const { fault, y } of place.faults) {
    const windows = picture.windows.filter((one) => one.fault === fault);
    for (const one of windows) {
      if (one.until < view.from || one.from > view.until) continue;
      const from = Math.max(scale.x(one.from), place.left);
      const until = Math.min(scale.x(one.until), place.right);
      const width = Math.max(until - from, 2);
      const bottom = place.height - y;
      svg.append(make('rect', { class: 'window', x: from, y, width, height: bottom }));
      svg.append(make('rect', { class: 'window-bar', x: from, y: y + 20, width, height: 10, rx: 2 }));
    }
    const cut = picture.cuts.find((one) => one.fault === fault);
    const room = place.width - 12;
    const label = fitting([cut ? `${fault}: ${cut.short}` : fault, fault], room) ||
        `${fault.slice(0, Math.floor(room / SIZES.character) - 1)}…`;
    const length = label.length * SIZES.character;
    const begin = windows.length > 0 ? windows[0].from : cut.ms;
    const x = Math.max(6, Math.min(scale.x(begin), place.width - length - 6));
    svg.append(make('text', { class: 'fault-name', x, y: y + 14 }, label));
  }
}

function drawCuts(svg, picture, place, view, scale) {
  for (const cut of picture.cuts) {
    if (cut.ms < view.from || cut.ms > view.until) continue;
    const x = scale.x(cut.ms);
    const { middle } = place.lanes[cut.lane];
    const top = place.faults.find((row) => row.fault === cut.fault).y + 18;
    svg.append(make('line', { class: 'cut-line', x1: x, x2: x, y1: top, y2: place.height }));
    svg.append(make('path', {
      class: 'cut', 'data-seq': cut.seq, d: `M${x},${middle - 9}l7,9l-7,9l-7,-9z`,
    }));
  }
}

function drawLanes(svg, picture, place, view, scale) {
  for (const group of place.groups) {
    const room = place.width - 12;
    const label = group.label.length * SIZES.character > room ?
        `${group.label.slice(0, Math.floor(room / SIZES.character) - 1)}…` : group.label;
    svg.append(make('text', { class: 'group-name', x: 4, y: group.y + 17 }, label));
  }
  picture.lanes.forEach((lane, index) => {
    const { y, middle } = place.lanes[index];
    svg.append(make('rect', {
      class: 'lane', 'data-lane': index, x: place.left, y: y + 1, width: place.right - place.left,
      height: SIZES.lane - 2,
    }));
    if (place.left > 20) svg.append(make('text', { class: 'lane-name', x: 4, y: middle + 4 }, lane.label));
    const paths = {};
    for (const [from, until, ended] of lane.stretches) {
      if (until < view.from || from > view.until) continue;
      const x = Math.max(scale.x(from), place.left);
      const width = Math.max(Math.min(scale.x(until), place.right) - x, 1.5);
      const bad = ended === 'failed' || ended === 'retried';
      const name = bad ? 'stretch failed' : 'stretch';
      paths[name] = `${paths[name] || ''}M${x.toFixed(1)},${middle - 3}h${width.toFixed(1)}v6h${-width.toFixed(1)}z`;
    }
    for (const [name, d] of Object.entries(paths)) svg.append(make('path', { class: name, d }));
  });
}

// Each kind has a shape of its own; of several together, ticks are higher.
const SHAPES = {
  message: (x, lane, mark) => {
    const height = Math.min(8 + 2 * Math.log10(mark[MARK.count]), 13);
    return `M${x},${lane.middle}v${mark[MARK.down] ? height : -height}`;
  },
  'held back': (x, lane, mark) => {
    const height = mark[MARK.down] ? 8 : -8;
    return `M${x},${lane.middle}v${height}m-3,0h6`;
  },
  retransmission: (x, lane) => `M${x},${lane.y + 2}v${SIZES.lane - 4}m-3,0l3,-6l3,6z`,
  reset: (x, lane) => `M${x - 4.5},${lane.middle - 4.5}l9,9m0,-9l-9,9`,
  fault: (x, lane) => `M${x},${lane.middle - 6}l5,6l-5,6l-5,-6z`,
  note: (x, lane) => `M${x - 3.5},${lane.middle}a3.5,3.5 0 1,0 7,0a3.5,3.5 0 1,0 -7,0`,
};

function drawMarks(svg, picture, place, view, scale) {
  const paths = picture.kinds.map(() => []);
  const seen = new Set(); // several on the same pixel look as one
  for (const mark of picture.marks) {
    if (mark[MARK.until] < view.from || mark[MARK.ms] > view.until) continue;
    const kind = mark[MARK.kind];
    const x = scale.x(Math.max(mark[MARK.ms], view.from)).toFixed(1);
    const key = `${kind} ${mark[MARK.lane]} ${mark[MARK.down]} ${x}`;
    if (seen.has(key)) continue;
    seen.add(key);
    paths[kind].push(SHAPES[picture.kinds[kind]](Number(x), place.lanes[mark[MARK.lane]], mark));
  }
  paths.forEach((path, kind) => {
    if (path.length === 0) return;
    const name = picture.kinds[kind].replace(' ', '-');
    svg.append(make('path', { class: `mark ${name}`, d: path.join('') }));
  });
}

// The number holds until the next point.
function drawCurve(svg, one, place, view, scale) {
  const { curve } = one;
  const base = one.y + SIZES.curve;
  const height = (number) => base - (curve.most > 0 ? number / curve.most : 0) * (SIZES.curve - 4);
  svg.append(make('text', { class: 'curve-name', x: 4, y: one.head + 16 },
    `${curve.label}, most ${curve.most}`));
  svg.append(make('rect', {
    class: 'plot', x: place.left, y: one.y, width: place.right - place.left, height: SIZES.curve,
  }));
  // From the number at the view's begin on.
  let line = '';
  let number = 0;
  for (const [ms, next] of curve.points) {
    if (ms > view.until) break;
    if (ms >= view.from) {
      line += line === '' ? `M${place.left},${height(number).toFixed(1)}` : '';
      line += `H${scale.x(ms).toFixed(1)}V${height(next).toFixed(1)}`;
    }
    number = next;
  }
  line += line === '' ? `M${place.left},${height(number).toFixed(1)}` : '';
  line += `H${place.right}`;
  svg.append(make('path', { class: 'curve', d: line }));
  if (place.left > 20 && curve.most > 0) {
    svg.append(make('text', { x: place.left - 6, y: one.y + 10, 'text-anchor': 'end' }, curve.most));
    svg.append(make('text', { x: place.left - 6, y: base, 'text-anchor': 'end' }, '0'));
  }
}

function draw(picture, place, view) {
  const svg = make('svg', {
    viewBox: `0 0 ${place.width} ${place.height}`, width: place.width, height: place.height,
    'data-from': view.from, 'data-until': view.until, 'data-left': place.left,
    'data-right': place.right, 'aria-hidden': 'true',
  });
  const scale = scaleOf(place, view);
  drawAxis(svg, place, view, scale);
  drawLanes(svg, picture, place, view, scale);
  for (const one of place.curves) drawCurve(svg, one, place, view, scale);
  drawFaults(svg, picture, place, view, scale);
  drawMarks(svg, picture, place, view, scale);
  drawCuts(svg, picture, place, view, scale);
  return svg;
}

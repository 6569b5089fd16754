// SPDX-License-Identifier: Apache-2.0
// The pictures of the page: zoom, move, hover, keyboard, paper.
'use strict';

const FINEST = 0.02;      // milliseconds that a view shows at least
const PAPER_WIDTH = 720;  // pixels
const CLOSE_BY = 1 / 60;  // of the run: how much of it is shown around a cut at most
const MARKS_BESIDE = 12;  // to each side of a cut, close by

class Picture {
  constructor(figure) {
    this.figure = figure;
    this.data = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    this.canvas = figure.querySelector('.canvas');
    this.readout = figure.querySelector('.readout');
    this.byLane = marksByLane(this.data);
    const margin = Math.max((this.data.end - this.data.begin) * 0.01, FINEST);
    this.whole = { from: this.data.begin - margin, until: this.data.end + margin };
    this.view = { ...this.whole };
    this.cutShown = -1;
    this.cursor = -1;
    this.tooltip = document.createElement('div');
    this.tooltip.className = 'tooltip';
    this.tooltip.setAttribute('role', 'tooltip');
    this.tooltip.hidden = true;
    this.canvas.replaceChildren(this.tooltip);
    this.listen();
    this.drawAt(this.canvas.clientWidth);
  }

  drawAt(width) {
    if (width === 0) return;
    this.place = layOut(this.data, width);
    this.redraw();
  }

  redraw() {
    this.scale = scaleOf(this.place, this.view);
    const svg = draw(this.data, this.place, this.view);
    if (this.svg) this.svg.replaceWith(svg); else this.canvas.prepend(svg);
    this.svg = svg;
    this.hide();
  }

  // The same length elsewhere, or another length; both within the run.
  show(from, until) {
    const longest = this.whole.until - this.whole.from;
    const span = Math.min(Math.max(until - from, FINEST), longest);
    const middle = (from + until) / 2;
    const begin = Math.min(Math.max(middle - span / 2, this.whole.from), this.whole.until - span);
    this.view = { from: begin, until: begin + span };
    this.redraw();
  }

  zoom(times, at = (this.view.from + this.view.until) / 2) {
    this.show(at - (at - this.view.from) / times, at + (this.view.until - at) / times);
  }

  move(share) {
    const by = (this.view.until - this.view.from) * share;
    this.show(this.view.from + by, this.view.until + by);
  }

  showAll() {
    this.view = { ...this.whole };
    this.redraw();
  }

  showNextCut() {
    const { cuts, windows } = this.data;
    const times = cuts.length > 0 ? cuts.map((one) => one.ms) : windows.map((one) => one.from);
    if (times.length === 0) return;
    this.cutShown = (this.cutShown + 1) % times.length;
    const ms = times[this.cutShown];
    const { marks } = this.data;
    const at = firstFrom(marks, ms);
    const before = ms - (marks[at - MARKS_BESIDE]?.[MARK.ms] ?? this.whole.from);
    const after = (marks[at + MARKS_BESIDE]?.[MARK.ms] ?? this.whole.until) - ms;
    const most = (this.whole.until - this.whole.from) * CLOSE_BY / 2;
    const half = Math.min(Math.max(before, after), most);
    this.show(ms - half, ms + half);
  }

  // To the next entry, or the one before.
  step(by) {
    const { marks } = this.data;
    if (marks.length === 0) return;
    if (this.cursor < 0) this.cursor = firstFrom(marks, this.view.from) - (by > 0 ? 1 : 0);
    this.cursor = Math.min(Math.max(this.cursor + by, 0), marks.length - 1);
    const mark = marks[this.cursor];
    const half = (this.view.until - this.view.from) / 2;
    const ms = mark[MARK.ms];
    if (ms < this.view.from || ms > this.view.until) this.show(ms - half, ms + half);
    const lines = markText(this.data, mark);
    this.tell(lines, this.scale.x(ms), this.place.lanes[mark[MARK.lane]].middle);
    this.readout.textContent = lines.join('; ');
  }

  tell(lines, x, y) {
    if (lines.length === 0) {
      this.hide();
      return;
    }
    this.tooltip.replaceChildren(...lines.map((line, index) => {
      const node = document.createElement(index === 0 ? 'strong' : 'div');
      node.textContent = line;
      return node;
    }));
    this.tooltip.hidden = false;
    const { offsetWidth, offsetHeight } = this.tooltip;
    const left = Math.min(Math.max(x + 14, 0), Math.max(this.place.width - offsetWidth, 0));
    const below = y + 18;
    const top = below + offsetHeight > this.place.height ? y - offsetHeight - 14 : below;
    this.tooltip.style.left = `${left}px`;
    this.tooltip.style.top = `${Math.max(top, 0)}px`;
  }

  hide() {
    this.tooltip.hidden = true;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  hover(event) {
    const [x, y] = this.at(event);
    if (this.dragged !== undefined && event.buttons === 1) {
      const by = (this.dragged - x) / this.scale.perMs;
      this.dragged = x;
      this.show(this.view.from + by, this.view.until + by);
      return;
    }
    this.tell(textAt(this.data, this.byLane, this.place, this.scale, x, y), x, y);
  }

  wheel(event) {
    if (document.activeElement !== this.canvas && !event.ctrlKey) return; // the page's own
    event.preventDefault();
    const [x] = this.at(event);
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.move(event.deltaX / this.place.width);
    } else {
      this.zoom(event.deltaY < 0 ? 1.3 : 1 / 1.3, this.scale.ms(x));
    }
  }

  key(event) {
    const actions = {
      '+': () => this.zoom(1.6),
      '=': () => this.zoom(1.6),
      '-': () => this.zoom(1 / 1.6),
      0: () => this.showAll(),
      n: () => this.step(1),
      p: () => this.step(-1),
      ArrowLeft: () => this.move(-0.2),
      ArrowRight: () => this.move(0.2),
      Escape: () => this.hide(),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    action();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener('pointermove', (event) => this.hover(event));
    canvas.addEventListener('pointerleave', () => this.hide());
    canvas.addEventListener('pointerdown', (event) => { [this.dragged] = this.at(event); });
    canvas.addEventListener('pointerup', () => { this.dragged = undefined; });
    canvas.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    canvas.addEventListener('keydown', (event) => this.key(event));
    const buttons = {
      in: () => this.zoom(2),
      out: () => this.zoom(0.5),
      all: () => this.showAll(),
      fault: () => this.showNextCut(),
    };
    for (const button of this.figure.querySelectorAll('button')) {
      button.addEventListener('click', buttons[button.dataset.action]);
    }
    new ResizeObserver(() => {
      if (canvas.clientWidth !== this.place?.width) this.drawAt(canvas.clientWidth);
    }).observe(canvas);
  }
}

const pictures = [...document.querySelectorAll('figure.picture')].map((figure) => new Picture(figure));

// On paper everything is open, and each picture shows what it shows.
window.addEventListener('beforeprint', () => {
  for (const fold of document.querySelectorAll('details:not([open])')) {
    fold.open = true;
    fold.dataset.paper = '';
  }
  for (const picture of pictures) picture.drawAt(PAPER_WIDTH);
});
window.addEventListener('afterprint', () => {
  for (const fold of document.querySelectorAll('details[data-paper]')) {
    fold.open = false;
    delete fold.dataset.paper;
  }
  for (const picture of pictures) picture.drawAt(picture.canvas.clientWidth);
});

// SPDX-License-Identifier: Apache-2.0
// What is at a point of the picture, and how a tooltip says it: as lines of text.
'use strict';

const REACH = 9;    // pixels from a mark to the pointer
const TOGETHER = 3; // marks so close to each other: the rarer kind is meant

// Of each lane, its marks; they are sorted by time.
function marksByLane(picture) {
  const lanes = picture.lanes.map(() => []);
  for (const mark of picture.marks) lanes[mark[MARK.lane]].push(mark);
  return lanes;
}

function firstFrom(marks, ms) {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle][MARK.ms] < ms) low = middle + 1; else high = middle;
  }
  return low;
}

function markAt(marks, scale, x, isBelow) {
  const rarity = { 0: 0, 1: 2, 2: 3, 3: 4, 4: 5, 5: 1 }; // by kind
  let best = null;
  let bestScore = Infinity;
  const last = scale.ms(x + REACH);
  for (let i = firstFrom(marks, scale.ms(x - REACH)); i < marks.length; ++i) {
    const mark = marks[i];
    if (mark[MARK.ms] > last) break;
    const distance = Math.abs(scale.x(mark[MARK.ms]) - x);
    const otherSide = mark[MARK.kind] < 2 && Boolean(mark[MARK.down]) !== isBelow ? 1.5 : 0;
    const near = distance < TOGETHER ? -rarity[mark[MARK.kind]] * TOGETHER : 0;
    const score = distance + otherSide + near;
    if (score < bestScore) [best, bestScore] = [mark, score];
  }
  return best;
}

function timeText(ms) {
  return `${(ms / 1000).toFixed(6)} s`;
}

function markText(picture, mark) {
  const text = (place) => picture.texts[mark[place]];
  const kind = picture.kinds[mark[MARK.kind]];
  const lines = [text(MARK.what)];
  if (mark[MARK.count] === 1) {
    lines.push(`seq ${mark[MARK.seq]} at ${timeText(mark[MARK.ms])}`);
  } else {
    lines.push(`${mark[MARK.count]} entries, from seq ${mark[MARK.seq]} on`,
      `${timeText(mark[MARK.ms])} to ${timeText(mark[MARK.until])}`);
  }
  const cut = picture.cuts.find((one) => one.seq === mark[MARK.seq]);
  if (cut) lines.push(`cut of ${cut.fault}: ${cut.text}`);
  const way = ['message', 'held back', 'fault'].includes(kind) && text(MARK.flow) !== '' ?
    `${mark[MARK.down] ? 'down' : 'up'} on ` : '';
  if (text(MARK.flow) !== '') lines.push(`${way}${text(MARK.flow)}`);
  if (text(MARK.more) !== '') lines.push(text(MARK.more));
  return lines;
}

function curveText(curve, ms) {
  let number = 0;
  for (const [from, value] of curve.points) {
    if (from > ms) break;
    number = value;
  }
  return [curve.label, `${number} at ${timeText(ms)}`];
}

function faultText(picture, fault, ms) {
  const lines = [fault];
  for (const one of picture.windows) {
    if (one.fault !== fault || one.from > ms || one.until < ms) continue;
    lines.push(`on from ${timeText(one.from)} to ${timeText(one.until)}`);
  }
  const cut = picture.cuts.find((one) => one.fault === fault);
  if (cut) lines.push(cut.text);
  return lines;
}

// Lines about what is there; none: nothing is.
function textAt(picture, byLane, place, scale, x, y) {
  const ms = scale.ms(x);
  const fault = place.faults.find((row) => y >= row.y && y < row.y + SIZES.faultRow);
  if (fault) return faultText(picture, fault.fault, ms);
  if (x < place.left - REACH || x > place.right + REACH) return [];
  const curve = place.curves.find((one) => y >= one.y && y < one.y + SIZES.curve);
  if (curve) return curveText(curve.curve, ms);
  const index = place.lanes.findIndex((lane) => y >= lane.y && y < lane.y + SIZES.lane);
  if (index < 0) return [];
  const mark = markAt(byLane[index], scale, x, y > place.lanes[index].middle);
  if (mark) return markText(picture, mark);
  const stretch = picture.lanes[index].stretches.find(([from, until]) => from <= ms && ms <= until);
  if (!stretch || stretch[3] === '') return [];
  return [stretch[3], `${timeText(stretch[0])} to ${timeText(stretch[1])}`];
}

/**
 * The part of a series of bars that is in memory: it grows while the view moves, and is dropped behind the view. It knows nothing of
 * requests or drawing.
 * @module
 */

/**
 * @typedef {object} Bar
 * @property {number} time start, in ms since 1970
 * @property {number} open
 * @property {number} high
 * @property {number} low
 * @property {number} close
 * @property {number} volume
 * @property {boolean} [filled] it is not stored but fills a gap
 */

/**
 * @typedef {object} Change
 * @property {number} version
 * @property {{ from: number, to: number }[]} ranges
 * @property {Bar[]} bars
 */

const remembered = 200;

/** Bars in order of time, each time once, without a hole between the first and the last one. */
export class BarWindow {
  /** @param {number} capacity the number of bars to keep */
  constructor(capacity = 5000) {
    this.capacity = capacity;
    /** @type {Bar[]} */
    this.bars = [];
    /** Whether no older bars exist. */
    this.atStart = false;
    /** Whether no newer bars exist, so that a new one belongs to the end. */
    this.atEnd = false;
    /** The version up to which changes have been applied. */
    this.version = 0;
    /** @type {Change[]} */
    this.changes = [];
  }

  get first() {
    return this.bars[0];
  }

  get last() {
    return this.bars[this.bars.length - 1];
  }

  /**
   * The index of the first bar that does not begin before a time.
   * @param {number} time
   */
  indexOf(time) {
    let [low, high] = [0, this.bars.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.bars[middle].time < time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Starts anew with bars of one version.
   * @param {Bar[]} bars
   * @param {{ version: number, atStart: boolean, atEnd: boolean }} about
   */
  reset(bars, { version, atStart, atEnd }) {
    [this.bars, this.version, this.atStart, this.atEnd, this.changes] = [bars, version, atStart, atEnd, []];
  }

  /**
   * Adds the bars before the first one. The page ends with the first bar itself or just before it. Returns how far the indices moved.
   * @param {Bar[]} page
   * @param {number} version
   * @param {boolean} isLast whether there are no older bars
   */
  prepend(page, version, isLast) {
    const first = this.first;
    const range = { from: isLast ? -Infinity : page[0].time, to: first?.time ?? Infinity };
    const older = this.#asOf(page, version, range).filter((bar) => !first || bar.time < first.time);
    this.bars = older.concat(this.bars);
    this.atStart = isLast;
    return older.length;
  }

  /**
   * Adds the bars after the last one. The page begins with the last bar itself or just after it.
   * @param {Bar[]} page
   * @param {number} version
   * @param {boolean} isLast whether there are no newer bars
   */
  append(page, version, isLast) {
    const last = this.last;
    // A bar that came while the last page was read continues it.
    const range = { from: last?.time ?? -Infinity, to: isLast ? Infinity : page[page.length - 1].time };
    const newer = this.#asOf(page, version, range).filter((bar) => !last || bar.time > last.time);
    this.bars = this.bars.concat(newer);
    this.atEnd = isLast;
    return newer.length;
  }

  /**
   * Applies a change of the stream: the bars of its ranges are replaced by its bars. What lies outside the window is left out: it is read
   * when the view gets there. Returns how far the index of the bar at the given time moved.
   * @param {Change} change
   * @param {number} [anchor] a time whose bar should stay where it is
   */
  apply(change, anchor = Infinity) {
    this.changes.push(change);
    if (this.changes.length > remembered) {
      this.changes.shift();
    }
    this.version = Math.max(this.version, change.version);
    const before = this.indexOf(anchor);
    this.bars = this.#replaced(this.bars, change);
    return this.indexOf(anchor) - before;
  }

  /**
   * Whether a page of an older version than the window's can be brought up to date from the changes that are remembered.
   * @param {number} version
   */
  canUpdate(version) {
    return version >= this.version || this.changes.length < remembered || this.changes[0].version <= version + 1;
  }

  /**
   * Drops what is far from the view, so that at most `capacity` bars stay. Returns how far the indices moved.
   * @param {number} from index of the first bar in view
   * @param {number} to index after the last bar in view
   */
  trim(from, to) {
    const excess = this.bars.length - this.capacity;
    if (excess <= 0) {
      return 0;
    }
    // The farther side goes first. A window never begins or ends with a filled bar, because filling starts from stored ones.
    if (from > this.bars.length - to) {
      let drop = Math.min(excess, Math.max(0, from));
      while (drop > 0 && drop < this.bars.length && this.bars[drop].filled) {
        drop--;
      }
      if (drop > 0) {
        this.bars = this.bars.slice(drop);
        this.atStart = false;
      }
      return -drop;
    }
    let keep = Math.max(to, this.capacity);
    while (keep < this.bars.length && this.bars[keep - 1].filled) {
      keep++;
    }
    if (keep < this.bars.length) {
      this.bars = this.bars.slice(0, keep);
      this.atEnd = false;
    }
    return 0;
  }

  /**
   * The bars of a page with the changes that came after its version.
   * @param {Bar[]} page
   * @param {number} version
   * @param {{ from: number, to: number }} range the times that the page covers, both included
   */
  #asOf(page, version, { from, to }) {
    return this.changes
      .filter((change) => change.version > version)
      .reduce((bars, change) => merge(bars, change, (bar) => bar.time >= from && bar.time <= to), page);
  }

  /**
   * @param {Bar[]} bars
   * @param {Change} change
   */
  #replaced(bars, change) {
    const [first, last] = [this.first?.time ?? -Infinity, this.last?.time ?? Infinity];
    return merge(bars, change, (bar) => (bar.time >= first || this.atStart) && (bar.time <= last || this.atEnd));
  }
}

/**
 * Replaces the bars in the ranges of a change by its bars.
 * @param {Bar[]} bars
 * @param {Change} change
 * @param {(bar: Bar) => boolean} belongs whether a bar of the change belongs to the bars
 */
function merge(bars, change, belongs) {
  const fresh = change.bars.filter(belongs);
  const isReplaced = (/** @type {Bar} */ bar) => change.ranges.some((range) => range.from <= bar.time && bar.time < range.to);
  // Most changes are of the newest bars: only the end is looked at.
  const start = Math.min(...change.ranges.map((range) => range.from), ...fresh.map((bar) => bar.time));
  let head = bars.length;
  while (head > 0 && bars[head - 1].time >= start) {
    head--;
  }
  const times = new Set(fresh.map((bar) => bar.time));
  const tail = bars.slice(head).filter((bar) => !isReplaced(bar) && !times.has(bar.time));
  return bars.slice(0, head).concat([...tail, ...fresh].sort((a, b) => a.time - b.time));
}

/**
 * One chart: a symbol and timeframe with its bars, its stream, its view and its legend.
 * @module
 */
import { getJson } from '../api.js';
import { barsPath, readBars } from './bars.js';
import { loadECharts } from './echarts.js';
import { digitsOf, timeText, zoneOf } from './format.js';
import { readGaps } from './gaps.js';
import { chosen, IndicatorValues } from './indicators.js';
import { drawLegend, legendOf } from './legend.js';
import { fewest, most } from './state.js';
import { openStream } from './stream.js';
import { endOf, isStored, timeframeOf } from './timeframes.js';
import { ChartView, describe } from './view.js';
import { BarWindow } from './window.js';
/** @typedef {import('./timeframes.js').Timeframe} Timeframe */

const firstPage = 500;
const page = 1000;
/** Indicators follow their bars within seconds. */
const indicatorDelay = 3000;
const gapDelay = 30_000;

/**
 * @typedef {object} Look what all panes share
 * @property {'candles' | 'bars' | 'line'} style
 * @property {'linear' | 'log' | 'percent'} scale
 * @property {'exchange' | 'local' | 'utc'} zone
 * @property {boolean} volume
 * @property {boolean} gaps
 * @property {boolean} fill
 * @property {string[]} indicators
 */

/** @typedef {{ from: number, to: number, width: number }} Range */

export class Pane {
  /**
   * @param {HTMLElement} root
   * @param {Look} look
   * @param {{
   *   onMove: (pane: Pane, byHand: boolean) => void,
   *   onDraw: (pane: Pane) => void,
   *   onCross: (pane: Pane, time: number | null) => void,
   *   onTimeframe: (pane: Pane, timeframe: string) => void,
   *   onTicker: (pane: Pane) => void,
   *   onTooMuch: (pane: Pane) => void,
   * }} listener
   */
  constructor(root, look, listener) {
    this.root = root;
    this.look = look;
    this.listener = listener;
    this.plot = /** @type {HTMLElement} */ (root.querySelector('[data-plot]'));
    this.legend = /** @type {HTMLElement} */ (root.querySelector('[data-legend]'));
    this.message = /** @type {HTMLElement} */ (root.querySelector('[data-message]'));
    this.canvas = part(this.plot, 'canvas');
    this.lastLine = part(this.plot, 'cross-y last-line');
    this.lastTag = part(this.plot, 'tag last');
    this.crossX = part(this.plot, 'cross-x');
    this.crossY = part(this.plot, 'cross-y');
    this.crossTime = part(this.plot, 'tag');
    this.crossValue = part(this.plot, 'tag');
    this.window = new BarWindow();
    this.symbol = '';
    this.timeframe = /** @type {Timeframe} */ (timeframeOf('1d'));
    /** The ticker as the API knows it. */
    /** @type {any} */
    this.ticker = null;
    /** Index of the first slot in view; slots before the first bar are negative. */
    this.first = 0;
    this.count = 150;
    this.values = new IndicatorValues();
    /** @type {import('./gaps.js').Gap[]} */
    this.gaps = [];
    /** @type {'loading' | 'ready' | 'empty' | 'error'} */
    this.state = 'loading';
    this.isLive = false;
    /** @type {number | null} index of the bar under the crosshair */
    this.cross = null;
    /** The range of a linked pane that this one follows. */
    /** @type {Range | null} */
    this.wanted = null;
    /** @type {ChartView | null} */
    this.view = null;
    this.reads = new AbortController();
    this.closeStream = () => {};
    this.frame = 0;
    this.extras = 0;
    /** Bars by which the view still has to move when the next page has come. */
    this.owed = 0;
    /** Digits after the point of prices. */
    this.digits = 2;
    /** What the gaps have been read for. */
    this.gapsOf = '';
    this.gapsAt = 0;
    /** How often the indicators of the newest bar were missing. */
    this.tries = 0;
    /** @type {number | undefined} vertical position of the pointer */
    this.pointer = undefined;
    /** @type {AbortController | undefined} the bars for which pages are being read */
    this.ensuring = undefined;
    this.jumping = 0;
    this.resizes = new ResizeObserver(() => {
      this.view?.resize();
      this.redraw();
    });
    this.resizes.observe(this.plot);
  }

  dispose() {
    this.reads.abort();
    this.closeStream();
    this.resizes.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.extras);
    this.view?.dispose();
    this.view = null;
  }

  get zone() {
    return zoneOf(this.look.zone, this.timeframe, this.ticker?.timezone ?? 'UTC');
  }

  /** The number of slots in view: fewer than wished if there are few bars. */
  get slots() {
    const bars = this.window.bars.length;
    return this.window.atStart && this.window.atEnd ? Math.min(this.count, Math.max(fewest, bars + this.air)) : this.count;
  }

  /** Empty slots after the newest bar. */
  get air() {
    return Math.ceil(this.count * 0.03);
  }

  /** Whether the newest bar is in view, so that the chart moves on with new ones. */
  get follows() {
    return this.window.atEnd && this.first + this.slots >= this.window.bars.length;
  }

  /** Indices of the bars in view. */
  get visible() {
    return { from: Math.max(0, this.first), to: Math.min(this.window.bars.length, this.first + this.slots) };
  }

  /**
   * The times in view: the start of the first bar and the end of the last one, and how much wider the view is than its bars; null without
   * bars.
   * @returns {Range | null}
   */
  get range() {
    const { from, to } = this.visible;
    const [first, last] = [this.window.bars[from], this.window.bars[to - 1]];
    return first && last ? { from: first.time, to: endOf(last.time, this.timeframe), width: this.slots / (to - from) } : null;
  }

  /** @returns {import('./view.js').Scene} */
  get scene() {
    return {
      bars: this.window.bars,
      first: this.first,
      count: this.slots,
      timeframe: this.timeframe,
      zone: this.zone,
      style: this.look.style,
      scale: this.look.scale,
      volume: this.look.volume,
      indicators: chosen(this.look.indicators),
      values: this.values,
      gaps: this.look.gaps ? this.gaps : [],
      digits: this.digits,
    };
  }

  /**
   * Shows a symbol and timeframe.
   * @param {string} symbol
   * @param {string} timeframe empty: days, or what is stored
   * @param {{ at?: number | null, count?: number, range?: Range | null }} [where] the end of the view, or a range of
   *   time that it should cover as far as that is reasonable
   */
  async open(symbol, timeframe, { at = null, count = this.count, range = null } = {}) {
    this.reads.abort();
    this.reads = new AbortController();
    const { signal } = this.reads;
    this.closeStream();
    // Also if an earlier request for this symbol was interrupted: the ticker has the time zone.
    const isOther = symbol !== this.ticker?.symbol;
    this.symbol = symbol;
    this.timeframe = timeframeOf(timeframe) ?? /** @type {Timeframe} */ (timeframeOf('1d'));
    this.count = count;
    this.isLive = false;
    this.cross = null;
    this.owed = 0;
    this.gaps = [];
    this.gapsOf = '';
    this.values = new IndicatorValues();
    if (isOther) {
      this.ticker = null;
    }
    this.#show('loading', 'Loading…');
    const library = loadECharts();
    // The rejection is handled below, when the bars are there.
    library.catch(() => {});
    const ticker = isOther ? getJson(`/v1/tickers/${encodeURIComponent(symbol)}`, signal) : Promise.resolve(this.ticker);
    try {
      const end = range?.to ?? at;
      const [, info] = await Promise.all([this.#readFirst(end, signal), ticker]);
      this.ticker = info;
      if (signal.aborted) {
        return;
      }
      this.listener.onTicker(this);
      if (!this.window.bars.length) {
        const other = timeframe ? null : info.stored[info.stored.length - 1]?.timeframe;
        if (other && other !== this.timeframe.id) {
          this.listener.onTimeframe(this, other);
          return;
        }
        this.#showEmpty(info.stored);
        this.#listen();
        return;
      }
      this.digits = digitsOf(this.window.bars);
      this.#place(end, range);
      const echarts = await library;
      if (signal.aborted) {
        return;
      }
      this.view ??= new ChartView(this.canvas, echarts);
      this.state = 'ready';
      this.root.dataset.state = 'ready';
      this.message.hidden = true;
      this.draw();
      this.#listen();
      this.listener.onMove(this, false);
      await this.#ensure();
      this.#readExtrasSoon(0);
    } catch (error) {
      if (!signal.aborted) {
        this.#showError(error);
      }
    }
  }

  /** Draws with the next frame. */
  redraw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    if (!this.view || this.state !== 'ready') {
      return;
    }
    // The number of slots shrinks when it turns out that no older bars exist.
    this.first = this.#clamp(this.first);
    this.view.draw(this.scene);
    this.#drawLast();
    this.#drawCross();
    this.plot.ariaLabel = describe(this.scene, this.symbol);
    if (!this.root.dataset.painted) {
      this.root.dataset.painted = 'true';
      performance.mark('chart-painted');
    }
    this.listener.onDraw(this);
  }

  /** Takes the look of the chart over after it has changed. */
  restyle() {
    this.redraw();
    this.#readExtrasSoon(0);
  }

  recolor() {
    this.view?.recolor();
    this.redraw();
  }

  /**
   * Moves by bars; positive is towards newer ones.
   * @param {number} bars
   */
  move(bars) {
    const wish = this.first + Math.round(bars);
    this.first = this.#clamp(wish);
    // What is not in memory yet is owed until its page has come.
    const isOwed = bars < 0 ? !this.window.atStart : !this.window.atEnd;
    this.owed = isOwed ? Math.max(-this.slots, Math.min(this.slots, wish - this.first)) : 0;
    this.#moved();
  }

  /**
   * Changes the number of bars in view.
   * @param {number} factor below 1 shows fewer bars
   * @param {number} [anchor] share of the view, from the left, that stays where it is
   */
  zoom(factor, anchor = 1) {
    const wish = Math.round(this.count * factor);
    const slots = this.slots;
    const fixed = this.first + slots * anchor;
    this.count = Math.min(most, Math.max(fewest, wish === this.count ? wish + Math.sign(factor - 1) : wish));
    this.first = this.#clamp(Math.round(fixed - this.slots * anchor));
    this.#moved();
    return wish > most;
  }

  /** Shows the oldest bars. */
  async goToStart() {
    if (!this.window.atStart && !(await this.#jump(() => this.#readEdge(true)))) {
      return;
    }
    this.first = 0;
    this.#moved();
  }

  /** Shows the newest bars. */
  async goToEnd() {
    if (!this.window.atEnd && !(await this.#jump(() => this.#readEdge(false)))) {
      return;
    }
    this.first = this.#clamp(Infinity);
    this.#moved();
  }

  /**
   * Follows the range of a linked pane.
   * @param {Range | null} range
   */
  follow(range) {
    if (!range || this.state !== 'ready') {
      return;
    }
    const { first, last, atEnd, atStart } = this.window;
    this.wanted = range;
    if ((range.to <= endOf(last.time, this.timeframe) || atEnd) && (range.to > first.time || atStart)) {
      this.#place(range.to, range);
      this.redraw();
      void this.#ensure();
      this.#readExtrasSoon();
    } else {
      clearTimeout(this.jumping);
      this.jumping = setTimeout(() => void this.open(this.symbol, this.timeframe.id, { range: this.wanted }), 150);
    }
  }

  /**
   * Shows the crosshair at a point of the plot.
   * @param {number} x
   * @param {number} y
   */
  pointAt(x, y) {
    if (this.view && this.state === 'ready') {
      const { from, to } = this.visible;
      this.cross = Math.min(to - 1, Math.max(from, this.first + this.view.slotAt(x)));
      this.pointer = y;
      this.#drawCross();
      this.listener.onCross(this, this.window.bars[this.cross]?.time ?? null);
    }
  }

  /**
   * Moves the crosshair by bars, and the view with it. Returns what the bar says.
   * @param {number} bars
   */
  step(bars) {
    const { from, to } = this.visible;
    const start = this.cross ?? (bars > 0 ? from - 1 : to);
    const next = Math.min(this.window.bars.length - 1, Math.max(0, start + bars));
    if (next < from || next >= to) {
      this.move(next - start);
    }
    this.cross = next;
    this.pointer = undefined;
    this.#drawCross();
    this.listener.onCross(this, this.window.bars[next]?.time ?? null);
    return legendOf(this.scene, next)
      .map(({ name, text }) => `${name} ${text}`.trim())
      .join(', ');
  }

  /**
   * Shows the crosshair at the bar of a time; null hides it.
   * @param {number | null} time
   */
  crossAt(time) {
    if (time === null) {
      this.cross = null;
    } else {
      const index = this.window.indexOf(time);
      this.cross = this.window.bars[index]?.time === time ? index : index - 1;
    }
    this.pointer = undefined;
    this.#drawCross();
  }

  /** @param {number} first */
  #clamp(first) {
    const bars = this.window.bars.length;
    const newest = bars - this.slots + (this.window.atEnd ? this.air : 0);
    return Math.max(Math.min(0, newest), Math.min(first, newest));
  }

  #moved() {
    this.wanted = null;
    this.redraw();
    void this.#ensure();
    this.#readExtrasSoon();
    this.listener.onMove(this, true);
  }

  /**
   * Places the view in the bars that were read.
   * @param {number | null} end
   * @param {Range | null} range
   */
  #place(end, range) {
    const to = end === null ? Infinity : this.window.indexOf(end);
    if (range) {
      const wish = (this.window.indexOf(range.to) - this.window.indexOf(range.from)) * range.width;
      this.count = Math.min(most, Math.max(fewest, Math.round(wish)));
    }
    this.first = this.#clamp(to === this.window.bars.length && this.window.atEnd ? Infinity : to - this.slots);
  }

  /** @param {Record<string, string | number>} query */
  #path(query) {
    return barsPath(this.symbol, this.timeframe.id, { ...query, ...(this.look.fill && { fill: 'previous' }) });
  }

  /**
   * Reads the bars before a time, or the newest ones.
   * @param {number | null} end
   * @param {AbortSignal} signal
   */
  async #readFirst(end, signal) {
    const size = Math.max(firstPage, this.count);
    const read = await readBars(this.#path({ last: size, ...(end !== null && { to: isoOf(end) }) }), signal);
    if (!read.bars.length && end !== null) {
      // Nothing is that old: the oldest bars are nearest.
      const oldest = await readBars(this.#path({ from: isoOf(end), limit: size }), signal);
      this.window.reset(oldest.bars, { version: oldest.version, atStart: true, atEnd: !oldest.hasMore });
      return;
    }
    // Filling makes bars of its own, so a full answer says nothing about the start then: the next page does.
    const atStart = !read.bars.length || (read.bars.length < size && !this.look.fill);
    this.window.reset(read.bars, { version: read.version, atStart, atEnd: end === null });
  }

  /** @param {boolean} oldest */
  async #readEdge(oldest) {
    const { signal } = this.reads;
    if (!oldest) {
      await this.#readFirst(null, signal);
      return;
    }
    const read = await readBars(this.#path({ from: '1900-01-01', limit: Math.max(firstPage, this.count) }), signal);
    this.window.reset(read.bars, { version: read.version, atStart: true, atEnd: !read.hasMore });
  }

  /**
   * Replaces the bars in memory by others, and continues from their version.
   * @param {() => Promise<void>} read
   */
  async #jump(read) {
    this.reads.abort();
    const reads = new AbortController();
    this.reads = reads;
    this.closeStream();
    this.plot.ariaBusy = 'true';
    try {
      await read();
      // A later jump aborts this one, which then has nothing to say.
      if (!reads.signal.aborted) {
        this.#listen();
        return true;
      }
    } catch (error) {
      if (!reads.signal.aborted) {
        this.#showError(error);
      }
    } finally {
      if (this.reads === reads) {
        this.plot.ariaBusy = 'false';
      }
    }
    return false;
  }

  /** Reads ahead of the view on both sides, one page after the other, and drops what is far behind. */
  async #ensure() {
    if (this.ensuring === this.reads) {
      return;
    }
    const { reads } = this;
    this.ensuring = reads;
    try {
      while (!reads.signal.aborted) {
        // Both sides, the view and a page fit into the window: else what one pass reads the next one would drop.
        const ahead = firstPage;
        const { window } = this;
        if (!window.atStart && this.first < ahead && window.first) {
          await this.#readOlder(reads.signal);
        } else if (!window.atEnd && window.bars.length - this.first - this.slots < ahead && window.last) {
          await this.#readNewer(reads.signal);
        } else {
          break;
        }
        this.first += window.trim(Math.max(0, this.first), this.first + this.slots);
        if (this.wanted) {
          this.#place(this.wanted.to, this.wanted);
        }
        this.redraw();
      }
    } catch (error) {
      if (!reads.signal.aborted) {
        // What is on the chart stays; the next move tries again.
        this.#note(error);
      }
    } finally {
      if (this.ensuring === reads) {
        this.ensuring = undefined;
      }
    }
  }

  /** @param {AbortSignal} signal */
  async #readOlder(signal) {
    const { window } = this;
    // Filled bars lie between stored ones, so the page has to end with a stored one.
    const to = this.look.fill ? endOf(window.first.time, this.timeframe) : window.first.time;
    const { bars, version } = await this.#read({ to: isoOf(to), last: page }, signal);
    // Bars of a range that was emptied meanwhile are missing on purpose.
    const added = window.prepend(bars, version, bars.length === 0 || bars[0].time >= window.first.time);
    this.first += added;
    if (this.owed < 0) {
      this.#pay();
    }
    if (this.cross !== null) {
      this.cross += added;
    }
  }

  /** @param {AbortSignal} signal */
  async #readNewer(signal) {
    const { bars, version, hasMore } = await this.#read({ from: isoOf(this.window.last.time), limit: page }, signal);
    this.window.append(bars, version, !hasMore);
    if (this.owed > 0) {
      this.#pay();
    }
  }

  /** Moves by what a page was missing for. */
  #pay() {
    this.first = this.#clamp(this.first + this.owed);
    this.owed = 0;
    this.listener.onMove(this, true);
  }

  /**
   * Reads a page that the window can bring up to date.
   * @param {Record<string, string | number>} query
   * @param {AbortSignal} signal
   */
  async #read(query, signal) {
    for (;;) {
      const read = await readBars(this.#path(query), signal);
      if (this.window.canUpdate(read.version)) {
        return read;
      }
    }
  }

  #listen() {
    const { signal } = this.reads;
    const { symbol, timeframe } = this;
    this.closeStream();
    const close = openStream(symbol, timeframe.streamed, this.window.version, {
      onChange: (change) => {
        if (this.state === 'empty') {
          void this.open(symbol, timeframe.id);
        } else if (isStored(timeframe) && !this.look.fill) {
          this.#apply(change);
        } else {
          void this.#refresh(change, signal);
        }
      },
      onReset: () => void this.open(symbol, timeframe.id, { at: this.follows ? null : (this.range?.to ?? null) }),
      onGone: () => this.#show('error', `${symbol} was deleted.`),
      onState: (isLive) => {
        this.isLive = isLive;
        this.#drawLegend();
      },
    });
    this.closeStream = close;
  }

  /** @param {import('./window.js').Change} change */
  #apply(change) {
    const follows = this.follows;
    const anchor = this.window.bars[Math.max(0, this.first)]?.time;
    const moved = this.window.apply(change, anchor);
    if (!this.window.bars.length) {
      this.#showEmpty([]);
      return;
    }
    this.first = follows ? this.#clamp(Infinity) : this.#clamp(this.first + moved);
    if (this.cross !== null) {
      this.cross = Math.min(this.cross + moved, this.window.bars.length - 1);
    }
    this.tries = 0;
    this.values.invalidate(Math.min(...change.ranges.map((range) => range.from)));
    this.redraw();
    this.#readExtrasSoon(indicatorDelay, true);
    if (follows) {
      this.listener.onMove(this, false);
    }
  }

  /**
   * Reads folded and filled bars anew from the one in which a change begins.
   * @param {import('./window.js').Change} change
   * @param {AbortSignal} signal
   */
  async #refresh(change, signal) {
    const { bars, first, last, atEnd } = this.window;
    const start = Math.min(...change.ranges.map((range) => range.from));
    let index = Math.max(0, this.window.indexOf(start + 1) - 1);
    while (index > 0 && bars[index].filled) {
      index--;
    }
    const from = bars[index]?.time ?? first?.time;
    const end = endOf(last.time, this.timeframe);
    if (from === undefined || (start >= end && !atEnd)) {
      return;
    }
    try {
      const read = await readBars(this.#path({ from: isoOf(from), ...(!atEnd && { to: isoOf(end) }), limit: 50_000 }), signal);
      this.#apply({ version: read.version, ranges: [{ from, to: atEnd ? Infinity : end }], bars: read.bars });
    } catch (error) {
      if (!signal.aborted) {
        this.#note(error);
      }
    }
  }

  /**
   * @param {number} [delay]
   * @param {boolean} [keep] whether a read that is due already stays: changes may come faster than that
   */
  #readExtrasSoon(delay = 250, keep = false) {
    if (!keep || !this.extras) {
      clearTimeout(this.extras);
      this.extras = setTimeout(() => {
        this.extras = 0;
        void this.#readExtras();
      }, delay);
    }
  }

  /** Reads gaps and indicators for the bars in memory. */
  async #readExtras() {
    const { signal } = this.reads;
    const { first, last } = this.window;
    if (this.state !== 'ready' || !first || !isStored(this.timeframe)) {
      return;
    }
    const range = { from: first.time, to: endOf(last.time, this.timeframe) };
    // The report reads all bars of the range, so changes wait for it.
    const gapsOf = `${this.symbol} ${this.timeframe.id} ${range.from}`;
    const wantsGaps = this.look.gaps && (gapsOf !== this.gapsOf || performance.now() - this.gapsAt > gapDelay);
    try {
      const [gaps, isNew] = await Promise.all([
        wantsGaps ? readGaps(this.symbol, this.timeframe.id, range.from, range.to, signal) : null,
        this.values.read(this.symbol, this.timeframe.id, chosen(this.look.indicators), range, signal),
      ]);
      if (gaps) {
        [this.gaps, this.gapsOf, this.gapsAt] = [gaps, gapsOf, performance.now()];
      }
      if (gaps || isNew) {
        this.redraw();
      }
      // The Ingestor may not have come to the newest bar yet.
      if (this.look.indicators.length && !this.values.rows.has(last.time) && this.tries++ < 5) {
        this.values.invalidate(last.time);
        this.#readExtrasSoon(indicatorDelay, true);
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#note(error);
      }
    }
  }

  #drawLegend() {
    if (this.state === 'ready') {
      const index = this.cross ?? this.visible.to - 1;
      drawLegend(this.legend, `${this.symbol} ${this.timeframe.id}`, this.scene, index, this.isLive);
    }
  }

  /** The close of the newest bar in view, on the axis. */
  #drawLast() {
    const { view } = this;
    const bar = this.window.bars[this.visible.to - 1];
    const grid = view?.grids[0];
    const y = view && bar ? view.priceY(bar.close) : -1;
    const shown = Boolean(view && grid && y >= grid.top && y <= grid.top + grid.height);
    this.lastLine.hidden = this.lastTag.hidden = !shown;
    if (view && shown) {
      move(this.lastLine, view.left, y);
      this.lastLine.style.width = `${view.width}px`;
      move(this.lastTag, view.left + view.width + 4, y - 9);
      this.lastTag.textContent = view.scale.text(view.scale.to(bar.close));
    }
  }

  #drawCross() {
    const { view, cross } = this;
    const { from, to } = this.visible;
    const shown = view !== null && cross !== null && cross >= from && cross < to;
    this.crossX.hidden = this.crossTime.hidden = !shown;
    const value = shown && this.pointer !== undefined ? view.valueAt(this.pointer) : null;
    this.crossY.hidden = this.crossValue.hidden = value === null;
    if (view && shown) {
      const x = view.centerOf(cross - this.first);
      move(this.crossX, x, 0);
      this.crossX.style.height = `${view.bottom}px`;
      this.crossTime.textContent = timeText(this.window.bars[cross].time, this.timeframe, this.zone);
      const half = this.crossTime.offsetWidth / 2;
      move(this.crossTime, Math.max(0, Math.min(x - half, this.plot.clientWidth - 2 * half)), view.bottom + 4);
      if (value !== null && this.pointer !== undefined) {
        move(this.crossY, view.left, this.pointer);
        this.crossY.style.width = `${view.width}px`;
        this.crossValue.textContent = value;
        move(this.crossValue, view.left + view.width + 4, this.pointer - 9);
      }
    }
    this.#drawLegend();
  }

  /**
   * @param {'loading' | 'empty' | 'error'} state
   * @param {...(string | HTMLElement)} content
   */
  #show(state, ...content) {
    this.state = state;
    this.root.dataset.state = state;
    this.message.hidden = false;
    this.message.replaceChildren(
      ...content.map((item) => {
        if (typeof item !== 'string') {
          return item;
        }
        const text = document.createElement('p');
        text.textContent = item;
        return text;
      }),
    );
    if (state !== 'loading') {
      this.view?.dispose();
      this.view = null;
      this.legend.replaceChildren();
      for (const element of [this.crossX, this.crossY, this.crossTime, this.crossValue, this.lastLine, this.lastTag]) {
        element.hidden = true;
      }
      this.listener.onDraw(this);
    }
  }

  /** @param {{ timeframe: string, since: string, until: string }[]} stored */
  #showEmpty(stored) {
    const title = document.createElement('strong');
    title.textContent = `There are no ${this.timeframe.id} bars of ${this.symbol}`;
    const others = stored.filter((range) => range.timeframe !== this.timeframe.id && timeframeOf(range.timeframe));
    const buttons = document.createElement('div');
    buttons.className = 'chart-buttons';
    for (const { timeframe, since, until } of others) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = `${timeframe}: ${since.slice(0, 10)} to ${until.slice(0, 10)}`;
      button.onclick = () => this.listener.onTimeframe(this, timeframe);
      buttons.append(button);
    }
    buttons.append(link('/data', 'Import a file'), link('/data/sync', 'Fetch from a provider'));
    this.#show('empty', title, others.length ? 'Other timeframes have bars:' : 'The chart shows bars as soon as they are there.', buttons);
  }

  /** @param {any} error */
  #showError(error) {
    const title = document.createElement('strong');
    title.textContent = error.problem?.title ?? 'The chart could not be loaded';
    const buttons = document.createElement('div');
    buttons.className = 'chart-buttons';
    for (const symbol of error.problem?.near ?? []) {
      buttons.append(link(`/chart?symbol=${encodeURIComponent(symbol)}`, symbol));
    }
    if (error.status === 401) {
      buttons.append(link('/sign-in', 'Sign in'));
    } else {
      const again = document.createElement('button');
      again.type = 'button';
      again.textContent = 'Try again';
      const { symbol, timeframe, count } = this;
      again.onclick = () => {
        this.symbol = '';
        void this.open(symbol, timeframe.id, { count });
      };
      buttons.append(again);
    }
    this.#show('error', title, error.status ? String(error.message) : 'The service does not answer. It may be starting.', buttons);
  }

  /** @param {any} error */
  #note(error) {
    this.plot.title = `Some data could not be read: ${error.message}`;
  }
}

/**
 * @param {HTMLElement} host
 * @param {string} className
 */
function part(host, className) {
  const element = document.createElement('div');
  element.className = className;
  element.hidden = className !== 'canvas';
  host.append(element);
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {number} x
 * @param {number} y
 */
function move(element, x, y) {
  element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

/**
 * @param {string} path
 * @param {string} text
 */
function link(path, text) {
  const result = document.createElement('a');
  [result.href, result.textContent, result.className] = [path, text, 'button'];
  return result;
}

/** @param {number} time */
function isoOf(time) {
  return new Date(time).toISOString();
}

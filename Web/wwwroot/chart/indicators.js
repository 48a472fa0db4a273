/**
 * The indicators of the API: which there are, where they are drawn, and their values for the bars in memory.
 * @module
 */
import { getJson } from '../api.js';

/**
 * @typedef {object} Line
 * @property {string} field of the API
 * @property {string} name
 * @property {string} color variable of palette.css
 * @property {boolean} [dashed]
 * @property {boolean} [columns] drawn as columns around zero
 */

/**
 * @typedef {object} Indicator
 * @property {string} id in the address of the page
 * @property {string} name
 * @property {boolean} below in a pane of its own; otherwise over the prices
 * @property {Line[]} lines
 * @property {[number, number]} [range]
 * @property {number[]} [levels]
 */

/** @type {Indicator[]} */
export const indicators = [
  { id: 'sma20', name: 'SMA 20', below: false, lines: [{ field: 'sma20', name: 'SMA 20', color: '--series-1' }] },
  { id: 'sma50', name: 'SMA 50', below: false, lines: [{ field: 'sma50', name: 'SMA 50', color: '--series-2' }] },
  { id: 'ema12', name: 'EMA 12', below: false, lines: [{ field: 'ema12', name: 'EMA 12', color: '--series-3' }] },
  { id: 'ema26', name: 'EMA 26', below: false, lines: [{ field: 'ema26', name: 'EMA 26', color: '--series-4' }] },
  {
    id: 'bollinger',
    name: 'Bollinger bands',
    below: false,
    lines: [
      { field: 'bbUpper', name: 'BB upper', color: '--series-5', dashed: true },
      { field: 'bbMiddle', name: 'BB middle', color: '--series-5' },
      { field: 'bbLower', name: 'BB lower', color: '--series-5', dashed: true },
    ],
  },
  {
    id: 'rsi14',
    name: 'RSI 14',
    below: true,
    lines: [{ field: 'rsi14', name: 'RSI 14', color: '--series-1' }],
    range: [0, 100],
    levels: [30, 70],
  },
  {
    id: 'macd',
    name: 'MACD',
    below: true,
    lines: [
      { field: 'macdHistogram', name: 'Histogram', color: '--muted', columns: true },
      { field: 'macd', name: 'MACD', color: '--series-1' },
      { field: 'macdSignal', name: 'Signal', color: '--series-2', dashed: true },
    ],
    levels: [0],
  },
  {
    id: 'volume24h',
    name: 'Volume 24 h',
    below: true,
    lines: [{ field: 'volume24h', name: 'Volume 24 h', color: '--series-3' }],
  },
];

/**
 * The chosen indicators, in the order of the list.
 * @param {string[]} ids
 */
export function chosen(ids) {
  return indicators.filter((indicator) => ids.includes(indicator.id));
}

/** The values of indicators by the time of their bar, read for the range of the bars in memory. */
export class IndicatorValues {
  constructor() {
    /** @type {Map<number, Record<string, number | null>>} */
    this.rows = new Map();
    this.fields = '';
    /** What has been read. */
    this.range = { from: 0, to: 0 };
  }

  /** @param {number} time from which on values may have changed */
  invalidate(time) {
    this.range.to = Math.min(this.range.to, time);
  }

  /**
   * Reads what is missing for a range. Returns whether anything is new.
   * @param {string} symbol
   * @param {string} timeframe
   * @param {Indicator[]} wanted
   * @param {{ from: number, to: number }} range
   * @param {AbortSignal} signal
   */
  async read(symbol, timeframe, wanted, range, signal) {
    const fields = wanted.flatMap((indicator) => indicator.lines.map((line) => line.field)).join(',');
    const known = this.range;
    const isNew = fields !== this.fields || known.to <= known.from || range.to < known.from || range.from > known.to;
    const parts = isNew
      ? [range]
      : [
          { from: range.from, to: known.from },
          { from: known.to, to: range.to },
        ].filter((part) => part.from < part.to);
    if (!parts.length || (!fields && !this.fields)) {
      return false;
    }
    const pages = fields ? await Promise.all(parts.map((part) => readRows(symbol, timeframe, fields, part, signal))) : [];
    // What lies outside the range is forgotten: the bars there have been dropped.
    const kept = isNew ? [] : [...this.rows].filter(([time]) => time >= range.from && time < range.to);
    this.rows = new Map([...kept, ...pages.flat()]);
    this.fields = fields;
    this.range = { ...range };
    return true;
  }

  /**
   * @param {number} time
   * @param {string} field
   */
  at(time, field) {
    return this.rows.get(time)?.[field] ?? null;
  }
}

/**
 * @param {string} symbol
 * @param {string} timeframe
 * @param {string} fields
 * @param {{ from: number, to: number }} range
 * @param {AbortSignal} signal
 * @returns {Promise<[number, Record<string, number | null>][]>}
 */
async function readRows(symbol, timeframe, fields, { from, to }, signal) {
  const query = new URLSearchParams({
    timeframe,
    fields,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    limit: '10000',
  });
  const { indicators: rows } = await getJson(`/v1/indicators/${encodeURIComponent(symbol)}?${query}`, signal);
  return rows.map((/** @type {{ timestamp: string }} */ row) => [Date.parse(row.timestamp), row]);
}

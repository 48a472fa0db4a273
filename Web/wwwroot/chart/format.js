/**
 * How times and numbers are written.
 * @module
 */
import { hasDates } from './timeframes.js';
/** @typedef {import('./timeframes.js').Timeframe} Timeframe */

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * A formatter; making one takes a hundred times as long as using it.
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} options
 */
function formatOf(zone, options) {
  const key = zone + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
    formats.set(key, format);
  }
  return format;
}

/**
 * The time zone in which bars are shown: session dates have none.
 * @param {'exchange' | 'local' | 'utc'} choice
 * @param {Timeframe} timeframe
 * @param {string} exchange the ticker's zone
 */
export function zoneOf(choice, timeframe, exchange) {
  if (hasDates(timeframe) || choice === 'utc') {
    return 'UTC';
  }
  return choice === 'local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : exchange;
}

/**
 * The parts of a time that axis labels are chosen by.
 * @param {number} time
 * @param {string} zone
 */
export function partsOf(time, zone) {
  const parts = formatOf(zone, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    .formatToParts(time)
    .reduce((all, part) => ({ ...all, [part.type]: part.value }), /** @type {Record<string, string>} */ ({}));
  return { year: parts.year, month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute };
}

/**
 * A full time, for legend and table.
 * @param {number} time
 * @param {Timeframe} timeframe
 * @param {string} zone
 */
export function timeText(time, timeframe, zone) {
  return hasDates(timeframe)
    ? formatOf('UTC', { weekday: 'short', year: 'numeric', month: 'short', day: '2-digit' }).format(time)
    : formatOf(zone, {
        weekday: 'short',
        year: 'numeric',
        month: 'short',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }).format(time);
}

/**
 * A price with the digits of the prices around it.
 * @param {number | null | undefined} value
 * @param {number} digits
 */
export function priceText(value, digits) {
  return value == null ? '–' : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/**
 * How many digits prices need: as many as the bars have, up to eight.
 * @param {import('./window.js').Bar[]} bars
 */
export function digitsOf(bars) {
  let digits = 0;
  for (const bar of bars.slice(-50)) {
    for (const value of [bar.open, bar.close]) {
      const text = String(value);
      digits = Math.max(digits, text.includes('.') && !text.includes('e') ? text.length - text.indexOf('.') - 1 : 0);
    }
  }
  return Math.min(8, Math.max(2, digits));
}

/** @param {number | null | undefined} value */
export function volumeText(value) {
  return value == null ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: value < 1000 ? 3 : 0 });
}

/** @param {number} value */
export function shortVolume(value) {
  return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 });
}

/** @param {number | null | undefined} value */
export function percentText(value) {
  if (value == null || !Number.isFinite(value)) {
    return '–';
  }
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)} %`;
}

/** @param {number | null} value */
export function ratioText(value) {
  return value === null ? '–' : `${value.toFixed(2)} ×`;
}

/**
 * Small parts that page scripts build their elements from.
 * @module
 */

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 8 });

/**
 * Makes an element. Children that are null are left out.
 * @param {string} tag
 * @param {Record<string, any>} attributes text attributes, and listeners as functions with names like onclick
 * @param {...(Node | string | number | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') {
      element.addEventListener(name.slice(2), value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(
    ...children
      .filter((child) => child !== null && child !== undefined && child !== false)
      .map((child) => (child instanceof Node ? child : String(child))),
  );
  return element;
}

/** @param {number | null | undefined} value */
export const count = (value) => (value === null || value === undefined ? '–' : numbers.format(value));

/**
 * A count with its noun.
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 */
export const counted = (value, one, many = one + 's') => `${count(value)} ${value === 1 ? one : many}`;

/** @param {number} bytes */
export function size(bytes) {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}

/**
 * A point in time, in UTC; of a daily bar only the date.
 * @param {string} instant
 * @param {string} [timeframe]
 */
export const instant = (instant, timeframe) =>
  new Date(instant)
    .toISOString()
    .replace('T', ' ')
    .slice(0, timeframe === '1d' ? 10 : 16);

/**
 * A table with a caption.
 * @param {string} caption
 * @param {(string | { title: string, number: true })[]} columns
 * @param {(Node | string | number | null)[][]} rows
 */
export function table(caption, columns, rows) {
  const isNumber = columns.map((column) => typeof column !== 'string');
  return make(
    'div',
    { class: 'table-frame', tabindex: 0, role: 'group', 'aria-label': caption },
    make(
      'table',
      {},
      make('caption', {}, caption),
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          ...columns.map((column, i) =>
            make('th', { scope: 'col', class: isNumber[i] && 'number' }, typeof column === 'string' ? column : column.title),
          ),
        ),
      ),
      make(
        'tbody',
        {},
        ...rows.map((row) => make('tr', {}, ...row.map((cell, i) => make('td', { class: isNumber[i] && 'number' }, cell)))),
      ),
    ),
  );
}

/**
 * A list of terms with what is known about them. Pairs without a value are left out.
 * @param {[string, Node | string | number | null | undefined | false][]} pairs
 */
export const facts = (pairs) =>
  make(
    'dl',
    { class: 'facts' },
    ...pairs.flatMap(([term, value]) =>
      value === null || value === undefined || value === false ? [] : [make('dt', {}, term), make('dd', {}, value)],
    ),
  );

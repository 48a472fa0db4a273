/**
 * The visible bars as a table, for people who do not see the chart or want the figures.
 * @module
 */
import { priceText, ratioText, timeText, volumeText } from './format.js';
import { ratiosOf } from './ratios.js';

const headings = ['Time', 'Open', 'High', 'Low', 'Close', 'Volume', 'Spread ratio', 'Volume ratio'];

/**
 * @param {HTMLElement} host
 * @param {string} symbol
 * @param {import('./view.js').Scene} scene
 */
export function drawTable(host, symbol, scene) {
  const { bars, first, count, timeframe, zone, digits, indicators, values } = scene;
  const lines = indicators.flatMap((indicator) => indicator.lines);
  const [from, to] = [Math.max(0, first), Math.min(bars.length, first + count)];
  const table = document.createElement('table');
  table.createCaption().textContent = `${symbol} ${timeframe.id}: ${to - from} visible bars, newest first (${zone})`;
  const head = table.createTHead().insertRow();
  for (const [i, heading] of [...headings, ...lines.map((line) => line.name)].entries()) {
    const cell = document.createElement('th');
    [cell.scope, cell.textContent, cell.className] = ['col', heading, i ? 'number' : ''];
    head.append(cell);
  }
  const body = table.createTBody();
  for (let i = to - 1; i >= from; i--) {
    const bar = bars[i];
    const ratios = ratiosOf(bars, i);
    const row = body.insertRow();
    const time = document.createElement('th');
    [time.scope, time.textContent] = ['row', timeText(bar.time, timeframe, zone) + (bar.filled ? ' (filled)' : '')];
    row.append(time);
    const texts = [
      ...[bar.open, bar.high, bar.low, bar.close].map((price) => priceText(price, digits)),
      volumeText(bar.volume),
      ratioText(ratios.spreadRatio),
      ratioText(ratios.volumeRatio),
      ...lines.map((line) => priceText(values.at(bar.time, line.field), digits)),
    ];
    for (const text of texts) {
      const cell = row.insertCell();
      [cell.className, cell.textContent] = ['number', text];
    }
  }
  host.replaceChildren(table);
}

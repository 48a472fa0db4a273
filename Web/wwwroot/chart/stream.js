/**
 * The stream of changes of one symbol and timeframe.
 * @module
 */
import { barOf } from './bars.js';
/** @typedef {import('./window.js').Change} Change */

/**
 * Opens the stream behind a version: the first event has all that changed since, so nothing is lost between a page and the stream. The
 * browser reconnects by itself with the id of the last event.
 * @param {string} symbol
 * @param {string} timeframe
 * @param {number} version
 * @param {{ onChange: (change: Change) => void, onReset: () => void, onGone: () => void, onState: (isLive: boolean) => void }} listener
 * @returns {() => void} closes it
 */
export function openStream(symbol, timeframe, version, listener) {
  let closed = false;
  /** @type {EventSource | undefined} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  let last = version;

  function connect() {
    const parameters = new URLSearchParams({ timeframe, last: '0', lastEventId: String(last) });
    source = new EventSource(`/v1/bars/${encodeURIComponent(symbol)}/stream?${parameters}`);
    source.onopen = () => listener.onState(true);
    source.addEventListener('bars', (event) => {
      const { version, ranges, bars } = JSON.parse(event.data);
      last = version;
      listener.onChange({
        version,
        ranges: ranges.map((/** @type {{ from: string, to: string }} */ range) => ({
          from: Date.parse(range.from),
          to: Date.parse(range.to),
        })),
        bars: bars.map(barOf),
      });
    });
    // More has changed than the service remembers: the bars are read anew.
    source.addEventListener('reset', () => stop(listener.onReset));
    source.addEventListener('snapshot', (event) => {
      if (JSON.parse(event.data).version !== last) {
        stop(listener.onReset);
      }
    });
    source.addEventListener('gone', () => stop(listener.onGone));
    source.onerror = () => {
      listener.onState(false);
      // After a refusal, for example while the service starts, the browser gives up.
      if (source?.readyState === EventSource.CLOSED && !closed) {
        retry = setTimeout(connect, 3000);
      }
    };
  }

  /** @param {() => void} [then] */
  function stop(then) {
    if (!closed) {
      closed = true;
      clearTimeout(retry);
      source?.close();
      then?.();
    }
  }

  connect();
  return () => stop();
}

/**
 * The scripts of the shell: theme, symbol search, keyboard. Events are handled at the document, because navigation replaces elements.
 * @module
 */
import { getJson } from './api.js';

const themeCookie = 'wyckoff-theme';
const year = 365 * 24 * 3600;

/** @param {string} choice light, dark or system */
function setTheme(choice) {
  document.cookie = `${themeCookie}=${choice}; path=/; max-age=${year}; samesite=lax`;
  for (const element of [document.documentElement, document.body]) {
    if (choice === 'system') {
      element.removeAttribute('data-theme');
    } else {
      element.dataset.theme = choice;
    }
  }
  // The component library keeps a choice of its own.
  window.Blazor?.theme?.setThemeMode?.(choice);
  document.dispatchEvent(new CustomEvent('themechange'));
}

document.addEventListener('change', (event) => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  if (input.closest?.('[data-theme-switch]')) {
    setTheme(input.value);
  }
  // Filters apply when a choice changes; text applies with Enter.
  if (input.matches?.('select, [type=checkbox], [type=date]') && input.form?.matches('[data-auto-submit]')) {
    input.form.requestSubmit();
  }
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new CustomEvent('themechange')));

/** @returns {HTMLInputElement | null} */
const searchInput = () => document.querySelector('#symbol-search');
/** @returns {HTMLElement | null} */
const matches = () => document.querySelector('#symbol-matches');
let searches = 0;

async function search() {
  const [input, list, number] = [searchInput(), matches(), ++searches];
  const text = input?.value.trim();
  if (!input || !list) {
    return;
  }
  if (!text) {
    close();
    return;
  }
  const { tickers } = await getJson(`/v1/tickers?search=${encodeURIComponent(text)}&limit=10`);
  if (number !== searches) {
    return; // a newer search is under way
  }
  list.replaceChildren(
    ...tickers.map((/** @type {{ symbol: string, name: string | null }} */ ticker, /** @type {number} */ i) => {
      const item = document.createElement('li');
      item.id = `symbol-match-${i}`;
      item.role = 'option';
      item.dataset.symbol = ticker.symbol;
      item.ariaSelected = String(i === 0);
      const symbol = document.createElement('strong');
      symbol.textContent = ticker.symbol;
      const name = document.createElement('span');
      name.textContent = ticker.name ?? '';
      item.append(symbol, name);
      return item;
    }),
  );
  list.hidden = tickers.length === 0;
  input.ariaExpanded = String(!list.hidden);
  select(list.firstElementChild);
}

function close() {
  const [input, list] = [searchInput(), matches()];
  if (input && list) {
    list.hidden = true;
    input.ariaExpanded = 'false';
    input.removeAttribute('aria-activedescendant');
  }
}

/** @param {Element | null | undefined} item */
function select(item) {
  if (item) {
    matches()
      ?.querySelectorAll('li')
      .forEach((other) => (other.ariaSelected = String(other === item)));
    searchInput()?.setAttribute('aria-activedescendant', item.id);
    item.scrollIntoView({ block: 'nearest' });
  }
}

/** @param {string} symbol */
function open(symbol) {
  close();
  const input = searchInput();
  if (input) {
    input.value = '';
    input.blur();
  }
  const opened = new CustomEvent('opensymbol', { detail: symbol, cancelable: true });
  // The chart page changes its symbol in place; from other pages the browser goes to it.
  if (document.dispatchEvent(opened)) {
    location.assign(`/chart?symbol=${encodeURIComponent(symbol)}`);
  }
}

document.addEventListener('input', (event) => {
  if (event.target === searchInput()) {
    void search();
  }
});
document.addEventListener('focusout', (event) => {
  if (event.target === searchInput()) {
    setTimeout(close, 150); // after a click into the list
  }
});
document.addEventListener('mousedown', (event) => {
  const item = /** @type {HTMLElement} */ (event.target).closest?.('#symbol-matches li');
  if (item instanceof HTMLElement && item.dataset.symbol) {
    event.preventDefault();
    open(item.dataset.symbol);
  }
});
document.addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.matches('[data-symbol-search]')) {
    event.preventDefault();
    const list = matches();
    const chosen = list && !list.hidden ? list.querySelector('[aria-selected=true]') : null;
    const symbol = chosen instanceof HTMLElement ? chosen.dataset.symbol : searchInput()?.value.trim();
    if (symbol) {
      open(symbol);
    }
  }
});
document.addEventListener('keydown', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const types = target.matches('input, textarea, select, [contenteditable]') || target.shadowRoot;
  if (event.key === '/' && !types && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    searchInput()?.select();
  } else if (target === searchInput()) {
    const list = matches();
    const chosen = list?.querySelector('[aria-selected=true]');
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      select(event.key === 'ArrowDown' ? chosen?.nextElementSibling : chosen?.previousElementSibling);
    } else if (event.key === 'Escape') {
      close();
      target.blur();
    }
  }
});

// Navigation replaces elements without running their scripts, so elements name their module.
function loadModules() {
  for (const element of document.querySelectorAll('[data-module]')) {
    void import(/** @type {HTMLElement} */ (element).dataset.module ?? '');
  }
}
loadModules();
window.Blazor?.addEventListener?.('enhancedload', () => {
  loadModules();
  document.dispatchEvent(new CustomEvent('navigated'));
});

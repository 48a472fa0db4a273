/**
 * The element of the chart page: toolbar, keyboard, address, and one or two panes that move together.
 * @module
 */
import { areKeysGlobal, commandOf, setKeysGlobal } from './keys.js';
import { Pane } from './pane.js';
import { listenToPointer } from './pointer.js';
import { addressOf, stateOf } from './state.js';
import { drawTable } from './table.js';
import { coarser, timeframeOf } from './timeframes.js';
import { describe } from './view.js';

class ChartElement extends HTMLElement {
  /** The panes, whose windows hold the bars: the model of the chart. */
  /** @type {Pane[]} */
  panes = [];

  connectedCallback() {
    // The script may run while the page is being parsed.
    if (document.readyState === 'loading' && !this.querySelector('[data-help]')) {
      document.addEventListener('DOMContentLoaded', () => this.isConnected && this.#start(), { once: true });
    } else {
      this.#start();
    }
  }

  #start() {
    this.life = new AbortController();
    const { signal } = this.life;
    this.state = stateOf(new URLSearchParams(location.search).get('symbol') ? location.search : (this.dataset.default ?? ''));
    this.blank = /** @type {HTMLElement} */ (this.querySelector('[data-pane]')).cloneNode(true);
    const first = this.#addPane(/** @type {HTMLElement} */ (this.querySelector('[data-pane]')));
    void first.open(this.state.symbol, this.state.timeframe, { at: this.state.at, count: this.state.count });
    this.#showSecond();
    this.#showControls();

    this.addEventListener('change', (event) => this.#changed(/** @type {HTMLInputElement} */ (event.target)), { signal });
    this.addEventListener('click', (event) => this.#clicked(event), { signal });
    this.addEventListener('submit', (event) => this.#submitted(event), { signal });
    document.addEventListener('keydown', (event) => this.#pressed(event), { signal });
    document.addEventListener('click', (event) => this.#closeMenus(/** @type {Node} */ (event.target)), { signal });
    document.addEventListener('themechange', () => this.panes.forEach((pane) => pane.recolor()), { signal });
    document.addEventListener(
      'opensymbol',
      (event) => {
        event.preventDefault();
        this.#openSymbol(/** @type {CustomEvent} */ (event).detail.toUpperCase());
      },
      { signal },
    );
    // A link to another chart: the framework keeps this element, and changes only the address.
    document.addEventListener(
      'navigated',
      () => {
        const { search } = location;
        if (new URLSearchParams(search).has('symbol') && addressOf(stateOf(search)) !== addressOf(this.state)) {
          this.#restore(stateOf(search));
        }
      },
      { signal },
    );
    // The page's own history: the framework would fetch the page anew.
    addEventListener(
      'popstate',
      (event) => {
        if (location.pathname === '/chart' && new URLSearchParams(location.search).has('symbol')) {
          event.stopImmediatePropagation();
          this.#restore(stateOf(location.search));
        }
      },
      { signal, capture: true },
    );
    // The framework keeps this element when a link leads to another chart.
    const navigated = () => this.#navigated();
    const { Blazor } = /** @type {any} */ (window);
    Blazor?.addEventListener?.('enhancedload', navigated);
    signal.addEventListener('abort', () => Blazor?.removeEventListener?.('enhancedload', navigated));
  }

  #navigated() {
    const target = stateOf(location.search);
    if (!target.symbol) {
      this.#save();
    } else if (addressOf(target) !== addressOf(this.state)) {
      this.#restore(target);
    }
  }

  disconnectedCallback() {
    this.life?.abort();
    clearTimeout(this.saving);
    this.panes.forEach((pane) => pane.dispose());
    this.panes = [];
  }

  /** @param {HTMLElement} root */
  #addPane(root) {
    const pane = new Pane(root, /** @type {any} */ (this.state), {
      onMove: (moved, byHand) => this.#moved(moved, byHand),
      onDraw: (drawn) => this.#drawn(drawn),
      onCross: (source, time) => this.panes.filter((other) => other !== source).forEach((other) => other.crossAt(time)),
      onTimeframe: (source, timeframe) => this.#setTimeframe(timeframe, source),
      onTicker: (source) => this.#named(source),
      onTooMuch: (source) => this.#coarsen(source),
    });
    listenToPointer(pane);
    this.panes.push(pane);
    return pane;
  }

  get #main() {
    return this.panes[0];
  }

  /** The pane that the keyboard moves: the one with the focus. */
  get #active() {
    return this.panes.find((pane) => pane.root.contains(document.activeElement)) ?? this.#main;
  }

  #find(/** @type {string} */ selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }

  // State

  /**
   * @param {Partial<import('./state.js').ChartState>} change
   * @param {boolean} [isStep] whether "back" returns to the state before
   */
  #set(change, isStep = false) {
    if (isStep) {
      this.#save();
    }
    Object.assign(/** @type {object} */ (this.state), change);
    this.#showControls();
    if (isStep) {
      history.pushState(null, '', addressOf(this.state));
    } else {
      this.#saveSoon();
    }
  }

  #saveSoon() {
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.#save(), 200);
  }

  #save() {
    clearTimeout(this.saving);
    if (location.pathname !== '/chart') {
      return; // the address of the next page is there before this element goes
    }
    history.replaceState(history.state, '', addressOf(this.state));
  }

  /** @param {import('./state.js').ChartState} state */
  #restore(state) {
    const { symbol, timeframe, at, count } = state;
    Object.assign(this.state, state);
    this.#showControls();
    void this.#main.open(symbol, timeframe, { at, count });
    this.#showSecond();
    this.panes.forEach((pane) => pane.restyle());
  }

  #showControls() {
    const { state } = this;
    for (const control of this.querySelectorAll('input, select')) {
      const input = /** @type {HTMLInputElement} */ (control);
      const value = /** @type {any} */ (state)[input.name];
      if (input.name === 'timeframe') {
        input.checked = input.value === (state.timeframe || '1d');
      } else if (input.name === 'indicators') {
        input.checked = state.indicators.includes(input.value);
      } else if (input.name === 'shortcuts') {
        input.checked = areKeysGlobal();
      } else if (input.type === 'checkbox') {
        input.checked = value;
      } else if (value !== undefined) {
        input.value = value;
      }
    }
    this.#find('[data-symbol]').textContent = state.symbol;
    const [panes, table] = [this.#find('[data-panes]'), this.#find('[data-table]')];
    panes.classList.toggle('beside', state.layout === 'beside' && state.second !== null);
    table.hidden = !state.table;
  }

  #showSecond() {
    const { second } = this.state;
    const [main, other] = this.panes;
    if (!second) {
      if (other) {
        this.panes.pop();
        other.dispose();
        other.root.remove();
      }
      return;
    }
    let pane = other;
    if (!pane) {
      const root = /** @type {HTMLElement} */ (this.blank.cloneNode(true));
      root.ariaLabel = 'Second chart';
      this.#find('[data-panes]').append(root);
      pane = this.#addPane(root);
    }
    if (pane.symbol !== second.symbol || pane.timeframe.id !== second.timeframe) {
      void pane.open(second.symbol, second.timeframe, { at: this.state.at, range: main.range });
    }
  }

  // What panes report

  /**
   * The other pane follows one that a person has moved. What moves by itself follows the main pane.
   * @param {Pane} pane
   * @param {boolean} byHand
   */
  #moved(pane, byHand) {
    const main = this.#main;
    const leader = byHand ? pane : main;
    for (const other of this.panes) {
      if (other !== leader) {
        other.follow(leader.range);
      }
    }
    if (main.range) {
      this.state.at = main.follows ? null : main.range.to;
      this.state.count = main.count;
      this.#saveSoon();
    }
  }

  /** @param {Pane} pane */
  #drawn(pane) {
    if (this.state.table && pane === this.#main) {
      clearTimeout(this.tabling);
      this.tabling = setTimeout(() => drawTable(this.#find('[data-table]'), pane.symbol, pane.scene), 100);
    }
  }

  /** @param {Pane} pane */
  #named(pane) {
    if (pane === this.#main) {
      document.title = `${pane.symbol} – Wyckoff`;
      this.#find('[data-name]').textContent = [pane.ticker?.name, pane.ticker?.exchange].filter(Boolean).join(' · ');
    }
    if (pane === this.#main && !this.state.timeframe) {
      this.#set({ timeframe: pane.timeframe.id });
    }
    pane.root.ariaLabel = `Chart of ${pane.symbol}`;
  }

  // Commands

  /** @param {string} symbol */
  #openSymbol(symbol) {
    const main = this.#main;
    const at = main.follows ? null : (main.range?.to ?? null);
    this.#set({ symbol, at }, true);
    this.#find('[data-name]').textContent = '';
    void main.open(symbol, this.state.timeframe, { at, count: this.state.count });
    main.plot.focus();
  }

  /**
   * @param {string} id
   * @param {Pane} [pane]
   */
  #setTimeframe(id, pane = this.#main) {
    if (pane !== this.#main) {
      this.#set({ second: { symbol: pane.symbol, timeframe: id } });
      void pane.open(pane.symbol, id, { range: this.#main.range });
      return;
    }
    // The time in view stays the same, as far as that is a reasonable number of bars.
    const { range, follows, count } = pane;
    const at = follows ? null : (range?.to ?? this.state.at);
    const [now, next] = [pane.timeframe.width, timeframeOf(id)?.width ?? pane.timeframe.width];
    const wish = Math.min(600, Math.max(60, Math.round((count * now) / next)));
    this.#set({ timeframe: id, at, count: wish }, true);
    void pane.open(pane.symbol, id, { at, count: wish });
  }

  /** @param {Pane} pane */
  #coarsen(pane) {
    const next = coarser(pane.timeframe);
    if (next) {
      this.#setTimeframe(next.id, pane);
      this.#say(`More bars than fit: the chart shows ${next.name}.`);
    }
  }

  /** @param {string} text */
  #say(text) {
    this.#find('[data-spoken]').textContent = text;
  }

  /** @param {Partial<import('./state.js').ChartState>} look */
  #setLook(look) {
    this.#set(look);
    if ('fill' in look) {
      for (const pane of this.panes) {
        const at = pane.follows ? null : (pane.range?.to ?? null);
        void pane.open(pane.symbol, pane.timeframe.id, { at });
      }
    } else {
      this.panes.forEach((pane) => pane.restyle());
    }
  }

  #addSecond() {
    const menu = /** @type {HTMLDetailsElement} */ (this.#find('[data-second]').closest('details'));
    menu.open = true;
    const input = /** @type {HTMLInputElement} */ (this.#find('#second-symbol'));
    input.value ||= this.state.second?.symbol ?? this.state.symbol;
    input.select();
  }

  #savePicture() {
    const views = this.panes.filter((pane) => pane.view);
    const pictures = views.map((pane) => pane.view?.picture(describe(pane.scene, pane.symbol)));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(...pictures.map((picture) => picture?.width ?? 0), 0);
    canvas.height = pictures.reduce((sum, picture) => sum + (picture?.height ?? 0), 0);
    const context = canvas.getContext('2d');
    let top = 0;
    for (const picture of pictures) {
      if (picture) {
        context?.drawImage(picture, 0, top);
        top += picture.height;
      }
    }
    canvas.toBlob((blob) => {
      if (blob) {
        const anchor = document.createElement('a');
        anchor.href = URL.createObjectURL(blob);
        anchor.download = `${this.state.symbol.replace(/[^\w.-]/g, '_')}-${this.state.timeframe}.png`;
        anchor.click();
        setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
      }
    });
  }

  // Events

  /** @param {HTMLInputElement} input */
  #changed(input) {
    const { name, value } = input;
    if (name === 'timeframe') {
      this.#setTimeframe(value);
    } else if (name === 'indicators') {
      const names = [...this.querySelectorAll('input[name=indicators]:checked')].map((box) => /** @type {HTMLInputElement} */ (box).value);
      this.#setLook({ indicators: names });
    } else if (name === 'shortcuts') {
      setKeysGlobal(input.checked);
    } else if (name === 'style' || name === 'scale' || name === 'zone' || name === 'layout') {
      this.#setLook({ [name]: value });
    } else if (name === 'volume' || name === 'gaps' || name === 'fill' || name === 'table') {
      this.#setLook({ [name]: input.checked });
    }
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest('[data-action]');
    switch (button instanceof HTMLElement && button.dataset.action) {
      case 'newest':
        void this.#main.goToEnd();
        break;
      case 'picture':
        this.#savePicture();
        break;
      case 'help':
        this.#run({ name: 'help' });
        break;
      case 'remove-second':
        this.#set({ second: null });
        this.#showSecond();
        this.#closeMenus(null);
        break;
    }
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.matches('[data-second]')) {
      event.preventDefault();
      const data = new FormData(form);
      const symbol = String(data.get('second-symbol')).trim().toUpperCase();
      if (symbol) {
        this.#set({ second: { symbol, timeframe: String(data.get('second-timeframe')) } });
        this.#showSecond();
        this.#closeMenus(null);
      }
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const isTyping = target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select') || target.closest('dialog');
    const isInChart = this.contains(target) && !isTyping;
    const command = commandOf(event);
    if (event.key === 'Escape' && this.#closeMenus(null)) {
      return;
    }
    // Arrows also choose a radio button, and scroll the table.
    const isOwn = target.matches('input') || target.closest('[data-table]');
    const isArrow = /^(Arrow|Page|Home|End)/.test(event.key) && !event.shiftKey;
    if (command && !isTyping && (isInChart || areKeysGlobal()) && !(isOwn && isArrow)) {
      event.preventDefault();
      this.#run(command);
    }
  }

  /** @param {{ name: string, value?: any }} command */
  #run({ name, value }) {
    const pane = this.#active;
    const { state } = this;
    switch (name) {
      case 'move':
        pane.move(Math.sign(value) * Math.max(1, Math.round(pane.slots * Math.abs(value))));
        break;
      case 'zoom':
        if (pane.zoom(value)) {
          this.#coarsen(pane);
        }
        break;
      case 'reset':
        pane.zoom(150 / pane.count);
        break;
      case 'oldest':
        void pane.goToStart();
        break;
      case 'newest':
        void pane.goToEnd();
        break;
      case 'step':
        this.#say(pane.step(value));
        break;
      case 'escape':
        this.panes.forEach((one) => one.crossAt(null));
        break;
      case 'timeframe':
        this.#setTimeframe(value, pane);
        break;
      case 'style':
        this.#setLook({ style: value });
        break;
      case 'scale':
        this.#setLook({ scale: state.scale === value ? 'linear' : value });
        break;
      case 'toggle':
        this.#setLook({ [value]: !(/** @type {any} */ (state)[value]) });
        break;
      case 'zone':
        this.#setLook({ zone: state.zone === 'exchange' ? 'local' : state.zone === 'local' ? 'utc' : 'exchange' });
        break;
      case 'second':
        this.#addSecond();
        break;
      case 'picture':
        this.#savePicture();
        break;
      case 'help':
        /** @type {HTMLDialogElement} */ (this.#find('[data-help]')).showModal();
        break;
    }
  }

  /**
   * Closes the menus that a click was outside of. Returns whether one was open.
   * @param {Node | null} target
   */
  #closeMenus(target) {
    let wasOpen = false;
    for (const menu of this.querySelectorAll('details[open]')) {
      if (!target || !menu.contains(target)) {
        wasOpen = true;
        const hadFocus = menu.contains(document.activeElement);
        /** @type {HTMLDetailsElement} */ (menu).open = false;
        if (hadFocus) {
          menu.querySelector('summary')?.focus();
        }
      }
    }
    return wasOpen;
  }
}

customElements.define('wyckoff-chart', ChartElement);

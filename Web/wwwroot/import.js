/**
 * The import page: files go one after the other through a preview, corrections and the import.
 * @module
 */
import { ApiError, antiforgeryToken, getJson, send } from './api.js';
import { count, counted, facts, instant, make, size, table } from './dom.js';

/** What a preview reads of text and gzip; sent as a part, because a browser would upload the whole file for nothing. */
const previewed = (4 << 20) + 1;
const extensions = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  txt: 'text/plain',
  gz: 'application/gzip',
  zip: 'application/zip',
  parquet: 'application/vnd.apache.parquet',
};
const fields = ['time', 'date', 'open', 'high', 'low', 'close', 'volume', 'trades', 'vwap', 'symbol', 'timeframe', 'filled'];
const origins = { option: 'set above', column: 'a column', file_name: 'the file name', detected: 'the first rows', default: 'default' };

/** @typedef {{ number: number, name: string | null, field: string | null }} Column */
/** @typedef {{ file: File, preview?: any, query?: URLSearchParams, columns?: Column[] }} Item */

/** Says that a person stopped a request. */
class Stopped extends Error {}

/**
 * Uploads a blob, with progress: fetch has none.
 * @param {string} path
 * @param {Blob} blob
 * @param {string} type
 * @param {AbortSignal} signal
 * @param {(loaded: number, total: number) => void} [progress]
 * @returns {Promise<any>}
 */
async function upload(path, blob, type, signal, progress) {
  const token = await antiforgeryToken();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.responseType = 'json';
    request.setRequestHeader('Content-Type', type);
    if (token) {
      request.setRequestHeader('X-CSRF-Token', token);
    }
    request.upload.onprogress = (event) => progress?.(event.loaded, event.total);
    request.onload = () =>
      request.status < 300
        ? resolve(request.response)
        : reject(new ApiError(request.status, request.response ?? { detail: `The service answered with status ${request.status}.` }));
    request.onerror = () =>
      reject(
        new Error(
          'The connection broke off. The service may have stopped, or the file is larger than it accepts (Wyckoff:Imports:MaxUpload).',
        ),
      );
    request.onabort = () => reject(new Stopped());
    signal.addEventListener('abort', () => request.abort());
    if (signal.aborted) {
      reject(new Stopped());
    } else {
      request.send(blob);
    }
  });
}

/** @param {File} file */
const typeOf = (file) =>
  extensions[/** @type {keyof typeof extensions} */ (file.name.split('.').pop()?.toLowerCase() ?? '')] ?? 'application/octet-stream';

/** Whether the service reads the file from its end, so that a part of it is of no use: zip and Parquet. @param {File} file */
async function isReadWhole(file) {
  const [a, b] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return a === 0x50 && (b === 0x4b || b === 0x41);
}

/**
 * The columns in the first line of a text, for a person to say what they are when the service does not know.
 * @param {File} file
 * @returns {Promise<Column[]>}
 */
async function firstLine(file) {
  const line = (await file.slice(0, 4096).text()).split(/\r?\n/).find((text) => text.trim()) ?? '';
  const delimiter = [',', ';', '\t', '|'].reduce((best, one) => (line.split(one).length > line.split(best).length ? one : best));
  const names = line.split(delimiter);
  const isText = !/[\x00-\x08]/.test(line);
  return isText && names.length >= 5 ? names.map((name, i) => ({ number: i + 1, name: name.replace(/^"|"$/g, ''), field: null })) : [];
}

/** @param {string} symbol @param {string} timeframe */
const chartOf = (symbol, timeframe) => `/chart?symbol=${encodeURIComponent(symbol)}&timeframe=${encodeURIComponent(timeframe)}`;

/** @param {any[]} rejects @param {string} caption */
const rejectsTable = (rejects, caption) =>
  table(
    caption,
    [{ title: 'Line', number: true }, 'Reason', 'Row'],
    rejects.map((reject) => [count(reject.line), reject.reason, make('code', {}, reject.text)]),
  );

class ImportElement extends HTMLElement {
  /** @type {Item[]} */
  #queue = [];
  /** @type {Item | null} */
  #current = null;
  #all = false;
  #busy = false;
  /** @type {AbortController | null} */
  #stop = null;

  connectedCallback() {
    if (this.dataset.ready) {
      return;
    }
    this.dataset.ready = 'true';
    this.addEventListener('change', (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (input.type === 'file') {
        this.#add([...(input.files ?? [])]);
        input.value = '';
      } else if (input.dataset.column) {
        this.#mapColumns();
        this.#optionsChanged();
      } else {
        this.#optionsChanged();
      }
    });
    this.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#current && !this.#busy) {
        void this.#preview();
      }
    });
    for (const type of ['dragenter', 'dragover']) {
      this.addEventListener(type, (event) => {
        event.preventDefault();
        this.classList.add('dragging');
      });
    }
    this.addEventListener('dragleave', (event) => {
      if (!this.contains(/** @type {Node | null} */ (event.relatedTarget))) {
        this.classList.remove('dragging');
      }
    });
    this.addEventListener('drop', (event) => {
      event.preventDefault();
      this.classList.remove('dragging');
      this.#drop(/** @type {DragEvent} */ (event).dataTransfer);
    });
    // A file that misses the page's target would be opened instead of the page.
    for (const type of ['dragover', 'drop']) {
      document.addEventListener(type, this.#keepPage);
    }
    addEventListener('beforeunload', this.#warn);
  }

  disconnectedCallback() {
    for (const type of ['dragover', 'drop']) {
      document.removeEventListener(type, this.#keepPage);
    }
    removeEventListener('beforeunload', this.#warn);
    delete this.dataset.ready;
  }

  /** @param {Event} event */
  #keepPage = (event) => event.preventDefault();

  /** @param {BeforeUnloadEvent} event */
  #warn = (event) => {
    if (this.#busy && this.#current?.query) {
      event.preventDefault();
    }
  };

  /** @param {string} part @returns {HTMLElement} */
  #part(part) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-${part}]`));
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.#part('options'));
  }

  /** Tells screen readers what happened. @param {string} text */
  #say(text) {
    this.#part('status').textContent = text;
  }

  /** @param {DataTransfer | null} data */
  #drop(data) {
    const files = [];
    for (const item of data?.items ?? []) {
      const entry = item.webkitGetAsEntry?.();
      const file = item.getAsFile();
      if (entry?.isDirectory) {
        this.#notice(`${entry.name} is a folder`, `Drop the files in it, or import all of them with ./wyckoff.sh import ${entry.name}`);
      } else if (file) {
        files.push(file);
      }
    }
    if ((data?.items.length ?? 0) === 0 || (files.length === 0 && ![...(data?.items ?? [])].some((item) => item.kind === 'file'))) {
      this.#notice('This is no file', 'Text and links cannot be imported: drop a file.');
    }
    this.#add(files);
  }

  /** @param {string} title @param {string} text */
  #notice(title, text) {
    const notice = make(
      'div',
      { class: 'message warning', role: 'alert' },
      make('strong', {}, title),
      make('div', {}, text),
      make('button', { type: 'button', class: 'quiet', onclick: () => notice.remove() }, 'Dismiss'),
    );
    this.#part('notices').append(notice);
  }

  /** @param {File[]} files */
  #add(files) {
    for (const file of files) {
      if (file.size === 0) {
        this.#notice(`${file.name} is empty`, 'The file has no bytes, so there is nothing to import.');
      } else {
        this.#queue.push({ file });
      }
    }
    if (!this.#current) {
      this.#next();
    } else {
      this.#showQueue();
    }
  }

  #next() {
    this.#current = this.#queue.shift() ?? null;
    if (this.#current) {
      void this.#preview();
    } else {
      this.#all = false;
      this.#allowPreview(false);
      this.#part('stage').replaceChildren();
    }
  }

  #showQueue() {
    for (const queue of this.querySelectorAll('[data-queue]')) {
      queue.textContent =
        this.#queue.length === 0
          ? ''
          : `${counted(this.#queue.length, 'more file')}: ${this.#queue.map((item) => item.file.name).join(', ')}`;
    }
    for (const all of this.querySelectorAll('[data-all]')) {
      if (all instanceof HTMLElement) {
        all.hidden = this.#queue.length === 0;
      }
    }
  }

  /** The options that differ from their defaults, as parameters of the API. */
  #options() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(this.#form)) {
      if (typeof value === 'string' && value.trim()) {
        query.set(name, value.trim());
      }
    }
    return query;
  }

  #optionsChanged() {
    const options = this.#options();
    history.replaceState(history.state, '', options.size > 0 ? `?${options}` : location.pathname);
    const start = this.querySelector('[data-import]');
    if (start instanceof HTMLButtonElement) {
      start.disabled = true;
      const stale = this.querySelector('[data-stale]');
      if (stale instanceof HTMLElement) {
        stale.hidden = false;
      }
    }
  }

  /** Writes the choices in the table of columns into the option "map". */
  #mapColumns() {
    const parts = [];
    let hasVolume = false;
    for (const select of this.querySelectorAll('select[data-column]')) {
      if (select instanceof HTMLSelectElement && select.value) {
        parts.push(`${select.value}=${select.dataset.column}`);
        hasVolume ||= select.value === 'volume';
      }
    }
    if (!hasVolume) {
      parts.push('volume=none');
    }
    const map = /** @type {HTMLInputElement} */ (this.#form.elements.namedItem('map'));
    map.value = parts.join(',');
    /** @type {HTMLDetailsElement} */ (this.#part('more')).open = true;
  }

  #clearErrors() {
    for (const error of this.querySelectorAll('.field .error')) {
      error.remove();
    }
    for (const input of this.querySelectorAll('[aria-invalid]')) {
      input.removeAttribute('aria-invalid');
      input.removeAttribute('aria-describedby');
    }
  }

  /**
   * Shows what a request failed with: errors at their fields, the rest as a message.
   * @param {unknown} error
   * @param {Item} item
   */
  #fail(error, item) {
    const problem = error instanceof ApiError ? error.problem : {};
    /** @type {HTMLElement | null} */
    let first = null;
    const rest = [];
    for (const [name, messages] of Object.entries(problem.errors ?? {})) {
      const input = this.#form.elements.namedItem(name);
      const field = input instanceof HTMLElement ? input.closest('.field') : null;
      if (input instanceof HTMLElement && field) {
        const id = `${name}-error`;
        field.append(make('span', { class: 'error', id, role: 'alert' }, messages.join(' ')));
        input.setAttribute('aria-invalid', 'true');
        input.setAttribute('aria-describedby', id);
        const more = input.closest('details');
        if (more) {
          more.open = true;
        }
        first ??= input;
      } else {
        rest.push(`${name}: ${messages.join(' ')}`);
      }
    }
    const imports = /** @type {any} */ (problem).imports ?? [];
    const title = problem.title ?? 'The file could not be read';
    this.#show(
      item,
      make('span', { class: 'badge bad' }, 'failed'),
      make(
        'div',
        { class: 'message error', role: 'alert' },
        make('strong', {}, title),
        make('div', {}, first && !problem.detail ? 'See the fields marked above.' : error instanceof Error ? error.message : String(error)),
        rest.length > 0 && make('ul', {}, ...rest.map((line) => make('li', {}, line))),
        imports.length > 0 && make('div', {}, make('a', { href: `/data/imports/${imports[0]}` }, 'Rejected rows of this import')),
      ),
      this.#actions(false),
    );
    this.#say(`${item.file.name}: ${title}`);
    first?.focus();
  }

  /**
   * Shows the file that is being worked on.
   * @param {Item} item
   * @param {HTMLElement} badge
   * @param {...(HTMLElement | null | false)} content
   */
  #show(item, badge, ...content) {
    const heading = make('h2', { tabindex: -1 }, item.file.name);
    this.#part('stage').replaceChildren(
      make(
        'section',
        { class: 'panel file', 'aria-label': item.file.name },
        make('div', { class: 'file-heading' }, heading, badge, make('span', { class: 'hint' }, size(item.file.size))),
        ...content.filter((part) => part instanceof HTMLElement),
        make('p', { class: 'hint', 'data-queue': true }),
      ),
    );
    this.#showQueue();
    this.#allowPreview(!this.#busy);
    return heading;
  }

  /** Enables the button of the form, which Enter in a field presses too. @param {boolean} isAllowed */
  #allowPreview(isAllowed) {
    /** @type {HTMLButtonElement} */ (this.#part('preview')).disabled = !isAllowed;
  }

  /**
   * What can be done with the file.
   * @param {boolean} canImport
   */
  #actions(canImport) {
    return make(
      'div',
      { class: 'actions' },
      canImport && make('button', { type: 'button', class: 'primary', 'data-import': true, onclick: () => void this.#import() }, 'Import'),
      canImport &&
        make(
          'button',
          { type: 'button', 'data-all': true, hidden: true, onclick: () => ((this.#all = true), void this.#import()) },
          'Import all files',
        ),
      make('button', { type: 'button', onclick: () => this.#next() }, this.#queue.length > 0 ? 'Skip this file' : 'Discard'),
      canImport && make('span', { class: 'hint', 'data-stale': true, hidden: true }, 'The options have changed: preview again.'),
    );
  }

  /**
   * Shows a task that can be stopped.
   * @param {Item} item
   * @param {string} badge
   * @param {string} title
   */
  #task(item, badge, title) {
    const text = make('span', {}, '');
    const bar = make('progress', { max: 1, 'aria-label': title });
    this.#stop = new AbortController();
    const stop = this.#stop;
    this.#show(
      item,
      make('span', { class: 'badge' }, badge),
      make(
        'div',
        { class: 'message' },
        make('div', {}, make('strong', {}, title), ' ', text),
        bar,
        make('button', { type: 'button', 'data-stop': true, onclick: () => stop.abort() }, 'Stop'),
      ),
    );
    this.#say(`${item.file.name}: ${title}`);
    return {
      signal: stop.signal,
      /** @param {string} progress @param {number | null} share */
      report(progress, share) {
        text.textContent = progress;
        if (share === null) {
          bar.removeAttribute('value');
        } else {
          bar.setAttribute('value', String(Math.min(1, share)));
        }
      },
    };
  }

  async #preview() {
    const item = /** @type {Item} */ (this.#current);
    this.#busy = true;
    item.query = undefined;
    item.columns = [];
    this.#clearErrors();
    const task = this.#task(item, 'reading', 'Reading the beginning of the file');
    try {
      const whole = await isReadWhole(item.file);
      const query = this.#options();
      query.set('name', item.file.name);
      item.preview = await upload(
        `/v1/imports/preview?${query}`,
        whole ? item.file : item.file.slice(0, previewed),
        typeOf(item.file),
        task.signal,
        (loaded, total) =>
          whole && task.report(`${size(loaded)} of ${size(total)}: this kind of file is read from its end.`, loaded / total),
      );
      if (!whole && item.preview.files[0]?.error && !item.preview.files[0].layout) {
        item.columns = await firstLine(item.file);
      }
      this.#busy = false;
      this.#showPreview(item);
    } catch (error) {
      this.#busy = false;
      if (error instanceof Stopped) {
        this.#next();
      } else {
        this.#all = false;
        this.#fail(error, item);
      }
    }
  }

  /** @param {Item} item */
  #showPreview(item) {
    const files = item.preview.files;
    const canImport = files.some((/** @type {any} */ file) => !file.error);
    const rejected = files.reduce((/** @type {number} */ sum, /** @type {any} */ file) => sum + file.rejected, 0);
    const heading = this.#show(
      item,
      canImport
        ? make('span', { class: 'badge' }, 'preview: nothing is stored yet')
        : make('span', { class: 'badge bad' }, 'cannot be imported'),
      this.#actions(canImport),
      ...files.flatMap((/** @type {any} */ file) => this.#previewOf(file, files.length > 1)),
      (item.columns?.length ?? 0) > 0 && make('p', {}, 'Say what each column is, then preview again.'),
      (item.columns?.length ?? 0) > 0 && this.#columnsTable(/** @type {Column[]} */ (item.columns), false),
      item.preview.filesNotShown > 0 && make('p', { class: 'hint' }, `${counted(item.preview.filesNotShown, 'more file')} in the archive.`),
    );
    this.#say(
      `${item.file.name}: ${canImport ? 'preview' : 'cannot be imported'}` +
        (rejected > 0 ? `, ${counted(rejected, 'row')} would be rejected` : ''),
    );
    if (this.#all && canImport && rejected === 0) {
      void this.#import();
    } else {
      this.#all = false;
      heading.focus();
    }
  }

  /**
   * @param {any} file
   * @param {boolean} isOneOfSeveral
   * @returns {(HTMLElement | null | false)[]}
   */
  #previewOf(file, isOneOfSeveral) {
    const layout = file.layout;
    /** @param {{ value: string | null, from: string } | null} finding */
    const found = (finding) =>
      finding &&
      `${finding.value ?? 'each row has its own'} (from: ${origins[/** @type {keyof typeof origins} */ (finding.from)] ?? finding.from})`;
    return [
      isOneOfSeveral && make('h3', {}, file.file),
      file.error &&
        make('div', { class: 'message error', role: 'alert' }, make('strong', {}, 'The import would fail'), make('div', {}, file.error)),
      file.earlierImports?.length > 0 &&
        make(
          'div',
          { class: 'message warning' },
          make('strong', {}, 'The same content was imported before: '),
          ...file.earlierImports.flatMap((/** @type {any} */ one, /** @type {number} */ i) => [
            i > 0 && ', ',
            make('a', { href: `/data/imports/${one.id}` }, `import ${one.id}`),
            ` (${one.status})`,
          ]),
          '. Bars that are stored already stay as they are.',
        ),
      file.notes.length > 0 &&
        make('div', { class: 'message' }, make('ul', {}, ...file.notes.map((/** @type {string} */ note) => make('li', {}, note)))),
      make(
        'div',
        { class: 'two' },
        make(
          'div',
          {},
          make('h3', {}, 'What the file is'),
          facts([
            [
              'Rows read',
              count(file.rows) +
                (file.isWhole ? ', all of the file' : ' from the beginning') +
                (file.rejected > 0 ? `; ${count(file.rejected)} would be rejected` : '') +
                (file.rounded > 0 ? `; ${count(file.rounded)} rounded` : ''),
            ],
            ['Symbol', layout && found(layout.symbol)],
            ['Timeframe', layout && found(layout.timeframe)],
            ['Times', layout && (found(layout.timezone) ?? (layout.format === 'text' ? 'dates, which name sessions' : null))],
            ['Date format', layout && found(layout.dateFormat)],
            [
              'Layout',
              layout &&
                [
                  layout.vendor,
                  layout.compression,
                  layout.format,
                  layout.encoding,
                  layout.delimiter && `delimiter '${layout.delimiter === '\t' ? 'tab' : layout.delimiter}'`,
                  layout.hasHeader === null ? null : layout.hasHeader ? 'header' : 'no header',
                  layout.decimalPoint && layout.decimalPoint !== '.' && `decimal '${layout.decimalPoint}'`,
                ]
                  .filter(Boolean)
                  .join(', '),
            ],
            ['Order', layout && layout.newestFirst !== null && (layout.newestFirst ? 'newest first' : 'oldest first')],
          ]),
        ),
        layout && layout.columns.length > 0 && this.#columnsTable(layout.columns, isOneOfSeveral),
      ),
      file.series.length > 0 &&
        table(
          'What would happen',
          [
            'Symbol',
            'Timeframe',
            'Ticker',
            { title: 'Bars', number: true },
            { title: 'New', number: true },
            { title: 'Stored already', number: true },
            { title: 'With other values', number: true },
            'These',
          ],
          file.series.map((/** @type {any} */ series) => [
            series.symbol,
            series.timeframe,
            `${series.ticker.exists ? 'exists' : 'is added'}: ${series.ticker.assetType}, ${series.ticker.timezone}` +
              (series.ticker.allowsNegative ? ', negative prices' : ''),
            count(series.bars),
            count(series.new),
            count(series.equal + series.rolledUp),
            count(series.differing),
            { skip: 'stay', replace: 'are replaced', fail: 'stop the import' }[/** @type {string} */ (series.onConflict)] ??
              series.onConflict,
          ]),
        ),
      file.seriesNotShown > 0 && make('p', { class: 'hint' }, `${counted(file.seriesNotShown, 'more symbol')} in the first rows.`),
      file.firstBars.length > 0 &&
        table(
          'First bars, as they would be stored (times in UTC)',
          ['Symbol', 'Time', ...['Open', 'High', 'Low', 'Close', 'Volume'].map((title) => ({ title, number: /** @type {true} */ (true) }))],
          file.firstBars.map((/** @type {any} */ bar) => [
            bar.symbol,
            instant(bar.timestamp, bar.timeframe),
            ...[bar.open, bar.high, bar.low, bar.close, bar.volume].map(count),
          ]),
        ),
      file.firstRejects.length > 0 && rejectsTable(file.firstRejects, `Rows that would be rejected: ${count(file.rejected)}`),
    ];
  }

  /**
   * @param {any[]} columns
   * @param {boolean} isFixed
   */
  #columnsTable(columns, isFixed) {
    return table(
      'Columns',
      [{ title: 'No.', number: true }, 'Name', 'Read as'],
      columns.map((column) => [
        column.number,
        column.name ?? '–',
        isFixed
          ? (column.field ?? 'ignored')
          : make(
              'select',
              { 'data-column': column.number, 'aria-label': `Column ${column.number}${column.name ? ', ' + column.name : ''}` },
              make('option', { value: '' }, 'ignored'),
              ...fields.map((field) => make('option', { value: field, selected: field === column.field }, field)),
            ),
      ]),
    );
  }

  async #import() {
    const item = /** @type {Item} */ (this.#current);
    this.#busy = true;
    this.#clearErrors();
    const query = this.#options();
    query.set('name', item.file.name);
    item.query = query;
    const task = this.#task(item, 'importing', 'Importing');
    const follower = new Follower(item.file, (text, share) => task.report(text, share));
    try {
      await follower.start();
      const result = await upload(`/v1/imports?${query}`, item.file, typeOf(item.file), task.signal, (loaded, total) =>
        follower.uploaded(loaded, total),
      );
      this.#busy = false;
      this.#addResult(item, result.imports);
      this.#next();
    } catch (error) {
      if (error instanceof Stopped) {
        this.#say(`${item.file.name}: stopped`);
        const stopped = await follower.end();
        this.#busy = false;
        this.#all = false;
        if (stopped) {
          this.#addResult(item, [
            {
              ...stopped,
              notes: ['The import was stopped. The bars that had arrived before are stored; undo the import to remove them.'],
              firstRejects: [],
              alreadyThere: false,
              error: null,
            },
          ]);
        } else {
          this.#notice(`${item.file.name} was not imported`, 'The upload was stopped before anything was stored.');
        }
        this.#next();
      } else {
        this.#busy = false;
        this.#all = false;
        this.#fail(error, item);
      }
    } finally {
      follower.close();
    }
  }

  /**
   * @param {Item} item
   * @param {any[]} imports
   */
  #addResult(item, imports) {
    const series = item.preview?.files.flatMap((/** @type {any} */ file) => file.series) ?? [];
    const charts = [...new Map(series.map((/** @type {any} */ one) => [`${one.symbol} ${one.timeframe}`, one])).values()].slice(0, 5);
    const rejected = imports.reduce((sum, one) => sum + one.rejected, 0);
    const failed = imports.filter((one) => one.status !== 'completed').length;
    const heading = make('h2', { tabindex: -1 }, item.file.name);
    const badge =
      failed === imports.length
        ? make('span', { class: 'badge bad' }, 'not completed')
        : rejected > 0 || failed > 0
          ? make('span', { class: 'badge warn' }, failed > 0 ? 'partly imported' : `imported, ${counted(rejected, 'row')} rejected`)
          : make('span', { class: 'badge good' }, 'imported');
    this.#part('results').prepend(
      make(
        'section',
        { class: 'panel file', 'aria-label': `Result of ${item.file.name}`, 'data-result': true },
        make('div', { class: 'file-heading' }, heading, badge),
        charts.length > 0 &&
          make(
            'div',
            { class: 'actions' },
            ...charts.map((one) =>
              make(
                'a',
                { class: 'button primary', href: chartOf(one.symbol, one.timeframe) },
                `Show ${one.symbol} ${one.timeframe} on the chart`,
              ),
            ),
          ),
        ...imports.map((one) => this.#resultOf(one, imports.length > 1)),
      ),
    );
    const inserted = imports.reduce((sum, one) => sum + one.inserted, 0);
    this.#say(`${item.file.name}: ${counted(inserted, 'new bar')}, ${counted(rejected, 'row')} rejected`);
    if (this.#queue.length === 0) {
      heading.focus();
    }
  }

  /**
   * @param {any} one
   * @param {boolean} isOneOfSeveral
   */
  #resultOf(one, isOneOfSeveral) {
    const undo = make('div', { class: 'actions' });
    const ask = () =>
      undo.replaceChildren(
        make(
          'button',
          { type: 'button', class: 'danger', 'data-undo': one.id, onclick: confirm },
          one.alreadyThere ? `Undo import ${one.id}` : 'Undo this import',
        ),
        make('a', { href: `/data/imports/${one.id}` }, 'Details'),
      );
    const confirm = () => {
      const yes = make('button', { type: 'button', class: 'danger', 'data-confirm': true, onclick: run }, 'Yes, undo it');
      undo.replaceChildren(
        make('span', {}, 'Remove its bars, and give back the values that it replaced?'),
        yes,
        make(
          'button',
          {
            type: 'button',
            onclick: () => {
              ask();
              undo.querySelector('button')?.focus();
            },
          },
          'No, keep it',
        ),
      );
      yes.focus();
    };
    const run = async () => {
      undo.replaceChildren(make('span', { role: 'status' }, 'Undoing…'), make('progress', { 'aria-label': 'Undoing the import' }));
      try {
        const { undone } = await (await send(`/v1/imports/${one.id}`, { method: 'DELETE' })).json();
        undo.replaceChildren(
          make(
            'div',
            { class: 'message success', role: 'status' },
            make('strong', {}, 'Undone. '),
            `${counted(undone.removed, 'bar')} removed, ${count(undone.restored)} restored, ` +
              `${count(undone.kept)} kept because they were changed since. `,
            make('a', { href: `/data/imports/${one.id}` }, 'Details'),
          ),
        );
      } catch (error) {
        ask();
        undo.prepend(make('div', { class: 'message error', role: 'alert' }, error instanceof Error ? error.message : String(error)));
      }
    };
    ask();
    return make(
      'div',
      { class: 'file' },
      isOneOfSeveral && make('h3', {}, one.file),
      one.error && make('div', { class: 'message error' }, one.error),
      one.alreadyThere &&
        make(
          'div',
          { class: 'message' },
          make('strong', {}, 'Imported before. '),
          `These are the counts of import ${one.id}; nothing was read again.`,
        ),
      facts([
        ['Rows read', count(one.read)],
        ['New bars', count(one.inserted)],
        ['Replaced', one.updated > 0 && count(one.updated)],
        [
          'Stored already',
          one.skipped > 0 &&
            `${count(one.skipped)}${one.differing > 0 ? `, of which ${count(one.differing)} have other values and stayed` : ''}`,
        ],
        ['Rejected', count(one.rejected)],
        ['Rounded', one.rounded > 0 && count(one.rounded)],
        ['Seconds', one.seconds],
      ]),
      one.notes.length > 0 && make('ul', { class: 'hint' }, ...one.notes.map((/** @type {string} */ note) => make('li', {}, note))),
      one.firstRejects.length > 0 &&
        rejectsTable(
          one.firstRejects,
          one.rejected > one.firstRejects.length ? `First of ${count(one.rejected)} rejected rows` : 'Rejected rows',
        ),
      undo,
    );
  }
}

/** Follows the import of a file: finds its id, which the answer would have only at the end, and listens to its events. */
class Follower {
  /** @type {EventSource | null} */
  #events = null;
  /** @type {any} */
  #state = null;
  #newest = 0;
  #closed = false;
  #sent = 0;

  /**
   * @param {File} file
   * @param {(text: string, share: number | null) => void} report
   */
  constructor(file, report) {
    this.file = file;
    this.report = report;
  }

  async start() {
    const { imports } = await getJson('/v1/imports?limit=1');
    this.#newest = imports[0]?.id ?? 0;
    void this.#find();
  }

  /** @param {number} loaded @param {number} total */
  uploaded(loaded, total) {
    this.#sent = loaded / total;
    this.#show();
  }

  /** Waits until the import has ended; null if there is none, because nothing arrived. */
  async end() {
    if (!this.#state) {
      await this.#look();
    }
    if (!this.#state) {
      return null;
    }
    const id = this.#state.id;
    return new Promise((resolve) => {
      const events = new EventSource(`/v1/imports/${id}/events`);
      events.addEventListener('end', (event) => {
        events.close();
        resolve(JSON.parse(event.data));
      });
    });
  }

  close() {
    this.#closed = true;
    this.#events?.close();
  }

  async #find() {
    while (!this.#closed && !this.#state) {
      try {
        await this.#look();
      } catch {
        // The upload tells if the service is away.
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    if (this.#closed || !this.#state) {
      return;
    }
    this.#events = new EventSource(`/v1/imports/${this.#state.id}/events`);
    for (const type of ['progress', 'end']) {
      this.#events.addEventListener(type, (event) => {
        this.#state = JSON.parse(event.data);
        this.#show();
        if (type === 'end') {
          this.#events?.close();
        }
      });
    }
  }

  async #look() {
    const { imports } = await getJson('/v1/imports?limit=20');
    this.#state =
      imports.find(
        (/** @type {any} */ one) => one.id > this.#newest && (one.file === this.file.name || one.file.startsWith(this.file.name + '!')),
      ) ?? null;
  }

  #show() {
    const state = this.#state;
    const rows = state ? `; ${counted(state.read, 'row')} read, ${count(state.inserted)} new, ${count(state.rejected)} rejected` : '';
    const stored = state?.size ? state.bytesRead / state.size : null;
    if (this.#sent < 1) {
      this.report(`${size(this.#sent * this.file.size)} of ${size(this.file.size)} sent${rows}`, this.#sent);
    } else {
      this.report(`sent${rows}`, stored);
    }
  }
}

/** Shows the progress of an import that runs, and reloads the page at its end. */
class ImportProgress extends HTMLElement {
  /** @type {EventSource | null} */
  #events = null;

  connectedCallback() {
    const bar = make('progress', { max: 1, 'aria-label': 'Progress' });
    const text = make('span', {});
    this.replaceChildren(make('div', { class: 'message', role: 'status' }, make('strong', {}, 'The import is running. '), text, bar));
    this.#events = new EventSource(`/v1/imports/${this.dataset.import}/events`);
    this.#events.addEventListener('progress', (event) => {
      const state = JSON.parse(event.data);
      text.textContent = `${counted(state.read, 'row')} read, ${count(state.inserted)} new, ${count(state.rejected)} rejected.`;
      if (state.size) {
        bar.setAttribute('value', String(state.bytesRead / state.size));
      }
    });
    this.#events.addEventListener('end', () => {
      this.#events?.close();
      location.reload();
    });
  }

  disconnectedCallback() {
    this.#events?.close();
  }
}

customElements.define('wyckoff-import', ImportElement);
customElements.define('wyckoff-import-progress', ImportProgress);

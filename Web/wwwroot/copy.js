/**
 * A text with a button that copies it.
 * @module
 */

class CopyElement extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest('button');
      if (button) {
        void this.copy(button);
      }
    });
  }

  /** @param {HTMLButtonElement} button */
  async copy(button) {
    const code = this.querySelector('code');
    try {
      await navigator.clipboard.writeText(code?.textContent ?? '');
      button.textContent = 'Copied';
    } catch {
      // Without permission or TLS: the text is selected, so that the keyboard copies it.
      getSelection()?.selectAllChildren(code ?? this);
      button.textContent = 'Selected: press Ctrl+C';
    }
  }
}

customElements.define('wyckoff-copy', CopyElement);

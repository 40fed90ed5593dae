// A stream of bytes taken apart into blocks, as the HTML standard has it for server-sent events.

/** id, data, retry: null where the block has none. @typedef {{id: string | null, event: string, data: string | null, retry: number | null}} Block */

/** @returns {Block} */
const empty = () => ({ id: null, event: '', data: null, retry: null });

export class Parser {
  #decoder = new TextDecoder();
  #rest = '';
  #afterReturn = false;
  #block = empty();

  /** The blocks that end in these bytes. @param {Uint8Array} bytes @returns {Block[]} */
  push(bytes) {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (!text) return [];
    // A \r at a chunk's end has ended its line already; the \n of the pair may come with the next.
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1);
    this.#afterReturn = text.endsWith('\r');
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#take(line));
  }

  /** @param {string} line @returns {Block[]} */
  #take(line) {
    if (line) {
      this.#field(line);
      return [];
    }
    const block = this.#block;
    this.#block = empty();
    return block.id === null && block.data === null && block.retry === null ? [] : [block];
  }

  /** @param {string} line */
  #field(line) {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    const block = this.#block;
    if (name === 'data') block.data = block.data === null ? value : `${block.data}\n${value}`;
    else if (name === 'event') block.event = value;
    else if (name === 'id' && !value.includes('\0')) block.id = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) block.retry = Number(value);
  }
}

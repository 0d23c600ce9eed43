/**
 * Bytes as people read them, the same in programs and in outcomes: quoted text and runs, joined by `+`, as in `"old"`, `A*4096`
 * and `"head"+\0*4000+"tail"`. Printing is canonical: equal bytes are equal texts.
 */

/** From this length on, equal bytes are written as a run. */
const minRunLength = 16;
const maxContentsBytes = 16 * 1024 * 1024;

export function printContents(bytes: Uint8Array): string {
  const parts: string[] = [];
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]!;
    let end = at + 1;
    while (end < bytes.length && bytes[end] === byte) end++;
    if (end - at >= minRunLength) {
      if (text !== '') parts.push(`"${text}"`);
      text = '';
      parts.push(`${runUnit(byte)}*${end - at}`);
    } else {
      text += escape(byte).repeat(end - at);
    }
    at = end;
  }
  if (text !== '' || parts.length === 0) parts.push(`"${text}"`);
  return parts.join('+');
}

/** Throws an Error that says what is wrong with the text. */
export function parseContents(text: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  let rest = text;
  for (;;) {
    const part = partPattern.exec(rest);
    if (part === null) throw new Error(`${text} is no data: write "text", A*4096, or parts joined by +`);
    chunks.push(part[1] === undefined ? parseRun(part[2]!, part[3]!) : unescape(part[1]));
    rest = rest.slice(part[0].length);
    if (rest === '') return concat(chunks, text);
    if (!rest.startsWith('+')) throw new Error(`${text} is no data: + is missing before ${rest}`);
    rest = rest.slice(1);
  }
}

const partPattern = /^(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9]|\\0|\\x[0-9a-f]{2})\*(\d+))/;

function parseRun(unit: string, count: string): Uint8Array {
  const length = Number(count);
  if (length > maxContentsBytes) throw new Error(`${unit}*${count} is more than ${maxContentsBytes} bytes`);
  return new Uint8Array(length).fill(unescape(unit)[0]!);
}

function concat(chunks: readonly Uint8Array[], text: string): Uint8Array {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (length > maxContentsBytes)
    throw new Error(`${text.slice(0, 40)} is more than ${maxContentsBytes} bytes`);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function runUnit(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9]/.test(char) ? char : byte === 0 ? '\\0' : hex(byte);
}

function escape(byte: number): string {
  if (byte === 0) return '\\0';
  if (byte === 0x0a) return '\\n';
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  // A space is an escape, so that an outcome splits at spaces.
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hex(byte);
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Text outside ASCII is taken as UTF-8. */
function unescape(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const [token] of text.matchAll(/\\x[0-9a-f]{2}|\\.|[^\\]/gu)) {
    if (token.startsWith('\\x')) bytes.push(Number.parseInt(token.slice(2), 16));
    else if (token.startsWith('\\')) bytes.push(escapes[token[1]!] ?? unknownEscape(token));
    else bytes.push(...new TextEncoder().encode(token));
  }
  return Uint8Array.from(bytes);
}

const escapes: Readonly<Record<string, number>> = { '0': 0, n: 0x0a, '"': 0x22, '\\': 0x5c };

function unknownEscape(token: string): never {
  throw new Error(`${token} is no escape: use \\0, \\n, \\", \\\\ or \\x and two small hex digits`);
}

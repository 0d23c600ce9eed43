/**
 * HTML that cannot forget to escape: text goes into the `html` template and comes out harmless; only what another `html`
 * template made stays markup. Names of files, log lines and errors are printable and escaped before a browser sees them.
 */
import { printable, printableLine } from '../printable.ts';

/** Markup. Made only by `html` and by `trusted`. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: text and numbers are escaped, markup stays, lists are joined, `undefined` and `false` are nothing. */
export type Content = Html | string | number | undefined | false | readonly Content[];

export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  let markup = parts[0]!;
  for (const [at, content] of contents.entries()) markup += render(content) + parts[at + 1]!;
  return new Html(markup);
}

/** For our own constants: style sheets and scripts. Never for anything that a run produced. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function render(content: Content): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Html) return content.markup;
  if (Array.isArray(content)) return (content as readonly Content[]).map(render).join('');
  return escapeHtml(String(content as string | number));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Fit for text and for quoted attributes. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character]!);
}

/**
 * JSON for a `<script type="application/json">`: no `</script>`, no `<!--`, and no line separator can occur in it.
 * Parses to the same value.
 */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text with its `quoted` parts as code, for sentences that name files. */
export function prose(text: string): Html {
  const parts = printable(text).split(/`([^`]+)`/);
  return html`${parts.map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

const lineLettersMax = 2_000;

/** Lines of a log for a `<pre>`: each is escaped by itself, so that they stay lines; very long ones are cut. */
export function preformatted(lines: readonly string[]): Html {
  const shorten = (line: string) =>
    line.length > lineLettersMax ? `${line.slice(0, lineLettersMax)}…` : line;
  return trusted(lines.map((line) => escapeHtml(printableLine(shorten(line)))).join('\n'));
}

/** A web address worth a link; anything but http and https is none. */
export function webAddress(link: string | undefined): string | undefined {
  return link !== undefined && /^https?:\/\/\S+$/i.test(link) ? link : undefined;
}

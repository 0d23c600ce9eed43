import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostileText } from '../testing/texts.ts';
import { embedJson, escapeHtml, html, preformatted, prose, trusted, webAddress } from './html.ts';

describe('html', () => {
  test('escapes text, keeps markup, joins lists, leaves out nothing and false', () => {
    const items = ['a<b', html`<b>${'c&d'}</b>`];
    expect(html`<p title="${'"'}">${items}${undefined}${false}${0}</p>`.markup).toBe(
      '<p title="&quot;">a&lt;b<b>c&amp;d</b>0</p>',
    );
  });

  test('no text opens a tag, closes an attribute or starts an entity of its own', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'\p{Cc}\u2028\u2029\u202e]|&(?!(amp|lt|gt|quot|#39);)/u);
      }),
    );
  });

  test('what is shown is what was written', () => {
    const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    fc.assert(
      fc.property(fc.string(), (text) => {
        const shown = escapeHtml(text).replace(
          /&(amp|lt|gt|quot|#39);/g,
          (_, name: string) => entities[name]!,
        );
        expect(shown).toBe(text);
      }),
    );
  });
});

describe('embedded JSON', () => {
  test('can neither end its script nor open a comment, and parses to the same', () => {
    fc.assert(
      fc.property(fc.array(hostileText), (texts) => {
        const json = embedJson(texts);
        expect(json).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(json)).toEqual(texts);
      }),
    );
  });
});

test('lines of a log stay lines, whatever is in them', () => {
  expect(preformatted(['\u001b[31mPANIC\u001b[0m: <oops>', 'a\nb']).markup).toBe(
    'PANIC: &lt;oops&gt;\na\\nb',
  );
  expect(preformatted(['x'.repeat(5_000)]).markup).toHaveLength(2_001);
});

test('names in backticks become code', () => {
  expect(prose('lost `wal-<1>` there').markup).toBe('lost <code>wal-&lt;1&gt;</code> there');
});

test('only web addresses become links', () => {
  expect(webAddress('https://www.sqlite.org/pragma.html#pragma_synchronous')).toBeDefined();
  expect(webAddress('javascript:alert(1)')).toBeUndefined();
  expect(webAddress(' https://x')).toBeUndefined();
  expect(webAddress(undefined)).toBeUndefined();
});

test('trusted markup is not escaped twice', () => {
  expect(html`${trusted('<i>&amp;</i>')}`.markup).toBe('<i>&amp;</i>');
});

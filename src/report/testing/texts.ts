/** Texts for property tests: what programs may call their files and say in their logs. */
import fc from 'fast-check';

/** Any UTF-16 unit, controls and halves of pairs included; those with a meaning to terminals more often than their share. */
const anyUnit = fc
  .oneof(
    fc.integer({ min: 0, max: 0xff }),
    fc.integer({ min: 0x2000, max: 0x20ff }),
    fc.integer({ min: 0, max: 0xffff }),
  )
  .map((code) => String.fromCharCode(code));

export function anyText(maxLength = 40): fc.Arbitrary<string> {
  return fc.array(anyUnit, { maxLength }).map((units) => units.join(''));
}

/** Text made of everything that has a meaning to an HTML parser. */
export const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '&',
        '</script>',
        '<script>',
        '<!--',
        '-->',
        ']]>',
        '</style>',
        '\u2028',
      ),
      fc.constantFrom(
        '\u0000',
        '\u001b[2J',
        '\u202e',
        '&lt;',
        '`',
        '${',
        'javascript:',
        ' onload=',
        '\n',
        '<img src=x>',
      ),
      anyText(4),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

import fc from 'fast-check';

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
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

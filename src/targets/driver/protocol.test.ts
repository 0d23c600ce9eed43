import { describe, expect, test } from 'vitest';
import { formatRequest, hello, parseReply } from './protocol.ts';

describe('a request', () => {
  test('is one line of JSON with its id', () => {
    expect(formatRequest(3, { f: 'add', value: 17 })).toBe('{"id":3,"f":"add","value":17}\n');
    expect(formatRequest(0, hello('set', { mode: 'a\nb' }))).toBe(
      '{"id":0,"f":"hello","protocol":1,"workload":"set","settings":{"mode":"a\\nb"}}\n',
    );
  });
});

describe('a reply', () => {
  test('has an id and a type, and perhaps a value and an error', () => {
    expect(parseReply('{"id":1,"type":"ok"}')).toMatchObject({ id: 1, type: 'ok' });
    expect(parseReply(' {"id":2,"type":"ok","value":[1,2]}\r')).toMatchObject({ id: 2, value: [1, 2] });
    expect(parseReply('{"id":3,"type":"info","error":"disk full"}')).toMatchObject({ error: 'disk full' });
  });

  test('may explain itself in any form', () => {
    expect(parseReply('{"id":3,"type":"fail","error":{"code":5}}')).toMatchObject({ error: '{"code":5}' });
  });

  test('keeps fields of its own', () => {
    expect(parseReply('{"id":4,"type":"ok","ok":true,"lines":[]}')).toMatchObject({
      fields: { ok: true, lines: [] },
    });
  });

  test.each([
    ['hello world', 'printed a line that is not a JSON object: "hello world"'],
    ['[1]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['{"id":1,"type":"ok"', 'is not a JSON object'],
    ['{"type":"ok"}', 'without the id of a request'],
    ['{"id":"1","type":"ok"}', 'without the id of a request'],
    ['{"id":-1,"type":"ok"}', 'without the id of a request'],
    ['{"id":1}', 'whose type is not "ok", "fail" or "info"'],
    ['{"id":1,"type":"done"}', 'whose type is not "ok", "fail" or "info"'],
  ])('is refused: %s', (line, sentence) => {
    expect(parseReply(line)).toEqual({ wrong: expect.stringContaining(sentence) as string });
  });

  test('that is long is quoted short', () => {
    const reply = parseReply('x'.repeat(10_000));
    expect('wrong' in reply && reply.wrong.length).toBeLessThan(300);
  });
});

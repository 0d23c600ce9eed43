import { describe, expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { serverArguments, wantedPort } from './settings.ts';

describe('the arguments of the server', () => {
  test('are every setting as it was given, extensions included', () => {
    expect(serverArguments({ fsync: 'off', work_mem: '4 MB', 'auto_explain.log_analyze': 'on' })).toEqual([
      '-c',
      'fsync=off',
      '-c',
      'work_mem=4 MB',
      '-c',
      'auto_explain.log_analyze=on',
    ]);
  });

  test("leave out powercut's own settings", () => {
    expect(serverArguments({ port: '5432', data_checksums: 'on', 'start-timeout': '5s' })).toEqual([]);
  });

  test.each(['--version', 'a b', 'a=b', '', '1a', 'a.b.c', 'a;b', 'FSYNC'])('refuse the name %j', (name) => {
    expect(() => serverArguments({ [name]: 'x' })).toThrow(UsageError);
  });

  test.each(['listen_addresses', 'data_directory', 'hba_file', 'unix_socket_directories', 'log_destination'])(
    'refuse %s, which powercut sets itself',
    (name) => {
      expect(() => serverArguments({ [name]: 'x' })).toThrow(
        `${name} cannot be set: powercut sets it itself`,
      );
    },
  );
});

describe('the port', () => {
  test('is a free one, or the one that was asked for', () => {
    expect(wantedPort({ port: 'auto' })).toBe('auto');
    expect(wantedPort({ port: '5432' })).toBe(5432);
  });

  test.each(['0', '80', '65536', '-1', '54 32', 'http', ''])('refuses %j', (port) => {
    expect(() => wantedPort({ port })).toThrow(UsageError);
  });
});

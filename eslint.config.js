import tseslint from 'typescript-eslint';

// Dependencies point one way (docs/concepts.md): a folder may import itself and what stands before it in its row.
const mayImport = {
  disk: [],
  fuse: [],
  mount: ['fuse', 'disk'],
  device: ['mount', 'fuse', 'disk'],
  checkers: [],
  litmus: ['disk'],
  judge: ['litmus', 'machine', 'device', 'mount', 'fuse', 'disk'],
  machine: ['device', 'mount', 'fuse', 'disk'],
  targets: ['machine', 'checkers', 'mount', 'fuse', 'disk'],
  workloads: ['machine', 'checkers', 'mount', 'fuse', 'disk', 'targets'],
  nemeses: ['machine', 'checkers', 'mount', 'fuse', 'disk', 'targets', 'workloads'],
  report: ['machine', 'checkers', 'mount', 'fuse', 'disk'],
  run: [
    'targets',
    'workloads',
    'nemeses',
    'report',
    'machine',
    'checkers',
    'device',
    'mount',
    'fuse',
    'disk',
  ],
};
const folders = [...Object.keys(mayImport), 'cli'];

const layers = Object.entries(mayImport).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: folders
          .filter((other) => other !== folder && !allowed.includes(other))
          .map((other) => ({ group: [`**/${other}/**`], message: `${folder}/ must not know ${other}/` })),
      },
    ],
  },
}));

// Pure cores: the same ops and the same seed give the same image and the same verdict.
const pure = {
  files: ['src/disk/**/*.ts', 'src/litmus/**/*.ts', 'src/checkers/**/*.ts', 'src/fuse/codec/**/*.ts'],
  ignores: ['**/*.test.ts', '**/testing/**'],
  rules: {
    'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'performance'],
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'every random choice comes from the seed' },
      { object: 'Date', property: 'now', message: 'time is handed in' },
    ],
  },
};

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'store', 'coverage'] },
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      eqeqeq: 'error',
    },
  },
  { files: ['*.config.{ts,js}'], rules: { 'no-restricted-exports': 'off' } },
  ...layers,
  pure,
);

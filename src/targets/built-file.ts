/**
 * Where the compiled form of a source file lies: child processes are started from dist/, also when the importing module
 * itself runs from src/ (in unit tests).
 */
import { fileURLToPath } from 'node:url';

/** `path` is relative to the folder of src/ or dist/ that `from` lies in: `targets/sqlite/driver.js`. */
export function builtFile(path: string, from = import.meta.url): string {
  const root = new URL('../', from.endsWith('.ts') ? from.replace('/src/targets/', '/dist/targets/') : from);
  return fileURLToPath(new URL(path, root));
}

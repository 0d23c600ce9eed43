/** Makes a litmus program that shows something smaller, as long as it still shows it. Knows nothing of what that is. */
import { logProgram } from '../litmus/log.ts';
import type { Program, Statement } from '../litmus/program.ts';

/** The smallest program found that still shows it; `shows` is asked once for each candidate. */
export async function shrink(
  program: Program,
  shows: (candidate: Program) => Promise<boolean>,
): Promise<Program> {
  let smallest = program;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const candidate of smallerOnes(smallest)) {
      if (!(await shows(candidate))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/** Without one statement, or with less data in one; only what can run. */
export function* smallerOnes(program: Program): Iterable<Program> {
  for (const section of ['run', 'setup'] as const) {
    const statements = program[section];
    for (let index = statements.length - 1; index >= 0; index--) {
      const candidate = { ...program, [section]: statements.toSpliced(index, 1) };
      if (candidate.run.length > 0 && canRun(candidate)) yield candidate;
    }
  }
  for (const section of ['run', 'setup'] as const) {
    for (const [index, statement] of program[section].entries()) {
      const less = withLessData(statement);
      if (less !== undefined) yield { ...program, [section]: program[section].with(index, less) };
    }
  }
}

function withLessData(statement: Statement): Statement | undefined {
  if (!('data' in statement) || statement.data === undefined || statement.data.length <= 3) return undefined;
  return { ...statement, data: statement.data.slice(0, statement.data.length > 4096 ? 4096 : 3) };
}

function canRun(program: Program): boolean {
  try {
    logProgram(program);
    return true;
  } catch {
    return false;
  }
}

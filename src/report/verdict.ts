/** The verdict in words, for the terminal and the page alike: what was found, and what was promised. Pure. */
import type { Contract } from '../checkers/contract.ts';
import type { Valid } from '../checkers/history.ts';
import { formatCount, formatDuration, formatSize, plural } from './format.ts';
import { byClass } from './groups.ts';
import { printable } from './printable.ts';
import { isFailure } from './profiles.ts';
import type { Finding, Results } from './results.ts';

export interface Verdict {
  readonly word: 'VALID' | 'INVALID' | 'UNKNOWN';
  readonly sentence: string;
}

export function verdictOf(results: Results): Verdict {
  const subject = targetName(results);
  switch (results.valid) {
    case true:
      return {
        word: 'VALID',
        sentence: `${subject} kept every promise${through(results)}${aside(results)}.`,
      };
    case false: {
      const failures = tally(failuresOf(results), 'finding');
      return { word: 'INVALID', sentence: `${subject} broke its promises: ${failures}${aside(results)}.` };
    }
    case 'unknown':
      return { word: 'UNKNOWN', sentence: asSentence(results.unknown ?? 'a checker could not decide') };
  }
}

export function targetName(results: Results): string {
  return printable(`${results.target.name} ${results.target.version}`.trim());
}

function through(results: Results): string {
  if (results.cuts > 0) return ` through ${plural(results.cuts, 'cut')}`;
  return results.nemesis.length > 0 ? ` under ${results.nemesis.map(printable).join(', ')}` : '';
}

/** What no real file system brings about is told beside the verdict. */
function aside(results: Results): string {
  const warnings = warningsOf(results);
  return warnings.length === 0 ? '' : `, with ${tally(warnings, 'portability warning')}`;
}

/** The findings that fail the run. */
export function failuresOf({ findings, failOn }: Results): readonly Finding[] {
  return findings.filter((finding) => isFailure(finding, failOn));
}

export function warningsOf({ findings, failOn }: Results): readonly Finding[] {
  return findings.filter((finding) => !isFailure(finding, failOn));
}

/** `3 findings (2 lost-write, 1 unrestartable)`. */
function tally(findings: readonly Finding[], noun: string): string {
  const parts = [...byClass(findings)].map(([name, members]) => `${members.length} ${name}`);
  if (parts.length === 0) return 'a checker failed without a finding';
  return `${plural(findings.length, noun)} (${parts.join(', ')})`;
}

/** By which rules ops survived: a profile's, or those of a real file system. */
export function rulesName({ profile, fileSystem }: Results): string {
  if (fileSystem === undefined) return profile;
  const { name, kernel, mountOptions, sizeBytes } = fileSystem;
  return `a real ${name} of ${formatSize(sizeBytes)} on Linux ${kernel} (${mountOptions})`;
}

/** Printable, with a full stop at its end. */
export function asSentence(text: string): string {
  const clean = printable(text).trim();
  return /[.!?…]$/.test(clean) ? clean : `${clean}.`;
}

/** What the contract asks for, term by term. */
export function contractTerms(contract: Contract): readonly string[] {
  const { acknowledged, order, atomic, restartable } = contract;
  return [
    acknowledgedTerm(acknowledged),
    // Where everything survives there is no order to keep.
    ...(acknowledged === 'all' ? [] : [order === 'prefix' ? 'only a tail may be missing' : 'in any order']),
    atomic ? 'ops are atomic' : 'ops may be torn',
    restartable ? 'it starts again after any cut' : 'it may not start again',
  ];
}

function acknowledgedTerm(acknowledged: Contract['acknowledged']): string {
  if (acknowledged === 'all') return 'every acknowledged op survives';
  if (acknowledged === 'any') return 'acknowledged ops may be lost';
  const tail =
    'lossWindowMs' in acknowledged
      ? `the last ${formatDuration(acknowledged.lossWindowMs)} of them`
      : `the last ${formatCount(acknowledged.lossLastOps)} of them`;
  return `acknowledged ops survive but for ${tail}`;
}

export function validWord(valid: Valid): 'valid' | 'invalid' | 'unknown' {
  if (valid === 'unknown') return 'unknown';
  return valid ? 'valid' : 'invalid';
}

/** The command that boots a finding's crash image again. */
export function replayCommand(results: Results, finding: Finding): string {
  return `npx powercut replay ${shellWord(`${results.store}/findings/${finding.number}`)}`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

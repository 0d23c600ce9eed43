/** A disk that answers requests as it is told, and remembers them. */
import type { DiskControl, DiskRequests } from '../../mount/control.ts';

type Answers = {
  readonly [Name in keyof DiskRequests]?: (
    params: DiskRequests[Name]['params'],
  ) => DiskRequests[Name]['reply'];
};

export function scriptedDisk(answers: Answers) {
  const requests: string[] = [];
  const request: DiskControl['request'] = async (name, params) => {
    requests.push(name);
    const answer = answers[name];
    if (answer === undefined) throw new Error(`nobody expected ${name}`);
    return answer((params ?? {}) as never);
  };
  return { requests, request };
}

import { replyBufferBytes } from '../codec/init.ts';
import { Reply } from '../codec/reply.ts';
import type { Request } from '../codec/request.ts';
import { answer } from '../dispatch.ts';
import { received, type ReceivedReply } from './messages.ts';
import { recordingFileSystem, type Answers, type Call } from './recording-filesystem.ts';

export interface Outcome extends ReceivedReply {
  readonly mutated: boolean;
  readonly calls: readonly Call[];
  readonly errors: readonly string[];
}

/** One for all, as in a session. */
const reply = new Reply(replyBufferBytes);

/** Dispatches one request; what became of it, in all respects. */
export function ask(message: Request, answers: Answers = {}): Outcome {
  const { fileSystem, calls } = recordingFileSystem(answers);
  const errors: string[] = [];
  // An earlier reply shows through where a struct is not filled.
  reply.bytes.fill(0xa5, 0, 4096);
  const mutated = answer(fileSystem, message, reply, (_error, context) => errors.push(context));
  return { ...received(reply), mutated, calls, errors };
}

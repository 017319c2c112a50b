/**
 * The parent's side: one fresh Node process per job, running compiled JavaScript. Whatever a child does (throw, crash,
 * run out of memory, hang, say nothing) becomes an answer; nothing of it reaches the parent's own control flow.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, FailedAnswer, Job } from './child-protocol.js';

/** Does a job somewhere. Resolves always; `failed` when the job could not be done or was stopped. */
export type Execute = (job: Job, stop: AbortSignal) => Promise<Answer>;

export interface ChildOptions {
  /** Compiled module that calls `serve`. */
  readonly entry: string;
  /** The child is killed when it takes longer. */
  readonly timeoutMs: number;
}

/** The compiled child with the project's own strategies and workloads, whether the caller is compiled or not. */
export const CHILD_ENTRY = compiledModule('src/bench/child-main.js');

/** Path of a compiled module below `dist/`, from this file in `src/bench` or `dist/src/bench`. */
export function compiledModule(path: string): string {
  const toRoot = import.meta.url.endsWith('.ts') ? '../../dist/' : '../../';
  return fileURLToPath(new URL(toRoot + path, import.meta.url));
}

/** Lines of a child's stderr that are kept for the reason: the last 8 KiB. */
const STDERR_LIMIT = 8192;

/** An executor that forks a process per job. */
export function inChildProcess({ entry, timeoutMs }: ChildOptions): Execute {
  return (job, stop) =>
    new Promise((resolve) => {
      if (stop.aborted) {
        resolve(failed('interrupted'));
        return;
      }
      const child = fork(entry, [], {
        // Only the variables that a child reads: NODE_OPTIONS of a test runner or debugger would change the figures.
        env: childEnvironment(),
        execArgv: ['--expose-gc'],
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      const stderr = tailOf(child);
      let answered: Answer | undefined;
      let endedBy: string | undefined;

      const end = (why: string) => {
        endedBy = why;
        child.kill('SIGKILL');
      };
      const finish = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(timer);
        stop.removeEventListener('abort', onStop);
        process.off('exit', onExit);
        resolve(answered ?? failed(endedBy ?? describeEnd(code, signal, stderr())));
      };
      const timer = setTimeout(() => {
        end(`took longer than ${timeoutMs / 1000} s`);
      }, timeoutMs);
      const onStop = () => {
        end('interrupted');
      };
      stop.addEventListener('abort', onStop, { once: true });
      // A child in a long loop would outlive a parent that exits, e.g. because its reader is gone.
      const onExit = () => child.kill('SIGKILL');
      process.once('exit', onExit);

      child.on('message', (message) => {
        answered = message as Answer;
      });
      child.on('error', (error) => {
        endedBy ??= error.message;
        // A process that never started has no end to wait for.
        if (child.pid === undefined) finish(null, null);
      });
      child.on('close', finish);
      child.send(job, (error) => {
        if (error) endedBy ??= error.message;
      });
    });
}

function failed(reason: string): FailedAnswer {
  return { kind: 'failed', reason };
}

function childEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'PATCHBENCH_DEBUG'].map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

/** Collects the end of the child's stderr; the returned function reads it. */
function tailOf(child: ChildProcess): () => string {
  let tail = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_LIMIT);
    if (process.env['PATCHBENCH_DEBUG'] === '1') process.stderr.write(text);
  });
  return () => tail;
}

/** Why a child that gave no answer ended, in one line. */
function describeEnd(code: number | null, signal: NodeJS.Signals | null, stderr: string): string {
  const how = signal === null ? `process ended with code ${code ?? 0}` : `process ended by ${signal}`;
  const lines = stderr.split('\n').map((line) => line.trim());
  const why = lines.find((line) => /^(FATAL ERROR|[A-Za-z]*Error)\b/.test(line));
  return why === undefined ? `${how} and gave no answer` : `${how}: ${why.slice(0, 200)}`;
}

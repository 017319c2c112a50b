/**
 * The parent's side: one fresh Node process per job, running compiled JavaScript. Whatever a child does (throw, crash,
 * run out of memory, hang, say nothing) becomes an answer; nothing of it reaches the parent's own control flow.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withItems, type Answer, type FailedAnswer, type Job, type Message } from './child-protocol.js';

/**
 * Does a job somewhere. Resolves always, to one answer for each of the job's items; `failed` where it could not be done
 * or was stopped.
 */
export type Execute = (job: Job, stop: AbortSignal) => Promise<readonly Answer[]>;

export interface ChildOptions {
  /** Compiled module that calls `serve`. */
  readonly entry: string;
  /** The child is killed when it takes longer for one workload. */
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

/**
 * An executor that forks a process per job. When the process comes to grief over one of several items, that item has
 * failed and the others are done again without it.
 */
export function inChildProcess(options: ChildOptions): Execute {
  return async function execute(job, stop): Promise<readonly Answer[]> {
    const { answers, begun, reason } = await runChild(job, stop, options);
    const missing = [...job.items.keys()].filter((at) => answers[at] === undefined);
    if (missing.length === 0) return answers as Answer[];
    const culprits = stop.aborted || missing.length === 1 ? missing : missing.filter((at) => at === begun);
    for (const at of culprits) answers[at] = failed(reason);
    const again = missing.filter((at) => answers[at] === undefined);
    // It is not known which one it was: each has to show it alone.
    const parts = culprits.length === 0 ? again.map((at) => [at]) : again.length === 0 ? [] : [again];
    for (const part of parts) {
      const given = await execute(withItems(job, part), stop);
      part.forEach((at, k) => (answers[at] = given[k]));
    }
    return answers as Answer[];
  };
}

/** What a child left behind. */
interface ChildRun {
  /** By item; undefined where it gave none. */
  readonly answers: (Answer | undefined)[];
  /** The item it was working on; -1 when that is not known. */
  readonly begun: number;
  /** Why it ended if not because all was done. */
  readonly reason: string;
}

function runChild(job: Job, stop: AbortSignal, { entry, timeoutMs }: ChildOptions): Promise<ChildRun> {
  return new Promise((resolve) => {
    const answers: (Answer | undefined)[] = job.items.map(() => undefined);
    let begun = job.items.length === 1 ? 0 : -1;
    if (stop.aborted) {
      resolve({ answers, begun, reason: 'interrupted' });
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
    let endedBy: string | undefined;

    const end = (why: string) => {
      endedBy = why;
      child.kill('SIGKILL');
    };
    const finish = (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      process.off('exit', onExit);
      resolve({ answers, begun, reason: endedBy ?? describeEnd(code, signal, stderr()) });
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
    process.on('exit', onExit);

    child.on('message', (data) => {
      const message = data as Message;
      timer.refresh();
      if (message.kind === 'begins') begun = message.at;
      else answers[message.at] = message.answer;
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

/**
 * Memory that one run freed is the next one's: glibc would give it back to the system and have it brought in again page by page,
 * some 2 to 3 us each, in some processes and not in others. With it the floor of `dense-10k` took 0.8 ms in one process and 2.8
 * in another, the linked list of `ladder-1M`, which touches 85,000 pages, 0.55 s instead of 0.48. Memory of a kernel is never
 * brought in so. Other C libraries take no notice.
 */
const KEEP_MEMORY = {
  MALLOC_TRIM_THRESHOLD_: String(1 << 30),
  // No block, however long, is asked of the system by itself, to go back there when it is freed.
  MALLOC_MMAP_MAX_: '0',
};

function childEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'PATCHBENCH_DEBUG'].map((name) => [name, process.env[name]] as const);
  return { ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)), ...KEEP_MEMORY };
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

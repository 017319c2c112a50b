/**
 * When garbage is collected between timed runs: never by itself, inside the clock, if that can be helped.
 *
 * Nearly all that a run makes is young, and collecting the young is enough to get its memory back. Everything is left to V8 to
 * collect, for then it throws away the code that knows the shape of an object of which none lives at that moment, such as
 * those that only `finish()` makes: the linked list took 5.0 ms instead of 4.3 on dense-10k with everything collected every
 * 256 MiB, ladder-1M 0.65 s instead of 0.55.
 */

/** Bytes that stores may allocate between two collections. */
const YOUNG_LIMIT = 8 << 20;
/**
 * The memory of arrays is freed in another thread, which a run of so many bytes would feel: with its own memory brought in at
 * the same time, the linked list's init of ladder-1M took 150 ms instead of 110. The next collection waits for that thread.
 */
const FREED_BESIDE = 32 << 20;

export class Garbage {
  /** Bytes allocated since the last collection; at first, what the process has made before may be as much. */
  private bytes = YOUNG_LIMIT;

  /** A run is about to allocate so many bytes. Nothing is collected without `--expose-gc`. */
  beforeRun(bytes: number): void {
    if (this.bytes >= YOUNG_LIMIT) {
      globalThis.gc?.({ type: 'minor' });
      if (bytes >= FREED_BESIDE) globalThis.gc?.({ type: 'minor' });
      this.bytes = 0;
    }
    this.bytes += bytes;
  }
}

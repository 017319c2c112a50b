/** Runs programs on concrete numbers, for tests: what a run comes by must have been seen by the check. */
import { AS_SPECIFIED, Machine, Memory, type Host } from '../../isa/interpreter/index.js';

/** An interpreter that notes the slots it comes by. */
class TracedMachine extends Machine {
  readonly reached = new Set<number>();

  protected override step(slot: number): number {
    this.reached.add(slot);
    return super.step(slot);
  }
}

function notExpected(): never {
  throw new Error('no generated program does this');
}

/**
 * The slots a program of numbers, stack and helper calls comes by. Its helpers return the numbers of `results` in turn.
 * @throws Fault when the program does what it must not, or does not end
 */
export function reachedSlots(insns: Int32Array, results: readonly bigint[]): ReadonlySet<number> {
  let calls = 0;
  const host: Host = {
    call: () => results[calls++ % results.length],
    pseudoImmediate: notExpected,
    tailCall: notExpected,
    percpu: notExpected,
  };
  const machine = new TracedMachine(insns, new Memory(), host, AS_SPECIFIED);
  machine.run(0n);
  return machine.reached;
}

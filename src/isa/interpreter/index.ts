/** An interpreter of BPF programs, before and after their rewriting. */
export { arithmetic, compares } from './arithmetic.js';
export { Fault, Machine } from './interpreter.js';
export {
  AS_COMPILED,
  AS_SPECIFIED,
  KEEPS_REGISTERS,
  LEAVES_FUNCTION,
  type Behaviour,
  type CallResult,
  type Host,
} from './machine.js';
export { Memory, MemoryFault } from './memory.js';

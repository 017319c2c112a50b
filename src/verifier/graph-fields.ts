/**
 * Lists and trees of a program's own objects: what their roots hold, and who owns a node (`btf_parse_graph_root()`,
 * kernel/bpf/btf.c; `ref_set_non_owning()` and others, kernel/bpf/verifier.c; Linux 6.12).
 */
import { BTF_KIND_DECL_TAG, BTF_KIND_STRUCT } from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import { BTF_PROGRAM, setBtfPointer } from './btf-pointers.js';
import type { VerifierEnv } from './env.js';
import { collectRegs } from './frames.js';
import { MEM_ALLOC, MEM_RCU, NON_OWN_REF } from './reg-types.js';
import type { Reg } from './register.js';
import { markUnknown } from './register.js';

/** What a list head or tree root says it contains. */
export interface GraphRoot {
  /** Type id of the objects, in the program's BTF. */
  readonly valueType: number;
  /** Byte offset of the node in them. */
  readonly nodeOffset: number;
}

const CONTAINS = 'contains:';

const tagsOf = new WeakMap<Btf, ReadonlyMap<string, string>>();

/** Tag `contains:…` on a member (or, with -1, a variable). */
function containsTag(btf: Btf, owner: number, component: number): string | undefined {
  let tags = tagsOf.get(btf);
  if (tags === undefined) {
    const found = new Map<string, string>();
    for (let id = 1; id < btf.typeCount; id++) {
      if (btf.kind(id) !== BTF_KIND_DECL_TAG) continue;
      const tag = btf.typeName(id);
      if (tag.startsWith(CONTAINS))
        found.set(`${btf.type(id)}:${btf.declTagComponent(id)}`, tag.slice(CONTAINS.length));
    }
    tags = found;
    tagsOf.set(btf, tags);
  }
  return tags.get(`${owner}:${component}`);
}

/** What a root that is member `component` of `owner`, or the variable `owner` (-1), contains. */
export function graphRootOf(btf: Btf, owner: number, component: number): GraphRoot | undefined {
  const tag = containsTag(btf, owner, component);
  if (tag === undefined) return undefined;
  const [struct, node] = tag.split(':');
  const valueType = btf.findByName(struct, BTF_KIND_STRUCT);
  if (valueType === 0) return undefined;
  for (let i = 0; i < btf.vlen(valueType); i++) {
    if (btf.elementName(valueType, i) === node) {
      return { valueType, nodeOffset: btf.memberBitOffset(valueType, i) / 8 };
    }
  }
  return undefined;
}

/** Makes a register a pointer to the node of an object that a root contains (`mark_reg_graph_node`). */
export function setGraphNode(env: VerifierEnv, reg: Reg, root: GraphRoot | undefined): void {
  setBtfPointer(env, reg, BTF_PROGRAM, root?.valueType ?? 0, MEM_ALLOC);
  reg.off = root?.nodeOffset ?? 0;
}

/** The object is owned by the list or tree: the pointer is good while the lock is held (`ref_set_non_owning`). */
export function setNonOwning(reg: Reg, isRefcounted: boolean): void {
  reg.type |= NON_OWN_REF;
  if (isRefcounted) reg.type |= MEM_RCU;
}

/** The lock is released: pointers that own nothing end. */
export function endNonOwning(env: VerifierEnv): void {
  const count = collectRegs(env.cur, env.scratchRegs);
  for (let i = 0; i < count; i++) {
    const reg = env.scratchRegs[i];
    if ((reg.type & MEM_ALLOC) !== 0 && (reg.type & NON_OWN_REF) !== 0) markUnknown(reg);
  }
}

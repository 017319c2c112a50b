/**
 * When a type of the object and a type of the kernel count as the same, for CO-RE relocations. Names are compared without
 * their flavor (`task_struct___old` is `task_struct`). Three relations, from loose to strict:
 *
 *     fieldsCompatible   the field found in the kernel can stand for the object's
 *     typesCompatible    `bpf_core_type_exists()` and its like, prototypes of kernel functions
 *     typesMatch         `bpf_core_type_matches()`
 *
 * Source: tools/lib/bpf/relo_core.c, Linux 6.12.
 */
import {
  BTF_INT_SIGNED,
  BTF_KIND_ARRAY,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  BTF_KIND_UNION,
  BTF_KIND_VOID,
} from './btf-kinds.js';
import type { Btf } from './btf.js';

/** Deepest chain of types that is compared. */
const MAX_DEPTH = 32;

/** A relocation that cannot be resolved, and why: one line, without the place. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
}

/** Length of a name without its flavor: what stands before the last `___` between other characters. */
export function essentialLength(name: string): number {
  for (let i = name.length - 5; i >= 0; i--) {
    if (name[i] !== '_' && name.startsWith('___', i + 1) && name[i + 4] !== '_') return i + 1;
  }
  return name.length;
}

/** A name without its flavor. */
export function essentialName(name: string): string {
  return name.slice(0, essentialLength(name));
}

/** Kinds as CO-RE sees them: both enumerations are one. */
function coreKind(kind: number): number {
  return kind === BTF_KIND_ENUM64 ? BTF_KIND_ENUM : kind;
}

/** Are both of the same kind, enumerations of any width being one kind? */
export function kindsCompatible(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  return coreKind(local.kind(localId)) === coreKind(target.kind(targetId));
}

/** STRUCT or UNION? */
export function isComposite(btf: Btf, id: number): boolean {
  const kind = btf.kind(id);
  return kind === BTF_KIND_STRUCT || kind === BTF_KIND_UNION;
}

/** ENUM or ENUM64? */
export function isEnum(btf: Btf, id: number): boolean {
  return coreKind(btf.kind(id)) === BTF_KIND_ENUM;
}

/** Compares the types of one object with those of one kernel, with a bound on all comparisons together. */
export class TypeRelations {
  private stepsLeft = 20_000_000;

  constructor(
    private readonly local: Btf,
    private readonly target: Btf,
  ) {}

  /** @throws CoreError when comparing took absurdly long */
  step(): void {
    if (--this.stepsLeft < 0) throw new CoreError('comparing its types with the kernel takes too long');
  }

  /** Can the kernel's field of type `targetId` stand for the object's of type `localId`? */
  fieldsCompatible(localId: number, targetId: number): boolean {
    const { local, target } = this;
    for (;;) {
      this.step();
      localId = local.skipModifiers(localId);
      targetId = target.skipModifiers(targetId);
      if (isComposite(local, localId) && isComposite(target, targetId)) return true;
      if (!kindsCompatible(local, localId, target, targetId)) return false;
      switch (local.kind(localId)) {
        case BTF_KIND_PTR:
        case BTF_KIND_FLOAT:
          return true;
        case BTF_KIND_FWD:
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64: {
          const localName = essentialName(local.typeName(localId));
          const targetName = essentialName(target.typeName(targetId));
          return localName === '' || targetName === '' || localName === targetName;
        }
        case BTF_KIND_INT:
          return local.intOffset(localId) === 0 && target.intOffset(targetId) === 0;
        case BTF_KIND_ARRAY:
          localId = local.array(localId).type;
          targetId = target.array(targetId).type;
          break;
        default:
          return false;
      }
    }
  }

  /**
   * Are the types compatible, whatever their names?
   * @throws CoreError when they nest too deep
   */
  typesCompatible(localId: number, targetId: number, level = MAX_DEPTH): boolean {
    const { local, target } = this;
    if (!kindsCompatible(local, localId, target, targetId)) return false;
    for (let depth = 0; ; depth++) {
      this.step();
      if (depth === MAX_DEPTH) throw new CoreError('its types nest too deep');
      localId = local.skipModifiers(localId);
      targetId = target.skipModifiers(targetId);
      if (!kindsCompatible(local, localId, target, targetId)) return false;
      switch (local.kind(localId)) {
        case BTF_KIND_VOID:
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
        case BTF_KIND_ENUM:
        case BTF_KIND_FWD:
        case BTF_KIND_ENUM64:
          return true;
        case BTF_KIND_INT:
          return local.intOffset(localId) === 0 && target.intOffset(targetId) === 0;
        case BTF_KIND_PTR:
          localId = local.type(localId);
          targetId = target.type(targetId);
          break;
        case BTF_KIND_ARRAY:
          localId = local.array(localId).type;
          targetId = target.array(targetId).type;
          break;
        case BTF_KIND_FUNC_PROTO: {
          const count = local.vlen(localId);
          if (count !== target.vlen(targetId)) return false;
          for (let i = 0; i < count; i++) {
            if (level <= 0) throw new CoreError('its types nest too deep');
            const localParameter = local.skipModifiers(local.elementType(localId, i));
            const targetParameter = target.skipModifiers(target.elementType(targetId, i));
            if (!this.typesCompatible(localParameter, targetParameter, level - 1)) return false;
          }
          localId = local.type(localId);
          targetId = target.type(targetId);
          break;
        }
        default:
          return false;
      }
    }
  }

  /**
   * Does the kernel's type match the object's, members and all? Behind a pointer only names and kinds count.
   * @throws CoreError when they nest too deep
   */
  typesMatch(localId: number, targetId: number, behindPointer = false, level = MAX_DEPTH): boolean {
    const { local, target } = this;
    if (level <= 0) throw new CoreError('its types nest too deep');
    for (let depth = 0; ; depth++) {
      this.step();
      if (depth === MAX_DEPTH) throw new CoreError('its types nest too deep');
      localId = local.skipModifiers(localId);
      targetId = target.skipModifiers(targetId);
      if (!namesMatch(local.typeName(localId), target.typeName(targetId))) return false;
      const localKind = local.kind(localId);
      const targetKind = target.kind(targetId);
      switch (localKind) {
        case BTF_KIND_VOID:
          return localKind === targetKind;
        case BTF_KIND_FWD: {
          const localUnion = local.kindFlag(localId);
          if (localKind === targetKind) return localUnion === target.kindFlag(targetId);
          if (!behindPointer) return false;
          return targetKind === (localUnion ? BTF_KIND_UNION : BTF_KIND_STRUCT);
        }
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64:
          return isEnum(target, targetId) && this.enumsMatch(localId, targetId);
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
          if (!behindPointer) {
            return localKind === targetKind && this.membersMatch(localId, targetId, level);
          }
          if (localKind === targetKind) return true;
          return targetKind === BTF_KIND_FWD && (localKind === BTF_KIND_UNION) === target.kindFlag(targetId);
        case BTF_KIND_INT:
          return (
            localKind === targetKind &&
            local.size(localId) === target.size(targetId) &&
            (local.intEncoding(localId) & BTF_INT_SIGNED) === (target.intEncoding(targetId) & BTF_INT_SIGNED)
          );
        case BTF_KIND_PTR:
          if (localKind !== targetKind) return false;
          behindPointer = true;
          localId = local.type(localId);
          targetId = target.type(targetId);
          break;
        case BTF_KIND_ARRAY: {
          if (localKind !== targetKind) return false;
          const localArray = local.array(localId);
          const targetArray = target.array(targetId);
          if (localArray.length !== targetArray.length) return false;
          localId = localArray.type;
          targetId = targetArray.type;
          break;
        }
        case BTF_KIND_FUNC_PROTO: {
          const count = local.vlen(localId);
          if (localKind !== targetKind || count !== target.vlen(targetId)) return false;
          for (let i = 0; i < count; i++) {
            const localParameter = local.elementType(localId, i);
            const targetParameter = target.elementType(targetId, i);
            if (!this.typesMatch(localParameter, targetParameter, behindPointer, level - 1)) return false;
          }
          localId = local.type(localId);
          targetId = target.type(targetId);
          break;
        }
        default:
          return false;
      }
    }
  }

  private enumsMatch(localId: number, targetId: number): boolean {
    const { local, target } = this;
    const localCount = local.vlen(localId);
    const targetCount = target.vlen(targetId);
    if (local.size(localId) !== target.size(targetId) || localCount > targetCount) return false;
    const names = new Set<string>();
    for (let i = 0; i < targetCount; i++) names.add(essentialName(target.elementName(targetId, i)));
    for (let i = 0; i < localCount; i++) {
      this.step();
      if (!names.has(essentialName(local.elementName(localId, i)))) return false;
    }
    return true;
  }

  private membersMatch(localId: number, targetId: number, level: number): boolean {
    const { local, target } = this;
    const localCount = local.vlen(localId);
    const targetCount = target.vlen(targetId);
    if (localCount > targetCount) return false;
    for (let i = 0; i < localCount; i++) {
      const name = local.elementName(localId, i);
      let matched = false;
      for (let j = 0; j < targetCount && !matched; j++) {
        this.step();
        if (!namesMatch(name, target.elementName(targetId, j))) continue;
        matched = this.typesMatch(
          local.elementType(localId, i),
          target.elementType(targetId, j),
          false,
          level - 1,
        );
      }
      if (!matched) return false;
    }
    return true;
  }
}

function namesMatch(local: string, target: string): boolean {
  if (target === '') return local === '';
  return essentialName(local) === essentialName(target);
}

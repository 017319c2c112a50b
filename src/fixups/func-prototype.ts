/**
 * The head of a function in a dump: its C prototype from BTF, as `btf_dumper_type_only()` of
 * tools/bpf/bpftool/btf_dumper.c (Linux 6.12) writes it, spaces included: `int count(struct __sk_buff * skb)`.
 */
import {
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_VOLATILE,
  type Btf,
} from '../object/btf.js';

/** bpftool's buffer: a longer prototype is not printed at all. */
const MAX_LENGTH = 1023;
/** References followed at most; BTF that goes deeper is a cycle, on which bpftool would run out of stack. */
const MAX_DEPTH = 64;

/**
 * Prototype of the FUNC with this type id; empty when bpftool would print none: no such function, a type tag among
 * its types, more than 1,023 characters.
 */
export function funcPrototype(btf: Btf, typeId: number): string {
  if (typeId <= 0 || typeId >= btf.typeCount || btf.kind(typeId) !== BTF_KIND_FUNC) return '';
  const text = typeText(btf, typeId, 0);
  return text === undefined || text.length > MAX_LENGTH ? '' : text;
}

/** Text of a type as bpftool writes it, mostly with a space behind it; undefined when it writes none. */
function typeText(btf: Btf, id: number, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (id === 0) return 'void ';
  const name = btf.typeName(id);
  switch (btf.kind(id)) {
    case BTF_KIND_INT:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_FLOAT:
      return `${name} `;
    case BTF_KIND_STRUCT:
      return `struct ${name} `;
    case BTF_KIND_UNION:
      return `union ${name} `;
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return `enum ${name} `;
    case BTF_KIND_FWD:
      return `${btf.kindFlag(id) ? 'union' : 'struct'} ${name} `;
    case BTF_KIND_ARRAY: {
      const { type, length } = btf.array(id);
      return joined(typeText(btf, type, depth + 1), (element) => `${element}[${length | 0}]`);
    }
    case BTF_KIND_PTR:
      return joined(typeText(btf, btf.type(id), depth + 1), (target) => `${target}* `);
    case BTF_KIND_VOLATILE:
      return joined(typeText(btf, btf.type(id), depth + 1), (type) => `volatile ${type}`);
    case BTF_KIND_CONST:
      return joined(typeText(btf, btf.type(id), depth + 1), (type) => `const ${type}`);
    case BTF_KIND_RESTRICT:
      return joined(typeText(btf, btf.type(id), depth + 1), (type) => `restrict ${type}`);
    case BTF_KIND_FUNC_PROTO:
      return protoText(btf, id, '', depth);
    case BTF_KIND_FUNC:
      return protoText(btf, btf.type(id), name, depth);
    default:
      return undefined;
  }
}

function protoText(btf: Btf, proto: number, name: string, depth: number): string | undefined {
  if (btf.kind(proto) !== BTF_KIND_FUNC_PROTO) return undefined;
  const ret = typeText(btf, btf.type(proto), depth + 1);
  if (ret === undefined) return undefined;
  const parameters: string[] = [];
  for (let i = 0; i < btf.vlen(proto); i++) {
    const type = btf.elementType(proto, i);
    if (type === 0) {
      parameters.push('...');
      continue;
    }
    const text = typeText(btf, type, depth + 1);
    if (text === undefined) return undefined;
    const parameter = btf.elementName(proto, i);
    parameters.push(parameter === '' ? text.replace(/ $/, '') : text + parameter);
  }
  return `${ret}${name}(${parameters.join(', ')})`;
}

function joined(inner: string | undefined, around: (inner: string) => string): string | undefined {
  return inner === undefined ? undefined : around(inner);
}

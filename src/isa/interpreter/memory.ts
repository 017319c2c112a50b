/**
 * The memory of an interpreted program: regions far apart, so that no address next to one lies in another and every access
 * can be checked. An address is a plain 64-bit number; regions are numbered from 1:
 *
 *     63        32 31                     0
 *     +-----------+-----------------------+
 *     |  region   |  ORIGIN + byte offset |       region 0: fixed memory below 4 GiB
 *     +-----------+-----------------------+
 */

/** Low half of a region's first address. */
const ORIGIN = 0x1000_0000;

/** An access outside of every region. */
export class MemoryFault extends Error {
  override readonly name = 'MemoryFault';
}

export class Memory {
  private readonly regions: DataView[];

  /** @param fixed bytes of region 0, whose addresses fit 32 bits */
  constructor(fixed = 0) {
    this.regions = [new DataView(new ArrayBuffer(fixed))];
  }

  /** Makes a region of zeroes and returns its first address. */
  allocate(bytes: number): bigint {
    this.regions.push(new DataView(new ArrayBuffer(bytes)));
    return addressOf(this.regions.length - 1, 0);
  }

  /** First address of region 0. */
  get fixed(): bigint {
    return addressOf(0, 0);
  }

  /** An unsigned number of 1, 2, 4 or 8 bytes. @throws MemoryFault */
  load(address: bigint, bytes: number): bigint {
    const offset = this.offsetOf(address, bytes);
    const view = this.viewOf(address);
    switch (bytes) {
      case 1:
        return BigInt(view.getUint8(offset));
      case 2:
        return BigInt(view.getUint16(offset, true));
      case 4:
        return BigInt(view.getUint32(offset, true));
      default:
        return view.getBigUint64(offset, true);
    }
  }

  /** Writes the low `bytes` bytes of a number. @throws MemoryFault */
  store(address: bigint, bytes: number, value: bigint): void {
    const offset = this.offsetOf(address, bytes);
    const view = this.viewOf(address);
    switch (bytes) {
      case 1:
        view.setUint8(offset, Number(value & 0xffn));
        break;
      case 2:
        view.setUint16(offset, Number(value & 0xffffn), true);
        break;
      case 4:
        view.setUint32(offset, Number(value & 0xffff_ffffn), true);
        break;
      default:
        view.setBigUint64(offset, value, true);
    }
  }

  /** The bytes themselves, not a copy. @throws MemoryFault */
  bytes(address: bigint, length: number): Uint8Array {
    const offset = this.offsetOf(address, length);
    return new Uint8Array(this.viewOf(address).buffer, offset, length);
  }

  private viewOf(address: bigint): DataView {
    return this.regions[Number(address >> 32n)];
  }

  private offsetOf(address: bigint, bytes: number): number {
    const region = Number(address >> 32n);
    const offset = Number(address & 0xffff_ffffn) - ORIGIN;
    if (region >= this.regions.length || offset < 0 || offset + bytes > this.regions[region].byteLength)
      throw new MemoryFault(`${bytes} bytes at 0x${address.toString(16)} belong to nobody`);
    return offset;
  }
}

function addressOf(region: number, offset: number): bigint {
  return (BigInt(region) << 32n) | BigInt(ORIGIN + offset);
}

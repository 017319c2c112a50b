/** The kernels that can be asked, by the release that names a profile. */
export interface OracleKernel {
  /** Release as the profile names it. */
  readonly release: string;
  /** Debian suite that has it. */
  readonly suite: string;
  /** Package names, one pattern per package that is needed. The first one holds the kernel image. */
  readonly packages: readonly RegExp[];
  /**
   * Version that the profile's tables were taken from: taken when the archive still has it, else the newest that
   * matches. The version found is written into the goldens.
   */
  readonly preferred: string;
}

export const ORACLE_KERNELS: readonly OracleKernel[] = [
  {
    release: '6.1',
    suite: 'bookworm',
    packages: [/^linux-image-6\.1\.[0-9.]+-[0-9]+-amd64$/],
    preferred: '6.1.192-2',
  },
  {
    release: '6.12',
    suite: 'trixie',
    packages: [/^linux-image-6\.12\.[0-9.]+\+deb13-amd64$/],
    preferred: '6.12.107-1',
  },
  {
    release: '7.2',
    suite: 'sid',
    // Image, modules, configuration.
    packages: [
      /^linux-binary-7\.2\.[0-9.]+\+deb14-amd64$/,
      /^linux-modules-7\.2\.[0-9.]+\+deb14-amd64$/,
      /^linux-base-7\.2\.[0-9.]+\+deb14-amd64$/,
    ],
    preferred: '7.2.13-1',
  },
];

/**
 * Modules the guest loads, with what they depend on: the disk, and those whose BTF and kernel functions programs of
 * networking tools and tests refer to. One that is built in or missing is left out.
 */
export const GUEST_MODULES: readonly string[] = [
  'virtio_pci',
  'virtio_blk',
  'crc32c_generic',
  'nf_conntrack',
  'sch_ingress',
  'cls_bpf',
  'tcp_bbr',
];

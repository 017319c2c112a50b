/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What passes between libbpf and the kernel. The loader is linked with --wrap=syscall, so that each bpf(2) of libbpf
 * comes by here; the one that loads the watched program is recorded and ends the process.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

/* Reads the kernel's BTF once; every object loaded by this process and its children shares it. */
void capture_share_vmlinux_btf(void);

/*
 * From here on the load of `prog` is recorded to `out`: what is handed over before the kernel sees it, verdict and
 * translated program after. The process then exits with status 0. `messages` are libbpf's own, as they stand then.
 */
void capture_watch(struct bpf_object *obj, struct bpf_program *prog, FILE *out, const char *messages);

#endif

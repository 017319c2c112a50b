/* SPDX-License-Identifier: GPL-2.0-only */
/* Appends files to a tar (ustar) stream on a block device. */
#ifndef TAR_H
#define TAR_H

/*
 * Appends the file at `path` as member `name` (under 100 bytes) at the descriptor's position and waits until the
 * device has it. Returns 0, or -1 with errno. A device of zeroes behind the last member ends the archive.
 */
int tar_append(int fd, const char *path, const char *name);

#endif

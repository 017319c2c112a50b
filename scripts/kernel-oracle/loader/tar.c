// SPDX-License-Identifier: GPL-2.0-only
#include "tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

/* POSIX.1-1988 ustar header. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[6], version[2], owner[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0)
			return -1;
		data += n;
		len -= n;
	}
	return 0;
}

int tar_append(int fd, const char *path, const char *name)
{
	struct header head = {0};
	char data[64 * BLOCK];
	unsigned int sum = 0;
	struct stat st;
	ssize_t n;
	int in;

	in = open(path, O_RDONLY);
	if (in < 0)
		return -1;
	if (fstat(in, &st))
		goto fail;
	snprintf(head.name, sizeof(head.name), "%s", name);
	memcpy(head.mode, "0000644", 8);
	memcpy(head.uid, "0000000", 8);
	memcpy(head.gid, "0000000", 8);
	snprintf(head.size, sizeof(head.size), "%011llo", (unsigned long long)st.st_size);
	memcpy(head.mtime, "00000000000", 12);
	memset(head.checksum, ' ', sizeof(head.checksum));
	head.type = '0';
	memcpy(head.magic, "ustar", 6);
	memcpy(head.version, "00", 2);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += ((unsigned char *)&head)[i];
	snprintf(head.checksum, sizeof(head.checksum), "%06o", sum);
	if (write_all(fd, (char *)&head, sizeof(head)))
		goto fail;
	while ((n = read(in, data, sizeof(data))) > 0) {
		size_t padded = (n + BLOCK - 1) / BLOCK * BLOCK;

		memset(data + n, 0, padded - n);
		if (write_all(fd, data, padded))
			goto fail;
	}
	if (n < 0)
		goto fail;
	close(in);
	return fsync(fd);
fail:
	n = errno;
	close(in);
	errno = n;
	return -1;
}

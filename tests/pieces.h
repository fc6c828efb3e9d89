/* SPDX-License-Identifier: Apache-2.0 */
/* pieces.h - bytes for a reader, in pieces of one size. Each is a block of its own, so that a sanitizer sees a step over its edge. */
#ifndef GAUGELET_TESTS_PIECES_H
#define GAUGELET_TESTS_PIECES_H

#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"

typedef bool piece_taker(void *reader, struct str piece, struct err *err);

static inline bool feed_copy(piece_taker *take, void *reader, struct str piece, struct err *err)
{
	char *copy = malloc(piece.len ? piece.len : 1);
	bool ok;

	CHECK(copy != NULL);
	if (piece.len)
		memcpy(copy, piece.ptr, piece.len);
	ok = take(reader, (struct str){copy, piece.len}, err);
	free(copy);
	return ok;
}

static inline bool feed_in_pieces(piece_taker *take, void *reader, struct str bytes, size_t size, struct err *err)
{
	for (size_t at = 0; at < bytes.len; at += size)
		if (!feed_copy(take, reader, str_slice(bytes, at, at + size), err))
			return false;
	return true;
}

#endif

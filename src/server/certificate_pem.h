/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_pem.h - a serving pair of our own making. */
#ifndef GAUGELET_SERVER_CERTIFICATE_PEM_H
#define GAUGELET_SERVER_CERTIFICATE_PEM_H

#include "base/buf.h"
#include "base/err.h"

/* PEM texts of a new pair: a leaf and the CA that signed it, and the leaf's key. */
MUST_USE bool certificate_pem_make(const char *bind_address, struct buf *out_chain, struct buf *out_key,
				   struct err *err);

#endif

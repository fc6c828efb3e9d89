/* SPDX-License-Identifier: Apache-2.0 */
/* shown_pair.h - what a client that asks for no name is shown. */
#ifndef GAUGELET_TESTS_SHOWN_PAIR_H
#define GAUGELET_TESTS_SHOWN_PAIR_H

#include "../../src/server/certificate_choice.h"

#include <gnutls/abstract.h>

/* Lent by the certificate. */
static inline struct serving_pair_lent shown_pair(const struct certificate *certificate)
{
	struct serving_pair *pair = certificate_choose(certificate, STR(""));
	struct serving_pair_lent lent = serving_pair_lend(pair);

	serving_pair_unref(pair);
	return lent;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_choice.h - what the rest of this room asks of the certificate: which pair a client gets. */
#ifndef GAUGELET_SERVER_CERTIFICATE_CHOICE_H
#define GAUGELET_SERVER_CERTIFICATE_CHOICE_H

#include "server/certificate.h"
#include "serving_pair.h"

/* Takes the pair; NULL when it is NULL. The files are NULL when there are none. */
struct certificate *certificate_of(struct serving_pair *pair, const char *cert_file, const char *key_file) MUST_USE;

/* The pair for a client that asks for this name, or (empty) for none. The caller unrefs it. */
struct serving_pair *certificate_choose(const struct certificate *certificate, struct str asked) MUST_USE;

#endif

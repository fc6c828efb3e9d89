/* SPDX-License-Identifier: Apache-2.0 */
/* quote.h - quoting as Go's %q does it, which PromQL reads back. */
#ifndef GAUGELET_TEXT_QUOTE_H
#define GAUGELET_TEXT_QUOTE_H

#include "base/buf.h"
#include "base/str.h"

/* Appends `text` in double quotes: \" \\ \a \b \f \n \r \t \v; printable Unicode kept; other ASCII and invalid bytes as
   \xNN; the rest as \uNNNN or \UNNNNNNNN. */
void quote_go(struct buf *out, struct str text);

/* Appends `text` with every RE2 metacharacter (\.+*?()|[]{}^$) behind a backslash. */
void quote_regexp(struct buf *out, struct str text);

#endif

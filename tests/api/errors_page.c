/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/errors.md, from the table that the program has. */
#include <stdio.h>

#include "api/reason.h"

int main(void)
{
	CLEANUP(buf_clear) struct buf page = {0};

	reason_write_page(&page);
	return fputs(buf_cstr(&page), stdout) < 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* base.h - the few words that every part uses: attributes, checks, ownership. */
#ifndef GAUGELET_BASE_BASE_H
#define GAUGELET_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_USE		 __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define CLEANUP(destructor)	 __attribute__((cleanup(destructor)))
#define COUNT_OF(array)		 (sizeof(array) / sizeof((array)[0]))

/* What only we can do wrong. Always compiled in; no byte from outside may reach it. */
#define CHECK(expression) ((expression) ? (void)0 : check_failed(__FILE__, __LINE__, #expression))
_Noreturn void check_failed(const char *file, int line, const char *expression);

/* Hands a pointer on and leaves NULL behind, so that a CLEANUP on the variable does nothing. */
#define STEAL(pointer) ((__typeof__(pointer))steal_pointer(&(pointer)))

static inline void *steal_pointer(void *at)
{
	void *taken;
	const void *none = NULL;

	memcpy(&taken, at, sizeof(taken));
	memcpy(at, &none, sizeof(none));
	return taken;
}

/* `static inline void TYPE_free_at(struct TYPE **)`, for CLEANUP. */
#define DEFINE_FREE_AT(type)                                                                                           \
	static inline void type##_free_at(struct type **at)                                                            \
	{                                                                                                              \
		type##_free(*at);                                                                                      \
	}

/* Zeroed heap memory; aborts when there is none, since a restart is the only cure. For sizes of our own choice only. */
#define xnew(type) ((type *)xcalloc(1, sizeof(type)))
void *xcalloc(size_t count, size_t size) MUST_USE;
void *xrealloc(void *old, size_t count, size_t size) MUST_USE;

#endif

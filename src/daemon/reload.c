/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/reload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "config/rules_file.h"
#include "model/rule.h"
#include "model/rule_exact.h"
#include "model/rule_lint.h"
#include "net/background.h"
#include "net/file_watch.h"
#include "net/loop.h"
#include "text/problem.h"
#include "text/yaml.h"

enum { RULES_FREED_AT_ONCE = 100 };

/* A reading of the file, beside the loop: what it is given stays as it is, and what it makes is its own until it is done. */
struct reading {
	const struct reload_options *options;
	const struct buf *before; /* the bytes that were tried last; NULL: none were */
	struct buf text;
	struct err err; /* why it cannot be read */
	bool unchanged;
	struct problems problems;
	struct rules *rules; /* NULL: it has errors, or is empty */
};

struct reload {
	struct reload_options options;
	struct buf tried; /* what the file was when it was read last */
	bool has_tried;
	size_t warnings;				 /* of the rules at the start */
	char last_error[sizeof(((struct err *)0)->msg)]; /* why it cannot be read, as it was told */
	struct loop *loop;				 /* NULL: nothing is watched yet */
	reload_handler *handler;
	void *context;
	struct file_watch *watch;
	struct loop_timer settle, gone;
	struct background *background; /* reads; NULL: nobody does */
	struct reading reading;
	bool again;	  /* something changed meanwhile */
	bool may_be_gone; /* a file that is away may come back soon */
	struct reload_stats stats;
};

/* An empty file is one that somebody has begun to write, or a mistake; a file without rules says `rules: []`. */
static bool is_empty(const struct reading *reading)
{
	return str_trim(buf_str(&reading->text)).len == 0;
}

static void free_rules(void *rules)
{
	rules_free(rules);
}

/* Nobody has them any more. */
static void retire(struct rules *rules)
{
	if (rules->count < RULES_FREED_AT_ONCE || !background_leave(free_rules, rules))
		rules_free(rules);
}

static void compile(struct reading *reading)
{
	const char *path = reading->options->path;
	/* --gke-names alone is no rule */
	struct str name = path ? rules_file_name(path) : STR("--gke-names");

	if (!rules_compile(rules_file_parse(buf_str(&reading->text), name, &reading->problems), &reading->problems,
			   &reading->rules))
		return;
	rules_lint(reading->rules, &reading->problems);
	if (reading->options->exact_names && !rules_check_exact(reading->rules, &reading->problems)) {
		rules_unref(reading->rules);
		reading->rules = NULL;
		return;
	}
	if (reading->options->external_from_rules)
		rules_add_twins(reading->rules);
	reading->rules->retire = retire;
}

static void reading_clear(struct reading *reading)
{
	buf_clear(&reading->text);
	problems_clear(&reading->problems);
}

/* ---- what is wrong with the file */

static void print_problems(struct problems *problems, const char *file)
{
	CLEANUP(buf_clear) struct buf text = {0};

	problems_write(problems, file, &text);
	fputs(buf_cstr(&text), stderr);
}

static void log_problems(struct problems *problems, const char *path, void (*log)(const char *format, ...))
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct str rest, line;

	problems_write(problems, path, &text);
	rest = buf_str(&text);
	while (str_split(&rest, '\n', &line))
		if (line.len)
			log("%.*s", STR_ARG(line));
}

/* ---- at the start */

bool reload_first(struct reload *reload, struct rules **ret_rules)
{
	CLEANUP(reading_clear) struct reading reading = {.options = &reload->options, .text = BUF_MAX(YAML_BYTES_MAX)};
	const char *path = reload->options.path;

	if (path && !file_read_waiting(path, &reading.text, &reading.err)) {
		if (log_is_json())
			log_error("--config: %s", reading.err.msg);
		else
			fprintf(stderr, "gaugelet: --config: %s\n", reading.err.msg);
		return false;
	}
	compile(&reading);
	if (log_is_json())
		log_problems(&reading.problems, path, reading.rules ? log_warn : log_error);
	else
		print_problems(&reading.problems, path);
	reload->tried = reading.text;
	reading.text = (struct buf){0};
	reload->has_tried = true;
	reload->warnings = reading.problems.warnings;
	if (reading.rules)
		*ret_rules = reading.rules;
	return reading.rules != NULL;
}

size_t reload_warnings(const struct reload *reload)
{
	return reload->warnings;
}

/* ---- again */

static void count_failure(struct reload *reload)
{
	reload->stats.failed++;
	reload->stats.last_good = false;
}

static void take(struct reload *reload, struct reading *reading)
{
	const char *path = reload->options.path;

	log_problems(&reading->problems, path, reading->rules ? log_warn : log_error);
	if (reading->rules == NULL) {
		log_error("%s is not taken, the rules before it stay: %s", path,
			  is_empty(reading) ? "it is empty" : "it has errors");
		count_failure(reload);
		return;
	}
	reload->stats.good++;
	reload->stats.last_good = true;
	reload->stats.last_good_ms = loop_wall_ms(reload->loop);
	reload->handler(reload->context, reading->rules);
}

/* It may be between the old and the new one; somebody who swaps them has done so soon. */
static void not_read(struct reload *reload, const struct err *err, bool patient)
{
	if (patient && err->code == ERR_IO) {
		if (reload->gone.heap_index == 0)
			loop_timer_set(reload->loop, &reload->gone, reload->options.gone_ms);
		return;
	}
	if (!str_eq(str_of(err->msg), str_of(reload->last_error)))
		log_error("the rules file cannot be read, the rules before it stay: %s", err->msg);
	memcpy(reload->last_error, err->msg, sizeof(reload->last_error));
	reload->has_tried = false;
	count_failure(reload);
}

static void read_again(void *context)
{
	struct reading *reading = &((struct reload *)context)->reading; /* and nothing else of it */

	if (!file_read(reading->options->path, &reading->text, &reading->err))
		return;
	reading->unchanged = reading->before && str_eq(buf_str(&reading->text), buf_str(reading->before));
	if (!reading->unchanged && !is_empty(reading))
		compile(reading);
}

static void look(struct reload *reload, bool patient);

static void was_read(void *context)
{
	struct reload *reload = context;
	struct reading *reading = &reload->reading;
	bool again = reload->again;

	reload->background = NULL;
	reload->again = false;
	if (reading->err.code) {
		not_read(reload, &reading->err, reload->may_be_gone);
	} else {
		loop_timer_cancel(reload->loop, &reload->gone);
		reload->last_error[0] = '\0';
		if (reading->unchanged) {
			reload->stats.unchanged++;
		} else {
			take(reload, reading);
			buf_clear(&reload->tried);
			reload->tried = reading->text;
			reading->text = (struct buf){0};
			reload->has_tried = true;
		}
	}
	reading_clear(reading);
	if (again)
		look(reload, true);
}

/* Thousands of rules take longer than a turn of the loop may. */
static void look(struct reload *reload, bool patient)
{
	struct err err = {0};

	if (reload->background) {
		reload->again = true; /* it may have changed since it was read */
		return;
	}
	reload->may_be_gone = patient;
	reload->reading = (struct reading){
		.options = &reload->options,
		.before = reload->has_tried ? &reload->tried : NULL,
		.text = BUF_MAX(YAML_BYTES_MAX),
	};
	reload->background = background_start(reload->loop, read_again, was_read, reload, &err);
	if (reload->background == NULL)
		not_read(reload, &err, false);
}

static void gone_long(void *context)
{
	look(context, false);
}

/* Half a file may be rules that are good and say something else. */
static bool is_being_written(const struct reload *reload)
{
	struct stat file;
	int64_t age_ms;

	if (stat(reload->options.path, &file) != 0)
		return false;
	age_ms = loop_wall_ms(reload->loop) - ((int64_t)file.st_mtim.tv_sec * 1000 + file.st_mtim.tv_nsec / 1000000);
	return age_ms > -reload->options.settle_ms && age_ms < reload->options.settle_ms;
}

static void settled(void *context)
{
	struct reload *reload = context;

	if (is_being_written(reload))
		loop_timer_set(reload->loop, &reload->settle, reload->options.settle_ms);
	else
		look(reload, true);
}

/* The timer is not moved: a file that changes all the time must not put us off for ever. */
static void changed(void *context)
{
	struct reload *reload = context;

	if (reload->settle.heap_index == 0)
		loop_timer_set(reload->loop, &reload->settle, reload->options.settle_ms);
}

static void hung_up(void *context, int number)
{
	struct reload *reload = context;

	(void)number;
	if (reload->options.path)
		look(reload, true);
	else
		log_warn("there is no rules file to read again");
}

/* ---- life */

struct reload *reload_new(const struct reload_options *options)
{
	struct reload *reload = xnew(struct reload);

	reload->options = *options;
	reload->settle = (struct loop_timer){.handler = settled, .context = reload};
	reload->gone = (struct loop_timer){.handler = gone_long, .context = reload};
	return reload;
}

bool reload_watch(struct reload *reload, struct loop *loop, reload_handler *handler, void *context, struct err *err)
{
	const char *const paths[] = {reload->options.path, NULL};

	reload->loop = loop;
	reload->handler = handler;
	reload->context = context;
	reload->stats.last_good = true;
	reload->stats.last_good_ms = loop_wall_ms(loop);
	if (!loop_signal(loop, SIGHUP, hung_up, reload, err))
		return false;
	if (reload->options.path == NULL)
		return true;
	reload->watch = file_watch_new(loop, paths, reload->options.look_ms, changed, reload);
	if (!file_watch_is_prompt(reload->watch))
		log_warn("the kernel gives no notice of a new rules file, so it is looked for every %lld s",
			 (long long)(reload->options.look_ms / 1000));
	changed(reload); /* what came between reading and watching */
	return true;
}

void reload_free(struct reload *reload)
{
	if (reload == NULL)
		return;
	if (reload->loop) {
		loop_timer_cancel(reload->loop, &reload->settle);
		loop_timer_cancel(reload->loop, &reload->gone);
	}
	file_watch_free(reload->watch);
	if (reload->background) {
		background_stop(reload->background);
		rules_unref(reload->reading.rules); /* that were never given */
		reading_clear(&reload->reading);
	}
	buf_clear(&reload->tried);
	free(reload);
}

struct reload_stats reload_stats(const struct reload *reload)
{
	return reload->stats;
}

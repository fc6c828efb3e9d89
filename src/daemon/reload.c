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
#include "net/file_watch.h"
#include "net/loop.h"
#include "text/problem.h"
#include "text/yaml.h"

struct reload {
	struct reload_options options;
	struct buf tried; /* what the file was when it was read last */
	bool has_tried;
	char last_error[sizeof(((struct err *)0)->msg)]; /* why it cannot be read, as it was told */
	struct loop *loop;				 /* NULL: nothing is watched yet */
	reload_handler *handler;
	void *context;
	struct file_watch *watch;
	struct loop_timer settle, gone;
	struct reload_stats stats;
};

static bool compile(const struct reload *reload, struct problems *problems, struct rules **ret_rules)
{
	const char *path = reload->options.path;
	/* --gke-names alone is no rule */
	struct str name = path ? rules_file_name(path) : STR("--gke-names");

	if (!rules_compile(rules_file_parse(buf_str(&reload->tried), name, problems), problems, ret_rules))
		return false;
	rules_lint(*ret_rules, problems);
	if (reload->options.exact_names && !rules_check_exact(*ret_rules, problems)) {
		rules_unref(*ret_rules);
		*ret_rules = NULL;
		return false;
	}
	if (reload->options.external_from_rules)
		rules_add_twins(*ret_rules);
	return true;
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
	CLEANUP(problems_clear) struct problems problems = {0};
	const char *path = reload->options.path;
	struct err err = {0};
	bool good;

	reload->tried.max = YAML_BYTES_MAX;
	if (path && !file_read_waiting(path, &reload->tried, &err)) {
		if (log_is_json())
			log_error("--config: %s", err.msg);
		else
			fprintf(stderr, "gaugelet: --config: %s\n", err.msg);
		return false;
	}
	reload->has_tried = true;
	good = compile(reload, &problems, ret_rules);
	if (log_is_json())
		log_problems(&problems, path, good ? log_warn : log_error);
	else
		print_problems(&problems, path);
	return good;
}

/* ---- again */

static void count_failure(struct reload *reload)
{
	reload->stats.failed++;
	reload->stats.last_good = false;
}

/* An empty file is one that somebody has begun to write, or a mistake; a file without rules says `rules: []`. */
static bool is_empty(const struct reload *reload)
{
	return str_trim(buf_str(&reload->tried)).len == 0;
}

static void take(struct reload *reload)
{
	CLEANUP(problems_clear) struct problems problems = {0};
	const char *path = reload->options.path;
	struct rules *rules = NULL;
	bool empty = is_empty(reload);
	bool good = !empty && compile(reload, &problems, &rules);

	log_problems(&problems, path, good ? log_warn : log_error);
	if (!good) {
		log_error("%s is not taken, the rules before it stay: %s", path,
			  empty ? "it is empty" : "it has errors");
		count_failure(reload);
		return;
	}
	reload->stats.good++;
	reload->stats.last_good = true;
	reload->stats.last_good_ms = loop_wall_ms(reload->loop);
	reload->handler(reload->context, rules);
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

static void look(struct reload *reload, bool patient)
{
	CLEANUP(buf_clear) struct buf text = BUF_MAX(YAML_BYTES_MAX);
	struct err err = {0};

	if (!file_read(reload->options.path, &text, &err)) {
		not_read(reload, &err, patient);
		return;
	}
	loop_timer_cancel(reload->loop, &reload->gone);
	reload->last_error[0] = '\0';
	if (reload->has_tried && str_eq(buf_str(&text), buf_str(&reload->tried))) {
		reload->stats.unchanged++;
		return;
	}
	buf_clear(&reload->tried);
	reload->tried = text;
	text = (struct buf){0};
	reload->has_tried = true;
	take(reload);
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
	buf_clear(&reload->tried);
	free(reload);
}

struct reload_stats reload_stats(const struct reload *reload)
{
	return reload->stats;
}

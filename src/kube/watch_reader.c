/* SPDX-License-Identifier: Apache-2.0 */
#include "watch_reader.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/vec.h"
#include "text/json_reader.h"
#include "text/json_writer.h"
#include "text/number.h"

enum { OBJECT_BYTES_MAX = 4 << 20 }; /* etcd takes 1.5 MiB */

enum place {
	IN_NOTHING,
	IN_LIST,
	IN_LIST_METADATA,
	IN_ITEMS,
	IN_EVENT,
	IN_OBJECT,
	IN_METADATA,
	IN_LABELS,
	IN_STATUS,
	IN_CONDITIONS,
	IN_CONDITION,
	IN_DATA,
	IN_OTHER,
};

enum text {
	TEXT_NONE,
	TEXT_LIST_KIND,
	TEXT_LIST_MESSAGE, /* of a Status that came for a list */
	TEXT_LIST_VERSION,
	TEXT_CONTINUE,
	TEXT_TYPE,
	TEXT_KIND, /* from here on: of one object */
	TEXT_NAME,
	TEXT_NAMESPACE,
	TEXT_VERSION,
	TEXT_DELETION,
	TEXT_PHASE,
	TEXT_MESSAGE,
	TEXT_CODE,
	TEXT_READY_SINCE,
	TEXT_CONDITION,
	TEXT_CONDITION_STATUS,
	TEXT_CONDITION_SINCE,
	TEXT_COUNT,
};

/* What we look at; everything else is passed over. Each may be there once: of two, another reader could take the other one. */
static const struct field {
	enum place in;
	struct str name;
	enum json_event wants;
	enum place opens;
	enum text text;
	bool strict; /* another type makes the object malformed; null is as good as absent */
} fields[] = {
	{IN_LIST, STR_INIT("kind"), JSON_EVENT_STRING, IN_OTHER, TEXT_LIST_KIND, false},
	{IN_LIST, STR_INIT("message"), JSON_EVENT_STRING, IN_OTHER, TEXT_LIST_MESSAGE, false},
	{IN_LIST, STR_INIT("metadata"), JSON_EVENT_OBJECT, IN_LIST_METADATA, TEXT_NONE, false},
	{IN_LIST, STR_INIT("items"), JSON_EVENT_ARRAY, IN_ITEMS, TEXT_NONE, false},
	{IN_LIST_METADATA, STR_INIT("resourceVersion"), JSON_EVENT_STRING, IN_OTHER, TEXT_LIST_VERSION, false},
	{IN_LIST_METADATA, STR_INIT("continue"), JSON_EVENT_STRING, IN_OTHER, TEXT_CONTINUE, false},
	{IN_EVENT, STR_INIT("type"), JSON_EVENT_STRING, IN_OTHER, TEXT_TYPE, false},
	{IN_EVENT, STR_INIT("object"), JSON_EVENT_OBJECT, IN_OBJECT, TEXT_NONE, false},
	{IN_OBJECT, STR_INIT("kind"), JSON_EVENT_STRING, IN_OTHER, TEXT_KIND, true},
	{IN_OBJECT, STR_INIT("metadata"), JSON_EVENT_OBJECT, IN_METADATA, TEXT_NONE, true},
	{IN_OBJECT, STR_INIT("status"), JSON_EVENT_OBJECT, IN_STATUS, TEXT_NONE, false},
	{IN_OBJECT, STR_INIT("data"), JSON_EVENT_OBJECT, IN_DATA, TEXT_NONE, false},
	{IN_OBJECT, STR_INIT("message"), JSON_EVENT_STRING, IN_OTHER, TEXT_MESSAGE, false},
	{IN_OBJECT, STR_INIT("code"), JSON_EVENT_NUMBER, IN_OTHER, TEXT_CODE, false},
	{IN_METADATA, STR_INIT("name"), JSON_EVENT_STRING, IN_OTHER, TEXT_NAME, true},
	{IN_METADATA, STR_INIT("namespace"), JSON_EVENT_STRING, IN_OTHER, TEXT_NAMESPACE, true},
	{IN_METADATA, STR_INIT("resourceVersion"), JSON_EVENT_STRING, IN_OTHER, TEXT_VERSION, true},
	{IN_METADATA, STR_INIT("deletionTimestamp"), JSON_EVENT_STRING, IN_OTHER, TEXT_DELETION, true},
	{IN_METADATA, STR_INIT("labels"), JSON_EVENT_OBJECT, IN_LABELS, TEXT_NONE, true},
	{IN_STATUS, STR_INIT("phase"), JSON_EVENT_STRING, IN_OTHER, TEXT_PHASE, false},
	{IN_STATUS, STR_INIT("conditions"), JSON_EVENT_ARRAY, IN_CONDITIONS, TEXT_NONE, false},
	{IN_CONDITION, STR_INIT("type"), JSON_EVENT_STRING, IN_OTHER, TEXT_CONDITION, false},
	{IN_CONDITION, STR_INIT("status"), JSON_EVENT_STRING, IN_OTHER, TEXT_CONDITION_STATUS, false},
	{IN_CONDITION, STR_INIT("lastTransitionTime"), JSON_EVENT_STRING, IN_OTHER, TEXT_CONDITION_SINCE, false},
};

/* Of label_bytes, which moves while it grows. */
struct label_span {
	size_t at, key_bytes, value_bytes;
};

_Static_assert(COUNT_OF(fields) <= 32, "a bit for each of the fields");

struct watch_reader {
	struct watch_reader_options options;
	watch_reader_handler *handler;
	void *context;
	struct json_reader *json;
	bool begun, whole, told; /* of the document */
	bool has_items;
	size_t left_out;
	enum place places[JSON_DEPTH_MAX + 1];
	uint32_t seen[JSON_DEPTH_MAX + 1]; /* bits of `fields`, of the object that is open at each depth */
	unsigned depth;
	const struct field *field; /* that the last key named; NULL: none of ours */
	struct buf texts[TEXT_COUNT];
	struct {
		VEC_OF(struct label_span);
	} spans;
	struct {
		VEC_OF(struct watched_label);
	} labels; /* in their order; while they are checked, sorted */
	struct buf label_bytes, data;
	struct json_writer data_writer;
	bool malformed, ready, ready_said;
};

struct watch_reader *watch_reader_new(const struct watch_reader_options *options, watch_reader_handler *handler,
				      void *context)
{
	struct watch_reader *reader = xnew(struct watch_reader);

	reader->options = *options;
	reader->handler = handler;
	reader->context = context;
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		reader->texts[i].max = JSON_TOKEN_MAX;
	reader->label_bytes.max = OBJECT_BYTES_MAX;
	reader->data.max = OBJECT_BYTES_MAX;
	return reader;
}

void watch_reader_free(struct watch_reader *reader)
{
	if (reader == NULL)
		return;
	json_reader_free(reader->json);
	for (unsigned i = 0; i < TEXT_COUNT; i++)
		buf_clear(&reader->texts[i]);
	vec_clear(&reader->spans);
	vec_clear(&reader->labels);
	buf_clear(&reader->label_bytes);
	buf_clear(&reader->data);
	free(reader);
}

struct str watch_reader_version(const struct watch_reader *reader)
{
	return buf_str(&reader->texts[TEXT_LIST_VERSION]);
}

struct str watch_reader_continue(const struct watch_reader *reader)
{
	return buf_str(&reader->texts[TEXT_CONTINUE]);
}

size_t watch_reader_left_out(const struct watch_reader *reader)
{
	return reader->left_out;
}

/* ---- one object */

static void forget_object(struct watch_reader *reader)
{
	for (unsigned i = TEXT_KIND; i < TEXT_COUNT; i++)
		buf_reset(&reader->texts[i]);
	buf_reset(&reader->label_bytes);
	buf_reset(&reader->data);
	reader->spans.count = 0;
	reader->malformed = reader->ready = reader->ready_said = false;
}

static void gather_labels(struct watch_reader *reader)
{
	const char *bytes = reader->label_bytes.ptr;

	reader->labels.count = 0;
	for (size_t i = 0; i < reader->spans.count; i++) {
		const struct label_span *span = &reader->spans.items[i];

		*vec_push(&reader->labels) = (struct watched_label){
			.key = {bytes + span->at, span->key_bytes},
			.value = {bytes + span->at + span->key_bytes, span->value_bytes},
		};
	}
}

static bool too_large(const struct watch_reader *reader)
{
	return reader->label_bytes.failed || reader->data.failed;
}

static int compare_labels(const void *left, const void *right)
{
	const struct watched_label *a = left, *b = right;

	return str_cmp(a->key, b->key);
}

/* Sorted, since whoever may make an object may give it a hundred thousand labels. */
static bool check_labels(struct watch_reader *reader, struct err *err)
{
	const struct watched_label *labels;

	if (reader->spans.count < 2 || too_large(reader))
		return true;
	gather_labels(reader);
	labels = reader->labels.items;
	qsort(reader->labels.items, reader->labels.count, sizeof(*labels), compare_labels);
	for (size_t i = 1; i < reader->labels.count; i++)
		if (str_eq(labels[i - 1].key, labels[i].key))
			return err_set(err, ERR_INVALID, "the label \"%.*s\" is there twice", STR_ARG(labels[i].key));
	return true;
}

/* `suffix`: "List" or nothing. */
static bool check_kind(const struct watch_reader *reader, struct str kind, struct str suffix, struct err *err)
{
	struct str wanted = reader->options.kind, metadata = STR("PartialObjectMetadata");

	if (wanted.len == 0)
		return true;
	if (reader->options.metadata_only && str_starts(kind, metadata))
		wanted = metadata;
	if (str_starts(kind, wanted) && str_eq(str_slice(kind, wanted.len, kind.len), suffix))
		return true;
	return err_set(err, ERR_INVALID, "a %.*s came for a %.*s%.*s", STR_ARG(kind), STR_ARG(reader->options.kind),
		       STR_ARG(suffix));
}

/* A list that is typed says nothing of the kind of each of its items. */
static bool check_object_kind(const struct watch_reader *reader, enum watch_news news, struct err *err)
{
	struct str kind = buf_str(&reader->texts[TEXT_KIND]);

	if (kind.len == 0)
		return true;
	if (news != NEWS_ERROR)
		return check_kind(reader, kind, STR(""), err);
	return str_eq(kind, STR("Status")) || reader->options.kind.len == 0 ||
	       err_set(err, ERR_INVALID, "a %.*s came for a Status", STR_ARG(kind));
}

static bool has_name(const struct watch_reader *reader)
{
	return reader->texts[TEXT_NAME].len > 0 && !reader->malformed && !too_large(reader);
}

static int status_code(const struct watch_reader *reader)
{
	struct err ignored;
	int64_t code;

	if (!number_parse_i64(buf_str(&reader->texts[TEXT_CODE]), &code, &ignored) || code < 0 || code > 999)
		return 0;
	return (int)code;
}

static bool deliver(struct watch_reader *reader, enum watch_news news, struct err *err)
{
	struct watch_notice notice = {
		.news = news,
		.version = buf_str(&reader->texts[TEXT_VERSION]),
		.code = status_code(reader),
		.message = buf_str(&reader->texts[TEXT_MESSAGE]),
	};

	gather_labels(reader);
	notice.object = (struct watched_object){
		.namespace = buf_str(&reader->texts[TEXT_NAMESPACE]),
		.name = buf_str(&reader->texts[TEXT_NAME]),
		.labels = reader->labels.items,
		.label_count = reader->labels.count,
		.phase = buf_str(&reader->texts[TEXT_PHASE]),
		.deleting = reader->texts[TEXT_DELETION].len > 0,
		.ready = reader->ready,
		.ready_since = buf_str(&reader->texts[TEXT_READY_SINCE]),
		.data_json = buf_str(&reader->data),
	};
	return reader->handler(reader->context, &notice, err);
}

static bool end_item(struct watch_reader *reader, struct err *err)
{
	if (!check_object_kind(reader, NEWS_ITEM, err))
		return false;
	if (has_name(reader))
		return deliver(reader, NEWS_ITEM, err);
	reader->left_out++;
	return true;
}

static enum watch_news news_of(struct str type)
{
	static const struct {
		struct str type;
		enum watch_news news;
	} kinds[] = {
		{STR_INIT("ADDED"), NEWS_PUT},	     {STR_INIT("MODIFIED"), NEWS_PUT},
		{STR_INIT("DELETED"), NEWS_REMOVED}, {STR_INIT("BOOKMARK"), NEWS_BOOKMARK},
		{STR_INIT("ERROR"), NEWS_ERROR},
	};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (str_eq(type, kinds[i].type))
			return kinds[i].news;
	return NEWS_OTHER;
}

/* An event that we cannot understand may have been the one that counts: it is not passed over. */
static bool end_event(struct watch_reader *reader, struct err *err)
{
	struct str type = buf_str(&reader->texts[TEXT_TYPE]);
	enum watch_news news = news_of(type);

	if (type.len == 0)
		return err_set(err, ERR_INVALID, "an event without a type");
	if (!check_object_kind(reader, news, err))
		return false;
	if ((news == NEWS_PUT || news == NEWS_REMOVED) && !has_name(reader))
		return err_set(err, ERR_INVALID,
			       "an event %.*s without the name of an object, or with something malformed",
			       STR_ARG(type));
	return deliver(reader, news, err);
}

/* ---- the document */

static bool find_field(struct watch_reader *reader, enum place place, struct str name, struct err *err)
{
	uint32_t *seen = &reader->seen[reader->depth];

	reader->field = NULL;
	for (size_t i = 0; i < COUNT_OF(fields) && reader->field == NULL; i++) {
		if (fields[i].in != place || !str_eq(fields[i].name, name))
			continue;
		if (*seen & (UINT32_C(1) << i))
			return err_set(err, ERR_INVALID, "the key \"%.*s\" is there twice", STR_ARG(name));
		*seen |= UINT32_C(1) << i;
		reader->field = &fields[i];
	}
	return true;
}

static bool take_key(struct watch_reader *reader, enum place place, struct str key, struct err *err)
{
	if (place == IN_LABELS) {
		*vec_push(&reader->spans) = (struct label_span){.at = reader->label_bytes.len, .key_bytes = key.len};
		buf_put(&reader->label_bytes, key);
	} else if (place == IN_DATA) {
		json_writer_key_str(&reader->data_writer, key);
	} else if (place != IN_OTHER) {
		return find_field(reader, place, key, err);
	}
	return true;
}

static void take_label(struct watch_reader *reader, enum json_event event, struct str text)
{
	struct label_span *span = &reader->spans.items[reader->spans.count - 1];

	if (event != JSON_EVENT_STRING) {
		reader->malformed = true;
		return;
	}
	span->value_bytes = text.len;
	buf_put(&reader->label_bytes, text);
}

static bool opens(enum json_event event)
{
	return event == JSON_EVENT_OBJECT || event == JSON_EVENT_ARRAY;
}

/* A member of an object of ours: kept, entered, or passed over. */
static enum place take_member(struct watch_reader *reader, enum json_event event, struct str text)
{
	const struct field *field = reader->field;

	reader->field = NULL;
	if (field == NULL)
		return IN_OTHER;
	if (event != field->wants) {
		reader->malformed |= field->strict && event != JSON_EVENT_NULL;
		/* The kube-apiserver writes null for the items of an empty PartialObjectMetadataList. */
		reader->has_items |= field->opens == IN_ITEMS && event == JSON_EVENT_NULL;
		return IN_OTHER;
	}
	if (field->text != TEXT_NONE) {
		buf_reset(&reader->texts[field->text]);
		buf_put(&reader->texts[field->text], text);
	}
	return field->opens;
}

static enum place take_value(struct watch_reader *reader, enum place place, enum json_event event, struct str text)
{
	switch (place) {
	case IN_NOTHING:
		return reader->options.events ? IN_EVENT : IN_LIST;
	case IN_ITEMS:
		reader->left_out += event != JSON_EVENT_OBJECT;
		return event == JSON_EVENT_OBJECT ? IN_OBJECT : IN_OTHER;
	case IN_CONDITIONS:
		return event == JSON_EVENT_OBJECT ? IN_CONDITION : IN_OTHER;
	case IN_LABELS:
		take_label(reader, event, text);
		return IN_OTHER;
	case IN_DATA:
		if (event == JSON_EVENT_STRING)
			json_writer_string(&reader->data_writer, text);
		else
			json_writer_null(&reader->data_writer);
		return IN_OTHER;
	case IN_LIST:
	case IN_LIST_METADATA:
	case IN_EVENT:
	case IN_OBJECT:
	case IN_METADATA:
	case IN_STATUS:
	case IN_CONDITION:
		return take_member(reader, event, text);
	case IN_OTHER:
		break;
	}
	return IN_OTHER;
}

static void enter(struct watch_reader *reader, enum place place)
{
	if (place == IN_DATA && !reader->options.with_data)
		place = IN_OTHER;
	reader->places[++reader->depth] = place;
	reader->seen[reader->depth] = 0;
	if (place == IN_OBJECT) {
		forget_object(reader);
	} else if (place == IN_ITEMS) {
		reader->has_items = true;
	} else if (place == IN_CONDITION) {
		buf_reset(&reader->texts[TEXT_CONDITION]);
		buf_reset(&reader->texts[TEXT_CONDITION_STATUS]);
		buf_reset(&reader->texts[TEXT_CONDITION_SINCE]);
	} else if (place == IN_DATA) {
		buf_reset(&reader->data);
		json_writer_init(&reader->data_writer, &reader->data, false);
		json_writer_object(&reader->data_writer);
	}
}

/* Of two of the same type the first counts, as with Kubernetes' own components. */
static void take_condition(struct watch_reader *reader)
{
	if (reader->ready_said || !str_eq(buf_str(&reader->texts[TEXT_CONDITION]), STR("Ready")))
		return;
	reader->ready_said = true;
	reader->ready = str_eq(buf_str(&reader->texts[TEXT_CONDITION_STATUS]), STR("True"));
	buf_reset(&reader->texts[TEXT_READY_SINCE]);
	buf_put(&reader->texts[TEXT_READY_SINCE], buf_str(&reader->texts[TEXT_CONDITION_SINCE]));
}

static bool leave(struct watch_reader *reader, struct err *err)
{
	enum place left = reader->places[reader->depth--];

	if (left == IN_DATA)
		json_writer_object_end(&reader->data_writer);
	if (left == IN_CONDITION)
		take_condition(reader);
	reader->whole = reader->depth == 0;
	if (left == IN_LABELS)
		return check_labels(reader, err);
	if (left == IN_OBJECT && reader->places[reader->depth] == IN_ITEMS)
		return end_item(reader, err);
	return true;
}

static bool take_json(void *context, enum json_event event, struct str text, struct err *err)
{
	struct watch_reader *reader = context;
	enum place place = reader->places[reader->depth];
	enum place inner;

	if (event == JSON_EVENT_KEY)
		return take_key(reader, place, text, err);
	if (event == JSON_EVENT_OBJECT_END || event == JSON_EVENT_ARRAY_END)
		return leave(reader, err);
	if (place == IN_NOTHING && event != JSON_EVENT_OBJECT)
		return err_set(err, ERR_INVALID, "no JSON object");
	inner = take_value(reader, place, event, text);
	if (opens(event))
		enter(reader, inner);
	return true;
}

static void begin_document(struct watch_reader *reader)
{
	json_reader_free(reader->json);
	reader->json = json_reader_new(take_json, reader);
	reader->begun = true;
	reader->whole = reader->told = false;
	reader->depth = 0;
	reader->places[0] = IN_NOTHING;
	reader->field = NULL;
	buf_reset(&reader->texts[TEXT_TYPE]);
	forget_object(reader);
}

/* What stands behind an event in its line is refused, however the line is cut into pieces. */
static bool feed_line(struct watch_reader *reader, struct str line, struct err *err)
{
	if (!reader->begun) {
		if (str_trim(line).len == 0)
			return true;
		begin_document(reader);
	}
	if (!json_reader_feed(reader->json, line, err))
		return false;
	if (!reader->whole)
		return true;
	reader->begun = !str_ends(line, STR("\n"));
	if (reader->told)
		return true;
	reader->told = true;
	return end_event(reader, err);
}

bool watch_reader_feed(struct watch_reader *reader, struct str piece, struct err *err)
{
	if (!reader->options.events) {
		if (!reader->begun)
			begin_document(reader);
		return json_reader_feed(reader->json, piece, err);
	}
	while (piece.len > 0) {
		size_t line = str_index(piece, '\n');

		if (!feed_line(reader, str_slice(piece, 0, line + 1), err))
			return false;
		piece = str_slice(piece, line + 1, piece.len);
	}
	return true;
}

static bool check_list_kind(const struct watch_reader *reader, struct err *err)
{
	struct str kind = buf_str(&reader->texts[TEXT_LIST_KIND]), message = buf_str(&reader->texts[TEXT_LIST_MESSAGE]);

	if (kind.len == 0 && reader->options.kind.len)
		return err_set(err, ERR_INVALID, "this is no %.*sList, as it has no \"kind\"",
			       STR_ARG(reader->options.kind));
	if (check_kind(reader, kind, STR("List"), err))
		return true;
	return message.len ? err_set(err, err->code, "%s: %.*s", err->msg, STR_ARG(message)) : false;
}

bool watch_reader_finish(struct watch_reader *reader, struct err *err)
{
	if (reader->options.events)
		return !reader->begun || reader->whole ||
		       err_set(err, ERR_INVALID, "the watch ends in the middle of an event");
	if (!reader->begun)
		return err_set(err, ERR_INVALID, "the list is empty of any text");
	if (!json_reader_finish(reader->json, err))
		return false;
	if (!check_list_kind(reader, err))
		return false;
	if (!reader->has_items)
		return err_set(err, ERR_INVALID, "the list has no \"items\"");
	if (watch_reader_version(reader).len == 0)
		return err_set(err, ERR_INVALID, "the list has no \"resourceVersion\"");
	return true;
}

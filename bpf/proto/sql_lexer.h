/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which SQL commands a text holds, one byte at a time, so that any segmentation gives the same
 * answer. Only what separates statements and names their command is recognised: comments (nested),
 * quoted strings and identifiers, dollar quotes, parentheses, SQL-standard routine bodies.
 * Source: PostgreSQL 15 documentation, 4.1 (Lexical Structure). standard_conforming_strings is
 * taken to be on, the default since 9.1.
 */
#ifndef CUT_PROTO_SQL_LEXER_H
#define CUT_PROTO_SQL_LEXER_H

#include "../abi/postgres.h"
#include "../core/cursor.h"

#define CUT_SQL_WORDS 3 /* words of a statement that can decide its command */

enum cut_sql_mode {
	CUT_SQL_TEXT,
	CUT_SQL_WORD,
	CUT_SQL_STRING,	       /* '…' */
	CUT_SQL_ESCAPE_STRING, /* E'…' */
	CUT_SQL_ESCAPE,	       /* after a backslash in E'…' */
	CUT_SQL_ESCAPE_QUOTE,  /* after a quote in E'…': its end, or a doubled quote */
	CUT_SQL_IDENTIFIER,    /* "…" */
	CUT_SQL_LINE_COMMENT,
	CUT_SQL_BLOCK_COMMENT,
	CUT_SQL_DOLLAR_TAG,
	CUT_SQL_DOLLAR_BODY,
};

struct cut_sql {
	__u64 word[CUT_SQL_WORDS]; /* lower case, packed by cut_sql_pack() */
	__u64 current;
	__u32 tag;     /* hash of the dollar quote's tag */
	__u32 end_tag; /* hash of what may become its end */
	__u8 length;   /* of the current word */
	__u8 words;    /* ended in this statement, saturating */
	__u8 mode;     /* enum cut_sql_mode */
	__u8 previous; /* byte, where two make a token; 0: none */
	__u8 comments; /* nesting of block comments, saturating */
	__u8 parens;   /* nesting of parentheses, saturating */
	__u8 blocks;   /* nesting of BEGIN ATOMIC and CASE in a routine body, saturating */
	__u8 routine;  /* the statement is CREATE FUNCTION or PROCEDURE */
	__u8 matching; /* inside a dollar quote: a possible end has begun */
	__u8 started;  /* the statement has a token */
	__u8 ended;    /* the newest byte ended a statement */
	__u8 reserved[5];
};

#define CUT_SQL_TAG_SEED 2166136261u /* FNV-1a, 32 bits */

/* The first eight letters verbatim, later ones folded in: exact for every word of interest. */
CUT_INLINE __u64 cut_sql_pack(__u64 word, __u8 length, __u8 letter)
{
	if (length < 8)
		return word | (__u64)letter << (8 * length);
	return word * 31 + letter;
}

/* Folded to a constant by the compiler: `text` is a literal. */
CUT_INLINE __u64 cut_sql_word(const char *text)
{
	__u64 word = 0;

	for (__u8 i = 0; i < 12 && text[i]; i++)
		word = cut_sql_pack(word, i, (__u8)text[i]);
	return word;
}

CUT_INLINE bool cut_sql_is_word_byte(__u8 byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte >= 0x80;
}

CUT_INLINE void cut_sql_next_statement(struct cut_sql *sql)
{
	for (__u8 i = 0; i < CUT_SQL_WORDS; i++)
		sql->word[i] = 0;
	sql->words = 0;
	sql->parens = 0;
	sql->blocks = 0;
	sql->routine = 0;
	sql->started = 0;
	sql->previous = 0;
}

CUT_INLINE void cut_sql_start(struct cut_sql *sql)
{
	cut_sql_next_statement(sql);
	sql->current = 0;
	sql->length = 0;
	sql->mode = CUT_SQL_TEXT;
	sql->ended = 0;
}

/* A routine's body in SQL (BEGIN ATOMIC … END) holds semicolons that end no statement. */
CUT_INLINE void cut_sql_track_routine(struct cut_sql *sql, __u64 word)
{
	bool names_routine = word == cut_sql_word("function") || word == cut_sql_word("procedure");

	if (names_routine && sql->word[0] == cut_sql_word("create") &&
	    (sql->words == 1 || (sql->words == 3 && sql->word[1] == cut_sql_word("or"))))
		sql->routine = 1;
	/* In parentheses `begin` and `end` are names, or belong to a CASE that is whole there. */
	if (!sql->routine || sql->parens)
		return;
	if (word == cut_sql_word("begin") || (sql->blocks && word == cut_sql_word("case"))) {
		if (sql->blocks < 255)
			sql->blocks++;
	} else if (sql->blocks && word == cut_sql_word("end")) {
		sql->blocks--;
	}
}

CUT_INLINE void cut_sql_end_word(struct cut_sql *sql)
{
	__u64 word = sql->current;

	cut_sql_track_routine(sql, word);
	if (sql->words == 0)
		sql->word[0] = word;
	else if (sql->words == 1)
		sql->word[1] = word;
	else if (sql->words == 2)
		sql->word[2] = word;
	if (sql->words < 255)
		sql->words++;
	sql->current = 0;
	sql->length = 0;
	sql->mode = CUT_SQL_TEXT;
}

CUT_INLINE void cut_sql_word_byte(struct cut_sql *sql, __u8 byte)
{
	if (byte >= 'A' && byte <= 'Z')
		byte |= 0x20;
	sql->current = cut_sql_pack(sql->current, sql->length, byte);
	if (sql->length < 255)
		sql->length++;
}

CUT_INLINE __u32 cut_sql_hash_tag(__u32 hash, __u8 byte)
{
	return (hash ^ byte) * 16777619u;
}

CUT_INLINE void cut_sql_in_comment(struct cut_sql *sql, __u8 byte)
{
	if (sql->previous == '/' && byte == '*') {
		if (sql->comments < 255)
			sql->comments++;
		sql->previous = 0;
	} else if (sql->previous == '*' && byte == '/') {
		sql->previous = 0;
		if (--sql->comments == 0)
			sql->mode = CUT_SQL_TEXT;
	} else {
		sql->previous = byte;
	}
}

CUT_INLINE void cut_sql_in_dollar_body(struct cut_sql *sql, __u8 byte)
{
	if (byte == '$') {
		if (sql->matching && sql->end_tag == sql->tag) {
			sql->mode = CUT_SQL_TEXT;
			sql->previous = 0;
		}
		sql->matching = 1;
		sql->end_tag = CUT_SQL_TAG_SEED;
	} else if (sql->matching && cut_sql_is_word_byte(byte)) {
		sql->end_tag = cut_sql_hash_tag(sql->end_tag, byte);
	} else {
		sql->matching = 0;
	}
}

/* True if `byte` belongs to the mode it was met in; false: it is plain text. */
CUT_INLINE bool cut_sql_inside(struct cut_sql *sql, __u8 byte)
{
	switch ((enum cut_sql_mode)sql->mode) {
	case CUT_SQL_TEXT:
		return false;
	case CUT_SQL_WORD:
		/* A dollar sign may continue an identifier, but not start one. */
		if (cut_sql_is_word_byte(byte) || byte == '$') {
			cut_sql_word_byte(sql, byte);
			return true;
		}
		if (byte == '\'' && sql->current == 'e') {
			cut_sql_end_word(sql);
			sql->mode = CUT_SQL_ESCAPE_STRING;
			return true;
		}
		cut_sql_end_word(sql);
		return false;
	case CUT_SQL_STRING:
		if (byte == '\'')
			sql->mode = CUT_SQL_TEXT;
		return true;
	case CUT_SQL_ESCAPE_STRING:
		if (byte == '\\')
			sql->mode = CUT_SQL_ESCAPE;
		else if (byte == '\'')
			sql->mode = CUT_SQL_ESCAPE_QUOTE;
		return true;
	case CUT_SQL_ESCAPE:
		sql->mode = CUT_SQL_ESCAPE_STRING;
		return true;
	case CUT_SQL_ESCAPE_QUOTE:
		sql->mode = byte == '\'' ? CUT_SQL_ESCAPE_STRING : CUT_SQL_TEXT;
		return byte == '\'';
	case CUT_SQL_IDENTIFIER:
		if (byte == '"')
			sql->mode = CUT_SQL_TEXT;
		return true;
	case CUT_SQL_LINE_COMMENT:
		if (byte == '\n' || byte == '\r')
			sql->mode = CUT_SQL_TEXT;
		return true;
	case CUT_SQL_BLOCK_COMMENT:
		cut_sql_in_comment(sql, byte);
		return true;
	case CUT_SQL_DOLLAR_TAG:
		if (byte == '$') {
			sql->mode = CUT_SQL_DOLLAR_BODY;
			sql->matching = 0;
			return true;
		}
		/* $1 is a parameter: a tag does not start with a digit. */
		if (!cut_sql_is_word_byte(byte) ||
		    (sql->tag == CUT_SQL_TAG_SEED && byte >= '0' && byte <= '9')) {
			sql->mode = CUT_SQL_TEXT;
			return false;
		}
		sql->tag = cut_sql_hash_tag(sql->tag, byte);
		return true;
	case CUT_SQL_DOLLAR_BODY:
		cut_sql_in_dollar_body(sql, byte);
		return true;
	}
	return false;
}

/* Takes the next byte of the text. True: a statement with at least one token ended (by `;`). */
CUT_GLOBAL int cut_sql_feed(struct cut_sql *sql, __u8 byte)
{
	__u8 previous;

	if (!sql)
		return false;
	previous = sql->previous;
	if (cut_sql_inside(sql, byte))
		return false;
	sql->previous = 0;
	if (cut_sql_is_word_byte(byte)) {
		sql->mode = CUT_SQL_WORD;
		sql->started = 1;
		cut_sql_word_byte(sql, byte);
		return false;
	}
	switch (byte) {
	case '\'':
		sql->mode = CUT_SQL_STRING;
		break;
	case '"':
		sql->mode = CUT_SQL_IDENTIFIER;
		break;
	case '$':
		sql->mode = CUT_SQL_DOLLAR_TAG;
		sql->tag = CUT_SQL_TAG_SEED;
		break;
	case '-':
		if (previous == '-')
			sql->mode = CUT_SQL_LINE_COMMENT;
		else
			sql->previous = byte;
		break;
	case '/':
		sql->previous = byte;
		break;
	case '*':
		if (previous == '/') {
			sql->mode = CUT_SQL_BLOCK_COMMENT;
			sql->comments = 1;
		}
		break;
	case '(':
		sql->started = 1;
		if (sql->parens < 255)
			sql->parens++;
		break;
	case ')':
		if (sql->parens)
			sql->parens--;
		break;
	case ';':
		return sql->started && !sql->parens && !sql->blocks;
	}
	return false;
}

/* Most bytes leave the mode as it is; these are taken without a call. */
CUT_INLINE bool cut_sql_goes_on(struct cut_sql *sql, __u8 byte)
{
	if (sql->mode == CUT_SQL_STRING)
		return byte != '\'';
	if (sql->mode != CUT_SQL_WORD || !cut_sql_is_word_byte(byte))
		return false;
	cut_sql_word_byte(sql, byte);
	return true;
}

/*
 * Feeds `bytes` from index `at` on, at most `limit` of them: up to a zero byte, or to
 * one that ends a statement (then sql->ended is set, for the caller to clear), or for a while.
 * Returns how many it took.
 */
CUT_GLOBAL int cut_sql_feed_all(struct cut_sql *sql, const struct cut_bytes *bytes, __u32 at,
				__u32 limit)
{
	__u32 taken = 0;

	if (!sql || !bytes)
		return 0;
	CUT_NO_UNROLL
	for (; taken < CUT_RUN && taken < limit && !sql->ended; taken++) {
		__u8 byte = cut_byte_at(bytes, at + taken);

		if (!byte)
			break;
		if (!cut_sql_goes_on(sql, byte))
			sql->ended = cut_sql_feed(sql, byte);
	}
	return taken;
}

/* The text has ended. True: its last statement has at least one token. */
CUT_INLINE bool cut_sql_finish(struct cut_sql *sql)
{
	if (sql->mode == CUT_SQL_WORD)
		cut_sql_end_word(sql);
	return sql->started;
}

/* The command of the statement that just ended. */
CUT_GLOBAL enum cut_postgres_command cut_sql_command(const struct cut_sql *sql)
{
	__u64 first, second;
	bool prepared;

	if (!sql)
		return CUT_SQL_OTHER;
	first = sql->word[0];
	second = sql->word[1];
	prepared = second == cut_sql_word("prepared");
	if (first == cut_sql_word("commit"))
		return prepared ? CUT_SQL_COMMIT_PREPARED : CUT_SQL_COMMIT;
	if (first == cut_sql_word("end"))
		return CUT_SQL_COMMIT;
	if (first == cut_sql_word("rollback")) {
		if (prepared)
			return CUT_SQL_ROLLBACK_PREPARED;
		/* ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] name */
		if (second == cut_sql_word("to") || sql->word[2] == cut_sql_word("to"))
			return CUT_SQL_ROLLBACK_TO;
		return CUT_SQL_ROLLBACK;
	}
	if (first == cut_sql_word("abort"))
		return CUT_SQL_ROLLBACK;
	if (first == cut_sql_word("begin"))
		return CUT_SQL_BEGIN;
	if (second == cut_sql_word("transaction")) {
		if (first == cut_sql_word("start"))
			return CUT_SQL_BEGIN;
		if (first == cut_sql_word("prepare"))
			return CUT_SQL_PREPARE_TRANSACTION;
	}
	if (first == cut_sql_word("savepoint"))
		return CUT_SQL_SAVEPOINT;
	if (first == cut_sql_word("release"))
		return CUT_SQL_RELEASE;
	if (first == cut_sql_word("select"))
		return CUT_SQL_SELECT;
	if (first == cut_sql_word("insert"))
		return CUT_SQL_INSERT;
	if (first == cut_sql_word("update"))
		return CUT_SQL_UPDATE;
	if (first == cut_sql_word("delete"))
		return CUT_SQL_DELETE;
	if (first == cut_sql_word("merge"))
		return CUT_SQL_MERGE;
	if (first == cut_sql_word("copy"))
		return CUT_SQL_COPY;
	if (first == cut_sql_word("call"))
		return CUT_SQL_CALL;
	if (first == cut_sql_word("do"))
		return CUT_SQL_DO;
	return CUT_SQL_OTHER;
}

/* COMMIT AND CHAIN opens the next transaction at once; COMMIT AND NO CHAIN does not. */
CUT_INLINE bool cut_sql_chains(const struct cut_sql *sql)
{
	__u64 chain = cut_sql_word("chain");

	if (sql->word[1] == cut_sql_word("and"))
		return sql->word[2] == chain;
	/* COMMIT WORK AND [NO] CHAIN: four words tell AND CHAIN, five AND NO CHAIN. */
	return sql->word[2] == cut_sql_word("and") && sql->words == 4;
}

#endif

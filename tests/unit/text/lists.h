/* lists.h - documents from strings, for tests of tokens. */
#ifndef DESCENT_TESTS_LISTS_H
#define DESCENT_TESTS_LISTS_H

#include <descent/tokens.h>

#include "test.h"

/* Documents of the given texts, all of label 0. */
static inline dsc_documents documents_of(const char *const *texts, size_t count)
{
    static const int32_t labels[64] = { 0 };
    assert_true(count <= 64);
    return (dsc_documents){ .name = "test", .count = count, .texts = texts, .labels = labels, .classes = 1 };
}

/* Their tokens, read with a vocabulary of all of them. */
static inline const dsc_tokens_lists *lists_of(dsc_scope *scope, const char *const *texts, size_t count,
                                               const dsc_token_options *options)
{
    const dsc_documents documents = documents_of(texts, count);
    const dsc_vocabulary *words =
        dsc_tokens_vocabulary(scope, &documents, options, &(dsc_vocabulary_options){ .min_count = 1 });
    const dsc_tokens_lists *lists = dsc_tokens_read(scope, &documents, words, options);
    assert_string_equal(dsc_scope_message(scope), "");
    return lists;
}

#endif

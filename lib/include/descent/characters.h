/* characters.h - a text as the numbers of its characters, and how well counts of neighbours predict it.
 *
 *     const dsc_bytes text = dsc_file_read(scope, "input.txt", SIZE_MAX);
 *     const dsc_characters *characters = dsc_characters_of(scope, text, DSC_CHARACTER_UTF8, "input.txt");
 *     const dsc_character_ids ids = dsc_characters_number(scope, characters, text, "input.txt");
 *
 * The ids are one long array; a training reads windows of it where it lies, as columns with a stride
 * (examples.h).
 */
#ifndef DESCENT_CHARACTERS_H
#define DESCENT_CHARACTERS_H

#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/file.h>
#include <descent/scope.h>

/* What a text is a sequence of. */
typedef enum dsc_character_kind {
    DSC_CHARACTER_UTF8 = 0, /* code points of UTF-8 (RFC 3629) */
    DSC_CHARACTER_BYTE
} dsc_character_kind;

/* The different characters of a text: character i has the number codes[i]. */
typedef struct dsc_characters {
    dsc_character_kind kind;
    size_t count;
    const uint32_t *codes; /* code points or bytes, rising */
} dsc_characters;

/* The characters that occur in a text. name is the text's in messages. Errors: an empty text; bytes that are
   not UTF-8, and where (DSC_ERROR_FORMAT). NULL after one. In the scope. */
DSC_API const dsc_characters *dsc_characters_of(dsc_scope *scope, dsc_bytes text, dsc_character_kind kind,
                                                const char *name);

/* A vocabulary of these codes, as a file has kept them; they are copied. Errors: none, more than there are of
   the kind, codes that do not rise or are no characters (DSC_ERROR_FORMAT). NULL after one. */
DSC_API const dsc_characters *dsc_characters_make(dsc_scope *scope, dsc_character_kind kind,
                                                  const uint32_t *codes, size_t count, const char *name);

typedef struct dsc_character_ids {
    const int32_t *ids; /* NULL after an error */
    size_t count;
} dsc_character_ids;

/* A text as the numbers of its characters. Errors: as those of dsc_characters_of(); a character that the
   vocabulary does not have, which one and where (DSC_ERROR_MISMATCH). In the scope. */
DSC_API dsc_character_ids dsc_characters_number(dsc_scope *scope, const dsc_characters *characters,
                                                dsc_bytes text, const char *name);

/* The bytes of the character of that number, at most DSC_CHARACTER_BYTES of them; returns how many, 0 if
   there is no such number. */
enum { DSC_CHARACTER_BYTES = 4 };
DSC_API size_t dsc_characters_write(const dsc_characters *characters, size_t id,
                                    char bytes[DSC_CHARACTER_BYTES]);

/* The longest run of integers that two sequences share: how many, and where they begin. Of several the first
   in b of them; zeros if there is none, or after an error. Takes time for (a + b) log a, memory for a. */
typedef struct dsc_shared_span {
    size_t length, at_a, at_b;
} dsc_shared_span;
DSC_API dsc_shared_span dsc_longest_span(dsc_scope *scope, dsc_character_ids a, dsc_character_ids b);

/* How counts predict the next of a sequence of integers below `vocabulary`. */
typedef struct dsc_ngram_options {
    size_t vocabulary;
    size_t context;   /* how many integers before it are looked at (the order): 0 counts frequencies alone */
    double smoothing; /* added to each count; 0: 0.01 */
} dsc_ngram_options;

/* The mean over ids[train..count - 1] of -log p, in nats, where p comes from the counts in ids[0..train - 1]:

       p(c | context) = (count(context c) + a) / (count(context) + a vocabulary)

   (add-a smoothing; Jurafsky and Martin, Speech and Language Processing, section 3.6). The contexts of the
   first ids after the split reach back before it, so that none of them is left out. NaN after an error: no
   ids on one side, a context as long as the part that is counted, an id that is no integer below the
   vocabulary, vocabulary^(context + 1) beyond 64 bits (DSC_ERROR_ARGUMENT). */
DSC_API double dsc_ngram_loss(dsc_scope *scope, const int32_t *ids, size_t train, size_t count,
                              const dsc_ngram_options *options);

#endif

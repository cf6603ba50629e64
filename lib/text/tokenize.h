/* tokenize.h - the tokens of a document, one after the other. */
#ifndef DESCENT_TEXT_TOKENIZE_H
#define DESCENT_TEXT_TOKENIZE_H

#include <descent/tokens.h>

#include "text/scan.h"

typedef struct dsci_tokenizer {
    const char *at; /* UTF-8 without a fault, ended by a zero byte */
    const dsc_token_options *options;
    unsigned char bytes[DSC_WORD_BYTES];
} dsci_tokenizer;

/* Finds the next token, whose bytes are good until the one behind it; false: there is none. */
bool dsci_tokenizer_next(dsci_tokenizer *tokenizer, dsci_word *token);

#endif

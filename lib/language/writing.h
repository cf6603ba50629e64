/* writing.h - what reading and writing a text have in common. */
#ifndef DESCENT_LANGUAGE_WRITING_H
#define DESCENT_LANGUAGE_WRITING_H

#include <descent/language.h>

/* Sets the state back to that of the beginning of a text. */
void dsci_language_begin(dsc_language *language);

/* Whether the network goes on from where it was. */
bool dsci_language_keeps_state(const dsc_language *language);

#endif

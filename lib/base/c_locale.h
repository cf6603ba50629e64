/* c_locale.h - numbers with a decimal point, whatever locale the program has chosen. */
#ifndef DESCENT_BASE_C_LOCALE_H
#define DESCENT_BASE_C_LOCALE_H

#include <locale.h>

/* The locale "C"; 0 if there is none to be had. */
locale_t dsci_c_locale(void);

/* Has this thread read and write numbers in the locale "C"; returns what leave() puts back. */
locale_t dsci_c_locale_enter(void);
void dsci_c_locale_leave(locale_t before);

#endif

/* c_locale.c - the locale "C", made once. */
#include "base/c_locale.h"

#include <pthread.h>

static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", NULL);
}

locale_t dsci_c_locale(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    return c_locale;
}

locale_t dsci_c_locale_enter(void)
{
    const locale_t locale = dsci_c_locale();
    return locale ? uselocale(locale) : (locale_t)0;
}

void dsci_c_locale_leave(locale_t before)
{
    if (before)
        uselocale(before);
}

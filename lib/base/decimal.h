/* decimal.h - numbers as they are typed, exactly: whole digits and a power of ten. */
#ifndef DESCENT_BASE_DECIMAL_H
#define DESCENT_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 dsci_digits;

/* digits * 10^power, without zeros at the end of the digits; 0 is { 0, 0 }. */
typedef struct dsci_decimal {
    dsci_digits digits;
    int power;
} dsci_decimal;

/* Reads a number that dsc_parse_real() takes. False if it has more digits than are kept exactly: 36 between
   the first and the last that are not zero, or a power of ten beyond 10^-400..10^400. */
bool dsci_decimal_parse(const char *text, size_t length, dsci_decimal *value);

dsci_decimal dsci_decimal_whole(int64_t value);

/* The double nearest to a decimal. */
double dsci_decimal_real(dsci_decimal value);

/* Writes count decimals as whole multiples of one power of ten. False if that takes more than 36 digits. */
bool dsci_decimal_align(dsci_decimal *values, size_t count);

/* low^(1 - i/last) * high^(i/last) of positive decimals: point i of 0..last, evenly spaced in the logarithm.
   Computed with a relative error below 2^-90 and rounded once; a decimal of up to 20 digits that is as near
   as that is taken for the value. */
double dsci_decimal_between(dsci_decimal low, dsci_decimal high, int64_t i, int64_t last);

#endif

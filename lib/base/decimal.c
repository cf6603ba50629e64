/* decimal.c - exact decimals, and what lies between two of them in the logarithm. */
#include "base/decimal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <descent/value.h>

#include <sleef.h>

enum { MOST_DIGITS = 36, MOST_POWER = 400, TEXT_BYTES = 64 };

/* Arithmetic of 113 bits, which the compiler's own library does in whole numbers: the same bits everywhere.
 */
__extension__ typedef __float128 quad;

static dsci_decimal stripped(dsci_decimal value)
{
    if (value.digits == 0)
        return (dsci_decimal){ 0 };
    for (; value.digits % 10 == 0; value.power++)
        value.digits /= 10;
    return value;
}

/* A whole number with its sign; beyond MOST_POWER in size it does not matter by how much. */
static int read_exponent(const char *text, size_t length)
{
    size_t i = 0;
    int exponent = 0;
    const bool negative = length > 0 && text[0] == '-';
    for (i += length > 0 && (negative || text[0] == '+'); i < length; i++)
        if (exponent <= 2 * MOST_POWER)
            exponent = exponent * 10 + (text[i] - '0');
    return negative ? -exponent : exponent;
}

bool dsci_decimal_parse(const char *text, size_t length, dsci_decimal *value)
{
    const bool negative = length > 0 && text[0] == '-';
    size_t i = length > 0 && (negative || text[0] == '+'), zeros = 0; /* zeros: not yet known to matter */
    int count = 0;
    bool point = false;
    *value = (dsci_decimal){ 0 };
    for (; i < length && (text[i] == '.' || isdigit((unsigned char)text[i])); i++) {
        if (text[i] == '.') {
            point = true;
            continue;
        }
        value->power -= point;
        if (text[i] == '0') {
            zeros += value->digits != 0;
            continue;
        }
        count += (int)zeros + 1;
        if (count > MOST_DIGITS)
            return false;
        for (; zeros > 0; zeros--)
            value->digits *= 10;
        value->digits = value->digits * 10 + (text[i] - '0');
    }
    if (i < length)
        value->power += read_exponent(text + i + 1, length - i - 1);
    value->power += (int)zeros;
    if (negative)
        value->digits = -value->digits;
    *value = stripped(*value);
    return value->power >= -MOST_POWER && value->power <= MOST_POWER;
}

dsci_decimal dsci_decimal_whole(int64_t value)
{
    return stripped((dsci_decimal){ value, 0 });
}

double dsci_decimal_real(dsci_decimal value)
{
    char text[TEXT_BYTES];
    char *at = text + MOST_DIGITS + 4; /* room for the digits, one more of a sum, and a sign */
    snprintf(at, sizeof text - (MOST_DIGITS + 4), "e%d", value.power);
    const bool negative = value.digits < 0;
    dsci_digits rest = negative ? -value.digits : value.digits;
    do
        *--at = (char)('0' + (int)(rest % 10));
    while ((rest /= 10) > 0);
    if (negative)
        *--at = '-';
    double real = NAN;
    dsc_parse_real(at, &real);
    return real;
}

bool dsci_decimal_align(dsci_decimal *values, size_t count)
{
    dsci_digits most = 1;
    int power = MOST_POWER;
    for (int i = 0; i < MOST_DIGITS; i++)
        most *= 10;
    for (size_t i = 0; i < count; i++)
        if (values[i].digits != 0 && values[i].power < power)
            power = values[i].power;
    for (size_t i = 0; i < count; i++) {
        for (; values[i].digits != 0 && values[i].power > power; values[i].power--) {
            if (values[i].digits > most / 10 || values[i].digits < -most / 10)
                return false;
            values[i].digits *= 10;
        }
        values[i].power = power;
    }
    return true;
}

/* Constants of 36 digits, more than a quad holds: first 18 behind the point. */
static quad constant(int64_t whole, int64_t first, int64_t rest)
{
    return (quad)whole + ((quad)first + (quad)rest / 1000000000000000000) / 1000000000000000000;
}

/* e^x by x = k ln 2 + 256 r: a short series for e^r - 1, which keeps its digits when it is squared. */
static quad quad_exp(quad x)
{
    enum { TERMS = 12, SQUARINGS = 8 };
    const quad ln2 = constant(0, 693147180559945309, 417232121458176568);
    const int k = (int)nearbyint((double)x / (double)ln2);
    const quad r = (x - k * ln2) / (1 << SQUARINGS);
    quad sum = 0; /* e^r - 1 = r (1 + r/2 (1 + r/3 (...))) */
    for (int i = TERMS; i > 0; i--)
        sum = r / i * (1 + sum);
    for (int i = 0; i < SQUARINGS; i++)
        sum *= 2 + sum;
    return (1 + sum) * (quad)ldexp(1, k / 2) * (quad)ldexp(1, k - k / 2);
}

/* Halley's step from a double's logarithm: three times as many digits. */
static quad quad_log(quad x)
{
    const quad near = (quad)Sleef_cinz_logd1_u10purec((double)x), e = quad_exp(near);
    return near + 2 * (x - e) / (x + e);
}

static quad ln10(void)
{
    return constant(2, 302585092994045684, 17991454684364208);
}

static quad decimal_log(dsci_decimal value)
{
    return quad_log((quad)value.digits) + value.power * ln10();
}

/* The nearest decimal of 20 digits. True if it is the value, as far as that is known: halves of a last place
   are such decimals (10^23), and which way they are rounded hangs on the last digit. */
static bool is_decimal(quad value, dsci_decimal *nearest)
{
    enum { DIGITS = 20 };
    const double size = floor(Sleef_cinz_logd1_u10purec((double)value) / (double)ln10());
    nearest->power = (int)size - (DIGITS - 1);
    const quad scaled = value / quad_exp(nearest->power * ln10());
    nearest->digits = (dsci_digits)(scaled + (quad)0.5);
    const quad rest = scaled - (quad)nearest->digits, limit = scaled * (quad)0x1p-90;
    return rest < limit && rest > -limit;
}

double dsci_decimal_between(dsci_decimal low, dsci_decimal high, int64_t i, int64_t last)
{
    if (i == 0 || i == last)
        return dsci_decimal_real(i == 0 ? low : high);
    const quad sum = decimal_log(low) * (quad)(last - i) + decimal_log(high) * (quad)i;
    const quad value = quad_exp(sum / (quad)last);
    dsci_decimal nearest;
    return is_decimal(value, &nearest) ? dsci_decimal_real(nearest) : (double)value;
}

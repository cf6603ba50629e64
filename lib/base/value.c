/* value.c - reading values that people type. */
#include <descent/value.h>

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/c_locale.h"
#include "base/decimal.h"

enum { MOST_DIGITS = 400 }; /* of a number as it is typed */

/* A piece of text that is not NUL-terminated. */
struct span {
    const char *start;
    size_t length;
};

static struct span span_of(const char *text)
{
    return (struct span){ text ? text : "", text ? strlen(text) : 0 };
}

static struct span trimmed(struct span s)
{
    for (; s.length > 0 && isspace((unsigned char)*s.start); s.start++)
        s.length--;
    while (s.length > 0 && isspace((unsigned char)s.start[s.length - 1]))
        s.length--;
    return s;
}

/* Cuts a span at the first separator. The part before it is returned and removed together with the separator;
   without one, everything is. */
static struct span cut(struct span *rest, const char *separator)
{
    const size_t width = strlen(separator);
    const char *at = memmem(rest->start, rest->length, separator, width);
    const struct span part = { rest->start, at ? (size_t)(at - rest->start) : rest->length };
    const size_t used = at ? part.length + width : part.length;
    *rest = (struct span){ rest->start + used, rest->length - used };
    return part;
}

/* value = value * 10 + digit unless that passes 2^63. */
static bool push_digit(uint64_t *value, unsigned digit)
{
    if (*value > (UINT64_MAX / 2 + 1 - digit) / 10)
        return false;
    *value = *value * 10 + digit;
    return true;
}

/* Reads digits with at most one point; *fraction counts those behind it. Returns how many characters were
   read, 0 if there is no digit or the number passes 2^63. */
static size_t read_digits(struct span s, uint64_t *magnitude, int *fraction)
{
    size_t i = 0, digits = 0;
    bool point = false;
    for (; i < s.length; i++) {
        if (s.start[i] == '.' && !point)
            point = true;
        else if (isdigit((unsigned char)s.start[i]) && push_digit(magnitude, (unsigned)(s.start[i] - '0')))
            digits++, *fraction += point;
        else
            break;
    }
    return digits > 0 ? i : 0;
}

/* The power of ten that is typed behind the digits: "", "k", "e3", "E-2", "e+12". */
static bool read_power(struct span s, int *power)
{
    *power = 0;
    if (s.length == 0)
        return true;
    if (s.length == 1 && *s.start == 'k') {
        *power = 3;
        return true;
    }
    size_t i = 1;
    const bool negative = s.length > 1 && s.start[1] == '-';
    if (negative || (s.length > 1 && s.start[1] == '+'))
        i++;
    if ((*s.start != 'e' && *s.start != 'E') || i == s.length || s.length > i + 3)
        return false;
    for (; i < s.length && isdigit((unsigned char)s.start[i]); i++)
        *power = *power * 10 + (s.start[i] - '0');
    if (negative)
        *power = -*power;
    return i == s.length;
}

/* Exact: "1.5k" is 1500, "1.2345k" is no integer. */
static bool integer_of(struct span s, int64_t *value)
{
    const bool negative = s.length > 0 && *s.start == '-';
    if (negative || (s.length > 0 && *s.start == '+'))
        s = (struct span){ s.start + 1, s.length - 1 };
    uint64_t magnitude = 0;
    int fraction = 0, power;
    const size_t digits = read_digits(s, &magnitude, &fraction);
    if (digits == 0 || !read_power((struct span){ s.start + digits, s.length - digits }, &power))
        return false;
    for (power -= fraction; power > 0 && magnitude > 0; power--)
        if (!push_digit(&magnitude, 0))
            return false;
    for (; power < 0 && magnitude > 0; power++, magnitude /= 10)
        if (magnitude % 10 != 0)
            return false;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *value = negative ? (int64_t)-magnitude : (int64_t)magnitude;
    return true;
}

/* The decimal point is a point whatever the program's locale. Hexadecimal numbers, "inf" and "nan" are
 * refused. */
static bool real_of(struct span s, double *value)
{
    char text[MOST_DIGITS + 1];
    if (s.length == 0 || s.length > MOST_DIGITS)
        return false;
    memcpy(text, s.start, s.length);
    text[s.length] = '\0';
    if (strspn(text, "+-.0123456789eE") != s.length)
        return false;
    char *end;
    const locale_t locale = dsci_c_locale();
    const double x = locale ? strtod_l(text, &end, locale) : strtod(text, &end);
    if (end != text + s.length || !isfinite(x))
        return false;
    *value = x;
    return true;
}

bool dsc_parse_integer(const char *text, int64_t *value)
{
    return integer_of(span_of(text), value);
}

bool dsc_parse_real(const char *text, double *value)
{
    return real_of(span_of(text), value);
}

/* snprintf() with a decimal point in every locale; format takes an int and a double. */
static void print_real(char *text, size_t size, const char *format, int digits, double value)
{
    const locale_t before = dsci_c_locale_enter();
    snprintf(text, size, format, digits, value);
    dsci_c_locale_leave(before);
}

const char *dsc_real_text(dsc_scope *scope, double value)
{
    char text[32];
    double read;
    for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        print_real(text, sizeof text, "%.*g", digits, value);
        if (dsc_parse_real(text, &read) && read == value)
            break;
    }
    return dsc_scope_copy(scope, text);
}

const char *dsc_number_text(dsc_scope *scope, double value, int digits)
{
    char text[40];
    const bool whole = fabs(value) < 9007199254740992.0 && value == floor(value);
    print_real(text, sizeof text, whole ? "%.*f" : "%.*g", whole ? 0 : digits, value);
    return dsc_scope_copy(scope, text);
}

/* The list under construction. It is parsed twice: first to count (values is NULL), then to fill. */
struct list {
    double *values;
    size_t count, limit;
    bool integer;
    const char *problem; /* NULL: none */
};

static bool list_fail(struct list *list, const char *problem)
{
    list->problem = problem;
    return false;
}

static bool list_add(struct list *list, double value)
{
    if (list->count >= list->limit)
        return list_fail(list, "it has more values than are allowed");
    if (list->values)
        list->values[list->count] = value;
    list->count++;
    return true;
}

/* A number of a list; the decimal is what was typed. */
struct number {
    double real;
    dsci_decimal decimal;
    bool exact; /* false: it has too many digits for the decimal */
};

/* A number of the list's type. Integers are exact as doubles up to 2^53. */
static bool list_number(struct list *list, struct span s, struct number *number)
{
    int64_t whole;
    s = trimmed(s);
    if (!list->integer) {
        if (!real_of(s, &number->real))
            return list_fail(list, "a number is expected");
        number->exact = dsci_decimal_parse(s.start, s.length, &number->decimal);
        return true;
    }
    if (!integer_of(s, &whole))
        return list_fail(list, "an integer is expected");
    if (whole > INT64_C(1) << 53 || whole < -(INT64_C(1) << 53))
        return list_fail(list, "an integer is beyond 2^53");
    *number = (struct number){ (double)whole, dsci_decimal_whole(whole), true };
    return true;
}

/* The ends of a range and its step. */
enum { LOW, HIGH, STEP };

/* low, low + step, ... up to high, or down to it. Counted in decimals, so that each value is the double
   nearest to what a person would write: the third step of 0.1 is 0.3 and not the sum's 0.30000000000000004,
   and the end is reached if it is a whole number of steps away. */
static bool add_steps(struct list *list, const struct number range[3])
{
    const double step = range[STEP].real, span = range[HIGH].real - range[LOW].real;
    if (span < 0 && !(step < 0))
        return list_fail(list, "a range ends below its beginning without a negative step");
    if (span >= 0 && !(step > 0))
        return list_fail(list, "the step must be positive");
    if (!(span / step < 2 * (double)list->limit))
        return list_fail(list, "it has more values than are allowed");
    dsci_decimal exact[3] = { range[LOW].decimal, range[HIGH].decimal, range[STEP].decimal };
    if (!range[LOW].exact || !range[HIGH].exact || !range[STEP].exact || !dsci_decimal_align(exact, 3))
        return list_fail(list, "the numbers of a range have more than 36 digits between them");
    const dsci_digits last = (exact[HIGH].digits - exact[LOW].digits) / exact[STEP].digits;
    if (last >= (dsci_digits)list->limit)
        return list_fail(list, "it has more values than are allowed");
    for (dsci_digits i = 0; i <= last; i++) {
        const dsci_decimal value = { exact[LOW].digits + i * exact[STEP].digits, exact[LOW].power };
        if (!list_add(list, list->values ? dsci_decimal_real(value) : 0))
            return false;
    }
    return true;
}

/* count values evenly spaced in the logarithm, up or down. */
static bool add_logarithmic(struct list *list, const struct number range[2], int64_t count)
{
    if (!(range[LOW].real > 0))
        return list_fail(list, "a logarithmic range begins above zero");
    if (!(range[HIGH].real > 0))
        return list_fail(list, "a logarithmic range ends above zero");
    if (count < 2)
        return list_fail(list, "a logarithmic range has at least two values");
    if ((uint64_t)count > list->limit)
        return list_fail(list, "it has more values than are allowed");
    if (!range[LOW].exact || !range[HIGH].exact)
        return list_fail(list, "a number of a range has more than 36 digits");
    double last = 0;
    for (int64_t i = 0; i < count; i++) {
        double value = dsci_decimal_between(range[LOW].decimal, range[HIGH].decimal, i, count - 1);
        if (list->integer)
            value = nearbyint(value);
        if (list->integer && i > 0 && value == last)
            continue;
        if (!list_add(list, value))
            return false;
        last = value;
    }
    return true;
}

/* "a", "a..b", "a..b step c" or "a..b log n". */
static bool add_item(struct list *list, struct span item)
{
    struct number range[3] = { [STEP] = { 1, { 1, 0 }, true } };
    const struct span first = cut(&item, "..");
    if (!list_number(list, first, &range[LOW]))
        return false;
    if (item.start == first.start + first.length)
        return list_add(list, range[LOW].real);
    const bool logarithmic = memmem(item.start, item.length, "log", 3) != NULL;
    const struct span second = cut(&item, logarithmic ? "log" : "step");
    if (!list_number(list, second, &range[HIGH]))
        return false;
    if (logarithmic) {
        int64_t count;
        if (!integer_of(trimmed(item), &count))
            return list_fail(list, "a number of values is expected after 'log'");
        return add_logarithmic(list, range, count);
    }
    if (item.start != second.start + second.length && !list_number(list, item, &range[STEP]))
        return false;
    return add_steps(list, range);
}

static bool add_items(struct list *list, const char *text)
{
    struct span rest = span_of(text);
    const char *const end = rest.start + rest.length;
    for (;;) {
        const struct span item = cut(&rest, ",");
        if (!add_item(list, item))
            return false;
        if (item.start + item.length == end)
            return true;
    }
}

double *dsc_parse_list(dsc_scope *scope, const char *what, const char *text, bool integer, size_t limit,
                       size_t *count)
{
    *count = 0;
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    struct list list = { .limit = limit, .integer = integer };
    if (!add_items(&list, text)) {
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "%s: '%.200s' is not a list of at most %zu %s: %s; write for example 2,3,4 or 2..80 or "
            "0..80 step 10 or 2..300 log 16",
            what, text ? text : "", limit, integer ? "integers" : "numbers", list.problem);
        return NULL;
    }
    list.values = dsc_scope_alloc(scope, list.count, sizeof *list.values);
    if (!list.values)
        return NULL;
    list.count = 0;
    add_items(&list, text);
    *count = list.count;
    return list.values;
}

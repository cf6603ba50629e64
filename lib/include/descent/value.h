/* value.h - reading values that people type: numbers, lists and ranges, names. */
#ifndef DESCENT_VALUE_H
#define DESCENT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

/* Whole-string conversions: spaces, trailing rubbish, overflow and non-finite numbers are refused (false,
   *value as it was). Integers may be written as 5000, 5e3 or 5k, and are read exactly. The locale does not
   matter. */
DSC_API bool dsc_parse_integer(const char *text, int64_t *value);
DSC_API bool dsc_parse_real(const char *text, double *value);

/* A finite number with as few digits, 15 at least, as dsc_parse_real() needs to read the same one: 0.1 and
   0.30000000000000004. In the scope; NULL on failure. */
DSC_API const char *dsc_real_text(dsc_scope *scope, double value);

/* A number for people: an integer (below 2^53) with all its digits, anything else with at most `digits`
   significant ones. The locale does not matter. In the scope; NULL on failure. */
DSC_API const char *dsc_number_text(dsc_scope *scope, double value, int digits);

/* A list of numbers: "2,3,4", "2..80" (step 1), "0..1 step 0.1", "1..0 step -0.1", "2..300 log 16" (16
   values, evenly spaced in the logarithm, both ends included, rounded and without repeats if integer is set),
   and mixtures of them separated by commas. Values are the doubles nearest to the decimals that a person
   would write, of at most 36 digits in a range: the third step of 0.1 from 0 is 0.3, the second value of
   "0.001..1 log 4" is 0.01. What lies between decimals ("1..10 log 3") is computed with a relative error
   below 2^-90 and rounded once. Fails the scope, naming what (for example "--set width"), on bad syntax, no
   values, or more than limit. */
DSC_API double *dsc_parse_list(dsc_scope *scope, const char *what, const char *text, bool integer,
                               size_t limit, size_t *count);

/* The name nearest to text (Damerau-Levenshtein, upper and lower case alike), or NULL if none is near enough
   to be a likely slip. name_at returns the i-th of count names from user. */
typedef const char *dsc_name_at_fn(const void *user, size_t i);
DSC_API const char *dsc_nearest_name(const char *text, size_t count, dsc_name_at_fn *name_at,
                                     const void *user);

#endif

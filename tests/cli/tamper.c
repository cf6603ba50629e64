/* tamper.c - changes a results file. tamper FILE OUTPUT INDEX: the last bit of one number; tamper FILE OUTPUT
 * times FACTOR: every number; tamper FILE provenance NAME TEXT: a note; tamper FILE fail CELL MESSAGE: a cell
 * failed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <descent/record.h>

static bool flip(dsc_record *record, const char *name, size_t index)
{
    dsc_record_output *output = dsc_record_output_find(record, name);
    if (!output || index >= output->count)
        return false;
    uint64_t bits;
    memcpy(&bits, &output->values[index], sizeof bits);
    bits ^= 1;
    memcpy(&output->values[index], &bits, sizeof bits);
    return true;
}

static bool multiply(dsc_record *record, const char *name, double factor)
{
    dsc_record_output *output = dsc_record_output_find(record, name);
    for (size_t i = 0; output && i < output->count; i++)
        output->values[i] *= factor;
    return output;
}

static bool change(dsc_record *record, int argc, char **argv)
{
    if (argc == 4)
        return flip(record, argv[2], (size_t)strtoull(argv[3], NULL, 10));
    if (argc == 5 && strcmp(argv[3], "times") == 0)
        return multiply(record, argv[2], strtod(argv[4], NULL));
    if (argc == 5 && strcmp(argv[2], "fail") == 0)
        return dsc_record_cell_fail(record, strtoull(argv[3], NULL, 10), 1, argv[4]) == DSC_OK;
    return argc == 5 && strcmp(argv[2], "provenance") == 0 &&
           dsc_record_provenance_set(record, argv[3], argv[4]) == DSC_OK;
}

int main(int argc, char **argv)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = argc > 1 ? dsc_record_read(scope, argv[1]) : NULL;
    const bool changed = record && change(record, argc, argv);
    if (changed)
        dsc_record_write(scope, record, argv[1]);
    const int status = changed && dsc_scope_status(scope) == DSC_OK ? 0 : 1;
    if (status)
        fprintf(stderr, "tamper: %s\n", dsc_scope_message(scope));
    dsc_scope_close(&scope);
    return status;
}

/* tamper.c - changes the last bit of one number of a results file: tamper FILE OUTPUT INDEX. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <descent/record.h>

int main(int argc, char **argv)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = argc == 4 ? dsc_record_read(scope, argv[1]) : NULL;
    dsc_record_output *output = record ? dsc_record_output_find(record, argv[2]) : NULL;
    const size_t index = output ? (size_t)strtoull(argv[3], NULL, 10) : 0;
    if (output && index < output->count) {
        uint64_t bits;
        memcpy(&bits, &output->values[index], sizeof bits);
        bits ^= 1;
        memcpy(&output->values[index], &bits, sizeof bits);
        dsc_record_write(scope, record, argv[1]);
    }
    const int status = output && dsc_scope_status(scope) == DSC_OK ? 0 : 1;
    if (status)
        fprintf(stderr, "tamper: %s\n", dsc_scope_message(scope));
    dsc_scope_close(&scope);
    return status;
}

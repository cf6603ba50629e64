/* outside.c - a program of somebody else, with the public interface alone. */
#include <stdio.h>

#include <descent.h>

int main(void)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 7 });
    double *values = dsc_scope_alloc(scope, 3, sizeof *values);
    if (values)
        values[2] = 1.0;
    dsc_status status = dsc_scope_status(scope);
    printf("an outside program ran: %s\n", status == DSC_OK ? "good" : dsc_scope_message(scope));
    dsc_scope_close(&scope);
    return status == DSC_OK ? 0 : 1;
}

/* report.h - the parts of a report's page. */
#ifndef REPORT_H
#define REPORT_H

#include <descent/text.h>

#include "command.h"

/* A results file of the report. */
struct dsc_report_run {
    const char *path;
    dsc_record *record;
    const dsc_claims *claims; /* NULL: none that this build knows */
    size_t number;            /* 1, 2, ... */
};

/* The page's style sheet. */
extern const char dsc_report_style[];

/* The figures of a results file, inline, as gnuplot draws them, or as texts for the reason in *missing. */
void dsc_report_figures(dsc_scope *scope, const struct dsc_report_run *run, dsc_text *page,
                        const dsc_plot_page *size, const char **missing);

#endif

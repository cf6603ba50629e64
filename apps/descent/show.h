/* show.h - what `descent show` shows of files that are no results. */
#ifndef SHOW_H
#define SHOW_H

#include "command.h"

/* Prints what a model, a checkpoint, data or weights of Keras are and hold; errors go to the call's scope.
   False, and nothing is printed, of any other file. */
bool dsc_show_other(dsc_call *call, const char *path, bool json);

#endif

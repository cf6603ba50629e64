/* arrays.c - named arrays in a plain HDF5 file. */
#include "record/hdf5.h"
#include "record/internal.h"

dsc_status dsc_arrays_write(dsc_scope *scope, const char *path, const dsc_array *arrays, size_t count,
                            const dsc_attribute *attributes, size_t attribute_count)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t file = dsci_hdf5_create(scope);
    for (size_t i = 0; i < attribute_count; i++)
        dsci_hdf5_put_text(scope, file, attributes[i].name, attributes[i].text);
    for (size_t i = 0; i < count; i++)
        H5Dclose(dsci_hdf5_put_array(
            scope, file,
            &(struct dsci_hdf5_array){
                .name = arrays[i].name,
                .long_name = arrays[i].long_name ? arrays[i].long_name : arrays[i].name,
                .file_type = arrays[i].real ? H5T_IEEE_F64LE : H5T_STD_I32LE,
                .memory_type = arrays[i].real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT32,
                .rank = arrays[i].rank,
                .shape = arrays[i].shape,
                .data = arrays[i].real ? (const void *)arrays[i].real : arrays[i].integer }));
    const dsc_bytes image = dsci_hdf5_finish(scope, file);
    dsci_hdf5_leave(before);
    return image.data ? dsc_file_replace(scope, path, image.data, image.size) : dsc_scope_status(scope);
}

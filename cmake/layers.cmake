# The order of the layers, the one table that the build and the test `layering` read. A layer may include its own headers
# and those of the layers named after it, public or private.

set(DESCENT_LAYERS base kernels onednn linalg linear data text record embed ops graph nn train models language bench plot lab study)

set(DESCENT_MAY_INCLUDE_base)
set(DESCENT_MAY_INCLUDE_kernels base)
set(DESCENT_MAY_INCLUDE_onednn base)
set(DESCENT_MAY_INCLUDE_linalg base)
set(DESCENT_MAY_INCLUDE_linear base linalg)
set(DESCENT_MAY_INCLUDE_data base linalg)
set(DESCENT_MAY_INCLUDE_text base linalg)
set(DESCENT_MAY_INCLUDE_record base)
set(DESCENT_MAY_INCLUDE_embed base kernels linalg record text)
set(DESCENT_MAY_INCLUDE_ops base kernels onednn)
set(DESCENT_MAY_INCLUDE_graph base kernels onednn ops)
set(DESCENT_MAY_INCLUDE_nn base kernels ops graph)
set(DESCENT_MAY_INCLUDE_train base kernels linalg data record ops graph nn)
set(DESCENT_MAY_INCLUDE_models base graph nn)
set(DESCENT_MAY_INCLUDE_language base text record ops graph nn train)
set(DESCENT_MAY_INCLUDE_bench base kernels data ops graph nn train models)
# Figures are drawn from records alone.
set(DESCENT_MAY_INCLUDE_plot base record)
# It knows records and cells, not networks; of data it asks for a known data set's files, of linalg for the core type,
# which go into the provenance.
set(DESCENT_MAY_INCLUDE_lab base data record linalg plot)
# A cell that trains a network: where records and networks meet.
set(DESCENT_MAY_INCLUDE_study base ops graph nn train lab)

# Which layer owns each public header, lib/include/descent/NAME.h.
set(DESCENT_HEADERS_base clock cpu engine export file hash rng scope statistics status text value)
set(DESCENT_HEADERS_kernels activation peak)
set(DESCENT_HEADERS_onednn)
set(DESCENT_HEADERS_linalg linalg minimize sparse)
set(DESCENT_HEADERS_linear linear)
set(DESCENT_HEADERS_data data image known_data)
set(DESCENT_HEADERS_text characters corpus documents tokens vocabulary)
set(DESCENT_HEADERS_record record)
set(DESCENT_HEADERS_embed cooccurrence embed factorization word_vectors)
set(DESCENT_HEADERS_ops tensor)
set(DESCENT_HEADERS_graph graph)
set(DESCENT_HEADERS_nn nn ops optimizer)
set(DESCENT_HEADERS_train examples train)
set(DESCENT_HEADERS_models models)
set(DESCENT_HEADERS_language language)
set(DESCENT_HEADERS_bench bench)
set(DESCENT_HEADERS_plot figure)
set(DESCENT_HEADERS_lab build claim experiment lab)
set(DESCENT_HEADERS_study study)

# Headers of apps/cli, which programs and experiments may include and the library may not.
set(DESCENT_PROGRAM_HEADERS cli)

# Other people's headers that stay in one layer: "PATTERN LAYER".
set(DESCENT_OUTSIDE_HEADERS
  "^(oneapi/dnnl/)?dnnl onednn"
  "^(hdf5|H5) record"
  "^(lapacke|cblas) linalg"
  "^(png|jpeglib|jerror) data")

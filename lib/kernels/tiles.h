/* tiles.h - TILE(rows, vectors) for every tile of the level (included by gemm.h, twice). */
TILE(1, 1)
TILE(2, 1)
TILE(3, 1)
TILE(4, 1)
#if TILE_ROWS >= 6
TILE(5, 1)
TILE(6, 1)
#endif
#if TILE_ROWS >= 12
TILE(7, 1)
TILE(8, 1)
TILE(9, 1)
TILE(10, 1)
TILE(11, 1)
TILE(12, 1)
TILE(1, 2)
TILE(2, 2)
TILE(3, 2)
TILE(4, 2)
TILE(5, 2)
TILE(6, 2)
TILE(7, 2)
TILE(8, 2)
TILE(9, 2)
TILE(10, 2)
TILE(11, 2)
TILE(12, 2)
#endif

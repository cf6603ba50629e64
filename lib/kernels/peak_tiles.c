/* peak_tiles.c - the rate of products of tiles (AMX). */
#include "kernels/peak_more.inl"

#include <immintrin.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A tile of sums is 16 rows of 16 numbers of 32 bits; a factor has 16 rows of 64 bytes. */
enum { ROWS = 16, ROW_BYTES = 64, SUMS = 4 };

bool dsci_peak_tiles_allow(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 }; /* of arch_prctl(2), Linux 5.16 */
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

struct __attribute__((aligned(64))) tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

static void configure(void)
{
    struct tile_config config = { .palette = 1 };
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = ROW_BYTES;
        config.rows[i] = ROWS;
    }
    _tile_loadconfig(&config);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(5);
}

static double release(void)
{
    int32_t sums[ROWS * ROW_BYTES / 4];
    double total = 0;
    _tile_stored(0, sums, ROW_BYTES);
    for (int i = 0; i < ROWS * ROW_BYTES / 4; i++)
        total += sums[i];
    _tile_release();
    return total;
}

double dsci_peak_tile_bf16_flops(void)
{
    return (double)SUMS * 2 * 16 * 16 * 32;
}

double dsci_peak_tile_bf16_chains(size_t rounds)
{
    configure();
    for (; rounds > 0; rounds--) {
        _tile_dpbf16ps(0, 4, 5);
        _tile_dpbf16ps(1, 4, 5);
        _tile_dpbf16ps(2, 4, 5);
        _tile_dpbf16ps(3, 4, 5);
    }
    return release();
}

double dsci_peak_tile_int8_flops(void)
{
    return (double)SUMS * 2 * 16 * 16 * 64;
}

double dsci_peak_tile_int8_chains(size_t rounds)
{
    configure();
    for (; rounds > 0; rounds--) {
        _tile_dpbssd(0, 4, 5);
        _tile_dpbssd(1, 4, 5);
        _tile_dpbssd(2, 4, 5);
        _tile_dpbssd(3, 4, 5);
    }
    return release();
}

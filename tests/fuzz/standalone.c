/* SPDX-License-Identifier: MIT
 * Random input for a fuzz target where there is no libFuzzer: same options, as far as used. */
#include <time.h>

#include "fuzz.h"

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Bytes that parsers care for, more often than by chance. */
static uint8_t random_byte(void)
{
    static const char usual[] = "{}[]?!=.:/\\\"'\n\x1b\xc2\x80\xe2\xff\0 ab0";
    uint64_t bits = random_bits();

    return (uint8_t)(bits & 1 ? bits >> 8 : (uint64_t)usual[(bits >> 8) % (sizeof(usual) - 1)]);
}

int main(int argc, char **argv)
{
    static uint8_t data[4096];
    double seconds = 4;
    unsigned long runs = 0;
    time_t end;

    for (int i = 1; i < argc; i++)
        sscanf(argv[i], "-max_total_time=%lf", &seconds);
    end = time(NULL) + (time_t)seconds;
    while (time(NULL) < end) {
        for (unsigned n = 0; n < 500; n++, runs++) {
            size_t size = random_bits() % (random_bits() % sizeof(data) + 1);

            for (size_t i = 0; i < size; i++)
                data[i] = random_byte();
            LLVMFuzzerTestOneInput(data, size);
        }
    }
    printf("Done %lu runs\n", runs);
    return 0;
}
